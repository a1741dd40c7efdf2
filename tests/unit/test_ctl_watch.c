/* SPDX-License-Identifier: ISC */
/*
 * The model of ternctl watch: what it makes of the server's rows and of keys.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "server/ctl/watch_model.h"
#include "tests/unit/suites.h"

static struct watch_model m;

static void
setup(void)
{
	watch_model_init(&m);
}

static void
teardown(void)
{
	watch_model_clear(&m);
}

/* --------------------------------------------------------------- sessions */
static struct control_fields row;

static void
text(const char *name, const char *value)
{
	row.f[row.n++] = (struct control_field){
		.name = name, .unit = UNIT_TEXT, .text = value
	};
}

static void
number(const char *name, uint64_t value)
{
	row.f[row.n++] = (struct control_field){
		.name = name, .unit = UNIT_NUMBER, .number = value, .text = ""
	};
}

/* bytes 0: it does nothing. */
static void
session(uint64_t id, const char *user, const char *transfer, uint64_t bytes)
{
	row.n = 0;
	number("id", id);
	text("user", user);
	text("address", "192.0.2.1");
	text("transfer", transfer);
	text("directory", "/dir");
	if (transfer[0] != '\0') {
		text("path", "/file");
		number("bytes", bytes);
		number("size", 4000);
		number("rate", 77);
	}
	watch_look(&m, &row);
}

START_TEST(moving_ones_come_first)
{
	watch_look_begin(&m, 1000);
	session(1, "anna", "", 0);
	session(2, "bert", "up", 1000);
	session(3, "carl", "", 0);
	session(4, "dora", "down", 0);
	watch_look_end(&m);
	ck_assert_uint_eq(m.nrows, 4);
	ck_assert_uint_eq(m.shown[0]->id, 2);
	ck_assert_uint_eq(m.shown[1]->id, 4);
	ck_assert_uint_eq(m.shown[2]->id, 1);
	ck_assert_uint_eq(m.nmoving, 2);
	ck_assert_str_eq(m.shown[0]->what, "/file");
	ck_assert_str_eq(m.shown[2]->what, "/dir");
	ck_assert_int_eq(watch_percent(m.shown[0]), 25);
	ck_assert_int_eq(watch_percent(m.shown[2]), -1);
}
END_TEST

/* The mean of the server at first, then between looks; a new transfer begins
 * anew. */
START_TEST(rate_is_live)
{
	watch_look_begin(&m, 1000);
	session(1, "anna", "down", 1000);
	watch_look_end(&m);
	ck_assert_uint_eq(m.shown[0]->rate, 77);
	watch_look_begin(&m, 1500);
	session(1, "anna", "down", 2006);
	watch_look_end(&m);
	/* A third of 2012 bytes per second and two thirds of 77. */
	ck_assert_uint_eq(m.shown[0]->rate, 722);
	ck_assert_uint_eq(m.down, 722);
	ck_assert_uint_eq(m.up, 0);
	watch_look_begin(&m, 2500);
	session(1, "anna", "up", 100);
	watch_look_end(&m);
	ck_assert_uint_eq(m.shown[0]->rate, 77);
	ck_assert_uint_eq(m.up, 77);
}
END_TEST

START_TEST(gone_ones_go_and_the_selection_moves)
{
	watch_look_begin(&m, 1);
	session(1, "anna", "", 0);
	session(2, "bert", "", 0);
	watch_look_end(&m);
	ck_assert_uint_eq(m.selected, 1);
	watch_press(&m, WATCH_UP);
	ck_assert_uint_eq(m.selected, 1);
	watch_press(&m, WATCH_DOWN);
	watch_press(&m, WATCH_DOWN);
	ck_assert_uint_eq(m.selected, 2);
	watch_look_begin(&m, 2);
	session(1, "anna", "", 0);
	watch_look_end(&m);
	ck_assert_uint_eq(m.selected, 1);
	watch_look_begin(&m, 3);
	watch_look_end(&m);
	ck_assert_uint_eq(m.nrows, 0);
	ck_assert_ptr_null(watch_selected(&m));
	watch_press(&m, WATCH_DOWN);
	watch_press(&m, WATCH_USER);
	watch_press(&m, WATCH_SESSION);
	ck_assert_uint_eq(m.only_session, 0);
}
END_TEST

