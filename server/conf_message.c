/* SPDX-License-Identifier: ISC */
/*
 * The type of keys that are messages: several lines, with macros.
 */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "server/conf_text.h"
#include "server/conf_value.h"
#include "server/message.h"

static int
parse_message(const struct conf_key *k, struct conf_input *in, void *dst)
{
	const char *error = message_error(in->text);
	char **text = dst;

	if (error != NULL) {
		(void)snprintf(in->why, sizeof(in->why),
		    "%s %s; macros are %%u, %%h, %%t, %%d and %%%%, and \\n "
		    "begins a line",
		    k->name, error);
		return -1;
	}
	free(*text);
	*text = xstrdup(in->text);
	return 0;
}

static void
print_message(const struct conf_key *k, const void *src, FILE *out)
{
	conf_text_quote(out, *(char *const *)src);
}

const struct conf_type conf_message = { "text", parse_message, print_message,
	sizeof(char *), true };
