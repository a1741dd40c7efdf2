/* SPDX-License-Identifier: ISC */
/*
 * The start of an upload: opens, and where needed creates, what is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/quota.h"
#include "server/agent/upload.h"

#define WRITE_FLAGS (O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define TMP_TRIES 16

/* A file that did not exist, locked. */
static int
create(const struct agent_session *s, int dir, const char *name)
{
	int fd;

	fd =
	    openat(dir, name, WRITE_FLAGS | O_CREAT | O_EXCL, new_file_mode(s));
	if (fd != -1)
		partial_lock(fd);
	return fd;
}

static int
begin_tmp(struct agent_session *s, struct upload *up)
{
	int i;

	for (i = 0; i < TMP_TRIES; i++) {
		tmp_name_random(up->tmp, up->t.name);
		up->fd = create(s, up->t.dir, up->tmp);
		if (up->fd != -1 || errno != EEXIST)
			break;
	}
	return up->fd == -1 ? -1 : 0;
}

/*
 * An existing file by its name, locked against a second writer (EAGAIN). That
 * one may have been ready just now and moved the file away: then it is busy
 * too.
 */
static int
open_locked(struct upload *up, const char *name)
{
	struct stat st;

	up->fd = openat(up->t.dir, name, WRITE_FLAGS);
	if (up->fd == -1 || fstat(up->fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ENXIO;
		return -1;
	}
	if (partial_lock(up->fd) == -1)
		return -1;
	if (partial_is_same(up->t.dir, name, up->fd) &&
	    (uint64_t)st.st_size >= up->offset)
		return 0;
	errno = EAGAIN;
	return -1;
}

static int
begin_partial(struct agent_session *s, struct upload *up)
{
	/* What comes may differ from what was there behind the offset. */
	if (open_locked(up, up->tmp) == -1)
		return -1;
	return ftruncate(up->fd, (off_t)up->offset);
}

static int
begin_prefix(struct agent_session *s, struct upload *up)
{
	int from, res, err;

	from = openat(up->t.dir, up->t.name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from == -1)
		return -1;
	res = begin_tmp(s, up);
	if (res == 0 && copy_range(from, 0, up->fd, 0, up->prefix) == -1) {
		err = errno;
		(void)unlinkat(up->t.dir, up->tmp, 0);
		errno = err;
		res = -1;
	}
	err = errno;
	close(from);
	errno = err;
	return res;
}

/*
 * The reservation is made, then the name looked at again: another STOU may
 * have turned its own reservation into that name in between.
 */
static int
begin_unique(struct agent_session *s, struct upload *up)
{
	struct stat st;

	up->fd = create(s, up->t.dir, up->tmp);
	if (up->fd == -1)
		return -1;
	if (fstatat(up->t.dir, up->t.name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	(void)unlinkat(up->t.dir, up->tmp, 0);
	errno = EEXIST;
	return -1;
}

static int
begin_in_place(struct agent_session *s, struct upload *up)
{
	if (!up->t.exists) {
		up->fd = create(s, up->t.dir, up->t.name);
		up->created = up->fd != -1;
		return up->created ? 0 : -1;
	}
	if (open_locked(up, up->t.name) == -1)
		return -1;
	return up->offset == 0 ? ftruncate(up->fd, 0) : 0;
}

static int (*const begin[])(struct agent_session *, struct upload *) = {
	[UP_FRESH] = begin_tmp,
	[UP_PARTIAL] = begin_partial,
	[UP_PREFIX] = begin_prefix,
	[UP_TAIL] = begin_tmp,
	[UP_UNIQUE] = begin_unique,
	[UP_IN_PLACE] = begin_in_place,
};

/*
 * Who begins anew has no use for what an older upload has left: were this one
 * broken off before anything of it is kept, a resume would join the two.
 */
static int
forget_older(struct agent_session *s, const struct upload *up)
{
	int removed;

	if (up->kind != UP_FRESH && up->kind != UP_PREFIX)
		return 0;
	removed = partial_remove(s, up->t.dir, up->t.name, up->path);
	if (removed == 1)
		quota_doubt(s);
	return removed == -1 ? -1 : 0;
}

#define RACES 16

enum fs_status
upload_begin(struct agent_session *s, struct agent_req *r, struct upload *up)
{
	enum fs_status status = FS_OK;
	int i;

	for (i = 0; i < RACES; i++) {
		if (begin[up->kind](s, up) == 0)
			break;
		status = req_errno(r);
		fd_close(&up->fd);
		if (r->err != EEXIST)
			return status;
		/* Someone was faster: look again what there is. */
		upload_clear(up);
		status = upload_plan(s, r, up);
		if (status != FS_OK)
			return status;
	}
	if (up->fd == -1)
		return FS_BUSY;
	if (forget_older(s, up) == -1) {
		status = req_errno(r);
		upload_abandon(s, up, false);
		return status;
	}
	/* So that write(2) and splice(2) need no position of their own. */
	if (up->offset > 0 && lseek(up->fd, (off_t)up->offset, SEEK_SET) == -1)
		return req_errno(r);
	return FS_OK;
}
