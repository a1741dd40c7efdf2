/* SPDX-License-Identifier: ISC */
/*
 * Slots of rates in shared memory.
 */
#include "server/rates.h"

#include <sys/mman.h>

#include <stdbool.h>

struct slot {
	struct rate ways[RATE_WAYS];
};

static struct slot *slots; /* of RATE_SLOTS; NULL: nothing is shared */
static bool taken[RATE_SLOTS]; /* the monitor's */

int
rates_share(void)
{
	void *p;

	if (slots != NULL)
		return 0;
	p = mmap(NULL, RATE_SLOTS * sizeof(*slots), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	slots = p;
	return 0;
}

void
rates_forget(void)
{
	if (slots != NULL)
		(void)munmap(slots, RATE_SLOTS * sizeof(*slots));
	slots = NULL;
}

struct rate *
rates_slot(unsigned slot, enum rate_way way)
{
	if (slots == NULL || slot == 0 || slot >= RATE_SLOTS)
		return NULL;
	return &slots[slot].ways[way];
}

void
rates_change(unsigned slot, const uint64_t limits[RATE_WAYS])
{
	int way;

	for (way = 0; way < RATE_WAYS && slots != NULL && slot != 0; way++)
		rate_set(&slots[slot].ways[way], limits[way]);
}

unsigned
rates_take(const uint64_t limits[RATE_WAYS])
{
	static unsigned last = RATE_SLOT_SERVER;
	unsigned i;

	for (i = 0; i < RATE_SLOTS && slots != NULL; i++) {
		last = last + 1 < RATE_SLOTS ? last + 1 : RATE_SLOT_SERVER + 1;
		if (taken[last])
			continue;
		taken[last] = true;
		rates_change(last, limits);
		return last;
	}
	return 0;
}

void
rates_give_back(unsigned slot)
{
	taken[slot] = false;
}
