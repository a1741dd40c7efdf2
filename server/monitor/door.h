/* SPDX-License-Identifier: ISC */
/*
 * Where connections come in: listeners, who is admitted, who is refused. A part
 * of monitor.h.
 */
#ifndef SERVER_MONITOR_DOOR_H
#define SERVER_MONITOR_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

#include "common/sockutil.h"
#include "server/conf.h"

struct client;
struct event;
struct monitor;
struct wproc;

/* ------------------------------------------------- listeners (listener.c) */
struct listener {
	TAILQ_ENTRY(listener) entry;
	struct monitor *m;
	int fd;
	uint16_t index; /* in conf->listens */
	struct addr addr; /* as configured */
	struct addr bound; /* as the kernel has it */
	bool inherited; /* from the service manager */
	struct event *ev;
};
TAILQ_HEAD(listeners, listener);

/*
 * Makes the listeners of conf: those of the same address that are open are
 * kept, others bound, the rest closed when all could be bound. Returns 0, or
 * -1 with a text in err and nothing changed.
 */
int listeners_apply(
    struct monitor *, const struct config *, char *err, size_t size);
/* Takes the sockets the service manager passed; their number, or -1. */
int listeners_inherit(struct monitor *);
/* Starts to accept and logs the addresses of those that are new. */
void listeners_start(struct monitor *);
void listeners_close(struct monitor *);
/* What listeners_apply() would do, in lines of out. 0, or -1 if it would fail.
 */
int listeners_plan(struct monitor *, const struct config *, FILE *out);
/* Binds addr and listens; the descriptor or -1 with errno. */
int listener_bind(const struct addr *, uint32_t mss);

/* ------------------------------------------------------ admit.c, refuse.c */
/* Counts, limits, and hands the connection to a worker or refuses it. Takes
 * over fd. Returns whether it was admitted. */
bool client_admit(struct monitor *, int fd, uint16_t listener);
/*
 * WM_PROXY: a proxy has said whose connection it is. Limits and bans are asked
 * about that address, and the worker is told what they say. -1 if it must not
 * say this.
 */
int client_introduce(struct wproc *, struct client *, struct rbuf *);
/* Says this message of the configuration with its number, or where TLS is
 * expected an alert, and closes in an orderly way. */
void client_refuse(struct monitor *, int fd, uint16_t listener,
    const char *message, uint32_t number);

struct refused {
	TAILQ_ENTRY(refused) entry;
	int fd;
	uint64_t until;
};
TAILQ_HEAD(refusals, refused);
void refusals_init(struct monitor *);
void refusals_clear(struct monitor *);

#endif
