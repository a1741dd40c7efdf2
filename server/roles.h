/* SPDX-License-Identifier: ISC */
/*
 * The entry points of the processes; only main.c and the monitor (which forks
 * them) know more than one.
 */
#ifndef SERVER_ROLES_H
#define SERVER_ROLES_H

#include <stdbool.h>

#include "common/privdrop.h"
#include "common/sockutil.h"
#include "server/conf.h"

struct tlsconf;

struct monitor_options {
	const char *conf_path;
	bool foreground;
	bool inetd; /* the only connection is on descriptor 0 */
	bool verbose; /* log level debug, to stderr */
};

/* Root's monitor gives up what it does not need (capabilities.c), or dies. */
void monitor_limit_capabilities(void);
/* Runs the server; returns the exit status. */
int monitor_main(struct config *, const struct monitor_options *);

/* Could it be listened on? 0, or an errno. */
int listener_try(const struct addr *);

/*
 * The roles run in a child of the monitor that has closed everything but its
 * own channel and its log. They drop privilege first of all and never return.
 */
void worker_main(const struct config *, const struct tlsconf *, int monitor_fd)
    __attribute__((noreturn));
void auth_main(const struct config *, int monitor_fd) __attribute__((noreturn));
void resolver_main(const struct config *, int monitor_fd)
    __attribute__((noreturn));
void keys_main(const struct config *, int monitor_fd) __attribute__((noreturn));
void agent_main(const struct config *, int monitor_fd, const struct ident *)
    __attribute__((noreturn));

#endif
