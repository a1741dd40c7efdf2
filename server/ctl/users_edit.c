/* SPDX-License-Identifier: ISC */
/*
 * Edits users files by their tokens, so that quotes, comments and braces in
 * odd places do not mislead.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/ctl/users_edit.h"

static bool
is_word(const struct conf_token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->len == strlen(word) &&
	       memcmp(t->p, word, t->len) == 0;
}

static bool
is_end(const struct conf_token *t)
{
	return t->kind == TOKEN_END || t->kind == TOKEN_BAD;
}

/* Goes past the brace that closes the one just read. */
static bool
skip_block(struct conf_scanner *sc)
{
	struct conf_token t;
	int depth = 1;

	while (depth > 0) {
		t = conf_scan_code(sc);
		if (is_end(&t))
			return false;
		if (conf_token_is(&t, '{'))
			depth++;
		else if (conf_token_is(&t, '}'))
			depth--;
	}
	return true;
}

bool
users_block_next(struct conf_scanner *sc, struct users_block *b)
{
	struct conf_token word, title, brace;

	memset(b, 0, sizeof(*b));
	do {
		word = conf_scan_code(sc);
		if (is_end(&word))
			return false;
	} while (!is_word(&word, "user"));
	title = conf_scan_code(sc);
	brace = conf_scan_code(sc);
	if (!conf_token_is(&brace, '{') || !skip_block(sc))
		return false;
	b->name = conf_token_text(&title);
	b->start = word.p;
	b->open = brace.p;
	b->end = sc->p;
	return b->name != NULL;
}

void
users_block_clear(struct users_block *b)
{
	free(b->name);
	b->name = NULL;
}

bool
users_block_find(const char *text, const char *name, struct users_block *b)
{
	struct conf_scanner sc;

	conf_scan_init(&sc, text, strlen(text));
	while (users_block_next(&sc, b)) {
		if (strcmp(b->name, name) == 0)
			return true;
		users_block_clear(b);
	}
	return false;
}

/* Finds the value of a key in the block. */
static bool
find_value(const struct users_block *b, const char *key, struct conf_token *t)
{
	struct conf_scanner sc;
	struct conf_token equals;

	conf_scan_init(&sc, b->open + 1, (size_t)(b->end - b->open - 2));
	for (*t = conf_scan_code(&sc); !is_end(t); *t = conf_scan_code(&sc)) {
		if (!is_word(t, key))
			continue;
		equals = conf_scan_code(&sc);
		*t = conf_scan_code(&sc);
		if (conf_token_is(&equals, '='))
			return t->kind == TOKEN_WORD || t->kind == TOKEN_STRING;
	}
	return false;
}

static FILE *
memory_file(char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);

	if (f == NULL)
		die("open_memstream");
	return f;
}

/* The text with what stands in [from, to) replaced. */
static char *
replace(const char *text, const char *from, const char *to, const char *by)
{
	char *made;

	xasprintf(&made, "%.*s%s%s", (int)(from - text), text, by, to);
	return made;
}

char *
users_edit_add(const char *text, const char *name,
    const struct users_field *fields, size_t nfields)
{
	size_t i, len = strlen(text), made_len;
	char *made;
	FILE *out = memory_file(&made, &made_len);

	fputs(text, out);
	if (len > 0)
		fputs(text[len - 1] == '\n' ? "\n" : "\n\n", out);
	fputs("user ", out);
	conf_text_quote(out, name);
	fputs(" {\n", out);
	for (i = 0; i < nfields; i++)
		fprintf(out, "\t%s = %s\n", fields[i].key, fields[i].value);
	fputs("}\n", out);
	fclose(out);
	return made;
}

/* Takes the blanks before and the line end after a block along with it, if the
 * block has its lines for itself; and one of two empty lines around it. */
static void
widen(const char *text, const char **start, const char **end)
{
	const char *s = *start, *e = *end;

	while (s > text && (s[-1] == ' ' || s[-1] == '\t'))
		s--;
	e += strspn(e, " \t\r");
	if ((s > text && s[-1] != '\n') || (*e != '\n' && *e != '\0'))
		return;
	if (*e == '\n')
		e++;
	if (s - text >= 2 && s[-2] == '\n' && (*e == '\n' || *e == '\0'))
		s--;
	*start = s;
	*end = e;
}

char *
users_edit_del(const char *text, const char *name)
{
	struct users_block b;

	if (!users_block_find(text, name, &b))
		return NULL;
	users_block_clear(&b);
	widen(text, &b.start, &b.end);
	return replace(text, b.start, b.end, "");
}

char *
users_edit_set(
    const char *text, const char *name, const struct users_field *field)
{
	struct users_block b;
	struct conf_token t;
	char *line, *made;

	if (!users_block_find(text, name, &b))
		return NULL;
	users_block_clear(&b);
	if (find_value(&b, field->key, &t))
		return replace(text, t.p, t.p + t.len, field->value);
	xasprintf(&line, "\n\t%s = %s", field->key, field->value);
	if (strchr("\r\n", b.open[1]) == NULL) {
		char *old = line;

		xasprintf(&line, "%s\n", old);
		free(old);
	}
	made = replace(text, b.open + 1, b.open + 1, line);
	free(line);
	return made;
}
