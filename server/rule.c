/* SPDX-License-Identifier: ISC */
/*
 * Finds the line of the configuration that decides.
 */
#include "server/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/conf_keys.h"
#include "server/conf_rules.h"
#include "server/conf_value.h"

/* The end of a long name says more than its beginning. */
static const char *
shorten(char *out, const char *file)
{
	size_t len = strlen(file);

	if (len < RULE_FILE_MAX)
		memcpy(out, file, len + 1);
	else
		(void)snprintf(out, RULE_FILE_MAX, "...%s",
		    file + len - (RULE_FILE_MAX - 4));
	return out;
}

const char *
rule_text(const char *file, int line, const char *what, char *out)
{
	char name[RULE_FILE_MAX];

	if (file == NULL || line == 0)
		(void)snprintf(out, RULE_MAX, "the default of %.100s", what);
	else
		(void)snprintf(out, RULE_MAX, "%s:%d: %.100s",
		    shorten(name, file), line, what);
	return out;
}

/* ------------------------------------------------------ the whole server */
static const struct conf_key *
find_key(const char *name)
{
	const char *dot = strchr(name, '.');
	const struct conf_key *k;
	char section[32];

	(void)snprintf(section, sizeof(section), "%.*s",
	    dot == NULL ? 0 : (int)(dot - name), name);
	k = conf_key_find(
	    conf_section_find(section), dot == NULL ? name : dot + 1);
	if (k == NULL)
		bug("there is no key %s", name);
	return k;
}

const struct conf_where *
rule_where(const struct config *conf, const char *key)
{
	static const struct conf_where nowhere;
	const struct conf_key *k = find_key(key);

	return conf->seen != NULL ? &conf->seen[k - conf_keys] : &nowhere;
}

const char *
rule_key(const struct config *conf, const char *key, char *out)
{
	const struct conf_where *w = rule_where(conf, key);

	return rule_text(w->file, w->line, key, out);
}

bool
rule_is_on(const struct config *conf, const char *key)
{
	const bool *value =
	    (const void *)((const char *)conf + find_key(key)->offset);

	return *value;
}

const char *
rule_listen(const struct conf_listen *l, const char *key, char *out)
{
	const struct conf_key *k = conf_key_find(SECTION_LISTEN, key);
	char what[64];

	(void)snprintf(what, sizeof(what), "listen.%s", key);
	return rule_text(l->file,
	    l->file == NULL ? 0 : l->lines[conf_key_row(k)], what, out);
}

/* -------------------------------------------------------------- accounts */
static int
line_of(const struct conf_rules *r, const char *key)
{
	return r->lines[conf_rules_index(conf_key_find(SECTION_GROUP, key))];
}

/* Of lines that are negative if they are in the second file. */
static const char *
signed_text(const char *first, const char *second, int line, const char *what,
    char *out)
{
	return rule_text(line < 0 ? second : first, abs(line), what, out);
}

const char *
rule_account(const struct conf_rules *r, const char *key, char *out)
{
	return signed_text(r->file, r->file2, line_of(r, key), key, out);
}

/* What settings of accounts have to do with a refused login. */
static const struct {
	const char *reason, *key;
} login_keys[] = {
	{ "tls-required", "tls" },
	{ "ip-denied", "networks" },
	{ "account-expired", "expires" },
	{ "outside-hours", "hours" },
	{ "home-missing", "root" },
};

static const char *
rule_user(const struct conf_user *u, const char *reason, char *out)
{
	if (strcmp(reason, "disabled") == 0)
		return rule_text(u->file, u->disabled_line, "disabled", out);
	if (strcmp(reason, "certificate-required") == 0)
		return rule_text(u->file, u->login_line, "login", out);
	return NULL;
}

static const struct conf_rules *
rules_of(const struct config *conf, const char *user)
{
	if (conf->anonymous && (ascii_casecmp(user, "anonymous") == 0 ||
				   ascii_casecmp(user, "ftp") == 0))
		return &conf->anonymous_rules;
	return conf->system_accounts ? &conf->system_rules : NULL;
}

const char *
rule_objection(const struct conf_rules *r, const char *reason, char *out)
{
	size_t i;

	for (i = 0; i < NELEM(login_keys); i++)
		if (strcmp(login_keys[i].reason, reason) == 0)
			return rule_account(r, login_keys[i].key, out);
	return NULL;
}

