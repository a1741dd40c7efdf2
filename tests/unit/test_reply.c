/* SPDX-License-Identifier: ISC */
/*
 * Replies (protocol 2.5): one line each, whatever is in the text.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "server/worker/ctrl.h"
#include "server/worker/reply.h"
#include "tests/unit/suites.h"

static struct conf_listen listener;
static struct config conf = { .listens = &listener, .nlistens = 1 };
static struct worker worker = { .conf = &conf }; /* nobody watches it */
static struct session s;

static void
setup(void)
{
	memset(&s, 0, sizeof(s));
	s.w = &worker;
}

static void
teardown(void)
{
	ctrl_clear_output(&s);
}

static void
expect(const char *text)
{
	ck_assert_uint_eq(s.out.len, strlen(text));
	ck_assert(memcmp(s.out.p, text, s.out.len) == 0);
}

START_TEST(test_single)
{
	reply(&s, 200, "Type set to %s.", "I");
	expect("200 Type set to I.\r\n");
}
END_TEST

START_TEST(test_multi)
{
	reply_more(&s, 211, "Features:");
	reply_row(&s, "SIZE");
	reply_rows(&s, "one\r\n two\r\n", 11);
	reply(&s, 211, "End");
	expect("211-Features:\r\n SIZE\r\n one\r\n  two\r\n211 End\r\n");
}
END_TEST

/* FileZilla ignores a line of less than four characters. */
START_TEST(test_never_empty)
{
	reply(&s, 230, "%s", "");
	reply_more(&s, 220, "%s", "");
	expect("230 -\r\n220--\r\n");
}
END_TEST

/* A file name forges no reply (protocol 2.4). */
START_TEST(test_forged)
{
	reply(&s, 550, "%s: No such file or directory.", "a\r\n226 b\rc\nd");
	expect("550 a??226 b?c?d: No such file or directory.\r\n");
}
END_TEST

/* Telnet: IAC is doubled (protocol 2.1); all other bytes are as they are. */
START_TEST(test_iac)
{
	reply(&s, 250, "%s", "\xff\xe4\xfe\t");
	reply_row(&s, "%s", "\xff");
	reply_rows(&s, "\xff\xff\r\n", 4);
	expect("250 \xff\xff\xe4\xfe\t\r\n \xff\xff\r\n \xff\xff\xff\xff\r\n");
}
END_TEST

/* The longest line a client can send comes back whole. */
START_TEST(test_long)
{
	char name[LINE_MAX_LEN + 1], expected[LINE_MAX_LEN + 64];

	memset(name, 'x', LINE_MAX_LEN);
	name[LINE_MAX_LEN] = '\0';
	reply(&s, 550, "%s: File name too long.", name);
	snprintf(expected, sizeof(expected), "550 %s: File name too long.\r\n",
	    name);
	expect(expected);
}
END_TEST

/* However long, it is one line with an end. */
START_TEST(test_too_long)
{
	static char name[65536];

	memset(name, '\xff', sizeof(name) - 1);
	reply(&s, 200, "%s", name);
	ck_assert_uint_lt(s.out.len, 2 * 9000);
	ck_assert(memcmp(s.out.p + s.out.len - 2, "\r\n", 2) == 0);
	ck_assert_ptr_null(memchr(s.out.p, '\n', s.out.len - 1));
}
END_TEST

START_TEST(test_pad)
{
	reply(&s, 200, "one");
	reply_final(&s, 226, "done");
	ck_assert(s.pad_last);
	reply_pad(&s, 3);
	expect("200 one\r\n226 done   \r\n");
}
END_TEST

/* Nothing piles up for a session that is gone. */
START_TEST(test_ended)
{
	s.ended = true;
	reply(&s, 200, "one");
	reply_bytes(&s, "x", 1);
	reply_alone(&s, 227, "two");
	ck_assert_ptr_null(s.out.p);
}
END_TEST

Suite *
suite_reply(void)
{
	Suite *suite = suite_create("reply");
	TCase *tc = tcase_create("format");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_single);
	tcase_add_test(tc, test_multi);
	tcase_add_test(tc, test_never_empty);
	tcase_add_test(tc, test_forged);
	tcase_add_test(tc, test_iac);
	tcase_add_test(tc, test_long);
	tcase_add_test(tc, test_too_long);
	tcase_add_test(tc, test_pad);
	tcase_add_test(tc, test_ended);
	suite_add_tcase(suite, tc);
	return suite;
}
