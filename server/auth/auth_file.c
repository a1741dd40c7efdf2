/* SPDX-License-Identifier: ISC */
/*
 * The users of ftpd.conf and the users file.
 */
#include <string.h>

#include "server/auth/auth.h"

static void
fill(const struct auth *a, const struct conf_user *u, struct account *out)
{
	auth_account_init(a, out, u->name, u->root);
	if (a->privileged && u->has_ident) {
		memset(&out->ident, 0, sizeof(out->ident));
		out->ident.uid = u->uid;
		out->ident.gid = u->gid;
	}
	strlcpy(out->start_dir, u->start_dir, sizeof(out->start_dir));
	out->rights = u->rights;
	out->umask = u->umask;
	out->idle_timeout = u->idle_timeout;
}

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	const struct conf_user *u = conf_find_user(a->conf, req->user);

	if (u == NULL)
		return AUTH_NOT_MINE;
	*reason_r = "bad-password";
	if (!auth_hash_matches(a, req, u->password))
		return AUTH_DENY;
	*reason_r = "disabled";
	if (u->disabled)
		return AUTH_DENY;
	fill(a, u, out);
	return AUTH_ACCEPT;
}

const struct auth_backend auth_file = { "file", check };
