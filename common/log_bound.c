/* SPDX-License-Identifier: ISC */
/*
 * A bucket of lines, kept as the time at which it is full again.
 */
#include "common/log_bound.h"

bool
log_bound_pass(struct log_bound *b, unsigned burst, unsigned every_ms,
    uint64_t now, uint64_t *untold_r)
{
	uint64_t all = (uint64_t)burst * every_ms;

	if (b->full < now)
		b->full = now;
	if (b->full + every_ms > now + all) {
		b->untold++;
		return false;
	}
	b->full += every_ms;
	*untold_r = b->untold;
	b->untold = 0;
	return true;
}
