/* SPDX-License-Identifier: ISC */
/*
 * Secrets in memory that was freed.
 */
#ifndef COMMON_HEAP_H
#define COMMON_HEAP_H

/*
 * Overwrites all memory that is free in the heap of this process. It takes the
 * time of writing it once, and must be called by the only thread. With an
 * allocator that is not glibc's (a sanitizer's) it does nothing.
 */
void heap_wipe_free(void);

#endif
