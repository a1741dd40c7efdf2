/* SPDX-License-Identifier: ISC */
/*
 * What a worker tells of its sessions: status and counters when it is asked,
 * dialogues while somebody watches, and nothing otherwise.
 */
#include "config.h"

#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/counters.h"
#include "server/worker/session.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"

static struct ctrl_rig rig;
static struct rbuf lines; /* those not looked at yet, of the last message */

static void
setup(void)
{
	crig_start(&rig);
	crig_fake_clock();
}

static void
teardown(void)
{
	crig_stop(&rig);
}

static void
watch(bool on, uint64_t sid)
{
	struct wbuf *b = crig_begin(MW_WATCH);

	put_u8(b, on);
	put_u64(b, sid);
	crig_tell(&rig, -1);
}

/* Takes the next message of lines; how many were dropped. */
static uint32_t
take_lines(void)
{
	struct rbuf *in;
	uint32_t dropped;
	const void *p;
	size_t len;

	crig_turn(&rig);
	crig_wait(&rig, 200);
	in = crig_reported(&rig, WM_LINES);
	dropped = get_u32(in);
	p = get_bytes(in, &len);
	ck_assert_int_eq(rbuf_end(in), 0);
	rbuf_init(&lines, p, len);
	return dropped;
}

static void
expect_line(
    uint64_t sid, enum dialogue_kind kind, const char *user, const char *text)
{
	char got[STATUS_TEXT_MAX];

	ck_assert_uint_eq(get_u64(&lines), sid);
	ck_assert_uint_eq(get_u8(&lines), (unsigned)kind);
	get_str(&lines, got, sizeof(got));
	ck_assert_str_eq(got, user);
	get_str(&lines, got, sizeof(got));
	ck_assert_str_eq(got, text);
}

static void
expect_end(void)
{
	ck_assert_int_eq(rbuf_end(&lines), 0);
}

/* ----------------------------------------------------------------- status */
static struct rbuf *
ask_status(uint32_t serial)
{
	struct rbuf *in;

	put_u32(crig_begin(MW_STATUS), serial);
	crig_tell(&rig, -1);
	in = crig_reported(&rig, WM_STATUS);
	ck_assert_uint_eq(get_u32(in), serial);
	return in;
}

START_TEST(status_of_an_idle_session)
{
	static const char *const expected[] = { "anna", "", "/home", "PASS" };
	char text[STATUS_TEXT_MAX];
	struct rbuf *in;
	size_t i;

	crig_login(&rig);
	crig_wait(&rig, 5000);
	in = ask_status(7);
	ck_assert_uint_eq(get_u8(in), 1); /* the last one */
	ck_assert_uint_eq(get_u64(in), rig.sid);
	for (i = 0; i < NELEM(expected); i++) {
		get_str(in, text, sizeof(text));
		ck_assert_str_eq(text, expected[i]);
	}
	ck_assert_uint_eq(get_u8(in), 0);
	ck_assert_uint_eq(get_u32(in), 5);
	ck_assert_uint_eq(get_u8(in), STATUS_NONE);
	ck_assert_int_eq(rbuf_end(in), 0);
	crig_told_nothing(&rig);
}
END_TEST

START_TEST(status_of_nobody)
{
	struct rbuf *in = ask_status(1);

	ck_assert_uint_eq(get_u8(in), 1);
	ck_assert_int_eq(rbuf_end(in), 0);
}
END_TEST

START_TEST(counters)
{
	uint64_t c[COUNT_MAX];
	struct rbuf *in;
	int i;

	crig_login(&rig);
	put_u32(crig_begin(MW_STATS), 3);
	crig_tell(&rig, -1);
	in = crig_reported(&rig, WM_STATS);
	ck_assert_uint_eq(get_u32(in), 3);
	for (i = 0; i < COUNT_MAX; i++)
		c[i] = get_u64(in);
	ck_assert_int_eq(rbuf_end(in), 0);
	ck_assert_uint_eq(c[COUNT_COMMANDS], 2);
	ck_assert_uint_eq(c[COUNT_NOW_LOGGED_IN], 1);
	ck_assert_uint_eq(c[COUNT_NOW_TLS], 0);
	ck_assert_uint_eq(c[COUNT_DOWN_OK], 0);
	for (i = 0; i < COUNT_MAX; i++)
		ck_assert_ptr_nonnull(counter_names[i]);
}
END_TEST

