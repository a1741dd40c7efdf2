/* SPDX-License-Identifier: ISC */
/*
 * The answer to a login, for mon.c.
 */
#ifndef SERVER_WORKER_CMD_LOGIN_H
#define SERVER_WORKER_CMD_LOGIN_H

#include "server/proto.h"
#include "server/rule.h"
#include "server/worker/session.h"

struct login_answer {
	uint32_t attempt; /* an answer to an earlier attempt is dropped */
	enum verdict verdict;
	char reason[PROTO_REASON_MAX];
	char rule[RULE_MAX]; /* "" = none */
	char rules[RULE_LINES][RULE_MAX]; /* of the account, likewise */
	uint32_t delay; /* ms before a refusal is told */
	char name[PROTO_USER_MAX], start_dir[4096];
	uint8_t anonymous, tls_data, has_quota;
	uint32_t rights, umask, idle_timeout;
	uint64_t rates[RATE_WAYS]; /* the session's own */
	unsigned slots[RATE_SHARED]; /* of those it shares */
	int fd; /* the agent's channel; taken over */
};

void login_answered(struct session *, struct login_answer *);
/* The delay after a wrong password is over: says so. */
void login_answer_now(struct session *);
/* The only place where s->login changes. */
void login_set(struct session *, enum login_state);

#endif
