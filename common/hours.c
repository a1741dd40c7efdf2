/* SPDX-License-Identifier: ISC */
/*
 * Times of the week: read part by part, each time they are asked for.
 */
#include "common/hours.h"

#include <string.h>

#include "common/str.h"

#define DAY 1440 /* minutes */

static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri",
	"sat" };

struct part {
	int first, last; /* days, as tm_wday; they may run past Saturday */
	int from, to; /* minutes of the day; to <= from: the next morning */
};

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Each reads one thing and returns the place behind it, or NULL. */
static const char *
read_day(const char *p, int *day)
{
	for (*day = 0; *day < 7; (*day)++)
		if (ascii_ncasecmp(p, names[*day], 3) == 0)
			return p + 3;
	return NULL;
}

static const char *
read_days(const char *p, struct part *out)
{
	p = read_day(p, &out->first);
	out->last = out->first;
	if (p != NULL && *p == '-')
		p = read_day(p + 1, &out->last);
	return p;
}

static const char *
read_time(const char *p, int *minute)
{
	int i, n[2];

	for (i = 0; i < 2; i++) {
		if (!ascii_isdigit((unsigned char)p[0]) ||
		    !ascii_isdigit((unsigned char)p[1]))
			return NULL;
		n[i] = (p[0] - '0') * 10 + p[1] - '0';
		p += 2;
		if (i == 0 && *p++ != ':')
			return NULL;
	}
	*minute = n[0] * 60 + n[1];
	return n[1] < 60 && *minute <= DAY ? p : NULL;
}

static const char *
read_hours(const char *p, struct part *out)
{
	p = read_time(p, &out->from);
	if (p == NULL || *p != '-')
		return NULL;
	p = read_time(p + 1, &out->to);
	return out->from < DAY ? p : NULL;
}

static const char *
read_part(const char *p, struct part *out)
{
	*out = (struct part){ 0, 6, 0, DAY };
	p = skip_blanks(p);
	if (!ascii_isdigit((unsigned char)*p)) {
		p = read_days(p, out);
		if (p == NULL)
			return NULL;
		p = skip_blanks(p);
	}
	if (ascii_isdigit((unsigned char)*p)) {
		p = read_hours(p, out);
		if (p == NULL)
			return NULL;
		p = skip_blanks(p);
	}
	return *p == ',' || *p == '\0' ? p : NULL;
}

int
hours_check(const char *text)
{
	struct part part;

	for (;; text++) {
		text = read_part(text, &part);
		if (text == NULL)
			return -1;
		if (*text == '\0')
			return 0;
	}
}

static bool
is_day(const struct part *p, int day)
{
	return p->first <= p->last ? day >= p->first && day <= p->last
				   : day >= p->first || day <= p->last;
}

static bool
includes(const struct part *p, const struct tm *tm)
{
	int now = tm->tm_hour * 60 + tm->tm_min;

	if (p->from < p->to)
		return is_day(p, tm->tm_wday) && now >= p->from && now < p->to;
	if (now >= p->from)
		return is_day(p, tm->tm_wday);
	return now < p->to && is_day(p, (tm->tm_wday + 6) % 7);
}

bool
hours_include(const char *text, const struct tm *tm)
{
	struct part part;

	for (;; text++) {
		text = read_part(text, &part);
		if (text == NULL)
			return false;
		if (includes(&part, tm))
			return true;
		if (*text == '\0')
			return false;
	}
}
