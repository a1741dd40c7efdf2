/* SPDX-License-Identifier: ISC */
/*
 * Downloads and listings (protocol 5, 7.3, 7.6; R5, R25, R29, R30, R31).
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/data_priv.h"
#include "server/worker/xfer_priv.h"
#include "tests/unit/suites.h"
#include "tests/unit/xfer_rig.h"

#define ABORTED "426 Transfer aborted.\r\n226 ABOR command successful.\r\n"
#define LIST_START "150 Opening ASCII mode data connection for file list.\r\n"
#define BIG (8 * 1024 * 1024)

static struct rig rig;
static char big[BIG + 1];

static void
setup(void)
{
	rig_start(&rig);
}

static void
teardown(void)
{
	rig_stop(&rig);
}

/* ------------------------------------------------------------------ RETR */

static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 1000000 };

/*
 * T71: the connection is up and everything fits, so that 150 and 226 leave in
 * one send. (The largest of these may not fit.)
 */
START_TEST(test_retr)
{
	size_t size = sizes[_i];
	char expect[160];

	rig_fill(&rig, size);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a b");
	snprintf(expect, sizeof(expect),
	    "150 Opening BINARY mode data connection for a b (%zu bytes).\r\n"
	    "226 Transfer complete.\r\n",
	    size);
	if (size <= 65537)
		ck_assert_str_eq(rig_reply(&rig), expect);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), (ssize_t)size);
	ck_assert(rig_is_pattern(big, size, 0));
	ck_assert_str_eq(rig.log, "open /a b;");
	ck_assert(!xfer_is_active(rig.s));
	ck_assert_int_eq(data_state(rig.s), DATA_NONE);
}
END_TEST

/* R5.1: 150 does not wait for the connection. */
START_TEST(test_retr_connects_late)
{
	uint16_t port = rig_epsv(&rig);

	rig_fill(&rig, 5);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for a (5 bytes).\r\n");
	rig_connect(&rig, port);
	ck_assert_str_eq(rig_reply(&rig), "226 Transfer complete.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 5);
}
END_TEST

/* The client does not read: 150 is not held back, the rest waits. */
START_TEST(test_retr_slow_reader)
{
	uint64_t moved, total;

	rig_fill(&rig, BIG);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for a (8388608 bytes)."
	    "\r\n");
	ck_assert(rig_is_quiet(&rig));
	ck_assert(xfer_progress(rig.s, &moved, &total));
	ck_assert_uint_eq(total, BIG);
	ck_assert_uint_lt(moved, BIG);
	ck_assert_uint_gt(moved, 0);
	ck_assert_int_eq(rig_read_all(&rig, big, sizeof(big)), BIG);
	ck_assert(rig_is_pattern(big, BIG, 0));
	ck_assert_str_eq(rig_reply(&rig), "226 Transfer complete.\r\n");
}
END_TEST

static bool
sends_full_segments(void)
{
	int on = -1;
	socklen_t len = sizeof(on);

	ck_assert_int_eq(
	    getsockopt(rig.s->xfer->st.fd, IPPROTO_TCP, TCP_CORK, &on, &len),
	    0);
	return on != 0;
}

/* A client that does not read: enough is left for a look at the socket. */
START_TEST(test_retr_full_segments)
{
	rig_fill(&rig, BIG);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_ne(rig_reply(&rig), "");
	ck_assert(sends_full_segments());
	/* What is left over leaves with the FIN, not 200 ms later. */
	ck_assert_int_eq(rig_read_all(&rig, big, sizeof(big)), BIG);
}
END_TEST

static const struct {
	const char *rest, *reply;
	size_t from;
} restarts[] = {
	{ "REST 0",
	    "150 Opening BINARY mode data connection for a (10 bytes)."
	    "\r\n226 Transfer complete.\r\n",
	    0 },
	{ "REST 4",
	    "150 Opening BINARY mode data connection for a (6 bytes)."
	    "\r\n226 Transfer complete.\r\n",
	    4 },
	{ "REST 10",
	    "150 Opening BINARY mode data connection for a (0 bytes)."
	    "\r\n226 Transfer complete.\r\n",
	    10 },
	{ "REST 11", "554 Restart offset beyond end of file.\r\n", 0 },
	{ "REST 4294967297", "554 Restart offset beyond end of file.\r\n", 0 },
	{ "REST 9223372036854775807",
	    "554 Restart offset beyond end of file.\r\n", 0 },
};

