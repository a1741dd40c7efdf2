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

bool
host_is_full(struct monitor *m, const struct conf_host *h,
    const struct addr *peer, bool mine, struct refusal *r)
{
	const struct tally *from;

	if (h == NULL)
		return false;
	if (h->max_sessions != 0 &&
	    tally_count(sessions_tally_host(&m->sessions, h)) >=
		h->max_sessions + mine) {
		*r = (struct refusal){ REASON_MAX_PER_HOST,
			m->conf->full_message, h->max_sessions };
		return true;
	}
	if (h->max_per_ip == 0)
		return false;
	from = sessions_tally_host_from(&m->sessions, h, peer);
	if (tally_count(from) < h->max_per_ip + mine)
		return false;
	*r = (struct refusal){ REASON_MAX_PER_HOST, m->conf->address_message,
		h->max_per_ip };
	clients_probe(m, from);
	return true;
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
	struct wproc *w;

	/* It may have gone again while it waited in the backlog. */
	if (sock_peer(fd, &peer) == -1 || sock_local(fd, &local) == -1) {
		close(fd);
		return false;
	}
	host = conf_host_at(m->conf, listener, &local, NULL);
	if (is_banned(m, &peer, &r) || is_full(m, &peer, &r) ||
	    host_is_full(m, host, &peer, false, &r)) {
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
