/* SPDX-License-Identifier: ISC */
/*
 * Streams in TLS: their life from the handshake to the end of our side.
 * tls_move.c moves the bytes in between.
 */
#include "tls/tls_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/mem.h"
#include "tls/tls_priv.h"

#define BUDGET (256 * 1024) /* bytes that one call may receive */
/* Answers that may wait for a peer that makes us talk and does not listen. */
#define ANSWERS_MAX (32 * 1024)

static enum io_want tls_handshake(struct stream *);
static enum io_want tls_shutdown(struct stream *);
static bool tls_pending(const struct stream *);
static void tls_clear(struct stream *);

static const struct stream_ops tls_ops = {
	.read = tls_read,
	.writev = tls_writev,
	.handshake = tls_handshake,
	.shutdown = tls_shutdown,
	.pending = tls_pending,
	.clear = tls_clear,
};

/* When the kernel encrypts. */
static const struct stream_ops tls_kernel_ops = {
	.read = tls_read,
	.writev = tls_writev,
	.sendfile = tls_sendfile,
	.handshake = tls_handshake,
	.shutdown = tls_shutdown,
	.pending = tls_pending,
	.clear = tls_clear,
};

/* After CCC or REIN. */
const struct stream_ops tls_leave_ops = {
	.read = tls_leave_read,
	.writev = tls_leave_writev,
	.handshake = tls_handshake,
	.shutdown = tls_shutdown,
	.pending = tls_pending,
	.clear = tls_clear,
};

/* ---------------------------------------------------------------- finding */

struct tls_stream *
tls_stream_of(const struct stream *st)
{
	if (st->ops != &tls_ops && st->ops != &tls_kernel_ops &&
	    st->ops != &tls_leave_ops)
		return NULL;
	return st->impl;
}

struct tls_stream *
tls_stream_of_ssl(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

bool
tls_stream_is_tls(const struct stream *st)
{
	const struct tls_stream *t = tls_stream_of(st);

	return t != NULL && t->phase != TLS_LEAVING && t->phase != TLS_LEFT;
}

bool
tls_stream_is_up(const struct stream *st)
{
	const struct tls_stream *t = tls_stream_of(st);

	return t != NULL && t->phase == TLS_UP;
}

/* --------------------------------------------------------- start and end */

static void
make_ssl(struct tls_stream *t)
{
	BIO *bio = tls_bio_new(t);

	t->ssl = SSL_new(t->ctx->ssl);
	if (t->ssl == NULL)
		die("SSL_new: %s", tls_err_take());
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, t);
	SSL_set_accept_state(t->ssl);
}

static struct tls_stream *
new_stream(struct tls_ctx *ctx, enum tls_role role, int fd)
{
	struct tls_stream *t = xcalloc(1, sizeof(*t));

	ERR_clear_error();
	t->ctx = tls_ctx_ref(ctx);
	t->role = role;
	t->fd = fd;
	make_ssl(t);
	return t;
}

void
tls_stream_start(
    struct stream *st, struct tls_ctx *ctx, const struct addr *client)
{
	struct tls_stream *t = new_stream(ctx, TLS_ROLE_CONTROL, st->fd);

	t->client = *client;
	tls_padding_install(t);
	tls_reuse_start(t);
	st->ops->clear(st);
	st->ops = &tls_ops;
	st->impl = t;
}

void
tls_stream_present(struct stream *st, const char *name)
{
	struct tls_stream *t = tls_stream_of(st);
	const struct tls_name *found;

	if (t == NULL)
		return;
	found = tls_names_find(&t->ctx->names, name);
	if (found != NULL && tls_ctx_present(t->ssl, found) == 0)
		t->name = found;
}

bool
tls_stream_covers(const struct stream *st, const char *name)
{
	const struct tls_stream *t = tls_stream_of(st);
	X509 *shown =
	    t != NULL && t->ssl != NULL ? SSL_get_certificate(t->ssl) : NULL;

	return shown != NULL && X509_check_host(shown, name, 0, 0, NULL) == 1;
}

/* OpenSSL talks to the kernel through a socket BIO of its own, below ours. */
static void
offer_ktls(struct tls_stream *t)
{
	BIO *sock =
	    tls_kernel_can() ? BIO_new_socket(t->fd, BIO_NOCLOSE) : NULL;

	if (sock == NULL)
		return;
	BIO_push(SSL_get_wbio(t->ssl), sock);
	SSL_set_options(t->ssl, SSL_OP_ENABLE_KTLS);
}

void
tls_stream_start_data(struct stream *st, const struct stream *control)
{
	const struct tls_stream *c = tls_stream_of(control);
	struct tls_stream *t;

	if (c == NULL)
		bug("a data connection needs a control connection in TLS");
	t = new_stream(c->ctx, TLS_ROLE_DATA, st->fd);
	t->own = c->own;
	t->cert = c->cert;
	if (t->cert != NULL)
		X509_up_ref(t->cert);
	t->name = c->name;
	if (t->name != NULL && tls_ctx_present(t->ssl, t->name) == -1)
		die("certificate: %s", tls_err_take()); /* it was tried */
	SSL_set_read_ahead(t->ssl, 1);
	if (t->ctx->ktls)
		offer_ktls(t);
	st->ops->clear(st);
	st->ops = &tls_ops;
	st->impl = t;
}

