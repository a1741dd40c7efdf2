/* SPDX-License-Identifier: ISC */
/*
 * What would happen, and which line decides: ternftpd explain.
 *
 * The questions are put to the code that decides in the server, which other
 * rooms offer here; explain.c asks in the order in which a client meets them.
 */
#ifndef SERVER_EXPLAIN_H
#define SERVER_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "common/sockutil.h"
#include "server/account.h"
#include "server/conf.h"

struct explain_login {
	const char *user;
	struct addr peer;
	bool tls; /* the connection is in TLS */
	time_t now;

	/* the answers */
	const struct conf_rules *rules; /* NULL: nobody's, or PAM's */
	const char *reason; /* the code of the refusal, NULL = let in */
	struct account account; /* if let in */
};
/* server/auth: the login, with whatever must be shown shown. */
void explain_login(const struct config *, struct explain_login *);

struct explain_path {
	/* The command, and of RNTO what is to be renamed, or "". */
	const char *verb, *path, *from;

	/* the answers */
	bool allowed;
	bool exists;
	int code; /* of a refusal */
	uint32_t needed; /* all, or with any one, of these */
	bool any;
	uint32_t has; /* there */
	bool held; /* a mount or path block is at or below it */
	char rule[RULE_MAX]; /* that decides (server/rule.h) */

	bool stores; /* bytes come, and the quota counts: */
	bool fits;
	int64_t bytes, files; /* that are stored */
	enum rule_line quota; /* that is used up */
};
/* server/agent: what the account may do there. -1: no such verb. */
int explain_path(const struct account *, struct explain_path *);

/* argv: USER VERB PATH [ADDRESS] [option=value ...], or nothing for lines of
 * them on in; host: that is meant where no option says so, or NULL. Returns 0
 * if the last one is allowed, 1 if not, -1 for wrong usage. */
int explain(const struct config *, const char *host, int argc, char **argv,
    FILE *in, FILE *out);

#endif
