/* SPDX-License-Identifier: ISC */
/*
 * Where the control socket is, even if the configuration has mistakes:
 * otherwise ternctl could not ask the running server what it says of them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_text.h"

#define KEY "control_socket"
#define INCLUDE_DEPTH 10 /* as conf_parse.c */

static char *find_in_file(const char *path, int depth);

/* As the type conf_path does it; takes value over. */
static char *
from_directory(const char *conf_path, char *value)
{
	const char *slash = strrchr(conf_path, '/');
	char *path;

	if (value[0] == '/' || strcmp(value, "none") == 0 || slash == NULL)
		return value;
	xasprintf(&path, "%.*s/%s", (int)(slash - conf_path), conf_path, value);
	free(value);
	return path;
}

static bool
is_word(const struct conf_token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->len == strlen(word) &&
	       memcmp(t->p, word, t->len) == 0;
}

/* Behind the word include: what that file says, or NULL. */
static char *
find_in_include(struct conf_scanner *sc, const char *path, int depth)
{
	struct conf_token t = conf_scan_code(sc);
	char *name, *value;

	if (!conf_token_is(&t, '('))
		return NULL;
	t = conf_scan_code(sc);
	if (t.kind != TOKEN_WORD && t.kind != TOKEN_STRING)
		return NULL;
	name = from_directory(path, conf_token_text(&t));
	value = find_in_file(name, depth + 1);
	free(name);
	return value;
}

/* The value of the key at the top level of this text, or of what it includes,
 * in fresh memory; or NULL. */
static char *
find_value(const char *path, const char *text, size_t len, int level)
{
	struct conf_scanner sc;
	struct conf_token t, last = { 0 };
	bool is_value = false;
	char *value = NULL;
	int depth = 0;

	conf_scan_init(&sc, text, len);
	while (value == NULL && (t = conf_scan_code(&sc)).kind != TOKEN_END &&
	       t.kind != TOKEN_BAD) {
		if (is_value)
			return from_directory(path, conf_token_text(&t));
		is_value =
		    depth == 0 && is_word(&last, KEY) && conf_token_is(&t, '=');
		if (depth == 0 && is_word(&t, "include"))
			value = find_in_include(&sc, path, level);
		depth += conf_token_is(&t, '{') - conf_token_is(&t, '}');
		last = t;
	}
	return value;
}

static char *
find_in_file(const char *path, int depth)
{
	char *text, *value;
	size_t len;

	if (depth > INCLUDE_DEPTH)
		return NULL;
	text = conf_text_read(path, &len);
	if (text == NULL)
		return NULL;
	value = find_value(path, text, len, depth);
	free_secret(text, len);
	return value;
}

char *
conf_find_control_socket(const char *conf_path)
{
	char *value = find_in_file(conf_path, 0);

	return value != NULL ? value : xstrdup(CONF_CONTROL_SOCKET);
}
