/* SPDX-License-Identifier: ISC */
/*
 * CCC and REIN: leaving TLS on a live connection, whatever the client does
 * (protocol 8.6). Loop tests run for TLS 1.2 and 1.3.
 */
#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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

/* Up to the 200, which leaves with our close_notify in one send. */
static void
ccc(struct rig *r, int version)
{
	rig_control(r, ctx,
	    &(struct rig_options){
		.version = version, .type = SOCK_SEQPACKET });
	rig_put(r, "CCC\r\n");
	ck_assert_str_eq(rig_hear(r, NULL), "CCC\r\n");
	r->c.packets = 0;
	tls_stream_leave(&r->st);
	ck_assert(tls_stream_is_tls(&r->st)); /* until the reply */
	rig_say(r, "200 Control is clear.\r\n");
	ck_assert(!tls_stream_is_tls(&r->st));
	ck_assert_str_eq(rig_get(r), "200 Control is clear.\r\n");
	ck_assert(rig_got_close(r));
	ck_assert_uint_eq(r->c.packets, 1);
}

/* What the client receives in clear. */
static void
expect_clear(struct rig *r, const char *text)
{
	char buf[256];
	ssize_t n = recv(r->c.fd, buf, sizeof(buf), 0);

	ck_assert_int_eq(n, (int)strlen(text));
	ck_assert(memcmp(buf, text, (size_t)n) == 0);
}

static void
raw(struct rig *r, const char *text)
{
	rig_raw(r, text, strlen(text));
}

