/* SPDX-License-Identifier: ISC */
/*
 * Mounts and rights per path: the blocks mount and path, which stand inside the
 * blocks of accounts.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_rules.h"
#include "server/conf_text.h"
#include "server/rights.h"

static void
place_clear(struct conf_place *p)
{
	free(p->at);
	free(p->path);
}

void
conf_places_clear(struct conf_rules *r)
{
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		place_clear(&r->places[i]);
	free(r->places);
	r->places = NULL;
	r->nplaces = 0;
}

static void
add(struct conf_rules *r, const struct conf_place *p)
{
	r->places = conf_grow(r->places, r->nplaces, sizeof(*p));
	r->places[r->nplaces++] = *p;
}

static const struct conf_place *
find(const struct conf_rules *r, const struct conf_place *like)
{
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		if (r->places[i].is_mount == like->is_mount &&
		    strcmp(r->places[i].at, like->at) == 0)
			return &r->places[i];
	return NULL;
}

void
conf_places_inherit(struct conf_rules *r, const struct conf_rules *from)
{
	struct conf_place copy;
	size_t i;

	for (i = 0; i < from->nplaces; i++) {
		copy = from->places[i];
		if (find(r, &copy) != NULL)
			continue;
		copy.at = xstrdup(copy.at);
		copy.path = copy.path != NULL ? xstrdup(copy.path) : NULL;
		copy.of_group = true;
		add(r, &copy);
	}
}

/* Bytes in an account (server/account.h). */
static size_t
text_size(const struct conf_rules *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->nplaces; i++)
		n += strlen(r->places[i].at) + 20 +
		     (r->places[i].is_mount ? strlen(r->places[i].path) : 0);
	return n;
}

void
conf_places_check(struct conf_load *l, const struct conf_where *w,
    const char *who, const struct conf_rules *r)
{
	size_t i, mounts = 0;

	for (i = 0; i < r->nplaces; i++)
		mounts += r->places[i].is_mount;
	if (mounts > CONF_MOUNTS_MAX || r->nplaces - mounts > CONF_PATHS_MAX)
		conf_complain(l, w,
		    "%s has more than %d mount blocks or more than %d path "
		    "blocks; leave some out",
		    who, CONF_MOUNTS_MAX, CONF_PATHS_MAX);
	else if (text_size(r) > CONF_PLACES_TEXT)
		conf_complain(l, w,
		    "the mount and path blocks of %s have more than %d bytes "
		    "of text in all; use shorter paths or fewer blocks",
		    who, CONF_PLACES_TEXT);
}

/* -------------------------------------------------------------- blocks */
static void
place_end(struct conf_load *l, const struct conf_where *w, const char *title,
    struct conf_place *p)
{
	const char *kind = p->is_mount ? "mount" : "path";
	char at[VPATH_MAX];

	if (title[0] != '/' || vpath_join(at, "/", title) != 0 ||
	    (p->is_mount && strcmp(at, "/") == 0)) {
		conf_complain(l, w,
		    "%s \"%.60s\" is no place that the client could see; "
		    "write one that starts with /, such as %s \"/pub\"",
		    kind, title, kind);
		place_clear(p);
		return;
	}
	p->at = xstrdup(at);
	p->file = w->file;
	p->line = w->line;
	if (find(l->outer, p) != NULL)
		conf_complain(l, w,
		    "there is a block %s \"%s\" here already; keep one of them",
		    kind, at);
	add(l->outer, p);
}

void
conf_mount_end(struct conf_load *l, const struct conf_where *w,
    const char *title, void *block)
{
	struct conf_place *p = block;

	p->is_mount = true;
	p->has_rights =
	    conf_where_key(l, SECTION_MOUNT, "rights")->file != NULL;
	if (p->path == NULL) {
		conf_complain(l, w,
		    "mount \"%.60s\" has no path; write path = "
		    "\"/the/directory\"",
		    title);
		p->path = xstrdup("/");
	}
	place_end(l, w, title, p);
}

void
conf_path_end(struct conf_load *l, const struct conf_where *w,
    const char *title, void *block)
{
	struct conf_place *p = block;

	p->has_rights = true;
	if (conf_where_key(l, SECTION_PATH, "rights")->file == NULL)
		conf_complain(l, w,
		    "path \"%.60s\" has no rights; write rights = read-only, "
		    "or whatever may be done there",
		    title);
	place_end(l, w, title, p);
}

void
conf_places_print(const struct conf_rules *r, const char *indent, FILE *out)
{
	const struct conf_place *p;
	char rights[256];

	ARRAY_FOREACH (p, r->places, r->nplaces) {
		fprintf(out, "%s%s ", indent, p->is_mount ? "mount" : "path");
		conf_text_quote(out, p->at);
		fputs(" {\n", out);
		if (p->is_mount) {
			fprintf(out, "%s\tpath = ", indent);
			conf_text_quote(out, p->path);
			putc('\n', out);
		}
		if (p->has_rights) {
			fprintf(out, "%s\trights = ", indent);
			conf_text_quote(
			    out, rights_str(p->rights, rights, sizeof(rights)));
			putc('\n', out);
		}
		fprintf(out, "%s}\n", indent);
	}
}
