/* SPDX-License-Identifier: ISC */
/*
 * What the account may do, decided in one place.
 */
#ifndef SERVER_AGENT_POLICY_H
#define SERVER_AGENT_POLICY_H

#include "server/agent/session.h"
#include "server/rights.h"

/* The rights in force at a virtual path; "" is for requests without one, whose
 * file was opened by its path before. */
uint32_t policy_rights(const struct agent_session *, const char *path);
/*
 * Does the session have one of these rights there? If not, a line in the log
 * names what was tried and the missing right. 0 = nothing is needed.
 */
bool policy_allows(const struct agent_session *, const char *what,
    const char *path, uint32_t any);

/*
 * May the name go (by RMD, DELE, RNFR)? Not if a mount, or a path with rights
 * of its own, is at or below it: those would be lost or evaded.
 */
bool policy_may_move(
    const struct agent_session *, const char *what, const char *path);

#endif
