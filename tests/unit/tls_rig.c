/* SPDX-License-Identifier: ISC */
/*
 * A TLS stream of ours against a client of OpenSSL's.
 */
#include "tests/unit/tls_rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/temp_dir.h"
#include "tls/tls_stream.h"

#define PACKET_MAX (1024 * 1024)

const struct addr rig_addr = { .family = 4, .ip = { 192, 0, 2, 7 } };

/* -------------------------------------------------------------------- time */

static long passed;

/* These stand in for the C library's, in OpenSSL too: older ones ask for the
 * time(), newer ones gettimeofday(). */
time_t
time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += passed;
	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	tv->tv_sec = now.tv_sec + passed;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}

void
rig_pass_time(long seconds)
{
	passed += seconds;
}

/* ----------------------------------------------------------------- context */

struct tls_ctx *
rig_ctx(const struct tls_settings *set)
{
	struct tls_settings s = { .npairs = 0 };
	struct tls_pair pair = { .ocsp = NULL };
	struct rig_cert c;
	struct tls_ctx *ctx;
	char *err = NULL;

	if (set != NULL)
		s = *set;
	if (s.npairs == 0) {
		c = rig_cert(&(struct rig_cert_spec){ .cn = "server" }, NULL);
		pair.cert = rig_write_cert("server.crt", &c, NULL);
		pair.key = rig_write_key("server.key", &c);
		rig_cert_free(&c);
		s.pairs = &pair;
		s.npairs = 1;
	}
	ctx = tls_ctx_new(&s, &err);
	ck_assert_msg(ctx != NULL, "%s", err);
	return ctx;
}

/* ------------------------------------------------------------------ client */

bool
rig_knows_hybrid(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool known = SSL_CTX_set1_groups_list(ctx, RIG_HYBRID) == 1;

	SSL_CTX_free(ctx);
	ERR_clear_error();
	return known;
}

/* Index 0 of the SSL: its rig_client. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct rig_client *c = SSL_get_app_data(ssl);

	SSL_SESSION_free(c->session);
	c->session = session;
	c->tickets++;
	return 1;
}

static void
client_new(struct rig_client *c, const struct rig_options *o)
{
	SSL_SESSION *copy;

	c->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(
	    c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, on_session);
	SSL_CTX_set_cipher_list(
	    c->ctx, o->ciphers != NULL ? o->ciphers : "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(c->ctx, o->version);
	SSL_CTX_set_max_proto_version(c->ctx, o->version);
	if (o->groups != NULL)
		ck_assert_int_eq(
		    SSL_CTX_set1_groups_list(c->ctx, o->groups), 1);
	if (o->no_tickets)
		SSL_CTX_set_options(c->ctx, SSL_OP_NO_TICKET);
	if (o->cert != NULL) {
		SSL_CTX_use_certificate(c->ctx, o->cert->x);
		SSL_CTX_use_PrivateKey(c->ctx, o->cert->key);
	}
	c->ssl = SSL_new(c->ctx);
	SSL_set_app_data(c->ssl, c);
	SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(c->ssl), -1);
	if (o->sni != NULL)
		SSL_set_tlsext_host_name(c->ssl, o->sni);
	if (o->resume != NULL) {
		/* A copy: under 1.3 OpenSSL uses a session only once. */
		copy = SSL_SESSION_dup(o->resume);
		ck_assert_int_eq(SSL_set_session(c->ssl, copy), 1);
		SSL_SESSION_free(copy);
	}
	SSL_set_connect_state(c->ssl);
}

static void
tcp_pair(int fds[2])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(l, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (struct sockaddr *)&sin, &len), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fds[1], (struct sockaddr *)&sin, len), 0);
	fds[0] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fds[0], 0);
	close(l);
}

