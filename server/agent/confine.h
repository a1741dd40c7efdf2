/* SPDX-License-Identifier: ISC */
/*
 * What an agent may reach at all: the directories of the accounts it can be
 * asked to serve. It is decided once, at the first grant.
 */
#ifndef SERVER_AGENT_CONFINE_H
#define SERVER_AGENT_CONFINE_H

#include <stdbool.h>

#include "server/account.h"
#include "server/conf.h"

/*
 * Enters the sandbox, in which the places of this account can be reached and
 * those of the configuration's accounts of this identity (service: of who has
 * no uid; NULL: all accounts have ours). Before there are threads.
 */
void agent_confine(const struct config *, const struct ident *us,
    const struct ident *service, const struct account *first);

/* Can what is below this directory be reached? Not if it was made, or something
 * mounted there, after agent_confine(): another agent can then. */
bool agent_reaches(int dir);

/* Leaves of path what can be opened without waiting for a network or a daemon:
 * what is not on a local file system is cut to the directory above the mount
 * point. mounts is a file as /proc/self/mounts. */
void confine_local_part(const char *mounts, char *path);

#endif
