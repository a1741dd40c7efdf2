/* SPDX-License-Identifier: ISC */
/*
 * Files whose reading could make the whole worker wait: those that are not in
 * the page cache, or on a file system that cannot tell. The agent reads them:
 * the former into the page cache, the latter for us. And uploads to where
 * writing can wait: the agent writes.
 */
#include <sys/param.h>
#include <sys/uio.h>
#include <unistd.h>

#include "server/worker/xfer_priv.h"

#define WARM_SIZE (2 * 1024 * 1024) /* at a time */
#define PAGE 4096 /* not more than the kernel's */

/* ---------------------------------------------------------------- warmth */

/* Whatever goes wrong, the agent shall find out. */
static bool
is_resident(int fd, off_t at)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	return preadv2(fd, &iov, 1, at, RWF_NOWAIT) >= 0;
}

/*
 * Files are read in order and forgotten in order: where both ends of a piece
 * are in memory, what is between mostly is. The first end is looked at only
 * once, after that it is next to the last end before.
 */
size_t
xfer_warm(struct xfer *x, size_t len)
{
	off_t end = x->offset + (off_t)len;

	if (x->access == FILE_READY)
		return len;
	if (x->offset < x->warm)
		return MIN(len, (size_t)(x->warm - x->offset));
	if (x->warm == 0 && x->offset / PAGE != (end - 1) / PAGE &&
	    !is_resident(x->file, x->offset))
		return 0;
	if (!is_resident(x->file, end - 1))
		return 0;
	x->warm = end;
	return len;
}

/* ------------------------------------------------------------- the agent */

static uint32_t
warmth_wanted(const struct xfer *x)
{
	return (uint32_t)MIN(x->left, WARM_SIZE);
}

/* Should they be gone again, we wait: else a full memory would stop us. */
static void
on_warm(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;

	x->asked = false;
	if (r->status != FS_OK)
		xfer_fail(x, XE_READ);
	else if (fs_end(s, r)) {
		x->warm = x->offset + warmth_wanted(x);
		xfer_move(x);
	}
}

static void
on_kept(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;

	x->asked = false;
	if (r->status != FS_OK)
		xfer_fail(x, XE_READ);
	else if (fs_end(s, r))
		(void)xfer_warm_up(x);
}

enum xfer_step
xfer_warm_up(struct xfer *x)
{
	x->asked = true;
	if (x->kept)
		fs_warm(x->s, (uint64_t)x->offset, warmth_wanted(x), on_warm);
	else
		fs_keep(x->s, x->file, on_kept);
	x->kept = true;
	return STEP_AGENT;
}

static uint32_t
bytes_wanted(const struct xfer *x)
{
	return (uint32_t)MIN(x->left, XFER_BUF / 2);
}

static void
on_bytes(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	const char *bytes;
	size_t n;

	x->asked = false;
	if (r->status != FS_OK) {
		xfer_fail(x, XE_READ);
		return;
	}
	bytes = get_bytes(&r->body, &n);
	if (!fs_end(s, r))
		return;
	if (n == 0 || n > bytes_wanted(x)) {
		xfer_fail(x, n == 0 ? XE_SHRANK : XE_READ);
		return;
	}
	xfer_take_bytes(x, bytes, n);
	xfer_move(x);
}

enum xfer_step
xfer_ask_bytes(struct xfer *x)
{
	x->asked = true;
	fs_read(x->s, (uint64_t)x->offset, bytes_wanted(x), on_bytes);
	return STEP_AGENT;
}

/* --------------------------------------------------------------- uploads */

static void
on_written(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;

	x->asked = false;
	if (r->status != FS_OK) {
		x->refusal = r->status;
		xfer_fail(x, XE_AGENT);
	} else if (fs_end(s, r))
		xfer_move(x);
}

/* Should it fail, the commit does. */
static void
on_last_written(struct session *s, struct fs_reply *r)
{
}

static void
give(struct xfer *x, const char *bytes, size_t len, fs_cb *cb)
{
	x->asked = true;
	fs_write(x->s, (uint64_t)x->offset, bytes, len, cb);
	x->offset += (off_t)len;
}

enum xfer_step
xfer_give_bytes(struct xfer *x, const char *bytes, size_t len)
{
	give(x, bytes, len, on_written);
	return STEP_AGENT;
}

void
xfer_give_last(struct xfer *x, const char *bytes, size_t len)
{
	give(x, bytes, len, on_last_written);
}
