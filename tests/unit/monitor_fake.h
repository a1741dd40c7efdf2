/* SPDX-License-Identifier: ISC */
/*
 * A monitor whose processes are fakes: the test holds the other end of every
 * channel and plays worker, auth process and agent itself.
 */
#ifndef TESTS_UNIT_MONITOR_FAKE_H
#define TESTS_UNIT_MONITOR_FAKE_H

#include "common/ipc.h"
#include "server/monitor/monitor.h"

#define FAKE_MAX 64

struct fake { /* one process that was started */
	pid_t pid;
	enum role role;
	struct ident id; /* of an agent */
	int fd; /* its end of the channel, -1 once it is dead */
	int killed; /* the last signal it got */
};

extern struct monitor fake_monitor;
extern struct fake fakes[FAKE_MAX];
extern unsigned nfakes;

/* A monitor with that many workers and auth processes, not yet started. */
void fake_setup(uint32_t workers, uint32_t auths);
void fake_teardown(void);
/* Adds a listener of the configuration; port 0 = the kernel chooses. */
void fake_listen(const char *ip, uint16_t port);
/* Opens the listeners and starts the fakes. */
void fake_start(void);

/* The nth process (0 = first) of the role that was started, or fails. */
struct fake *fake_get(enum role, unsigned nth);
unsigned fake_count(enum role); /* started in all */
void fake_die(struct fake *);

/* Turns of the loop until nothing more happens now. */
void fake_turn(void);
/* The next message to this process, which must be of this type; valid until
 * the next call. Fails after some seconds. */
struct ipc_msg *fake_expect(struct fake *, uint16_t type);
/* Fails if anything was sent to it. */
void fake_expect_nothing(struct fake *);
/* Fails unless the monitor has closed its channel. */
void fake_expect_closed(struct fake *);
void fake_begin(struct wbuf *, uint16_t type);
/* Sends the message begun last as this process, and lets it be handled. */
void fake_send(struct fake *, const struct wbuf *);

/* A client's connection to the nth listener. */
int fake_connect(unsigned nth);
/* Connects and has it admitted: the worker that got it and the sid. */
int fake_session(struct fake **worker_r, uint64_t *sid_r);
/* Reads a line or to the end, into out; its length. Bounded in time. */
size_t fake_read(int fd, char *out, size_t size);

/* A clock that stands still until it is told to move; runs what is due. */
void fake_clock_start(void);
void fake_clock_add(uint64_t ms);

#endif
