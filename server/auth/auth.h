/* SPDX-License-Identifier: ISC */
/*
 * Checking one login attempt: the back ends and what they share. Private to
 * this folder.
 *
 * Back ends are asked in order until one knows the name. A wrong password and
 * an unknown name cost the same time (R15.3): whoever finds nothing to compare
 * with hashes the password all the same. Whether a certificate is enough is
 * asked before any password: the answer to all for whom it is not is the same.
 */
#ifndef SERVER_AUTH_AUTH_H
#define SERVER_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/sockutil.h"
#include "server/account.h"
#include "server/auth/auth_cache.h"
#include "server/certnames.h"
#include "server/conf.h"
#include "server/proto.h"

struct auth {
	const struct config *server; /* that of all hosts */
	const struct config
	    *conf; /* as it is on the host that is asked about */
	bool privileged; /* accounts may have identities of their own */
	struct ident service; /* of accounts that have none */
	struct auth_cache *cache; /* of passwords; NULL: none */
	char rule[RULE_MAX]; /* behind the last refusal, if a back end knows */
	unsigned long nhashes, ndummies; /* made; made for nothing: for tests */
};

struct auth_request {
	enum login_ask ask;
	const char *user, *password;
	const char *names; /* of the client's certificate */
	const char *host; /* name of its block; NULL or "": none */
	struct addr peer;
	bool tls;
};

enum auth_answer {
	AUTH_NOT_MINE, /* no account of this back end */
	AUTH_ACCEPT,
	AUTH_DENY,
	AUTH_ERROR, /* could not find out */
};

struct auth_backend {
	const char *name;
	/*
	 * Fills the account if it accepts, else sets *reason_r to a code of
	 * the log ("bad-password"), a constant string.
	 */
	enum auth_answer (*check)(struct auth *, const struct auth_request *,
	    struct account *, const char **reason_r);
	/*
	 * Is the certificate enough for this user? Fills the account then.
	 * NULL: it never is.
	 */
	bool (*certificate)(
	    const struct auth *, const struct auth_request *, struct account *);
};

extern const struct auth_backend auth_file, auth_anonymous, auth_program,
    auth_pam;

/* ASK_NEW_PASSWORD; the hash is good until the next one. */
enum verdict auth_new_password(struct auth *, const struct auth_request *,
    struct account *, const char **hash_r);
/* 0, or -1 if the service user does not exist. */
int auth_init(struct auth *, const struct config *);
void auth_clear(struct auth *);
enum verdict auth_check(struct auth *, const struct auth_request *,
    struct account *, const char **reason_r);

/*
 * Does the password have this hash? Spends the time of one hash, unless it
 * was right a moment ago; NULL and a hash that crypt(3) does not know match
 * nothing.
 */
bool auth_hash_matches(
    struct auth *, const struct auth_request *, const char *hash);

/* An account with a name and an identity, the service user's. */
void auth_account_init(const struct auth *, struct account *, const char *name);
/*
 * NULL if these settings let it in from there and now, else why not: a code for
 * the log. The client is never told which it was.
 */
const char *auth_account_objection(
    const struct conf_rules *, const struct auth_request *, time_t now);
/* What its settings say; without a root in them, the account's stays. */
void auth_account_fill(
    const struct auth *, struct account *, const struct conf_rules *);

#endif
