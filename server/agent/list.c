/* SPDX-License-Identifier: ISC */
/*
 * Listings: pages of finished text, each asked for by the worker when the one
 * before is nearly sent, so a listing needs the same memory at any size and a
 * slow client keeps no thread.
 */
#include "server/agent/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/dirnames.h"
#include "server/agent/entry.h"
#include "server/agent/glob.h"
#include "server/agent/ops.h"
#include "server/agent/partial.h"
#include "server/agent/places.h"
#include "server/agent/quota.h"
#include "server/agent/resolve.h"
#include "server/rights.h"

#define FIRST_PAGE (8 * 1024) /* the client's first byte comes at once */
#define ASKED_FOR 10 /* times sort_max are sorted if the client wants it */
#define NEXT_PAGE (64 * 1024) /* a page may exceed this by one line */

struct listing {
	struct entry_view view;
	struct dirnames *names;
	bool is_glob;
	char prefix[VPATH_MAX + 1]; /* NLST: put before each name */
	size_t prefixlen;
	uint64_t max, count; /* entries; max 0 = no limit */
};

static void
listing_free(struct listing *l)
{
	dirnames_free(l->names);
	free(l);
}

void
list_close(struct agent_session *s)
{
	if (s->listing != NULL)
		listing_free(s->listing);
	s->listing = NULL;
}

/* ---------------------------------------------------------------- pages */

/* Writes one entry's line; returns its length, 0 for one without a line. */
static size_t
line(struct listing *l, const struct dirname *d, char *out)
{
	char name[VPATH_MAX + 1 + NAME_MAX + 1];
	size_t n = strlen(d->name);
	struct list_entry e;

	if (entry_load(&l->view, d->name, d->type, &e) == -1)
		return 0;
	e.name = d->name;
	e.namelen = n;
	if (l->prefixlen > 0 && n <= NAME_MAX) {
		memcpy(name, l->prefix, l->prefixlen);
		memcpy(name + l->prefixlen, d->name, n);
		e.name = name;
		e.namelen += l->prefixlen;
	}
	return list_format(out, l->view.style, l->view.facts, &e, l->view.now);
}

static enum fs_status
page(struct agent_session *s, struct agent_req *r, size_t want)
{
	struct listing *l = s->listing;
	enum list_more more = LIST_MORE;
	struct dirname d;
	size_t len = 0, n;

	_Static_assert(
	    NEXT_PAGE + LIST_LINE_MAX(VPATH_MAX + NAME_MAX + 1, PATH_MAX) <=
		AGENT_TEXT_MAX,
	    "a page and one more line fit a message");
	while (len < want && more == LIST_MORE) {
		if (!dirnames_next(l->names, &d, &r->err)) {
			more = LIST_END;
		} else if (l->max != 0 && l->count == l->max) {
			more = LIST_TRUNCATED;
		} else {
			n = line(l, &d, r->text + len);
			l->count += n > 0;
			len += n;
		}
	}
	put_u8(&r->out, (uint8_t)more);
	put_bytes(&r->out, r->text, len);
	if (more == LIST_MORE)
		return FS_OK;
	n = l->is_glob ? l->count : 1;
	list_close(s);
	if (r->err != 0)
		return fs_status_of(r->err);
	return n > 0 ? FS_OK : FS_NO_MATCH;
}

/* -------------------------------------------------------------- opening */

/* NLST names must be usable as arguments: they begin as the client's did. */
static void
set_prefix(struct listing *l, const char *arg)
{
	const char *slash = strrchr(arg, '/');
	size_t n = strlen(arg);

	if (l->view.style != LIST_NAMES)
		return;
	if (l->is_glob)
		n = slash != NULL ? (size_t)(slash + 1 - arg) : 0;
	else if (strcmp(arg, ".") == 0)
		n = 0;
	memcpy(l->prefix, arg, n);
	if (n > 0 && l->prefix[n - 1] != '/')
		l->prefix[n++] = '/';
	l->prefixlen = n;
}

static enum dir_order
order_of(const struct entry_view *v)
{
	if (v->style == LIST_MLSX || (v->flags & LISTF_UNSORTED) != 0)
		return ORDER_NONE;
	if ((v->flags & LISTF_BY_TIME) != 0)
		return ORDER_TIME;
	return (v->flags & LISTF_BY_SIZE) != 0 ? ORDER_SIZE : ORDER_NAME;
}

/* Of how many names an order is worth waiting for. */
static size_t
sort_max_of(const struct agent_session *s, const struct entry_view *v)
{
	uint32_t asked = LISTF_BY_TIME | LISTF_BY_SIZE | LISTF_REVERSE;

	return (size_t)s->conf->list_sort_max *
	       ((v->flags & asked) != 0 ? ASKED_FOR : 1);
}

/* Which names a request wants of a directory. */
static void
set_how(struct dirnames_how *how, const struct agent_session *s,
    const struct entry_view *v, const char *pattern)
{
	bool asked = (v->flags & (LISTF_ALL | LISTF_ALMOST_ALL)) != 0;

	memset(how, 0, sizeof(*how));
	how->pattern = pattern;
	how->dots = asked;
	if (pattern == NULL &&
	    (v->style == LIST_MLSX || s->conf->show_dotfiles))
		how->dots = true;
	how->specials = pattern == NULL && v->style == LIST_LONG &&
			(v->flags & LISTF_ALL) != 0;
	how->order = order_of(v);
	how->reverse = (v->flags & LISTF_REVERSE) != 0;
	how->sort_max = sort_max_of(s, v);
}

