/* SPDX-License-Identifier: ISC */
/*
 * A worker with one logged-in session, its client and a scripted file agent,
 * all in the test's process and on one loop.
 *
 * The control connection is a SOCK_SEQPACKET pair: one send of the worker is
 * one message to the client, so tests see how replies were grouped. Files are
 * memfds.
 */
#ifndef TESTS_UNIT_XFER_RIG_H
#define TESTS_UNIT_XFER_RIG_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/sockutil.h"
#include "server/conf.h"
#include "server/proto.h"
#include "server/worker/session.h"

#define RIG_PAGES 8

struct rig {
	struct event_base *base;
	struct config conf;
	struct worker *w;
	struct session *s;
	int control; /* the client's end */
	int monitor; /* the monitor's end */
	int agent; /* the agent's end */
	struct event *agent_event;
	int data; /* the client's data connection, or -1 */
	char sent[16384]; /* the last send of the worker */

	/* what the agent does */
	bool agent_silent; /* requests wait until rig_agent_wake() */
	enum fs_status open_status, store_status, check_status, commit_status;
	enum fs_status list_status;
	int file; /* what RETR opens, STOR writes */
	uint64_t size; /* as FS_OPEN tells it */
	bool lie; /* FS_OPEN tells size, not the file's real one */
	enum file_access access; /* of it */
	off_t warm; /* so much of it is in the page cache */
	enum file_access store_access; /* of what STOR writes */
	enum fs_status keep_status, read_status, write_status;
	uint32_t read_more; /* than was asked for */
	const char *store_path; /* what FS_STORE answers, NULL: as asked */
	const char *pages[RIG_PAGES]; /* NULL ends */
	size_t page;
	enum fs_status next_status;
	char log[1024]; /* requests, "open /a;store 0 0 /b;commit 5;" */
};

void rig_start(struct rig *);
void rig_stop(struct rig *);
/* Another clock, for timeouts; rig_wait() moves it on and runs what is due. */
void rig_fake_clock(void);
void rig_wait(struct rig *, uint64_t ms);

/* Runs the loop for a moment; false after too many of them in one test. */
bool rig_turn(struct rig *);
/* Sends a command line. */
void rig_cmd(struct rig *, const char *line);
/* The worker's next send, "" if none comes. Valid until the next call. */
const char *rig_reply(struct rig *);
/* Nothing is sent in the next few turns. */
bool rig_is_quiet(struct rig *);
void rig_agent_wake(struct rig *);

/* EPSV (its reply is taken), then a connection to the port; returns it. */
uint16_t rig_epsv(struct rig *);
void rig_connect(struct rig *, uint16_t port);
void rig_passive(struct rig *);
/* A new listener of the client; returns its port. */
int rig_listen(uint16_t *port_r);
/*
 * Reads the data connection up to its end into buf; the length, or -1 if it
 * was reset.
 */
ssize_t rig_read_all(struct rig *, char *buf, size_t size);
/* Sends all (the loop runs meanwhile). False if the worker closed. */
bool rig_write_all(struct rig *, const char *buf, size_t len);
void rig_close_data(struct rig *);
/* The file's content becomes len bytes of a pattern; size is set. */
void rig_fill(struct rig *, size_t len);
char rig_pattern(size_t at);
/* The file is len bytes of the pattern, from its start. */
bool rig_file_is(struct rig *, size_t len);
bool rig_is_pattern(const char *p, size_t len, size_t from);

#endif
