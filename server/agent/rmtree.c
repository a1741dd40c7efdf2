/* SPDX-License-Identifier: ISC */
/*
 * Removes a directory with everything in it.
 *
 * Every step is an *at() call on a descriptor opened with O_NOFOLLOW, so that
 * renaming directories meanwhile cannot lead the removal elsewhere. One
 * directory is open per level; depth and number of entries are bounded.
 */
#include "server/agent/rmtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/agent/ops.h"

struct walk {
	unsigned depth, entries;
	int err;
};

static enum fs_status remove_dir(struct walk *, int dir, const char *name);

static enum fs_status
fail(struct walk *w)
{
	w->err = errno;
	return fs_status_of(w->err);
}

static enum fs_status
remove_entry(struct walk *w, int dir, const struct dirent *e)
{
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return FS_OK;
	if (w->entries++ >= RMTREE_ENTRIES)
		return FS_TOO_LARGE;
	if (e->d_type != DT_DIR) {
		if (unlinkat(dir, e->d_name, 0) == 0 || errno == ENOENT)
			return FS_OK;
		/* Without d_type this is how a directory shows. */
		if (errno != EISDIR && errno != EPERM)
			return fail(w);
	}
	return remove_dir(w, dir, e->d_name);
}

static enum fs_status
remove_contents(struct walk *w, DIR *d)
{
	enum fs_status status = FS_OK;
	struct dirent *e;

	while (status == FS_OK && (errno = 0, e = readdir(d)) != NULL)
		status = remove_entry(w, dirfd(d), e);
	if (status == FS_OK && errno != 0)
		status = fail(w);
	return status;
}

static enum fs_status
remove_dir(struct walk *w, int dir, const char *name)
{
	enum fs_status status;
	DIR *d;
	int fd;

	if (w->depth >= RMTREE_DEPTH)
		return FS_TOO_LARGE;
	fd = openat(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return fail(w);
	d = fdopendir(fd);
	if (d == NULL) {
		status = fail(w);
		close(fd);
		return status;
	}
	w->depth++;
	status = remove_contents(w, d);
	w->depth--;
	closedir(d);
	if (status == FS_OK && unlinkat(dir, name, AT_REMOVEDIR) == -1)
		status = fail(w);
	return status;
}

enum fs_status
rmtree(int dir, const char *name, int *err_r)
{
	struct walk w = { 0 };
	enum fs_status status;

	status = remove_dir(&w, dir, name);
	/* O_NOFOLLOW | O_DIRECTORY on a link */
	if (status == FS_LOOP && w.err == ELOOP)
		status = FS_NOT_DIR;
	*err_r = w.err;
	return status;
}
