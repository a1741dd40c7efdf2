/* SPDX-License-Identifier: ISC */
/*
 * What a dialogue is played on: a worker with one session, and around it a
 * client, a monitor and a file agent that do what the test says; one process,
 * one loop, a clock that stands still.
 *
 * The control connection is a SOCK_SEQPACKET pair: one send of the worker is
 * one message to the client, so grouping can be seen. Under TLS a message must
 * also be one record.
 */
#ifndef TESTS_DIALOG_STAGE_H
#define TESTS_DIALOG_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/ipc.h"
#include "common/sockutil.h"
#include "server/conf.h"
#include "server/worker/session.h"
#include "tests/dialog/tls_client.h"

struct event;
struct event_base;
struct tlsconf;

#define STAGE_SENT 65536
#define STAGE_SID 7
#define STAGE_PEER_PORT 1025 /* nobody listens there */

enum stage_tls {
	STAGE_CLEAR, /* the server has no TLS */
	STAGE_TLS_1_2, /* it has, and so has the client, of this version */
	STAGE_TLS_1_3,
};

struct stage {
	enum stage_tls how;
	/* where the test is, for messages */
	const char *file;
	unsigned line;

	struct event_base *base;
	struct event *moment; /* the longest turn */
	struct config conf;
	struct conf_listen listen; /* its only listener */
	struct worker *w;
	struct addr local, peer;
	int control, monitor, agent; /* our ends; -1 if closed */
	uint32_t attempt; /* of the last login */

	/* TLS; all NULL in clear */
	struct tlsconf *tlsconf;
	struct tls_client *tls;
	struct tls_end *ctl, *dat; /* of the control and the data connection */
	const char *cert, *key; /* the client's, or NULL */
	bool proxied; /* its connection is a proxy's */
	char sni[64]; /* the name that it asks for, or "" */
	bool secured; /* AUTH was given, or is the dialogue's business */
	bool private; /* data connections are in TLS */

	/* the send that is being read */
	char sent[STAGE_SENT];
	size_t len, pos;
	bool bye; /* the last line of it was a 221 or 421 */

	/* the client's data connection */
	int data, listener;
	uint16_t port; /* announced last, by either side */
	bool agreed; /* the agent has, to the transfer on it: the 150 comes */
	bool was_up; /* its TLS was waited for before the command */

	/* the request that the agent has not answered */
	uint16_t request; /* 0: none */
	bool check_only;
	char path[4096]; /* of that request */
	uint64_t offset;
	int stored; /* what the last upload goes to */
	/* the same question, which comes again when TLS is up */
	char again[4096], again_answer[512];
};

/* The configuration's defaults; nothing runs yet. How stays as it is. */
void stage_init(struct stage *);
/* Worker and session: the greeting is on its way. */
void stage_start(struct stage *);
/* Ends everything. */
void stage_stop(struct stage *);
/* Is the session still there? */
bool stage_is_alive(const struct stage *);

/* Ends the test with file, line and a reason. */
void stage_fail(const struct stage *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Lets the loop run for a moment. */
void stage_turn(struct stage *);
void stage_turns(struct stage *, unsigned n);
/* The clock moves on; what is due runs. */
void stage_sleep(struct stage *, uint64_t ms);

/*
 * Tries again, with turns of the loop in between, until it is true or 5 s are
 * over.
 */
bool stage_wait(struct stage *, bool (*try)(struct stage *));

/* The client's next message is in sent, empty at the end; false: nothing came
 * yet. */
bool stage_take(struct stage *);
/* Waits for it; false: nothing came, or the end. */
bool stage_receive(struct stage *);
/* Has the worker ended the control connection? Waits for it. */
bool stage_ended(struct stage *);
void stage_say(struct stage *, const char *p, size_t len);
/* The client shakes hands. */
void stage_tls(struct stage *);
/* Is the control connection in TLS? */
bool stage_is_secure(const struct stage *);

#endif
