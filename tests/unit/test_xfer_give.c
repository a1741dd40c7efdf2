/* SPDX-License-Identifier: ISC */
/*
 * Uploads to file systems where writing can wait: the agent writes (R7, R29).
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/xfer.h"
#include "tests/unit/suites.h"
#include "tests/unit/xfer_rig.h"

#define START "150 Opening BINARY mode data connection for a.\r\n"
#define DONE "226 Transfer complete.\r\n"
#define ABORTED "426 Transfer aborted.\r\n226 ABOR command successful.\r\n"
#define BIG (3 * 1024 * 1024 + 17)

static struct rig rig;
static char big[BIG];

static void
setup(void)
{
	size_t i;

	rig_start(&rig);
	rig.store_access = FILE_KEPT;
	for (i = 0; i < BIG; i++)
		big[i] = rig_pattern(i);
}

static void
teardown(void)
{
	rig_stop(&rig);
}

static void
begin(void)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
}

static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, BIG };

START_TEST(test_kept)
{
	begin();
	ck_assert(rig_write_all(&rig, big, sizes[_i]));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert(rig_file_is(&rig, sizes[_i]));
	ck_assert(!xfer_is_active(rig.s));
}
END_TEST

START_TEST(test_requests)
{
	begin();
	ck_assert(rig_write_all(&rig, big, 100));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_str_eq(rig.log, "store 0 0 /a;write 0 100;commit 100;");
}
END_TEST

/* Connected behind the 150, so that the agent was asked twice. */
START_TEST(test_connects_late)
{
	uint16_t port = rig_epsv(&rig);

	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_connect(&rig, port);
	ck_assert(rig_write_all(&rig, big, 10));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_str_eq(
	    rig.log, "check 0 0 /a;store 0 0 /a;write 0 10;commit 10;");
}
END_TEST

/* The CR that may be half a line end is written when it is not. */
START_TEST(test_ascii)
{
	char got[16];

	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	rig_reply(&rig);
	ck_assert(rig_write_all(&rig, "a\r\nb\r", 5));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_int_eq(pread(rig.file, got, sizeof(got), 0), 4);
	ck_assert_int_eq(memcmp(got, "a\nb\r", 4), 0);
}
END_TEST

static const struct {
	enum fs_status status;
	const char *reply;
} failures[] = {
	{ FS_IO, "451 a: Local error in processing.\r\n" },
	{ FS_NO_SPACE, "552 a: Insufficient storage space.\r\n" },
};

START_TEST(test_write_fails)
{
	rig.write_status = failures[_i].status;
	begin();
	ck_assert(rig_write_all(&rig, big, 100));
	ck_assert_str_eq(rig_reply(&rig), failures[_i].reply);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "store 0 0 /a;write 0 100;abandon 1;");
}
END_TEST

static void
wait_for_agent(void)
{
	begin();
	rig.agent_silent = true;
	ck_assert(rig_write_all(&rig, big, 100));
	ck_assert(rig_is_quiet(&rig));
	ck_assert(xfer_is_active(rig.s));
}

/* T34: its late answer disturbs nobody. */
START_TEST(test_abor)
{
	wait_for_agent();
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	rig_agent_wake(&rig);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "store 0 0 /a;write 0 100;abandon 1;");
}
END_TEST

/* R6: the client is served while its file waits. */
START_TEST(test_stat)
{
	wait_for_agent();
	rig_cmd(&rig, "STAT");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "213", 3), 0);
	rig_close_data(&rig);
	rig_agent_wake(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert(rig_file_is(&rig, 100));
}
END_TEST

START_TEST(test_stalls)
{
	rig_fake_clock();
	wait_for_agent();
	rig_wait(&rig, 299 * 1000);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 1000);
	ck_assert_str_eq(
	    rig_reply(&rig), "451 Local error while writing the file.\r\n");
}
END_TEST

START_TEST(test_session_ends)
{
	wait_for_agent();
	session_enter(rig.s);
	session_end(rig.s, REASON_SHUTDOWN, NULL);
	session_leave(rig.s);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

Suite *
suite_xfer_give(void)
{
	Suite *s = suite_create("xfer_give");
	TCase *tc = tcase_create("uploads that wait");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_kept, 0, NELEM(sizes));
	tcase_add_test(tc, test_requests);
	tcase_add_test(tc, test_connects_late);
	tcase_add_test(tc, test_ascii);
	tcase_add_loop_test(tc, test_write_fails, 0, NELEM(failures));
	tcase_add_test(tc, test_abor);
	tcase_add_test(tc, test_stat);
	tcase_add_test(tc, test_stalls);
	tcase_add_test(tc, test_session_ends);
	suite_add_tcase(s, tc);
	return s;
}
