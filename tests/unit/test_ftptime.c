/* SPDX-License-Identifier: ISC */
/*
 * FTP's times (RFC 3659 2.3): strict in, UTC out.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "common/ftptime.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static const struct good {
	const char *text;
	time_t t;
} goods[] = {
	{ "19700101000000", 0 },
	{ "19691231235959", -1 },
	{ "20000229120000", 951825600 },
	{ "20240229235959", 1709251199 },
	{ "20380119031408", 2147483648 },
	{ "19000228000000", -2203977600 },
	{ "10000101000000", -30610224000 },
	{ "99991231235959", 253402300799 },
};

static const char *const bads[] = {
	"",
	"2024",
	"2024010112000",
	"202401011200000",
	"20240101120000.",
	"20240101120000.x",
	"20240101120000.5x",
	"20240101120000,5",
	"20240101120000 ",
	" 20240101120000",
	"+2024010112000",
	"2024-01-01T120",
	"09991231235959", /* year below 1000 */
	"20240001000000",
	"20241301000000",
	"20240100000000",
	"20240132000000",
	"20240431000000",
	"20230229000000",
	"19000229000000", /* no leap year */
	"21000229000000",
	"20240230000000",
	"20240101240000",
	"20240101126000",
	"20240101120061",
	"20240101120060", /* a leap second in the middle of the day */
	"20241231235860",
	"20241231225960",
	"20241231235960.",
};

START_TEST(reads_and_writes)
{
	const struct good *g = &goods[_i];
	char out[FTPTIME_LEN + 1];
	time_t t = 42;

	ck_assert_int_eq(ftptime_parse(g->text, strlen(g->text), 0, &t), 0);
	ck_assert_int_eq(t, g->t);
	ftptime_format(out, g->t);
	ck_assert_str_eq(out, g->text);
}
END_TEST

START_TEST(bad_times_are_refused)
{
	time_t t = 42;

	ck_assert_int_eq(ftptime_parse(bads[_i], strlen(bads[_i]), 1, &t), -1);
	ck_assert_int_eq(t, 42);
}
END_TEST

START_TEST(fraction_is_ignored)
{
	time_t t;

	ck_assert_int_eq(ftptime_parse("19700101000001.999", 18, 0, &t), 0);
	ck_assert_int_eq(t, 1);
}
END_TEST

START_TEST(exactly_len_bytes_are_read)
{
	time_t t;

	ck_assert_int_eq(ftptime_parse("19700101000001 name", 14, 0, &t), 0);
	ck_assert_int_eq(t, 1);
	ck_assert_int_eq(ftptime_parse("19700101000001 name", 19, 0, &t), -1);
}
END_TEST

START_TEST(twelve_digits_only_if_allowed)
{
	time_t t;

	ck_assert_int_eq(ftptime_parse("197001010001", 12, 0, &t), -1);
	ck_assert_int_eq(ftptime_parse("197001010001", 12, 1, &t), 0);
	ck_assert_int_eq(t, 60);
	ck_assert_int_eq(ftptime_parse("197001010001.5", 14, 1, &t), -1);
}
END_TEST

START_TEST(leap_second_is_the_next_midnight)
{
	time_t t;

	ck_assert_int_eq(ftptime_parse("20161231235960", 14, 0, &t), 0);
	ck_assert_int_eq(t, 1483228800);
}
END_TEST

START_TEST(years_outside_are_held)
{
	char out[FTPTIME_LEN + 1];

	ftptime_format(out, 253402300800);
	ck_assert_str_eq(out, "99991231235959");
	ftptime_format(out, -30610224001);
	ck_assert_str_eq(out, "10000101000000");
	ftptime_format(out, INT64_MAX);
	ck_assert_str_eq(out, "99991231235959");
	ftptime_format(out, INT64_MIN);
	ck_assert_str_eq(out, "10000101000000");
}
END_TEST

/* Steps of about 64 days from year -1000 to 12000, at odd times of day. */
START_TEST(civil_agrees_with_gmtime)
{
	struct civil c;
	struct tm tm;
	time_t t;

	for (t = -93000000000; t < 317000000000; t += 5580127) {
		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		civil_from_time(&c, t);
		if (c.year != tm.tm_year + 1900L ||
		    c.month != (unsigned)tm.tm_mon + 1 ||
		    c.day != (unsigned)tm.tm_mday ||
		    c.hour != (unsigned)tm.tm_hour ||
		    c.minute != (unsigned)tm.tm_min ||
		    c.second != (unsigned)tm.tm_sec)
			ck_abort_msg("differs at %lld", (long long)t);
	}
}
END_TEST

Suite *
suite_ftptime(void)
{
	Suite *s = suite_create("ftptime");
	TCase *tc = tcase_create("ftptime");

	tcase_add_loop_test(tc, reads_and_writes, 0, (int)NELEM(goods));
	tcase_add_loop_test(tc, bad_times_are_refused, 0, (int)NELEM(bads));
	tcase_add_test(tc, fraction_is_ignored);
	tcase_add_test(tc, exactly_len_bytes_are_read);
	tcase_add_test(tc, twelve_digits_only_if_allowed);
	tcase_add_test(tc, leap_second_is_the_next_midnight);
	tcase_add_test(tc, years_outside_are_held);
	tcase_add_test(tc, civil_agrees_with_gmtime);
	suite_add_tcase(s, tc);
	return s;
}
