/* SPDX-License-Identifier: ISC */
/*
 * Times of the week, as "mon-fri 08:00-18:00, sat 09:00-12:00".
 */
#ifndef COMMON_HOURS_H
#define COMMON_HOURS_H

#include <stdbool.h>
#include <time.h>

/*
 * A list with commas; each part is days, hours or both: "mon", "fri-mon",
 * "22:00-06:00" (until the next morning), "sat 09:00-24:00". 0, or -1 if the
 * text is none.
 */
int hours_check(const char *text);
/* Is this local time in one of the parts? */
bool hours_include(const char *text, const struct tm *);

#endif
