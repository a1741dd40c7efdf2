/* SPDX-License-Identifier: ISC */
/*
 * Times as FTP writes them, read strictly and written by calendar arithmetic.
 */
#include <stdbool.h>

#include "common/ftptime.h"
#include "common/str.h"

#define DAY 86400

/* Days from 0000-03-01 to 1970-01-01, and in 400 years. */
#define EPOCH_SHIFT 719468
#define ERA_DAYS 146097

/*
 * The year is counted from March, so that the leap day is its last one; in
 * each era of 400 years the calendar repeats.
 */
void
civil_from_time(struct civil *c, time_t t)
{
	int64_t days = t / DAY, sec = t % DAY, era;
	unsigned doe, yoe, doy, m;

	if (sec < 0) {
		sec += DAY;
		days--;
	}
	days += EPOCH_SHIFT;
	era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
	doe = (unsigned)(days - era * ERA_DAYS); /* day of the era */
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100); /* from 1 March */
	m = (5 * doy + 2) / 153; /* 0 = March */

	c->day = doy - (153 * m + 2) / 5 + 1;
	c->month = m < 10 ? m + 3 : m - 9;
	c->year = era * 400 + yoe + (c->month <= 2);
	c->hour = (unsigned)(sec / 3600);
	c->minute = (unsigned)(sec / 60 % 60);
	c->second = (unsigned)(sec % 60);
}

static char *
put_digits(char *p, unsigned n, int width)
{
	int i;

	for (i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return p + width;
}

void
ftptime_format(char *out, time_t t)
{
	struct civil c;
	char *p = out;

	civil_from_time(&c, t);
	if (c.year < 1000)
		c = (struct civil){ 1000, 1, 1, 0, 0, 0 };
	else if (c.year > 9999)
		c = (struct civil){ 9999, 12, 31, 23, 59, 59 };
	p = put_digits(p, (unsigned)c.year, 4);
	p = put_digits(p, c.month, 2);
	p = put_digits(p, c.day, 2);
	p = put_digits(p, c.hour, 2);
	p = put_digits(p, c.minute, 2);
	p = put_digits(p, c.second, 2);
	*p = '\0';
}

static int
get_digits(const char *s, int width)
{
	int n = 0;

	while (width-- > 0)
		n = n * 10 + (*s++ - '0');
	return n;
}

static bool
all_digits(const char *s, size_t n)
{
	while (n-- > 0) {
		if (!ascii_isdigit((unsigned char)*s++))
			return false;
	}
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
is_valid(int year, int month, int day, int hour, int minute, int second)
{
	if (year < 1000 || month < 1 || month > 12)
		return false;
	if (day < 1 || day > days_in_month(year, month))
		return false;
	if (hour > 23 || minute > 59)
		return false;
	/* A leap second is the last one of a UTC day. */
	return second < 60 || (second == 60 && hour == 23 && minute == 59);
}

/* Are the bytes what may follow 14 digits: nothing or a fraction? */
static bool
is_fraction(const char *s, size_t n)
{
	return n == 0 || (n >= 2 && s[0] == '.' && all_digits(s + 1, n - 1));
}

int
ftptime_parse(const char *s, size_t len, int allow12, time_t *out)
{
	struct tm tm = { 0 };
	size_t n = allow12 && len == 12 ? 12 : FTPTIME_LEN;
	int year, month, day, hour, minute, second;

	if (len < n || !all_digits(s, n) || !is_fraction(s + n, len - n))
		return -1;
	year = get_digits(s, 4);
	month = get_digits(s + 4, 2);
	day = get_digits(s + 6, 2);
	hour = get_digits(s + 8, 2);
	minute = get_digits(s + 10, 2);
	second = n == 12 ? 0 : get_digits(s + 12, 2);
	if (!is_valid(year, month, day, hour, minute, second))
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	*out = timegm(&tm);
	return 0;
}
