/* SPDX-License-Identifier: ISC */
/*
 * Uploads: the three requests and the one upload a session can have.
 */
#include "server/agent/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/access.h"
#include "server/agent/quota.h"

/* The worker still has its descriptor, which would keep the lock alive. */
void
upload_clear(struct upload *up)
{
	if (up->fd != -1)
		flock(up->fd, LOCK_UN);
	fd_close(&up->fd);
	target_clear(&up->t);
}

static void
upload_free(struct agent_session *s)
{
	quota_settle(s, s->upload);
	upload_clear(s->upload);
	free(s->upload);
	s->upload = NULL;
}

void
upload_end(struct agent_session *s, bool keep)
{
	if (s->upload == NULL)
		return;
	upload_abandon(s, s->upload, keep);
	upload_free(s);
}

void
upload_forget(struct agent_session *s)
{
	if (s->plan != NULL)
		upload_clear(s->plan);
	free(s->plan);
	s->plan = NULL;
}

/* What the request before this one has checked, if it was the same upload. */
static struct upload *
take_plan(struct agent_session *s, const struct agent_req *r)
{
	struct upload *up = s->plan;

	if (up != NULL && up->mode == r->num[0] && up->at == r->num[2] &&
	    strcmp(up->asked, r->path) == 0) {
		s->plan = NULL;
		return up;
	}
	upload_forget(s);
	return NULL;
}

static struct upload *
make_plan(
    struct agent_session *s, struct agent_req *r, enum fs_status *status_r)
{
	struct upload *up = xcalloc(1, sizeof(*up));

	up->fd = up->t.dir = -1;
	up->mode = (enum store_mode)r->num[0];
	up->at = r->num[2];
	(void)strlcpy(up->asked, r->path, sizeof(up->asked));
	*status_r = upload_plan(s, r, up);
	return up;
}

/*
 * num: mode, check_only, offset. A check does everything but create, so the
 * worker can refuse before it asks the client for the data. The upload itself
 * then mostly follows, and goes on from what the check has found.
 */
enum fs_status
agent_store(struct agent_session *s, struct agent_req *r)
{
	bool check_only = r->num[1] != 0;
	enum fs_status status = FS_OK;
	struct upload *up;

	if (r->num[0] > STORE_UNIQUE)
		return REQ_MALFORMED;
	up = take_plan(s, r);
	if (up == NULL)
		up = make_plan(s, r, &status);
	if (status == FS_OK && !check_only)
		status = upload_begin(s, r, up);
	if (status != FS_OK) {
		upload_clear(up);
		free(up);
		return status;
	}
	put_str(&r->out, up->path);
	if (check_only) {
		s->plan = up;
		return FS_OK;
	}
	up->access = access_to_write(up->fd);
	quota_begin(s, up);
	put_u64(&r->out, up->offset);
	put_u64(&r->out, up->limit);
	put_u8(&r->out, (uint8_t)up->access);
	if (up->access != FILE_KEPT)
		r->fd = up->fd;
	r->fd_stays = true;
	s->upload = up;
	return FS_OK;
}

/* A commit ends the upload, also when it fails; what came can be resumed. */
enum fs_status
agent_commit(struct agent_session *s, struct agent_req *r)
{
	enum fs_status status;

	status = quota_commit(s, s->upload, r->num[0]);
	if (status == FS_QUOTA) { /* R19.2: nothing of it stays */
		upload_end(s, false);
		return status;
	}
	if (s->upload->err != 0) {
		errno = s->upload->err;
		status = req_errno(r);
	} else
		status = upload_commit(s, r, s->upload, r->num[0]);
	if (status == FS_OK) {
		quota_committed(s, s->upload, r->num[0]);
		upload_free(s);
	} else
		upload_end(s, true);
	return status;
}

/* The worker has written all that it was lent. */
enum fs_status
agent_grow(struct agent_session *s, struct agent_req *r)
{
	enum fs_status status;

	if (!s->upload->is_counted || s->quota == 0)
		return REQ_MALFORMED;
	status = quota_lend(s, s->upload);
	if (status == FS_OK)
		put_u64(&r->out, s->upload->limit);
	return status;
}

