/* SPDX-License-Identifier: ISC */
/*
 * A login from the monitor's side: the worker asks, an auth process checks the
 * password or the certificate, the monitor checks what only it knows, an agent
 * takes the account, the worker gets the answer and its channel.
 */
#include "config.h"

#include <string.h>

#include "common/log.h"
#include "server/monitor/bans.h"
#include "server/monitor/monitor.h"

/* rule is what decided so, "" if it goes without saying. */
static void
login_refuse_by(struct monitor *m, struct client *c, enum verdict verdict,
    const char *reason, const char *rule)
{
	sessions_set_account(&m->sessions, c, NULL);
	client_set_state(c, CLIENT_NEW);
	worker_tell_login(c, verdict, reason, rule, NULL, -1);
}

static void
login_refuse(struct monitor *m, struct client *c, enum verdict verdict,
    const char *reason)
{
	char text[RULE_MAX];
	const char *rule =
	    rule_reason(m->conf, NULL, reason_find(reason), text);

	login_refuse_by(m, c, verdict, reason, rule != NULL ? rule : "");
}

/* Its host may have changed, and had no say when it connected. */
static bool
host_refuses(struct monitor *m, struct client *c)
{
	const struct conf_host *h = NULL;
	struct refusal r;
	char rule[RULE_MAX];

	if (c->host != NULL)
		h = conf_find_host(m->conf, c->host->key);
	if (c->host_gone || (c->host != NULL && h == NULL)) {
		login_refuse(m, c, V_DENIED, reason_code(REASON_NO_SUCH_HOST));
		return true;
	}
	if (h != NULL) /* as the configuration has it now */
		sessions_set_host(&m->sessions, c, h);
	if (!host_is_full(m, h, &c->peer, true, &r))
		return false;
	login_refuse_by(
	    m, c, V_LIMIT, reason_code(r.reason), rule_host(h, rule));
	return true;
}

void
login_begin(struct monitor *m, struct client *c, uint32_t attempt,
    struct login_request *req)
{
	uint32_t hold;

	c->attempt = attempt;
	c->delay = 0;
	client_set_state(c, CLIENT_CHECKING);
	/* It was banned, and this crossed the news. */
	if (bans_refuse(m->bans, &c->peer) > 0) {
		login_refuse(m, c, V_DENIED, "banned");
		return;
	}
	if (host_refuses(m, c))
		return;
	guard_take(m->guard, &c->peer, req->user, req->password, &c->guess);
	hold = guard_hold(m->guard, &c->peer, &c->guess);
	req->host = c->host != NULL ? c->host->key : "";
	if (auths_check(m->auths, c->sid, &c->peer, req, hold) == -1)
		login_refuse(m, c, V_BUSY, "login-queue-full");
}

/* The worker is told first, so that its log says why. */
static void
login_wrong(
    struct monitor *m, struct client *c, const char *reason, const char *rule)
{
	bool ban;

	c->delay = guard_wrong(m->guard, &c->peer, &c->guess, &ban);
	login_refuse_by(m, c, V_DENIED, reason, rule);
	if (ban && bans_add(m->bans, &c->peer, 0, "login-failures") > 0)
		bans_kick(m->bans, &c->peer, false);
}

/* Whose limits hold: also of a host that has the server's accounts. */
static const struct conf_host *
host_here(const struct monitor *m, const struct client *c)
{
	return c->host != NULL ? conf_find_host(m->conf, c->host->key) : NULL;
}

/* Guests share an account but are many users; they have a limit of their own.
 */
const struct tally *
login_limit(
    struct monitor *m, const struct client *c, const struct account *account)
{
	const struct tally *t;
	char key[ACCOUNT_KEY_MAX];
	uint32_t max = account->max_sessions;

	if (max == 0 && !account->anonymous)
		max = conf_of_host(m->conf, host_here(m, c))->max_per_user;
	if (max == 0)
		return NULL;
	t = sessions_tally_of(
	    &m->sessions, client_account_key(c, account->name, key));
	return tally_count(t) >= max ? t : NULL;
}

