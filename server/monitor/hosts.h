/* SPDX-License-Identifier: ISC */
/*
 * What is remembered of client addresses: a table of bounded size, of records
 * by address (IPv6: by /64) and a number that the owner chooses.
 *
 * When it is full, the record that was looked at longest ago makes room: no
 * flood of addresses costs more than so much memory. The owner's record begins
 * with a struct host.
 */
#ifndef SERVER_MONITOR_HOSTS_H
#define SERVER_MONITOR_HOSTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "common/sockutil.h"

struct host {
	RB_ENTRY(host) entry;
	TAILQ_ENTRY(host) use;
	struct addr addr; /* addr_client_key() */
	uint64_t sub;
};
RB_HEAD(host_tree, host);
TAILQ_HEAD(host_queue, host);

struct hosts {
	struct host_tree tree;
	struct host_queue uses; /* the latest first */
	size_t size; /* of a record */
	size_t n, max;
};

void hosts_init(struct hosts *, size_t size, size_t max);
void hosts_clear(struct hosts *);
/* The record, or NULL. */
void *hosts_find(struct hosts *, const struct addr *, uint64_t sub);
/* The record; a new one is zeroed. */
void *hosts_get(struct hosts *, const struct addr *, uint64_t sub);
void hosts_remove(struct hosts *, void *record);

#endif
