/* SPDX-License-Identifier: ISC */
/*
 * Reading for a worker that must not wait: FS_KEEP, FS_READ and FS_CLOSE.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "suites.h"

static int pipefd[2];

static void
setup(void)
{
	fixture_setup();
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(pipefd, O_CLOEXEC | O_NONBLOCK), 0);
}

static void
teardown(void)
{
	fd_close(&pipefd[0]);
	fd_close(&pipefd[1]);
	fixture_teardown();
}

static int
keep(const char *name)
{
	int fd = open(host(name), O_RDONLY | O_CLOEXEC), status;

	ck_assert_int_ne(fd, -1);
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_KEEP);
	status = ask_raw(fd);
	close(fd);
	if (status != ASK_CLOSED)
		ask_end();
	return status;
}

/* The number of bytes read, or a negative status. */
static int
read_to(int fd, uint64_t offset, uint32_t length)
{
	int status;
	uint32_t n;

	ipc_begin(&f.w, f.out, sizeof(f.out), FS_READ);
	put_u64(&f.w, offset);
	put_u32(&f.w, length);
	status = ask_raw(fd);
	if (status != FS_OK)
		return -status;
	n = get_u32(&f.m.body);
	ask_end();
	ck_assert_int_eq(f.m.fd, -1);
	return (int)n;
}

START_TEST(reads)
{
	char buf[16];

	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(read_to(pipefd[1], 2, 2), 2);
	ck_assert_int_eq(read_to(pipefd[1], 4, 1000), 1);
	ck_assert_int_eq(read_to(pipefd[1], 5, 1000), 0);
	ck_assert_int_eq(read_to(pipefd[1], 500, 1000), 0);
	ck_assert_int_le(read_to(pipefd[1], INT64_MAX, UINT32_MAX), 0);
	ck_assert_int_eq(read(pipefd[0], buf, sizeof(buf)), 3);
	ck_assert_mem_eq(buf, "llo", 3);
	ck_assert_int_eq(ask(FS_CLOSE, ""), FS_OK);
	ask_end();
	ck_assert_int_eq(f.s->file, -1);
	ck_assert_int_eq(ask(FS_CLOSE, ""), FS_OK);
}
END_TEST

/* It stops where the pipe is full, and does not wait for the reader. */
START_TEST(full_pipe)
{
	int fd, size = fcntl(pipefd[0], F_GETPIPE_SZ);

	put_file("f", "");
	fd = open(host("f"), O_WRONLY);
	ck_assert_int_eq(ftruncate(fd, 2 * size), 0);
	close(fd);
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(read_to(pipefd[1], 0, 2 * (uint32_t)size), size);
	ck_assert_int_le(read_to(pipefd[1], 0, 1), 0);
}
END_TEST

/* The worker gave up meanwhile: that is no error. */
START_TEST(broken_pipe)
{
	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	fd_close(&pipefd[0]);
	ck_assert_int_eq(read_to(pipefd[1], 0, 5), 0);
}
END_TEST

/* Where splice(2) cannot be: here because the other end is a socket. */
START_TEST(copies)
{
	char *text = xcalloc(1, 100001), *buf = xmalloc(100001);
	int pair[2], n;

	memset(text, 'x', 100000);
	put_file("f", text);
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	n = read_to(pair[1], 0, 100000);
	ck_assert_int_gt(n, 4096);
	ck_assert_int_eq(recv(pair[0], buf, (size_t)n, MSG_WAITALL), n);
	ck_assert_mem_eq(buf, text, (size_t)n);
	ck_assert_int_eq(read_to(pair[1], 99999, 10), 1);
	close(pair[0]);
	close(pair[1]);
	free(text);
	free(buf);
}
END_TEST

/* A file that could not be read now is gone with the next other request. */
START_TEST(closed_by_others)
{
	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(ask(FS_STAT, "p", "/f"), FS_OK);
	ck_assert_int_eq(f.s->file, -1);
	ck_assert_int_eq(read_to(pipefd[1], 0, 5), -ASK_CLOSED);
}
END_TEST

START_TEST(without_right)
{
	put_file("f", "hello");
	f.acct.rights &= ~(uint32_t)RIGHT_READ;
	fixture_session();
	ck_assert_int_eq(keep("f"), FS_FORBIDDEN);
	ck_assert_int_eq(read_to(pipefd[1], 0, 5), -ASK_CLOSED);
}
END_TEST

static int
read_nothing(void)
{
	return read_to(pipefd[1], 0, 5);
}

static int
read_no_length(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return read_to(pipefd[1], 0, 0);
}

static int
read_negative(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return read_to(pipefd[1], UINT64_MAX, 1);
}

static int
read_no_pipe(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return read_to(-1, 0, 5);
}

static int
keep_directory(void)
{
	return -keep(".");
}

static int
keep_pipe(void)
{
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_KEEP);
	return -ask_raw(pipefd[0]);
}

static int
keep_nothing(void)
{
	return -ask(FS_KEEP, "");
}

static int
close_with_descriptor(void)
{
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_CLOSE);
	return -ask_raw(pipefd[0]);
}

static int (*const malformed[])(void) = { read_nothing, read_no_length,
	read_negative, read_no_pipe, keep_directory, keep_pipe, keep_nothing,
	close_with_descriptor };

START_TEST(refuses_malformed)
{
	put_file("f", "hello");
	ck_assert_int_eq(malformed[_i](), -ASK_CLOSED);
}
END_TEST

/* Whatever comes along is closed again, kept or not. */
START_TEST(no_descriptor_stays)
{
	int before = dup(0), after, i;
	char buf[8];

	close(before);
	put_file("f", "hello");
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(keep("f"), FS_OK);
		ck_assert_int_eq(keep("f"), FS_OK);
		ck_assert_int_eq(read_to(pipefd[1], 0, 5), 5);
		ck_assert_int_eq(read(pipefd[0], buf, sizeof(buf)), 5);
	}
	ck_assert_int_eq(ask(FS_CLOSE, ""), FS_OK);
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, before);
}
END_TEST

/* In memory, tellable, or neither: as the file system is. */
START_TEST(open_tells_access)
{
	enum file_access access;

	put_file("f", "hello");
	ck_assert_int_eq(ask(FS_OPEN, "p", "/f"), FS_OK);
	get_u64(&f.m.body);
	get_i64(&f.m.body);
	access = get_u8(&f.m.body);
	ask_end();
	ck_assert_int_lt(access, FILE_ACCESS_COUNT);
	ck_assert_int_eq(access == FILE_KEPT, f.m.fd == -1);
	ck_assert_int_eq(access == FILE_KEPT, f.s->file != -1);
	if (access == FILE_KEPT)
		ck_assert_int_eq(read_to(pipefd[1], 1, 9), 4);
}
END_TEST

Suite *
suite_agent_download(void)
{
	Suite *s = suite_create("agent_download");
	TCase *t = tcase_create("download");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, reads);
	tcase_add_test(t, full_pipe);
	tcase_add_test(t, broken_pipe);
	tcase_add_test(t, copies);
	tcase_add_test(t, closed_by_others);
	tcase_add_test(t, without_right);
	tcase_add_loop_test(t, refuses_malformed, 0, NELEM(malformed));
	tcase_add_test(t, no_descriptor_stays);
	tcase_add_test(t, open_tells_access);
	suite_add_tcase(s, t);
	return s;
}
