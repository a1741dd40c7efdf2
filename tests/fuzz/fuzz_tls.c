/* SPDX-License-Identifier: ISC */
/*
 * What a client sends before, during and after the handshake, and while TLS is
 * left: every call ends, nothing comes out that was not put in, and errors stay
 * errors.
 *
 * Input: stage, size of pieces, bytes.
 */
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "common/stream.h"
#include "tests/fuzz/fuzz.h"
#include "tls/tls_ctx.h"
#include "tls/tls_info.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

enum stage {
	CONTROL,
	DATA,
	UP,
	LEAVING
};

static const struct addr nobody = { .family = 4 };

static struct tls_ctx *
make_ctx(enum tls_profile profile)
{
	char dir[] = "/tmp/fuzz-tls-XXXXXX", cert[64], key[64], *err = NULL;
	struct tls_pair pair = { .cert = cert, .key = key };
	struct tls_settings set = {
		.pairs = &pair, .npairs = 1, .profile = profile
	};
	struct tls_ctx *ctx;

	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(cert, sizeof(cert), "%s/crt", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	REQUIRE(tls_selfsigned(cert, key, "fuzz.example", &err) == 0);
	ctx = tls_ctx_new(&set, &err);
	REQUIRE(ctx != NULL);
	unlink(cert);
	unlink(key);
	rmdir(dir);
	return ctx;
}

static struct tls_ctx *
ctx_of(enum tls_profile profile)
{
	static struct tls_ctx *ctxs[2];

	if (ctxs[profile] == NULL)
		ctxs[profile] = make_ctx(profile);
	return ctxs[profile];
}

static void
open_pair(struct stream *st, int *client)
{
	int fds[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	stream_init_plain(st, fds[0]);
	*client = fds[1];
}

/* A control connection with a client of OpenSSL's. */
static void
connect_up(struct stream *st, int *client, enum tls_profile profile)
{
	static SSL_CTX *cctx;
	enum io_want want = IO_WANT_READ;
	int i, ret = 0;
	SSL *ssl;

	if (cctx == NULL)
		cctx = SSL_CTX_new(TLS_client_method());
	open_pair(st, client);
	tls_stream_start(st, ctx_of(profile), &nobody);
	ssl = SSL_new(cctx);
	SSL_set_fd(ssl, *client);
	for (i = 0; i < 20 && (ret != 1 || want != IO_DONE); i++) {
		ret = SSL_connect(ssl);
		want = st->ops->handshake(st);
	}
	REQUIRE(ret == 1 && want == IO_DONE);
	SSL_free(ssl);
}

static void
drain(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

/* Reads until a want; returns it. */
static enum io_want
read_all(struct stream *st, size_t *total, size_t max)
{
	char buf[100];
	enum io_want want;
	size_t n;

	while ((want = st->ops->read(st, buf, sizeof(buf), &n)) == IO_DONE) {
		REQUIRE(n > 0 && n <= sizeof(buf));
		*total += n;
		REQUIRE(*total <= max);
	}
	REQUIRE(n == 0);
	return want;
}

static enum io_want
step(struct stream *st, enum stage stage, size_t *total, size_t max)
{
	enum io_want want;

	if (stage == UP || stage == LEAVING)
		return read_all(st, total, max);
	want = st->ops->handshake(st);
	REQUIRE(want != IO_EOF);
	if (want == IO_ERR) {
		REQUIRE(tls_stream_error(st)[0] != '\0');
		REQUIRE(st->ops->handshake(st) == IO_ERR);
	}
	return want;
}

static void
feed(struct stream *st, int client, enum stage stage, struct input in,
    size_t piece)
{
	enum io_want want = IO_WANT_READ;
	size_t n, total = 0, size = in.n;

	while (in.n > 0 && want == IO_WANT_READ) {
		n = in.n < piece ? in.n : piece;
		REQUIRE(write(client, in.p, n) == (ssize_t)n);
		in.p += n;
		in.n -= n;
		want = step(st, stage, &total, size);
		drain(client);
	}
	shutdown(client, SHUT_WR);
	if (want == IO_WANT_READ || want == IO_WANT_WRITE)
		want = step(st, stage, &total, size);
	REQUIRE(want == IO_EOF || want == IO_ERR);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned flags = (unsigned)input_uint(&in, 1);
	size_t piece = 1 + (size_t)input_uint(&in, 1) * 16;
	enum tls_profile profile = (flags & 4) != 0 ? TLS_LEGACY : TLS_MODERN;
	enum stage stage = flags & 3;
	struct iovec reply = { .iov_base = (char[]){ "200 ok\r\n" },
		.iov_len = 8 };
	struct stream st, control;
	int client, other;
	size_t n;

	if (in.n > 50000)
		return 0;
	if (stage == CONTROL) {
		open_pair(&st, &client);
		tls_stream_start(&st, ctx_of(profile), &nobody);
	} else
		connect_up(&st, &client, profile);
	if (stage == DATA) {
		control = st;
		other = client;
		open_pair(&st, &client);
		tls_stream_start_data(&st, &control);
		stream_close(&control);
		close(other);
	}
	if (stage == LEAVING) {
		tls_stream_leave(&st);
		REQUIRE(st.ops->writev(&st, &reply, 1, &n) == IO_DONE);
	}
	feed(&st, client, stage, in, piece);
	(void)st.ops->shutdown(&st);
	(void)tls_stream_reuse(&st);
	stream_close(&st);
	close(client);
	return 0;
}
