/* SPDX-License-Identifier: ISC */
/*
 * The names in a directory, filtered and ordered, with bounded memory.
 *
 * To sort, names are collected first. If there are more than sort_max of them
 * the collecting stops, those read so far come out as they are, and the rest
 * follows straight from the directory: nobody waits for the end of a huge one
 * (R27.1).
 */
#include "server/agent/dirnames.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/agent/glob.h"
#include "server/agent/partial.h"

struct item {
	uint64_t key; /* smaller first; equal ones by name */
	size_t at; /* in arena */
	unsigned char type;
};

struct dirnames {
	DIR *dir;
	struct glob *glob;
	bool dots;
	void (*temporary)(void *arg, int dir, const char *name);
	void *arg;
	const char **more; /* how.more, those before nread came already */
	size_t nmore, nread;
	unsigned specials; /* how many of "." and ".." are still to come */
	struct item *v; /* collected */
	size_t n, cap, pos;
	bool reverse; /* v is read backwards */
	char *arena;
	size_t len, size;
	bool ended; /* the directory was read to its end */
	int err;
};

/* ------------------------------------------------------------- reading */

static bool
is_temporary(const struct dirnames *d, const char *name)
{
	if (!tmp_name_is(name))
		return false;
	if (d->temporary != NULL)
		d->temporary(d->arg, dirfd(d->dir), name);
	return true;
}

static bool
is_wanted(const struct dirnames *d, const char *name)
{
	if (name[0] == '.' &&
	    (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		is_temporary(d, name)))
		return false;
	if (d->glob != NULL)
		return glob_match(d->glob, name, d->dots);
	return name[0] != '.' || d->dots;
}

/* Has a name of how.more taken the place of this one? */
static bool
is_hidden(const struct dirnames *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->nmore; i++)
		if (strcmp(d->more[i], name) == 0)
			return true;
	return false;
}

static bool
read_next(struct dirnames *d, struct dirname *out)
{
	struct dirent *e;

	while (d->nread < d->nmore) {
		out->name = d->more[d->nread++];
		out->type = DT_DIR;
		if (is_wanted(d, out->name))
			return true;
	}
	while (!d->ended) {
		errno = 0;
		e = readdir(d->dir);
		if (e == NULL) {
			d->ended = true;
			d->err = errno;
		} else if (is_wanted(d, e->d_name) &&
			   !is_hidden(d, e->d_name)) {
			out->name = e->d_name;
			out->type = e->d_type;
			return true;
		}
	}
	return false;
}

/* ---------------------------------------------------------- collecting */

/* A name's next bytes as a number: most comparisons need no more. */
static uint64_t
name_key(const char *name)
{
	uint64_t key = 0;
	int i;

	for (i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*name;
		if (*name != '\0')
			name++;
	}
	return key;
}

/* Newest or largest first, as ls(1) does. */
static uint64_t
item_key(const struct dirnames *d, const char *name, enum dir_order order)
{
	struct stat st;

	if (order == ORDER_NAME)
		return 0; /* set_name_keys() */
	if (fstatat(dirfd(d->dir), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return UINT64_MAX;
	if (order == ORDER_SIZE)
		return UINT64_MAX - (uint64_t)st.st_size;
	return (uint64_t)INT64_MAX - (uint64_t)st.st_mtime;
}

static void
add(struct dirnames *d, const struct dirname *name, enum dir_order order)
{
	size_t n = strlen(name->name) + 1;

	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 64 : d->cap * 2;
		d->v = xrealloc(d->v, d->cap * sizeof(d->v[0]));
	}
	while (d->len + n > d->size) {
		d->size = d->size == 0 ? 1024 : d->size * 2;
		d->arena = xrealloc(d->arena, d->size);
	}
	memcpy(d->arena + d->len, name->name, n);
	d->v[d->n].key = item_key(d, name->name, order);
	d->v[d->n].at = d->len;
	d->v[d->n].type = name->type;
	d->n++;
	d->len += n;
}

/* The bytes with which all names begin: they decide nothing. */
static size_t
common_prefix(const struct dirnames *d)
{
	const char *first = d->arena + d->v[0].at, *name;
	size_t i, len = strlen(first), n;

	for (i = 1; i < d->n && len > 0; i++) {
		name = d->arena + d->v[i].at;
		for (n = 0; n < len && name[n] == first[n]; n++)
			;
		len = n;
	}
	return len;
}

static void
set_name_keys(struct dirnames *d)
{
	size_t i, prefix = common_prefix(d);

	for (i = 0; i < d->n; i++)
		d->v[i].key = name_key(d->arena + d->v[i].at + prefix);
}

static int
compare(const void *pa, const void *pb, void *arena)
{
	const struct item *a = pa, *b = pb;
	const char *names = arena;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(names + a->at, names + b->at);
}

static void
collect(struct dirnames *d, const struct dirnames_how *how)
{
	struct dirname name;

	while (d->n <= how->sort_max && read_next(d, &name))
		add(d, &name, how->order);
	if (!d->ended || d->n == 0)
		return;
	if (how->order == ORDER_NAME)
		set_name_keys(d);
	qsort_r(d->v, d->n, sizeof(d->v[0]), compare, d->arena);
	d->reverse = how->reverse;
}

/* -------------------------------------------------------------- public */

struct dirnames *
dirnames_new(int fd, const struct dirnames_how *how)
{
	struct dirnames *d;
	DIR *dir;
	int err;

	dir = fdopendir(fd);
	if (dir == NULL) {
		err = errno;
		close(fd);
		errno = err;
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->dir = dir;
	d->dots = how->dots;
	d->temporary = how->temporary;
	d->arg = how->arg;
	d->specials = how->specials ? 2 : 0;
	if (how->nmore > 0) {
		d->more = xcalloc(how->nmore, sizeof(*d->more));
		memcpy(d->more, how->more, how->nmore * sizeof(*d->more));
		d->nmore = how->nmore;
	}
	if (how->pattern != NULL)
		d->glob = glob_new(how->pattern);
	if (how->order != ORDER_NONE)
		collect(d, how);
	return d;
}

void
dirnames_free(struct dirnames *d)
{
	if (d == NULL)
		return;
	closedir(d->dir);
	glob_free(d->glob);
	free(d->v);
	free(d->arena);
	free(d->more);
	free(d);
}

bool
dirnames_next(struct dirnames *d, struct dirname *out, int *err_r)
{
	const struct item *it;

	if (d->specials > 0) {
		out->name = d->specials-- == 2 ? "." : "..";
		out->type = DT_DIR;
		return true;
	}
	if (d->pos < d->n) {
		it = &d->v[d->reverse ? d->n - 1 - d->pos : d->pos];
		d->pos++;
		out->name = d->arena + it->at;
		out->type = it->type;
		return true;
	}
	if (read_next(d, out))
		return true;
	*err_r = d->err;
	return false;
}

int
dirnames_fd(const struct dirnames *d)
{
	return dirfd(d->dir);
}
