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

static void
refuse(struct monitor *m, int fd, uint16_t listener, const struct addr *peer,
    enum reason reason, const char *text)
{
	char rule[RULE_MAX];
	const struct log_event e = { .id = EVENT_REFUSE,
		.reason = reason,
		.rule = rule_reason(m->conf, NULL, reason, rule),
		.peer = peer,
		.reply = 421 };

	reasons_count(&m->reasons, "refused", reason_code(reason));
	log_event(&e);
	client_refuse(m, fd, listener, text);
}

bool
client_admit(struct monitor *m, int fd, uint16_t listener)
{
	struct addr peer, local;
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
	reason = limit_reached(m, &peer, text, sizeof(text));
	if (reason != REASON_NONE) {
		refuse(m, fd, listener, &peer, reason, text);
		return false;
	}
	w = workers_choose(m);
	if (w == NULL) {
		refuse(m, fd, listener, &peer, REASON_NO_WORKER,
		    TAILQ_EMPTY(&m->workers)
			? "421 Service not available, try later"
			: "421 Too many connections, try later");
		return false;
	}
	worker_give(w, sessions_add(&m->sessions, &peer, &local, listener), fd);
	close(fd);
	return true;
}
