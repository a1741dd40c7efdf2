/* SPDX-License-Identifier: ISC */
/*
 * Counts what is under a directory, links not followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/agent/quota.h"

#define DEPTH_MAX 128 /* what is deeper does not count */

struct count {
	int64_t bytes, files;
	unsigned depth;
};

static int count_dir(struct count *, int dir, const char *name);

static int
count_entry(struct count *c, int dir, const struct dirent *e)
{
	struct stat st;

	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (e->d_type == DT_DIR)
		return count_dir(c, dir, e->d_name);
	if (e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(st.st_mode))
		return count_dir(c, dir, e->d_name);
	if (S_ISREG(st.st_mode)) {
		c->bytes += st.st_size;
		c->files++;
	}
	return 0;
}

/* What may not be looked into is not the account's. */
static int
count_dir(struct count *c, int dir, const char *name)
{
	struct dirent *e;
	int fd, res = 0;
	DIR *d;

	if (c->depth == DEPTH_MAX)
		return 0;
	fd = openat(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return -1;
	}
	c->depth++;
	while (res == 0 && (errno = 0, e = readdir(d)) != NULL)
		res = count_entry(c, fd, e);
	if (res == 0 && errno != 0)
		res = -1;
	c->depth--;
	closedir(d);
	return res;
}

int
quota_scan(int root, int64_t *bytes_r, int64_t *files_r)
{
	struct count c = { 0 };

	if (count_dir(&c, root, ".") == -1)
		return -1;
	*bytes_r = c.bytes;
	*files_r = c.files;
	return 0;
}
