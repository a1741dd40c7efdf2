/* SPDX-License-Identifier: ISC */
/*
 * SITE PSWD: users change their own password.
 *
 * An auth process looks at the old password and hashes the new one; what comes
 * here is a hash, and goes into the users file if it looks like one. The
 * monitor is the only process that may write that file, and it reads no byte of
 * a client for it. The file is then read as after every change.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/bans.h"
#include "server/monitor/monitor.h"
#include "server/users_edit.h"
#include "server/users_file.h"

/* The block of the user in the users file, NULL if that is not where it is. */
static const struct conf_user *
user_of(const struct monitor *m, const struct client *c)
{
	const struct config *conf = client_conf(c, m->conf);
	const struct conf_user *u;

	if (c->source != ACCOUNT_USER || c->account == NULL || conf == NULL)
		return NULL;
	u = conf_find_user(conf, client_account(c));
	return u != NULL && u->in_users_file ? u : NULL;
}

void
pswd_begin(
    struct monitor *m, struct client *c, const char *old, const char *new)
{
	struct login_request req = {
		.ask = ASK_NEW_PASSWORD, .password = old, .names = new
	};
	uint32_t hold;

	if (!m->conf->site_pswd || user_of(m, c) == NULL) {
		worker_tell_password(c, V_DENIED);
		return;
	}
	req.user = client_account(c);
	req.host = c->host != NULL ? c->host->key : "";
	guard_take(m->guard, &c->peer, req.user, old, &c->guess);
	hold = guard_hold(m->guard, &c->peer, &c->guess);
	if (auths_check(m->auths, c->sid, &c->peer, &req, hold) == -1)
		worker_tell_password(c, V_BUSY);
}

/* As crypt(5) has it. */
static bool
is_hash(const char *text)
{
	return text[0] == '$' &&
	       text[strspn(text,
		   "$./,=0123456789"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] ==
		   '\0';
}

struct change {
	const char *user;
	struct users_field field;
};

static char *
set_password(const char *text, void *arg)
{
	const struct change *ch = arg;

	return users_edit_set(text, "user", ch->user, &ch->field);
}

static void
say(const char *text)
{
	log_errorx("%s", text);
}

static enum verdict
write_hash(const struct conf_user *u, const char *hash)
{
	struct users_place where = {
		.path = u->file, .nowait = true, .say = say
	};
	char *quoted;
	struct change ch = { .user = u->name };
	int rc;

	xasprintf(&quoted, "\"%s\"", hash);
	ch.field = (struct users_field){ "password", quoted };
	rc = users_file_change(&where, set_password, &ch);
	free_secret(quoted, strlen(quoted));
	return rc == 0 ? V_OK : V_ERROR;
}

/* A wrong old password is a guess like any other. */
static void
wrong(struct monitor *m, struct client *c)
{
	bool ban;

	(void)guard_wrong(m->guard, &c->peer, &c->guess, &ban);
	if (ban && bans_add(m->bans, &c->peer, 0, "login-failures") > 0)
		bans_kick(m->bans, &c->peer, false);
}

void
pswd_checked(
    struct monitor *m, uint64_t sid, enum verdict verdict, const char *hash)
{
	struct client *c = sessions_find(&m->sessions, sid);
	const struct conf_user *u;
	char name[LOG_VIS_MAX];

	if (c == NULL || c->state != CLIENT_IN)
		return;
	u = user_of(m, c);
	if (verdict == V_OK && (u == NULL || !is_hash(hash)))
		verdict = V_ERROR;
	if (verdict == V_OK) {
		guard_right(m->guard, &c->peer, &c->guess);
		verdict = write_hash(u, hash);
		log_info("session=%llu user=\"%s\" password %s",
		    (unsigned long long)sid,
		    log_vis(name, sizeof(name), u->name, strlen(u->name)),
		    verdict == V_OK ? "changed" : "not changed");
	} else if (verdict == V_DENIED)
		wrong(m, c);
	worker_tell_password(c, verdict);
	if (verdict == V_OK)
		users_look_now(m);
}
