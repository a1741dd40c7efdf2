/* SPDX-License-Identifier: ISC */
/*
 * The accounts of this machine, checked by PAM. Needs root. The shell does not
 * matter (R9.1); who is below min_uid is never asked about, so that guesses
 * at root's password go nowhere.
 */
#include "config.h"

#include "server/auth/auth.h"

#ifdef WITH_PAM

#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/mem.h"

/* Answers what is asked without echo with the password, the rest with "". */
static int
converse(
    int n, const struct pam_message **msg, struct pam_response **out, void *arg)
{
	const struct auth_request *req = arg;
	struct pam_response *r;
	int i;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	r = xcalloc((size_t)n, sizeof(*r));
	for (i = 0; i < n; i++)
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = xstrdup(req->password);
		else if (msg[i]->msg_style == PAM_PROMPT_ECHO_ON)
			r[i].resp = xstrdup("");
	*out = r;
	return PAM_SUCCESS;
}

/* No delay in here: it would keep others waiting. The worker delays. */
static void
no_delay(int status, unsigned usec, void *arg)
{
}

/* One attempt; returns PAM's status. */
static int
ask_pam(const struct auth *a, const struct auth_request *req)
{
	struct auth_request copy = *req;
	struct pam_conv conv = { converse, &copy };
	char host[ADDR_STRLEN];
	pam_handle_t *pam = NULL;
	int rc;

	rc = pam_start(a->conf->pam_service, req->user, &conv, &pam);
	if (rc != PAM_SUCCESS)
		return rc;
	addr_ip_str(&req->peer, host, sizeof(host));
	(void)pam_set_item(pam, PAM_RHOST, host);
	(void)pam_set_item(pam, PAM_TTY, "ftp");
	(void)pam_set_item(pam, PAM_FAIL_DELAY, (const void *)no_delay);
	rc = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (rc == PAM_SUCCESS)
		rc = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	pam_end(pam, rc);
	return rc;
}

static const struct {
	int status;
	enum auth_answer answer;
	const char *reason;
} statuses[] = {
	{ PAM_SUCCESS, AUTH_ACCEPT, "" },
	{ PAM_AUTH_ERR, AUTH_DENY, "bad-password" },
	{ PAM_USER_UNKNOWN, AUTH_DENY, "no-such-user" },
	{ PAM_MAXTRIES, AUTH_DENY, "too-many-tries" },
	{ PAM_ACCT_EXPIRED, AUTH_DENY, "account-expired" },
	{ PAM_NEW_AUTHTOK_REQD, AUTH_DENY, "password-expired" },
	{ PAM_PERM_DENIED, AUTH_DENY, "account-refused" },
};

static enum auth_answer
judge(int status, const char **reason_r)
{
	size_t i;

	for (i = 0; i < NELEM(statuses); i++)
		if (statuses[i].status == status) {
			*reason_r = statuses[i].reason;
			return statuses[i].answer;
		}
	log_errorx("PAM: %s", pam_strerror(NULL, status));
	*reason_r = "pam-error";
	return AUTH_ERROR;
}

static void
fill(const struct auth *a, const struct passwd *pw, struct account *out)
{
	struct ident *id = &out->ident;

	auth_account_init(a, out, pw->pw_name);
	(void)strlcpy(out->root, pw->pw_dir, sizeof(out->root));
	out->source = ACCOUNT_SYSTEM;
	memset(id, 0, sizeof(*id));
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->ngroups = IDENT_GROUPS;
	if (getgrouplist(pw->pw_name, pw->pw_gid, id->groups, &id->ngroups) ==
	    -1)
		id->ngroups = IDENT_GROUPS;
	auth_account_fill(a, out, &a->conf->system_rules);
}

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	const struct passwd *pw;
	enum auth_answer answer;
	const char *why;
	struct stat st;

	if (!a->conf->system_accounts || !a->privileged)
		return AUTH_NOT_MINE;
	if (a->conf->system_rules.tls && !req->tls) {
		(void)auth_hash_matches(a, req, NULL);
		*reason_r = "tls-required";
		return AUTH_DENY;
	}
	pw = getpwnam(req->user);
	if (pw != NULL &&
	    (pw->pw_uid == 0 || pw->pw_uid < a->conf->system_min_uid)) {
		(void)auth_hash_matches(a, req, NULL);
		*reason_r = "uid-too-low";
		return AUTH_DENY;
	}
	answer = judge(ask_pam(a, req), reason_r);
	if (answer != AUTH_ACCEPT)
		return answer;
	/* Again: PAM modules look up users too. */
	pw = getpwnam(req->user);
	*reason_r = "no-such-user";
	if (pw == NULL)
		return AUTH_DENY;
	why = auth_account_objection(&a->conf->system_rules, req, time(NULL));
	if (why != NULL) {
		*reason_r = why;
		return AUTH_DENY;
	}
	fill(a, pw, out);
	*reason_r = "home-missing";
	if (out->create_home)
		return AUTH_ACCEPT;
	return stat(out->root, &st) == 0 && S_ISDIR(st.st_mode) ? AUTH_ACCEPT
								: AUTH_ERROR;
}

#else

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	return AUTH_NOT_MINE;
}

#endif

const struct auth_backend auth_pam = {
	.name = "pam",
	.check = check,
};