START_TEST(test_retr_rest)
{
	size_t from = restarts[_i].from;

	rig_fill(&rig, 10);
	rig_cmd(&rig, restarts[_i].rest);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "350 ", 4), 0);
	rig_passive(&rig); /* REST survives it */
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig), restarts[_i].reply);
	if (restarts[_i].reply[0] == '1') {
		ck_assert_int_eq(
		    rig_read_all(&rig, big, BIG), (ssize_t)(10 - from));
		ck_assert(rig_is_pattern(big, 10 - from, from));
	}
	/* T23: consumed, whatever became of it */
	ck_assert_uint_eq(rig.s->restart, 0);
}
END_TEST

static const struct {
	const char *line, *reply;
} plain_replies[] = {
	{ "REST 5", "350 Restarting at 5. Send STOR or RETR to initiate "
		    "transfer.\r\n" },
	{ "REST x", "501 Invalid restart offset.\r\n" },
	{ "REST -1", "501 Invalid restart offset.\r\n" },
	{ "REST 9223372036854775808", "501 Invalid restart offset.\r\n" },
	{ "REST 99999999999999999999", "501 Invalid restart offset.\r\n" },
	{ "ALLO 100", "200 ALLO command successful; no storage allocation "
		      "necessary.\r\n" },
	{ "ALLO 100 R 10", "200 ALLO command successful; no storage allocation "
			   "necessary.\r\n" },
	{ "ALLO 100 X 10", "501 Invalid ALLO argument.\r\n" },
	{ "ALLO 100 R", "501 Invalid ALLO argument.\r\n" },
	{ "ALLO much", "501 Invalid ALLO argument.\r\n" },
	{ "ABOR", "226 ABOR command successful.\r\n" },
	{ "RETR a", "425 Use PASV, EPSV, PORT or EPRT first.\r\n" },
	{ "STOR a", "425 Use PASV, EPSV, PORT or EPRT first.\r\n" },
	{ "LIST", "425 Use PASV, EPSV, PORT or EPRT first.\r\n" },
};

START_TEST(test_plain_replies)
{
	size_t i;

	for (i = 0; i < NELEM(plain_replies); i++) {
		rig_cmd(&rig, plain_replies[i].line);
		ck_assert_msg(
		    strcmp(rig_reply(&rig), plain_replies[i].reply) == 0,
		    "%s: %s", plain_replies[i].line, rig.sent);
	}
	ck_assert_str_eq(rig.log, "");
}
END_TEST

/* 0b G, H: the reply, then an orderly end of the connection. */
START_TEST(test_retr_refused)
{
	rig.open_status = FS_MISSING;
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(
	    rig_reply(&rig), "550 a: No such file or directory.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 0);
	ck_assert_int_eq(data_state(rig.s), DATA_NONE);
}
END_TEST

/* Interop 43: a listener that nobody used stays for the next command. */
START_TEST(test_refused_keeps_listener)
{
	uint16_t port = rig_epsv(&rig);

	rig.open_status = FS_MISSING;
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "550 ", 4), 0);
	ck_assert_int_eq(data_state(rig.s), DATA_LISTENING);
	rig.open_status = FS_OK;
	rig_fill(&rig, 3);
	rig_connect(&rig, port);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 3);
}
END_TEST

/* T33, interop 47: the client closes early. The session goes on. */
START_TEST(test_retr_client_closes)
{
	rig_fill(&rig, BIG);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig_close_data(&rig);
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection closed; transfer aborted.\r\n");
	rig_fill(&rig, 3);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
}
END_TEST

/* Exactly the size that was announced; less is an error, and no clean FIN. */
START_TEST(test_retr_shrinks)
{
	rig_fill(&rig, 100000);
	rig.lie = true;
	rig.size = 100001;
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for a (100001 bytes)."
	    "\r\n");
	ck_assert_str_eq(
	    rig_reply(&rig), "451 File changed during the transfer.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

START_TEST(test_retr_grows)
{
	rig_fill(&rig, 100);
	rig.lie = true;
	rig.size = 99;
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 99);
}
END_TEST

START_TEST(test_retr_stalls)
{
	uint64_t before, moved, total;

	rig_fake_clock();
	ck_assert_int_eq(ftruncate(rig.file, 1 << 30), 0);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 200 * 1000);
	/* some progress: the time starts anew */
	ck_assert(xfer_progress(rig.s, &before, &total));
	do {
		recv(rig.data, big, BIG, 0);
		ck_assert(rig_turn(&rig));
		ck_assert(xfer_progress(rig.s, &moved, &total));
	} while (moved == before);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 299 * 1000);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 1000);
	ck_assert_str_eq(rig_reply(&rig),
	    "426 Data connection timed out; transfer aborted.\r\n");
	while (errno == EAGAIN || recv(rig.data, big, BIG, 0) > 0)
		errno = 0;
	ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