void
rig_open(struct rig *r, const struct rig_options *o)
{
	int fds[2], size = 400 * 1024;
	int type = o->type != 0 ? o->type : SOCK_STREAM;

	memset(r, 0, sizeof(*r));
	if (o->tcp)
		tcp_pair(fds);
	else
		ck_assert_int_eq(
		    socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	fd_set_nonblock(fds[0], true);
	fd_set_nonblock(fds[1], true);
	stream_init_plain(&r->st, fds[0]);
	r->c.fd = fds[1];
	client_new(&r->c, o);
}

void
rig_control(struct rig *r, struct tls_ctx *ctx, const struct rig_options *o)
{
	rig_open(r, o);
	tls_stream_start(&r->st, ctx, &rig_addr);
	ck_assert_msg(rig_handshake(r), "%s", tls_stream_error(&r->st));
}

void
rig_data(struct rig *r, const struct rig *control, const struct rig_options *o)
{
	rig_open(r, o);
	tls_stream_start_data(&r->st, &control->st);
	ck_assert_msg(rig_handshake(r), "%s", tls_stream_error(&r->st));
}

void
rig_hang_up(struct rig *r)
{
	if (r->c.fd != -1)
		close(r->c.fd);
	r->c.fd = -1;
}

void
rig_reset(struct rig *r)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(r->c.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	rig_hang_up(r);
}

void
rig_close(struct rig *r)
{
	rig_hang_up(r);
	SSL_SESSION_free(r->c.session);
	/* Else OpenSSL would not use its session again. */
	SSL_set_shutdown(r->c.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(r->c.ssl);
	SSL_CTX_free(r->c.ctx);
	if (r->st.fd != -1)
		stream_close(&r->st);
	ERR_clear_error();
}

/* ------------------------------------------------------------------ moving */

static void
send_pending(struct rig_client *c)
{
	static char buf[PACKET_MAX];
	int n = BIO_read(SSL_get_wbio(c->ssl), buf, sizeof(buf));

	if (n <= 0 || c->fd == -1)
		return;
	if (send(c->fd, buf, (size_t)n, MSG_NOSIGNAL) != n && errno != EPIPE)
		ck_abort_msg("client: send: %s", strerror(errno));
}

static bool
receive_packet(struct rig_client *c)
{
	static char buf[PACKET_MAX];
	ssize_t n;

	if (c->mute || c->fd == -1 || c->eof)
		return false;
	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n == 0)
		c->eof = true;
	if (n == -1 && errno != EAGAIN)
		c->err = errno;
	if (n <= 0)
		return false;
	c->packets++;
	c->bytes += (size_t)n;
	c->last = (size_t)n;
	ck_assert_int_eq(BIO_write(SSL_get_rbio(c->ssl), buf, (int)n), (int)n);
	return true;
}

void
rig_pump(struct rig *r)
{
	send_pending(&r->c);
	while (receive_packet(&r->c))
		;
}

static void
await(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

void
rig_await(struct rig *r)
{
	await(r->st.fd, POLLIN);
}

void
rig_await_end(struct rig *r)
{
	await(r->st.fd, POLLRDHUP);
}

void
rig_await_client(struct rig *r)
{
	await(r->c.fd, POLLRDHUP);
}

/* Until something is under way to either side, but not for long. */
static void
await_either(struct rig *r)
{
	struct pollfd p[2] = { { .fd = r->st.fd, .events = POLLIN },
		{ .fd = r->c.fd, .events = POLLIN } };

	(void)poll(p, 2, 20);
}

bool
rig_handshake(struct rig *r)
{
	enum io_want want = IO_WANT_READ;
	int i, ret = 0;

	for (i = 0; i < 100 && (want != IO_DONE || ret != 1); i++) {
		ERR_clear_error();
		if (ret != 1)
			ret = SSL_do_handshake(r->c.ssl);
		if (ret != 1 &&
		    SSL_get_error(r->c.ssl, ret) != SSL_ERROR_WANT_READ) {
			rig_pump(r); /* its alert */
			(void)r->st.ops->handshake(&r->st);
			return false;
		}
		rig_pump(r);
		await_either(r);
		if (want != IO_DONE)
			want = r->st.ops->handshake(&r->st);
		rig_pump(r);
		if (want == IO_ERR)
			return false;
	}
	return want == IO_DONE && ret == 1;
}

void
rig_raw(struct rig *r, const void *p, size_t len)
{
	ck_assert_int_eq(send(r->c.fd, p, len, MSG_NOSIGNAL), (int)len);
}

void
rig_put(struct rig *r, const char *text)
{
	int len = (int)strlen(text);

	ck_assert_int_eq(SSL_write(r->c.ssl, text, len), len);
	rig_pump(r);
}

void
rig_put_close(struct rig *r)
{
	ck_assert_int_ge(SSL_shutdown(r->c.ssl), 0);
	rig_pump(r);
}

const char *
rig_get(struct rig *r)
{
	static char text[2 * PACKET_MAX];
	size_t n, len = 0;

	rig_pump(r);
	ERR_clear_error();
	while (len < sizeof(text) - 1 && SSL_read_ex(r->c.ssl, text + len,
					     sizeof(text) - 1 - len, &n) == 1)
		len += n;
	text[len] = '\0';
	send_pending(&r->c);
	return text;
}

bool
rig_got_close(struct rig *r)
{
	(void)rig_get(r);
	return (SSL_get_shutdown(r->c.ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

SSL_SESSION *
rig_session(struct rig *r)
{
	SSL_SESSION *s;

	(void)rig_get(r);
	s = r->c.session;
	r->c.session = NULL;
	if (s == NULL) /* a renewed ticket of 1.2 is not announced */
		s = SSL_get1_session(r->c.ssl);
	ck_assert_ptr_nonnull(s);
	return s;
}

void
rig_say(struct rig *r, const char *text)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)text,
		.iov_len = strlen(text) };
	size_t n;

	ck_assert_int_eq(r->st.ops->writev(&r->st, &iov, 1, &n), IO_DONE);
	ck_assert_uint_eq(n, iov.iov_len);
}

const char *
rig_hear(struct rig *r, enum io_want *want_r)
{
	static char text[PACKET_MAX];
	enum io_want want;
	size_t n, len = 0;

	for (;;) {
		want = r->st.ops->read(
		    &r->st, text + len, sizeof(text) - 1 - len, &n);
		if (want != IO_DONE)
			break;
		ck_assert_uint_gt(n, 0);
		len += n;
	}
	text[len] = '\0';
	if (want_r != NULL)
		*want_r = want;
	return text;
}