const char *
rule_login(
    const struct config *conf, const char *user, const char *reason, char *out)
{
	const struct conf_user *u = conf_find_user(conf, user);
	const struct conf_rules *r =
	    u != NULL ? &u->rules : rules_of(conf, user);
	const char *text = u != NULL ? rule_user(u, reason, out) : NULL;

	if (text == NULL && r != NULL)
		text = rule_objection(r, reason, out);
	if (text == NULL)
		text = rule_reason(conf, NULL, reason_find(reason), out);
	return text;
}

/* --------------------------------------------------------------- reasons */
static const struct {
	enum reason reason;
	const char *key; /* ".tls": of the listener */
} reason_keys[] = {
	{ REASON_MAX_SESSIONS, "limits.sessions" },
	{ REASON_MAX_PER_IP, "limits.sessions_per_ip" },
	{ REASON_CONNECTION_RATE, "limits.connections_per_minute" },
	{ REASON_LOGIN_QUEUE_FULL, "limits.auth_queue" },
	{ REASON_LOGIN_FAILURES, "limits.login_attempts" },
	{ REASON_EARLY_COMMANDS, "limits.commands_before_login" },
	{ REASON_MAX_PER_USER, "limits.sessions_per_user" },
	{ REASON_UID_TOO_LOW, "system.min_uid" },
	{ REASON_PROGRAM_FAILED, "auth_program" },
	{ REASON_BAD_PROGRAM_ANSWER, "auth_program" },
	{ REASON_IDLE_TIMEOUT, "timeouts.idle" },
	{ REASON_SESSION_TIMEOUT, "timeouts.session" },
	{ REASON_LOGIN_TIMEOUT, "timeouts.login" },
	{ REASON_OUTPUT_TIMEOUT, "timeouts.output" },
	{ REASON_TLS_TIMEOUT, "timeouts.handshake" },
	{ REASON_STALL_TIMEOUT, "timeouts.stall" },
	{ REASON_RETIRED, "reload_ends" },
	{ REASON_ACTIVE_OFF, "data.active" },
	{ REASON_FOREIGN_ADDRESS, "data.peer_check" },
	{ REASON_NO_PASSIVE_PORT, "data.passive_ports" },
	{ REASON_PROXY_REQUIRED, ".proxy_from" },
	{ REASON_PROXY_UNTRUSTED, ".proxy_from" },
	{ REASON_PROXY_HEADER, ".proxy" },
	{ REASON_PROXY_TIMEOUT, "timeouts.proxy" },
	{ REASON_TLS_REQUIRED, ".tls" },
	{ REASON_DATA_TLS_REQUIRED, ".tls_data" },
	{ REASON_TLS_NOT_RESUMED, ".session_reuse" },
	{ REASON_NO_CLOSE_NOTIFY, ".unclean_eof" },
};

const char *
rule_reason(const struct config *conf, const struct conf_listen *l,
    enum reason reason, char *out)
{
	const char *key;
	size_t i;

	for (i = 0; i < NELEM(reason_keys); i++)
		if (reason_keys[i].reason == reason)
			break;
	if (i == NELEM(reason_keys))
		return NULL;
	key = reason_keys[i].key;
	if (key[0] != '.')
		return rule_key(conf, key, out);
	return l != NULL ? rule_listen(l, key + 1, out) : NULL;
}

/* ----------------------------------------- lines that go with an account */
static const char *const line_keys[RULE_LINES] = {
	[RULE_RIGHTS] = "rights",
	[RULE_SESSIONS] = "sessions",
	[RULE_QUOTA] = "quota",
	[RULE_QUOTA_FILES] = "quota_files",
	[RULE_TLS_DATA] = "tls_data",
	[RULE_IDLE_TIMEOUT] = "idle_timeout",
};

int32_t
rule_place_line(const struct conf_rules *r, const struct conf_place *p)
{
	return p->of_group ? -p->line : p->line;
}

void
rule_lines_take(struct rule_lines *out, const struct conf_rules *r)
{
	int i;

	shorten(out->files[0], r->file != NULL ? r->file : "");
	shorten(out->files[1], r->file2 != NULL ? r->file2 : "");
	for (i = 0; i < RULE_LINES; i++)
		out->lines[i] = line_of(r, line_keys[i]);
}

const char *
rule_lines_text(const struct rule_lines *l, enum rule_line id, char *out)
{
	return signed_text(
	    l->files[0], l->files[1], l->lines[id], line_keys[id], out);
}

const char *
rule_host(const struct conf_host *h, char *out)
{
	char what[CONF_NAME_MAX + 8];

	snprintf(what, sizeof(what), "host \"%s\"", h->name);
	return rule_text(h->file, h->line, what, out);
}
