/* SPDX-License-Identifier: ISC */
/*
 * Keys whose values are several words: names of hosts, names of blocks. They
 * are kept with one blank between them.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hostname.h"
#include "common/mem.h"
#include "server/conf_text.h"
#include "server/conf_value.h"

#define SEPARATORS " \t,"

bool
conf_words_next(const char **rest, char *word, size_t size)
{
	const char *p = *rest + strspn(*rest, SEPARATORS);
	size_t n = strcspn(p, SEPARATORS);

	*rest = p + n;
	if (n >= size)
		n = size - 1;
	memcpy(word, p, n);
	word[n] = '\0';
	return n > 0;
}

static void
set_words(char **dst, const char *text)
{
	size_t size = strlen(text) + 1;
	char *made = xcalloc(1, size), word[CONF_WORD_MAX];

	while (conf_words_next(&text, word, sizeof(word))) {
		if (made[0] != '\0')
			(void)strlcat(made, " ", size);
		(void)strlcat(made, word, size);
	}
	free(*dst);
	*dst = made;
}

static int
parse_words(const struct conf_key *k, struct conf_input *in, void *dst)
{
	set_words(dst, in->text);
	return 0;
}

static int
parse_hostnames(const struct conf_key *k, struct conf_input *in, void *dst)
{
	const char *rest = in->text;
	char word[CONF_WORD_MAX];

	while (conf_words_next(&rest, word, sizeof(word)))
		if (!hostname_is_pattern(word)) {
			snprintf(in->why, sizeof(in->why),
			    "\"%.60s\" is no name of a host; write one such "
			    "as ftp.example.org or *.example.org",
			    word);
			return -1;
		}
	return parse_words(k, in, dst);
}

static void
print_words(const struct conf_key *k, const void *src, FILE *out)
{
	conf_text_quote(out, *(char *const *)src);
}

const struct conf_type conf_words = { "names", parse_words, print_words,
	sizeof(char *), true };
const struct conf_type conf_hostnames = { "host names", parse_hostnames,
	print_words, sizeof(char *), true };
