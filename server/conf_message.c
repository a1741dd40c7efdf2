/* SPDX-License-Identifier: ISC */
/*
 * The type of keys that are messages: several lines, with macros; or @ and the
 * name of a file that has them.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf_parse.h"
#include "server/conf_text.h"
#include "server/conf_value.h"
#include "server/message.h"

/* The text of the file, or NULL with why. */
static char *
read_file(const struct conf_key *k, struct conf_input *in)
{
	char *path, *text;
	size_t len;

	if (in->text[1] == '/')
		path = xstrdup(in->text + 1);
	else
		xasprintf(&path, "%s/%s", in->dir, in->text + 1);
	text = in->load != NULL ? conf_source(in->load, path, &len)
				: conf_text_read(path, &len);
	if (text == NULL)
		(void)snprintf(in->why, sizeof(in->why),
		    "%s: %.120s: %s; check its name and permissions", k->name,
		    path, strerror(errno));
	else
		message_clean(text, UINT_MAX);
	free(path);
	return text;
}

static int
parse_message(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char *made = in->text[0] == '@' ? read_file(k, in) : xstrdup(in->text);
	const char *error = made != NULL ? message_error(made) : NULL;
	char **text = dst;

	if (made == NULL)
		return -1;
	if (error != NULL) {
		(void)snprintf(in->why, sizeof(in->why),
		    "%s %s; macros are %%u, %%h, %%l, %%n, %%t, %%d, %%m and "
		    "%%%%, and \\n begins a line",
		    k->name, error);
		free(made);
		return -1;
	}
	free(*text);
	*text = made;
	return 0;
}

static void
print_message(const struct conf_key *k, const void *src, FILE *out)
{
	conf_text_quote(out, *(char *const *)src);
}

const struct conf_type conf_message = { "text", parse_message, print_message,
	sizeof(char *), true };
