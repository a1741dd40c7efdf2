/* SPDX-License-Identifier: ISC */
/*
 * The door: counts every new connection against the limits and gives it to a
 * worker, or says why not. What comes from a proxy goes to a worker first,
 * which reads whose connection it is, and is counted then.
 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log_event.h"
#include "server/message.h"
#include "server/monitor/bans.h"
#include "server/monitor/monitor.h"

/* Lines of the log: so many at once, then one in so many ms. */
#define REFUSED_LINES 200
#define REFUSED_MS 100

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
server_is_full(struct monitor *m, struct refusal *r)
{
	const struct config *conf = m->conf;

	*r = (struct refusal){ REASON_MAX_SESSIONS, conf->full_message,
		conf->max_sessions };
	if (conf->max_sessions == 0 || m->sessions.count < conf->max_sessions)
		return false;
	clients_probe_all(m);
	return true;
}

static bool
address_is_full(struct monitor *m, const struct addr *peer, struct refusal *r)
{
	const struct config *conf = m->conf;

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
		clients_probe(m, sessions_tally_host(&m->sessions, h));
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

/* Whether one of the client's limits is used up. */
static bool
client_is_refused(struct monitor *m, const struct conf_host *host,
    const struct addr *peer, struct refusal *r)
{
	return address_is_full(m, peer, r) ||
	       host_is_full(m, host, peer, false, r);
}

/* A reload, or the service manager, may have left one without its block. */
static const struct conf_listen *
listen_of(const struct config *conf, uint16_t listener)
{
	static const struct conf_listen none;

	return listener < conf->nlistens ? &conf->listens[listener] : &none;
}

static void
tell_refusal(struct monitor *m, const struct conf_listen *listen,
    const struct addr *peer, const struct conf_host *host,
    const struct refusal *r)
{
	char rule[RULE_MAX];
	struct log_event e = { .id = EVENT_REFUSE,
		.reason = r->reason,
		.rule = r->reason == REASON_MAX_PER_HOST
			    ? rule_host(host, rule)
			    : rule_reason(m->conf, listen, r->reason, rule),
		.peer = peer,
		.host = host != NULL ? host->name : NULL,
		.reply = 421 };

	reasons_count(&m->reasons, "refused", reason_code(r->reason));
	/* Of the banned, bans_refuse() has told. */
	if (r->reason != REASON_BANNED &&
	    log_bound_pass(&m->refused_lines, REFUSED_LINES, REFUSED_MS,
		clock_ms(), &e.count))
		log_event(&e);
}

/* Only proxies where only they may connect. */
static bool
is_no_proxy(const struct monitor *m, const struct conf_listen *listen,
    bool proxied, struct refusal *r)
{
	*r = (struct refusal){ REASON_PROXY_REQUIRED, m->conf->closed_message,
		0 };
	return !proxied && listen->proxy == CONF_PROXY_REQUIRED;
}

static bool
no_worker(struct monitor *m, struct wproc **w_r, struct refusal *r)
{
	*w_r = workers_choose(m);
	*r = (struct refusal){ REASON_NO_WORKER,
		TAILQ_EMPTY(&m->workers) ? m->conf->closed_message
					 : m->conf->full_message,
		m->sessions.count };
	return *w_r == NULL;
}

bool
client_admit(struct monitor *m, int fd, uint16_t listener)
{
	const struct conf_listen *listen = listen_of(m->conf, listener);
	const struct conf_host *host;
	struct addr peer, local;
	struct client *c;
	struct refusal r;
	struct wproc *w;
	bool proxied;

	/* It may have gone again while it waited in the backlog. */
	if (sock_peer(fd, &peer) == -1 || sock_local(fd, &local) == -1) {
		close(fd);
		return false;
	}
	host = conf_host_at(m->conf, listener, &local, NULL);
	proxied = conf_listen_has_proxy(listen, &peer);
	if ((!proxied && is_banned(m, &peer, &r)) ||
	    is_no_proxy(m, listen, proxied, &r) || server_is_full(m, &r) ||
	    (!proxied && client_is_refused(m, host, &peer, &r)) ||
	    no_worker(m, &w, &r)) {
		tell_refusal(m, listen, &peer, host, &r);
		client_refuse(m, fd, listener, r.message, r.number);
		return false;
	}
	if (proxied)
		c = sessions_add_proxied(&m->sessions, &peer, &local, listener);
	else {
		c = sessions_add(&m->sessions, &peer, &local, listener);
		sessions_set_host(&m->sessions, c, host);
	}
	worker_give(w, c, fd);
	close(fd);
	return true;
}

/* ---------------------------------------------------------------- proxies */
/* r NULL: it is admitted */
static void
tell_worker(const struct client *c, const struct refusal *r)
{
	uint8_t mem[MESSAGE_SIZE + 256];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_ADMIT);
	put_u64(&b, c->sid);
	put_u8(&b, r == NULL);
	if (r != NULL) {
		put_str(&b, reason_code(r->reason));
		put_str(&b, r->message);
		put_u32(&b, r->number);
	}
	worker_send(c->worker, &b, -1);
}

static void
introduced(struct monitor *m, struct client *c, const struct conf_host *host)
{
	const struct conf_listen *listen = listen_of(m->conf, c->listener);
	struct refusal r;

	if (is_banned(m, &c->peer, &r) ||
	    client_is_refused(m, host, &c->peer, &r)) {
		tell_refusal(m, listen, &c->peer, host, &r);
		client_set_state(c, CLIENT_REFUSED);
		tell_worker(c, &r);
		return;
	}
	sessions_count_from(&m->sessions, c);
	sessions_set_host(&m->sessions, c, host);
	client_set_state(c, CLIENT_NEW);
	tell_worker(c, NULL);
}

/*
 * That this connection may have a header was decided when it was accepted
 * (CLIENT_PROXY). What the header says can only be believed; the host is only
 * chosen, as any client can (WM_HOST).
 */
int
client_introduce(struct wproc *w, struct client *c, struct rbuf *b)
{
	uint8_t has_addresses = get_u8(b);
	struct addr peer, local;
	char host[CONF_NAME_MAX];

	addr_get(b, &peer);
	addr_get(b, &local);
	get_str(b, host, sizeof(host));
	if (rbuf_end(b) == -1 || has_addresses > 1)
		return -1;
	if (has_addresses == 1) {
		if (peer.family == 0 || peer.family != local.family)
			return -1;
		c->peer = peer;
		c->local = local;
	}
	introduced(
	    w->m, c, host[0] != '\0' ? conf_find_host(w->m->conf, host) : NULL);
	return 0;
}