/* --------------------------------------------------------------- dialogues */
START_TEST(nobody_watches)
{
	crig_login(&rig);
	crig_say(&rig, "NOOP", "200 NOOP ok.\r\n");
	crig_wait(&rig, 1000);
	crig_told_nothing(&rig);
}
END_TEST

START_TEST(lines_are_told_while_somebody_watches)
{
	crig_login(&rig);
	watch(true, 0);
	crig_say(&rig, "NOOP", "200 NOOP ok.\r\n");
	crig_cmd(&rig, "MKD \033[2J\xff\xff\xff\xff");
	ck_assert_uint_eq(take_lines(), 0);
	expect_line(rig.sid, DIALOGUE_COMMAND, "anna", "NOOP");
	expect_line(rig.sid, DIALOGUE_REPLY, "anna", "200 NOOP ok.");
	expect_line(rig.sid, DIALOGUE_COMMAND, "anna", "MKD \\033[2J\xff\xff");
	expect_end();
	watch(false, 0);
	crig_cmd(&rig, "NOOP");
	crig_wait(&rig, 1000);
	crig_told_nothing(&rig);
}
END_TEST

/* Neither where they belong nor where they were typed by mistake. */
START_TEST(passwords_are_never_told)
{
	watch(true, 0);
	crig_connect(&rig);
	crig_cmd(&rig, "PASSgeheim");
	crig_cmd(&rig, "PASSWORT geheim");
	crig_cmd(&rig, "USER anna");
	crig_cmd(&rig, "PASS geheim");
	crig_turn(&rig);
	(void)crig_told(&rig, WM_LOGIN);
	take_lines();
	ck_assert_ptr_nonnull(
	    memmem(lines.p, (size_t)(lines.end - lines.p), "PASS ***", 8));
	ck_assert_ptr_null(
	    memmem(lines.p, (size_t)(lines.end - lines.p), "geheim", 6));
}
END_TEST

START_TEST(one_session_is_watched)
{
	struct session *other = crig_login(&rig);
	uint64_t sid = rig.sid;

	watch(true, sid + 1);
	crig_cmd(&rig, "NOOP");
	crig_wait(&rig, 1000);
	crig_told_nothing(&rig);
	watch(true, sid);
	crig_cmd(&rig, "NOOP");
	ck_assert_uint_eq(take_lines(), 0);
	expect_line(other->id, DIALOGUE_COMMAND, "anna", "NOOP");
}
END_TEST

/* What does not fit is counted; the client waits for nothing. */
START_TEST(too_many_lines_are_dropped)
{
	int i;

	crig_login(&rig);
	watch(true, 0);
	for (i = 0; i < 2000; i++)
		crig_say(&rig, "NOOP", "200 NOOP ok.\r\n");
	ck_assert_uint_gt(take_lines(), 1000);
	crig_say(&rig, "NOOP", "200 NOOP ok.\r\n");
	ck_assert_uint_eq(take_lines(), 0);
	expect_line(rig.sid, DIALOGUE_COMMAND, "anna", "NOOP");
}
END_TEST

Suite *
suite_status(void)
{
	Suite *s = suite_create("status");
	TCase *tc = tcase_create("status");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, status_of_an_idle_session);
	tcase_add_test(tc, status_of_nobody);
	tcase_add_test(tc, counters);
	tcase_add_test(tc, nobody_watches);
	tcase_add_test(tc, lines_are_told_while_somebody_watches);
	tcase_add_test(tc, passwords_are_never_told);
	tcase_add_test(tc, one_session_is_watched);
	tcase_add_test(tc, too_many_lines_are_dropped);
	suite_add_tcase(s, tc);
	return s;
}
