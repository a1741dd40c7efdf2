/* SPDX-License-Identifier: ISC */
/*
 * System-call filters, one per role; called once, after privdrop().
 *
 * Where the kernel or the build (--disable-sandbox, sanitizers) lacks them the
 * process goes on with a line in the log.
 */
#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

/* Sockets and descriptors only: no path, no exec, no new process. */
void sandbox_worker(void);
/* Files only: no socket, no exec, no new process; threads started afterwards
 * are filtered too. */
void sandbox_agent(void);

#endif
