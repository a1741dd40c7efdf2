/* SPDX-License-Identifier: ISC */
/*
 * Names of hosts as they are written, and those that a pattern stands for.
 */
#ifndef COMMON_HOSTNAME_H
#define COMMON_HOSTNAME_H

#include <stdbool.h>

#define HOSTNAME_MAX 254 /* with NUL */

/*
 * Letters, digits and hyphens, in labels with dots between them; a dot at the
 * end is allowed. What looks like an IPv4 address is no name.
 */
bool hostname_is_good(const char *name);
/* The same, with "*." allowed before it. */
bool hostname_is_pattern(const char *text);
/* Does the pattern stand for the name? Upper and lower case are the same, a dot
 * at the end is none, "*" stands for one label. */
bool hostname_matches(const char *pattern, const char *name);

#endif