/* A client that sent something does not lose the end of the file to an RST. */
START_TEST(test_retr_client_talks)
{
	rig_fill(&rig, 50000);
	rig_passive(&rig);
	ck_assert_int_eq(send(rig.data, "what?", 5, 0), 5);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 50000);
}
END_TEST

/* ----------------------------------------------------------------- TYPE A */

START_TEST(test_ascii_untouched)
{
	ck_assert_int_eq(write(rig.file, "a\nb\n", 4), 4);
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening ASCII mode data connection for a (4 bytes).\r\n"
	    "226 Transfer complete.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 4);
}
END_TEST

/* R29.2, T40: also over buffer borders. */
START_TEST(test_ascii_converted)
{
	size_t i, len = 300000;
	char *text = xmalloc(len);
	ssize_t n;

	for (i = 0; i < len; i++)
		text[i] = i % 3 == 0 ? '\n' : 'x';
	ck_assert_int_eq(write(rig.file, text, len), (ssize_t)len);
	free(text);
	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	n = rig_read_all(&rig, big, BIG);
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening ASCII mode data connection for a.\r\n"
	    "226 Transfer complete.\r\n");
	ck_assert_int_eq(n, 400000);
	for (i = 0; i < (size_t)n; i++) {
		if (big[i] != "\r\nxx"[i % 4])
			break;
	}
	ck_assert_uint_eq(i, 400000);
}
END_TEST

/* R29.3 */
START_TEST(test_ascii_rest)
{
	rig.conf.ascii = CONF_ASCII_CONVERT;
	rig_cmd(&rig, "REST 5"); /* while still TYPE I */
	rig_reply(&rig);
	rig_cmd(&rig, "TYPE A");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "504 ", 4), 0);
	rig_cmd(&rig, "REST 5");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "504 ", 4), 0);
	rig_cmd(&rig, "REST 0");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "350 ", 4), 0);
}
END_TEST

/* ------------------------------------------------------------------- ABOR */

/* T34, T35, T72: two replies in one send, an RST, and the session goes on. */
START_TEST(test_abor_moving)
{
	rig_fill(&rig, BIG);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig_cmd(&rig, "NOOP");
	ck_assert(rig_is_quiet(&rig));
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED "200 NOOP ok.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

START_TEST(test_abor_connecting)
{
	uint16_t port = rig_epsv(&rig);

	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	ck_assert_int_eq(data_state(rig.s), DATA_NONE);
	rig_connect(&rig, rig_epsv(&rig));
	ck_assert_uint_ne(port, 0);
}
END_TEST

/* The agent is slow; its late answer disturbs nobody. */
START_TEST(test_abor_opening)
{
	rig_fill(&rig, 3);
	rig_passive(&rig);
	rig.agent_silent = true;
	rig_cmd(&rig, "RETR a");
	ck_assert(rig_is_quiet(&rig));
	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), ABORTED);
	rig_agent_wake(&rig);
	ck_assert(rig_is_quiet(&rig));
	rig_passive(&rig);
	rig_cmd(&rig, "RETR b");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 3);
	ck_assert_str_eq(rig.log, "open /a;open /b;");
}
END_TEST

/* ---------------------------------------------------------------- listings */

START_TEST(test_list)
{
	rig.pages[0] = "line one\r\nline two\r\n";
	rig_passive(&rig);
	rig_cmd(&rig, "LIST -a some dir");
	ck_assert_str_eq(
	    rig_reply(&rig), LIST_START "226 Directory send OK.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 20);
	ck_assert_str_eq(rig.log, "list 0 1025 /some dir some dir;");
}
END_TEST

/* Interop 33 */
START_TEST(test_list_empty)
{
	rig_passive(&rig);
	rig_cmd(&rig, "NLST");
	ck_assert_str_eq(
	    rig_reply(&rig), LIST_START "226 Directory send OK.\r\n");
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), 0);
	ck_assert_str_eq(rig.log, "list 1 1024 / ;");
}
END_TEST

START_TEST(test_mlsd)
{
	rig_passive(&rig);
	rig_cmd(&rig, "MLSD -a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for file list.\r\n"
	    "226 Directory send OK.\r\n");
	ck_assert_str_eq(rig.log, "list 2 2048 /-a -a;");
	rig.list_status = FS_NOT_DIR;
	rig_passive(&rig);
	rig_cmd(&rig, "MLSD f");
	ck_assert_str_eq(rig_reply(&rig), "501 f: Not a directory.\r\n");
}
END_TEST

/* REST means nothing to a listing and is used up by it. */
START_TEST(test_list_missing)
{
	rig.list_status = FS_MISSING;
	rig_cmd(&rig, "REST 7");
	rig_reply(&rig);
	rig_passive(&rig);
	rig_cmd(&rig, "LIST x");
	ck_assert_str_eq(
	    rig_reply(&rig), "550 x: No such file or directory.\r\n");
	ck_assert_uint_eq(rig.s->restart, 0);
}
END_TEST

