/* SPDX-License-Identifier: ISC */
/*
 * Wipes what has been freed: libraries that read secrets (the parser of the
 * configuration, stdio) only free their copies, and processes that are forked
 * later would find them.
 *
 * All that is free is allocated, in blocks of every size, until the heap has to
 * grow for more. Whole free pages go back to the system before that.
 */
#include "common/heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIGGEST (64 * 1024) /* so that it is not mapped on its own */
/* Each size up to this has a list of its own for a few free blocks (tcache). */
#define SMALL 1032
#define SMALLEST 24
#define STEP 16
#define LISTED 7 /* blocks of such a list */

struct block {
	struct block *next;
};

struct heap {
	const char *end; /* before this began */
	size_t left; /* bytes that there can be; against other allocators */
};

/* Adds a wiped block to the list; false if it was not free before. */
static bool
take(struct heap *h, size_t size, struct block **list)
{
	struct block *b = malloc(size);
	size_t usable;

	if (b == NULL)
		return false;
	usable = malloc_usable_size(b);
	explicit_bzero(b, usable);
	b->next = *list;
	*list = b;
	if (usable > h->left || (const char *)b + usable > h->end)
		return false;
	h->left -= usable;
	return true;
}

static void
release(struct block *list)
{
	struct block *b;

	while ((b = list) != NULL) {
		list = b->next;
		free(b);
	}
}

void
heap_wipe_free(void)
{
	struct block *listed = NULL, *rest = NULL;
	struct heap h;
	size_t size;
	int i;

	malloc_trim(0);
	h.end = sbrk(0);
	h.left = mallinfo2().arena;
	if (h.left == 0)
		return;
	for (size = SMALL; size >= SMALLEST; size -= STEP)
		for (i = 0; i < LISTED; i++)
			(void)take(&h, size, &listed);
	for (size = BIGGEST; size >= SMALLEST;
	     size = size > SMALL ? size / 2 : size - STEP)
		while (take(&h, size, &rest))
			;
	/* They fill the lists again; what is left then is joined, so that what
	 * the heap has grown by goes back. */
	release(listed);
	release(rest);
	malloc_trim(0);
}
