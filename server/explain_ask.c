/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: asks in the order in which a client meets them what would
 * refuse it: connection, listener, login, limits, command, rights, quota. The
 * first that does is the answer, with the line of the configuration.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "common/reason.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/explain_priv.h"
#include "server/rights.h"
#include "server/rule.h"

/* ----------------------------------------------------------- the answers */
/* Says who decides; NULL: no line does. */
static void
decided(const struct question *q, const char *rule)
{
	if (rule != NULL)
		fprintf(q->out, "  decided by %s\n", rule);
}

/* An answer: what would be refused with this reply, and why. Returns false. */
static bool __attribute__((format(printf, 5, 6)))
refuse(const struct question *q, int code, const char *reason, const char *rule,
    const char *what, ...)
{
	va_list ap;

	fputs("refused: ", q->out);
	va_start(ap, what);
	vfprintf(q->out, what, ap);
	va_end(ap);
	fprintf(q->out, ": %d, reason %s\n", code, reason);
	if (rule == NULL)
		fprintf(q->out, "  %s\n", reason_help(reason_find(reason)));
	decided(q, rule);
	return false;
}

/* ------------------------------------------------------------- connection */
static bool
refuse_connection(const struct question *q, enum reason reason, const char *key)
{
	char ip[ADDR_STRLEN], rule[RULE_MAX];

	return refuse(q, 421, reason_code(reason),
	    key != NULL ? rule_key(q->conf, key, rule) : NULL,
	    "a connection from %s",
	    addr_ip_str(&q->login.peer, ip, sizeof(ip)));
}

/* Who comes through a proxy that is none is refused before anything else. */
static bool
ask_proxy(struct question *q)
{
	enum reason reason = q->listen->proxy == CONF_PROXY_REQUIRED
				 ? REASON_PROXY_REQUIRED
				 : REASON_PROXY_UNTRUSTED;
	char ip[ADDR_STRLEN], rule[RULE_MAX];

	if (q->via.family == 0 || conf_listen_has_proxy(q->listen, &q->via))
		return true;
	return refuse(q, 421, reason_code(reason),
	    rule_reason(q->conf, q->listen, reason, rule),
	    "a connection through %s", addr_ip_str(&q->via, ip, sizeof(ip)));
}

static bool
ask_connection(struct question *q)
{
	const struct config *conf = q->conf;
	const struct live *l = &q->live;
	bool failures = strcmp(l->ban_reason, "login-failures") == 0;

	if (l->ban_left > 0 &&
	    !networks_contain(&conf->allow, &q->login.peer)) {
		refuse_connection(
		    q, REASON_BANNED, failures ? "limits.ban_after" : NULL);
		fprintf(q->out,
		    "  for %u s still, because of %s; ternctl "
		    "unban ends it\n",
		    (unsigned)l->ban_left, l->ban_reason);
		return false;
	}
	if (conf->max_sessions != 0 && l->sessions >= conf->max_sessions)
		return refuse_connection(
		    q, REASON_MAX_SESSIONS, "limits.sessions");
	if (conf->max_per_ip != 0 && l->from_address >= conf->max_per_ip)
		return refuse_connection(
		    q, REASON_MAX_PER_IP, "limits.sessions_per_ip");
	return true;
}

/* A host by its address refuses the connection, one by its name the login. */
static bool
ask_host(struct question *q)
{
	const struct conf_host *h = q->host;
	bool full, crowded;
	char rule[RULE_MAX];

	if (h == NULL)
		return true;
	full = h->max_sessions != 0 && q->live.of_host >= h->max_sessions;
	crowded = h->max_per_ip != 0 && q->live.of_host_from >= h->max_per_ip;
	if (!full && !crowded)
		return true;
	return refuse(q, q->called == NULL ? 421 : 530,
	    reason_code(REASON_MAX_PER_HOST), rule_host(h, rule),
	    "one more session of the host %s%s", h->name,
	    full ? "" : " from there");
}

static bool
ask_host_of_address(struct question *q)
{
	return q->called != NULL || ask_host(q);
}

