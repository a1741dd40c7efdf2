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
#include "server/conf_keys.h"
#include "server/users_edit.h"

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

/* Is this the word before the name of a block? */
static bool
has_title(const struct conf_token *word)
{
	char text[32];
	enum conf_section_id id;

	if (word->kind != TOKEN_WORD || word->len >= sizeof(text))
		return false;
	memcpy(text, word->p, word->len);
	text[word->len] = '\0';
	id = conf_section_find(text);
	return id != SECTION_COUNT && conf_sections[id].titled;
}

bool
users_block_next(
    struct conf_scanner *sc, const char *kind, struct users_block *b)
{
	static const struct conf_token none = { .kind = TOKEN_END };
	struct conf_token word = none, title = none, t;

	memset(b, 0, sizeof(*b));
	for (;;) { /* the last two tokens before a brace are its block's */
		t = conf_scan_code(sc);
		if (is_end(&t))
			return false;
		if (!conf_token_is(&t, '{')) {
			word = title;
			title = t;
			continue;
		}
		if (!skip_block(sc))
			return false;
		b->open = t.p;
		b->end = sc->p;
		if (is_word(&word, kind)) {
			b->start = word.p;
			b->name = conf_token_text(&title);
			return b->name != NULL;
		}
		if (is_word(&title, kind) && !has_title(&word)) {
			b->start = title.p;
			return true;
		}
		word = title = none; /* of this one */
	}
}

void
users_block_clear(struct users_block *b)
{
	free(b->name);
	b->name = NULL;
}

bool
users_block_find(
    const char *text, const char *kind, const char *name, struct users_block *b)
{
	struct conf_scanner sc;

	conf_scan_init(&sc, text, strlen(text));
	while (users_block_next(&sc, kind, b)) {
		if (name == NULL
			? b->name == NULL
			: b->name != NULL && strcmp(b->name, name) == 0)
			return true;
		users_block_clear(b);
	}
	return false;
}

bool
users_block_value(const struct users_block *b, const char *key,
    struct conf_token *name, struct conf_token *value)
{
	struct conf_token equals;
	struct conf_scanner sc;

	conf_scan_init(&sc, b->open + 1, (size_t)(b->end - b->open - 2));
	for (;;) {
		*name = conf_scan_code(&sc);
		if (is_end(name))
			return false;
		if (conf_token_is(name, '{') && !skip_block(&sc))
			return false; /* a block inside has keys of its own */
		if (name->kind != TOKEN_WORD)
			continue;
		equals = conf_scan_code(&sc);
		if (!conf_token_is(&equals, '=')) {
			if (conf_token_is(&equals, '{') && !skip_block(&sc))
				return false;
			continue;
		}
		*value = conf_scan_code(&sc);
		if (is_word(name, key))
			return value->kind == TOKEN_WORD ||
			       value->kind == TOKEN_STRING;
	}
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
users_edit_add(const char *text, const char *kind, const char *name,
    const struct users_field *fields, size_t nfields)
{
	size_t i, len = strlen(text), made_len;
	char *made;
	FILE *out = memory_file(&made, &made_len);

	fputs(text, out);
	if (len > 0)
		fputs(text[len - 1] == '\n' ? "\n" : "\n\n", out);
	fprintf(out, "%s ", kind);
	conf_text_quote(out, name);
	fputs(" {\n", out);
	for (i = 0; i < nfields; i++)
		if (fields[i].value != NULL)
			fprintf(
			    out, "\t%s = %s\n", fields[i].key, fields[i].value);
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
users_edit_del(const char *text, const char *kind, const char *name)
{
	struct users_block b;

	if (!users_block_find(text, kind, name, &b))
		return NULL;
	users_block_clear(&b);
	widen(text, &b.start, &b.end);
	return replace(text, b.start, b.end, "");
}

/* ------------------------------------------------------- blocks in blocks */
char *
users_edit_inside(const char *text, const char *kind, const char *name,
    users_edit *how, void *arg)
{
	struct users_block b;
	char *inside, *made, *all = NULL;

	if (!users_block_find(text, kind, name, &b))
		return NULL;
	users_block_clear(&b);
	xasprintf(&inside, "%.*s", (int)(b.end - 1 - (b.open + 1)), b.open + 1);
	made = how(inside, arg);
	if (made != NULL) {
		all = replace(text, b.open + 1, b.end - 1, made);
		free_secret(made, strlen(made));
	}
	free_secret(inside, strlen(inside));
	return all;
}

static void
put_tabs(unsigned n, FILE *out)
{
	while (n-- > 0)
		putc('\t', out);
}

char *
users_edit_nest(
    const char *inside, const char *kind, const char *name, unsigned depth)
{
	size_t len = strlen(inside), made_len;
	char *made;
	FILE *out = memory_file(&made, &made_len);

	while (len > 0 && (inside[len - 1] == ' ' || inside[len - 1] == '\t'))
		len--;
	fprintf(out, "%.*s", (int)len, inside);
	if (len == 0 || inside[len - 1] != '\n')
		putc('\n', out);
	put_tabs(depth, out);
	fputs(kind, out);
	if (name != NULL) {
		putc(' ', out);
		conf_text_quote(out, name);
	}
	fputs(" {\n", out);
	put_tabs(depth, out);
	fputs("}\n", out);
	put_tabs(depth - 1, out);
	fclose(out);
	return made;
}

/* How far the line is indented that a block begins; n is its length. */
static const char *
indent_of(const char *text, const struct users_block *b, int *n)
{
	const char *line = b->start;

	while (line > text && (line[-1] == ' ' || line[-1] == '\t'))
		line--;
	*n = line == text || line[-1] == '\n' ? (int)(b->start - line) : 0;
	return line;
}

/* Behind the brace, and the comment that belongs to its line. */
static const char *
behind_brace(const struct users_block *b)
{
	struct conf_scanner sc;
	struct conf_token t;

	conf_scan_init(&sc, b->open, (size_t)(b->end - b->open));
	(void)conf_scan(&sc);
	t = conf_scan(&sc);
	if (t.kind != TOKEN_COMMENT || t.line != 1)
		return b->open + 1;
	return t.p[t.len - 1] == '\n' ? t.p + t.len - 1 : t.p + t.len;
}

/* A line there; what goes on behind it in the same line gets one of its own. */
static char *
insert(const char *text, const struct users_block *b,
    const struct users_field *field)
{
	const char *at = behind_brace(b);
	bool alone = strchr("\r\n", *at) != NULL;
	char *line, *made;
	const char *indent;
	int n;

	indent = indent_of(text, b, &n);
	xasprintf(&line, "\n%.*s\t%s = %s%s", n, indent, field->key,
	    field->value, alone ? "" : "\n");
	made = replace(text, at, at, line);
	free_secret(line, strlen(line));
	return made;
}

char *
users_edit_set(const char *text, const char *kind, const char *name,
    const struct users_field *field)
{
	struct conf_token key, value;
	struct users_block b;
	const char *start, *end;

	if (!users_block_find(text, kind, name, &b))
		return NULL;
	users_block_clear(&b);
	if (!users_block_value(&b, field->key, &key, &value))
		return field->value != NULL ? insert(text, &b, field)
					    : xstrdup(text);
	if (field->value != NULL)
		return replace(
		    text, value.p, value.p + value.len, field->value);
	start = key.p;
	end = value.p + value.len;
	widen(text, &start, &end);
	return replace(text, start, end, "");
}
