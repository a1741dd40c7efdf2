/* SPDX-License-Identifier: ISC */
/*
 * RNFR and RNTO: rename(2), with the rights that replacing something needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/sockutil.h"
#include "server/agent/ops.h"
#include "server/agent/partial.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/quota.h"
#include "server/agent/resolve.h"

/* One end of a rename: a directory and a name in it, itself never followed. */
struct end {
	int dir;
	char name[NAME_MAX + 1];
	bool exists;
	struct stat st;
};

static int
end_open(const struct agent_session *s, const char *path, struct end *e)
{
	e->dir = resolve_parent(s, path, e->name);
	if (e->dir == -1)
		return -1;
	e->exists = fstatat(e->dir, e->name, &e->st, AT_SYMLINK_NOFOLLOW) == 0;
	if (e->exists || errno == ENOENT)
		return 0;
	fd_close(&e->dir);
	return -1;
}

enum fs_status
agent_rename_from(struct agent_session *s, struct agent_req *r)
{
	struct end from;

	if (end_open(s, r->path, &from) == -1)
		return req_errno(r);
	fd_close(&from.dir);
	return from.exists ? FS_OK : FS_MISSING;
}

/* May what is at the new name be replaced? */
static enum fs_status
may_replace(const struct agent_session *s, const struct agent_req *r,
    const struct end *from, const struct end *to)
{
	if (!to->exists)
		return FS_OK;
	if (from->st.st_dev == to->st.st_dev &&
	    from->st.st_ino == to->st.st_ino)
		return FS_OK; /* onto itself: rename(2) does nothing */
	if (S_ISDIR(to->st.st_mode))
		return FS_EXISTS;
	if (S_ISDIR(from->st.st_mode))
		return FS_NOT_DIR;
	if (!policy_allows(s, "replace by rename", r->path2, RIGHT_OVERWRITE))
		return FS_FORBIDDEN;
	return FS_OK;
}

/*
 * Where nothing may be replaced the kernel makes sure of it, as something may
 * have appeared since we looked; file systems without RENAME_NOREPLACE say
 * EINVAL. (So they do to a directory moved into itself; a plain rename then
 * says it again.)
 */
static int
do_rename(const struct end *from, const struct end *to)
{
	if (to->exists)
		return renameat(from->dir, from->name, to->dir, to->name);
	if (renameat2(from->dir, from->name, to->dir, to->name,
		RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	return renameat(from->dir, from->name, to->dir, to->name);
}

static enum fs_status
rename_ends(struct agent_session *s, struct agent_req *r, struct end *from,
    struct end *to)
{
	enum fs_status status;

	if (!from->exists)
		return FS_MISSING;
	status = may_replace(s, r, from, to);
	if (status != FS_OK)
		return status;
	if (do_rename(from, to) == 0) {
		if (to->exists)
			quota_doubt(s);
		return FS_OK;
	}
	if (errno == EINVAL && S_ISDIR(from->st.st_mode))
		return FS_INSIDE_ITSELF;
	return req_errno(r);
}

enum fs_status
agent_rename(struct agent_session *s, struct agent_req *r)
{
	struct end from, to;
	enum fs_status status;

	if (places_is_root(s, r->path2))
		return FS_EXISTS;
	if (!policy_allows(
		s, "rename to", r->path2, RIGHT_RENAME | RIGHT_WRITE))
		return FS_FORBIDDEN;
	if (!name_is_creatable(r->path2))
		return FS_BAD_NAME;
	if (end_open(s, r->path, &from) == -1)
		return req_errno(r);
	if (end_open(s, r->path2, &to) == -1) {
		status = req_errno(r);
		fd_close(&from.dir);
		return status == FS_MISSING ? FS_NO_PARENT : status;
	}
	status = rename_ends(s, r, &from, &to);
	fd_close(&from.dir);
	fd_close(&to.dir);
	return status;
}
