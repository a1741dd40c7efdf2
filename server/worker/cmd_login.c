/* SPDX-License-Identifier: ISC */
/*
 * USER, PASS, ACCT, REIN, QUIT and the answer to a login (RFC 959 4.1.1).
 *
 * A wrong password and an unknown user get the same answer after the same
 * time; the reason stands in the log only.
 */
#include "server/worker/cmd_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/fs.h"
#include "server/worker/mon.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "tls/tls_info.h"
#include "tls/tls_reuse.h"

#define NAME_SHOWN 64 /* bytes of a user's name that are echoed */

static const char *const state_names[] = {
	[LOGIN_NONE] = "none",
	[LOGIN_USER] = "user",
	[LOGIN_CHECKING] = "checking",
	[LOGIN_CHECKING_CERT] = "checking certificate",
	[LOGIN_IN] = "in",
};

void
login_set(struct session *s, enum login_state state)
{
	log_debug("session %llu: login %s -> %s", (unsigned long long)s->id,
	    state_names[s->login], state_names[state]);
	s->login = state;
}

static bool
is_anonymous(const struct session *s, const char *name)
{
	return s->conf->anonymous && (ascii_casecmp(name, "anonymous") == 0 ||
					 ascii_casecmp(name, "ftp") == 0);
}

/* May this user not log in in clear text, whatever the listener says? */
static bool
needs_tls(const struct session *s, const char *name)
{
	const struct config *conf = s->conf;
	const struct conf_user *u;

	if (is_anonymous(s, name))
		return conf->anonymous_rules.tls;
	u = conf_find_user(conf, name);
	if (u != NULL)
		return u->rules.tls;
	return conf->system_accounts && conf->system_rules.tls;
}

static bool
has_certificate(const struct session *s)
{
	struct tls_info info;

	return tls_info_get(&s->ctl, &info) && info.has_cert;
}

static void
ask_password(struct session *s)
{
	login_set(s, LOGIN_USER);
	if (is_anonymous(s, s->user))
		reply(s, 331,
		    "Anonymous login ok, send your e-mail address as "
		    "password.");
	else
		reply(
		    s, 331, "Password required for %.*s.", NAME_SHOWN, s->user);
}

/* Whoever was logged in is dropped at once, whatever comes of this. */
enum cmd_result
cmd_user(struct session *s, char *name)
{
	char rule[RULE_MAX];

	if (name[0] == '\0' || strlen(name) >= PROTO_USER_MAX) {
		reply(s, 501, "USER needs a name of at most %d bytes.",
		    PROTO_USER_MAX - 1);
		return CMD_DONE;
	}
	session_drop_user(s);
	if (!session_is_secure(s) && needs_tls(s, name)) {
		refusal_by(s, rule_login(s->conf, name,
				  reason_code(REASON_TLS_REQUIRED), rule));
		refuse(s, REASON_TLS_REQUIRED, 530,
		    "TLS required; use AUTH TLS first.");
		return CMD_DONE;
	}
	s->user = xstrdup(name);
	if (has_certificate(s)) {
		login_set(s, LOGIN_CHECKING_CERT);
		mon_login(s, ASK_CERTIFICATE, "");
		return CMD_PENDING;
	}
	ask_password(s);
	return CMD_DONE;
}

enum cmd_result
cmd_pass(struct session *s, char *password)
{
	if (s->login != LOGIN_USER) {
		reply(s, 503,
		    s->login == LOGIN_IN ? "Already logged in."
					 : "Login with USER first.");
		return CMD_DONE;
	}
	if (strlen(password) >= PROTO_PASS_MAX) {
		reply(s, 501, "Password too long.");
		return CMD_DONE;
	}
	login_set(s, LOGIN_CHECKING);
	mon_login(s, ASK_PASSWORD, password);
	explicit_bzero(password, strlen(password));
	return CMD_PENDING;
}

enum cmd_result
cmd_acct(struct session *s, char *arg)
{
	reply(s, 202, "ACCT not needed.");
	return CMD_DONE;
}

enum cmd_result
cmd_quit(struct session *s, char *arg)
{
	char text[MESSAGE_SIZE];
	const char *last = reply_all_but_last(s, 221, s->conf->goodbye, text);

	session_bye(s, 221, last, REASON_QUIT);
	return CMD_CLOSE;
}

enum cmd_result
cmd_rein(struct session *s, char *arg)
{
	static const char text[] = "Service ready for new user.";

	/* It would lead to a connection that is good for nothing. */
	if (session_is_secure(s) &&
	    (session_listen(s)->implicit ||
		session_listen(s)->tls == CONF_TLS_REQUIRED)) {
		reply(s, 502, "REIN not available here.");
		return CMD_DONE;
	}
	session_drop_user(s);
	session_reset(s);
	host_reset(s);
	s->cleared = false;
	if (session_is_secure(s)) /* RFC 4217 13 */
		ctrl_tls_leave(s, 220, text);
	else
		reply(s, 220, "%s", text);
	return CMD_DONE;
}

/* -------------------------------------------------------------- the answer */

static void
forget_user(struct session *s)
{
	login_set(s, LOGIN_NONE);
	free(s->user);
	s->user = NULL;
}

