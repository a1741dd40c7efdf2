/* SPDX-License-Identifier: ISC */
/*
 * FTP's times: what is read is written back digit by digit, and the calendar
 * is the C library's.
 */
#include "common/ftptime.h"
#include "tests/fuzz/fuzz.h"

static void
check_text(const char *s, size_t n, int allow12)
{
	char text[FTPTIME_LEN + 1];
	time_t t, again;
	size_t digits;

	if (ftptime_parse(s, n, allow12, &t) == -1)
		return;
	REQUIRE(n >= 14 || (allow12 && n == 12));
	digits = n == 12 ? 12 : FTPTIME_LEN;
	ftptime_format(text, t);
	/* 23:59:60 of the last day there is has no time to be written as. */
	if (n >= 14 && memcmp(s + 12, "60", 2) == 0)
		return;
	REQUIRE(memcmp(text, s, digits) == 0);
	REQUIRE(ftptime_parse(text, FTPTIME_LEN, 0, &again) == 0);
	REQUIRE(again == t);
}

static void
check_time(time_t t)
{
	char text[FTPTIME_LEN + 1];
	struct civil c;
	struct tm tm;

	ftptime_format(text, t);
	REQUIRE(strspn(text, "0123456789") == FTPTIME_LEN);
	REQUIRE(text[FTPTIME_LEN] == '\0');
	if (gmtime_r(&t, &tm) == NULL)
		return;
	civil_from_time(&c, t);
	REQUIRE(c.year == tm.tm_year + 1900LL);
	REQUIRE(c.month == (unsigned)tm.tm_mon + 1);
	REQUIRE(c.day == (unsigned)tm.tm_mday);
	REQUIRE(c.hour == (unsigned)tm.tm_hour);
	REQUIRE(c.minute == (unsigned)tm.tm_min);
	REQUIRE(c.second == (unsigned)tm.tm_sec);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	check_text((const char *)data, size, 0);
	check_text((const char *)data, size, 1);
	check_time((time_t)input_uint(&in, 8));
	in = (struct input){ data, size };
	check_time((time_t)input_uint(&in, 5) - (1LL << 39));
	return 0;
}
