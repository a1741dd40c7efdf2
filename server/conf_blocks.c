/* SPDX-License-Identifier: ISC */
/*
 * One load of a configuration: its complaints, and the blocks that may stand
 * more than once as elements of their arrays.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"

void
conf_load_init(struct conf_load *l, struct config *conf, FILE *err)
{
	if (err == NULL)
		die("open_memstream");
	memset(l, 0, sizeof(*l));
	l->conf = conf;
	l->err = err;
	l->seen = xcalloc(conf_nkeys, sizeof(*l->seen));
}

void
conf_load_clear(struct conf_load *l)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		free(l->files[i]);
	free(l->files);
	free(l->seen);
	free(l->listens);
}

void
conf_complain(
    struct conf_load *l, const struct conf_where *w, const char *fmt, ...)
{
	va_list ap;

	if (w != NULL && w->file != NULL)
		fprintf(l->err, "%s:%d: ", w->file, w->line);
	va_start(ap, fmt);
	vfprintf(l->err, fmt, ap);
	va_end(ap);
	putc('\n', l->err);
	l->nerrors++;
}

const struct conf_where *
conf_where_key(
    const struct conf_load *l, enum conf_section_id id, const char *name)
{
	return &l->seen[conf_key_find(id, name) - conf_keys];
}

static bool
is_seen(const struct conf_load *l, enum conf_section_id id, const char *name)
{
	return conf_where_key(l, id, name)->file != NULL;
}

/* Makes room for one more element at every power of two. */
void *
conf_grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return xrealloc(array, (n == 0 ? 1 : 2 * n) * size);
}

static void
check_name(struct conf_load *l, const struct conf_where *w, const char *kind,
    const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			break;
	if (*p != '\0' || p == name || p - name >= CONF_NAME_MAX)
		conf_complain(l, w,
		    "the name of this %s is empty, too "
		    "long or has a control character in it; give it another",
		    kind);
}

void
conf_user_end(struct conf_load *l, const struct conf_where *w, const char *name,
    struct conf_user *u, bool in_users_file)
{
	struct config *conf = l->conf;

	check_name(l, w, "user", name);
	if (u->password == NULL)
		conf_complain(l, w,
		    "user %s has no password; make one "
		    "with ternctl user passwd, or write \"*\" for none",
		    name);
	if (u->root == NULL)
		conf_complain(l, w,
		    "user %s has no root; write root = "
		    "\"/the/directory\"",
		    name);
	if (is_seen(l, SECTION_USER, "uid") != is_seen(l, SECTION_USER, "gid"))
		conf_complain(l, w,
		    "user %s has only one of uid and "
		    "gid; write both or none",
		    name);
	u->has_ident = is_seen(l, SECTION_USER, "uid");
	u->in_users_file = in_users_file;
	u->name = xstrdup(name);
	u->file = xstrdup(w->file);
	u->line = w->line;
	conf->users = conf_grow(conf->users, conf->nusers, sizeof(*u));
	conf->users[conf->nusers++] = *u;
}

void
conf_listen_end(struct conf_load *l, const struct conf_where *w,
    const char *name, struct conf_listen *listen)
{
	struct config *conf = l->conf;

	check_name(l, w, "listen block", name);
	listen->name = xstrdup(name);
	conf->listens =
	    conf_grow(conf->listens, conf->nlistens, sizeof(*listen));
	l->listens = conf_grow(l->listens, conf->nlistens, sizeof(*w));
	l->listens[conf->nlistens] = *w;
	conf->listens[conf->nlistens++] = *listen;
}
