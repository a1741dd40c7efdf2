/* SPDX-License-Identifier: ISC */
/*
 * Times as FTP writes them: YYYYMMDDHHMMSS[.f], always UTC (RFC 3659 2.3), and
 * the 12-digit form that SITE UTIME also takes.
 */
#ifndef COMMON_FTPTIME_H
#define COMMON_FTPTIME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FTPTIME_LEN 14

/*
 * Parses exactly len bytes: 14 digits and an optional fraction (ignored), or
 * 12 digits (no seconds) if allow12. Strict about months, leap years and the
 * 60th second. 0 or -1.
 */
int ftptime_parse(const char *s, size_t len, int allow12, time_t *out);
/* Writes 14 digits and a NUL (15 bytes); years are held to 1000-9999. */
void ftptime_format(char *out, time_t);

/* Calendar date and time of day of a UTC time. */
struct civil {
	int64_t year;
	unsigned month, day; /* from 1 */
	unsigned hour, minute, second;
};
/* As gmtime_r(3), but for any time_t and without a lock: listings call it once
 * per entry. */
void civil_from_time(struct civil *, time_t);

#endif
