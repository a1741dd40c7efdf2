/* SPDX-License-Identifier: ISC */
/*
 * Rates after a reload: unlike all other rules, they hold at once, also for
 * who is there, because nothing that is half done could be wrong with them.
 */
#include "config.h"

#include <string.h>

#include "common/mem.h"
#include "server/monitor/monitor.h"

/* What the session had, to see whether it is anything new. */
struct rated {
	uint64_t own[RATE_WAYS];
	uint16_t user, group;
};

static struct rated
rated_of(const struct client *c)
{
	struct rated r = { .user = tally_slot(c->account),
		.group = tally_slot(c->group) };

	memcpy(r.own, c->rates, sizeof(r.own));
	return r;
}

/* What the configuration says of its account; NULL: nothing, or no more. */
static const struct conf_rules *
rules_of(
    const struct client *c, const struct config *conf, const char **group_r)
{
	const struct conf_user *u;

	*group_r = NULL;
	if (account_objection(conf, c->source, client_account(c)) != NULL)
		return NULL;
	if (c->source == ACCOUNT_GUEST)
		return &conf->anonymous_rules;
	if (c->source == ACCOUNT_SYSTEM)
		return &conf->system_rules;
	u = c->source == ACCOUNT_USER ? conf_find_user(conf, client_account(c))
				      : NULL;
	if (u == NULL)
		return NULL;
	*group_r = u->group;
	return &u->rules;
}

/* Has it other rates than before? */
static bool
rerate(struct monitor *m, struct client *c)
{
	struct rated old = rated_of(c), now;
	const struct conf_rules *rules;
	const char *group;

	rules = rules_of(c, client_conf(c, m->conf), &group);
	if (rules != NULL)
		sessions_set_rates(&m->sessions, c, group, rules->rates);
	now = rated_of(c);
	return old.user != now.user || old.group != now.group ||
	       memcmp(old.own, now.own, sizeof(now.own)) != 0;
}

void
sessions_rerate(struct monitor *m)
{
	bool all =
	    m->conf->rates[RATE_DOWN] != 0 || m->conf->rates[RATE_UP] != 0;
	struct client *c;
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			if (c->state == CLIENT_IN &&
			    (rerate(m, c) || all != m->rated))
				client_tell_rates(c);
	m->rated = all;
}
