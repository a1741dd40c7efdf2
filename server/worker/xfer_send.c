/* SPDX-License-Identifier: ISC */
/*
 * Downloads: RETR, and what all sending transfers share.
 *
 * A file goes out with sendfile(2) where the bytes may stay in the kernel, in
 * pieces as large as the socket takes; else (TYPE A converted, TLS) through a
 * buffer. Exactly the size seen at open is sent: a file that grows is cut
 * there, one that shrinks resets the connection. What is not in the page cache
 * comes from the agent (xfer_cold.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "server/worker/data.h"
#include "server/worker/xfer_priv.h"
#include "tls/tls_stream.h"

/* ------------------------------------------------- shared with listings */

enum xfer_step
xfer_send_text(struct xfer *x)
{
	struct iovec iov;
	size_t n;

	while (x->text_len > 0) {
		iov.iov_base = (void *)(uintptr_t)x->text;
		iov.iov_len = xfer_allow(x, x->text_len);
		if (iov.iov_len == 0)
			return STEP_PAUSE;
		if (x->last && iov.iov_len == x->text_len)
			tls_stream_last(&x->st);
		switch (x->st.ops->writev(&x->st, &iov, 1, &n)) {
		case IO_DONE:
			x->text += n;
			x->text_len -= n;
			xfer_moved(x, n);
			break;
		case IO_WANT_WRITE:
			return STEP_WRITE;
		case IO_WANT_READ:
			return STEP_READ;
		default:
			return xfer_failed(x, XE_RESET);
		}
	}
	return STEP_AGAIN;
}

/*
 * A client sends nothing on a connection it downloads from, so close() does
 * all that is needed: the kernel delivers the rest and the FIN. Only if it did
 * send something (close() would answer with an RST) the socket lingers.
 */
