/* SPDX-License-Identifier: ISC */
/*
 * What a process may ask of the kernel once it has its role: a filter of system
 * calls (sandbox_rules.c says which and why), the files that Landlock lets it
 * open, and limits.
 *
 * A call that a role has no business with ends the process; what the call was
 * stands in memory shared with the monitor, who says so in the log.
 */
#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/landlock.h"

enum sandbox_role {
	SANDBOX_WORKER, /* sockets and descriptors only: no path */
	SANDBOX_AUTH, /* hashes only: no path, no socket */
	SANDBOX_AGENT, /* files only: no socket */
	SANDBOX_RESOLVER, /* looks up names */
	SANDBOX_KEYS, /* signs: messages only, no path, no socket */
	/* Who runs code of others has lists of what is forbidden. */
	SANDBOX_PROGRAMS, /* auth with PAM or a program */
	SANDBOX_MONITOR, /* starts all of them, who inherit its filter */
	SANDBOX_ROLES
};

enum sandbox_mode {
	SANDBOX_BEST, /* as far as the kernel lets us */
	SANDBOX_REQUIRE, /* all of it, or no service */
	SANDBOX_OFF
};

/*
 * In the monitor, once, before it starts anybody: what it is forbidden itself
 * from now on. Logs what is in force, or one warning that says what is missing.
 * -1, with a line in the log, if that is required.
 */
int sandbox_start(enum sandbox_mode);

/*
 * Confines this process for good; after privdrop(), and before it has threads.
 * It opens files below these places only, if it opens any at all. What
 * sandbox_start() has complained about is left out; dies if anything else
 * fails, or goes on with a warning in SANDBOX_BEST.
 */
void sandbox_enter(enum sandbox_role, enum sandbox_mode,
    const struct landlock_place *, size_t nplaces);

/*
 * The name of the call that a process was ended for, which is forgotten then;
 * NULL if it was not. Only where sandbox_start() was before.
 */
const char *sandbox_offence(pid_t, char *out, size_t size);

/* Can this build confine? */
bool sandbox_is_built(void);

#endif
