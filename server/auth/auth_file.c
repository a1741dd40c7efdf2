/* SPDX-License-Identifier: ISC */
/*
 * The users of ftpd.conf and the users file.
 */
#include <stdio.h>
#include <string.h>

#include "server/auth/auth.h"

static void
fill(const struct auth *a, const struct conf_user *u, struct account *out)
{
	auth_account_init(a, out, u->name);
	auth_account_fill(a, out, &u->rules);
	if (u->group != NULL)
		strlcpy(out->group, u->group, sizeof(out->group));
}

/* Has the client shown this user's certificate? */
static bool
has_certificate(const struct conf_user *u, const struct auth_request *req)
{
	char wanted[sizeof("cn:") + CONF_NAME_MAX];

	if (!req->tls)
		return false;
	if (u->certificate != NULL)
		return certnames_match(req->names, u->certificate);
	(void)snprintf(wanted, sizeof(wanted), "cn:%s", u->name);
	return certnames_match(req->names, wanted);
}

/* NULL if the user may log in with what was shown, else why not. */
static const char *
objection(const struct conf_user *u, const struct auth_request *req,
    bool password, bool certificate)
{
	const bool enough[] = {
		[CONF_LOGIN_PASSWORD] = password,
		[CONF_LOGIN_CERTIFICATE] = certificate,
		[CONF_LOGIN_BOTH] = password && certificate,
		[CONF_LOGIN_EITHER] = password || certificate,
	};

	if (u->rules.tls && !req->tls)
		return "tls-required";
	if (!enough[u->login])
		return password || u->login == CONF_LOGIN_CERTIFICATE
			   ? "certificate-required"
			   : "bad-password";
	return u->disabled ? "disabled" : NULL;
}

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	const struct conf_user *u = conf_find_user(a->conf, req->user);
	bool password;

	if (u == NULL)
		return AUTH_NOT_MINE;
	/* Asked first and of everybody: the time tells nothing. */
	password = auth_hash_matches(a, req, u->password);
	*reason_r = objection(u, req, password, has_certificate(u, req));
	if (*reason_r != NULL)
		return AUTH_DENY;
	*reason_r = auth_file.name;
	fill(a, u, out);
	return AUTH_ACCEPT;
}

static bool
certificate(
    const struct auth *a, const struct auth_request *req, struct account *out)
{
	const struct conf_user *u = conf_find_user(a->conf, req->user);

	if (u == NULL || !has_certificate(u, req) ||
	    objection(u, req, false, true) != NULL)
		return false;
	fill(a, u, out);
	return true;
}

const struct auth_backend auth_file = {
	.name = "file",
	.check = check,
	.certificate = certificate,
};
