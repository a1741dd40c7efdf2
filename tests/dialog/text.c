/* SPDX-License-Identifier: ISC */
/*
 * Escapes and patterns of dialogues.
 */
#include "tests/dialog/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static bool
add(struct text *x, unsigned c)
{
	if (x->n == TEXT_MAX)
		return false;
	x->t[x->n++] = (uint16_t)c;
	return true;
}

static bool
add_string(struct text *x, const char *s)
{
	bool ok = true;

	while (*s != '\0')
		ok = add(x, (unsigned char)*s++) && ok;
	return ok;
}

static const char *parse_escape(struct text *, const char *);

/* "{300 ab}": parses ab once and repeats what it is. */
static const char *
parse_repeat(struct text *x, const char *s)
{
	size_t i, start = x->n, len;
	char *p;
	unsigned long n = strtoul(s + 1, &p, 10);

	s = *p == ' ' && n > 0 ? p + 1 : NULL;
	while (s != NULL && *s != '}')
		if (*s == '\\')
			s = parse_escape(x, s + 1);
		else if (*s == '\0' || !add(x, (unsigned char)*s++))
			s = NULL;
	len = x->n - start;
	for (i = 0; s != NULL && i < (n - 1) * len; i++)
		if (!add(x, x->t[start + i]))
			s = NULL;
	return s == NULL ? NULL : s + 1;
}

/* What follows a backslash. */
static const char *
parse_escape(struct text *x, const char *s)
{
	static const char letters[] = "rnt\\*$\"", bytes[] = "\r\n\t\\*$\"";
	const char *letter;
	unsigned c;

	if (*s == '{')
		return parse_repeat(x, s);
	if (*s == 'x' && sscanf(s + 1, "%2x", &c) == 1)
		return add(x, c) ? s + 3 : NULL;
	if (*s == '\0' || (letter = strchr(letters, *s)) == NULL)
		return NULL;
	return add(x, (unsigned char)bytes[letter - letters]) ? s + 1 : NULL;
}

static const char *
parse_port(struct text *x, const char *s, uint16_t port)
{
	const struct {
		const char *name;
		unsigned value;
	} vars[] = { { "$port", port }, { "$p1", port >> 8 },
		{ "$p2", port & 0xffu } };
	char number[8];
	size_t i;

	for (i = 0; i < NELEM(vars); i++) {
		if (strncmp(s, vars[i].name, strlen(vars[i].name)) != 0)
			continue;
		(void)snprintf(number, sizeof(number), "%u", vars[i].value);
		return add_string(x, number) ? s + strlen(vars[i].name) : NULL;
	}
	return NULL;
}

bool
text_parse(struct text *x, const char *s, uint16_t port)
{
	x->n = 0;
	while (s != NULL && *s != '\0') {
		if (*s == '\\')
			s = parse_escape(x, s + 1);
		else if (*s == '$')
			s = parse_port(x, s, port);
		else if (!add(x, *s == '*' ? TEXT_ANY : (unsigned char)*s))
			s = NULL;
		else
			s++;
	}
	return s != NULL;
}

size_t
text_bytes(const struct text *x, char *out)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		out[i] = x->t[i] == TEXT_ANY ? '*' : (char)x->t[i];
	return x->n;
}

/* Goes back to the last '*' only, which is enough. */
bool
text_match(const struct text *x, const char *p, size_t len)
{
	size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;

	while (j < len) {
		if (i < x->n && x->t[i] == TEXT_ANY) {
			star = i++;
			mark = j;
		} else if (i < x->n && x->t[i] == (unsigned char)p[j]) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			j = ++mark;
		} else {
			return false;
		}
	}
	while (i < x->n && x->t[i] == TEXT_ANY)
		i++;
	return i == x->n;
}

const char *
text_show(const char *p, size_t len)
{
	static char bufs[2][2048];
	static unsigned turn;
	char *out = bufs[turn++ % 2], *end = out + sizeof(bufs[0]) - 8;
	char *q = out;
	size_t i;

	for (i = 0; i < len && q < end; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\r' || c == '\n')
			q += snprintf(q, 8, "\\%c", c == '\r' ? 'r' : 'n');
		else if (c < ' ' || c >= 0x7f)
			q += snprintf(q, 8, "\\x%02x", c);
		else
			*q++ = (char)c;
	}
	*q = '\0';
	return out;
}
