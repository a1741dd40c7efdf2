/* SPDX-License-Identifier: ISC */
/*
 * The texts that a configuration is made from. Those of ftpd.conf are kept, so
 * that the users file can be read again without what has been written into
 * ftpd.conf since; the users file is watched.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_text.h"

static char *
copy_text(const char *text, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static char *
frozen_text(const struct config *conf, const char *path, size_t *len_r)
{
	size_t i;

	for (i = 0; i < conf->ntexts; i++)
		if (strcmp(conf->texts[i].path, path) == 0) {
			*len_r = conf->texts[i].len;
			return copy_text(conf->texts[i].text, *len_r);
		}
	errno = ENOENT;
	return NULL;
}

/* Is it the same file? One that does not exist is known by its name. */
static bool
is_same_file(const char *a, const char *b)
{
	char *x = realpath(a, NULL), *y = realpath(b, NULL);
	bool same = strcmp(x != NULL ? x : a, y != NULL ? y : b) == 0;

	free(x);
	free(y);
	return same;
}

const char *
conf_source_path(const struct conf_load *l, const char *path)
{
	return l->instead_of != NULL && is_same_file(path, l->instead_of)
		   ? l->read
		   : path;
}

char *
conf_source(struct conf_load *l, const char *path, size_t *len_r)
{
	struct config *conf = l->conf;
	const char *read = conf_source_path(l, path);
	char *text;

	if (l->users_only) {
		watch_add(&conf->users_watch, path);
		return conf_text_read(read, len_r);
	}
	text = l->frozen != NULL ? frozen_text(l->frozen, path, len_r)
				 : conf_text_read(read, len_r);
	if (text == NULL)
		return NULL;
	conf->texts =
	    conf_grow(conf->texts, conf->ntexts, sizeof(*conf->texts));
	conf->texts[conf->ntexts++] = (struct conf_text){ xstrdup(path),
		copy_text(text, *len_r), *len_r };
	return text;
}

void
conf_forget_texts(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->ntexts; i++) {
		free(conf->texts[i].path);
		free_secret(conf->texts[i].text, conf->texts[i].len);
	}
	free(conf->texts);
	conf->texts = NULL;
	conf->ntexts = 0;
}
