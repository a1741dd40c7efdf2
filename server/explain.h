/* SPDX-License-Identifier: ISC */
/*
 * What would happen, and which line decides: ternftpd explain.
 *
 * The questions are put to the code that decides in the server, which the two
 * rooms offer here; explain.c puts the answers into words.
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
	const struct conf_user *block; /* NULL: a guest */
	const struct conf_rules *rules; /* NULL: nobody's, or PAM's */
	const char *reason; /* the code of the refusal, NULL = let in */
	struct account account; /* if let in */
};
/* server/auth: the login, with whatever must be shown shown. */
void explain_login(const struct config *, struct explain_login *);

struct explain_path {
	bool allowed;
	bool exists;
	uint32_t needed; /* all, or with any one, of these */
	bool any;
	uint32_t has; /* there */
	const char *at; /* of the mount or path block that says so, "" = none */
	char place[VPATH_MAX]; /* that at points to */
};
/* server/agent: what the account may do there. -1: no such verb. */
int explain_path(const struct account *, const char *verb, const char *path,
    struct explain_path *);

/* argv: USER VERB PATH [ADDRESS], or nothing for lines of them on in. Returns
 * 0 if the last one is allowed, 1 if not, -1 for wrong usage. */
int explain(const struct config *, int argc, char **argv, FILE *in, FILE *out);

#endif
