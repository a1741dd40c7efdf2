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

/* The value of the key at the top level, in fresh memory, or NULL. */
static char *
find_value(const char *text, size_t len)
{
	struct conf_scanner sc;
	struct conf_token t;
	int depth = 0;
	bool is_key = false, is_value = false;

	conf_scan_init(&sc, text, len);
	while ((t = conf_scan_code(&sc)).kind != TOKEN_END &&
	       t.kind != TOKEN_BAD) {
		if (is_value)
			return conf_token_text(&t);
		is_value = is_key && conf_token_is(&t, '=');
		is_key = depth == 0 && t.kind == TOKEN_WORD &&
			 t.len == strlen(KEY) && memcmp(t.p, KEY, t.len) == 0;
		if (conf_token_is(&t, '{'))
			depth++;
		if (conf_token_is(&t, '}'))
			depth--;
	}
	return NULL;
}

/* As the type conf_path does it. */
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

char *
conf_find_control_socket(const char *conf_path)
{
	char *text, *value = NULL;
	size_t len;

	text = conf_text_read(conf_path, &len);
	if (text != NULL) {
		value = find_value(text, len);
		free_secret(text, len);
	}
	if (value == NULL)
		return xstrdup(CONF_CONTROL_SOCKET);
	return from_directory(conf_path, value);
}