/* --------------------------------------------------------------- listener */
static bool
ask_listener(struct question *q)
{
	const struct conf_listen *l = q->listen;
	char rule[RULE_MAX];

	if (q->login.tls && l->tls == CONF_TLS_OFF)
		return refuse(q, 502, "not-available",
		    rule_listen(l, "tls", rule), "AUTH TLS");
	if (!q->login.tls && l->implicit)
		return refuse(q, 421, "tls-failed",
		    rule_listen(l, "implicit", rule),
		    "a connection without TLS");
	if (!q->login.tls && l->tls == CONF_TLS_REQUIRED)
		return refuse(q, 530, "tls-required",
		    rule_listen(l, "tls", rule), "USER %s", q->login.user);
	return true;
}

/* ------------------------------------------------------------------ login */
static bool
ask_login(struct question *q)
{
	struct explain_login *e = &q->login;
	char rule[RULE_MAX];
	struct stat st;

	explain_login(q->conf, e);
	if (e->reason == NULL && !e->account.create_home &&
	    stat(e->account.root, &st) == -1)
		e->reason = "home-missing";
	if (e->reason == NULL)
		return true;
	refuse(q, 530, e->reason, rule_login(q->conf, e->user, e->reason, rule),
	    "USER %s", e->user);
	if (e->rules == NULL && q->conf->auth_program != NULL)
		fputs("  no block of this name; auth_program decides about "
		      "it\n",
		    q->out);
	if (e->rules == NULL && q->conf->system_accounts)
		fputs("  no block of this name; PAM decides about accounts of "
		      "this machine\n",
		    q->out);
	return false;
}

static bool
ask_sessions(struct question *q)
{
	char rule[RULE_MAX];
	uint32_t max = explain_sessions_limit(q, rule);

	if (max == 0 || q->live.of_user < max)
		return true;
	return refuse(q, 530, "max-per-user", rule, "USER %s", q->login.user);
}

/* ---------------------------------------------------------------- command */
/* What can be switched off, or has nothing to do with files. */
static const struct {
	const char *verb, *key; /* ".ccc": of the listener; NULL: always on */
	const char *reason;
	int code;
	bool has_path;
} commands[] = {
	{ "CCC", ".ccc", "not-available", 534, false },
	{ "EPRT", "data.active", "active-off", 502, false },
	{ "EPSV", NULL, NULL, 0, false },
	{ "PASV", NULL, NULL, 0, false },
	{ "PORT", "data.active", "active-off", 502, false },
	{ "SITE CHMOD", "files.site_chmod", "not-available", 500, true },
	{ "SITE IDLE", NULL, NULL, 0, false },
	{ "SITE PSWD", "files.site_pswd", "not-available", 500, false },
	{ "SITE QUOTA", NULL, NULL, 0, false },
	{ "SITE RMDIR", "files.site_rmdir", "not-available", 500, true },
	{ "SITE SYMLINK", "files.site_symlink", "not-available", 500, true },
	{ "SITE UMASK", NULL, NULL, 0, false },
};

static int
find_command(const char *verb)
{
	size_t i;

	for (i = 0; i < NELEM(commands); i++)
		if (ascii_casecmp(commands[i].verb, verb) == 0)
			return (int)i;
	return -1;
}

static bool
ask_command(struct question *q)
{
	int i = find_command(q->verb);
	const char *key = i == -1 ? NULL : commands[i].key;
	char text[RULE_MAX], *rule = NULL;
	bool on = true;

	if (i == -1)
		return true;
	if (key != NULL && key[0] == '.') {
		rule_listen(q->listen, key + 1, rule = text);
		on = q->listen->ccc;
	} else if (key != NULL) {
		rule_key(q->conf, key, rule = text);
		on = rule_is_on(q->conf, key);
	}
	if (!on)
		return refuse(q, commands[i].code, commands[i].reason, rule,
		    "%s", q->verb);
	if (commands[i].has_path)
		return true;
	fprintf(q->out, "allowed: %s\n", q->verb);
	decided(q, rule);
	q->over = true;
	return true;
}

