/* SPDX-License-Identifier: ISC */
/*
 * Runs a piece of a test in a process of its own: for what cannot be undone
 * (identity, filters, limits) or ends the process.
 */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

#include <stddef.h>

/*
 * Exit status of a child that runs fn (0 when fn returns), or 256 and the
 * signal that killed it. What the child logs comes back in log (NULL: dropped),
 * NUL-terminated.
 */
int child_run(void (*fn)(void), char *log, size_t size);

/* For the child: ends it with status 2 and says what was wrong. */
#define CHILD_ASSERT(cond)                                     \
	do {                                                   \
		if (!(cond))                                   \
			child_fail(__FILE__, __LINE__, #cond); \
	} while (0)
void child_fail(const char *file, int line, const char *cond)
    __attribute__((noreturn));

/* Number of open descriptors of this process. */
unsigned child_count_fds(void);

#endif
