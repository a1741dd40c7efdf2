/* SPDX-License-Identifier: ISC */
/*
 * From a name in a directory to a struct list_entry.
 */
#include "server/agent/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/resolve.h"

#define ENTRY_PATH_MAX (VPATH_MAX + NAME_MAX + 2)

/* ---------------------------------------------------------- permissions */

/*
 * The r, w and x bits that this process has on an object. Uid 0 is a user like
 * any other here: an agent has no capabilities.
 */
static unsigned
access_bits(const struct ident *id, const struct stat *st)
{
	int i;

	if (id->uid == st->st_uid)
		return st->st_mode >> 6 & 7;
	if (id->gid == st->st_gid)
		return st->st_mode >> 3 & 7;
	for (i = 0; i < id->ngroups; i++) {
		if (id->groups[i] == st->st_gid)
			return st->st_mode >> 3 & 7;
	}
	return st->st_mode & 7;
}

/* May the entry be removed from the directory, or renamed? */
static bool
may_unlink(const struct entry_view *v, const struct stat *st)
{
	const struct ident *id = v->s->ident;

	if ((access_bits(id, &v->dirst) & 3) != 3)
		return false;
	return (v->dirst.st_mode & S_ISVTX) == 0 ||
	       id->uid == v->dirst.st_uid || id->uid == st->st_uid;
}

/*
 * One letter of the perm fact (RFC 3659 7.5.5): said of files or directories,
 * when the object's own bits, the directory and a right of the account allow.
 */
static const struct perm {
	char letter;
	bool of_dir;
	unsigned bits; /* all of these on the object */
	bool unlink; /* may_unlink() */
	uint32_t rights; /* one of these */
} perms[] = {
	{ 'a', false, 2, false, RIGHT_APPEND },
	{ 'd', false, 0, true, RIGHT_DELETE },
	{ 'f', false, 0, true, RIGHT_RENAME },
	{ 'r', false, 4, false, RIGHT_READ },
	{ 'w', false, 2, false, RIGHT_OVERWRITE },
	{ 'c', true, 3, false, RIGHT_WRITE },
	{ 'd', true, 0, true, RIGHT_RMDIR },
	{ 'e', true, 1, false, ~0u },
	{ 'f', true, 0, true, RIGHT_RENAME },
	{ 'l', true, 5, false, RIGHT_LIST },
	{ 'm', true, 3, false, RIGHT_MKDIR },
	{ 'p', true, 3, false, RIGHT_DELETE | RIGHT_RMDIR },
};

static void
set_perm(struct entry_view *v, const char *path, const struct stat *st)
{
	unsigned bits = access_bits(v->s->ident, st);
	uint32_t rights = path != NULL ? policy_rights(v->s, path) : v->rights;
	bool unlink, is_dir = S_ISDIR(st->st_mode);
	const struct perm *p;
	char *out = v->perm;

	unlink =
	    may_unlink(v, st) && (path == NULL || !places_hold(v->s, path));
	/* Of what is neither only the name can be dealt with. */
	if (!is_dir && !S_ISREG(st->st_mode))
		bits = 0;
	for (p = perms; p < perms + sizeof(perms) / sizeof(perms[0]); p++) {
		if (p->of_dir == is_dir && (bits & p->bits) == p->bits &&
		    (unlink || !p->unlink) && (rights & p->rights) != 0)
			*out++ = p->letter;
	}
	*out = '\0';
}

/* -------------------------------------------------------------- status */

static bool
follows(const struct entry_view *v)
{
	if (v->style == LIST_MLSX)
		return v->s->conf->mlsd_links == CONF_LINKS_FOLLOW;
	return (v->flags & LISTF_FOLLOW) != 0;
}

/* Is the type of the entry not all that its line says? */
static bool
needs_stat(const struct entry_view *v, unsigned char d_type)
{
	switch (v->style) {
	case LIST_NAMES:
		if ((v->flags & LISTF_CLASSIFY) == 0)
			return false;
		return d_type == DT_UNKNOWN || d_type == DT_REG ||
		       (d_type == DT_LNK && follows(v));
	case LIST_MLSX:
		if (v->facts == 0)
			return false;
		return v->facts != FACT_TYPE || d_type == DT_UNKNOWN ||
		       d_type == DT_LNK;
	default:
		return true;
	}
}

static void
stat_from_statx(struct stat *st, const struct statx *sx)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = sx->stx_mode;
	st->st_nlink = sx->stx_nlink;
	st->st_uid = sx->stx_uid;
	st->st_gid = sx->stx_gid;
	st->st_size = (off_t)sx->stx_size;
	st->st_ino = sx->stx_ino;
	st->st_dev = makedev(sx->stx_dev_major, sx->stx_dev_minor);
	st->st_mtime = sx->stx_mtime.tv_sec;
}

/* The entry's virtual path. */
static void
entry_path(const struct entry_view *v, const char *name, char *path)
{
	if (strcmp(name, "..") == 0)
		vpath_dir(path, v->dir);
	else if (strcmp(name, ".") == 0)
		(void)strlcpy(path, v->dir, ENTRY_PATH_MAX);
	else
		snprintf(path, ENTRY_PATH_MAX, "%s/%s",
		    strcmp(v->dir, "/") == 0 ? "" : v->dir, name);
}

