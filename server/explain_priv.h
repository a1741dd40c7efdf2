/* SPDX-License-Identifier: ISC */
/*
 * One question of ternftpd explain. Private to explain*.c.
 */
#ifndef SERVER_EXPLAIN_PRIV_H
#define SERVER_EXPLAIN_PRIV_H

#include "server/explain.h"
#include "server/live.h"

struct question {
	const struct config *server; /* all of it */
	const struct config *conf; /* as it is on the host */
	const struct conf_host *host; /* NULL: the server itself */
	const char *called; /* as the client calls it, NULL: it does not */
	struct addr local; /* that it connects to; family 0: who knows */
	FILE *out;
	const struct conf_listen *listen;
	char verb[16];
	const char *argument; /* the path as it was written */
	int tls, prot; /* as it was asked, -1: not */
	bool prot_p;
	struct addr via; /* the proxy; family 0: as the listener wants it */
	struct live live;
	struct explain_login login; /* an account is large */
	struct explain_path at;
	char path[VPATH_MAX], from[VPATH_MAX];
	bool over; /* there is nothing more to ask about it */
};

/* Says the answer: 0 allowed, 1 refused, -1 wrong usage. */
int explain_ask(struct question *);
/* What could refuse it at another moment, and its rates. */
void explain_tell_limits(const struct question *);
/* How many sessions of its own the account may have (0: any), and the rule. */
uint32_t explain_sessions_limit(const struct question *, char *rule);
/* Does it have a data connection? */
bool explain_is_transfer(const struct question *);

#endif
