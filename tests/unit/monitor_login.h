/* SPDX-License-Identifier: ISC */
/*
 * What worker, auth process and agent say during a login, played by the fakes
 * around the real monitor.
 */
#ifndef TESTS_UNIT_MONITOR_LOGIN_H
#define TESTS_UNIT_MONITOR_LOGIN_H

#include "tests/unit/monitor_fake.h"

extern struct fake *login_worker, *login_auth; /* the only ones */
extern uint64_t login_sid; /* of a session that is there from the start */
extern uint32_t login_delay; /* ms, in the answer expected last */
extern char login_rule[RULE_MAX]; /* likewise */

void login_setup(void);
void login_teardown(void);

/* The worker asks for a login with the password "s3cret". */
void login_ask(uint64_t sid, uint32_t attempt, const char *user);
/* ... whether the client's certificate is enough. */
void login_ask_certificate(uint64_t sid, uint32_t attempt, const char *user);
/* The worker says that the user is gone. */
void login_logout(uint64_t sid);
/* ... that its client is still there. */
void login_alive(uint64_t sid);
/* ... that the session has ended. */
void login_end(uint64_t sid);
/* What the worker is told: the verdict and the reason. */
void login_expect(
    uint64_t sid, uint32_t attempt, enum verdict, const char *reason);
/* The auth process has been asked about this user: the id of the check. */
uint64_t login_checked_by(struct fake *auth, const char *user);
void login_result(
    struct fake *auth, uint64_t id, enum verdict, const char *reason);
void login_result_ok(
    struct fake *auth, uint64_t id, const char *name, uid_t uid);
/* login_result_ok() finds the source by the configuration. */
void login_result_ok_as(struct fake *auth, uint64_t id, const char *name,
    uid_t uid, enum account_source);
/* The agent answers a grant; says that a session's channel was closed. */
void login_granted_by(
    struct fake *agent, uint64_t sid, int64_t err, const char *reason);
void login_closed_by(struct fake *agent, uint64_t sid);
/* The agent started last that serves this user. */
struct fake *login_agent(uid_t uid);
/* All of it, with success: the agent that serves the session. */
struct fake *login_whole(uint64_t sid, const char *name, uid_t uid);

#endif
