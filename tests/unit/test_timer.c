/* SPDX-License-Identifier: ISC */
/*
 * Timers on a clock that the test moves, and once on a real loop.
 */
#include <check.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/timer.h"
#include "tests/unit/suites.h"

static uint64_t now;
static char fired[64]; /* names of timers in the order they fired */
static struct timer a, b, c;

static uint64_t
fake_now(void)
{
	return now;
}

static void
note(const char *name)
{
	strlcat(fired, name, sizeof(fired));
}

static void
note_cb(void *arg)
{
	note(arg);
}

/* Moves the clock and runs what is due. */
static void
pass(uint64_t ms)
{
	now += ms;
	timers_run();
}

static void
setup(void)
{
	static char names[][2] = { "a", "b", "c" };

	now = 1000;
	fired[0] = '\0';
	clock_set(fake_now);
	timers_init(NULL);
	timer_init(&a, note_cb, names[0]);
	timer_init(&b, note_cb, names[1]);
	timer_init(&c, note_cb, names[2]);
}

static void
teardown(void)
{
	timers_clear();
	clock_set(NULL);
}

START_TEST(fire_when_due_and_in_order)
{
	timer_set(&a, 30);
	timer_set(&b, 10);
	timer_set(&c, 20);
	pass(9);
	ck_assert_str_eq(fired, "");
	pass(1);
	ck_assert_str_eq(fired, "b");
	ck_assert(!timer_is_set(&b));
	pass(100);
	ck_assert_str_eq(fired, "bca");
	pass(100);
	ck_assert_str_eq(fired, "bca");
}
END_TEST

START_TEST(same_time_fires_all)
{
	timer_set(&a, 10);
	timer_set(&b, 10);
	timer_set(&c, 10);
	pass(10);
	ck_assert_uint_eq(strlen(fired), 3);
	ck_assert_ptr_nonnull(strchr(fired, 'a'));
	ck_assert_ptr_nonnull(strchr(fired, 'b'));
	ck_assert_ptr_nonnull(strchr(fired, 'c'));
}
END_TEST

START_TEST(set_again_moves)
{
	timer_set(&a, 10);
	timer_set(&a, 50);
	pass(10);
	ck_assert_str_eq(fired, "");
	timer_set(&a, 5);
	pass(5);
	ck_assert_str_eq(fired, "a");
	pass(100);
	ck_assert_str_eq(fired, "a");
}
END_TEST

START_TEST(cancel_is_final_and_repeatable)
{
	timer_cancel(&a); /* never set */
	timer_set(&a, 10);
	ck_assert(timer_is_set(&a));
	timer_cancel(&a);
	timer_cancel(&a);
	ck_assert(!timer_is_set(&a));
	pass(100);
	ck_assert_str_eq(fired, "");
}
END_TEST

START_TEST(next_tells_the_wait)
{
	ck_assert_int_eq(timers_next(), -1);
	timer_set(&a, 30);
	timer_set(&b, 10);
	ck_assert_int_eq(timers_next(), 10);
	now += 4;
	ck_assert_int_eq(timers_next(), 6);
	now += 50;
	ck_assert_int_eq(timers_next(), 0);
	timers_run();
	ck_assert_int_eq(timers_next(), -1);
}
END_TEST

static void
cancel_others_cb(void *arg)
{
	note(arg);
	timer_cancel(&b);
	timer_cancel(&c);
}

START_TEST(callback_cancels_what_is_due_too)
{
	static char name[] = "a";

	timer_init(&a, cancel_others_cb, name);
	timer_set(&a, 10);
	timer_set(&b, 11);
	timer_set(&c, 20);
	pass(100);
	ck_assert_str_eq(fired, "a");
}
END_TEST

/* Even a wait of nothing is served by the next round: no callback spins. */
static void
again_cb(void *arg)
{
	note(arg);
	timer_set(&a, 0);
}

START_TEST(callback_sets_itself)
{
	static char name[] = "a";

	timer_init(&a, again_cb, name);
	timer_set(&a, 10);
	pass(10);
	ck_assert_str_eq(fired, "a");
	timers_run();
	ck_assert_str_eq(fired, "a");
	pass(1);
	ck_assert_str_eq(fired, "aa");
}
END_TEST