static const char *
rule_of_sessions(const struct monitor *m, const struct client *c,
    const struct account *account, char *out)
{
	const struct conf_host *h = host_here(m, c);

	if (account->max_sessions != 0)
		return rule_lines_text(&account->rules, RULE_SESSIONS, out);
	return h != NULL && h->max_per_user != 0
		   ? rule_host(h, out)
		   : rule_key(m->conf, "limits.sessions_per_user", out);
}

static void
refuse_one_more(
    struct monitor *m, struct client *c, const struct account *account)
{
	char text[RULE_MAX];

	login_refuse_by(m, c, V_LIMIT, "max-per-user",
	    rule_of_sessions(m, c, account, text));
}

/* Those who are in the way may be gone without anybody knowing. */
static bool
must_wait(struct monitor *m, struct client *c, const struct account *account,
    const struct tally *full)
{
	clients_probe(m, full);
	return patience_begin(m, c, account, full);
}

static void
login_accept(
    struct monitor *m, struct client *c, struct account *account, bool may_wait)
{
	const struct tally *full;
	char key[ACCOUNT_KEY_MAX];

	(void)client_account_key(c, account->name, key);
	if (!m->privileged)
		account->ident = m->self;
	else if (account->ident.uid == 0) {
		login_refuse(m, c, V_DENIED, "root-login");
		return;
	}
	/* A reload may have taken it away while it was checked. */
	if (account_objection(client_conf(c, m->conf), account->source,
		account->name) != NULL) {
		login_refuse(m, c, V_DENIED, "account-removed");
		return;
	}
	full = login_limit(m, c, account);
	if (full != NULL) {
		if (!may_wait || !must_wait(m, c, account, full))
			refuse_one_more(m, c, account);
		return;
	}
	c->source = account->source;
	if (account_take_usage(account, key) == -1) {
		login_refuse(
		    m, c, V_ERROR, "no-file-agent: nobody can count its quota");
		return;
	}
	sessions_set_account(&m->sessions, c, account);
	client_set_state(c, CLIENT_GRANTING);
	if (agents_grant(m, c, account) == -1)
		login_refuse(m, c, V_ERROR, "no-file-agent");
}

void
login_go_on(struct monitor *m, struct client *c, struct account *account)
{
	login_accept(m, c, account, false);
}

void
login_checked(struct monitor *m, uint64_t sid, enum verdict verdict,
    const char *reason, const char *rule, struct account *account)
{
	struct client *c = sessions_find(&m->sessions, sid);

	if (c == NULL || c->state != CLIENT_CHECKING)
		return;
	if (verdict == V_OK) {
		guard_right(m->guard, &c->peer, &c->guess);
		login_accept(m, c, account, true);
	} else if (verdict == V_DENIED)
		login_wrong(m, c, reason, rule);
	else
		login_refuse(m, c, verdict, reason);
}

void
login_granted(struct monitor *m, uint64_t sid, pid_t agent,
    const struct account *account, int fd, const char *reason)
{
	struct client *c = sessions_find(&m->sessions, sid);

	if (c == NULL || c->state != CLIENT_GRANTING)
		return;
	if (reason != NULL) {
		login_refuse(m, c, V_ERROR, reason);
		return;
	}
	c->agent = agent;
	client_set_state(c, CLIENT_IN);
	worker_tell_login(c, V_OK, "", "", account, fd);
}

void
login_drop(struct monitor *m, struct client *c)
{
	if (c->state == CLIENT_NEW)
		return;
	if (c->state == CLIENT_CHECKING)
		auths_cancel(m->auths, c->sid);
	patience_end(m, c);
	patience_look(m); /* there may be room now */
	if (c->state == CLIENT_GRANTING)
		agents_cancel(m, c->sid);
	sessions_set_account(&m->sessions, c, NULL);
	c->agent = 0;
	client_set_state(c, CLIENT_NEW);
}
