/* SPDX-License-Identifier: ISC */
/*
 * Plain streams: each step moves what it can or says what it waits for.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "common/stream.h"
#include "tests/unit/suites.h"

static struct stream st;
static int peer;
static char buf[65536];
static size_t n;

/* A connection over loopback: what happens to data connections happens here. */
static void
setup(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(l, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (struct sockaddr *)&in, &len), 0);
	peer = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(peer, (struct sockaddr *)&in, len), 0);
	stream_init_plain(&st, accept(l, NULL, NULL));
	ck_assert_int_eq(fd_set_nonblock(st.fd, true), 0);
	close(l);
}

static void
teardown(void)
{
	stream_close(&st);
	fd_close(&peer);
}

static enum io_want
write_bytes(const void *p, size_t len)
{
	struct iovec iov[2] = { { (void *)(uintptr_t)p, len / 2 },
		{ (char *)(uintptr_t)p + len / 2, len - len / 2 } };

	n = 4711;
	return st.ops->writev(&st, iov, 2, &n);
}

static enum io_want
read_bytes(void)
{
	n = 4711;
	return st.ops->read(&st, buf, sizeof(buf), &n);
}

/* Waits in the kernel for what is on its way to the stream. */
static void
await_input(void)
{
	char c;

	fd_set_nonblock(st.fd, false);
	(void)recv(st.fd, &c, 1, MSG_PEEK);
	fd_set_nonblock(st.fd, true);
}

static int
file_of(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	memset(buf, 'f', sizeof(buf));
	while (size > 0) {
		ssize_t done =
		    write(fd, buf, size < sizeof(buf) ? size : sizeof(buf));

		ck_assert_int_gt(done, 0);
		size -= (size_t)done;
	}
	return fd;
}

START_TEST(bytes_go_both_ways)
{
	ck_assert_int_eq(read_bytes(), IO_WANT_READ);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(write(peer, "hello", 5), 5);
	await_input();
	ck_assert_int_eq(read_bytes(), IO_DONE);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	ck_assert_int_eq(write_bytes("150+226", 7), IO_DONE);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(recv(peer, buf, 7, MSG_WAITALL), 7);
	ck_assert_mem_eq(buf, "150+226", 7);
}
END_TEST

START_TEST(plain_needs_no_handshake)
{
	ck_assert_int_eq(st.ops->handshake(&st), IO_DONE);
	ck_assert(!st.ops->pending(&st));
	ck_assert(st.ops->splices);
}
END_TEST

/* Nothing is lost or doubled on the way through a full socket. */
START_TEST(full_socket_wants_write)
{
	size_t sent = 0, got = 0;
	ssize_t r;

	while (write_bytes(buf, sizeof(buf)) == IO_DONE) {
		ck_assert_uint_gt(n, 0);
		sent += n;
		ck_assert_uint_lt(sent, 1u << 30);
	}
	ck_assert_int_eq(write_bytes(buf, 100), IO_WANT_WRITE);
	ck_assert_uint_eq(n, 0);
	while (got < sent && (r = read(peer, buf, sizeof(buf))) > 0)
		got += (size_t)r;
	ck_assert_int_eq(st.ops->shutdown(&st), IO_DONE);
	ck_assert_int_eq(read(peer, buf, sizeof(buf)), 0);
	ck_assert_uint_eq(got, sent);
}
END_TEST

START_TEST(orderly_end_is_eof)
{
	ck_assert_int_eq(write(peer, "x", 1), 1);
	ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
	await_input();
	ck_assert_int_eq(read_bytes(), IO_DONE);
	await_input();
	ck_assert_int_eq(read_bytes(), IO_EOF);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(read_bytes(), IO_EOF);
	/* The other direction is still open. */
	ck_assert_int_eq(write_bytes("226", 3), IO_DONE);
}
END_TEST

static void
reset_by_peer(void)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	ck_assert_int_eq(
	    setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	fd_close(&peer);
}

/* An upload that is cut is never taken for whole. */
START_TEST(reset_is_an_error)
{
	reset_by_peer();
	ck_assert_int_eq(read_bytes(), IO_ERR);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* With the default action of SIGPIPE, which would kill this test. */
START_TEST(write_to_the_dead_is_an_error)
{
	reset_by_peer();
	(void)read_bytes();
	ck_assert_int_eq(write_bytes("x", 1), IO_ERR);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(file_is_sent_in_steps)
{
	int fd = file_of(100000);
	off_t off = 10;

	ck_assert_int_eq(st.ops->sendfile(&st, fd, &off, 20, &n), IO_DONE);
	ck_assert_uint_eq(n, 20);
	ck_assert_int_eq(off, 30);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 100000); /* not moved */
	ck_assert_int_eq(recv(peer, buf, 20, MSG_WAITALL), 20);
	ck_assert_int_eq(buf[19], 'f');
	off = 99990;
	ck_assert_int_eq(st.ops->sendfile(&st, fd, &off, 100, &n), IO_DONE);
	ck_assert_uint_eq(n, 10);
	close(fd);
}
END_TEST

/* Somebody truncated it meanwhile: that is an end, no endless loop. */
START_TEST(file_that_ended_early_is_eof)
{
	int fd = file_of(10);
	off_t off = 10;

	ck_assert_int_eq(st.ops->sendfile(&st, fd, &off, 100, &n), IO_EOF);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(off, 10);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(st.ops->sendfile(&st, fd, &off, 100, &n), IO_EOF);
	close(fd);
}
END_TEST

START_TEST(sendfile_to_a_full_socket_wants_write)
{
	int fd = file_of(64u << 20);
	off_t off = 0;
	enum io_want want;

	do
		want = st.ops->sendfile(&st, fd, &off, 64u << 20, &n);
	while (want == IO_DONE && off < (off_t)(64u << 20));
	ck_assert_int_eq(want, IO_WANT_WRITE);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_gt(off, 0);
	close(fd);
}
END_TEST

START_TEST(close_is_a_fin)
{
	ck_assert_int_eq(write_bytes("x", 1), IO_DONE);
	stream_close(&st);
	ck_assert_int_eq(st.fd, -1);
	ck_assert_int_eq(recv(peer, buf, 10, 0), 1);
	ck_assert_int_eq(recv(peer, buf, 10, 0), 0);
	stream_close(&st); /* again is harmless */
}
END_TEST

START_TEST(reset_is_an_rst)
{
	stream_reset(&st);
	ck_assert_int_eq(st.fd, -1);
	ck_assert_int_eq(recv(peer, buf, 10, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	stream_reset(&st);
}
END_TEST

Suite *
suite_stream(void)
{
	Suite *s = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bytes_go_both_ways);
	tcase_add_test(tc, plain_needs_no_handshake);
	tcase_add_test(tc, full_socket_wants_write);
	tcase_add_test(tc, orderly_end_is_eof);
	tcase_add_test(tc, reset_is_an_error);
	tcase_add_test(tc, write_to_the_dead_is_an_error);
	tcase_add_test(tc, file_is_sent_in_steps);
	tcase_add_test(tc, file_that_ended_early_is_eof);
	tcase_add_test(tc, sendfile_to_a_full_socket_wants_write);
	tcase_add_test(tc, close_is_a_fin);
	tcase_add_test(tc, reset_is_an_rst);
	suite_add_tcase(s, tc);
	return s;
}
