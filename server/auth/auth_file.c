/* SPDX-License-Identifier: ISC */
/*
 * The users of ftpd.conf and the users file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/auth.h"
#include "server/password_hash.h"
#include "server/totp.h"

static void
fill(const struct auth *a, const struct conf_user *u, struct account *out)
{
	auth_account_init(a, out, u->name);
	auth_account_fill(a, out, &u->rules);
	if (u->group != NULL)
		(void)strlcpy(out->group, u->group, sizeof(out->group));
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

/* The digits behind the password. NULL if they are good, else why not. */
static const char *
check_code(const struct conf_user *u, const char *code)
{
	uint8_t key[TOTP_KEY_MAX];
	size_t n = totp_key(u->totp, key);
	uint64_t step = totp_find(key, n, code, (uint64_t)time(NULL));

	explicit_bzero(key, sizeof(key));
	if (step == 0)
		return "bad-totp";
	return totp_use(u->name, u->totp, step) ? NULL : "totp-reused";
}

/* NULL if the password is right, else why not. All of it is looked at always:
 * the time tells nothing. */
static const char *
check_password(
    struct auth *a, const struct conf_user *u, const struct auth_request *req)
{
	char password[PROTO_PASS_MAX], code[TOTP_DIGITS + 1] = "      ";
	struct auth_request part = *req;
	size_t n = strlen(req->password);
	bool match;

	if (u->totp == NULL)
		return auth_hash_matches(a, req, u->password) ? NULL
							      : "bad-password";
	n = n > TOTP_DIGITS ? n - TOTP_DIGITS : 0;
	(void)strlcpy(password, req->password, sizeof(password));
	if (n > 0)
		(void)strlcpy(code, password + n, sizeof(code));
	password[n] = '\0';
	part.password = password;
	match = auth_hash_matches(a, &part, u->password);
	explicit_bzero(password, sizeof(password));
	return match ? check_code(u, code) : "bad-password";
}

/* NULL if the user may log in with what was shown, else why not; wrong: what is
 * wrong with the password, or NULL. */
static const char *
objection(const struct conf_user *u, const struct auth_request *req,
    const char *wrong, bool certificate)
{
	const bool enough[] = {
		[CONF_LOGIN_PASSWORD] = wrong == NULL,
		[CONF_LOGIN_CERTIFICATE] = certificate,
		[CONF_LOGIN_BOTH] = wrong == NULL && certificate,
		[CONF_LOGIN_EITHER] = wrong == NULL || certificate,
	};

	if (!enough[u->login])
		return wrong == NULL || u->login == CONF_LOGIN_CERTIFICATE
			   ? "certificate-required"
			   : wrong;
	if (u->disabled)
		return "disabled";
	return auth_account_objection(&u->rules, req, time(NULL));
}

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	const struct conf_user *u = conf_find_user(a->conf, req->user);
	const char *wrong;

	if (u == NULL)
		return AUTH_NOT_MINE;
	/* Asked first and of everybody: the time tells nothing. */
	wrong = check_password(a, u, req);
	*reason_r = objection(u, req, wrong, has_certificate(u, req));
	if (*reason_r != NULL)
		return AUTH_DENY;
	*reason_r = auth_file.name;
	fill(a, u, out);
	return AUTH_ACCEPT;
}

#define NEW_PASSWORD_MIN 8

enum verdict
auth_new_password(struct auth *a, const struct auth_request *req,
    struct account *out, const char **hash_r)
{
	static char hash[PROTO_REASON_MAX];
	const struct conf_user *u = conf_find_user(a->conf, req->user);
	const char *new = req->names;
	char *made;

	*hash_r = "bad-password";
	if (u == NULL || check_password(a, u, req) != NULL)
		return V_DENIED;
	*hash_r = "weak-password";
	if (strlen(new) < NEW_PASSWORD_MIN || strcmp(new, req->password) == 0)
		return V_LIMIT;
	made = password_hash(new);
	if (made == NULL || strlcpy(hash, made, sizeof(hash)) >= sizeof(hash)) {
		free(made);
		*hash_r = "no-hash";
		return V_ERROR;
	}
	free(made);
	*hash_r = hash;
	fill(a, u, out);
	return V_OK;
}

static bool
certificate(
    const struct auth *a, const struct auth_request *req, struct account *out)
{
	const struct conf_user *u = conf_find_user(a->conf, req->user);

	if (u == NULL || !has_certificate(u, req) ||
	    objection(u, req, "bad-password", true) != NULL)
		return false;
	fill(a, u, out);
	return true;
}

const struct auth_backend auth_file = {
	.name = "file",
	.check = check,
	.certificate = certificate,
};