/* Who may upload there clears away what was left behind (R7.4). */
static void
temporary_cb(void *arg, int dir, const char *name)
{
	struct agent_session *s = arg;

	if (partial_expire(s, dir, name))
		quota_doubt(s);
}

/* The mounts in a directory, which no readdir(3) shows. */
static size_t
mounts_in(const struct agent_session *s, const char *dir, const char **names)
{
	size_t i, n = 0;
	const char *base;

	for (i = 0; i < s->nplaces; i++) {
		base = vpath_base(s->places[i].at);
		if (places_entry(s, dir, base) == &s->places[i])
			names[n++] = base;
	}
	return n;
}

/* Lists the directory behind fd (taken over), or what matches in it. */
static enum fs_status
list_dir(struct agent_session *s, struct agent_req *r, int fd, const char *dir,
    const char *pattern)
{
	const char *mounts[CONF_MOUNTS_MAX];
	struct dirnames_how how;
	struct listing *l;

	l = xcalloc(1, sizeof(*l));
	entry_view_init(&l->view, s, r, fd, dir);
	l->is_glob = pattern != NULL;
	l->max = r->num[3];
	set_prefix(l, r->str);
	set_how(&how, s, &l->view, pattern);
	how.more = mounts;
	how.nmore = mounts_in(s, dir, mounts);
	if ((l->view.rights & RIGHT_WRITE) != 0) {
		how.temporary = temporary_cb;
		how.arg = s;
	}
	l->names = dirnames_new(fd, &how);
	if (l->names == NULL) {
		free(l);
		return req_errno(r);
	}
	s->listing = l;
	return page(s, r, FIRST_PAGE);
}

static enum fs_status
list_matches(struct agent_session *s, struct agent_req *r)
{
	char dir[VPATH_MAX];
	int fd;

	vpath_dir(dir, r->path);
	fd = resolve_open(s, dir, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd == -1)
		return req_errno(r);
	return list_dir(s, r, fd, dir, vpath_base(r->path));
}

/* The name that an object listed by itself goes by. */
static const char *
self_name(const struct entry_view *v, const struct agent_req *r)
{
	if (v->style == LIST_MLSX)
		return r->path;
	if (r->str[0] == '\0')
		return ".";
	if (v->style == LIST_NAMES || strcmp(r->path, "/") == 0)
		return r->str;
	return vpath_base(r->path);
}

static enum fs_status
self_line(struct entry_view *v, struct agent_req *r, const char *name)
{
	struct list_entry e;
	struct stat st;
	size_t n;

	if (fstatat(v->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return req_errno(r);
	if (entry_load(v, name, IFTODT(st.st_mode), &e) == -1)
		return FS_MISSING;
	e.name = self_name(v, r);
	e.namelen = strlen(e.name);
	n = list_format(r->text, v->style, v->facts, &e, v->now);
	put_u8(&r->out, LIST_END);
	put_bytes(&r->out, r->text, n);
	return FS_OK;
}

/* Lists one object: a file, or anything with LISTF_SELF. */
static enum fs_status
list_self(struct agent_session *s, struct agent_req *r)
{
	struct entry_view *v;
	char name[NAME_MAX + 1] = ".", dir[VPATH_MAX];
	bool is_root = places_is_root(s, r->path);
	enum fs_status status;
	int fd;

	if (is_root) {
		(void)strlcpy(dir, r->path, sizeof(dir));
		fd = resolve_open(s, r->path, O_PATH | O_DIRECTORY);
	} else {
		vpath_dir(dir, r->path);
		fd = resolve_parent(s, r->path, name);
	}
	if (fd == -1)
		return req_errno(r);
	v = xcalloc(1, sizeof(*v));
	entry_view_init(v, s, r, fd, dir);
	if (is_root) /* nothing can be done to it */
		memset(&v->dirst, 0, sizeof(v->dirst));
	status = self_line(v, r, name);
	free(v);
	fd_close(&fd);
	return status;
}

/*
 * A directory is listed, anything else lists itself, and only what does not
 * exist is taken for a pattern: names with brackets work (R interop 30).
 */
static enum fs_status
list_path(struct agent_session *s, struct agent_req *r, uint64_t flags)
{
	enum fs_status status;
	int fd = -1;

	if ((flags & LISTF_SELF) == 0) {
		fd = resolve_open(
		    s, r->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
		if (fd != -1)
			return list_dir(s, r, fd, r->path, NULL);
		if (errno != ENOTDIR && errno != ENOENT)
			return req_errno(r);
		if ((flags & LISTF_DIR_ONLY) != 0)
			return req_errno(r);
	}
	status = list_self(s, r);
	if (status == FS_MISSING && (flags & LISTF_GLOB) != 0 &&
	    glob_is_pattern(vpath_base(r->path)))
		status = list_matches(s, r);
	return status;
}

enum fs_status
agent_list(struct agent_session *s, struct agent_req *r)
{
	if (r->num[0] > LIST_MLSX)
		return REQ_MALFORMED;
	return list_path(s, r, r->num[1]);
}

enum fs_status
agent_list_next(struct agent_session *s, struct agent_req *r)
{
	return page(s, r, NEXT_PAGE);
}
