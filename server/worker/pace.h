/* SPDX-License-Identifier: ISC */
/*
 * How fast a session may move bytes: its own rate and those that it shares.
 *
 * A session has a credit of bytes. When it is used up, the next portion is
 * reserved with all its rates, and may be moved when the slowest of them says.
 * Who has no rate has no struct pace.
 */
#ifndef SERVER_WORKER_PACE_H
#define SERVER_WORKER_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "server/rates.h"

struct pace;

/* slots: of its user, group and server; 0 = none. NULL if there is no rate. */
struct pace *pace_new(
    const uint64_t own[RATE_WAYS], const unsigned slots[RATE_SHARED]);
/* How many of these bytes may be moved now; 0: after *wait_r ms. */
size_t pace_allow(struct pace *, enum rate_way, size_t len, uint32_t *wait_r);
/* They were moved. */
void pace_spend(struct pace *, enum rate_way, size_t n);

#endif