enum fs_status
agent_abandon(struct agent_session *s, struct agent_req *r)
{
	upload_end(s, r->num[0] != 0);
	return FS_OK;
}

/* ---------------------------------------------------------------- bytes */

#define COPY_CHUNK (64 * 1024)

static int
write_all(int fd, const char *p, size_t n, uint64_t at)
{
	ssize_t w;

	while (n > 0) {
		w = pwrite(fd, p, n, (off_t)at);
		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return -1;
		p += w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return 0;
}

/* num: offset. What the worker cannot write without waiting. */
enum fs_status
agent_write(struct agent_session *s, struct agent_req *r)
{
	struct upload *up = s->upload;

	if (up->access != FILE_KEPT || r->nbytes == 0 ||
	    r->nbytes > FS_WRITE_MAX || r->num[0] > INT64_MAX - FS_WRITE_MAX)
		return REQ_MALFORMED;
	if (r->num[0] + r->nbytes > up->limit)
		errno = EDQUOT;
	else if (write_all(up->fd, r->bytes, r->nbytes, r->num[0]) == 0)
		return FS_OK;
	up->err = errno;
	return req_errno(r);
}

static int
copy_by_hand(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n)
{
	char *buf = xmalloc(COPY_CHUNK);
	ssize_t got = 0;
	int res = 0;

	while (n > 0 && res == 0) {
		got = pread(
		    from, buf, n < COPY_CHUNK ? n : COPY_CHUNK, (off_t)from_at);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == 0)
			errno = ENODATA;
		if (got <= 0)
			break;
		res = write_all(to, buf, (size_t)got, to_at);
		from_at += (uint64_t)got;
		to_at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	free(buf);
	return n == 0 && res == 0 ? 0 : -1;
}

/* Can another way of copying help after this error of copy_file_range(2)? */
static bool
is_unsupported(int err)
{
	return err == EXDEV || err == EINVAL || err == ENOSYS ||
	       err == EOPNOTSUPP || err == EPERM || err == ETXTBSY;
}

/* Copies n bytes that are data, not a hole. */
static int
copy_data(int from, off_t in, int to, off_t out, uint64_t n)
{
	ssize_t got;

	while (n > 0) {
		got = copy_file_range(
		    from, &in, to, &out, n < (1u << 30) ? n : (1u << 30), 0);
		if (got == -1 && errno == EINTR)
			continue;
		/* 0 at once is what some virtual file systems say. */
		if ((got == -1 && is_unsupported(errno)) || got == 0)
			return copy_by_hand(
			    from, (uint64_t)in, to, (uint64_t)out, n);
		if (got == -1)
			return -1;
		n -= (uint64_t)got;
	}
	return 0;
}

/* The next place after at where whence (SEEK_DATA, SEEK_HOLE) begins; end if
 * there is none, or the file system does not know. */
static off_t
next_place(int fd, off_t at, int whence, off_t end)
{
	off_t place = lseek(fd, at, whence);

	if (place == -1 && errno != ENXIO && whence == SEEK_DATA)
		return at;
	return place == -1 || place > end ? end : place;
}

/* Holes are skipped, so that a sparse file costs what is in it. */
int
copy_range(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n)
{
	off_t in = (off_t)from_at, end = in + (off_t)n, data, hole;
	off_t shift = (off_t)to_at - in;
	struct stat st;

	while (in < end) {
		data = next_place(from, in, SEEK_DATA, end);
		hole = next_place(from, data, SEEK_HOLE, end);
		if (data < end && copy_data(from, data, to, data + shift,
				      (uint64_t)(hole - data)) == -1)
			return -1;
		in = data < end ? hole : end;
	}
	/* What is behind the end of a file looks like a hole, but is not. */
	if (fstat(from, &st) == -1)
		return -1;
	if (st.st_size < end) {
		errno = ENODATA;
		return -1;
	}
	/* A hole at the end leaves nothing behind but the length. */
	return n == 0 ? 0 : ftruncate(to, end + shift);
}
