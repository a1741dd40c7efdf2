/* SPDX-License-Identifier: ISC */
/*
 * A worker whose monitor, clients and file agents are played by the test, all
 * on one loop.
 *
 * Control connections are SOCK_SEQPACKET pairs: one send of the worker is one
 * message to the client, so tests see how replies were grouped.
 */
#ifndef TESTS_UNIT_CTRL_RIG_H
#define TESTS_UNIT_CTRL_RIG_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.h"
#include "server/conf.h"
#include "server/proto.h"
#include "server/worker/session.h"

struct ctrl_rig {
	struct event_base *base;
	struct config conf;
	struct worker *w;
	int monitor; /* the monitor's end */
	int client; /* the client's end of the session made last */
	int agent; /* the agent's end, -1 before crig_login() */
	uint64_t sid; /* of the session made last */
	char sent[65536]; /* the last send of the worker */
	uint8_t mem[IPC_MAX]; /* the last message of the worker */
};

void crig_start(struct ctrl_rig *);
void crig_stop(struct ctrl_rig *);
/* The clock stands still until crig_wait() moves it and runs what is due. */
void crig_fake_clock(void);
void crig_wait(struct ctrl_rig *, uint64_t ms);
/* Turns of the loop, until nothing more happens now. */
void crig_turn(struct ctrl_rig *);

/* Hands the worker a session on this socket, as the monitor does. */
void crig_give(struct ctrl_rig *, int fd);
/* A new session; its greeting is taken. */
struct session *crig_connect(struct ctrl_rig *);
/* ... logged in as "anna", with an agent, in "/home". */
struct session *crig_login(struct ctrl_rig *);

void crig_send(struct ctrl_rig *, const void *, size_t);
void crig_text(struct ctrl_rig *, const char *); /* as it is */
void crig_cmd(struct ctrl_rig *, const char *); /* and CRLF */
/* The worker's next send; "" if there is none, "EOF" at the end. */
const char *crig_reply(struct ctrl_rig *);
/* Sends the command and compares the reply. */
void crig_say(struct ctrl_rig *, const char *cmd, const char *reply);

/* The worker's next message to the monitor, of this type, behind its sid. */
struct rbuf *crig_told(struct ctrl_rig *, uint16_t type);
/* ... of a type that is about no single session. */
struct rbuf *crig_reported(struct ctrl_rig *, uint16_t type);
/* It has said nothing to the monitor. */
void crig_told_nothing(struct ctrl_rig *);
/* Starts a message to the worker; crig_tell() sends it and turns the loop. */
struct wbuf *crig_begin(uint16_t type);
void crig_tell(struct ctrl_rig *, int fd);
void crig_order(struct ctrl_rig *, uint16_t type); /* without fields */
/* The answer to attempt n; V_OK needs a descriptor. */
void crig_verdict(struct ctrl_rig *, uint32_t n, enum verdict, int fd);

/* The worker's next request to the agent, "rename /a /b"; "" if none. */
const char *crig_asked(struct ctrl_rig *);
/*
 * Answers it. fmt: '1' and '4' take unsigned, '8' uint64_t, 's' a string, 'b'
 * a string that is put as bytes.
 */
void crig_answer(struct ctrl_rig *, enum fs_status, const char *fmt, ...);
void crig_answer_fd(struct ctrl_rig *, enum fs_status, int fd);

#endif
