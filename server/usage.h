/* SPDX-License-Identifier: ISC */
/*
 * What accounts with a quota have stored, counted by all agents that serve them
 * in memory that the monitor makes before it forks one; the monitor gives the
 * places out, one to an account, for good.
 *
 * An account's agents find out by a scan, and then count what they do. Bytes
 * that an upload may still bring are counted in advance.
 */
#ifndef SERVER_USAGE_H
#define SERVER_USAGE_H

#include <stdatomic.h>
#include <stdint.h>

#define USAGE_SLOTS 4096 /* accounts */
#define USAGE_FAILURES 8

enum usage_state {
	USAGE_UNKNOWN,
	USAGE_SCANNING, /* for the first time */
	USAGE_KNOWN
};

/* An upload that did not fit (R19.2). */
struct usage_failure {
	_Atomic uint64_t path; /* a digest */
	_Atomic uint64_t until; /* clock_ms() */
	_Atomic uint64_t size; /* it needs more than this */
};

struct usage {
	_Atomic int64_t bytes, files;
	_Atomic uint32_t state;
	_Atomic uint32_t rescanning;
	_Atomic uint32_t doubtful; /* something was removed uncounted */
	_Atomic uint64_t scanned; /* clock_ms() when the last scan began */
	_Atomic uint32_t nfailures;
	struct usage_failure failures[USAGE_FAILURES];
};

/* Makes the memory, once; 0 or -1. */
int usage_share(void);
/* In a child that has no business with them. */
void usage_forget(void);
/* NULL for slot 0, and when nothing is shared. */
struct usage *usage_slot(unsigned slot);
/* For the monitor: the account's slot; 0 if there is no more. */
unsigned usage_take(const char *account);
/* An agent died: what it had counted in advance may never come. */
void usage_distrust(void);

#endif
