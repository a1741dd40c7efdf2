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
is_banned(struct monitor *m, const struct addr *peer, char *text, size_t size)
{
	uint32_t left = bans_refuse(m->bans, peer);

	if (left == 0)
		return false;
	snprintf(text, size,
	    "421 Your address is banned, try again in %u minutes",
	    (unsigned)((left + 59) / 60));
	return true;
}

/* The reason to refuse this peer, and in text; REASON_NONE if there is none.
 * lftp looks for "Too many connections" (R16.2). */
static enum reason
limit_reached(
    struct monitor *m, const struct addr *peer, char *text, size_t size)
{
	const struct config *conf = m->conf;

	if (conf->max_sessions != 0 &&
	    m->sessions.count >= conf->max_sessions) {
		snprintf(text, size,
		    "421 Too many connections (max %u), try later",
		    (unsigned)conf->max_sessions);
		return REASON_MAX_SESSIONS;
	}
	if (!guard_connection(m->guard, peer)) {
		snprintf(text, size,
		    "421 Too many connections from your address (max %u a "
		    "minute), try later",
		    (unsigned)conf->connections_per_minute);
		return REASON_CONNECTION_RATE;
	}
	if (conf->max_per_ip != 0 &&
	    sessions_from(&m->sessions, peer) >= conf->max_per_ip) {
		snprintf(text, size,
		    "421 Too many connections from your address (max %u), "
		    "try later",
		    (unsigned)conf->max_per_ip);
		clients_probe(m, sessions_tally_from(&m->sessions, peer));
		return REASON_MAX_PER_IP;
	}
	return REASON_NONE;
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

const char *
host_rule(const struct conf_host *h, char *out)
{
	char what[CONF_NAME_MAX + 8];

	snprintf(what, sizeof(what), "host \"%s\"", h->name);
	return rule_text(h->file, h->line, what, out);
}

static void
refuse(struct monitor *m, int fd, uint16_t listener, const struct addr *peer,
    const struct conf_host *host, enum reason reason, const char *text)
{
	char rule[RULE_MAX];
	const struct log_event e = { .id = EVENT_REFUSE,
		.reason = reason,
		.rule = reason == REASON_MAX_PER_HOST
			    ? host_rule(host, rule)
			    : rule_reason(m->conf, NULL, reason, rule),
		.peer = peer,
		.host = host != NULL ? host->name : NULL,
		.reply = 421 };

	reasons_count(&m->reasons, "refused", reason_code(reason));
	log_event(&e);
	client_refuse(m, fd, listener, text);
}

bool
client_admit(struct monitor *m, int fd, uint16_t listener)
{
	const struct conf_host *host;
	struct addr peer, local;
	struct client *c;
	enum reason reason;
	struct wproc *w;
	char text[128];

	/* It may have gone again while it waited in the backlog. */
	if (sock_peer(fd, &peer) == -1 || sock_local(fd, &local) == -1) {
		close(fd);
		return false;
	}
	if (is_banned(m, &peer, text, sizeof(text))) {
		reasons_count(&m->reasons, "refused", "banned");
		client_refuse(m, fd, listener, text);
		return false;
	}
	host = conf_host_at(m->conf, listener, &local, NULL);
	reason = limit_reached(m, &peer, text, sizeof(text));
	if (reason == REASON_NONE)
		reason = host_limit_reached(
		    m, host, &peer, false, text, sizeof(text));
	if (reason != REASON_NONE) {
		refuse(m, fd, listener, &peer, host, reason, text);
		return false;
	}
	w = workers_choose(m);
	if (w == NULL) {
		refuse(m, fd, listener, &peer, host, REASON_NO_WORKER,
		    TAILQ_EMPTY(&m->workers)
			? "421 Service not available, try later"
			: "421 Too many connections, try later");
		return false;
	}
	c = sessions_add(&m->sessions, &peer, &local, listener);
	sessions_set_host(&m->sessions, c, host);
	worker_give(w, c, fd);
	close(fd);
	return true;
}
