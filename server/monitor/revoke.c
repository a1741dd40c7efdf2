/* SPDX-License-Identifier: ISC */
/*
 * Accounts that a reload took away: their sessions end after what they are
 * doing (R11.3). All other sessions keep the rules that they logged in with.
 */
#include "config.h"

#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf_diff.h"
#include "server/monitor/monitor.h"

static const char *
user_objection(const struct config *conf, const char *name)
{
	const struct conf_user *u = conf_find_user(conf, name);

	if (u == NULL)
		return "Account removed";
	return u->disabled ? "Account disabled" : NULL;
}

const char *
account_objection(
    const struct config *conf, enum account_source source, const char *name)
{
	if (conf == NULL)
		return "Host removed";
	switch (source) {
	case ACCOUNT_USER:
		return user_objection(conf, name);
	case ACCOUNT_GUEST:
		return conf->anonymous ? NULL : "Guests are not let in";
	case ACCOUNT_SYSTEM:
		return conf->system_accounts ? NULL
					     : "System accounts are not let in";
	case ACCOUNT_PROGRAM:
		return conf->auth_program != NULL ? NULL
						  : "No program knows it";
	case ACCOUNT_SOURCE_COUNT:
		break;
	}
	return NULL;
}

static bool
is_changed(
    const struct client *c, const struct config *old, const struct config *now)
{
	const struct config *a = client_conf(c, old);
	const struct config *b = client_conf(c, now);
	const struct conf_user *u, *v;

	if (c->source != ACCOUNT_USER || a == NULL || b == NULL)
		return false;
	u = conf_find_user(a, client_account(c));
	v = conf_find_user(b, client_account(c));
	return u != NULL && v != NULL && conf_user_differs(u, v);
}

/* Why this client's session ends when now takes over from old, or NULL. */
static const char *
reason_to_end(
    const struct client *c, const struct config *old, const struct config *now)
{
	const char *why;

	if (c->account == NULL || now->reload_ends == CONF_ENDS_NONE)
		return NULL;
	why = account_objection(
	    client_conf(c, now), c->source, client_account(c));
	if (why == NULL && now->reload_ends == CONF_ENDS_CHANGED &&
	    is_changed(c, old, now))
		why = "Account changed";
	return why;
}

static void
tell(const struct client *c, const char *why, FILE *out)
{
	char name[LOG_VIS_MAX];

	fprintf(out, "session %llu of %s ends after its transfer: %s\n",
	    (unsigned long long)c->sid,
	    log_vis(name, sizeof(name), client_account(c),
		strlen(client_account(c))),
	    why);
}

unsigned
sessions_revoke(struct monitor *m, const struct config *old,
    const struct config *now, FILE *plan)
{
	struct wproc *w;
	struct client *c;
	const char *why;
	unsigned n = 0;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker) {
			why = reason_to_end(c, old, now);
			if (why == NULL)
				continue;
			n++;
			if (plan != NULL)
				tell(c, why, plan);
			else
				client_retire(c, why);
		}
	return n;
}
