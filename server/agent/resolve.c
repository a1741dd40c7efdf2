/* SPDX-License-Identifier: ISC */
/*
 * From virtual paths to descriptors, never outside the session's root.
 *
 * A mount is a root of its own: what is below its path is resolved there, and
 * links in it stay inside it.
 *
 * The kernel does the resolving, in one step that cannot be raced: openat2(2)
 * with RESOLVE_IN_ROOT treats the session's root as "/", also for absolute
 * links and for "..", and RESOLVE_NO_MAGICLINKS refuses the links of /proc.
 * What creates, removes or renames works on (directory, last component)
 * instead, the directory resolved in the same way.
 */
#include "server/agent/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/places.h"

/* The kernel gives up with EAGAIN when a rename disturbs it: try again. */
#define RESOLVE_TRIES 64
#define RESOLVE_LINKS 40 /* as many as the kernel follows */

/* A virtual path as one below the root or the mount that holds it. */
struct located {
	int root;
	uint64_t resolve; /* how, as openat2(2) wants it */
	const char *path;
};

static int
locate(const struct agent_session *s, const char *path, struct located *l)
{
	struct place *mount = places_mount(s, path);
	bool no_links = mount != NULL ? mount->no_links : s->no_links;

	l->root = mount != NULL ? place_open(s, mount) : s->root;
	l->path = mount != NULL ? path + mount->len : path;
	if (l->path[0] == '\0')
		l->path = "/";
	l->resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
		     (no_links ? RESOLVE_NO_SYMLINKS : 0);
	return l->root == -1 ? -1 : 0;
}

static int
open_located(const struct located *l, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = l->resolve,
	};
	int fd, i;

	for (i = 0; i < RESOLVE_TRIES; i++) {
		fd =
		    (int)syscall(SYS_openat2, l->root, path, &how, sizeof(how));
		if (fd != -1 || (errno != EAGAIN && errno != EINTR))
			return fd;
	}
	return -1;
}

int
resolve_open(const struct agent_session *s, const char *path, int flags)
{
	struct located l;

	return locate(s, path, &l) == -1 ? -1 : open_located(&l, l.path, flags);
}

static int
check_regular(int fd, struct stat *st)
{
	if (fstat(fd, st) == -1)
		return -1;
	if (S_ISREG(st->st_mode))
		return 0;
	errno = S_ISDIR(st->st_mode) ? EISDIR : ENXIO;
	return -1;
}

/* Closes fd and keeps errno; returns -1. */
static int
close_fail(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
	return -1;
}

/*
 * Opening a device can have effects of its own (tapes rewind, watchdogs
 * start), so the object is looked at through O_PATH, which opens nothing, and
 * only then opened. Someone may exchange it in between: therefore O_NONBLOCK,
 * which keeps a FIFO from hanging us, and the second look, after which nothing
 * but a regular file is left. The way through /proc/self/fd would save the
 * second look but needs a /proc, which a container may not have.
 */
int
resolve_regular(
    const struct agent_session *s, const char *path, int flags, struct stat *st)
{
	int fd;

	fd = resolve_open(s, path, O_PATH);
	if (fd == -1)
		return -1;
	if (check_regular(fd, st) == -1)
		return close_fail(fd);
	close(fd);
	fd = resolve_open(s, path, flags | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	if (check_regular(fd, st) == -1)
		return close_fail(fd);
	return fd;
}

/*
 * path is absolute; it may contain ".." when it was made from a link's text,
 * which the kernel then resolves as it does for links.
 */
static int
open_parent(const struct located *l, const char *path, char *name)
{
	char dir[PATH_MAX];
	const char *base = strrchr(path, '/') + 1;
	size_t len = strlen(base);

	if (len == 0 || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
		errno = strcmp(path, "/") == 0 ? EPERM : EISDIR;
		return -1;
	}
	if (len > NAME_MAX || (size_t)(base - path) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, base, len + 1);
	memcpy(dir, path, (size_t)(base - path));
	dir[base - path] = '\0';
	return open_located(l, dir, O_PATH | O_DIRECTORY);
}

int
resolve_parent(const struct agent_session *s, const char *path, char *name)
{
	struct located l;

	return locate(s, path, &l) == -1 ? -1 : open_parent(&l, l.path, name);
}

/*
 * Replaces path, whose last component is the link `name` in `dir`, by what the
 * link says. Nothing is resolved by text: ".." stays for the kernel.
 */
static int
follow_link(char *path, int dir, const char *name)
{
	char text[PATH_MAX];
	ssize_t n;
	size_t at;

	n = readlinkat(dir, name, text, sizeof(text));
	if (n == -1)
		return -1;
	at = text[0] == '/' ? 0 : (size_t)(strrchr(path, '/') + 1 - path);
	if (n == 0 || at + (size_t)n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path + at, text, (size_t)n);
	path[at + (size_t)n] = '\0';
	return 0;
}

int
target_open(const struct agent_session *s, const char *path, struct target *t)
{
	struct located l;
	char work[PATH_MAX];
	int i;

	_Static_assert(VPATH_MAX <= PATH_MAX, "a virtual path fits");
	memset(t, 0, sizeof(*t));
	t->dir = -1;
	if (locate(s, path, &l) == -1)
		return -1;
	(void)strlcpy(work, l.path, sizeof(work));
	for (i = 0; i < RESOLVE_LINKS; i++) {
		t->dir = open_parent(&l, work, t->name);
		if (t->dir == -1)
			return -1;
		t->exists =
		    fstatat(t->dir, t->name, &t->st, AT_SYMLINK_NOFOLLOW) == 0;
		if (!t->exists && errno == ENOENT)
			return 0;
		if (t->exists && !S_ISLNK(t->st.st_mode))
			return 0;
		if (t->exists && (l.resolve & RESOLVE_NO_SYMLINKS) != 0) {
			errno = ELOOP;
			return t->dir = close_fail(t->dir);
		}
		if (!t->exists || follow_link(work, t->dir, t->name) == -1)
			return t->dir = close_fail(t->dir);
		close(t->dir);
	}
	t->dir = -1;
	errno = ELOOP;
	return -1;
}

void
target_clear(struct target *t)
{
	fd_close(&t->dir);
}

const char *
proc_fd_path(char *out, int fd)
{
	snprintf(out, PROC_FD_MAX, "/proc/self/fd/%d", fd);
	return out;
}
