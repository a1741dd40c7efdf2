/* SPDX-License-Identifier: ISC */
/*
 * The requests that make and remove names: mkdir, rmdir, delete, symlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/ops.h"
#include "server/agent/partial.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/quota.h"
#include "server/agent/resolve.h"
#include "server/agent/rmtree.h"

/* The directory something is to be created in: its absence has its own text. */
static enum fs_status
parent_errno(struct agent_req *r)
{
	enum fs_status status = req_errno(r);

	return status == FS_MISSING ? FS_NO_PARENT : status;
}

static enum fs_status
mkdir_one(struct agent_session *s, struct agent_req *r, const char *path)
{
	char name[NAME_MAX + 1];
	enum fs_status status = FS_OK;
	int dir;

	if (!name_is_creatable(path))
		return FS_BAD_NAME;
	dir = resolve_parent(s, path, name);
	if (dir == -1)
		return parent_errno(r);
	if (mkdirat(dir, name, new_dir_mode(s)) == -1)
		status = req_errno(r);
	fd_close(&dir);
	return status;
}

/* Makes what is missing above path; what exists is no error. */
static enum fs_status
mkdir_parents(struct agent_session *s, struct agent_req *r)
{
	char path[VPATH_MAX];
	enum fs_status status;
	char *p;

	(void)strlcpy(path, r->path, sizeof(path));
	for (p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		status =
		    places_is_root(s, path) ? FS_EXISTS : mkdir_one(s, r, path);
		if (status != FS_OK && status != FS_EXISTS)
			return status;
		*p = '/';
	}
	return FS_OK;
}

static bool
is_directory(struct agent_session *s, const char *path)
{
	int fd = resolve_open(s, path, O_PATH | O_DIRECTORY);

	if (fd == -1)
		return false;
	fd_close(&fd);
	return true;
}

/* With parents it is `mkdir -p`: a directory that is there is what was asked.
 */
enum fs_status
agent_mkdir(struct agent_session *s, struct agent_req *r)
{
	bool parents = r->num[0] != 0;
	enum fs_status status = FS_OK;

	if (places_is_root(s, r->path))
		return parents ? FS_OK : FS_EXISTS;
	if (parents)
		status = mkdir_parents(s, r);
	if (status == FS_OK)
		status = mkdir_one(s, r, r->path);
	if (status == FS_EXISTS && parents && is_directory(s, r->path))
		return FS_OK;
	return status;
}

/* Interrupted uploads that the client cannot see do not keep a directory. */
static int
rmdir_with_leftovers(struct agent_session *s, int dir, const char *name)
{
	bool cleared;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleared = fd != -1 && partial_clear_dir(s, fd);
	fd_close(&fd);
	if (!cleared) {
		errno = ENOTEMPTY;
		return -1;
	}
	return unlinkat(dir, name, AT_REMOVEDIR);
}

enum fs_status
agent_rmdir(struct agent_session *s, struct agent_req *r)
{
	char name[NAME_MAX + 1];
	enum fs_status status = FS_OK;
	int dir;

	if (r->num[0] != 0 &&
	    !policy_allows(s, r->op->name, r->path, RIGHT_DELETE))
		return FS_FORBIDDEN;
	dir = resolve_parent(s, r->path, name);
	if (dir == -1)
		return req_errno(r);
	if (r->num[0] != 0)
		status = rmtree(dir, name, &r->err);
	else if (unlinkat(dir, name, AT_REMOVEDIR) == -1 &&
		 ((errno != ENOTEMPTY && errno != EEXIST) ||
		     rmdir_with_leftovers(s, dir, name) == -1))
		status = req_errno(r);
	if (r->num[0] != 0)
		quota_doubt(s);
	fd_close(&dir);
	return status;
}

/*
 * Removes the name, a link itself and never its target; and with it the
 * interrupted upload that answered to the name in FS_STAT.
 */
enum fs_status
agent_delete(struct agent_session *s, struct agent_req *r)
{
	char name[NAME_MAX + 1];
	enum fs_status status = FS_OK;
	struct stat st;
	int dir;

	dir = resolve_parent(s, r->path, name);
	if (dir == -1)
		return req_errno(r);
	/* unlink(2) of a directory is EPERM on some file systems. */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		status = FS_IS_DIR;
	else if (unlinkat(dir, name, 0) == -1)
		status = req_errno(r);
	else
		quota_removed(s, r->path, &st);
	if ((status == FS_OK || status == FS_MISSING) &&
	    partial_remove(s, dir, name, r->path) == 1) {
		quota_doubt(s);
		status = FS_OK;
	}
	fd_close(&dir);
	return status;
}

/*
 * Would a link at path with this text climb above the root as the text reads?
 * Such a link could never be followed where the client means it to lead.
 * (Where it does lead is decided by the kernel on each use, under the root.)
 */
static bool
climbs(const char *path, const char *text)
{
	char dir[VPATH_MAX];
	size_t depth = 0, n;
	const char *p;

	if (text[0] == '/')
		return false;
	vpath_dir(dir, path);
	for (p = dir; *p != '\0'; p++)
		depth += *p == '/' && p[1] != '\0';
	for (p = text; *p != '\0'; p += n + strspn(p + n, "/")) {
		n = strcspn(p, "/");
		if (n == 2 && memcmp(p, "..", 2) == 0) {
			if (depth-- == 0)
				return true;
		} else if (!(n == 1 && p[0] == '.'))
			depth++;
	}
	return false;
}

enum fs_status
agent_symlink(struct agent_session *s, struct agent_req *r)
{
	char name[NAME_MAX + 1];
	enum fs_status status = FS_OK;
	int dir;

	if (places_is_root(s, r->path))
		return FS_EXISTS;
	if (!name_is_creatable(r->path) || r->str[0] == '\0' ||
	    strpbrk(r->str, "\r\n") != NULL)
		return FS_BAD_NAME;
	if (climbs(r->path, r->str))
		return FS_DENIED;
	dir = resolve_parent(s, r->path, name);
	if (dir == -1)
		return parent_errno(r);
	if (symlinkat(r->str, dir, name) == -1)
		status = req_errno(r);
	fd_close(&dir);
	return status;
}
