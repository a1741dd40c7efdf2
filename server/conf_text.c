/* SPDX-License-Identifier: ISC */
/*
 * The tokens of configuration files; the rules are libConfuse's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf_text.h"

#define NOT_IN_WORDS " #\"'\t\n\r={}()+,*"

void
conf_scan_init(struct conf_scanner *sc, const char *text, size_t len)
{
	sc->p = text;
	sc->end = text + len;
	sc->line = 1;
}

static int
is_word_char(char c)
{
	return c != '\0' && strchr(NOT_IN_WORDS, c) == NULL;
}

static void
skip_blanks(struct conf_scanner *sc)
{
	for (; sc->p < sc->end && strchr(" \t\r\n", *sc->p) != NULL &&
	       *sc->p != '\0';
	     sc->p++)
		if (*sc->p == '\n')
			sc->line++;
}

/* Moves past the text up to and with mark; a backslash hides what follows it
 * if escapes is set. Returns 0, or -1 if mark never comes. */
static int
skip_past(struct conf_scanner *sc, const char *mark, int escapes)
{
	size_t n = strlen(mark);

	for (; sc->p < sc->end; sc->p++) {
		if (*sc->p == '\n')
			sc->line++;
		if (*sc->p == '\0')
			return -1;
		if (escapes && *sc->p == '\\' && sc->p + 1 < sc->end) {
			sc->p++;
			if (*sc->p == '\n')
				sc->line++;
			continue;
		}
		if ((size_t)(sc->end - sc->p) >= n &&
		    memcmp(sc->p, mark, n) == 0) {
			sc->p += n;
			return 0;
		}
	}
	return -1;
}

static void
scan_line_comment(struct conf_scanner *sc, struct conf_token *t)
{
	t->kind = TOKEN_COMMENT;
	while (sc->p < sc->end && *sc->p != '\n')
		sc->p++;
}

static void
scan_block_comment(struct conf_scanner *sc, struct conf_token *t)
{
	t->kind = TOKEN_COMMENT;
	sc->p += 2;
	if (skip_past(sc, "*/", 0) != 0) {
		t->kind = TOKEN_BAD;
		t->what = "this comment has no end; close it with */";
	}
}

static void
scan_string(struct conf_scanner *sc, struct conf_token *t)
{
	char quote[2] = { *sc->p++, '\0' };

	t->kind = TOKEN_STRING;
	if (skip_past(sc, quote, 1) != 0) {
		t->kind = TOKEN_BAD;
		t->what = "this string has no end; close it with the quote "
			  "it began with";
	}
}

static void
scan_word(struct conf_scanner *sc, struct conf_token *t)
{
	t->kind = TOKEN_WORD;
	if (sc->end - sc->p >= 2 && memcmp(sc->p, "${", 2) == 0 &&
	    memchr(sc->p, '}', (size_t)(sc->end - sc->p)) != NULL) {
		skip_past(sc, "}", 0);
		return;
	}
	while (sc->p < sc->end && is_word_char(*sc->p))
		sc->p++;
}

static void
scan_other(struct conf_scanner *sc, struct conf_token *t)
{
	t->kind = TOKEN_PUNCT;
	if (sc->end - sc->p >= 2 && memcmp(sc->p, "+=", 2) == 0) {
		sc->p += 2;
		return;
	}
	if (*sc->p == '\0' || strchr("{}()=,", *sc->p) == NULL) {
		t->kind = TOKEN_BAD;
		t->what = "stray character; put text with special characters "
			  "in double quotes";
	}
	sc->p++;
}

struct conf_token
conf_scan(struct conf_scanner *sc)
{
	struct conf_token t = { TOKEN_END, NULL, 0, 0, NULL };
	size_t left;

	skip_blanks(sc);
	left = (size_t)(sc->end - sc->p);
	t.p = sc->p;
	t.line = sc->line;
	if (left == 0)
		return t;
	if (*sc->p == '#' || (left >= 2 && memcmp(sc->p, "//", 2) == 0))
		scan_line_comment(sc, &t);
	else if (left >= 2 && memcmp(sc->p, "/*", 2) == 0)
		scan_block_comment(sc, &t);
	else if (*sc->p == '"' || *sc->p == '\'')
		scan_string(sc, &t);
	else if (is_word_char(*sc->p))
		scan_word(sc, &t);
	else
		scan_other(sc, &t);
	t.len = (size_t)(sc->p - t.p);
	return t;
}

