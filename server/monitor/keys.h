/* SPDX-License-Identifier: ISC */
/*
 * The key processes: one for each worker, which signs for it with the keys of
 * the certificates that it was started with. Private to this folder.
 */
#ifndef SERVER_MONITOR_KEYS_H
#define SERVER_MONITOR_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/timer.h"

struct chan;
struct monitor;
struct tls_keyring;
struct wproc;

/* When to start the next process in place of one that died. */
struct respawn {
	struct timer timer;
	uint32_t delay; /* ms; grows while processes die young */
};
struct kproc { /* the key process of a worker */
	struct monitor *m;
	struct tls_keyring *ring; /* NULL: no TLS, no process */
	pid_t pid;
	struct chan *chan; /* NULL: there is none now */
	uint64_t born;
	struct respawn respawn;
	bool pinged; /* and has not answered */
	bool wanted; /* the worker wants another channel */
	struct timer timer; /* of its answer, or before the next channel */
};

/* For a worker that has just been started, of the certificates in use. */
void keys_start(struct wproc *);
void keys_end(struct wproc *);
void keys_log(struct wproc *, enum log_sink);
/* WM_KEYS */
int keys_wanted(struct wproc *, struct rbuf *);

#endif