static void
tls_clear(struct stream *st)
{
	struct tls_stream *t = st->impl;

	st->impl = NULL;
	if (t == NULL)
		return;
	tls_drop_ssl(t);
	tls_ctx_unref(t->ctx);
	X509_free(t->cert);
	tls_bytes_clear(&t->in);
	tls_bytes_clear(&t->out);
	free(t->error);
	free(t);
}

void
tls_drop_ssl(struct tls_stream *t)
{
	/* A connection that ends otherwise than by close_notify does not spoil
	 * its session: others are in use with it. */
	if (t->ssl != NULL)
		SSL_set_shutdown(
		    t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	t->ssl = NULL;
}

/* ------------------------------------------------------------------- steps */

struct tls_stream *
tls_begin(struct stream *st)
{
	struct tls_stream *t = st->impl;

	t->fd = st->fd;
	t->drained = false;
	t->budget = BUDGET;
	t->unsent_max = ANSWERS_MAX;
	ERR_clear_error();
	return t;
}

static enum io_want
ended(struct tls_stream *t)
{
	if (t->recv_errno != 0) {
		errno = t->recv_errno;
		return IO_ERR;
	}
	if (!t->eof)
		return IO_WANT_READ;
	t->truncated = true;
	return IO_EOF;
}

enum io_want
tls_outcome(struct tls_stream *t, int ret)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return ended(t);
	case SSL_ERROR_WANT_WRITE:
		return IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	default:
		tls_explain(t);
		t->phase = TLS_FAILED;
		errno = EPROTO;
		return IO_ERR;
	}
}

static void
up(struct tls_stream *t, struct stream *st)
{
	t->phase = TLS_UP;
	/* The first command or data may have come with the last message. */
	t->has_more = t->in.len > 0 || SSL_has_pending(t->ssl) == 1;
	tls_reuse_up(t);
	if (t->role == TLS_ROLE_CONTROL)
		t->cert = SSL_get1_peer_certificate(t->ssl);
	if (t->kernel) {
		SSL_set_mode(t->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
		st->ops = &tls_kernel_ops;
	}
}

/* An end of any kind, in a handshake, is its failure. */
static enum io_want
handshake_ended(struct tls_stream *t, enum io_want want)
{
	int err = want == IO_EOF ? ECONNABORTED : errno;

	if (t->phase != TLS_FAILED) {
		tls_explain(t);
		t->phase = TLS_FAILED;
	}
	errno = err;
	return IO_ERR;
}

/*
 * SSL_accept(). What calls for no answer is acknowledged at once: it may be the
 * first segment of an end of the handshake that comes in two (GnuTLS), the
 * second of which the client's Nagle algorithm holds back.
 */
static int
accept_step(struct tls_stream *t)
{
	BIO *b = SSL_get_wbio(t->ssl); /* for reading, too */
	uint64_t heard = BIO_number_read(b), said = BIO_number_written(b);
	int ret = SSL_accept(t->ssl);

	if (ret != 1 && BIO_number_read(b) > heard &&
	    BIO_number_written(b) == said)
		sock_ack_now(t->fd);
	return ret;
}

static enum io_want
step_handshake(struct tls_stream *t, struct stream *st)
{
	enum io_want want;
	int ret = accept_step(t);

	if (ret == 1) {
		up(t, st);
		return tls_flush(t);
	}
	want = tls_outcome(t, ret);
	if (want == IO_EOF || want == IO_ERR)
		want = handshake_ended(t, want);
	if (want == IO_ERR) {
		int err = errno;

		(void)tls_flush(t); /* the alert */
		errno = err;
		return IO_ERR;
	}
	switch (tls_flush(t)) {
	case IO_WANT_WRITE:
		return IO_WANT_WRITE; /* the client waits for the rest */
	case IO_ERR:
		return handshake_ended(t, IO_ERR);
	default:
		return want;
	}
}

static enum io_want
tls_handshake(struct stream *st)
{
	struct tls_stream *t = tls_begin(st);

	switch (t->phase) {
	case TLS_HANDSHAKE:
		return step_handshake(t, st);
	case TLS_FAILED:
		errno = EPROTO;
		return IO_ERR;
	default:
		return tls_flush(t);
	}
}

void
tls_say_close(struct tls_stream *t)
{
	if (t->phase != TLS_UP || t->close_said)
		return;
	t->close_said = true;
	if (SSL_shutdown(t->ssl) < 0)
		ERR_clear_error();
}

static enum io_want
tls_shutdown(struct stream *st)
{
	struct tls_stream *t = tls_begin(st);
	enum io_want want;

	tls_say_close(t);
	want = tls_flush(t);
	if (want != IO_DONE)
		return want;
	return shutdown(st->fd, SHUT_WR) == -1 ? IO_ERR : IO_DONE;
}

static bool
tls_pending(const struct stream *st)
{
	const struct tls_stream *t = st->impl;

	return t->has_more;
}

/* ---------------------------------------------------------------- requests */

void
tls_stream_last(struct stream *st)
{
	struct tls_stream *t = tls_stream_of(st);

	if (t != NULL)
		t->last = true;
}

void
tls_stream_leave(struct stream *st)
{
	struct tls_stream *t = tls_stream_of(st);

	if (t != NULL && t->role == TLS_ROLE_CONTROL)
		t->leave = true;
}

bool
tls_stream_was_truncated(const struct stream *st)
{
	const struct tls_stream *t = tls_stream_of(st);

	return t != NULL && t->truncated;
}

const char *
tls_stream_error(const struct stream *st)
{
	const struct tls_stream *t = tls_stream_of(st);

	return t != NULL && t->error != NULL ? t->error : "";
}
