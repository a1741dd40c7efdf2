/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes: whole, with at most one descriptor, and what a
 * broken peer can send.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

#define FDS_MAX 32

static int pair[2];
static uint8_t in[IPC_MAX], out[IPC_MAX + 1];
static struct ipc_msg m;

static void
setup(void)
{
	ck_assert_int_eq(ipc_pair(pair), 0);
}

static void
teardown(void)
{
	close(pair[0]);
	close(pair[1]);
}

static enum ipc_result
send_number(int sock, uint32_t n, int fd)
{
	struct wbuf w;

	ipc_begin(&w, out, sizeof(out), 7);
	put_u32(&w, n);
	return ipc_send(sock, &w, fd);
}

static void
expect_number(uint32_t n)
{
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_OK);
	ck_assert_uint_eq(m.type, 7);
	ck_assert_uint_eq(get_u32(&m.body), n);
	ck_assert_int_eq(rbuf_end(&m.body), 0);
}

/* What no ipc_send() would send: len bytes and n times descriptor 0. */
static void
send_raw(size_t len, int n)
{
	union {
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} ctl = { .space = { 0 } };
	struct iovec iov = { .iov_base = out, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (n > 0) {
		msg.msg_control = ctl.space;
		msg.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(pair[0], &msg, MSG_NOSIGNAL), (ssize_t)len);
}

START_TEST(pair_is_cloexec_and_nonblocking)
{
	int i;

	for (i = 0; i < 2; i++) {
		ck_assert_int_ne(fcntl(pair[i], F_GETFD) & FD_CLOEXEC, 0);
		ck_assert_int_ne(fcntl(pair[i], F_GETFL) & O_NONBLOCK, 0);
	}
}
END_TEST

START_TEST(messages_keep_order_and_borders)
{
	uint32_t i;

	for (i = 0; i < 10; i++)
		ck_assert_int_eq(send_number(pair[0], i, -1), IPC_OK);
	for (i = 0; i < 10; i++) {
		expect_number(i);
		ck_assert_int_eq(m.fd, -1);
	}
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_AGAIN);
}
END_TEST

START_TEST(descriptor_comes_along)
{
	struct stat a, b;
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(send_number(pair[0], 1, fd), IPC_OK);
	ck_assert_int_eq(fstat(fd, &a), 0); /* still the sender's */
	close(fd);
	expect_number(1);
	ck_assert_int_eq(fstat(m.fd, &b), 0);
	ck_assert_uint_eq(a.st_rdev, b.st_rdev);
	ck_assert_int_ne(fcntl(m.fd, F_GETFD) & FD_CLOEXEC, 0);
	fd = m.fd;
	ipc_msg_done(&m);
	ck_assert_int_eq(m.fd, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ipc_msg_done(&m); /* again is harmless */
}
END_TEST

/* Both ends, as a page of a listing and its request may cross. */
START_TEST(largest_message_fits)
{
	struct wbuf w;
	int i;

	for (i = 0; i < 2; i++) {
		ipc_begin(&w, out, sizeof(out), 9);
		while (w.len < IPC_MAX)
			put_u8(&w, (uint8_t)w.len);
		ck_assert_int_eq(w.err, 0);
		put_u8(&w, 0); /* the memory has one more, a message has not */
		ck_assert_int_ne(w.err, 0);
		w.err = 0;
		ck_assert_int_eq(ipc_send(pair[i], &w, -1), IPC_OK);
		ck_assert_int_eq(ipc_recv(pair[1 - i], in, &m), IPC_OK);
		ck_assert_uint_eq((size_t)(m.body.end - in), IPC_MAX);
		ck_assert_mem_eq(in, out, IPC_MAX);
	}
}
END_TEST

START_TEST(full_socket_says_again)
{
	uint32_t sent = 0, got;

	while (send_number(pair[0], sent, -1) == IPC_OK)
		ck_assert_uint_lt(++sent, 100000);
	ck_assert_int_eq(send_number(pair[0], 0, -1), IPC_AGAIN);
	for (got = 0; got < sent; got++)
		expect_number(got);
	ck_assert_int_eq(send_number(pair[0], sent, -1), IPC_OK);
	expect_number(sent);
}
END_TEST

START_TEST(closed_peer_is_eof)
{
	close(pair[0]);
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_EOF);
	ck_assert_int_eq(m.fd, -1);
	/* And no SIGPIPE. */
	ck_assert_int_eq(send_number(pair[1], 1, -1), IPC_EOF);
}
END_TEST

