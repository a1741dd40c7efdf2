/* SPDX-License-Identifier: ISC */
/*
 * Virtual paths: what the client calls a path, made absolute and normal.
 *
 * '/' is the user's root. Names are bytes (RFC 2640): nothing is decoded or
 * folded. "//", "/./" and trailing slashes collapse, ".." is resolved by text
 * and stops at "/" (RFC 3659 6, R36). This file never touches the file system:
 * links are resolved by the agent, under the root.
 */
#ifndef COMMON_VPATH_H
#define COMMON_VPATH_H

#include <stdbool.h>
#include <stddef.h>

#define VPATH_MAX 4096 /* with its NUL */

/*
 * Joins name to the absolute path cwd (or takes an absolute name alone) and
 * writes the normal form to out (VPATH_MAX bytes). Returns 0, or -1 if it
 * would be too long.
 */
int vpath_join(char *out, const char *cwd, const char *name);

/* True if the last component is free of control bytes, i.e. may be created. */
bool vpath_is_creatable(const char *path);

/* The last component of a normal path ("" for "/"). Points into path. */
const char *vpath_base(const char *path);
/* The directory part of a normal path, "/" for "/x". */
void vpath_dir(char *out, const char *path);
/* Is path equal to dir or below it? Both normal. */
bool vpath_is_within(const char *path, const char *dir);

/*
 * Writes name for a 257 reply: quotes doubled (RFC 959 app. II), CR and LF and
 * NUL shown as '?'. Returns the length written (cut to size - 1).
 */
size_t vpath_quote(char *out, size_t size, const char *path);

#endif
