/* SPDX-License-Identifier: ISC */
/*
 * Messages: which texts are allowed, and what becomes of their macros.
 */
#include "server/message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

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
	return v->dir;
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

	if (text[0] == '\0')
		return "is empty";
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