struct owner {
	struct timer timer;
};

static void
free_owner_cb(void *arg)
{
	note("f");
	free(arg);
}

START_TEST(callback_frees_its_owner)
{
	struct owner *o = malloc(sizeof(*o));

	timer_init(&o->timer, free_owner_cb, o);
	timer_set(&o->timer, 10);
	timer_set(&b, 10);
	pass(10);
	ck_assert_uint_eq(strlen(fired), 2);
	pass(10);
	ck_assert_uint_eq(strlen(fired), 2);
}
END_TEST

START_TEST(clear_unsets_all)
{
	timer_set(&a, 10);
	timer_set(&b, 20);
	timers_clear();
	ck_assert(!timer_is_set(&a));
	ck_assert(!timer_is_set(&b));
	ck_assert_int_eq(timers_next(), -1);
	pass(100);
	ck_assert_str_eq(fired, "");
}
END_TEST

/* A thousand in a shuffled order come sorted. */
static uint64_t last_due;
static unsigned nfired;

static void
sorted_cb(void *arg)
{
	uint64_t due = *(uint64_t *)arg;

	ck_assert_uint_ge(due, last_due);
	last_due = due;
	nfired++;
}

START_TEST(many_come_in_order)
{
	static struct timer many[1000];
	static uint64_t due[1000];
	unsigned i;

	last_due = 0;
	nfired = 0;
	for (i = 0; i < 1000; i++) {
		due[i] = (i * 7919u) % 500u + 1;
		timer_init(&many[i], sorted_cb, &due[i]);
		timer_set(&many[i], due[i]);
	}
	for (i = 0; i < 1000; i += 10)
		timer_cancel(&many[i]);
	pass(250);
	ck_assert_uint_le(last_due, 250);
	pass(250);
	ck_assert_uint_eq(nfired, 900);
}
END_TEST

/* ------------------------------------------------------------- on a loop */
static void
stop_loop_cb(void *arg)
{
	note("s");
	event_base_loopbreak(arg);
}

/* An earlier timer set after a later one wakes the loop in time. */
START_TEST(loop_wakes_for_the_earliest)
{
	struct event_base *base = event_base_new();
	uint64_t start;

	clock_set(NULL);
	timers_init(base);
	start = clock_ms();
	timer_init(&c, stop_loop_cb, base);
	timer_set(&a, 3600 * 1000);
	timer_set(&c, 20);
	timer_set(&b, 5);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "bs");
	ck_assert_uint_ge(clock_ms() - start, 20);
	ck_assert(timer_is_set(&a));
	timers_clear();
	event_base_free(base);
}
END_TEST

static void
chain_cb(void *arg)
{
	note("n");
	timer_set(&c, 2);
}

START_TEST(loop_serves_timers_set_by_callbacks)
{
	struct event_base *base = event_base_new();

	clock_set(NULL);
	timers_init(base);
	timer_init(&a, chain_cb, NULL);
	timer_init(&c, stop_loop_cb, base);
	timer_set(&a, 2);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "ns");
	timers_clear();
	event_base_free(base);
}
END_TEST

Suite *
suite_timer(void)
{
	Suite *s = suite_create("timer");
	TCase *tc = tcase_create("timer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fire_when_due_and_in_order);
	tcase_add_test(tc, same_time_fires_all);
	tcase_add_test(tc, set_again_moves);
	tcase_add_test(tc, cancel_is_final_and_repeatable);
	tcase_add_test(tc, next_tells_the_wait);
	tcase_add_test(tc, callback_cancels_what_is_due_too);
	tcase_add_test(tc, callback_sets_itself);
	tcase_add_test(tc, callback_frees_its_owner);
	tcase_add_test(tc, clear_unsets_all);
	tcase_add_test(tc, many_come_in_order);
	tcase_add_test(tc, loop_wakes_for_the_earliest);
	tcase_add_test(tc, loop_serves_timers_set_by_callbacks);
	suite_add_tcase(s, tc);
	return s;
}
