/* SPDX-License-Identifier: ISC */
/*
 * Allocation for processes that cannot go on without memory: these never
 * return NULL, they log and exit. Sizes that a peer controls are bounded by
 * the caller before they come here.
 */
#ifndef COMMON_MEM_H
#define COMMON_MEM_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n)
    __attribute__((malloc, returns_nonnull));
int xasprintf(char **out_r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipes n bytes, then frees. Accepts NULL. For secrets. */
void free_secret(void *p, size_t n);

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
/* Goes through n elements; without any, the array may be NULL. */
#define ARRAY_FOREACH(p, array, n) \
	for ((p) = (array); (p) != NULL && (p) < (array) + (n); (p)++)

#endif
