/* SPDX-License-Identifier: ISC */
/*
 * Landlock: which files this process may open, whoever it is, and whether it
 * may use TCP. The kernel's three calls; there is no library.
 */
#ifndef COMMON_LANDLOCK_H
#define COMMON_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct landlock_place {
	const char *path; /* this directory and all below it */
	bool changes; /* not only reading */
};

/* The version of the kernel's interface; 0: it has none. Before 2 no file could
 * be moved from one directory to another. */
int landlock_version(void);
#define LANDLOCK_VERSION_MIN 2

/*
 * From now on nothing else is opened, made or removed by this thread and those
 * that it starts; nothing is executed, and, unless tcp, no TCP port bound or
 * connected to (since version 4). Needs no_new_privs. A place that is not there
 * is left out. 0, or -1 with errno.
 */
int landlock_enter(const struct landlock_place *, size_t n, bool tcp);

#endif
