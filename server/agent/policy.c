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

#include "common/log.h"
#include "server/agent/places.h"

uint32_t
policy_rights(const struct agent_session *s, const char *path)
{
	return places_rights(s, path);
}

static void
refuse(const struct agent_session *s, const char *what, const char *path,
    const char *why, const char *which)
{
	char user[LOG_VIS_MAX], name[LOG_VIS_MAX];

	log_info("session=%llu user=\"%s\" %s \"%s\" refused: %s%s",
	    (unsigned long long)s->sid,
	    log_vis(user, sizeof(user), s->user, strlen(s->user)), what,
	    log_vis(name, sizeof(name), path, strlen(path)), why, which);
}

bool
policy_allows(const struct agent_session *s, const char *what, const char *path,
    uint32_t any)
{
	char missing[256], why[300];

	if (any == 0 || (policy_rights(s, path) & any) != 0)
		return true;
	snprintf(why, sizeof(why), "the account lacks the right \"%s\"",
	    rights_str(any, missing, sizeof(missing)));
	refuse(s, what, path, why, s->nplaces == 0 ? "" : " in this directory");
	return false;
}

bool
policy_may_move(
    const struct agent_session *s, const char *what, const char *path)
{
	if (!places_hold(s, path))
		return true;
	refuse(s, what, path,
	    "a mount or path block of the account is at or below it", "");
	return false;
}
