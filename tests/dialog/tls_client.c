/* SPDX-License-Identifier: ISC */
/*
 * TLS of a dialogue's client. No other file of the dialogues sees OpenSSL.
 */
#include "tests/dialog/tls_client.h"

#include <check.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "tests/unit/rig_cert.h"

#define TAKE_MAX (128 * 1024)
/* A SEQPACKET socket loses what does not fit the reader's buffer, and the
 * worker reads that much. */
#define SEND_MAX 4096

struct tls_client {
	SSL_CTX *ctx;
	SSL_SESSION *session; /* the newest */
	const char *sni; /* or NULL */
};

/* ----------------------------------------------------------------- client */

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_client *c = SSL_get_app_data(ssl);

	if (c == NULL)
		return 0;
	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

void
tls_client_certify(const char *name, const char **cert_r, const char **key_r)
{
	const struct rig_cert_spec spec = { .cn = name, .ca = true };
	struct rig_cert c = rig_cert(&spec, NULL);
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.crt", name);
	*cert_r = rig_write_cert(file, &c, NULL);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	*key_r = rig_write_key(file, &c);
	rig_cert_free(&c);
}

struct tls_client *
tls_client_new(enum tls_client_version v, const char *cert, const char *key)
{
	struct tls_client *c = xcalloc(1, sizeof(*c));
	int version = v == TLS_CLIENT_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;

	c->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(
	    c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, on_session);
	SSL_CTX_set_min_proto_version(c->ctx, version);
	SSL_CTX_set_max_proto_version(c->ctx, version);
	if (cert != NULL &&
	    (SSL_CTX_use_certificate_chain_file(c->ctx, cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(c->ctx, key, SSL_FILETYPE_PEM) !=
		    1))
		ck_abort_msg("%s, %s: unusable", cert, key);
	return c;
}

void
tls_client_ask(struct tls_client *c, const char *name)
{
	c->sni = name;
}

void
tls_client_free(struct tls_client *c)
{
	if (c == NULL)
		return;
	SSL_SESSION_free(c->session);
	SSL_CTX_free(c->ctx);
	free(c);
}

/* ------------------------------------------------------------- connections */

/*
 * Counts records of application data. In TLS 1.3 all look alike from outside,
 * the tickets too.
 */
static void
on_message(int sent, int version, int type, const void *p, size_t len, SSL *ssl,
    void *arg)
{
	struct tls_end *e = arg;
	unsigned char first = *(const unsigned char *)p;
	int header = SSL_version(ssl) == TLS1_3_VERSION
			 ? SSL3_RT_INNER_CONTENT_TYPE
			 : SSL3_RT_HEADER;

	if (sent)
		return;
	if (type == header && first == SSL3_RT_APPLICATION_DATA)
		e->records++;
	if (type == SSL3_RT_HANDSHAKE && first == SSL3_MT_NEWSESSION_TICKET)
		e->tickets++;
}

struct tls_end *
tls_end_new(struct tls_client *c, int fd, enum tls_end_session session)
{
	struct tls_end *e = xcalloc(1, sizeof(*e));
	SSL_SESSION *copy;

	e->fd = fd;
	e->ssl = SSL_new(c->ctx);
	SSL_set_bio(e->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(e->ssl), -1);
	SSL_set_msg_callback(e->ssl, on_message);
	SSL_set_msg_callback_arg(e->ssl, e);
	if (c->sni != NULL)
		SSL_set_tlsext_host_name(e->ssl, c->sni);
	SSL_set_app_data(e->ssl, session == TLS_END_CONTROL ? c : NULL);
	if (session == TLS_END_STRANGER)
		SSL_certs_clear(e->ssl);
	if (session == TLS_END_RESUME && c->session != NULL) {
		/* A copy: under 1.3 OpenSSL uses a session only once. */
		copy = SSL_SESSION_dup(c->session);
		ck_assert_int_eq(SSL_set_session(e->ssl, copy), 1);
		SSL_SESSION_free(copy);
	}
	SSL_set_connect_state(e->ssl);
	tls_end_step(e);
	return e;
}

void
tls_end_free(struct tls_end *e)
{
	if (e == NULL)
		return;
	/* Else OpenSSL would not use its session again. */
	SSL_set_shutdown(e->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(e->ssl);
	free(e->waiting);
	free(e);
}

/* ------------------------------------------------------------------ moving */

/* What OpenSSL has to say. That nobody listens shows when it is read. */
static void
flush(struct tls_end *e)
{
	char buf[SEND_MAX];
	int n;

	while ((n = BIO_read(SSL_get_wbio(e->ssl), buf, sizeof(buf))) > 0)
		if (send(e->fd, buf, (size_t)n, MSG_NOSIGNAL) != n &&
		    errno != EPIPE && errno != ECONNRESET)
			ck_abort_msg("client: send: %s", strerror(errno));
}

/* Of a call that did not do it. */
static void
judge(struct tls_end *e, int ret)
{
	switch (SSL_get_error(e->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_ZERO_RETURN:
		e->closed = true;
		break;
	default:
		e->failed = true;
	}
}

bool
tls_end_take(struct tls_end *e)
{
	static char buf[TAKE_MAX];
	ssize_t n;

	if (e->eof || e->err != 0)
		return false;
	n = recv(e->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n == 0)
		e->eof = true;
	else if (n < 0 && errno != EAGAIN)
		e->err = errno;
	return n > 0 && BIO_write(SSL_get_rbio(e->ssl), buf, (int)n) == n;
}

size_t
tls_end_get(struct tls_end *e, char *out, size_t size)
{
	size_t n, len = 0;
	int ret = 1;

	ERR_clear_error();
	while (len < size &&
	       (ret = SSL_read_ex(e->ssl, out + len, size - len, &n)) == 1)
		len += n;
	if (ret != 1)
		judge(e, ret);
	flush(e);
	return len;
}

ssize_t
tls_end_recv(struct tls_end *e, char *out, size_t size)
{
	size_t n = 0;

	do {
		tls_end_step(e);
		if (e->up)
			n = tls_end_get(e, out, size);
	} while (n == 0 && tls_end_take(e));
	if (n > 0)
		return (ssize_t)n;
	if (e->err != 0)
		errno = e->err;
	else if (e->up && (e->failed || (e->eof && !e->closed)))
		errno = EPROTO;
	else if (e->eof)
		return 0;
	else
		errno = EAGAIN;
	return -1;
}

static void
put(struct tls_end *e, const char *p, size_t len)
{
	if (len > 0 && SSL_write(e->ssl, p, (int)len) != (int)len)
		ck_abort_msg("client: SSL_write");
	flush(e);
}

static void
say_close(struct tls_end *e, bool fin)
{
	(void)SSL_shutdown(e->ssl);
	flush(e);
	if (fin)
		shutdown(e->fd, SHUT_WR);
}

void
tls_end_step(struct tls_end *e)
{
	int ret;

	if (e->up || e->failed)
		return;
	do {
		ERR_clear_error();
		ret = SSL_do_handshake(e->ssl);
		if (ret != 1)
			judge(e, ret);
		flush(e);
	} while (ret != 1 && !e->failed && tls_end_take(e));
	if (ret != 1)
		return;
	e->up = true;
	e->resumed = SSL_session_reused(e->ssl) == 1;
	put(e, e->waiting, e->nwaiting);
	if (e->closing)
		say_close(e, e->fin);
}

void
tls_end_put(struct tls_end *e, const char *p, size_t len)
{
	if (e->up) {
		put(e, p, len);
		return;
	}
	e->waiting = xrealloc(e->waiting, e->nwaiting + len);
	memcpy(e->waiting + e->nwaiting, p, len);
	e->nwaiting += len;
}

void
tls_end_close(struct tls_end *e, bool fin)
{
	e->closing = true;
	e->fin = fin;
	if (e->up)
		say_close(e, fin);
}
