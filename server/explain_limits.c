/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: the limits and rates behind an answer that allows.
 */
#include <inttypes.h>

#include "common/mem.h"
#include "server/explain_priv.h"
#include "server/rule.h"

/* The account's own limit, or the one for all; guests have none of those. */
uint32_t
explain_sessions_limit(const struct question *q, char *rule)
{
	const struct account *a = &q->login.account;

	if (a->max_sessions != 0) {
		rule_lines_text(&a->rules, RULE_SESSIONS, rule);
		return a->max_sessions;
	}
	if (q->host != NULL && q->host->max_per_user != 0)
		rule_host(q->host, rule);
	else
		rule_key(q->conf, "limits.sessions_per_user", rule);
	return a->anonymous ? 0 : q->conf->max_per_user;
}

static void
tell_limit(const struct question *q, const char *what, unsigned now,
    uint32_t max, const char *rule)
{
	if (max == 0)
		return;
	if (q->live.asked)
		fprintf(q->out, "  %s: %u of at most %u (%s)\n", what, now,
		    (unsigned)max, rule);
	else
		fprintf(q->out, "  %s: at most %u (%s)\n", what, (unsigned)max,
		    rule);
}

static const struct {
	enum rate_scope scope;
	enum rate_way way;
	const char *key;
} rate_keys[] = {
	{ RATE_SESSION, RATE_DOWN, "rate_down" },
	{ RATE_SESSION, RATE_UP, "rate_up" },
	{ RATE_USER, RATE_DOWN, "user_rate_down" },
	{ RATE_USER, RATE_UP, "user_rate_up" },
	{ RATE_GROUP, RATE_DOWN, "group_rate_down" },
	{ RATE_GROUP, RATE_UP, "group_rate_up" },
};

static void
tell_rate(
    const struct question *q, uint64_t rate, const char *key, const char *rule)
{
	if (rate != 0)
		fprintf(q->out, "  %s: %" PRIu64 " bytes a second (%s)\n", key,
		    rate, rule);
}

static void
tell_rates(const struct question *q)
{
	const uint64_t *all = q->conf->rates;
	char rule[RULE_MAX];
	size_t i;

	for (i = 0; i < NELEM(rate_keys); i++)
		tell_rate(q,
		    q->login.account
			.rates[rate_keys[i].scope][rate_keys[i].way],
		    rate_keys[i].key,
		    rule_account(q->login.rules, rate_keys[i].key, rule));
	tell_rate(q, all[RATE_DOWN], "rate_down of all",
	    rule_key(q->conf, "limits.rate_down", rule));
	tell_rate(q, all[RATE_UP], "rate_up of all",
	    rule_key(q->conf, "limits.rate_up", rule));
}

static void
tell_host(const struct question *q)
{
	const struct conf_host *h = q->host;
	char rule[RULE_MAX];

	if (h == NULL)
		return;
	rule_host(h, rule);
	tell_limit(
	    q, "sessions of the host", q->live.of_host, h->max_sessions, rule);
	tell_limit(q, "its sessions from there", q->live.of_host_from,
	    h->max_per_ip, rule);
}

/* How many there were in the last minute only the server knows. */
static void
tell_arrivals(const struct question *q)
{
	const struct config *conf = q->conf;
	char rule[RULE_MAX];

	if (conf->connections_per_minute != 0 &&
	    !networks_contain(&conf->allow, &q->login.peer))
		fprintf(q->out, "  connections a minute from there: %u (%s)\n",
		    (unsigned)conf->connections_per_minute,
		    rule_key(conf, "limits.connections_per_minute", rule));
}

/* What could still refuse it at another moment. */
void
explain_tell_limits(const struct question *q)
{
	const struct config *conf = q->conf;
	const struct live *l = &q->live;
	const struct account *a = &q->login.account;
	char rule[RULE_MAX];
	uint32_t max;

	tell_limit(q, "sessions", l->sessions, conf->max_sessions,
	    rule_key(conf, "limits.sessions", rule));
	tell_limit(q, "sessions from there", l->from_address, conf->max_per_ip,
	    rule_key(conf, "limits.sessions_per_ip", rule));
	tell_arrivals(q);
	tell_host(q);
	max = explain_sessions_limit(q, rule);
	tell_limit(q, "sessions of the user", l->of_user, max, rule);
	if (q->at.stores && a->quota != 0)
		fprintf(q->out,
		    "  bytes stored: %" PRId64 " of %" PRIu64 " (%s)\n",
		    q->at.bytes, a->quota,
		    rule_lines_text(&a->rules, RULE_QUOTA, rule));
	if (q->at.stores && a->quota_files != 0)
		fprintf(q->out,
		    "  files stored: %" PRId64 " of %" PRIu64 " (%s)\n",
		    q->at.files, a->quota_files,
		    rule_lines_text(&a->rules, RULE_QUOTA_FILES, rule));
	if (explain_is_transfer(q))
		tell_rates(q);
}
