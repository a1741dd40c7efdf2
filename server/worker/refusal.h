/* SPDX-License-Identifier: ISC */
/*
 * Why a command was refused, for the log: every reply from 400 on is told once,
 * with a reason, in a refuse event or in one that says more (auth-fail, end, a
 * transfer's own).
 */
#ifndef SERVER_WORKER_REFUSAL_H
#define SERVER_WORKER_REFUSAL_H

#include "server/proto.h"
#include "server/worker/session.h"

/* reply() with a code from 400 on, and its reason. */
void refuse(struct session *, enum reason, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The reason of the next reply, if that refuses. */
void refusal_because(struct session *, enum reason);
/* What decides the next reply that refuses, where the reason does not tell. */
void refusal_by(struct session *, const char *rule);
/* What decides where somebody refuses or ends for this reason, or NULL; out has
 * RULE_MAX bytes. */
const char *refusal_rule(const struct session *, enum reason, char *out);
/* The log knows: the next reply that refuses is no news. */
void refusal_is_told(struct session *);
/* The agent refuses; name as the client wrote it, "" if there is none. */
void refusal_of_agent(
    struct session *, enum fs_status, int code, const char *name);
/* For reply.c: this was said. */
void refusal_said(struct session *, int code, const char *text);

#endif
