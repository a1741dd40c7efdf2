/* SPDX-License-Identifier: ISC */
/*
 * What an upload will be, and whether it may: decided before anything exists.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/quota.h"
#include "server/agent/upload.h"

#define UNIQUE_TRIES 1000

static bool
is_atomic(const struct agent_session *s)
{
	return s->conf->upload_mode == CONF_UPLOAD_ATOMIC;
}

/* In a sticky directory only its owner and the file's may replace the file. */
static bool
sticky_forbids(const struct agent_session *s, const struct target *t)
{
	struct stat dir;

	return t->exists && t->st.st_uid != s->ident->uid &&
	       fstat(t->dir, &dir) == 0 && (dir.st_mode & S_ISVTX) != 0 &&
	       dir.st_uid != s->ident->uid;
}

/*
 * The file system's view. A file that is write-protected stays so, although a
 * rename over it would only need the directory. Whether there can be a new file
 * in the directory need not be asked by who is about to make one.
 */
static enum fs_status
check_access(
    const struct agent_session *s, struct agent_req *r, const struct target *t)
{
	if (r->num[1] != 0 && (is_atomic(s) || !t->exists) &&
	    faccessat(t->dir, ".", W_OK | X_OK, 0) == -1)
		return req_errno(r);
	if (t->exists && faccessat(t->dir, t->name, W_OK, 0) == -1)
		return req_errno(r);
	if (is_atomic(s) && sticky_forbids(s, t))
		return FS_DENIED;
	return FS_OK;
}

/* Full already: a check says so before the client sends anything. */
static enum fs_status
check_space(const struct target *t)
{
	struct statvfs vfs;

	if (fstatvfs(t->dir, &vfs) == -1 || vfs.f_blocks == 0)
		return FS_OK;
	return vfs.f_bavail == 0 ? FS_NO_SPACE : FS_OK;
}

static enum fs_status
check_rights(const struct agent_session *s, const char *path, uint32_t all)
{
	uint32_t bit;

	for (bit = 1; bit != 0 && bit <= all; bit <<= 1) {
		if ((all & bit) != 0 && !policy_allows(s, "store", path, bit))
			return FS_FORBIDDEN;
	}
	return FS_OK;
}

/* From the start of the file. */
static enum fs_status
plan_fresh(const struct agent_session *s, struct upload *up)
{
	up->kind = UP_FRESH;
	return check_rights(
	    s, up->path, up->t.exists ? RIGHT_OVERWRITE : RIGHT_WRITE);
}

/* At `offset` of what the interrupted upload or the target has. */
static enum fs_status
plan_resume(const struct agent_session *s, struct upload *up, uint64_t offset)
{
	uint64_t size = up->t.exists ? (uint64_t)up->t.st.st_size : 0;
	uint32_t rights = RIGHT_APPEND;
	struct stat part;

	up->offset = offset;
	if (partial_find(s, up->path, &up->t, up->tmp, &part) &&
	    (uint64_t)part.st_size >= offset) {
		up->kind = UP_PARTIAL;
		up->had = (uint64_t)part.st_size;
		rights |= up->t.exists ? RIGHT_OVERWRITE : 0;
	} else if (size >= offset) {
		up->kind = UP_PREFIX;
		up->prefix = offset;
		rights |= size > offset ? RIGHT_OVERWRITE : 0;
	} else
		return FS_BAD_OFFSET;
	return check_rights(s, up->path, rights);
}

/* At the end of what is there; a new file needs the right to make one. */
static enum fs_status
plan_append(const struct agent_session *s, struct upload *up)
{
	uint32_t rights = RIGHT_APPEND;
	struct stat part;

	if (partial_find(s, up->path, &up->t, up->tmp, &part)) {
		up->kind = UP_PARTIAL;
		up->offset = up->had = (uint64_t)part.st_size;
		rights |= up->t.exists ? RIGHT_OVERWRITE : 0;
	} else if (up->t.exists) {
		up->kind = UP_TAIL;
	} else {
		up->kind = UP_FRESH;
		rights |= RIGHT_WRITE;
	}
	return check_rights(s, up->path, rights);
}

