/* SPDX-License-Identifier: ISC */
/*
 * Downloads: FS_OPEN, and the reading of files that a worker cannot read
 * without waiting (FS_KEEP, FS_READ, FS_WARM, FS_CLOSE).
 *
 * Such files are on slow or remote file systems, or not in the page cache. A
 * thread here may wait for them. The bytes go in messages: of a pipe between
 * the processes, whoever splices into it from a file that hangs holds the lock,
 * and the worker could not even close it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/agent/access.h"
#include "server/agent/ops.h"
#include "server/agent/resolve.h"

/* ------------------------------------------------------------------ open */

/* Asked once for the files of one file system in a row. */
static enum file_access
access_of(struct agent_session *s, int fd, dev_t dev)
{
	if (!s->dev_known || s->dev != dev) {
		s->access = access_to_read(fd);
		s->dev = dev;
		s->dev_known = true;
	}
	return s->access;
}

static void
keep(struct agent_session *s, int *fd)
{
	(void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	s->file = *fd;
	*fd = -1;
}

enum fs_status
agent_open(struct agent_session *s, struct agent_req *r)
{
	enum file_access access;
	struct stat st;

	r->fd = resolve_regular(s, r->path, O_RDONLY, &st);
	if (r->fd == -1 && errno == EISDIR)
		return FS_NOT_REGULAR;
	if (r->fd == -1)
		return req_errno(r);
	access = access_of(s, r->fd, st.st_dev);
	put_u64(&r->out, (uint64_t)st.st_size);
	put_i64(&r->out, st.st_mtime);
	put_u8(&r->out, (uint8_t)access);
	if (access == FILE_KEPT)
		keep(s, &r->fd);
	return FS_OK;
}

/* ------------------------------------------------------------------ read */

enum fs_status
agent_keep(struct agent_session *s, struct agent_req *r)
{
	struct stat st;

	if (*r->given == -1) { /* we had no room for it */
		r->err = EMFILE;
		return FS_IO;
	}
	if (fstat(*r->given, &st) == -1 || !S_ISREG(st.st_mode))
		return REQ_MALFORMED;
	keep(s, r->given);
	return FS_OK;
}

enum fs_status
agent_read(struct agent_session *s, struct agent_req *r)
{
	uint64_t offset = r->num[0], len = r->num[1];
	ssize_t n;

	if (offset > INT64_MAX || len == 0)
		return REQ_MALFORMED;
	n = pread(s->file, r->text, MIN(len, AGENT_TEXT_MAX), (off_t)offset);
	if (n == -1)
		return req_errno(r);
	put_bytes(&r->out, r->text, (size_t)n);
	return FS_OK;
}

/* What is behind is begun: it will be asked for when these have been sent. */
enum fs_status
agent_warm(struct agent_session *s, struct agent_req *r)
{
	uint64_t at = r->num[0], len = r->num[1], end = at + len;
	ssize_t n = 1;

	if (at > INT64_MAX - FS_WARM_MAX || len == 0 || len > FS_WARM_MAX)
		return REQ_MALFORMED;
	for (; at < end && n > 0; at += (uint64_t)n) {
		n = pread(
		    s->file, r->text, MIN(end - at, AGENT_TEXT_MAX), (off_t)at);
		if (n == -1)
			return req_errno(r);
	}
	(void)posix_fadvise(
	    s->file, (off_t)end, (off_t)len, POSIX_FADV_WILLNEED);
	return FS_OK;
}

/* What closes the file is that this is no FS_READ. */
enum fs_status
agent_close(struct agent_session *s, struct agent_req *r)
{
	(void)s;
	(void)r;
	return FS_OK;
}
