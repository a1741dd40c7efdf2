/* SPDX-License-Identifier: ISC */
/*
 * The requests that set attributes: chmod, utime, facts (MFF).
 *
 * The object is found with O_PATH, which needs no permission on it and cannot
 * hang or do anything; the calls then act on that very object. Links are
 * followed inside the root, as for every other path.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/ops.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/resolve.h"

#define MODE_BITS 0777 /* never setuid, setgid or sticky */
#define MODE_KEEP UINT32_MAX
#define TIME_KEEP (-1)

struct object {
	int fd; /* O_PATH */
	struct stat st;
};

/* Only files and directories have attributes that a client may set. */
static enum fs_status
object_open(
    const struct agent_session *s, struct agent_req *r, struct object *o)
{
	enum fs_status status = FS_OK;

	memset(&o->st, 0, sizeof(o->st));
	o->fd = resolve_open(s, r->path, O_PATH);
	if (o->fd == -1)
		return req_errno(r);
	if (fstat(o->fd, &o->st) == -1)
		status = req_errno(r);
	else if (!S_ISREG(o->st.st_mode) && !S_ISDIR(o->st.st_mode))
		status = FS_NOT_REGULAR;
	if (status != FS_OK)
		fd_close(&o->fd);
	return status;
}

/*
 * fchmod(2) takes no O_PATH descriptor and fchmodat2(2) is younger than the
 * kernels we support, so the way is through /proc; without a /proc the object
 * is opened by its path, which works for all that we may read, and compared.
 */
static int
set_mode(const struct agent_session *s, const char *path,
    const struct object *o, mode_t mode)
{
	char proc[PROC_FD_MAX];
	struct stat st;
	int fd, res = -1;

	if (fchmodat(AT_FDCWD, proc_fd_path(proc, o->fd), mode, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	fd = resolve_open(s, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_dev == o->st.st_dev &&
	    st.st_ino == o->st.st_ino)
		res = fchmod(fd, mode);
	else
		errno = EBUSY;
	fd_close(&fd);
	return res;
}

/* Directories keep their setgid and sticky bits, as with chmod(1). */
static mode_t
wanted_mode(const struct object *o, uint64_t mode)
{
	mode_t kept = S_ISDIR(o->st.st_mode) ? o->st.st_mode & 07000 : 0;

	return kept | ((mode_t)mode & MODE_BITS);
}

/* An empty path with AT_EMPTY_PATH came with Linux 5.8. */
static int
set_mtime(const struct object *o, time_t mtime)
{
	struct timespec ts[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = mtime },
	};
	char proc[PROC_FD_MAX];

	if (utimensat(o->fd, "", ts, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	return utimensat(AT_FDCWD, proc_fd_path(proc, o->fd), ts, 0);
}

/* Whoever took the bits of his own root away could not come in again. */
static bool
may_set_mode(const struct agent_session *s, const char *path, uint64_t mode)
{
	return mode <= MODE_BITS && !places_is_root(s, path);
}

enum fs_status
agent_chmod(struct agent_session *s, struct agent_req *r)
{
	enum fs_status status;
	struct object o;

	if (!may_set_mode(s, r->path, r->num[0]))
		return FS_DENIED;
	status = object_open(s, r, &o);
	if (status != FS_OK)
		return status;
	if (set_mode(s, r->path, &o, wanted_mode(&o, r->num[0])) == -1)
		status = req_errno(r);
	fd_close(&o.fd);
	return status;
}

enum fs_status
agent_utime(struct agent_session *s, struct agent_req *r)
{
	enum fs_status status;
	struct object o;

	status = object_open(s, r, &o);
	if (status != FS_OK)
		return status;
	if (set_mtime(&o, (time_t)(int64_t)r->num[0]) == -1 ||
	    fstat(o.fd, &o.st) == -1)
		status = req_errno(r);
	fd_close(&o.fd);
	put_i64(&r->out, o.st.st_mtime);
	return status;
}

/* Both or none: a mode that was set is set back when the time cannot be. */
static enum fs_status
set_facts(struct agent_session *s, struct agent_req *r, struct object *o)
{
	int64_t mtime = (int64_t)r->num[0];
	bool chmod = r->num[1] != MODE_KEEP;

	if (chmod && set_mode(s, r->path, o, wanted_mode(o, r->num[1])) == -1)
		return req_errno(r);
	if (mtime != TIME_KEEP && set_mtime(o, (time_t)mtime) == -1) {
		r->err = errno;
		if (chmod)
			set_mode(s, r->path, o, o->st.st_mode & 07777);
		return fs_status_of(r->err);
	}
	return FS_OK;
}

enum fs_status
agent_facts(struct agent_session *s, struct agent_req *r)
{
	enum fs_status status;
	struct object o;

	if (r->num[1] != MODE_KEEP && !may_set_mode(s, r->path, r->num[1]))
		return FS_DENIED;
	if ((int64_t)r->num[0] != TIME_KEEP &&
	    !policy_allows(s, "set time", r->path, RIGHT_MTIME))
		return FS_FORBIDDEN;
	if (r->num[1] != MODE_KEEP &&
	    !policy_allows(s, "chmod", r->path, RIGHT_CHMOD))
		return FS_FORBIDDEN;
	status = object_open(s, r, &o);
	if (status != FS_OK)
		return status;
	status = set_facts(s, r, &o);
	if (status == FS_OK && fstat(o.fd, &o.st) == -1)
		status = req_errno(r);
	fd_close(&o.fd);
	put_i64(&r->out, o.st.st_mtime);
	put_u32(&r->out, (uint32_t)o.st.st_mode & 07777);
	return status;
}
