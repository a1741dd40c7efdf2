/* SPDX-License-Identifier: ISC */
/*
 * The plain operations of struct stream.
 */
#include "common/stream.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "common/sockutil.h"

static enum io_want
result(ssize_t n, enum io_want again, size_t *n_r)
{
	*n_r = 0;
	if (n == -1)
		return errno == EAGAIN ? again : IO_ERR;
	*n_r = (size_t)n;
	return IO_DONE;
}

static enum io_want
plain_read(struct stream *st, void *p, size_t len, size_t *n_r)
{
	ssize_t n;

	do
		n = recv(st->fd, p, len, 0);
	while (n == -1 && errno == EINTR);
	if (n == 0) {
		*n_r = 0;
		return IO_EOF;
	}
	return result(n, IO_WANT_READ, n_r);
}

static enum io_want
plain_writev(struct stream *st, const struct iovec *iov, int cnt, size_t *n_r)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)cnt };
	ssize_t n;

	do
		n = sendmsg(st->fd, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return result(n, IO_WANT_WRITE, n_r);
}

static enum io_want
plain_sendfile(struct stream *st, int fd, off_t *off, size_t len, size_t *n_r)
{
	ssize_t n;

	do
		n = sendfile(st->fd, fd, off, len);
	while (n == -1 && errno == EINTR);
	if (n == 0 && len > 0) {
		*n_r = 0;
		return IO_EOF;
	}
	return result(n, IO_WANT_WRITE, n_r);
}

static enum io_want
plain_handshake(struct stream *st)
{
	return IO_DONE;
}

static enum io_want
plain_shutdown(struct stream *st)
{
	return shutdown(st->fd, SHUT_WR) == -1 ? IO_ERR : IO_DONE;
}

static bool
plain_pending(const struct stream *st)
{
	return false;
}

static void
plain_clear(struct stream *st)
{
	st->impl = NULL;
}

static const struct stream_ops plain_ops = {
	.read = plain_read,
	.writev = plain_writev,
	.sendfile = plain_sendfile,
	.handshake = plain_handshake,
	.shutdown = plain_shutdown,
	.pending = plain_pending,
	.splices = true,
	.clear = plain_clear,
};

void
stream_init_plain(struct stream *st, int fd)
{
	st->ops = &plain_ops;
	st->fd = fd;
	st->impl = NULL;
}

int
stream_take_fd(struct stream *st)
{
	int fd = st->fd;

	if (st->ops != NULL)
		st->ops->clear(st);
	st->fd = -1;
	return fd;
}

void
stream_close(struct stream *st)
{
	int fd = stream_take_fd(st);

	fd_close(&fd);
}

void
stream_reset(struct stream *st)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (st->fd >= 0)
		(void)setsockopt(
		    st->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	stream_close(st);
}
