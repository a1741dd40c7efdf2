/* SPDX-License-Identifier: ISC */
/*
 * A worker process: one libevent loop, its channel to the monitor, and the
 * sessions it serves. Private to this folder.
 */
#ifndef SERVER_WORKER_WORKER_H
#define SERVER_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "common/chan.h"
#include "common/log_bound.h"
#include "common/timer.h"
#include "server/conf.h"
#include "server/counters.h"

struct event_base;
struct event;
struct session;
struct tlsconf;
TAILQ_HEAD(session_list, session);
RB_HEAD(session_tree, session);

struct worker {
	const struct config *conf;
	const struct tlsconf *tls; /* NULL = none; worker_init() sets NULL */
	struct event_base *base;
	struct chan *mon; /* to the monitor */
	int keys; /* to the key process, or -1 */
	struct session_list sessions;
	struct session_tree by_id; /* the same, for messages about one */
	struct session_list graveyard; /* ended; freed once per loop turn */
	struct event *undertaker; /* activated when the graveyard fills */
	bool draining, shutting_down;
	struct dialogue *dialogue; /* NULL: nobody watches */
	uint64_t counters[COUNT_MAX];
	struct addr names[NAT_MAX]; /* of passive_address, by rule */
	struct timer probes; /* looks after sessions that were asked */
	struct log_bound arrivals; /* connections, in the log */
	bool nat_warned; /* once, of an address that is of no use */
	/* Scratch for one callback's work: control input, messages. */
	uint8_t scratch[128 * 1024];
	uint8_t msg[IPC_MAX];
};

/* Sets up a worker on a base and a monitor channel (tests use this too). */
void worker_init(struct worker *, const struct config *, struct event_base *,
    int monitor_fd);
void worker_clear(struct worker *);
/* Frees what is in the graveyard; runs by itself once per loop turn. */
void worker_bury(struct worker *);
void worker_add(struct worker *, struct session *);
/* Moves it to the graveyard. */
void worker_remove(struct worker *, struct session *);
struct session *worker_find(struct worker *, uint64_t sid);

#endif
