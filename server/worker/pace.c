/* SPDX-License-Identifier: ISC */
/*
 * The credit of a session in each direction.
 */
#include "server/worker/pace.h"

#include <sys/param.h>

#include <stdbool.h>

#include "common/mem.h"
#include "common/timer.h"

#define PORTION_MAX (1024 * 1024)
#define US UINT64_C(1000) /* in a ms */

struct pace_way {
	struct rate own;
	struct rate *all[1 + RATE_SHARED];
	size_t n;
	uint64_t credit;
	uint64_t ready; /* us: it may be used from then on */
};

struct pace {
	struct pace_way ways[RATE_WAYS];
};

static void
way_init(struct pace_way *w, enum rate_way way, uint64_t own,
    const unsigned slots[RATE_SHARED])
{
	struct rate *shared;
	size_t i;

	rate_set(&w->own, own);
	w->all[w->n++] = &w->own;
	for (i = 0; i < RATE_SHARED; i++) {
		shared = rates_slot(slots[i], way);
		if (shared != NULL)
			w->all[w->n++] = shared;
	}
}

struct pace *
pace_new(const uint64_t own[RATE_WAYS], const unsigned slots[RATE_SHARED])
{
	bool any = own[RATE_DOWN] != 0 || own[RATE_UP] != 0;
	struct pace *p;
	size_t i;

	for (i = 0; i < RATE_SHARED; i++)
		any = any || rates_slot(slots[i], RATE_DOWN) != NULL;
	if (!any)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	for (i = 0; i < RATE_WAYS; i++)
		way_init(&p->ways[i], (enum rate_way)i, own[i], slots);
	return p;
}

/* A portion that is smooth for the slowest of the rates. */
static void
refill(struct pace_way *w, uint64_t now)
{
	uint64_t portion = PORTION_MAX, longest = 0, wait;
	size_t i;

	for (i = 0; i < w->n; i++)
		portion = rate_portion(w->all[i], portion);
	for (i = 0; i < w->n; i++) {
		wait = rate_reserve(w->all[i], portion, now);
		longest = MAX(longest, wait);
	}
	w->credit = portion;
	w->ready = now + longest;
}

size_t
pace_allow(struct pace *p, enum rate_way way, size_t len, uint32_t *wait_r)
{
	struct pace_way *w = &p->ways[way];
	uint64_t now = clock_ms() * US;

	if (w->credit == 0)
		refill(w, now);
	if (w->ready <= now)
		return MIN(len, w->credit);
	*wait_r = (uint32_t)MIN((w->ready - now + US - 1) / US, UINT32_MAX);
	return 0;
}

void
pace_spend(struct pace *p, enum rate_way way, size_t n)
{
	p->ways[way].credit -= MIN(n, p->ways[way].credit);
}