/* The same name on another host may be another account. */
static void
bind_tickets(struct session *s)
{
	char key[CONF_NAME_MAX + PROTO_USER_MAX];

	(void)snprintf(key, sizeof(key), "%s\n%s",
	    s->host != NULL && s->host->has_accounts ? s->host->name : "",
	    s->user);
	tls_stream_set_account(&s->ctl, key);
}

static void
accept_login(struct session *s, struct login_answer *a)
{
	const struct config *conf = s->conf;
	bool by_certificate = s->login == LOGIN_CHECKING_CERT;
	int i;

	s->fs = fs_new(s, a->fd);
	a->fd = -1;
	free(s->user);
	s->user = xstrdup(a->name);
	free(s->home);
	s->home = xstrdup(a->start_dir);
	free(s->cwd);
	s->cwd = xstrdup(a->start_dir);
	s->anonymous = a->anonymous != 0;
	s->tls_data = a->tls_data != 0;
	s->rights = a->rights;
	s->umask = a->umask;
	s->idle_timeout =
	    a->idle_timeout != 0 ? a->idle_timeout : conf->idle_timeout;
	s->login_failures = 0;
	s->has_quota = a->has_quota != 0;
	for (i = 0; i < RULE_LINES; i++)
		if (a->rules[i][0] != '\0')
			s->rules[i] = xstrdup(a->rules[i]);
	s->pace = pace_new(a->rates, a->slots);
	bind_tickets(s);
	session_event(
	    s, (struct log_event){ .id = EVENT_AUTH_OK,
		   .method = by_certificate ? "certificate" : "password" });
	if (by_certificate)
		reply(s, 232, "User %.*s logged in, authorized by certificate.",
		    NAME_SHOWN, s->user);
	else
		reply_message(s, 230, conf->login_message);
	login_set(s, LOGIN_IN);
	cmd_finish(s);
	session_set_timer(s);
}

void
login_answer_now(struct session *s)
{
	s->answer_at = 0;
	forget_user(s);
	if (s->login_failures >= s->w->conf->max_login_attempts) {
		session_bye(
		    s, 421, "Too many login failures.", REASON_LOGIN_FAILURES);
		return;
	}
	reply(s, 530, "Login incorrect.");
	cmd_finish(s);
}

/* The refusal is said by the session's timer, so that guessing is slow (RFC
 * 2577 7). */
static void
delay_refusal(struct session *s, uint32_t ms)
{
	if (ms == 0) {
		login_answer_now(s);
		return;
	}
	s->answer_at = clock_ms() + ms;
	session_set_timer(s);
}

/*
 * Some reasons have more to tell behind their code. Who shows the right
 * password at a bad time has not failed: nobody should be banned for it.
 */
static void
log_failure(struct session *s, const struct login_answer *a)
{
	const char *text = a->reason;
	const char *more = strstr(text, ": ");
	struct log_event e = { .reason = reason_find(text),
		.rule = a->rule[0] == '\0' ? NULL : a->rule,
		.detail = more == NULL ? NULL : more + 2 };

	if (a->verdict == V_DENIED) {
		e.id = EVENT_AUTH_FAIL;
	} else {
		e.id = EVENT_REFUSE;
		e.command = "PASS";
	}
	if (e.reason == REASON_OTHER)
		e.detail = text;
	session_event(s, e);
	refusal_is_told(s);
}

static void
refuse_login(struct session *s, const struct login_answer *a)
{
	bool of_host = reason_find(a->reason) == REASON_MAX_PER_HOST;

	log_failure(s, a);
	switch (a->verdict) {
	case V_BUSY:
		session_bye(s, 421, "Too many logins at once, try later.",
		    REASON_LOGIN_QUEUE_FULL);
		return;
	case V_LIMIT:
		forget_user(s);
		reply(s, 530, "Too many connections%s, try later.",
		    of_host ? "" : " of this user");
		cmd_finish(s);
		return;
	case V_ERROR: /* nothing the client did wrong, so nothing to punish */
		forget_user(s);
		reply(s, 530, "Login incorrect.");
		cmd_finish(s);
		return;
	default:
		s->login_failures++;
		delay_refusal(s, a->delay);
	}
}

void
login_answered(struct session *s, struct login_answer *a)
{
	bool waiting =
	    s->login == LOGIN_CHECKING || s->login == LOGIN_CHECKING_CERT;

	if (s->ended || !waiting || a->attempt != s->login_attempts ||
	    s->mode == CTRL_CLOSING) {
		fd_close(&a->fd);
		return;
	}
	if (a->verdict == V_OK && a->fd == -1) {
		/* The monitor takes him for logged in: it must be told. */
		mon_logout(s);
		a->verdict = V_ERROR;
		(void)strlcpy(a->reason, "no-descriptor: in the worker",
		    sizeof(a->reason));
	}
	if (a->verdict == V_OK)
		accept_login(s, a);
	else if (a->verdict == V_PASSWORD) {
		ask_password(s);
		cmd_finish(s);
	} else
		refuse_login(s, a);
	fd_close(&a->fd);
}
