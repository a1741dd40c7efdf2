/* SPDX-License-Identifier: ISC */
/*
 * Times of the week: what is understood, and which moments are inside.
 */
#include <check.h>

#include "common/hours.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

#define SUN 0
#define MON 1
#define FRI 5
#define SAT 6

static const char *const good[] = { "mon", "mon-fri", "MON-Fri 08:00-18:00",
	"08:00-18:00", "sat 09:00-24:00", "mon,tue,  wed", "22:00-06:00",
	" mon-fri 08:00-18:00 , sat 09:00-12:00 ", "00:00-24:00" };
static const char *const bad[] = { "", ",", "mon,", "monday", "m", "mon-",
	"8:00-9:00", "08:00", "08:00-", "08:00-25:00", "08:60-09:00",
	"24:00-06:00", "mon 08:00-18:00 tue", "mon fri", "08.00-18.00" };

START_TEST(test_check)
{
	size_t i;

	for (i = 0; i < NELEM(good); i++)
		ck_assert_msg(hours_check(good[i]) == 0, "%s", good[i]);
	for (i = 0; i < NELEM(bad); i++)
		ck_assert_msg(hours_check(bad[i]) == -1, "%s", bad[i]);
}
END_TEST

static const struct {
	const char *text;
	int day, hour, minute;
	bool inside;
} moments[] = {
	{ "mon-fri 08:00-18:00", MON, 8, 0, true },
	{ "mon-fri 08:00-18:00", MON, 7, 59, false },
	{ "mon-fri 08:00-18:00", FRI, 17, 59, true },
	{ "mon-fri 08:00-18:00", FRI, 18, 0, false },
	{ "mon-fri 08:00-18:00", SAT, 12, 0, false },
	{ "mon-fri 08:00-18:00, sat 09:00-12:00", SAT, 9, 0, true },
	{ "fri-mon", SUN, 0, 0, true },
	{ "fri-mon", 3, 12, 0, false },
	{ "fri-mon", FRI, 23, 59, true },
	{ "22:00-06:00", MON, 23, 0, true },
	{ "22:00-06:00", MON, 5, 59, true },
	{ "22:00-06:00", MON, 6, 0, false },
	{ "fri 22:00-06:00", FRI, 22, 0, true },
	{ "fri 22:00-06:00", SAT, 5, 0,
	    true }, /* the night that Friday began */
	{ "fri 22:00-06:00", FRI, 5, 0, false },
	{ "sat 22:00-06:00", SUN, 5, 0, true }, /* past the end of the week */
	{ "sun 00:00-24:00", SUN, 23, 59, true },
	{ "nonsense", MON, 12, 0, false },
};

START_TEST(test_include)
{
	struct tm tm = { .tm_wday = moments[_i].day,
		.tm_hour = moments[_i].hour,
		.tm_min = moments[_i].minute };

	ck_assert(hours_include(moments[_i].text, &tm) == moments[_i].inside);
}
END_TEST

Suite *
suite_hours(void)
{
	Suite *s = suite_create("hours");
	TCase *tc = tcase_create("hours");

	tcase_add_test(tc, test_check);
	tcase_add_loop_test(tc, test_include, 0, NELEM(moments));
	suite_add_tcase(s, tc);
	return s;
}