/* A peer that ends with unread messages leaves ECONNRESET behind. */
START_TEST(last_words_are_heard)
{
	ck_assert_int_eq(send_number(pair[1], 1, -1), IPC_OK);
	ck_assert_int_eq(send_number(pair[0], 42, -1), IPC_OK);
	close(pair[0]);
	expect_number(42);
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_EOF);
}
END_TEST

static const struct broken {
	size_t len;
	int fds;
} brokens[] = {
	{ 1, 0 }, /* half a type */
	{ 1, 1 },
	{ 0, 1 },
	{ IPC_MAX + 1, 0 },
	{ IPC_MAX + 1, 1 },
	{ 6, 2 },
	{ 6, 8 },
	{ 6, 9 },
	{ 6, FDS_MAX },
};

/* Each is told from an end, and no descriptor stays open. */
START_TEST(broken_message_is_bad)
{
	unsigned before = child_count_fds();

	send_raw(brokens[_i].len, brokens[_i].fds);
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_BAD);
	ck_assert_int_eq(m.fd, -1);
	ck_assert_uint_eq(child_count_fds(), before);
}
END_TEST

/* SEQPACKET cannot tell an empty message from an end: both end the peer. */
START_TEST(empty_message_is_the_end)
{
	send_raw(0, 0);
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_EOF);
}
END_TEST

/* Our table is full: that is no fault of the peer. */
static void
receive_without_room(void)
{
	struct rlimit none = { 0, 0 };

	CHILD_ASSERT(send_number(pair[0], 5, 0) == IPC_OK);
	CHILD_ASSERT(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHILD_ASSERT(ipc_recv(pair[1], in, &m) == IPC_OK);
	CHILD_ASSERT(m.fd == -1);
	CHILD_ASSERT(m.fd_lost);
	CHILD_ASSERT(get_u32(&m.body) == 5);
}

START_TEST(lost_descriptor_is_told)
{
	ck_assert_int_eq(child_run(receive_without_room, NULL, 0), 0);
	ck_assert_int_eq(send_number(pair[0], 5, 0), IPC_OK);
	expect_number(5);
	ck_assert(!m.fd_lost);
	ipc_msg_done(&m);
	ck_assert_int_eq(send_number(pair[0], 5, -1), IPC_OK);
	expect_number(5);
	ck_assert(!m.fd_lost);
}
END_TEST

static void
send_what_did_not_fit(void)
{
	struct wbuf w;

	ipc_begin(&w, out, 2, 1);
	put_u8(&w, 1);
	(void)ipc_send(pair[0], &w, -1);
}

START_TEST(message_that_did_not_fit_is_a_bug)
{
	char log[512];

	ck_assert_int_eq(child_run(send_what_did_not_fit, log, 512), 1);
	ck_assert_ptr_nonnull(strstr(log, "bug"));
	ck_assert_int_eq(ipc_recv(pair[1], in, &m), IPC_AGAIN);
}
END_TEST

Suite *
suite_ipc(void)
{
	Suite *s = suite_create("ipc");
	TCase *tc = tcase_create("ipc");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pair_is_cloexec_and_nonblocking);
	tcase_add_test(tc, messages_keep_order_and_borders);
	tcase_add_test(tc, descriptor_comes_along);
	tcase_add_test(tc, largest_message_fits);
	tcase_add_test(tc, full_socket_says_again);
	tcase_add_test(tc, closed_peer_is_eof);
	tcase_add_test(tc, last_words_are_heard);
	tcase_add_loop_test(
	    tc, broken_message_is_bad, 0, sizeof(brokens) / sizeof(brokens[0]));
	tcase_add_test(tc, empty_message_is_the_end);
	tcase_add_test(tc, lost_descriptor_is_told);
	tcase_add_test(tc, message_that_did_not_fit_is_a_bug);
	suite_add_tcase(s, tc);
	return s;
}
