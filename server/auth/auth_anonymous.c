/* SPDX-License-Identifier: ISC */
/*
 * Guests: the names anonymous and ftp with any password (R0b K).
 */
#include "common/str.h"
#include "server/auth/auth.h"

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	const struct config *conf = a->conf;
	const char *why;

	if (!conf->anonymous || (ascii_casecmp(req->user, "anonymous") != 0 &&
				    ascii_casecmp(req->user, "ftp") != 0))
		return AUTH_NOT_MINE;
	why = auth_account_objection(&conf->anonymous_rules, req, time(NULL));
	if (why != NULL) {
		*reason_r = why;
		return AUTH_DENY;
	}
	auth_account_init(a, out, "anonymous");
	auth_account_fill(a, out, &conf->anonymous_rules);
	out->source = ACCOUNT_GUEST;
	out->anonymous = true;
	return AUTH_ACCEPT;
}

const struct auth_backend auth_anonymous = {
	.name = "anonymous",
	.check = check,
};
