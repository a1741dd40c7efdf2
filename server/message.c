/* SPDX-License-Identifier: ISC */
/*
 * Messages: which texts are allowed, and what becomes of their macros.
 */
#include "server/message.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

typedef const char *value_fn(
    const struct message_values *, char *scratch, size_t size);

static const char *
user(const struct message_values *v, char *scratch, size_t size)
{
	return v->user != NULL ? v->user : "-";
}

static const char *
host(const struct message_values *v, char *scratch, size_t size)
{
	return addr_ip_str(v->peer, scratch, size);
}

static const char *
local(const struct message_values *v, char *scratch, size_t size)
{
	return addr_ip_str(v->local, scratch, size);
}

static char server_name[HOST_NAME_MAX + 1];

static const char *
name(const struct message_values *v, char *scratch, size_t size)
{
	return server_name[0] != '\0' ? server_name : "-";
}

static const char *
number(const struct message_values *v, char *scratch, size_t size)
{
	(void)snprintf(scratch, size, "%u", (unsigned)v->number);
	return scratch;
}

static const char *
time_now(const struct message_values *v, char *scratch, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(scratch, size, "%Y-%m-%d %H:%M:%S %Z", &tm) == 0)
		return "-";
	return scratch;
}

static const char *
directory(const struct message_values *v, char *scratch, size_t size)
{
	return v->dir != NULL ? v->dir : "-";
}

static const char *
percent(const struct message_values *v, char *scratch, size_t size)
{
	return "%";
}

static const struct {
	char letter;
	value_fn *value;
} macros[] = {
	{ 'u', user },
	{ 'h', host },
	{ 'l', local },
	{ 'n', name },
	{ 'm', number },
	{ 't', time_now },
	{ 'd', directory },
	{ '%', percent },
};

static value_fn *
find(char letter)
{
	size_t i;

	for (i = 0; i < NELEM(macros); i++)
		if (macros[i].letter == letter)
			return macros[i].value;
	return NULL;
}

const char *
message_error(const char *text)
{
	unsigned lines = 1;

	if (server_name[0] == '\0')
		(void)gethostname(server_name, sizeof(server_name) - 1);
	if (text[0] == '\0')
		return "is empty";
	if (strlen(text) >= MESSAGE_SIZE)
		return "is longer than 4095 bytes";
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			lines++;
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return "has a control character in it";
		if (*text == '%' && find(*++text) == NULL)
			return "has an unknown macro in it";
	}
	return lines > MESSAGE_MAX_LINES ? "has more than 40 lines" : NULL;
}

void
message_expand(
    const char *text, const struct message_values *v, char *out, size_t size)
{
	char scratch[ADDR_STRLEN], one[2] = "";
	size_t len = 0, n;
	value_fn *value;
	const char *add;

	for (; *text != '\0' && len + 1 < size; text++) {
		one[0] = *text;
		add = one;
		if (*text == '%' && (value = find(text[1])) != NULL) {
			add = value(v, scratch, sizeof(scratch));
			text++;
		}
		n = strlen(add);
		if (n >= size - len)
			n = size - len - 1;
		memcpy(out + len, add, n);
		/* A name must not begin a line. */
		for (; n > 0; n--, len++)
			if (add != one && out[len] == '\n')
				out[len] = '?';
	}
	out[len] = '\0';
}

/* Of one line; Telnet's IAC is doubled (RFC 854). */
static size_t
put_line(int code, char mark, const char *text, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "%03d%c", code, mark);
	const char *p = text[0] != '\0' ? text : "-";

	if (n + 2 * strlen(p) + 2 > size)
		return 0;
	for (; *p != '\0'; p++) {
		out[n++] = *p;
		if (*p == (char)0xff)
			out[n++] = *p;
	}
	out[n++] = '\r';
	out[n++] = '\n';
	return n;
}

size_t
message_reply(int code, const char *expanded, char *out, size_t size)
{
	char copy[MESSAGE_SIZE], *line, *rest = copy;
	size_t n = 0;

	(void)strlcpy(copy, expanded, sizeof(copy));
	while ((line = strsep(&rest, "\n")) != NULL)
		n += put_line(
		    code, rest != NULL ? '-' : ' ', line, out + n, size - n);
	return n;
}

size_t
message_refusal(bool implicit, const char *message,
    const struct message_values *v, char *out, size_t size)
{
	/* A record of TLS: alert, version, length; fatal, access denied. */
	static const char alert[] = { 21, 3, 1, 0, 2, 2, 49 };
	char text[MESSAGE_SIZE];

	if (implicit) {
		memcpy(out, alert, sizeof(alert));
		return sizeof(alert);
	}
	message_expand(message, v, text, sizeof(text));
	return message_reply(421, text, out, size);
}

void
message_clean(char *text, unsigned max_lines)
{
	unsigned lines = 1;
	char *p, *to = text;

	for (p = text; *p != '\0' && lines <= max_lines; p++) {
		if (*p == '\r' && (p[1] == '\n' || p[1] == '\0'))
			continue;
		lines += *p == '\n';
		if (*p == '\t')
			*to++ = ' ';
		else if (*p != '\n' && ((unsigned char)*p < 0x20 || *p == 0x7f))
			*to++ = '?';
		else
			*to++ = *p;
	}
	while (to > text && to[-1] == '\n')
		to--;
	*to = '\0';
}
