/* SPDX-License-Identifier: ISC */
/*
 * What the account may do, decided in one place.
 *
 * Rights are asked for by path: an account can have different ones in different
 * directories (places.h).
 */
#include "server/agent/policy.h"

#include <stdio.h>
#include <string.h>

#include "common/log_event.h"
#include "common/timer.h"
#include "server/agent/places.h"

/* Lines of the log for a session: so many at once, then one in so many ms. */
#define REFUSALS 50
#define REFUSALS_MS 1000

uint32_t
policy_rights(const struct agent_session *s, const char *path)
{
	return places_rights(s, path);
}

static void
refuse(const struct agent_session *s, const char *what, const char *path,
    const char *rule, const char *why)
{
	uint64_t untold;

	if (!log_bound_pass(
		s->refusals, REFUSALS, REFUSALS_MS, clock_ms(), &untold))
		return;
	log_event(&(struct log_event){ .id = EVENT_REFUSE,
	    .reason = REASON_NO_RIGHT,
	    .session = s->sid,
	    .peer = s->peer.family == 0 ? NULL : &s->peer,
	    .user = s->user,
	    .rule = rule,
	    .command = what,
	    .path = path,
	    .count = untold,
	    .detail = why });
}

bool
policy_allows(const struct agent_session *s, const char *what, const char *path,
    uint32_t any)
{
	char missing[256], why[300], rule[RULE_MAX];

	if (any == 0 || (policy_rights(s, path) & any) != 0)
		return true;
	(void)snprintf(why, sizeof(why), "the account lacks the right %s%s",
	    rights_str(any, missing, sizeof(missing)),
	    s->nplaces == 0 ? "" : " in this directory");
	refuse(s, what, path, places_rule(s, path, rule), why);
	return false;
}

bool
policy_may_move(
    const struct agent_session *s, const char *what, const char *path)
{
	const struct place *held = places_hold(s, path);
	char rule[RULE_MAX];

	if (held == NULL)
		return true;
	refuse(s, what, path, place_rule(s, held, rule),
	    "a mount or path block of the account is at or below it");
	return false;
}
