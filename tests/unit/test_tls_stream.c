/* SPDX-License-Identifier: ISC */
/*
 * TLS streams: handshakes, sends, ends, and bad peers. Loop tests run for
 * TLS 1.2 and 1.3.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_info.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct tls_ctx *ctx;

static void
setup(void)
{
	temp_dir_setup();
	ctx = rig_ctx(NULL);
}

static void
teardown(void)
{
	tls_ctx_unref(ctx);
	temp_dir_teardown();
}

/* -------------------------------------------------------------- handshakes */

START_TEST(talks)
{
	struct rig r;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	ck_assert(tls_stream_is_tls(&r.st));
	ck_assert(tls_stream_is_up(&r.st));
	ck_assert_int_eq(SSL_version(r.c.ssl), versions[_i]);
	rig_put(&r, "USER joe\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "USER joe\r\n");
	rig_say(&r, "331 Password?\r\n");
	ck_assert_str_eq(rig_get(&r), "331 Password?\r\n");
	rig_close(&r);
}
END_TEST

/* GnuTLS sends the end of a handshake in two segments, and without TCP_NODELAY
 * the second waits until the first is acknowledged. */
START_TEST(half_an_answer_is_acknowledged)
{
	struct rig r;
	char half[6];
	int unacked;

	rig_open(
	    &r, &(struct rig_options){ .version = versions[_i], .tcp = true });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert_int_eq(SSL_do_handshake(r.c.ssl), -1);
	rig_pump(&r);
	rig_await(&r);
	ck_assert_int_eq(r.st.ops->handshake(&r.st), IO_WANT_READ);
	while (BIO_pending(SSL_get_wbio(r.c.ssl)) == 0) {
		rig_pump(&r);
		(void)SSL_do_handshake(r.c.ssl);
	}
	ck_assert_int_eq(BIO_read(SSL_get_wbio(r.c.ssl), half, 6), 6);
	rig_raw(&r, half, sizeof(half));
	rig_await(&r);
	ck_assert_int_eq(r.st.ops->handshake(&r.st), IO_WANT_READ);
	ck_assert_int_eq(ioctl(r.c.fd, SIOCOUTQ, &unacked), 0);
	ck_assert_int_eq(unacked, 0);
	ck_assert(rig_handshake(&r));
	rig_close(&r);
}
END_TEST

/* Protocol 12.5: each of our flights is one send. */
START_TEST(one_send_per_flight)
{
	struct rig r;

	rig_control(&r, ctx,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	/* 1.2: ServerHello..Done, then ticket..Finished. */
	ck_assert_uint_eq(r.c.packets, _i == 0 ? 2 : 1);
	rig_close(&r);
}
END_TEST

/* Byte by byte nothing is lost, and nobody spins. */
START_TEST(byte_by_byte)
{
	struct rig r;
	char buf[16384];
	int i, n, ret;

	rig_open(&r, &(struct rig_options){ .version = versions[_i] });
	tls_stream_start(&r.st, ctx, &rig_addr);
	while ((ret = SSL_do_handshake(r.c.ssl)) != 1 ||
	       !tls_stream_is_up(&r.st)) {
		n = BIO_read(SSL_get_wbio(r.c.ssl), buf, sizeof(buf));
		ck_assert_int_gt(n, 0);
		for (i = 0; i < n; i++) {
			rig_raw(&r, buf + i, 1);
			if (i + 1 < n)
				ck_assert_int_eq(
				    r.st.ops->handshake(&r.st), IO_WANT_READ);
		}
		ck_assert_int_ne(r.st.ops->handshake(&r.st), IO_ERR);
		rig_pump(&r);
	}
	rig_put(&r, "NOOP\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "NOOP\r\n");
	rig_close(&r);
}
END_TEST

/* The client's last message and its first bytes are one segment: nothing else
 * will wake us. */
START_TEST(first_bytes_with_handshake)
{
	struct rig r, t[2];
	SSL_SESSION *s;
	int i, k;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "200 ok\r\n");
	s = rig_session(&r);
	for (i = 0; i < 2; i++) {
		rig_open(&t[i], &(struct rig_options){
				    .version = versions[_i], .resume = s });
		if (i == 0)
			tls_stream_start(&t[i].st, ctx, &rig_addr);
		else
			tls_stream_start_data(&t[i].st, &r.st);
		for (k = 0; k < 5 && SSL_do_handshake(t[i].c.ssl) != 1; k++) {
			rig_pump(&t[i]);
			(void)t[i].st.ops->handshake(&t[i].st);
			rig_pump(&t[i]);
		}
		ck_assert(!tls_stream_is_up(&t[i].st));
		rig_put(&t[i], "first"); /* and Finished */
		ck_assert_int_eq(t[i].st.ops->handshake(&t[i].st), IO_DONE);
		ck_assert(t[i].st.ops->pending(&t[i].st));
		ck_assert_str_eq(rig_hear(&t[i], NULL), "first");
		ck_assert(!t[i].st.ops->pending(&t[i].st));
		rig_close(&t[i]);
	}
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* ------------------------------------------------------------------- sends */

/* 256 KiB in one send; that is 16 records. */
START_TEST(big_write_is_one_send)
{
	struct rig r, d;
	static char data[TLS_WRITE_MAX];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	size_t n;

	memset(data, 'x', sizeof(data));
	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	d.c.packets = 0;
	ck_assert_int_eq(d.st.ops->writev(&d.st, &iov, 1, &n), IO_DONE);
	ck_assert_uint_eq(n, sizeof(data));
	ck_assert_uint_eq(strlen(rig_get(&d)), sizeof(data));
	ck_assert_uint_eq(d.c.packets, 1);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* Many small pieces become one record and one send. */
START_TEST(pieces_are_joined)
{
	struct rig r;
	struct iovec iov[3] = {
		{ .iov_base = (char[]){ "213-a\r\n" }, .iov_len = 7 },
		{ .iov_base = (char[]){ "" }, .iov_len = 0 },
		{ .iov_base = (char[]){ "213 b\r\n" }, .iov_len = 7 },
	};
	size_t n;

	rig_control(&r, ctx,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	r.c.packets = 0;
	ck_assert_int_eq(r.st.ops->writev(&r.st, iov, 3, &n), IO_DONE);
	ck_assert_uint_eq(n, 14);
	ck_assert_str_eq(rig_get(&r), "213-a\r\n213 b\r\n");
	ck_assert_uint_eq(r.c.packets, 1);
	ck_assert_uint_lt(r.c.last, 14 + 40);
	rig_close(&r);
}
END_TEST

/* Protocol 12.3: the last data and close_notify leave together. */
START_TEST(last_data_with_close_notify)
{
	struct rig r, d;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	d.c.packets = 0;
	tls_stream_last(&d.st);
	rig_say(&d, "the end");
	ck_assert_str_eq(rig_get(&d), "the end");
	ck_assert_uint_eq(d.c.packets, 1);
	ck_assert(rig_got_close(&d));
	ck_assert_int_eq(d.st.ops->shutdown(&d.st), IO_DONE);
	rig_pump(&d);
	ck_assert(d.c.eof);
	ck_assert_uint_eq(d.c.packets, 1);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* An empty file: close_notify alone (R5.3). */
START_TEST(shutdown_says_close_notify)
{
	struct rig r, d;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	d.c.packets = 0;
	ck_assert_int_eq(d.st.ops->shutdown(&d.st), IO_DONE);
	ck_assert(rig_got_close(&d));
	ck_assert_uint_eq(d.c.packets, 1);
	ck_assert(d.c.eof);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* A client that reads slowly: what is reported has left, nothing is lost or
 * doubled, and a full socket is WANT_WRITE. */
START_TEST(slow_reader)
{
	static char data[3 * 1024 * 1024];
	struct rig r, d;
	size_t i, n, sent = 0, got = 0, wants = 0, turn = 0;
	int size = 8192;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)('a' + i % 23);
	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	setsockopt(d.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	while (got < sizeof(data)) {
		struct iovec iov = { .iov_base = data + sent,
			.iov_len = sizeof(data) - sent };
		enum io_want want;
		const char *text;

		if (sent < sizeof(data)) {
			want = d.st.ops->writev(&d.st, &iov, 1, &n);
			ck_assert(want == IO_DONE || want == IO_WANT_WRITE);
			ck_assert(want == IO_WANT_WRITE || n > 0);
			wants += want == IO_WANT_WRITE;
			sent += n;
		}
		if (turn++ % 3 != 0)
			continue;
		text = rig_get(&d);
		n = strlen(text);
		ck_assert_uint_le(got + n, sizeof(data));
		ck_assert(memcmp(text, data + got, n) == 0);
		got += n;
		ck_assert_uint_ge(got, sent < 70000 ? 0 : sent - 70000);
	}
	ck_assert_uint_eq(sent, sizeof(data));
	ck_assert_uint_gt(wants, 0);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* The last bytes of a download do not fit the socket; close_notify follows them
 * all the same, and nothing is lost. */
START_TEST(last_data_leaves_late)
{
	static char data[TLS_WRITE_MAX + 100000];
	struct rig r, d;
	size_t n, sent = 0, got = 0;
	enum io_want want = IO_WANT_WRITE;
	int i, size = 8192;

	memset(data, 'x', sizeof(data));
	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	setsockopt(d.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	tls_stream_last(&d.st);
	for (i = 0; i < 10000 && sent < sizeof(data); i++) {
		struct iovec iov = { .iov_base = data + sent,
			.iov_len = sizeof(data) - sent };

		want = d.st.ops->writev(&d.st, &iov, 1, &n);
		ck_assert(want == IO_DONE || want == IO_WANT_WRITE);
		sent += n;
		if (want == IO_WANT_WRITE)
			got += strlen(rig_get(&d));
	}
	ck_assert_uint_eq(sent, sizeof(data));
	want = IO_WANT_WRITE;
	for (i = 0; i < 100 && want == IO_WANT_WRITE; i++) {
		want = d.st.ops->shutdown(&d.st);
		got += strlen(rig_get(&d));
	}
	ck_assert_int_eq(want, IO_DONE);
	got += strlen(rig_get(&d));
	ck_assert_uint_eq(got, sizeof(data));
	ck_assert(rig_got_close(&d));
	ck_assert(d.c.eof);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* Where the kernel can encrypt it does; where it cannot nothing is different.
 */
START_TEST(kernel_tls)
{
	struct tls_ctx *mine = rig_ctx(&(struct tls_settings){ .ktls = true });
	struct rig_options o = { .version = versions[_i], .tcp = true };
	struct rig r, d;
	struct tls_info info;
	off_t off = 0;
	size_t n;
	int fd = open(temp_file("file", "of a file"), O_RDONLY);

	rig_control(&r, mine, &o);
	ck_assert_ptr_null(r.st.ops->sendfile);
	rig_data(&d, &r, &o);
	ck_assert(tls_info_get(&d.st, &info));
	ck_assert_int_eq(info.kernel, d.st.ops->sendfile != NULL);
	rig_say(&d, "bytes ");
	if (d.st.ops->sendfile != NULL)
		ck_assert_int_eq(
		    d.st.ops->sendfile(&d.st, fd, &off, 9, &n), IO_DONE);
	else
		rig_say(&d, "of a file");
	rig_put(&d, "up");
	rig_await(&d);
	ck_assert_str_eq(rig_hear(&d, NULL), "up");
	ck_assert_int_eq(d.st.ops->shutdown(&d.st), IO_DONE);
	rig_await_client(&d);
	ck_assert_str_eq(rig_get(&d), "bytes of a file");
	ck_assert(rig_got_close(&d));
	close(fd);
	rig_close(&d);
	rig_close(&r);
	tls_ctx_unref(mine);
}
END_TEST

/* Nothing is reported while the client takes nothing. */
START_TEST(reports_what_has_left)
{
	static char data[TLS_WRITE_MAX];
	struct rig r;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	size_t n, sent = 0;
	enum io_want want;
	int size = 8192, i;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	setsockopt(r.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	r.c.mute = true;
	for (i = 0; i < 20; i++) {
		iov.iov_base = data + sent;
		iov.iov_len = sizeof(data) - sent;
		want = r.st.ops->writev(&r.st, &iov, 1, &n);
		sent += n;
	}
	ck_assert_int_eq(want, IO_WANT_WRITE);
	ck_assert_uint_lt(sent, sizeof(data));
	/* Nor does closing get past it. */
	ck_assert_int_eq(r.st.ops->shutdown(&r.st), IO_WANT_WRITE);
	rig_close(&r);
}
END_TEST

/* --------------------------------------------------------------------- ends */

START_TEST(close_notify_is_eof)
{
	struct rig r, d;
	enum io_want want;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	rig_put(&d, "whole");
	rig_put_close(&d);
	ck_assert_str_eq(rig_hear(&d, &want), "whole");
	ck_assert_int_eq(want, IO_EOF);
	ck_assert(!tls_stream_was_truncated(&d.st));
	/* Python's unwrap() waits for ours; no FIN of theirs is needed (R3.2).
	 */
	ck_assert_int_eq(d.st.ops->shutdown(&d.st), IO_DONE);
	ck_assert(rig_got_close(&d));
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* The client says close_notify with its data and then waits without a FIN:
 * nothing wakes us again, so pending() must say that there is more. */
START_TEST(close_notify_behind_data_is_pending)
{
	struct rig r, d;
	char buf[100];
	size_t n;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	ck_assert_int_eq(SSL_write(d.c.ssl, "whole", 5), 5);
	rig_put_close(&d); /* one send */
	ck_assert_int_eq(d.st.ops->read(&d.st, buf, sizeof(buf), &n), IO_DONE);
	ck_assert_uint_eq(n, 5);
	ck_assert(d.st.ops->pending(&d.st));
	ck_assert_int_eq(d.st.ops->read(&d.st, buf, sizeof(buf), &n), IO_EOF);
	ck_assert(!d.st.ops->pending(&d.st));
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* Decrypted bytes that did not fit are pending, part of a record is not. */
START_TEST(pending_means_progress)
{
	struct rig r;
	char buf[4];
	uint8_t part[3] = { 0x17, 3, 3 };
	size_t n;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_put(&r, "NOOP\r\n");
	ck_assert_int_eq(r.st.ops->read(&r.st, buf, 4, &n), IO_DONE);
	ck_assert_uint_eq(n, 4);
	ck_assert(r.st.ops->pending(&r.st));
	ck_assert_int_eq(r.st.ops->read(&r.st, buf, 4, &n), IO_DONE);
	ck_assert_uint_eq(n, 2);
	ck_assert(!r.st.ops->pending(&r.st));
	rig_raw(&r, part, sizeof(part));
	ck_assert_int_eq(r.st.ops->read(&r.st, buf, 4, &n), IO_WANT_READ);
	ck_assert(!r.st.ops->pending(&r.st));
	rig_close(&r);
}
END_TEST

/* R0b D: a bare FIN is an end, but not a clean one; we may go on writing. */
START_TEST(bare_fin_is_truncation)
{
	struct rig r, d;
	enum io_want want;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .tcp = true });
	rig_put(&d, "half");
	ck_assert_int_eq(shutdown(d.c.fd, SHUT_WR), 0);
	rig_await_end(&d);
	ck_assert_str_eq(rig_hear(&d, &want), "half");
	ck_assert_int_eq(want, IO_EOF);
	ck_assert(tls_stream_was_truncated(&d.st));
	ck_assert_str_eq(rig_hear(&d, &want), "");
	ck_assert_int_eq(want, IO_EOF);
	rig_say(&d, "still here");
	ck_assert_str_eq(rig_get(&d), "still here");
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* R0b A: a reset is never the end of a file. */
START_TEST(reset_is_an_error)
{
	struct rig r, d;
	enum io_want want;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .tcp = true });
	rig_put(&d, "part");
	rig_await(&d);
	ck_assert_str_eq(rig_hear(&d, &want), "part");
	rig_reset(&d);
	rig_await(&d);
	rig_hear(&d, &want);
	ck_assert_int_eq(want, IO_ERR);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert(!tls_stream_was_truncated(&d.st));
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* R2.2: what we cannot write does not end what we read. */
START_TEST(unwritable_upload_is_read_to_its_end)
{
	struct rig r, d;
	enum io_want want;
	struct iovec iov = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	size_t n;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	rig_put(&d, "all of it");
	rig_put_close(&d);
	shutdown(d.c.fd, SHUT_RD); /* writing to it is EPIPE */
	ck_assert_int_eq(d.st.ops->writev(&d.st, &iov, 1, &n), IO_ERR);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_str_eq(rig_hear(&d, &want), "all of it");
	ck_assert_int_eq(want, IO_EOF);
	ck_assert(!tls_stream_was_truncated(&d.st));
	ck_assert_int_eq(d.st.ops->shutdown(&d.st), IO_ERR);
	ck_assert_int_eq(errno, EPIPE);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* A record that was tampered with: an error, an alert, and no second try. */
START_TEST(bad_record)
{
	struct rig r;
	uint8_t junk[5 + 64] = { 0x17, 3, 3, 0, 64 };
	enum io_want want;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_raw(&r, junk, sizeof(junk));
	rig_hear(&r, &want);
	ck_assert_int_eq(want, IO_ERR);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_str_ne(tls_stream_error(&r.st), "");
	rig_hear(&r, &want);
	ck_assert_int_eq(want, IO_ERR);
	ck_assert_int_eq(r.st.ops->shutdown(&r.st), IO_DONE);
	ck_assert_int_eq(SSL_read(r.c.ssl, junk, 1), -1);
	rig_get(&r);
	ck_assert(r.c.eof);
	rig_close(&r);
}
END_TEST

/* --------------------------------------------------------------- bad input */

static void
expect_failure(struct rig *r, int err, const char *words)
{
	enum io_want want = IO_WANT_READ;
	int i;

	for (i = 0; i < 100 && want == IO_WANT_READ; i++)
		want = r->st.ops->handshake(&r->st);
	ck_assert_int_eq(want, IO_ERR);
	ck_assert_int_eq(errno, err);
	ck_assert_msg(strstr(tls_stream_error(&r->st), words) != NULL,
	    "\"%s\" lacks \"%s\"", tls_stream_error(&r->st), words);
	ck_assert_int_eq(r->st.ops->handshake(&r->st), IO_ERR);
	ck_assert(tls_stream_is_tls(&r->st));
	ck_assert(!tls_stream_is_up(&r->st));
}

static const struct {
	const char *bytes, *words;
} garbage[] = {
	{ "GET / HTTP/1.1\r\n\r\n", "plain text instead of TLS (HTTP)" },
	{ "USER anonymous\r\n", "plain text instead of TLS" },
	{ "\x80\x01\x02\x03\x04\x05\x06\x07", "not TLS" },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff", "not TLS" },
	{ "\x16\x03\x01\xff\xff\x01\x02\x03",
	    "a record longer than TLS allows" },
};

START_TEST(garbage_instead_of_hello)
{
	struct rig r;

	rig_open(&r, &(struct rig_options){ .version = 0 });
	tls_stream_start(&r.st, ctx, &rig_addr);
	rig_raw(&r, garbage[_i].bytes, strlen(garbage[_i].bytes));
	expect_failure(&r, EPROTO, garbage[_i].words);
	rig_close(&r);
}
END_TEST

/* A ClientHello of 16 MiB is announced: refused at once. */
START_TEST(giant_hello)
{
	struct rig r;
	uint8_t rec[5 + 1024] = { 0x16, 3, 1, 4, 0, 1, 0xff, 0xff, 0xff };

	rig_open(&r, &(struct rig_options){ .version = 0 });
	tls_stream_start(&r.st, ctx, &rig_addr);
	rig_raw(&r, rec, sizeof(rec));
	expect_failure(&r, EPROTO, "excessive message size");
	rig_close(&r);
}
END_TEST

START_TEST(closed_during_handshake)
{
	struct rig r;

	rig_open(&r, &(struct rig_options){ .version = versions[_i] });
	tls_stream_start(&r.st, ctx, &rig_addr);
	(void)SSL_do_handshake(r.c.ssl);
	rig_pump(&r);
	ck_assert_int_eq(r.st.ops->handshake(&r.st), IO_WANT_READ);
	ck_assert_int_eq(shutdown(r.c.fd, SHUT_WR), 0);
	expect_failure(&r, ECONNABORTED, "connection closed during handshake");
	rig_close(&r);
}
END_TEST

START_TEST(reset_during_handshake)
{
	struct rig r;

	rig_open(&r, &(struct rig_options){ .tcp = true });
	tls_stream_start(&r.st, ctx, &rig_addr);
	(void)SSL_do_handshake(r.c.ssl);
	rig_pump(&r);
	rig_await(&r);
	ck_assert_int_eq(r.st.ops->handshake(&r.st), IO_WANT_READ);
	rig_reset(&r);
	rig_await(&r);
	expect_failure(&r, ECONNRESET, "connection lost during handshake");
	rig_close(&r);
}
END_TEST

/* Reading and writing before the handshake is done is our own mistake, but
 * no disaster. */
START_TEST(not_before_the_handshake)
{
	struct rig r;
	struct iovec iov = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	char c;
	size_t n;

	rig_open(&r, &(struct rig_options){ .version = versions[_i] });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert_int_eq(r.st.ops->read(&r.st, &c, 1, &n), IO_ERR);
	ck_assert_int_eq(r.st.ops->writev(&r.st, &iov, 1, &n), IO_ERR);
	ck_assert_int_eq(r.st.ops->shutdown(&r.st), IO_DONE);
	rig_pump(&r);
	ck_assert(r.c.eof);
	ck_assert_uint_eq(r.c.bytes, 0);
	rig_close(&r);
}
END_TEST

/* TLS 1.2: the client is told no, and the connection goes on. */
START_TEST(renegotiation_is_refused)
{
	struct rig r;
	enum io_want want;

	rig_control(
	    &r, ctx, &(struct rig_options){ .version = TLS1_2_VERSION });
	ck_assert_int_eq(SSL_renegotiate(r.c.ssl), 1);
	(void)SSL_do_handshake(r.c.ssl);
	rig_pump(&r);
	ck_assert_str_eq(rig_hear(&r, &want), "");
	ck_assert_int_eq(want, IO_WANT_READ);
	rig_pump(&r);
	(void)SSL_do_handshake(r.c.ssl);
	ck_assert_int_eq(
	    ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	rig_say(&r, "200 still here\r\n");
	rig_close(&r);
}
END_TEST

/* Key updates that ask for answers, from a client that never reads: neither
 * memory nor time without bounds. */
START_TEST(key_update_flood)
{
	struct rig r;
	enum io_want want = IO_WANT_READ;
	int i, size = 4096;
	char c;
	size_t n;

	rig_control(
	    &r, ctx, &(struct rig_options){ .version = TLS1_3_VERSION });
	setsockopt(r.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	r.c.mute = true;
	for (i = 0; i < 3000 && want != IO_WANT_WRITE; i++) {
		ck_assert_int_eq(
		    SSL_key_update(r.c.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(r.c.ssl), 1);
		rig_pump(&r);
		want = r.st.ops->read(&r.st, &c, 1, &n);
		ck_assert(want == IO_WANT_READ || want == IO_WANT_WRITE);
	}
	ck_assert_int_eq(want, IO_WANT_WRITE);
	/* And what it says afterwards is read when it listens again. */
	r.c.mute = false;
	rig_get(&r);
	rig_put(&r, "QUIT\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "QUIT\r\n");
	rig_close(&r);
}
END_TEST

/* ----------------------------------------------------------------- padding */

/* Design "Replies": the 226 fills its segment; the client sees nothing. */
START_TEST(pads_to_a_multiple)
{
	struct rig r;
	static const size_t sizes[] = { 512, 524, 1448, 100 };
	size_t i;

	rig_control(&r, ctx,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	for (i = 0; i < NELEM(sizes); i++) {
		ck_assert(tls_stream_pad_next(&r.st, sizes[i], 0) == (_i == 1));
		rig_say(&r, "226 Transfer complete.\r\n");
		ck_assert_str_eq(rig_get(&r), "226 Transfer complete.\r\n");
		if (_i == 1)
			ck_assert_uint_eq(r.c.last % sizes[i], 0);
		else
			ck_assert_uint_lt(r.c.last, 60);
	}
	/* Only the next one. */
	rig_say(&r, "226 Transfer complete.\r\n");
	rig_get(&r);
	ck_assert_uint_lt(r.c.last, 60);
	rig_close(&r);
}
END_TEST

/* What the kernel still holds counts, and so does a ticket in the same send. */
START_TEST(pads_what_leaves_together)
{
	struct rig r;

	rig_control(&r, ctx,
	    &(struct rig_options){
		.version = TLS1_3_VERSION, .type = SOCK_SEQPACKET });
	tls_stream_pad_next(&r.st, 512, 100);
	rig_say(&r, "226 ok\r\n");
	rig_get(&r);
	ck_assert_uint_eq((r.c.last + 100) % 512, 0);
	tls_stream_new_ticket(&r.st);
	tls_stream_pad_next(&r.st, 512, 0);
	rig_say(&r, "227 ok\r\n");
	rig_get(&r);
	ck_assert_uint_eq(r.c.tickets, 1);
	ck_assert_uint_eq(r.c.last % 512, 0);
	/* Impossible sizes: no padding, no harm. */
	tls_stream_pad_next(&r.st, 100000, 0);
	rig_say(&r, "226 ok\r\n");
	ck_assert_str_eq(rig_get(&r), "226 ok\r\n");
	ck_assert_uint_lt(r.c.last, 60);
	rig_close(&r);
}
END_TEST

/* Where records cannot be padded, text can: its cost is known. */
START_TEST(overhead_is_known)
{
	static const char *const ciphers[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-CHACHA20-POLY1305",
	};
	struct rig r;
	size_t n;

	rig_control(&r, ctx,
	    &(struct rig_options){ .version = TLS1_2_VERSION,
		.type = SOCK_SEQPACKET,
		.ciphers = ciphers[_i] });
	ck_assert(tls_stream_overhead(&r.st, &n));
	rig_say(&r, "226 Transfer complete.\r\n");
	rig_get(&r);
	ck_assert_uint_eq(r.c.last, strlen("226 Transfer complete.\r\n") + n);
	rig_close(&r);
}
END_TEST

/* That of block ciphers depends on the content. */
START_TEST(overhead_is_not_known)
{
	struct rig r;
	struct tls_ctx *legacy =
	    rig_ctx(&(struct tls_settings){ .profile = TLS_LEGACY });
	size_t n;

	rig_control(&r, legacy,
	    &(struct rig_options){ .version = TLS1_2_VERSION,
		.ciphers = "ECDHE-ECDSA-AES128-SHA" });
	ck_assert(!tls_stream_overhead(&r.st, &n));
	rig_close(&r);
	tls_ctx_unref(legacy);
}
END_TEST

Suite *
suite_tls_stream(void)
{
	Suite *s = suite_create("tls_stream");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, talks, 0, 2);
	tcase_add_loop_test(tc, half_an_answer_is_acknowledged, 0, 2);
	tcase_add_loop_test(tc, one_send_per_flight, 0, 2);
	tcase_add_loop_test(tc, byte_by_byte, 0, 2);
	tcase_add_loop_test(tc, first_bytes_with_handshake, 0, 2);
	tcase_add_loop_test(tc, big_write_is_one_send, 0, 2);
	tcase_add_loop_test(tc, pieces_are_joined, 0, 2);
	tcase_add_loop_test(tc, last_data_with_close_notify, 0, 2);
	tcase_add_loop_test(tc, shutdown_says_close_notify, 0, 2);
	tcase_add_loop_test(tc, slow_reader, 0, 2);
	tcase_add_loop_test(tc, last_data_leaves_late, 0, 2);
	tcase_add_loop_test(tc, kernel_tls, 0, 2);
	tcase_add_loop_test(tc, reports_what_has_left, 0, 2);
	tcase_add_loop_test(tc, close_notify_is_eof, 0, 2);
	tcase_add_loop_test(tc, close_notify_behind_data_is_pending, 0, 2);
	tcase_add_loop_test(tc, pending_means_progress, 0, 2);
	tcase_add_loop_test(tc, bare_fin_is_truncation, 0, 2);
	tcase_add_loop_test(tc, reset_is_an_error, 0, 2);
	tcase_add_loop_test(tc, unwritable_upload_is_read_to_its_end, 0, 2);
	tcase_add_loop_test(tc, bad_record, 0, 2);
	tcase_add_loop_test(
	    tc, garbage_instead_of_hello, 0, (int)NELEM(garbage));
	tcase_add_test(tc, giant_hello);
	tcase_add_loop_test(tc, closed_during_handshake, 0, 2);
	tcase_add_test(tc, reset_during_handshake);
	tcase_add_loop_test(tc, not_before_the_handshake, 0, 2);
	tcase_add_test(tc, renegotiation_is_refused);
	tcase_add_test(tc, key_update_flood);
	tcase_add_loop_test(tc, pads_to_a_multiple, 0, 2);
	tcase_add_loop_test(tc, overhead_is_known, 0, 3);
	tcase_add_test(tc, overhead_is_not_known);
	tcase_add_test(tc, pads_what_leaves_together);
	suite_add_tcase(s, tc);
	return s;
}