/* ------------------------------------------------------------------ lines */
static void
place(uint64_t next, uint64_t dropped)
{
	row.n = 0;
	number("next", next);
	number("dropped", dropped);
	watch_feed(&m, &row);
}

static void
line(uint64_t n, uint64_t sid, const char *user, const char *kind,
    const char *what)
{
	row.n = 0;
	number("number", n);
	number("time", 1);
	number("session", sid);
	text("user", user);
	text("kind", kind);
	text("text", what);
	watch_feed(&m, &row);
}

static void
some_lines(void)
{
	place(10, 5);
	line(10, 1, "anna", "command", "NOOP");
	line(11, 1, "anna", "reply", "200 ok");
	line(12, 2, "bert", "reply", "550 no");
	line(13, 2, "bert", "event", "auth-fail bad-password");
}

static void
expect(size_t n, const char *what)
{
	const struct watch_text *got = watch_line(&m, n);

	if (what == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got->text, what);
}

START_TEST(lines_are_filtered)
{
	some_lines();
	expect(0, "auth-fail bad-password");
	expect(3, "NOOP");
	expect(4, NULL);
	watch_press(&m, WATCH_ERRORS);
	expect(1, "550 no");
	expect(2, NULL);
	watch_press(&m, WATCH_ERRORS);
	m.only_session = 1;
	expect(0, "200 ok");
	expect(1, "NOOP");
	expect(2, NULL);
	watch_press(&m, WATCH_SESSION);
	strlcpy(m.only_user, "bert", sizeof(m.only_user));
	expect(1, "550 no");
	expect(2, NULL);
	watch_press(&m, WATCH_USER);
	expect(3, "NOOP");
}
END_TEST

START_TEST(pause_holds_the_lines)
{
	some_lines();
	watch_press(&m, WATCH_PAUSE);
	line(14, 1, "anna", "command", "QUIT");
	expect(0, "auth-fail bad-password");
	watch_press(&m, WATCH_PAUSE);
	expect(0, "QUIT");
}
END_TEST

START_TEST(lost_lines_are_counted)
{
	some_lines();
	ck_assert_uint_eq(m.dropped + m.missed, 0);
	ck_assert_uint_eq(m.next, 14);
	place(99, 12);
	ck_assert_uint_eq(m.dropped, 7);
	ck_assert_uint_eq(m.next, 14);
	line(20, 1, "anna", "reply", "200 ok");
	ck_assert_uint_eq(m.missed, 6);
	ck_assert_uint_eq(m.next, 21);
}
END_TEST

START_TEST(old_lines_make_room)
{
	char what[32];
	int i;

	place(1, 0);
	for (i = 1; i <= WATCH_KEPT + 10; i++) {
		snprintf(what, sizeof(what), "%d", i);
		line((uint64_t)i, 1, "anna", "command", what);
	}
	expect(0, "1010");
	expect(WATCH_KEPT - 2, "12");
	expect(WATCH_KEPT + 1, NULL);
}
END_TEST

Suite *
suite_ctl_watch(void)
{
	Suite *s = suite_create("ctl_watch");
	TCase *tc = tcase_create("model");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, moving_ones_come_first);
	tcase_add_test(tc, rate_is_live);
	tcase_add_test(tc, gone_ones_go_and_the_selection_moves);
	tcase_add_test(tc, lines_are_filtered);
	tcase_add_test(tc, pause_holds_the_lines);
	tcase_add_test(tc, lost_lines_are_counted);
	tcase_add_test(tc, old_lines_make_room);
	suite_add_tcase(s, tc);
	return s;
}