static enum fs_status
plan_in_place(const struct agent_session *s, enum store_mode mode,
    uint64_t offset, struct upload *up)
{
	uint64_t size = up->t.exists ? (uint64_t)up->t.st.st_size : 0;
	uint32_t rights = 0;

	up->kind = UP_IN_PLACE;
	up->had = size;
	up->offset = mode == STORE_APPEND && offset == 0 ? size : offset;
	if (up->offset > size)
		return FS_BAD_OFFSET;
	if (mode == STORE_APPEND || offset > 0)
		rights |= RIGHT_APPEND;
	if (!up->t.exists)
		rights |= RIGHT_WRITE;
	else if (up->offset < size ||
		 (mode == STORE_REPLACE && up->offset == 0))
		rights |= RIGHT_OVERWRITE;
	return check_rights(s, up->path, rights);
}

static enum fs_status
plan_kind(const struct agent_session *s, enum store_mode mode, uint64_t offset,
    struct upload *up)
{
	if (!is_atomic(s))
		return plan_in_place(s, mode, offset, up);
	if (offset > 0)
		return plan_resume(s, up, offset);
	if (mode == STORE_APPEND)
		return plan_append(s, up);
	return plan_fresh(s, up);
}

static enum fs_status
plan_named(struct agent_session *s, struct agent_req *r, struct upload *up)
{
	enum fs_status status;

	(void)strlcpy(up->path, r->path, sizeof(up->path));
	if (target_open(s, r->path, &up->t) == -1) {
		status = req_errno(r);
		return status == FS_MISSING ? FS_NO_PARENT : status;
	}
	if (up->t.exists && S_ISDIR(up->t.st.st_mode))
		return FS_IS_DIR;
	if (up->t.exists && !S_ISREG(up->t.st.st_mode))
		return FS_NOT_REGULAR;
	return plan_kind(s, (enum store_mode)r->num[0], r->num[2], up);
}

/* "NAME", then "NAME.1" and so on, NAME cut to leave room for the number. */
static void
unique_name(char *out, const char *name, unsigned i)
{
	if (i == 0)
		snprintf(out, NAME_MAX + 1, "%s", name);
	else
		snprintf(out, NAME_MAX + 1, "%.*s.%u", NAME_MAX - 4, name,
		    i % UNIQUE_TRIES);
}

static bool
name_is_taken(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

/*
 * The first name that is neither there nor reserved. That it still is free
 * when the upload begins is made sure of by creating the reservation; if it
 * is not, upload_begin() plans again.
 */
static enum fs_status
plan_unique(struct agent_session *s, struct agent_req *r, struct upload *up)
{
	char hint[NAME_MAX + 1];
	unsigned i;

	up->kind = is_atomic(s) ? UP_UNIQUE : UP_IN_PLACE;
	up->t.dir = resolve_parent(s, r->path, hint);
	if (up->t.dir == -1)
		return req_errno(r) == FS_MISSING ? FS_NO_PARENT
						  : fs_status_of(r->err);
	for (i = 0; i < UNIQUE_TRIES; i++) {
		unique_name(up->t.name, hint, i);
		tmp_name_stou(up->tmp, up->t.name);
		if (!name_is_taken(up->t.dir, up->t.name) &&
		    !name_is_taken(up->t.dir, up->tmp))
			break;
	}
	if (i == UNIQUE_TRIES)
		return FS_EXISTS;
	vpath_dir(up->path, r->path);
	if (vpath_join(up->path, up->path, up->t.name) == -1)
		return FS_NAME_TOO_LONG;
	return check_rights(s, up->path, RIGHT_WRITE);
}

enum fs_status
upload_plan(struct agent_session *s, struct agent_req *r, struct upload *up)
{
	enum fs_status status;

	if (places_is_root(s, r->path))
		return FS_IS_DIR;
	if (!name_is_creatable(r->path))
		return FS_BAD_NAME;
	if (r->num[0] == STORE_UNIQUE)
		status = plan_unique(s, r, up);
	else
		status = plan_named(s, r, up);
	if (status == FS_OK)
		status = check_access(s, r, &up->t);
	if (status == FS_OK && r->num[1] != 0)
		status = check_space(&up->t);
	if (status == FS_OK)
		status = quota_check(s, up);
	return status;
}
