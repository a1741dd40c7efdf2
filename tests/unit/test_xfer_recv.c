/* SPDX-License-Identifier: ISC */
/*
 * Uploads (protocol 5, 7.3; R5, R7, R29, R30).
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/data.h"
#include "server/worker/xfer.h"
#include "tests/unit/suites.h"
#include "tests/unit/xfer_rig.h"

#define START "150 Opening BINARY mode data connection for a.\r\n"
#define DONE "226 Transfer complete.\r\n"
#define ABORTED "426 Transfer aborted.\r\n226 ABOR command successful.\r\n"
#define BIG (6 * 1024 * 1024 + 17)

static struct rig rig;
static char big[BIG];

static void
setup(void)
{
	size_t i;

	rig_start(&rig);
	for (i = 0; i < BIG; i++)
		big[i] = rig_pattern(i);
}

static void
teardown(void)
{
	rig_stop(&rig);
}

static const size_t sizes[] = { 0, 1, 65536, 131071, 131072, 131073, BIG };

/* Connected before the command: opened at once, one question to the agent. */
START_TEST(test_stor)
{
	size_t size = sizes[_i];
	char expect[64];

	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big, size));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert(rig_file_is(&rig, size));
	snprintf(expect, sizeof(expect), "store 0 0 /a;commit %zu;", size);
	ck_assert_str_eq(rig.log, expect);
	ck_assert(!xfer_is_active(rig.s));
}
END_TEST

/* R7.1: nothing is opened before the connection is up. */
START_TEST(test_stor_connects_late)
{
	uint16_t port = rig_epsv(&rig);

	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "check 0 0 /a;");
	rig_connect(&rig, port);
	ck_assert(rig_write_all(&rig, big, 100));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert(rig_file_is(&rig, 100));
	ck_assert_str_eq(rig.log, "check 0 0 /a;store 0 0 /a;commit 100;");
}
END_TEST

START_TEST(test_stor_nobody_connects)
{
	rig_fake_clock();
	rig_epsv(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_wait(&rig, 30 * 1000);
	ck_assert_str_eq(
	    rig_reply(&rig), "425 Can't open data connection.\r\n");
	ck_assert_str_eq(rig.log, "check 0 0 /a;");
}
END_TEST

/*
 * Everything was there before the command: no wait for the client, so 150 and
 * 226 are one send (protocol 12.3).
 */
START_TEST(test_stor_early_data)
{
	rig_passive(&rig);
	ck_assert(rig_write_all(&rig, big, 1000));
	rig_close_data(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START DONE);
	ck_assert(rig_file_is(&rig, 1000));
}
END_TEST

/* ... but a slow commit does not hold the 150 back for long. */
START_TEST(test_stor_early_data_slow_agent)
{
	rig_fake_clock();
	rig_passive(&rig);
	ck_assert(rig_write_all(&rig, big, 1000));
	rig_close_data(&rig);
	rig_cmd(&rig, "STOR a");
	while (strcmp(rig.log, "store 0 0 /a;") != 0)
		ck_assert(rig_turn(&rig));
	rig.agent_silent = true;
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 200);
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_agent_wake(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
}
END_TEST

static const struct {
	enum fs_status status;
	const char *reply;
} refusals[] = {
	{ FS_MISSING, "550 a: " },
	{ FS_NO_PARENT, "550 a: " },
	{ FS_DENIED, "553 a: " },
	{ FS_IS_DIR, "553 a: " },
	{ FS_NO_SPACE, "452 a: " },
	{ FS_BAD_OFFSET, "554 Restart offset beyond end of file.\r\n" },
};

START_TEST(test_stor_refused)
{
	const char *reply = refusals[_i].reply;

	rig.store_status = rig.check_status = refusals[_i].status;
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), reply, strlen(reply)), 0);
	rig_epsv(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), reply, strlen(reply)), 0);
	ck_assert_str_eq(rig.log, "store 0 0 /a;check 0 0 /a;");
}
END_TEST

/* It was allowed, but when the connection is up it fails. */
START_TEST(test_stor_fails_late)
{
	uint16_t port = rig_epsv(&rig);

	rig.store_status = FS_NO_SPACE;
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_connect(&rig, port);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "552 a: ", 7), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 0);
}
END_TEST

/* R7.2: no 226 when the commit fails. */
START_TEST(test_commit_fails)
{
	rig.commit_status = FS_NO_SPACE;
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_close_data(&rig);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "552 a: ", 7), 0);
	ck_assert_str_eq(rig.log, "store 0 0 /a;commit 0;");
}
END_TEST

