/* SPDX-License-Identifier: ISC */
/*
 * Reading for a worker that must not wait: FS_KEEP, FS_READ and FS_CLOSE.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

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

/* The bytes as text; NULL and the status if there are none to be had. */
static const char *
read_at(uint64_t offset, uint32_t length, int *status_r)
{
	static char text[IPC_MAX];
	const void *bytes;
	size_t n;

	*status_r = ask(FS_READ, "84", offset, length);
	if (*status_r != FS_OK)
		return NULL;
	bytes = get_bytes(&f.m.body, &n);
	ask_end();
	ck_assert_int_eq(f.m.fd, -1);
	memcpy(text, bytes, n);
	text[n] = '\0';
	return text;
}

static int
read_fails(uint64_t offset, uint32_t length)
{
	int status;

	ck_assert_ptr_null(read_at(offset, length, &status));
	return status;
}

START_TEST(reads)
{
	int status;

	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_str_eq(read_at(2, 2, &status), "ll");
	ck_assert_str_eq(read_at(1, 1000, &status), "ello");
	ck_assert_str_eq(read_at(5, 1000, &status), "");
	ck_assert_str_eq(read_at(500, UINT32_MAX, &status), "");
	ck_assert_int_eq(ask(FS_CLOSE, ""), FS_OK);
	ask_end();
	ck_assert_int_eq(f.s->file, -1);
	ck_assert_int_eq(ask(FS_CLOSE, ""), FS_OK);
}
END_TEST

/* No more than a message holds; the rest is asked for again. */
START_TEST(reads_much)
{
	char *text = xcalloc(1, IPC_MAX + 1);
	size_t got = 0;
	int status;

	memset(text, 'x', IPC_MAX);
	put_file("f", text);
	free(text);
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_uint_ge(strlen(read_at(0, 65536, &status)), 65536);
	while (got < IPC_MAX)
		got += strlen(read_at(got, UINT32_MAX, &status));
	ck_assert_uint_eq(got, IPC_MAX);
	ck_assert_str_eq(read_at(got, 1, &status), "");
}
END_TEST

START_TEST(warms)
{
	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(ask(FS_WARM, "84", (uint64_t)1, 3u), FS_OK);
	ask_end();
	/* also behind the end */
	ck_assert_int_eq(
	    ask(FS_WARM, "84", (uint64_t)4, (unsigned)FS_WARM_MAX), FS_OK);
	ck_assert_int_eq(ask(FS_WARM, "84", UINT64_C(1) << 40, 1u), FS_OK);
	ck_assert_int_ne(f.s->file, -1);
}
END_TEST

/* A file that could not be read now is gone with the next other request. */
START_TEST(closed_by_others)
{
	put_file("f", "hello");
	ck_assert_int_eq(keep("f"), FS_OK);
	ck_assert_int_eq(ask(FS_STAT, "p", "/f"), FS_OK);
	ck_assert_int_eq(f.s->file, -1);
	ck_assert_int_eq(read_fails(0, 5), ASK_CLOSED);
}
END_TEST

START_TEST(without_right)
{
	put_file("f", "hello");
	f.acct.rights &= ~(uint32_t)RIGHT_READ;
	fixture_session();
	ck_assert_int_eq(keep("f"), FS_FORBIDDEN);
	ck_assert_int_eq(read_fails(0, 5), ASK_CLOSED);
}
END_TEST

static int
read_nothing(void)
{
	return read_fails(0, 5);
}

static int
read_no_length(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return read_fails(0, 0);
}

static int
read_negative(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return read_fails(UINT64_MAX, 1);
}

static int
warm_nothing(void)
{
	return ask(FS_WARM, "84", (uint64_t)0, 5u);
}

static int
warm_no_length(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return ask(FS_WARM, "84", (uint64_t)0, 0u);
}

static int
warm_too_much(void)
{
	ck_assert_int_eq(keep("f"), FS_OK);
	return ask(FS_WARM, "84", (uint64_t)0, FS_WARM_MAX + 1u);
}

static int
keep_directory(void)
{
	return keep(".");
}

static int
keep_channel(void)
{
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_KEEP);
	return ask_raw(f.chan);
}

static int
keep_nothing(void)
{
	return ask(FS_KEEP, "");
}

static int
close_with_descriptor(void)
{
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_CLOSE);
	return ask_raw(0);
}

static int (*const malformed[])(void) = { read_nothing, read_no_length,
	read_negative, warm_nothing, warm_no_length, warm_too_much,
	keep_directory, keep_channel, keep_nothing, close_with_descriptor };

START_TEST(refuses_malformed)
{
	put_file("f", "hello");
	ck_assert_int_eq(malformed[_i](), ASK_CLOSED);
}
END_TEST

/* Whatever comes along is closed again, kept or not. */
START_TEST(no_descriptor_stays)
{
	int before = dup(0), after, i, status;

	close(before);
	put_file("f", "hello");
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(keep("f"), FS_OK);
		ck_assert_int_eq(keep("f"), FS_OK);
		ck_assert_str_eq(read_at(0, 5, &status), "hello");
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
	int status;

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
		ck_assert_str_eq(read_at(1, 9, &status), "ello");
}
END_TEST

Suite *
suite_agent_download(void)
{
	Suite *s = suite_create("agent_download");
	TCase *t = tcase_create("download");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, reads);
	tcase_add_test(t, reads_much);
	tcase_add_test(t, warms);
	tcase_add_test(t, closed_by_others);
	tcase_add_test(t, without_right);
	tcase_add_loop_test(t, refuses_malformed, 0, NELEM(malformed));
	tcase_add_test(t, no_descriptor_stays);
	tcase_add_test(t, open_tells_access);
	suite_add_tcase(s, t);
	return s;
}
