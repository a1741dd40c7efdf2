/* SPDX-License-Identifier: ISC */
/*
 * The requests that only look: stat, chdir, space; and the umask.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/ops.h"
#include "server/agent/quota.h"
#include "server/agent/resolve.h"
#include "server/agent/partial.h"
#include "server/usage.h"

/* Follows links. */
static int
stat_path(const struct agent_session *s, const char *path, struct stat *st)
{
	int fd, res;

	fd = resolve_open(s, path, O_PATH);
	if (fd == -1)
		return -1;
	res = fstat(fd, st);
	fd_close(&fd);
	return res;
}

/*
 * An interrupted upload is not visible as a file, but clients ask for its size
 * to resume it (R7.4): they get that of the partial file.
 */
enum fs_status
agent_stat(struct agent_session *s, struct agent_req *r)
{
	struct stat st;
	bool exists, is_partial = false;

	exists = stat_path(s, r->path, &st) == 0;
	if (!exists && errno != ENOENT)
		return req_errno(r);
	if (!exists || S_ISREG(st.st_mode))
		is_partial = partial_stat(s, r->path, &st);
	if (!exists && !is_partial)
		return FS_MISSING;
	put_u32(&r->out, (uint32_t)st.st_mode);
	put_u64(&r->out, (uint64_t)st.st_size);
	put_i64(&r->out, st.st_mtime);
	put_u8(&r->out, is_partial);
	return FS_OK;
}

enum fs_status
agent_chdir(struct agent_session *s, struct agent_req *r)
{
	int fd, res;

	fd = resolve_open(s, r->path, O_PATH | O_DIRECTORY);
	if (fd == -1)
		return req_errno(r);
	/* A directory that may not be searched is no place to be in. */
	res = faccessat(fd, ".", X_OK, 0);
	if (res == -1)
		r->err = errno;
	fd_close(&fd);
	return res == 0 ? FS_OK : fs_status_of(r->err);
}

enum fs_status
agent_space(struct agent_session *s, struct agent_req *r)
{
	uint64_t left;
	struct statvfs vfs;
	int fd, res;

	fd = resolve_open(s, r->path, O_PATH | O_DIRECTORY);
	if (fd == -1)
		return req_errno(r);
	res = fstatvfs(fd, &vfs);
	if (res == -1)
		r->err = errno;
	fd_close(&fd);
	if (res == -1)
		return fs_status_of(r->err);
	left = quota_left(s, r->path);
	put_u64(&r->out, MIN(left, (uint64_t)vfs.f_bavail * vfs.f_frsize));
	return FS_OK;
}

enum fs_status
agent_usage(struct agent_session *s, struct agent_req *r)
{
	int64_t bytes, files;

	if (s->usage == NULL)
		return REQ_MALFORMED;
	if (quota_left(s, "/") == 0 &&
	    atomic_load(&s->usage->state) != USAGE_KNOWN)
		return FS_BUSY;
	bytes = atomic_load(&s->usage->bytes);
	files = atomic_load(&s->usage->files);
	put_u64(&r->out, bytes > 0 ? (uint64_t)bytes : 0);
	put_u64(&r->out, s->quota);
	put_u64(&r->out, files > 0 ? (uint64_t)files : 0);
	put_u64(&r->out, s->quota_files);
	return FS_OK;
}

enum fs_status
agent_umask(struct agent_session *s, struct agent_req *r)
{
	if (r->num[0] > 0777)
		return REQ_MALFORMED;
	s->umask = (uint32_t)r->num[0];
	return FS_OK;
}