static void
reset_data(void)
{
	struct linger now = { 1, 0 };

	setsockopt(rig.data, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	rig_close_data(&rig);
}

/* 0b A: never 226 after a reset; what came is kept for a resume. */
START_TEST(test_stor_reset)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big, 1000));
	ck_assert(rig_is_quiet(&rig));
	reset_data();
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection closed; transfer aborted.\r\n");
	rig_turn(&rig);
	ck_assert_str_eq(rig.log, "store 0 0 /a;abandon 1;");
	ck_assert(rig_file_is(&rig, 1000));
}
END_TEST

/* The same while it is spliced. */
START_TEST(test_big_stor_reset)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big, BIG));
	ck_assert(rig_is_quiet(&rig));
	reset_data();
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection closed; transfer aborted.\r\n");
	ck_assert(rig_file_is(&rig, BIG));
}
END_TEST

START_TEST(test_stor_stalls)
{
	rig_fake_clock();
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_wait(&rig, 300 * 1000);
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection timed out; transfer aborted.\r\n");
}
END_TEST

/* A large upload that trickles wakes us rarely, but it does not stall. */
START_TEST(test_bulk_trickles)
{
	rig_fake_clock();
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big, 2 * 1024 * 1024));
	ck_assert(rig_is_quiet(&rig));
	ck_assert(rig_write_all(&rig, big + 2 * 1024 * 1024, 100));
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 300 * 1000);
	ck_assert(rig_is_quiet(&rig));
	ck_assert(rig_file_is(&rig, 2 * 1024 * 1024 + 100));
	rig_wait(&rig, 300 * 1000);
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection timed out; transfer aborted.\r\n");
}
END_TEST

static void
send_until_refused(void)
{
	while (rig_write_all(&rig, big, 65536))
		ck_assert(rig_turn(&rig));
}

/* T37; both ways of writing: a file that cannot be written is "disk full". */
START_TEST(test_disk_full)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(full, 0);
	close(rig.file);
	rig.file = full;
	rig_passive(&rig);
	if (_i == 1)
		ck_assert(rig_write_all(&rig, big, 100));
	rig_cmd(&rig, "STOR a");
	if (_i == 0)
		send_until_refused();
	while (strstr(rig_reply(&rig),
		   "552 Disk full; transfer aborted.\r\n") == NULL)
		ck_assert_str_ne(rig.sent, "");
	rig_turn(&rig);
	ck_assert_str_eq(rig.log, "store 0 0 /a;abandon 1;");
}
END_TEST

/* A file that was sealed against writing. */
START_TEST(test_write_error)
{
	close(rig.file);
	rig.file = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_eq(fcntl(rig.file, F_ADD_SEALS, F_SEAL_WRITE), 0);
	rig_passive(&rig);
	ck_assert(rig_write_all(&rig, big, 100));
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig),
	    START "451 Local error while writing the file.\r\n");
}
END_TEST

/* ------------------------------------------------------- REST, APPE, STOU */

START_TEST(test_stor_rest)
{
	rig_fill(&rig, 50);
	rig_cmd(&rig, "REST 50");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, _i == 0 ? "STOR a" : "APPE a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big + 50, 1000));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert(rig_file_is(&rig, 1050));
	/* RFC 3659 5.4: APPE after REST n is STOR at n */
	ck_assert_str_eq(rig.log, "store 0 50 /a;commit 1050;");
	ck_assert_uint_eq(rig.s->restart, 0);
}
END_TEST

START_TEST(test_appe)
{
	rig_passive(&rig);
	rig_cmd(&rig, "APPE a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_str_eq(rig.log, "store 1 0 /a;commit 0;");
}
END_TEST

/* Interop 44: the name in the 150 and the 226 is the one that was made. */
START_TEST(test_stou)
{
	rig.store_path = "/a.1";
	rig_cmd(&rig, "REST 9");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "STOU a");
	ck_assert_str_eq(rig_reply(&rig), "150 FILE: a.1\r\n");
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig),
	    "226 Transfer complete; unique file name is a.1.\r\n");
	ck_assert_str_eq(rig.log, "store 2 0 /a;commit 0;");
}
END_TEST

START_TEST(test_stou_late)
{
	uint16_t port = rig_epsv(&rig);

	rig.store_path = "/sub/a.1";
	rig_cmd(&rig, "STOU sub/a");
	ck_assert_str_eq(rig_reply(&rig), "150 FILE: /sub/a.1\r\n");
	rig_connect(&rig, port);
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig),
	    "226 Transfer complete; unique file name is /sub/a.1.\r\n");
	ck_assert_str_eq(
	    rig.log, "check 2 0 /sub/a;store 2 0 /sub/a.1;commit 0;");
}
END_TEST

