/* SPDX-License-Identifier: ISC */
/*
 * Rates that sessions of several workers share: of the server, of a user, of a
 * group. They are in memory that the monitor makes before it forks a worker
 * that needs it; the monitor gives the places out.
 */
#ifndef SERVER_RATES_H
#define SERVER_RATES_H

#include "common/rate.h"

#define RATE_SLOTS 8192 /* users and groups with a rate who are logged in */

enum rate_way {
	RATE_DOWN, /* to the client */
	RATE_UP,
	RATE_WAYS
};

#define RATE_SHARED 3 /* slots of a session: of its user, group, server */

enum rate_scope { /* of what an account says */
	RATE_SESSION,
	RATE_USER, /* all his sessions together */
	RATE_GROUP, /* all sessions of its users together */
	RATE_SCOPES
};

/* Makes the memory, once; 0 or -1. */
int rates_share(void);
/* In a child that has no business with them. */
void rates_forget(void);
/* The rate in a slot; NULL for slot 0, and when nothing is shared. */
struct rate *rates_slot(unsigned slot, enum rate_way);
/* The whole server's. */
#define RATE_SLOT_SERVER 1

/* For the monitor: a free slot with these limits, 0 if there is none. */
unsigned rates_take(const uint64_t limits[RATE_WAYS]);
void rates_change(unsigned slot, const uint64_t limits[RATE_WAYS]);
void rates_give_back(unsigned slot);

#endif
