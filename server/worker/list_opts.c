/* SPDX-License-Identifier: ISC */
/*
 * Splits "-la some path" into options and path.
 *
 * What begins with '-' is always options, never a name; "--" ends them, so
 * that a path that begins with '-' can be reached. One blank separates options
 * and path: further ones belong to the path.
 */
#include <string.h>

#include "common/mem.h"
#include "server/proto.h"
#include "server/worker/list_opts.h"

/* What a letter means in a long listing and in one of names. */
static const struct {
	char letter;
	uint32_t flag_long, flag_names;
} letters[] = {
	{ 'a', LISTF_ALL, LISTF_ALMOST_ALL },
	{ 'A', LISTF_ALMOST_ALL, LISTF_ALMOST_ALL },
	{ 'd', LISTF_SELF, LISTF_SELF },
	/* FileZilla takes the suffix off long lines, others do not. */
	{ 'F', 0, LISTF_CLASSIFY },
	{ 'L', LISTF_FOLLOW, 0 },
	{ 'r', LISTF_REVERSE, LISTF_REVERSE },
	{ 't', LISTF_BY_TIME, LISTF_BY_TIME },
	{ 'S', LISTF_BY_SIZE, LISTF_BY_SIZE },
	{ 'U', LISTF_UNSORTED, LISTF_UNSORTED },
	{ 'n', LISTF_NUMERIC, LISTF_NUMERIC },
};

/* Both meanings of the letters so far; `-l` may still come. */
struct seen {
	uint32_t flag_long, flag_names;
	bool l;
};

static void
see_letter(struct seen *seen, char c)
{
	size_t i;

	if (c == 'l')
		seen->l = true;
	for (i = 0; i < NELEM(letters); i++) {
		if (letters[i].letter != c)
			continue;
		seen->flag_long |= letters[i].flag_long;
		seen->flag_names |= letters[i].flag_names;
	}
}

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

/* Reads the words of options; returns where the path starts. */
static const char *
see_words(struct seen *seen, const char *arg)
{
	const char *p = arg, *word, *end;

	while (*(word = skip_blanks(p)) == '-') {
		end = word + strcspn(word, " ");
		p = *end == ' ' ? end + 1 : end;
		if (end - word == 2 && word[1] == '-')
			break;
		/* "--long" options mean nothing here */
		for (; word < end && word[1] != '-'; word++)
			see_letter(seen, *word);
	}
	/* only blanks: no path at all (`LIST -a `, `LIST `) */
	word = skip_blanks(p);
	return *word == '\0' ? word : p;
}

void
list_opts_parse(struct list_opts *o, const struct config *conf,
    enum list_style style, const char *arg)
{
	struct seen seen = { 0 };

	o->path = see_words(&seen, arg);
	o->style = style == LIST_NAMES && seen.l ? LIST_LONG : style;
	o->flags = o->style == LIST_NAMES ? seen.flag_names : seen.flag_long;
	if (conf->list_glob)
		o->flags |= LISTF_GLOB;
}
