/* SPDX-License-Identifier: ISC */
/*
 * Downloads of files that are not, or not all, in memory: the agent reads.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/data_priv.h"
#include "server/worker/xfer.h"
#include "tests/unit/suites.h"
#include "tests/unit/xfer_rig.h"

#define ABORTED "426 Transfer aborted.\r\n226 ABOR command successful.\r\n"
#define READ_ERROR "451 Local error while reading the file.\r\n"
#define BIG (8 * 1024 * 1024)
#define MIB (1024 * 1024)

static struct rig rig;
static char big[BIG + 1];

static void
setup(void)
{
	rig_start(&rig);
	rig.access = FILE_KEPT;
}

static void
teardown(void)
{
	rig_stop(&rig);
}

/* A download that does not yet wait for anything but the connection. */
static void
retr_until_connected(size_t size)
{
	uint16_t port = rig_epsv(&rig);

	rig_fill(&rig, size);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig_connect(&rig, port);
}

static void
retr_is(size_t size, size_t from)
{
	ck_assert_int_eq(
	    rig_read_all(&rig, big, sizeof(big)), (ssize_t)(size - from));
	ck_assert(rig_is_pattern(big, size - from, from));
}

/* The rest of the talk with the agent is over, too. */
static void
completes(void)
{
	ck_assert_str_eq(rig_reply(&rig), "226 Transfer complete.\r\n");
	ck_assert(!xfer_is_active(rig.s));
	ck_assert(rig_is_quiet(&rig));
}

static const size_t sizes[] = { 1, 4096, 65535, 65536, 65537, 1000000, BIG };

START_TEST(test_kept)
{
	retr_until_connected(sizes[_i]);
	retr_is(sizes[_i], 0);
	completes();
}
END_TEST

START_TEST(test_cold)
{
	rig.access = FILE_PROBE;
	rig.warm = 0;
	retr_until_connected(sizes[_i]);
	retr_is(sizes[_i], 0);
	completes();
}
END_TEST

/* Of nothing there is nothing to wait for. */
START_TEST(test_empty)
{
	retr_until_connected(0);
	retr_is(0, 0);
	completes();
	ck_assert_str_eq(rig.log, "open /a;close;");
}
END_TEST

START_TEST(test_requests)
{
	rig_cmd(&rig, "REST 10");
	rig_reply(&rig);
	retr_until_connected(65536 + 20);
	retr_is(65536 + 20, 10);
	completes();
	ck_assert_str_eq(rig.log, "open /a;read 10 65536;read 65546 10;close;");
}
END_TEST

/* What is warm is sent at once, cold pieces are warmed up and not probed. */
START_TEST(test_cold_half_way)
{
	rig.access = FILE_PROBE;
	rig.warm = 2 * MIB + 65536;
	retr_until_connected(5 * MIB);
	retr_is(5 * MIB, 0);
	completes();
	ck_assert_str_eq(rig.log,
	    "open /a;keep;warm 2097152 2097152;warm 4194304 1048576;close;");
}
END_TEST

START_TEST(test_cold_from_start)
{
	rig.access = FILE_PROBE;
	rig.warm = 0;
	retr_until_connected(5);
	retr_is(5, 0);
	completes();
	ck_assert_str_eq(rig.log, "open /a;keep;warm 0 5;close;");
}
END_TEST

/* Nobody asks about a file in memory. */
START_TEST(test_memory)
{
	rig.access = FILE_READY;
	rig.warm = 0;
	retr_until_connected(5);
	retr_is(5, 0);
	completes();
	ck_assert_str_eq(rig.log, "open /a;");
}
END_TEST

/* Through a buffer: warm up to a point, which need not be a whole page. */
START_TEST(test_converted)
{
	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig.access = FILE_PROBE;
	rig.warm = 3;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	ck_assert_int_eq(write(rig.file, "a\nb\nc\n", 6), 6);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 9);
	ck_assert_mem_eq(big, "a\r\nb\r\nc\r\n", 9);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	completes();
	ck_assert_str_eq(rig.log, "open /a;keep;warm 3 3;close;");
}
END_TEST

/* What is converted is twice as long, and fits the buffer all the same. */
START_TEST(test_converted_much)
{
	size_t i, len = 1000000;
	ssize_t n;

	memset(big, '\n', len);
	ck_assert_int_eq(write(rig.file, big, len), (ssize_t)len);
	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	ck_assert(rig_is_quiet(&rig));
	n = rig_read_all(&rig, big, BIG);
	ck_assert_int_eq(n, (ssize_t)(2 * len));
	for (i = 0; i < 2 * len; i++) {
		if (big[i] != "\r\n"[i % 2])
			break;
	}
	ck_assert_uint_eq(i, 2 * len);
	completes();
}
END_TEST

