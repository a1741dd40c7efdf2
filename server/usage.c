/* SPDX-License-Identifier: ISC */
/*
 * Slots of usage in shared memory.
 */
#include "server/usage.h"

#include <sys/mman.h>

#include <string.h>

#include "common/mem.h"

static struct usage *slots; /* of USAGE_SLOTS; NULL: nothing is shared */
static char *names[USAGE_SLOTS]; /* the monitor's; slot 0 is nobody's */
static unsigned used = 1;

int
usage_share(void)
{
	void *p;

	if (slots != NULL)
		return 0;
	p = mmap(NULL, USAGE_SLOTS * sizeof(*slots), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	slots = p;
	return 0;
}

void
usage_forget(void)
{
	if (slots != NULL)
		(void)munmap(slots, USAGE_SLOTS * sizeof(*slots));
	slots = NULL;
}

struct usage *
usage_slot(unsigned slot)
{
	if (slots == NULL || slot == 0 || slot >= USAGE_SLOTS)
		return NULL;
	return &slots[slot];
}

unsigned
usage_take(const char *account)
{
	unsigned i;

	for (i = 1; i < used; i++)
		if (strcmp(names[i], account) == 0)
			return i;
	if (slots == NULL || used == USAGE_SLOTS)
		return 0;
	names[used] = xstrdup(account);
	return used++;
}

void
usage_distrust(void)
{
	unsigned i;

	for (i = 1; i < used && slots != NULL; i++)
		atomic_store(&slots[i].doubtful, 1);
}