/* The client answers with close_notify, then goes on in clear. */
START_TEST(orderly)
{
	struct rig r;
	enum io_want want;

	ccc(&r, versions[_i]);
	ck_assert_str_eq(rig_hear(&r, &want), "");
	ck_assert_int_eq(want, IO_WANT_READ);
	rig_put_close(&r);
	ck_assert_str_eq(rig_hear(&r, &want), "");
	ck_assert_int_eq(want, IO_WANT_READ);
	raw(&r, "PWD\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "PWD\r\n");
	rig_say(&r, "257 \"/\"\r\n");
	expect_clear(&r, "257 \"/\"\r\n");
	rig_hang_up(&r);
	ck_assert_str_eq(rig_hear(&r, &want), "");
	ck_assert_int_eq(want, IO_EOF);
	ck_assert(!tls_stream_was_truncated(&r.st));
	rig_close(&r);
}
END_TEST

/* curl and others: clear text at once, no close_notify ever. */
START_TEST(clear_at_once)
{
	struct rig r;

	ccc(&r, versions[_i]);
	raw(&r, "PWD\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "PWD\r\n");
	ck_assert(!r.st.ops->pending(&r.st));
	raw(&r, "NOOP\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "NOOP\r\n");
	rig_close(&r);
}
END_TEST

/* close_notify and clear text in one segment: nothing behind it is lost. */
START_TEST(both_in_one_segment)
{
	struct rig r;
	char buf[512], c[3];
	int len;
	size_t n;

	ccc(&r, versions[_i]);
	ck_assert_int_ge(SSL_shutdown(r.c.ssl), 0);
	len = BIO_read(SSL_get_wbio(r.c.ssl), buf, sizeof(buf) - 10);
	ck_assert_int_gt(len, 0);
	memcpy(buf + len, "PWD\r\n", 5);
	rig_raw(&r, buf, (size_t)len + 5);
	ck_assert_int_eq(r.st.ops->read(&r.st, c, 3, &n), IO_DONE);
	ck_assert_uint_eq(n, 3);
	ck_assert(memcmp(c, "PWD", 3) == 0);
	ck_assert(r.st.ops->pending(&r.st));
	ck_assert_str_eq(rig_hear(&r, NULL), "\r\n");
	rig_close(&r);
}
END_TEST

/* Byte by byte. */
START_TEST(in_pieces)
{
	struct rig r;
	enum io_want want;
	char buf[512];
	int i, len;

	ccc(&r, versions[_i]);
	ck_assert_int_ge(SSL_shutdown(r.c.ssl), 0);
	len = BIO_read(SSL_get_wbio(r.c.ssl), buf, sizeof(buf));
	for (i = 0; i < len; i++) {
		rig_raw(&r, buf + i, 1);
		ck_assert_str_eq(rig_hear(&r, &want), "");
		ck_assert_int_eq(want, IO_WANT_READ);
		ck_assert(!r.st.ops->pending(&r.st));
	}
	raw(&r, "P");
	ck_assert_str_eq(rig_hear(&r, NULL), "P");
	rig_close(&r);
}
END_TEST

/* The client had written on under TLS before it saw the 200. */
START_TEST(pipelined)
{
	struct rig r;
	enum io_want want;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	rig_put(&r, "CCC\r\n");
	rig_put(&r, "PWD\r\n");
	rig_put_close(&r);
	raw(&r, "NOOP\r\n");
	ck_assert_str_eq(rig_hear(&r, &want), "CCC\r\nPWD\r\n");
	ck_assert_int_eq(want, IO_EOF);
	tls_stream_leave(&r.st);
	rig_say(&r, "200 ok\r\n");
	ck_assert_str_eq(rig_hear(&r, &want), "NOOP\r\n");
	ck_assert_int_eq(want, IO_WANT_READ);
	rig_close(&r);
}
END_TEST

START_TEST(client_closes)
{
	struct rig r;
	enum io_want want;

	ccc(&r, versions[_i]);
	rig_hang_up(&r);
	ck_assert_str_eq(rig_hear(&r, &want), "");
	ck_assert_int_eq(want, IO_EOF);
	rig_close(&r);
}
END_TEST

/* It looks like TLS and is not. */
START_TEST(junk)
{
	struct rig r;
	enum io_want want;
	uint8_t rec[5 + 40] = { 0x17, 3, 3, 0, 40 };

	ccc(&r, versions[_i]);
	rig_raw(&r, rec, sizeof(rec));
	rig_hear(&r, &want);
	ck_assert_int_eq(want, IO_ERR);
	ck_assert_int_eq(errno, EPROTO);
	rig_hear(&r, &want);
	ck_assert_int_eq(want, IO_ERR);
	rig_close(&r);
}
END_TEST

/* And this is text, whatever it begins with. */
START_TEST(text_with_control_character)
{
	struct rig r;

	ccc(&r, versions[_i]);
	raw(&r, "\025PWD\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "\025PWD\r\n");
	rig_close(&r);
}
END_TEST

/* RFC 4217 10.2: data connections may go on resuming "a cleared control
 * connection". */
START_TEST(data_after_ccc)
{
	struct rig r, d;
	SSL_SESSION *s;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	tls_stream_set_account(&r.st, "joe");
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	s = rig_session(&r);
	tls_stream_leave(&r.st);
	rig_say(&r, "200 ok\r\n");
	raw(&r, "PWD\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "PWD\r\n");
	tls_stream_new_ticket(&r.st); /* no-op now */
	rig_say(&r, "257 ok\r\n");
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .resume = s });
	ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* REIN, then AUTH TLS again. */
START_TEST(tls_again)
{
	struct rig r;
	struct tls_info info;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	tls_stream_leave(&r.st);
	rig_say(&r, "220 again\r\n");
	ck_assert(!tls_info_get(&r.st, &info));
	ck_assert_str_eq(rig_get(&r), "220 again\r\n");
	raw(&r, "AUTH TLS\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "AUTH TLS\r\n");
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert_int_eq(SSL_clear(r.c.ssl), 1);
	SSL_set_connect_state(r.c.ssl);
	ck_assert_msg(rig_handshake(&r), "%s", tls_stream_error(&r.st));
	rig_put(&r, "NOOP\r\n");
	ck_assert_str_eq(rig_hear(&r, NULL), "NOOP\r\n");
	rig_close(&r);
}
END_TEST

/* The reply is stuck behind a client that does not read. */
START_TEST(reply_leaves_late)
{
	static char reply[200000];
	struct rig r;
	struct iovec iov = { .iov_base = reply, .iov_len = sizeof(reply) };
	size_t n, sent = 0;
	enum io_want want = IO_DONE;
	int i, size = 4096;

	memset(reply, 'x', sizeof(reply));
	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	setsockopt(r.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	r.c.mute = true;
	tls_stream_leave(&r.st);
	for (i = 0; i < 1000 && sent < sizeof(reply); i++) {
		iov.iov_base = reply + sent;
		iov.iov_len = sizeof(reply) - sent;
		want = r.st.ops->writev(&r.st, &iov, 1, &n);
		ck_assert(want == IO_DONE || want == IO_WANT_WRITE);
		sent += n;
		if (want == IO_WANT_WRITE) {
			r.c.mute = false;
			rig_pump(&r);
			r.c.mute = true;
		}
	}
	ck_assert_uint_eq(sent, sizeof(reply));
	r.c.mute = false;
	ck_assert_uint_eq(strlen(rig_get(&r)), sizeof(reply));
	ck_assert(rig_got_close(&r));
	rig_say(&r, "plain");
	expect_clear(&r, "plain");
	rig_close(&r);
}
END_TEST

Suite *
suite_tls_leave(void)
{
	Suite *s = suite_create("tls_leave");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, orderly, 0, 2);
	tcase_add_loop_test(tc, clear_at_once, 0, 2);
	tcase_add_loop_test(tc, both_in_one_segment, 0, 2);
	tcase_add_loop_test(tc, in_pieces, 0, 2);
	tcase_add_loop_test(tc, pipelined, 0, 2);
	tcase_add_loop_test(tc, client_closes, 0, 2);
	tcase_add_loop_test(tc, junk, 0, 2);
	tcase_add_loop_test(tc, text_with_control_character, 0, 2);
	tcase_add_loop_test(tc, data_after_ccc, 0, 2);
	tcase_add_loop_test(tc, tls_again, 0, 2);
	tcase_add_loop_test(tc, reply_leaves_late, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