struct conf_token
conf_scan_code(struct conf_scanner *sc)
{
	struct conf_token t;

	do
		t = conf_scan(sc);
	while (t.kind == TOKEN_COMMENT);
	return t;
}

int
conf_token_is(const struct conf_token *t, char punct)
{
	return t->kind == TOKEN_PUNCT && t->len == 1 && t->p[0] == punct;
}

/* One escape of a double-quoted string at p (after the backslash); appends to
 * out and returns the bytes of p it used. */
static size_t
unescape(const char *p, size_t left, FILE *out)
{
	static const char names[] = "nrbfaetv";
	static const char values[] = "\n\r\b\f\a\033\t\v";
	const char *name = strchr(names, *p);
	unsigned value = 0;
	size_t n;

	if (*p == '\n')
		return 1;
	if (name != NULL) {
		putc(values[name - names], out);
		return 1;
	}
	for (n = 0; n < 3 && n < left && p[n] >= '0' && p[n] <= '7'; n++)
		value = value * 8 + (unsigned)(p[n] - '0');
	if (n == 0 && *p == 'x') {
		for (n = 1; n < 3 && n < left; n++) {
			const char *hex = "0123456789abcdef0123456789ABCDEF";
			const char *d = strchr(hex, p[n]);

			if (d == NULL)
				break;
			value = value * 16 + (unsigned)(d - hex) % 16;
		}
		if (n == 1)
			value = 'x';
	}
	putc(n == 0 ? *p : (int)(value & 0xff), out);
	return n == 0 ? 1 : n;
}

char *
conf_token_text(const struct conf_token *t)
{
	const char *p = t->p + 1, *end = t->p + t->len - 1;
	int is_double = t->len > 0 && t->p[0] == '"';
	char *text = NULL;
	size_t len;
	FILE *out;

	if (t->kind == TOKEN_WORD)
		return xstrndup(t->p, t->len);
	if (t->kind != TOKEN_STRING)
		return NULL;
	out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	while (p < end) {
		if (*p != '\\' || p + 1 >= end)
			putc(*p++, out);
		else if (is_double)
			p += 1 + unescape(p + 1, (size_t)(end - p - 1), out);
		else {
			if (p[1] != '\\' && p[1] != '\'' && p[1] != '\n')
				putc(*p, out);
			if (p[1] != '\n')
				putc(p[1], out);
			p += 2;
		}
	}
	fclose(out);
	return text;
}

int
conf_text_blank_comments(char *text, size_t len, struct conf_token *bad_r)
{
	struct conf_scanner sc;
	struct conf_token t;
	size_t i;

	conf_scan_init(&sc, text, len);
	do {
		t = conf_scan(&sc);
		if (t.kind == TOKEN_BAD) {
			*bad_r = t;
			return -1;
		}
		if (t.kind != TOKEN_COMMENT)
			continue;
		for (i = (size_t)(t.p - text); text + i < t.p + t.len; i++)
			if (text[i] != '\n')
				text[i] = ' ';
	} while (t.kind != TOKEN_END);
	return 0;
}

void
conf_text_quote(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\%03o", (unsigned char)*s);
		else {
			if (*s == '"' || *s == '\\' ||
			    (s[0] == '$' && s[1] == '{'))
				putc('\\', out);
			putc(*s, out);
		}
	}
	putc('"', out);
}

/* Reads size bytes, or fewer if the file has shrunk. */
static ssize_t
read_all(int fd, char *p, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, p + len, size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

char *
conf_text_read(const char *path, size_t *len_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) != 0)
		goto done;
	errno = S_ISDIR(st.st_mode)    ? EISDIR
		: !S_ISREG(st.st_mode) ? EINVAL
				       : EFBIG;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > CONF_FILE_MAX)
		goto done;
	text = xmalloc((size_t)st.st_size + 1);
	n = read_all(fd, text, (size_t)st.st_size);
	if (n >= 0)
		text[n] = '\0';
done:
	if (n < 0) {
		int saved = errno;

		free(text);
		close(fd);
		errno = saved;
		return NULL;
	}
	close(fd);
	*len_r = (size_t)n;
	return text;
}
