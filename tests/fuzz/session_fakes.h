/* SPDX-License-Identifier: ISC */
/*
 * Monitor and file agent of fuzz_session: they answer each request as they are
 * told, rightly, late, wrongly or by dying, and require that what they are
 * asked is well-formed and in its order.
 */
#ifndef TESTS_FUZZ_SESSION_FAKES_H
#define TESTS_FUZZ_SESSION_FAKES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vpath.h"
#include "server/proto.h"

#define FAKES_SID 7

enum agent_how { /* does the agent answer the next request? */
	AGENT_OK,
	AGENT_REFUSES, /* with the status how_arg */
	AGENT_WAITS, /* until it is told otherwise */
	AGENT_LIES, /* in the way how_arg */
	AGENT_DIES,
	AGENT_HOW_COUNT
};

struct fakes {
	int monitor, agent; /* our ends; -1: none */

	/* monitor */
	uint8_t verdict; /* of logins */
	bool waits; /* does not answer them for now */
	bool asked; /* a login waits for its answer */
	uint32_t attempt;
	bool logged_in, ever_in;
	bool ended; /* WM_END came */
	bool turns_away; /* the client of a proxy */
	bool introduced;
	uint32_t rights;
	bool anonymous, quota;

	/* agent */
	enum agent_how how;
	bool refused; /* something, so far */
	uint8_t how_arg;
	uint8_t access; /* enum file_access of files */
	uint16_t size; /* of files */
	uint8_t pages; /* of listings */
	uint16_t request; /* not answered yet; 0: none */
	bool check_only;
	char path[VPATH_MAX];
	uint64_t offset, length; /* of that request */
	unsigned pages_left;
	uint64_t granted; /* of a quota */
};

/* Takes all that was said to them, and answers. */
void fakes_turn(struct fakes *);
/* The answer that was waited for. */
void fakes_answer_agent(struct fakes *, enum agent_how, uint8_t arg);
void fakes_answer_login(struct fakes *);
/* A message of the monitor, by a number: something that it may say at any time.
 */
void fakes_order(struct fakes *, uint8_t what);

#endif