START_TEST(test_stou_without_name)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOU");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 FILE: ftp-", 14), 0);
	ck_assert_int_eq(strncmp(rig.log, "store 2 0 /ftp-", 15), 0);
}
END_TEST

/* ----------------------------------------------------------------- TYPE A */

/* R29.2: a CR is held at buffer borders, and one at the end survives. */
START_TEST(test_ascii)
{
	const char *text = "a\r\nb\rc\r\n\r";
	char got[16];
	size_t i;

	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening ASCII mode data connection for a.\r\n");
	for (i = 0; text[i] != '\0'; i++) {
		ck_assert(rig_write_all(&rig, &text[i], 1));
		rig_turn(&rig);
	}
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_int_eq(pread(rig.file, got, sizeof(got), 0), 7);
	ck_assert_int_eq(memcmp(got, "a\nb\rc\n\r", 7), 0);
	ck_assert_str_eq(rig.log, "store 0 0 /a;commit 7;");
}
END_TEST

START_TEST(test_ascii_big)
{
	size_t i;
	char c[4];

	for (i = 0; i < 300000; i++)
		big[i] = i % 2 == 0 ? '\r' : '\n';
	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	rig_reply(&rig);
	ck_assert(rig_write_all(&rig, big, 300000));
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig), DONE);
	ck_assert_int_eq(lseek(rig.file, 0, SEEK_END), 150000);
	ck_assert_int_eq(pread(rig.file, c, 4, 149996), 4);
	ck_assert_int_eq(memcmp(c, "\n\n\n\n", 4), 0);
}
END_TEST

/* ------------------------------------------------------------------- ABOR */

/* T34, T36: wherever the upload is, 426 and 226 are one send. */
START_TEST(test_abor_opening)
{
	rig_passive(&rig);
	rig.agent_silent = true;
	rig_cmd(&rig, "STOR a");
	ck_assert(rig_is_quiet(&rig));
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	rig_agent_wake(&rig);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "store 0 0 /a;abandon 1;");
}
END_TEST

START_TEST(test_abor_moving)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	ck_assert(rig_write_all(&rig, big, 300));
	ck_assert(rig_is_quiet(&rig));
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "store 0 0 /a;abandon 1;");
	ck_assert(rig_file_is(&rig, 300));
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

/* Too late to take back, but the client gets what it waits for. */
START_TEST(test_abor_committing)
{
	rig_passive(&rig);
	rig_cmd(&rig, "STOR a");
	ck_assert_str_eq(rig_reply(&rig), START);
	rig.agent_silent = true;
	rig_close_data(&rig);
	ck_assert(rig_is_quiet(&rig));
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	rig_agent_wake(&rig);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_str_eq(rig.log, "store 0 0 /a;commit 0;");
}
END_TEST

Suite *
suite_xfer_recv(void)
{
	Suite *s = suite_create("xfer_recv");
	TCase *tc = tcase_create("uploads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_stor, 0, NELEM(sizes));
	tcase_add_test(tc, test_stor_connects_late);
	tcase_add_test(tc, test_stor_nobody_connects);
	tcase_add_test(tc, test_stor_early_data);
	tcase_add_test(tc, test_stor_early_data_slow_agent);
	tcase_add_loop_test(tc, test_stor_refused, 0, NELEM(refusals));
	tcase_add_test(tc, test_stor_fails_late);
	tcase_add_test(tc, test_commit_fails);
	tcase_add_test(tc, test_stor_reset);
	tcase_add_test(tc, test_big_stor_reset);
	tcase_add_test(tc, test_stor_stalls);
	tcase_add_test(tc, test_bulk_trickles);
	tcase_add_loop_test(tc, test_disk_full, 0, 2);
	tcase_add_test(tc, test_write_error);
	tcase_add_loop_test(tc, test_stor_rest, 0, 2);
	tcase_add_test(tc, test_appe);
	tcase_add_test(tc, test_stou);
	tcase_add_test(tc, test_stou_late);
	tcase_add_test(tc, test_stou_without_name);
	tcase_add_test(tc, test_ascii);
	tcase_add_test(tc, test_ascii_big);
	tcase_add_test(tc, test_abor_opening);
	tcase_add_test(tc, test_abor_moving);
	tcase_add_test(tc, test_abor_committing);
	suite_add_tcase(s, tc);
	return s;
}
