/* SPDX-License-Identifier: ISC */
/*
 * The monitor asks its workers, and keeps the lines that they send: what it
 * does with answers that are late, wrong or too many.
 */
#include "config.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;

static void
setup(void)
{
	fake_setup(2, 1);
	fake_listen("127.0.0.1", 0);
	fake_start();
}

static uint32_t
asked(struct fake *w, uint16_t type)
{
	struct ipc_msg *msg = fake_expect(w, type);
	uint32_t serial = get_u32(&msg->body);

	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	return serial;
}

static void
begin_status(struct wbuf *b, uint32_t serial, bool last)
{
	fake_begin(b, WM_STATUS);
	put_u32(b, serial);
	put_u8(b, last);
}

static void
put_session(struct wbuf *b, uint64_t sid, uint8_t direction)
{
	put_u64(b, sid);
	put_str(b, "anna");
	put_str(b, "TLSv1.3");
	put_str(b, "/");
	put_str(b, "RETR");
	put_u8(b, 1);
	put_u32(b, 0);
	put_u8(b, direction);
	if (direction != STATUS_NONE) {
		put_str(b, "/a");
		put_u64(b, 10);
		put_u64(b, 20);
		put_u64(b, 1000);
	}
}

static void
send_counters(struct fake *w, uint32_t serial, uint64_t commands)
{
	struct wbuf b;
	int i;

	fake_begin(&b, WM_STATS);
	put_u32(&b, serial);
	for (i = 0; i < COUNT_MAX; i++)
		put_u64(&b, i == COUNT_COMMANDS ? commands : 1);
	fake_send(w, &b);
}

START_TEST(status_is_kept_for_a_while)
{
	const struct client_status *st;
	struct fake *w, *other;
	uint32_t serial;
	struct wbuf b;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	other = fake_get(ROLE_WORKER, w == fake_get(ROLE_WORKER, 0) ? 1 : 0);
	fake_clock_start();
	survey_start(m, SURVEY_STATUS);
	serial = asked(w, MW_STATUS);
	ck_assert_uint_eq(asked(other, MW_STATUS), serial);
	begin_status(&b, serial, true);
	put_session(&b, sid, STATUS_DOWN);
	fake_send(w, &b);
	ck_assert_uint_eq(m->surveys[SURVEY_STATUS].serial, serial);
	begin_status(&b, serial, true);
	fake_send(other, &b);
	ck_assert_uint_eq(m->surveys[SURVEY_STATUS].serial, 0);
	st = sessions_find(&m->sessions, sid)->status;
	ck_assert_str_eq(st->path, "/a");
	ck_assert_uint_eq(st->moved, 10);
	fake_clock_add(11000);
	ck_assert_ptr_null(sessions_find(&m->sessions, sid)->status);
	close(conn);
}
END_TEST

/* A worker that is busy or hangs. */
START_TEST(late_worker_is_left_out)
{
	struct fake *w = fake_get(ROLE_WORKER, 0);
	struct wbuf b;
	uint32_t serial;

	fake_clock_start();
	survey_start(m, SURVEY_STATUS);
	serial = asked(w, MW_STATUS);
	fake_clock_add(2500);
	ck_assert_uint_eq(m->surveys[SURVEY_STATUS].serial, 0);
	begin_status(&b, serial, true);
	fake_send(w, &b);
	ck_assert_int_eq(w->killed, 0);
	/* A new one does not take the old answer for its own. */
	survey_start(m, SURVEY_STATUS);
	ck_assert_uint_ne(asked(w, MW_STATUS), serial);
	ck_assert_uint_ne(m->surveys[SURVEY_STATUS].serial, 0);
}
END_TEST

START_TEST(counters_of_the_dead_count)
{
	struct fake *w = fake_get(ROLE_WORKER, 0);

	send_counters(w, 0, 5);
	send_counters(fake_get(ROLE_WORKER, 1), 0, 7);
	ck_assert_uint_eq(survey_counter(m, COUNT_COMMANDS), 12);
	ck_assert_uint_eq(survey_counter(m, COUNT_NOW_TLS), 2);
	fake_die(w);
	ck_assert_uint_eq(survey_counter(m, COUNT_COMMANDS), 12);
	ck_assert_uint_eq(survey_counter(m, COUNT_NOW_TLS), 1);
}
END_TEST

enum wrong {
	STRANGE_SESSION,
	STRANGE_DIRECTION,
	STATUS_SHORT,
	STATS_SHORT,
	STATS_LONG,
	LINE_KIND,
	LINE_SHORT,
	WRONGS
};