static enum xfer_step
end_plain(struct xfer *x)
{
	char c;
	ssize_t n = recv(x->st.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return xfer_failed(x, XE_RESET);
	if (n > 0)
		data_linger(x->s->w, xfer_take_socket(x));
	else
		close(xfer_take_socket(x));
	return STEP_DONE;
}

enum xfer_step
xfer_end_sending(struct xfer *x)
{
	if (x->st.ops->splices)
		return end_plain(x);
	switch (x->st.ops->shutdown(&x->st)) {
	case IO_DONE:
		data_linger(x->s->w, xfer_take_socket(x));
		return STEP_DONE;
	case IO_WANT_WRITE:
		return STEP_WRITE;
	case IO_WANT_READ:
		return STEP_READ;
	default:
		return xfer_failed(x, XE_RESET);
	}
}

/* --------------------------------------------------------------- moving */

/* sendfile() has one errno for two descriptors. */
static enum xfer_step
sendfile_failed(struct xfer *x)
{
	switch (errno) {
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
		x->copy = true; /* not on this file system */
		return STEP_AGAIN;
	case EIO:
	case ESTALE:
	case EOVERFLOW:
		return xfer_failed(x, XE_READ);
	default:
		return xfer_failed(x, XE_RESET);
	}
}

static enum xfer_step
send_file(struct xfer *x)
{
	size_t n, len = xfer_allow(x, MIN(x->left, XFER_SLICE));

	if (len == 0)
		return STEP_PAUSE;
	len = xfer_warm(x, len);
	if (len == 0)
		return xfer_warm_up(x);
	switch (x->st.ops->sendfile(&x->st, x->file, &x->offset, len, &n)) {
	case IO_DONE:
		xfer_moved(x, n);
		x->left -= n;
		/* Less than asked: the socket is full. */
		return n < len ? STEP_WRITE : STEP_AGAIN;
	case IO_WANT_WRITE:
		return STEP_WRITE;
	case IO_WANT_READ:
		return STEP_READ;
	case IO_EOF:
		return xfer_failed(x, XE_SHRANK);
	default:
		return sendfile_failed(x);
	}
}

/* Fills buf with the next bytes as they go to the network. */
static enum xfer_step
fill(struct xfer *x)
{
	bool is_warm = x->offset < x->warm;
	bool nowait = x->access == FILE_PROBE && !is_warm;
	struct iovec iov;
	ssize_t n;

	if (x->buf == NULL)
		x->buf = xmalloc(XFER_BUF);
	iov.iov_base = x->convert ? (char *)x->s->w->scratch : x->buf;
	iov.iov_len = MIN(x->left, x->convert ? XFER_BUF / 2 : XFER_BUF);
	if (is_warm)
		iov.iov_len = MIN(iov.iov_len, (size_t)(x->warm - x->offset));
	n = preadv2(x->file, &iov, 1, x->offset, nowait ? RWF_NOWAIT : 0);
	if (n == 0)
		return xfer_failed(x, XE_SHRANK);
	if (n < 0 && errno == EINTR)
		return STEP_AGAIN;
	if (n < 0)
		return nowait ? xfer_warm_up(x) : xfer_failed(x, XE_READ);
	xfer_take_bytes(x, iov.iov_base, (size_t)n);
	return STEP_AGAIN;
}

void
xfer_take_bytes(struct xfer *x, const char *in, size_t n)
{
	if (x->buf == NULL)
		x->buf = xmalloc(XFER_BUF);
	x->offset += (off_t)n;
	x->left -= n;
	x->last = x->left == 0;
	x->text = x->buf;
	x->text_len = n;
	if (x->convert)
		x->text_len = ascii_to_net(&x->ascii, x->buf, in, n);
	else if (in != x->buf)
		/* It is not NULL if buf was. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		memcpy(x->buf, in, n);
}

static enum xfer_step
retr_move(struct xfer *x)
{
	if (x->text_len > 0)
		return xfer_send_text(x);
	if (x->left == 0)
		return xfer_end_sending(x);
	if (x->access == FILE_KEPT)
		return xfer_ask_bytes(x);
	if (x->convert || x->copy || x->st.ops->sendfile == NULL)
		return fill(x);
	return send_file(x);
}

static void
retr_connected(struct xfer *x)
{
	if (x->left > XFER_SLICE && x->s->pace == NULL)
		sock_full_segments(x->st.fd);
	xfer_move(x);
}

static void
retr_finish(struct xfer *x)
{
	xfer_complete(x, "Transfer complete.");
}

static const struct xfer_ops retr_ops = {
	.connected = retr_connected,
	.move = retr_move,
	.finish = retr_finish,
};

/* -------------------------------------------------------------- opening */

static void
say_start(struct xfer *x)
{
	const char *mode = x->s->type == TYPE_ASCII ? "ASCII" : "BINARY";

	/* Clients parse the number: it is what will really follow. */
	if (x->convert)
		xfer_say_start(
		    x, "Opening %s mode data connection for %s.", mode, x->arg);
	else
		xfer_say_start(x,
		    "Opening %s mode data connection for %s (%llu bytes).",
		    mode, x->arg, (unsigned long long)x->left);
}

/* Are the answer's fields right? A kept file comes without descriptor. */
static bool
read_opened(struct xfer *x, struct fs_reply *r, uint64_t *size_r)
{
	uint8_t access;

	*size_r = get_u64(&r->body);
	get_i64(&r->body); /* mtime */
	access = get_u8(&r->body);
	if (rbuf_end(&r->body) < 0 || *size_r > INT64_MAX ||
	    access >= FILE_ACCESS_COUNT ||
	    (access == FILE_KEPT) != (x->file < 0))
		return false;
	x->access = access;
	x->kept = access == FILE_KEPT;
	return true;
}

static void
on_opened(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	uint64_t size;

	x->asked = false;
	x->file = r->fd;
	if (r->status != FS_OK) {
		xfer_refuse(x, r->status);
		return;
	}
	if (!read_opened(x, r, &size))
		xfer_refuse(x, FS_IO);
	else if (x->restart > size)
		xfer_refuse_with(x, REASON_BAD_OFFSET, 554,
		    "Restart offset beyond end of file.");
	else {
		x->offset = (off_t)x->restart;
		x->left = size - x->restart;
		if (!x->convert)
			x->total = x->left;
		say_start(x);
		xfer_connect(x);
	}
}

void
xfer_retr(
    struct session *s, const char *path, const char *arg, uint64_t restart)
{
	struct xfer *x = xfer_new(s, &retr_ops, "RETR", path, arg);

	x->restart = restart;
	x->convert =
	    s->type == TYPE_ASCII && s->w->conf->ascii == CONF_ASCII_CONVERT;
	x->asked = true;
	fs_open(s, path, on_opened);
}
