/* SPDX-License-Identifier: ISC */
/*
 * Reservations on a time line (the "generic cell rate algorithm"), with one
 * compare-and-swap.
 */
#include "common/rate.h"

#define SECOND UINT64_C(1000000)
#define PORTIONS 40 /* of a second */

void
rate_set(struct rate *r, uint64_t limit)
{
	atomic_store_explicit(&r->limit, limit, memory_order_relaxed);
}

uint64_t
rate_reserve(struct rate *r, uint64_t bytes, uint64_t now)
{
	uint64_t limit = atomic_load_explicit(&r->limit, memory_order_relaxed);
	uint64_t next = atomic_load_explicit(&r->next, memory_order_relaxed);
	uint64_t earliest = now > RATE_BURST_US ? now - RATE_BURST_US : 0;
	uint64_t at;

	if (limit == 0)
		return 0;
	do
		at = next > earliest ? next : earliest;
	while (!atomic_compare_exchange_weak_explicit(&r->next, &next,
	    at + bytes * SECOND / limit, memory_order_relaxed,
	    memory_order_relaxed));
	return at > now ? at - now : 0;
}

uint64_t
rate_portion(const struct rate *r, uint64_t max)
{
	uint64_t limit = atomic_load_explicit(&r->limit, memory_order_relaxed);

	if (limit == 0 || limit / PORTIONS > max)
		return max;
	return limit < PORTIONS ? 1 : limit / PORTIONS;
}