START_TEST(wrong_answer_kills_that_worker)
{
	struct fake *w;
	struct wbuf b;
	uint64_t sid;
	int conn, i;

	conn = fake_session(&w, &sid);
	if (_i <= STATUS_SHORT) {
		begin_status(&b, 1, true);
		put_session(&b, _i == STRANGE_SESSION ? sid + 9 : sid,
		    _i == STRANGE_DIRECTION ? STATUS_DIRECTION_COUNT
					    : STATUS_UP);
		b.len -= _i == STATUS_SHORT;
	} else if (_i <= STATS_LONG) {
		fake_begin(&b, WM_STATS);
		put_u32(&b, 1);
		for (i = 0; i < COUNT_MAX + (_i == STATS_LONG ? 1 : -1); i++)
			put_u64(&b, 1);
	} else {
		uint8_t mem[64];
		struct wbuf lines;

		wbuf_init(&lines, mem, sizeof(mem));
		put_u64(&lines, sid);
		put_u8(&lines,
		    _i == LINE_KIND ? DIALOGUE_KIND_COUNT : DIALOGUE_REPLY);
		put_str(&lines, "anna");
		put_str(&lines, "200 ok");
		fake_begin(&b, WM_LINES);
		put_u32(&b, 0);
		put_bytes(&b, mem, lines.len - (_i == LINE_SHORT));
	}
	fake_send(w, &b);
	ck_assert_int_eq(w->killed, SIGKILL);
	close(conn);
}
END_TEST

/* ------------------------------------------------------------------ watch */
static void
send_lines(struct fake *w, unsigned n, uint32_t dropped)
{
	static uint8_t mem[32 * 1024];
	struct wbuf b, lines;
	char text[32];
	unsigned i;

	wbuf_init(&lines, mem, sizeof(mem));
	for (i = 0; i < n; i++) {
		put_u64(&lines, 1);
		put_u8(&lines, DIALOGUE_COMMAND);
		put_str(&lines, "anna");
		snprintf(text, sizeof(text), "line %u", i);
		put_str(&lines, text);
	}
	fake_begin(&b, WM_LINES);
	put_u32(&b, dropped);
	put_bytes(&b, mem, lines.len);
	fake_send(w, &b);
}

static void
expect_watch(struct fake *w, bool on, uint64_t sid)
{
	struct ipc_msg *msg = fake_expect(w, MW_WATCH);

	ck_assert_uint_eq(get_u8(&msg->body), on);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
}

START_TEST(watch_keeps_the_last_lines)
{
	struct fake *w = fake_get(ROLE_WORKER, 0);
	int i;

	dialogues_want(m, 0);
	expect_watch(w, true, 0);
	for (i = 0; i < 4; i++)
		send_lines(w, DIALOGUE_LINES / 2, 3);
	ck_assert_uint_eq(m->dialogues.next, 2 * DIALOGUE_LINES + 1);
	ck_assert_uint_eq(m->dialogues.dropped, 12);
	ck_assert_ptr_null(dialogues_get(&m->dialogues, DIALOGUE_LINES));
	ck_assert_str_eq(
	    dialogues_get(&m->dialogues, DIALOGUE_LINES + 1)->text, "line 0");
	ck_assert_ptr_nonnull(dialogues_get(&m->dialogues, 2 * DIALOGUE_LINES));
	ck_assert_ptr_null(
	    dialogues_get(&m->dialogues, 2 * DIALOGUE_LINES + 1));
}
END_TEST

START_TEST(watch_ends_when_nobody_asks)
{
	struct fake *w = fake_get(ROLE_WORKER, 0);

	fake_clock_start();
	dialogues_want(m, 0);
	expect_watch(w, true, 0);
	fake_clock_add(4000);
	dialogues_want(m, 17);
	expect_watch(w, true, 17);
	fake_clock_add(4000);
	dialogues_want(m, 17);
	fake_expect_nothing(w);
	fake_clock_add(6000);
	expect_watch(w, false, 17);
	ck_assert_ptr_null(m->dialogues.lines);
	/* Lines that were on their way are of no interest. */
	send_lines(w, 1, 0);
	ck_assert_ptr_null(dialogues_get(&m->dialogues, 1));
	ck_assert_int_eq(w->killed, 0);
}
END_TEST

START_TEST(new_worker_is_told)
{
	dialogues_want(m, 0);
	workers_replace(m);
	expect_watch(fake_get(ROLE_WORKER, 2), true, 0);
}
END_TEST

Suite *
suite_monitor_survey(void)
{
	Suite *s = suite_create("monitor_survey");
	TCase *tc = tcase_create("survey");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_test(tc, status_is_kept_for_a_while);
	tcase_add_test(tc, late_worker_is_left_out);
	tcase_add_test(tc, counters_of_the_dead_count);
	tcase_add_loop_test(tc, wrong_answer_kills_that_worker, 0, WRONGS);
	tcase_add_test(tc, watch_keeps_the_last_lines);
	tcase_add_test(tc, watch_ends_when_nobody_asks);
	tcase_add_test(tc, new_worker_is_told);
	suite_add_tcase(s, tc);
	return s;
}
