/* SPDX-License-Identifier: ISC */
/*
 * Rates on a clock that the test moves: how much passes, how smoothly, and who
 * gets how much of it.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/rate.h"
#include "tests/unit/suites.h"

#define SECOND UINT64_C(1000000)
#define MAX (1024 * 1024)

/* A user who always has more to move. */
struct user {
	uint64_t ready, moved;
};

/* Lets them go on until the end, in steps of a ms; the most that all moved
 * within 100 ms. */
static uint64_t
run(struct rate *r, struct user *u, size_t n, uint64_t now, uint64_t end)
{
	uint64_t portion = rate_portion(r, MAX), most = 0, in_window = 0, start;
	size_t i;

	for (start = now; now < end; now += 1000) {
		if ((now - start) % 100000 == 0)
			in_window = 0;
		for (i = 0; i < n; i++)
			while (u[i].ready <= now) {
				u[i].ready =
				    now + rate_reserve(r, portion, now);
				u[i].moved += portion; /* at that time */
				in_window += portion;
			}
		if (in_window > most)
			most = in_window;
	}
	return most;
}

static const uint64_t limits[] = { 10, 19, 1000, 4096, 100000, 1 << 20,
	10 << 20, 1 << 30 };

START_TEST(rate_is_kept)
{
	struct rate r = { 0 };
	struct user u = { 0 };
	uint64_t limit = limits[_i], at = 1000 * SECOND, most;

	rate_set(&r, limit);
	most = run(&r, &u, 1, at, at + 60 * SECOND);
	/* Caught up on, of the window, and reserved for the next. */
	ck_assert_uint_le(most, limit / 5 + 4);
	ck_assert_uint_ge(u.moved, 60 * limit - limit / 10);
	ck_assert_uint_le(u.moved, 60 * limit + limit / 5 + 2);
}
END_TEST

START_TEST(shares_are_equal)
{
	struct rate r = { 0 };
	struct user u[7];
	uint64_t at = 1000 * SECOND, all = 0;
	size_t i;

	memset(u, 0, sizeof(u));
	rate_set(&r, 1 << 20);
	run(&r, u, NELEM(u), at, at + 70 * SECOND);
	for (i = 0; i < NELEM(u); i++) {
		ck_assert_uint_ge(u[i].moved, 9 * (UINT64_C(1) << 20));
		ck_assert_uint_le(u[i].moved, 11 * (UINT64_C(1) << 20));
		all += u[i].moved;
	}
	ck_assert_uint_le(all, UINT64_C(71) << 20);
}
END_TEST

/* After a pause only a moment is caught up on. */
START_TEST(idleness_is_not_saved)
{
	struct rate r = { 0 };

	rate_set(&r, 1000);
	ck_assert_uint_eq(rate_reserve(&r, 50, SECOND), 0);
	ck_assert_uint_eq(rate_reserve(&r, 50, 3600 * SECOND), 0);
	ck_assert_uint_eq(rate_reserve(&r, 50, 3600 * SECOND), 0);
	ck_assert_uint_eq(rate_reserve(&r, 50, 3600 * SECOND), 50000);
	ck_assert_uint_eq(rate_reserve(&r, 50, 3600 * SECOND), 100000);
}
END_TEST

START_TEST(no_limit)
{
	struct rate r = { 0 };
	int i;

	for (i = 0; i < 100; i++)
		ck_assert_uint_eq(rate_reserve(&r, 1 << 30, SECOND), 0);
	ck_assert_uint_eq(rate_portion(&r, MAX), MAX);
}
END_TEST

START_TEST(change_acts_at_once)
{
	struct rate r = { 0 };

	rate_set(&r, 1000);
	rate_reserve(&r, 100, SECOND);
	rate_set(&r, 100000);
	ck_assert_uint_eq(rate_reserve(&r, 10000, SECOND), 50000);
	ck_assert_uint_eq(rate_reserve(&r, 10000, SECOND), 150000);
	rate_set(&r, 0);
	ck_assert_uint_eq(rate_reserve(&r, 10000, SECOND), 0);
}
END_TEST

/* Several processes at once lose no reservation. */
START_TEST(processes_share)
{
	struct rate *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, i, n;

	ck_assert_ptr_ne(r, MAP_FAILED);
	rate_set(r, 1000000); /* 1 us each */
	for (i = 0; i < 4; i++)
		if (fork() == 0) {
			for (n = 0; n < 20000; n++)
				rate_reserve(r, 1, SECOND);
			_exit(0);
		}
	for (i = 0; i < 4; i++) {
		ck_assert_int_ne(wait(&status), -1);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_uint_eq(rate_reserve(r, 1, SECOND), 80000 - RATE_BURST_US);
	munmap(r, sizeof(*r));
}
END_TEST

Suite *
suite_rate(void)
{
	Suite *s = suite_create("rate");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, rate_is_kept, 0, (int)NELEM(limits));
	tcase_add_test(tc, shares_are_equal);
	tcase_add_test(tc, idleness_is_not_saved);
	tcase_add_test(tc, no_limit);
	tcase_add_test(tc, change_acts_at_once);
	tcase_add_test(tc, processes_share);
	suite_add_tcase(s, tc);
	return s;
}
