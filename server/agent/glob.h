/* SPDX-License-Identifier: ISC */
/*
 * Patterns of LIST and NLST: `*`, `?`, `[set]`, `[!set]`, `\` before a literal
 * character. No braces, no tilde: expansion is how globbing was abused.
 */
#ifndef SERVER_AGENT_GLOB_H
#define SERVER_AGENT_GLOB_H

#include <stdbool.h>

struct glob;

/* Does it contain anything but literal characters? */
bool glob_is_pattern(const char *pattern);
/* Compiles a pattern; glob_free() accepts NULL. */
struct glob *glob_new(const char *pattern);
void glob_free(struct glob *);
/*
 * Does the whole name match? Bytes are compared, without a locale. A leading
 * dot is matched by a dot only, unless dots is true. Time is bounded by the
 * product of the lengths.
 */
bool glob_match(const struct glob *, const char *name, bool dots);

#endif
