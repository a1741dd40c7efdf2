/* SPDX-License-Identifier: ISC */
/*
 * Leaving TLS on a connection that goes on in clear text (CCC, REIN).
 *
 * We have said close_notify. Some clients answer with theirs, others go on in
 * clear text at once: the first byte of what comes next tells, because no
 * command begins with a control character. Records are passed to the engine
 * one at a time (tls_bio.c), so the text behind the last one stays ours.
 */
#include <errno.h>
#include <sys/socket.h>

#include "tls/tls_priv.h"

#define RECORD_FIRST 0x14 /* change_cipher_spec */
#define RECORD_LAST 0x17 /* application_data: hides alerts in TLS 1.3 */
#define RECORD_MAJOR 0x03

bool
tls_leave_sees_plain(const struct tls_stream *t)
{
	size_t n = t->in.len - t->in.pos;
	const uint8_t *p;

	if (n == 0 || t->header_len > 0 || t->body_left > 0)
		return false;
	p = t->in.p + t->in.pos;
	return p[0] < RECORD_FIRST || p[0] > RECORD_LAST ||
	       (n > 1 && p[1] != RECORD_MAJOR);
}

static void
left(struct tls_stream *t)
{
	tls_drop_ssl(t);
	t->phase = TLS_LEFT;
}

/* The rest of TLS; when the phase becomes TLS_LEFT, the rest is plain. */
static enum io_want
read_rest(struct tls_stream *t, void *p, size_t len, size_t *n_r)
{
	enum io_want want = IO_DONE;
	int ret = 0;

	tls_fill(t);
	if (!tls_leave_sees_plain(t)) {
		ret = SSL_read_ex(t->ssl, p, len, n_r);
		if (ret != 1)
			want = tls_outcome(t, ret);
	}
	if (ret != 1 && want != IO_ERR &&
	    (tls_leave_sees_plain(t) ||
		(SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) != 0))
		left(t);
	return want;
}

static enum io_want
read_plain(struct tls_stream *t, void *p, size_t len, size_t *n_r)
{
	*n_r = tls_take(t, p, len);
	if (*n_r > 0)
		return IO_DONE;
	if (t->recv_errno != 0) {
		errno = t->recv_errno;
		return IO_ERR;
	}
	return t->eof ? IO_EOF : IO_WANT_READ;
}

enum io_want
tls_leave_read(struct stream *st, void *p, size_t len, size_t *n_r)
{
	struct tls_stream *t = tls_begin(st);
	enum io_want want = IO_WANT_READ;

	*n_r = 0;
	(void)tls_flush(t);
	if (t->phase == TLS_LEAVING)
		want = read_rest(t, p, len, n_r);
	if (t->phase == TLS_LEFT)
		want = read_plain(t, p, len, n_r);
	else if (t->phase == TLS_FAILED) {
		errno = EPROTO;
		want = IO_ERR;
	}
	t->has_more = t->in.len > 0;
	return want;
}

/* The 200 itself may not have left completely when the client goes on. */
enum io_want
tls_leave_writev(
    struct stream *st, const struct iovec *iov, int cnt, size_t *n_r)
{
	struct tls_stream *t = tls_begin(st);
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)cnt };
	ssize_t n;

	*n_r = 0;
	if (tls_flush(t) == IO_ERR)
		return IO_ERR;
	if (t->owed > 0 || tls_unsent(t) > 0)
		return tls_report(t, n_r);
	do
		n = sendmsg(t->fd, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? IO_WANT_WRITE : IO_ERR;
	*n_r = (size_t)n;
	return IO_DONE;
}
