/* SPDX-License-Identifier: ISC */
/*
 * The transport below OpenSSL: what one step writes is gathered and sent at
 * once, what is read is handed up without the engine ever seeing an end of
 * file (it would take that for an attack and forget the session).
 *
 * Ciphertext of a step is gathered in memory that all streams of the process
 * share; only what the socket did not take is kept with the stream, so that an
 * idle connection has no buffers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/mem.h"
#include "tls/tls_priv.h"

#define IN_SIZE 4096
/* Not in OpenSSL's public headers: how it sets up kernel TLS below a BIO. */
#define CTRL_SET_KTLS 72
#define CTRL_SET_KTLS_MESSAGE 74
#define CTRL_CLEAR_KTLS_MESSAGE 75

static struct tls_bytes gathered;
static size_t gathered_cap;

/* ----------------------------------------------------------------- sending */

void
tls_bytes_clear(struct tls_bytes *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

static size_t
left(const struct tls_bytes *b)
{
	return b->len - b->pos;
}

size_t
tls_unsent(const struct tls_stream *t)
{
	return left(&t->out) + left(&gathered);
}

static void
gather(const char *p, size_t len)
{
	if (gathered.len + len > gathered_cap) {
		gathered_cap = MAX(gathered.len + len, 2 * gathered_cap);
		gathered.p = xrealloc(gathered.p, gathered_cap);
	}
	memcpy(gathered.p + gathered.len, p, len);
	gathered.len += len;
}

/* Keeps what was gathered behind what was kept before. */
static void
keep(struct tls_bytes *out, const uint8_t *p, size_t len)
{
	size_t old = left(out);
	uint8_t *joined = xmalloc(old + len);

	if (old > 0)
		memcpy(joined, out->p + out->pos, old);
	memcpy(joined + old, p, len);
	free(out->p);
	out->p = joined;
	out->pos = 0;
	out->len = old + len;
}

static void
sent(struct tls_stream *t, size_t n)
{
	size_t first = MIN(n, left(&t->out));

	t->out.pos += first;
	gathered.pos += n - first;
	if (left(&gathered) > 0)
		keep(&t->out, gathered.p + gathered.pos, left(&gathered));
	else if (left(&t->out) == 0)
		tls_bytes_clear(&t->out);
	gathered.pos = gathered.len = 0;
}

static void
discard(struct tls_stream *t)
{
	tls_bytes_clear(&t->out);
	gathered.pos = gathered.len = 0;
}

static ssize_t
send_all(const struct tls_stream *t)
{
	struct iovec iov[2];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	if (left(&t->out) > 0) {
		iov[msg.msg_iovlen].iov_base = t->out.p + t->out.pos;
		iov[msg.msg_iovlen++].iov_len = left(&t->out);
	}
	if (left(&gathered) > 0) {
		iov[msg.msg_iovlen].iov_base = gathered.p + gathered.pos;
		iov[msg.msg_iovlen++].iov_len = left(&gathered);
	}
	do
		n = sendmsg(t->fd, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n;
}

enum io_want
tls_flush(struct tls_stream *t)
{
	ssize_t n;

	if (t->send_errno == 0 && tls_unsent(t) > 0) {
		n = send_all(t);
		if (n >= 0 || errno == EAGAIN)
			sent(t, n >= 0 ? (size_t)n : 0);
		else
			t->send_errno = errno;
	}
	if (t->send_errno != 0) {
		discard(t);
		errno = t->send_errno;
		return IO_ERR;
	}
	return tls_unsent(t) > 0 ? IO_WANT_WRITE : IO_DONE;
}

/* With kernel TLS the socket takes plain bytes, record by record. */
static int
write_through(BIO *b, const char *p, size_t len, size_t *n_r)
{
	int ret = BIO_write_ex(BIO_next(b), p, len, n_r);

	BIO_copy_next_retry(b);
	return ret;
}

static int
on_write(BIO *b, const char *p, size_t len, size_t *n_r)
{
	struct tls_stream *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (t->kernel)
		return write_through(b, p, len, n_r);
	if (tls_unsent(t) > t->unsent_max) {
		BIO_set_retry_write(b);
		return 0;
	}
	if (t->send_errno == 0) /* else nobody will read it (R2.2) */
		gather(p, len);
	*n_r = len;
	return 1;
}

/* --------------------------------------------------------------- receiving */

static void
remember_first(struct tls_stream *t, const uint8_t *p, size_t n)
{
	size_t room = sizeof(t->first) - t->first_len;

	if (n > room)
		n = room;
	memcpy(t->first + t->first_len, p, n);
	t->first_len += (uint8_t)n;
}

/* Bytes received; 0: none now, or none ever again (eof, recv_errno). */
static size_t
receive(struct tls_stream *t, void *p, size_t len)
{
	ssize_t n;

	if (t->eof || t->recv_errno != 0 || t->drained || t->budget == 0)
		return 0;
	do
		n = recv(t->fd, p, len, 0);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		t->eof = true;
	else if (n == -1 && errno != EAGAIN)
		t->recv_errno = errno;
	if (n <= 0) {
		t->drained = true;
		return 0;
	}
	t->drained = (size_t)n < len;
	t->filled = t->filled || !t->drained;
	t->budget -= MIN(t->budget, (size_t)n);
	remember_first(t, p, (size_t)n);
	return (size_t)n;
}

void
tls_fill(struct tls_stream *t)
{
	uint8_t buf[IN_SIZE];
	size_t n;

	if (left(&t->in) > 0)
		return;
	n = receive(t, buf, sizeof(buf));
	if (n == 0)
		return;
	t->in.p = xmalloc(n);
	memcpy(t->in.p, buf, n);
	t->in.len = n;
}

size_t
tls_take(struct tls_stream *t, void *p, size_t len)
{
	size_t n = MIN(len, left(&t->in));

	if (n == 0)
		return receive(t, p, len);
	memcpy(p, t->in.p + t->in.pos, n);
	t->in.pos += n;
	if (left(&t->in) == 0)
		tls_bytes_clear(&t->in);
	return n;
}

/* Keeps count of where records begin and end. */
static void
count_record(struct tls_stream *t, const uint8_t *p, size_t n)
{
	if (t->body_left > 0) {
		t->body_left -= (uint16_t)n;
		return;
	}
	memcpy(t->header + t->header_len, p, n);
	t->header_len += (uint8_t)n;
	if (t->header_len == sizeof(t->header)) {
		t->body_left = (uint16_t)(t->header[3] << 8 | t->header[4]);
		t->header_len = 0;
	}
}

/*
 * Never more than the rest of a header or of a record, so that the engine does
 * not swallow what comes behind the last one.
 */
static size_t
read_framed(struct tls_stream *t, void *p, size_t len)
{
	size_t n, rest;

	tls_fill(t);
	if (left(&t->in) == 0 ||
	    (t->phase == TLS_LEAVING && tls_leave_sees_plain(t)))
		return 0;
	rest =
	    t->body_left > 0 ? t->body_left : sizeof(t->header) - t->header_len;
	n = tls_take(t, p, MIN(len, rest));
	count_record(t, p, n);
	return n;
}

/*
 * A data connection is the engine's to its end: it reads ahead into a large
 * buffer. Newer ones do so only when the handshake is over.
 */
static size_t
read_ahead(struct tls_stream *t, void *p, size_t len)
{
	if (len < IN_SIZE)
		tls_fill(t);
	return tls_take(t, p, len);
}

static int
on_read(BIO *b, char *p, size_t len, size_t *n_r)
{
	struct tls_stream *t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	*n_r = t->role == TLS_ROLE_CONTROL ? read_framed(t, p, len)
					   : read_ahead(t, p, len);
	if (*n_r > 0)
		return 1;
	BIO_set_retry_read(b);
	return 0;
}

/* ------------------------------------------------------------- the method */

static bool kernel_cannot;

bool
tls_kernel_can(void)
{
	return !kernel_cannot;
}

/* Is there a socket below us, and can the kernel take over? One without the
 * module says ENOENT, or to some versions of OpenSSL ENOPROTOOPT. */
static long
set_ktls(BIO *b, int cmd, long sending, void *key)
{
	struct tls_stream *t = BIO_get_data(b);

	if (BIO_next(b) == NULL || !sending || tls_flush(t) != IO_DONE)
		return 0;
	errno = 0;
	t->kernel = BIO_ctrl(BIO_next(b), cmd, sending, key) > 0;
	if (!t->kernel && (errno == ENOENT || errno == ENOPROTOOPT))
		kernel_cannot = true;
	return t->kernel;
}

static long
on_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1; /* tls_flush() does it */
	case CTRL_SET_KTLS:
		return set_ktls(b, cmd, num, ptr);
	case BIO_CTRL_GET_KTLS_SEND:
	case CTRL_SET_KTLS_MESSAGE:
	case CTRL_CLEAR_KTLS_MESSAGE:
		return BIO_next(b) == NULL
			   ? 0
			   : BIO_ctrl(BIO_next(b), cmd, num, ptr);
	default:
		return 0;
	}
}

static const BIO_METHOD *
method(void)
{
	static BIO_METHOD *m;

	if (m != NULL)
		return m;
	m = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gathering socket");
	if (m == NULL || BIO_meth_set_write_ex(m, on_write) != 1 ||
	    BIO_meth_set_read_ex(m, on_read) != 1 ||
	    BIO_meth_set_ctrl(m, on_ctrl) != 1)
		die("out of memory");
	return m;
}

BIO *
tls_bio_new(struct tls_stream *t)
{
	BIO *b = BIO_new(method());

	if (b == NULL)
		die("out of memory");
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	return b;
}
