/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: who an account is, and why it would not be let in.
 */
#include <string.h>

#include "common/str.h"
#include "server/auth/auth.h"
#include "server/explain.h"

static bool
is_guest(const struct config *conf, const char *name)
{
	return conf->anonymous && (ascii_casecmp(name, "anonymous") == 0 ||
				      ascii_casecmp(name, "ftp") == 0);
}

static const char *
objection(const struct explain_login *e, const struct conf_user *u)
{
	const struct auth_request req = {
		.user = e->user, .peer = e->peer, .tls = e->tls
	};

	if (u != NULL && u->disabled)
		return "disabled";
	return auth_account_objection(e->rules, &req, e->now);
}

void
explain_login(const struct config *conf, struct explain_login *e)
{
	static struct auth a;
	const struct conf_user *u = conf_find_user(conf, e->user);

	a.conf = conf;
	e->rules = NULL;
	if (u != NULL)
		e->rules = &u->rules;
	else if (is_guest(conf, e->user))
		e->rules = &conf->anonymous_rules;
	if (e->rules == NULL) {
		e->reason = "no-such-user";
		return;
	}
	e->reason = objection(e, u);
	if (e->reason != NULL)
		return;
	auth_account_init(&a, &e->account, e->user);
	auth_account_fill(&a, &e->account, e->rules);
	e->account.anonymous = u == NULL;
}
