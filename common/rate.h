/* SPDX-License-Identifier: ISC */
/*
 * A rate in bytes a second that any number of users, also in other processes,
 * share fairly.
 *
 * It is a place in time: who wants to move bytes reserves the next free place,
 * which is as long as the bytes take at this rate, and waits until it begins.
 * So users who take equal portions get equal shares, nobody holds a lock, and
 * nothing is to be given back. What was not used for up to RATE_BURST_US may be
 * caught up on.
 */
#ifndef COMMON_RATE_H
#define COMMON_RATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_BURST_US 50000

struct rate { /* zeroed: without limit */
	_Atomic uint64_t limit; /* bytes a second, 0 = none */
	_Atomic uint64_t next; /* us: everything before it is reserved */
};

/* Changes it for everybody, from the next reservation on. */
void rate_set(struct rate *, uint64_t limit);
/* Reserves so many bytes; returns how many us later they may move. */
uint64_t rate_reserve(struct rate *, uint64_t bytes, uint64_t now);
/* How many bytes to reserve at a time so that it is smooth; at most max. */
uint64_t rate_portion(const struct rate *, uint64_t max);

#endif