bool
explain_is_transfer(const struct question *q)
{
	static const char *const transfers[] = { "APPE", "LIST", "MLSD", "NLST",
		"RETR", "STOR", "STOU" };
	size_t i;

	for (i = 0; i < NELEM(transfers); i++)
		if (ascii_casecmp(transfers[i], q->verb) == 0)
			return true;
	return false;
}

/* A data connection would be in clear text. */
static bool
ask_data(struct question *q)
{
	const struct account *a = &q->login.account;
	char text[RULE_MAX];
	const char *rule;

	if (q->prot_p || !explain_is_transfer(q) ||
	    !(q->listen->tls_data || a->tls_data))
		return true;
	rule = a->tls_data ? rule_lines_text(&a->rules, RULE_TLS_DATA, text)
			   : rule_listen(q->listen, "tls_data", text);
	return refuse(
	    q, 522, "data-tls-required", rule, "%s %s", q->verb, q->argument);
}

/* ------------------------------------------------------------------ files */
static void
tell_rights(const struct question *q)
{
	const struct explain_path *p = &q->at;
	char needed[256], has[256];

	fprintf(q->out, "  needs %s%s; has %s\n", p->any ? "one of " : "",
	    p->needed == 0 ? "nothing"
			   : rights_str(p->needed, needed, sizeof(needed)),
	    rights_str(p->has, has, sizeof(has)));
	if (p->held)
		fputs("  a mount or path block is at or below it\n", q->out);
	decided(q, p->rule);
}

static const char *
exists_word(const struct question *q)
{
	return q->at.exists ? "exists" : "does not exist";
}

static bool
ask_rights(struct question *q)
{
	if (q->at.allowed)
		return true;
	refuse(q, q->at.code, "no-right", NULL, "%s %s (%s)", q->verb,
	    q->argument, exists_word(q));
	tell_rights(q);
	return false;
}

static bool
ask_quota(struct question *q)
{
	const struct explain_path *p = &q->at;
	const struct account *a = &q->login.account;
	char rule[RULE_MAX];

	if (!p->stores || p->fits)
		return true;
	refuse(q, 552, "quota", rule_lines_text(&a->rules, p->quota, rule),
	    "%s %s (%s)", q->verb, q->argument, exists_word(q));
	fprintf(q->out, "  %" PRId64 " bytes in %" PRId64 " files are stored\n",
	    p->bytes, p->files);
	return false;
}

/* ---------------------------------------------------------- the question */
static bool (*const before_files[])(struct question *) = { ask_proxy,
	ask_connection, ask_host_of_address, ask_listener, ask_host, ask_login,
	ask_sessions, ask_command, ask_data };
static bool (*const about_files[])(
    struct question *) = { ask_rights, ask_quota };

static bool
ask_all(struct question *q, bool (*const *asks)(struct question *), size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!asks[i](q))
			return false;
	return true;
}

/* 0 allowed, 1 refused, -1 wrong usage. */
int
explain_ask(struct question *q)
{
	live_look(q->server, q->host, &q->login.peer, q->login.user, &q->live);
	if (!ask_all(q, before_files, NELEM(before_files)))
		return 1;
	if (q->over)
		return 0;
	if (vpath_join(q->path, q->login.account.start_dir, q->argument) != 0 ||
	    (q->at.from[0] != '\0' &&
		vpath_join(q->from, q->login.account.start_dir, q->at.from) !=
		    0))
		return -1;
	q->at.verb = q->verb;
	q->at.path = q->path;
	q->at.from = q->at.from[0] != '\0' ? q->from : "";
	if (explain_path(&q->login.account, &q->at) == -1)
		return -1;
	if (!ask_all(q, about_files, NELEM(about_files)))
		return 1;
	fprintf(q->out, "allowed: %s %s (%s)\n", q->verb, q->argument,
	    exists_word(q));
	tell_rights(q);
	explain_tell_limits(q);
	return 0;
}