#define PAGE_SIZE (64 * 1024)

static char *
make_page(size_t from)
{
	char *page = xmalloc(PAGE_SIZE + 1);
	size_t i;

	for (i = 0; i < PAGE_SIZE; i++)
		page[i] = (char)('a' + (from + i) % 26);
	page[PAGE_SIZE] = '\0';
	return page;
}

/* Pages follow each other, but a slow client gets only one ahead. */
START_TEST(test_list_pages)
{
	char *pages[RIG_PAGES - 1];
	size_t i, n = RIG_PAGES - 1;
	int small = 4096;

	for (i = 0; i < n; i++)
		rig.pages[i] = pages[i] = make_page(i * PAGE_SIZE);
	rig_passive(&rig);
	setsockopt(
	    rig.s->data->st.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	rig_cmd(&rig, "LIST");
	ck_assert_str_eq(rig_reply(&rig), LIST_START);
	ck_assert(rig_is_quiet(&rig));
	ck_assert_uint_lt(strlen(rig.log), strlen("list 0 1024 / ;") + 4 * 5);
	ck_assert_int_eq(
	    rig_read_all(&rig, big, BIG), (ssize_t)(n * PAGE_SIZE));
	for (i = 0; i < n * PAGE_SIZE; i++) {
		if (big[i] != (char)('a' + i % 26))
			break;
	}
	ck_assert_uint_eq(i, n * PAGE_SIZE);
	ck_assert_str_eq(rig_reply(&rig), "226 Directory send OK.\r\n");
	ck_assert_str_eq(
	    rig.log, "list 0 1024 / ;next;next;next;next;next;next;");
	for (i = 0; i < n; i++)
		free(pages[i]);
}
END_TEST

START_TEST(test_list_client_closes)
{
	char *page = make_page(0);
	size_t i;

	for (i = 0; i < RIG_PAGES - 1; i++)
		rig.pages[i] = page;
	rig_connect(&rig, rig_epsv(&rig));
	rig_close_data(&rig);
	rig_cmd(&rig, "LIST");
	while (strstr(rig_reply(&rig), "426 ") == NULL)
		ck_assert_str_ne(rig.sent, "");
	free(page);
}
END_TEST

/* The agent fails half-way: no clean end of the list. */
START_TEST(test_list_fails)
{
	rig.pages[0] = "a\r\n";
	rig.pages[1] = "b\r\n";
	rig.next_status = FS_IO;
	rig_passive(&rig);
	rig_cmd(&rig, "LIST");
	ck_assert_str_eq(rig_reply(&rig), LIST_START);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "451 ", 4), 0);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

/* T27: everything goes with the session. */
START_TEST(test_session_ends)
{
	rig_fill(&rig, BIG);
	rig_passive(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	session_enter(rig.s);
	session_end(rig.s, REASON_SHUTDOWN, NULL);
	session_leave(rig.s);
	ck_assert_int_eq(rig_read_all(&rig, big, BIG), -1);
}
END_TEST

Suite *
suite_xfer_send(void)
{
	Suite *s = suite_create("xfer_send");
	TCase *tc = tcase_create("downloads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_retr, 0, NELEM(sizes));
	tcase_add_test(tc, test_retr_connects_late);
	tcase_add_test(tc, test_retr_slow_reader);
	tcase_add_test(tc, test_retr_full_segments);
	tcase_add_loop_test(tc, test_retr_rest, 0, NELEM(restarts));
	tcase_add_test(tc, test_plain_replies);
	tcase_add_test(tc, test_retr_refused);
	tcase_add_test(tc, test_refused_keeps_listener);
	tcase_add_test(tc, test_retr_client_closes);
	tcase_add_test(tc, test_retr_shrinks);
	tcase_add_test(tc, test_retr_grows);
	tcase_add_test(tc, test_retr_stalls);
	tcase_add_test(tc, test_retr_client_talks);
	tcase_add_test(tc, test_ascii_untouched);
	tcase_add_test(tc, test_ascii_converted);
	tcase_add_test(tc, test_ascii_rest);
	tcase_add_test(tc, test_abor_moving);
	tcase_add_test(tc, test_abor_connecting);
	tcase_add_test(tc, test_abor_opening);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_list_empty);
	tcase_add_test(tc, test_mlsd);
	tcase_add_test(tc, test_list_missing);
	tcase_add_test(tc, test_list_pages);
	tcase_add_test(tc, test_list_client_closes);
	tcase_add_test(tc, test_list_fails);
	tcase_add_test(tc, test_session_ends);
	suite_add_tcase(s, tc);
	return s;
}
