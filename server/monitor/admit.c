/* SPDX-License-Identifier: ISC */
/*
 * The door: counts every new connection against the limits and gives it to a
 * worker, or says why not.
 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log_event.h"
#include "server/monitor/bans.h"
#include "server/monitor/monitor.h"

/* Why a client is refused, and what it is told. */
struct refusal {
	enum reason reason;
	const char *message;
	uint32_t number;
};

/* R15.2: said before TLS and before any hash. */
static bool
is_banned(struct monitor *m, const struct addr *peer, struct refusal *r)
{
	uint32_t left = bans_refuse(m->bans, peer);

	*r = (struct refusal){ REASON_BANNED, m->conf->banned_message,
		(left + 59) / 60 };
	return left > 0;
}

/* lftp looks for "Too many connections" (R16.2). */
static bool
is_full(struct monitor *m, const struct addr *peer, struct refusal *r)
{
	const struct config *conf = m->conf;

	if (conf->max_sessions != 0 &&
	    m->sessions.count >= conf->max_sessions) {
		*r = (struct refusal){ REASON_MAX_SESSIONS, conf->full_message,
			conf->max_sessions };
		return true;
	}
	if (!guard_connection(m->guard, peer)) {
		*r = (struct refusal){ REASON_CONNECTION_RATE,
			conf->address_message, conf->connections_per_minute };
		return true;
	}
	if (conf->max_per_ip != 0 &&
	    sessions_from(&m->sessions, peer) >= conf->max_per_ip) {
		*r = (struct refusal){ REASON_MAX_PER_IP, conf->address_message,
			conf->max_per_ip };
		clients_probe(m, sessions_tally_from(&m->sessions, peer));
		return true;
	}
	return false;
}

enum reason
host_limit_reached(struct monitor *m, const struct conf_host *h,
    const struct addr *peer, bool mine, char *text, size_t size)
{
	const struct tally *all, *from;

	if (h == NULL || (h->max_sessions == 0 && h->max_per_ip == 0))
		return REASON_NONE;
	all = sessions_tally_host(&m->sessions, h);
	from = sessions_tally_host_from(&m->sessions, h, peer);
	if (h->max_sessions != 0 &&
	    tally_count(all) >= h->max_sessions + mine) {
		snprintf(text, size,
		    "421 Too many connections (max %u), try later",
		    (unsigned)h->max_sessions);
		return REASON_MAX_PER_HOST;
	}
	if (h->max_per_ip == 0 || tally_count(from) < h->max_per_ip + mine)
		return REASON_NONE;
	snprintf(text, size,
	    "421 Too many connections from your address (max %u), try later",
	    (unsigned)h->max_per_ip);
	clients_probe(m, from);
	return REASON_MAX_PER_HOST;
}

static bool
is_host_full(struct monitor *m, const struct conf_host *host,
    const struct addr *peer, struct refusal *r, char *text, size_t size)
{
	r->reason = host_limit_reached(m, host, peer, false, text, size);
	r->message = text + sizeof("421 ") - 1;
	r->number = 0;
	return r->reason != REASON_NONE;
}

const char *
host_rule(const struct conf_host *h, char *out)
{
	char what[CONF_NAME_MAX + 8];

	snprintf(what, sizeof(what), "host \"%s\"", h->name);
	return rule_text(h->file, h->line, what, out);
}

static void
refuse(struct monitor *m, int fd, uint16_t listener, const struct addr *peer,
    const struct conf_host *host, const struct refusal *r)
{
	char rule[RULE_MAX];
	const struct log_event e = { .id = EVENT_REFUSE,
		.reason = r->reason,
		.rule = r->reason == REASON_MAX_PER_HOST
			    ? host_rule(host, rule)
			    : rule_reason(m->conf, NULL, r->reason, rule),
		.peer = peer,
		.host = host != NULL ? host->name : NULL,
		.reply = 421 };

	reasons_count(&m->reasons, "refused", reason_code(r->reason));
	if (r->reason != REASON_BANNED) /* bans_refuse() has told */
		log_event(&e);
	client_refuse(m, fd, listener, r->message, r->number);
}

bool
client_admit(struct monitor *m, int fd, uint16_t listener)
{
	const struct conf_host *host;
	struct addr peer, local;
	struct client *c;
	struct refusal r;
	char text[128];
	struct wproc *w;

	/* It may have gone again while it waited in the backlog. */
	if (sock_peer(fd, &peer) == -1 || sock_local(fd, &local) == -1) {
		close(fd);
		return false;
	}
	host = conf_host_at(m->conf, listener, &local, NULL);
	if (is_banned(m, &peer, &r) || is_full(m, &peer, &r) ||
	    is_host_full(m, host, &peer, &r, text, sizeof(text))) {
		refuse(m, fd, listener, &peer, host, &r);
		return false;
	}
	w = workers_choose(m);
	if (w == NULL) {
		r = (struct refusal){ REASON_NO_WORKER,
			TAILQ_EMPTY(&m->workers) ? m->conf->closed_message
						 : m->conf->full_message,
			m->sessions.count };
		refuse(m, fd, listener, &peer, host, &r);
		return false;
	}
	c = sessions_add(&m->sessions, &peer, &local, listener);
	sessions_set_host(&m->sessions, c, host);
	worker_give(w, c, fd);
	close(fd);
	return true;
}
