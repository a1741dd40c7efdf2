/* SPDX-License-Identifier: ISC */
/*
 * How many lines there are of what happens all the time.
 */
#include <check.h>

#include "common/log_bound.h"
#include "tests/unit/suites.h"

#define BURST 10
#define EVERY 500

START_TEST(flood_is_bounded)
{
	struct log_bound b = { 0 };
	uint64_t now, untold, lines = 0, left_out = 0;

	for (now = 1000; now < 61000; now++)
		if (log_bound_pass(&b, BURST, EVERY, now, &untold)) {
			lines++;
			left_out += untold;
		}
	ck_assert_uint_ge(lines, BURST + 60000 / EVERY - 1);
	ck_assert_uint_le(lines, BURST + 60000 / EVERY + 1);
	/* Nothing is forgotten. */
	ck_assert_uint_eq(lines + left_out + b.untold, 60000);
}
END_TEST

START_TEST(what_is_rare_is_told)
{
	struct log_bound b = { 0 };
	uint64_t untold = 1;
	int i;

	for (i = 0; i < 100; i++) {
		ck_assert(log_bound_pass(
		    &b, BURST, EVERY, 7 + (uint64_t)i * EVERY, &untold));
		ck_assert_uint_eq(untold, 0);
	}
}
END_TEST

START_TEST(burst_comes_back)
{
	struct log_bound b = { 0 };
	uint64_t untold, now = 5;
	int round, i;

	for (round = 0; round < 3; round++, now += BURST * EVERY) {
		for (i = 0; i < BURST; i++)
			ck_assert(
			    log_bound_pass(&b, BURST, EVERY, now, &untold));
		ck_assert(!log_bound_pass(&b, BURST, EVERY, now, &untold));
	}
}
END_TEST

Suite *
suite_log_bound(void)
{
	Suite *s = suite_create("log_bound");
	TCase *tc = tcase_create("log_bound");

	tcase_add_test(tc, flood_is_bounded);
	tcase_add_test(tc, what_is_rare_is_told);
	tcase_add_test(tc, burst_comes_back);
	suite_add_tcase(s, tc);
	return s;
}
