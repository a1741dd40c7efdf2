/* SPDX-License-Identifier: ISC */
/*
 * What the account may do, decided in one place.
 *
 * Rights are asked for by path, so that an account can have different ones in
 * different directories without any other file noticing; at present they are
 * the same everywhere below the root.
 */
#include "server/agent/policy.h"

#include <string.h>

#include "common/log.h"

uint32_t
policy_rights(const struct agent_session *s, const char *path)
{
	(void)path;
	return s->rights;
}

bool
policy_allows(const struct agent_session *s, const char *what, const char *path,
    uint32_t any)
{
	char user[LOG_VIS_MAX], name[LOG_VIS_MAX], missing[256];

	if (any == 0 || (policy_rights(s, path) & any) != 0)
		return true;
	log_info(
	    "session=%llu user=\"%s\" %s \"%s\" refused: the account lacks "
	    "the right \"%s\"",
	    (unsigned long long)s->sid,
	    log_vis(user, sizeof(user), s->user, strlen(s->user)), what,
	    log_vis(name, sizeof(name), path, strlen(path)),
	    rights_str(any, missing, sizeof(missing)));
	return false;
}
