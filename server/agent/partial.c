/* SPDX-License-Identifier: ISC */
/*
 * The names of files that are not whole yet, and the interrupted uploads that
 * wait under such names to be resumed.
 *
 * Nothing purges old ones by age: they go when their upload succeeds, when the
 * client deletes the name they wait for, or with their directory.
 */
#include "server/agent/partial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "common/str.h"

#define TMP_END ".part"
#define RANDOM_HEX 8
#define KEY_HEX 16

/* out = "." NAME "." middle ".part", NAME cut between characters of UTF-8. */
static void
tmp_name(char *out, const char *name, const char *middle)
{
	size_t room = NAME_MAX - strlen(middle) - strlen(".." TMP_END);
	size_t n = strlen(name);

	if (n > room) {
		n = room;
		while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
	}
	snprintf(out, TMP_NAME_SIZE, ".%.*s.%s" TMP_END, (int)n, name, middle);
}

void
tmp_name_random(char *out, const char *name)
{
	char middle[RANDOM_HEX + 1];

	snprintf(middle, sizeof(middle), "%08x", (unsigned)arc4random());
	tmp_name(out, name, middle);
}

void
tmp_name_stou(char *out, const char *name)
{
	tmp_name(out, name, "stou");
}

void
tmp_name_partial(char *out, const char *name, const struct agent_session *s,
    const char *path)
{
	char middle[KEY_HEX + 1];
	uint64_t h;

	/* The key must be the same in the next session, not secret. */
	h = str_hash(str_hash(STR_HASH_START, s->user), path);
	snprintf(middle, sizeof(middle), "%016llx", (unsigned long long)h);
	tmp_name(out, name, middle);
}

bool
tmp_name_is(const char *name)
{
	size_t len, end = strlen(TMP_END), n;
	const char *mid;

	if (name[0] != '.')
		return false;
	len = strlen(name);
	if (len <= end || memcmp(name + len - end, TMP_END, end) != 0)
		return false;
	len -= end;
	mid = memrchr(name, '.', len);
	if (mid == NULL || mid - name < 2) /* "." NAME before it */
		return false;
	mid++;
	n = (size_t)(name + len - mid);
	if (n == 4 && memcmp(mid, "stou", 4) == 0)
		return true;
	return (n == RANDOM_HEX || n == KEY_HEX) &&
	       strspn(mid, "0123456789abcdef") >= n;
}

bool
name_is_creatable(const char *path)
{
	return vpath_is_creatable(path) && !tmp_name_is(vpath_base(path));
}

int
partial_lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	/* Some network file systems have no locks. */
	return errno == ENOLCK || errno == EOPNOTSUPP ? 0 : -1;
}

bool
partial_is_named(int dir, const char *name, const struct stat *st)
{
	struct stat named;

	return fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == st->st_dev && named.st_ino == st->st_ino;
}

bool
partial_is_same(int dir, const char *name, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && partial_is_named(dir, name, &st);
}

/* A file that we made: in a shared directory others may use such names. */
static bool
is_ours(
    const struct agent_session *s, int dir, const char *name, struct stat *st)
{
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st->st_mode) && st->st_uid == s->ident->uid &&
	       st->st_nlink == 1;
}

static bool
is_newer(const struct stat *a, const struct stat *b)
{
	/* ctime, as clients set the mtime of what they have uploaded. */
	if (a->st_ctim.tv_sec != b->st_ctim.tv_sec)
		return a->st_ctim.tv_sec > b->st_ctim.tv_sec;
	return a->st_ctim.tv_nsec >= b->st_ctim.tv_nsec;
}

bool
partial_find(const struct agent_session *s, const char *path,
    const struct target *t, char *name_r, struct stat *st_r)
{
	struct stat st;

	if (!s->conf->upload_resume ||
	    s->conf->upload_mode != CONF_UPLOAD_ATOMIC)
		return false;
	tmp_name_partial(name_r, t->name, s, path);
	if (!is_ours(s, t->dir, name_r, &st))
		return false;
	if (t->exists && !is_newer(&st, &t->st))
		return false;
	*st_r = st;
	return true;
}

bool
partial_stat(const struct agent_session *s, const char *path, struct stat *st)
{
	char name[TMP_NAME_SIZE];
	struct target t;
	bool found;

	if (!s->conf->upload_resume || target_open(s, path, &t) == -1)
		return false;
	found = partial_find(s, path, &t, name, st);
	target_clear(&t);
	return found;
}

/*
 * Removes a temporary file of ours that nobody is writing: 1 if it is removed,
 * 0 if there is none to remove, -1 if it cannot be done.
 */
static int
remove_leftover(const struct agent_session *s, int dir, const char *name)
{
	struct stat st;
	int fd, res = 0;

	if (!is_ours(s, dir, name, &st))
		return 0;
	fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (partial_lock(fd) == 0)
		res = unlinkat(dir, name, 0) == 0 ? 1 : -1;
	fd_close(&fd);
	return res;
}

int
partial_remove(
    const struct agent_session *s, int dir, const char *name, const char *path)
{
	char tmp[TMP_NAME_SIZE];

	tmp_name_partial(tmp, name, s, path);
	return remove_leftover(s, dir, tmp);
}

bool
partial_expire(const struct agent_session *s, int dir, const char *name)
{
	time_t keep = (time_t)s->conf->resume_keep;
	struct stat st;

	return keep > 0 && is_ours(s, dir, name, &st) &&
	       st.st_mtime < time(NULL) - keep &&
	       remove_leftover(s, dir, name) == 1;
}

bool
partial_clear_dir(const struct agent_session *s, int dir)
{
	struct dirent *e;
	bool empty = true;
	DIR *d;
	int fd;

	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		fd_close(&fd);
		return false;
	}
	while (empty && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		empty = tmp_name_is(e->d_name);
	}
	rewinddir(d);
	while (empty && (e = readdir(d)) != NULL) {
		if (tmp_name_is(e->d_name))
			empty = remove_leftover(s, dir, e->d_name) == 1;
	}
	closedir(d);
	return empty;
}