/* The client is slow: no more is asked for than fits. */
START_TEST(test_slow_reader)
{
	uint64_t moved, total;

	retr_until_connected(BIG);
	ck_assert(rig_is_quiet(&rig));
	ck_assert(xfer_progress(rig.s, &moved, &total));
	ck_assert_uint_lt(moved, BIG);
	ck_assert_uint_gt(moved, 0);
	retr_is(BIG, 0);
	completes();
}
END_TEST

/* ---------------------------------------------------- the agent is slow */

static void
wait_for_agent(enum file_access access)
{
	rig.access = access;
	rig.warm = 0;
	retr_until_connected(100);
	rig.agent_silent = true;
	ck_assert(rig_is_quiet(&rig));
	ck_assert(xfer_is_active(rig.s));
}

static const enum file_access waits[] = { FILE_KEPT, FILE_PROBE };

/* Its late answer disturbs nobody, and the next file is read as usual. */
START_TEST(test_abor)
{
	wait_for_agent(waits[_i]);
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
	rig_agent_wake(&rig);
	ck_assert(rig_is_quiet(&rig));
	retr_until_connected(300);
	retr_is(300, 0);
	completes();
}
END_TEST

START_TEST(test_session_ends)
{
	wait_for_agent(waits[_i]);
	session_enter(rig.s);
	session_end(rig.s, REASON_SHUTDOWN, NULL);
	session_leave(rig.s);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

START_TEST(test_agent_dies)
{
	wait_for_agent(waits[_i]);
	ck_assert_int_eq(shutdown(rig.agent, SHUT_RDWR), 0);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "421 ", 4), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

/* The client's connection is not to blame. */
START_TEST(test_stalls)
{
	rig_fake_clock();
	wait_for_agent(waits[_i]);
	rig_wait(&rig, 299 * 1000);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 1000);
	ck_assert_str_eq(rig_reply(&rig), READ_ERROR);
}
END_TEST

/* ------------------------------------------------------ the agent fails */

static void
retr_fails(const char *reply)
{
	retr_until_connected(100);
	ck_assert_str_eq(rig_reply(&rig), reply);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}

START_TEST(test_keep_fails)
{
	rig.access = FILE_PROBE;
	rig.warm = 0;
	rig.keep_status = FS_IO;
	retr_fails(READ_ERROR);
}
END_TEST

START_TEST(test_warm_fails)
{
	rig.access = FILE_PROBE;
	rig.warm = 0;
	rig.read_status = FS_IO;
	retr_fails(READ_ERROR);
}
END_TEST

START_TEST(test_read_fails)
{
	rig.read_status = FS_IO;
	retr_fails(READ_ERROR);
}
END_TEST

/* The file has another size than when it was opened. */
static void
retr_of_size(size_t size, size_t told)
{
	rig_fill(&rig, size);
	rig.lie = true;
	rig.size = told;
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
}

START_TEST(test_shrinks)
{
	retr_of_size(100, 200);
	ck_assert_str_eq(
	    rig_reply(&rig), "451 File changed during the transfer.\r\n");
}
END_TEST

START_TEST(test_grows)
{
	retr_of_size(200, 100);
	retr_is(100, 0);
	completes();
}
END_TEST

/* More than was asked for. */
START_TEST(test_read_boasts)
{
	rig.read_more = 1;
	retr_of_size(200, 100);
	ck_assert_str_eq(rig_reply(&rig), READ_ERROR);
}
END_TEST

/* An answer to the open that cannot be. */
START_TEST(test_bad_access)
{
	rig.access = FILE_ACCESS_COUNT;
	rig_fill(&rig, 10);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "451 a: ", 7), 0);
}
END_TEST

Suite *
suite_xfer_cold(void)
{
	Suite *s = suite_create("xfer_cold");
	TCase *tc = tcase_create("cold files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_kept, 0, NELEM(sizes));
	tcase_add_loop_test(tc, test_cold, 0, NELEM(sizes));
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_requests);
	tcase_add_test(tc, test_cold_half_way);
	tcase_add_test(tc, test_cold_from_start);
	tcase_add_test(tc, test_memory);
	tcase_add_test(tc, test_converted);
	tcase_add_test(tc, test_converted_much);
	tcase_add_test(tc, test_slow_reader);
	tcase_add_loop_test(tc, test_abor, 0, NELEM(waits));
	tcase_add_loop_test(tc, test_session_ends, 0, NELEM(waits));
	tcase_add_loop_test(tc, test_agent_dies, 0, NELEM(waits));
	tcase_add_loop_test(tc, test_stalls, 0, NELEM(waits));
	tcase_add_test(tc, test_keep_fails);
	tcase_add_test(tc, test_warm_fails);
	tcase_add_test(tc, test_read_fails);
	tcase_add_test(tc, test_shrinks);
	tcase_add_test(tc, test_grows);
	tcase_add_test(tc, test_read_boasts);
	tcase_add_test(tc, test_bad_access);
	suite_add_tcase(s, tc);
	return s;
}
