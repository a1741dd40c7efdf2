/* SPDX-License-Identifier: ISC */
/*
 * Who the unprivileged processes are.
 */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "server/conf.h"

void
conf_rules_ident(const struct conf_rules *r, struct ident *id)
{
	if (r->uid.set) {
		memset(id, 0, sizeof(*id));
		id->uid = r->uid.id;
	}
	if (r->gid.set)
		id->gid = r->gid.id;
}

int
conf_service_ident(const struct config *conf, struct ident *id)
{
	const struct passwd *pw;

	if (geteuid() != 0) {
		ident_self(id);
		return 0;
	}
	pw = conf->service_user != NULL ? getpwnam(conf->service_user) : NULL;
	if (pw == NULL || pw->pw_uid == 0)
		return -1;
	memset(id, 0, sizeof(*id));
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->ngroups = IDENT_GROUPS;
	if (getgrouplist(pw->pw_name, pw->pw_gid, id->groups, &id->ngroups) ==
	    -1)
		id->ngroups = IDENT_GROUPS;
	return 0;
}