/* What a path leads to inside the root, after all links. */
static int
stat_inside(const struct entry_view *v, const char *name, struct stat *st)
{
	char path[ENTRY_PATH_MAX];
	int fd, res;

	entry_path(v, name, path);
	fd = resolve_open(v->s, path, O_PATH);
	if (fd == -1)
		return -1;
	res = fstat(fd, st);
	fd_close(&fd);
	return res;
}

/* The entry itself. The kernel must not leave the root through "..". */
static int
stat_itself(const struct entry_view *v, const char *name, struct stat *st)
{
	struct statx sx;

	if (strcmp(name, "..") == 0 ||
	    (v->has_places && places_entry(v->s, v->dir, name) != NULL))
		return stat_inside(v, name, st);
	if (statx(v->dirfd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		STATX_BASIC_STATS, &sx) == -1)
		return -1;
	stat_from_statx(st, &sx);
	return 0;
}

static int
load_stat(struct entry_view *v, const char *name, unsigned char d_type,
    struct stat *st)
{
	struct stat target;

	if (stat_itself(v, name, st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return -1;
		/* A directory that may be read but not searched. */
		memset(st, 0, sizeof(*st));
		st->st_mode = d_type == DT_UNKNOWN ? S_IFREG : DTTOIF(d_type);
		return 0;
	}
	if (S_ISLNK(st->st_mode) && follows(v) &&
	    stat_inside(v, name, &target) == 0)
		*st = target;
	return 0;
}

/* -------------------------------------------------------------- public */

static void
set_target(struct entry_view *v, const char *name, struct list_entry *e)
{
	ssize_t n;

	n = readlinkat(v->dirfd, name, v->target, sizeof(v->target) - 1);
	if (n == -1)
		return;
	v->target[n] = '\0';
	e->target = v->target;
}

static void
set_owner(struct entry_view *v, struct list_entry *e)
{
	if (v->s->conf->hide_ids) {
		e->owner = e->group = "ftp";
		return;
	}
	if ((v->flags & LISTF_NUMERIC) != 0) {
		idname_digits(v->owner, e->uid);
		idname_digits(v->group, e->gid);
	} else {
		idname_user(v->owner, e->uid);
		idname_group(v->group, e->gid);
	}
	e->owner = v->owner;
	e->group = v->group;
}

static char
suffix(mode_t mode)
{
	if (S_ISDIR(mode))
		return '/';
	if (S_ISLNK(mode))
		return '@';
	return S_ISREG(mode) && (mode & 0111) != 0 ? '*' : 0;
}

static long
zone_offset(time_t t)
{
	struct tm tm;

	return localtime_r(&t, &tm) != NULL ? tm.tm_gmtoff : 0;
}

void
entry_view_init(struct entry_view *v, const struct agent_session *s,
    const struct agent_req *r, int dirfd, const char *dir)
{
	v->s = s;
	v->style = (enum list_style)r->num[0];
	v->flags = (uint32_t)r->num[1];
	v->facts = (uint32_t)r->num[2] & FACT_ALL;
	if (s->conf->hide_ids)
		v->facts &= ~(uint32_t)(FACT_OWNER | FACT_GROUP);
	v->now = time(NULL);
	if (s->conf->list_localtime)
		v->now += zone_offset(v->now);
	v->dirfd = dirfd;
	(void)strlcpy(v->dir, dir, sizeof(v->dir));
	v->rights = policy_rights(s, dir);
	v->has_places = places_hold(s, dir) != NULL;
	if (fstat(dirfd, &v->dirst) == -1)
		memset(&v->dirst, 0, sizeof(v->dirst));
}

static void
from_stat(struct entry_view *v, const char *name, const struct stat *st,
    struct list_entry *e)
{
	char path[ENTRY_PATH_MAX];

	e->mode = st->st_mode;
	e->size = (uint64_t)st->st_size;
	e->mtime = st->st_mtime;
	e->nlink = st->st_nlink;
	e->dev = st->st_dev;
	e->ino = st->st_ino;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	if (v->style == LIST_LONG && v->s->conf->list_localtime)
		e->mtime += zone_offset(e->mtime);
	if (v->style == LIST_LONG)
		set_owner(v, e);
	if ((v->facts & FACT_PERM) == 0 || v->style != LIST_MLSX)
		return;
	if (v->has_places)
		entry_path(v, name, path);
	set_perm(v, v->has_places ? path : NULL, st);
}

int
entry_load(struct entry_view *v, const char *name, unsigned char d_type,
    struct list_entry *e)
{
	struct stat st;

	memset(e, 0, sizeof(*e));
	e->perm = v->perm;
	e->mode = DTTOIF(d_type);
	if (needs_stat(v, d_type)) {
		if (load_stat(v, name, d_type, &st) == -1)
			return -1;
		from_stat(v, name, &st, e);
	}
	if (S_ISLNK(e->mode) && v->style != LIST_NAMES)
		set_target(v, name, e);
	if ((v->flags & LISTF_CLASSIFY) != 0)
		e->suffix = suffix(e->mode);
	return 0;
}
