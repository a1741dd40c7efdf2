/* SPDX-License-Identifier: ISC */
/*
 * Times of the week: a list is the union of its parts at every minute, and what
 * is none includes nothing behind its first mistake.
 *
 * Input: two texts.
 */
#include "common/hours.h"
#include "tests/fuzz/fuzz.h"

#define STRIDE 37 /* minutes; it meets every minute of an hour in time */

static void
check_union(const char *a, const char *b, const char *both)
{
	struct tm tm = { 0 };
	int minute;

	REQUIRE(hours_check(both) == 0);
	for (minute = 0; minute < 7 * 1440; minute += STRIDE) {
		tm.tm_wday = minute / 1440;
		tm.tm_hour = minute / 60 % 24;
		tm.tm_min = minute % 60;
		REQUIRE(hours_include(both, &tm) ==
			(hours_include(a, &tm) || hours_include(b, &tm)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *a = input_str(&in), *b = input_str(&in);
	size_t n = strlen(a) + strlen(b) + 2;
	char *both = malloc(n);
	struct tm tm = { 0 };

	REQUIRE(both != NULL);
	(void)snprintf(both, n, "%s,%s", a, b);
	if (hours_check(a) == 0 && hours_check(b) == 0 && size < 500)
		check_union(a, b, both);
	else
		(void)hours_include(both, &tm);
	free(both);
	free(a);
	free(b);
	return 0;
}
