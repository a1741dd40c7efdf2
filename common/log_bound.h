/* SPDX-License-Identifier: ISC */
/*
 * So many lines and no more: who is refused the same a thousand times a second
 * must not fill the disk with it.
 */
#ifndef COMMON_LOG_BOUND_H
#define COMMON_LOG_BOUND_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros: nothing was told yet. */
struct log_bound {
	uint64_t full; /* when there is all of the burst again */
	uint64_t untold; /* since the last line */
};

/*
 * May there be another line at this time (ms)? So many at once, and then one in
 * every so many ms. If so, *untold_r is how many there were not since the last.
 */
bool log_bound_pass(struct log_bound *, unsigned burst, unsigned every_ms,
    uint64_t now, uint64_t *untold_r);

#endif
