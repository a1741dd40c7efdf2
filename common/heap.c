/* SPDX-License-Identifier: ISC */
/*
 * Wipes what has been freed: libraries that read secrets (the parser of the
 * configuration, stdio) only free their copies, and processes that are forked
 * later would find them.
 */
#include "common/heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIGGEST (1024 * 1024)
#define HALVES 1024 /* from here on size by size, as free blocks are kept */
#define SMALLEST 24
#define STEP 16

struct block {
	struct block *next;
};

/*
 * A block of what is free, wiped; NULL if there is none so large: then the heap
 * has grown for it, beyond its end of before, or it lies somewhere else.
 */
static struct block *
take(size_t size, const char *end, size_t *left)
{
	struct block *b = malloc(size);
	size_t usable;

	if (b == NULL)
		return NULL;
	usable = malloc_usable_size(b);
	if (usable > *left || (const char *)b + usable > end) {
		free(b);
		return NULL;
	}
	*left -= usable;
	explicit_bzero(b, usable);
	return b;
}

void
heap_wipe_free(void)
{
	const char *end = sbrk(0);
	size_t left = mallinfo2().arena; /* another allocator has none */
	struct block *all = NULL, *b;
	size_t size = BIGGEST;

	while (size >= SMALLEST) {
		while ((b = take(size, end, &left)) != NULL) {
			b->next = all;
			all = b;
		}
		size = size > HALVES ? size / 2 : size - STEP;
	}
	while ((b = all) != NULL) {
		all = b->next;
		free(b);
	}
}
