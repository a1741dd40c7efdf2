/* SPDX-License-Identifier: ISC */
/*
 * The worker's side of the channel to the monitor. What the monitor sends is
 * trusted: anything malformed is our own bug and ends the worker.
 */
#include "server/worker/cmd.h"
#include "server/worker/mon.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/certnames.h"
#include "server/message.h"
#include "server/proto.h"
#include "server/worker/cmd_login.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/keys.h"
#include "server/worker/session.h"
#include "server/worker/status.h"
#include "server/worker/xfer.h"
#include "tls/tls_keys.h"

#define PROBE_RECENT_MS 1000 /* nobody is asked who was heard of since */
#define PROBE_LOOK_MS 200

void
mon_tell(struct worker *w, const struct wbuf *b)
{
	/* If it is gone, the channel's callback ends the worker. */
	if (w->mon != NULL)
		(void)chan_send(w->mon, b, -1);
}

/* ---------------------------------------------------- from the monitor */

static void
check_end(const struct ipc_msg *m)
{
	if (rbuf_end(&m->body) == -1)
		bug("malformed message %u from the monitor", m->type);
}

static void
end_session(struct worker *w, uint64_t sid, const char *reason)
{
	struct wbuf b;

	ipc_begin(&b, w->msg, sizeof(w->msg), WM_END);
	put_u64(&b, sid);
	put_str(&b, reason);
	mon_tell(w, &b);
}

static void
on_session(struct worker *w, struct ipc_msg *m)
{
	uint64_t sid = get_u64(&m->body);
	struct addr peer, local;
	uint16_t listener;
	bool proxied;

	addr_get(&m->body, &peer);
	addr_get(&m->body, &local);
	listener = get_u16(&m->body);
	proxied = get_u8(&m->body) != 0;
	check_end(m);
	if (listener >= w->conf->nlistens)
		bug("a session of listener %u", listener);
	if (m->fd == -1 && !m->fd_lost)
		bug("a session without a connection");
	if (m->fd == -1) {
		log_warnx("no descriptor left for session %llu",
		    (unsigned long long)sid);
		end_session(w, sid, reason_code(REASON_NO_DESCRIPTOR));
		return;
	}
	(proxied ? session_new_proxied : session_new)(
	    w, sid, ipc_take_fd(m), &peer, &local, listener);
}

static void
on_admit(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	bool admitted = get_u8(&m->body) != 0;
	char reason[PROTO_REASON_MAX] = "", message[MESSAGE_SIZE] = "";
	uint32_t number = 0;

	if (!admitted) {
		(void)get_str(&m->body, reason, sizeof(reason));
		(void)get_str(&m->body, message, sizeof(message));
		number = get_u32(&m->body);
	}
	check_end(m);
	if (s == NULL || s->mode != CTRL_PROXY)
		return;
	session_enter(s);
	if (admitted)
		ctrl_proxy_admitted(s);
	else
		ctrl_proxy_refused(s, reason_find(reason), message, number);
	session_leave(s);
}

static void
get_slots(struct rbuf *r, unsigned slots[RATE_SHARED])
{
	int i;

	for (i = 0; i < RATE_SHARED; i++)
		slots[i] = get_u16(r);
}

static void
get_account(struct rbuf *r, struct login_answer *a)
{
	int i;

	(void)get_str(r, a->name, sizeof(a->name));
	a->anonymous = get_u8(r);
	(void)get_str(r, a->start_dir, sizeof(a->start_dir));
	a->rights = get_u32(r);
	a->umask = get_u32(r);
	a->idle_timeout = get_u32(r);
	a->tls_data = get_u8(r);
	a->rates[RATE_DOWN] = get_u64(r);
	a->rates[RATE_UP] = get_u64(r);
	a->has_quota = get_u8(r);
	get_slots(r, a->slots);
	for (i = 0; i < RULE_LINES; i++)
		(void)get_str(r, a->rules[i], sizeof(a->rules[i]));
}

static void
on_login(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	struct login_answer a;

	memset(&a, 0, sizeof(a));
	a.attempt = get_u32(&m->body);
	a.verdict = get_u8(&m->body);
	(void)get_str(&m->body, a.reason, sizeof(a.reason));
	a.delay = get_u32(&m->body);
	(void)get_str(&m->body, a.rule, sizeof(a.rule));
	if (a.verdict == V_OK)
		get_account(&m->body, &a);
	check_end(m);
	if (s == NULL) /* it has ended meanwhile */
		return;
	a.fd = ipc_take_fd(m);
	session_enter(s);
	login_answered(s, &a);
	session_leave(s);
}

static void
on_source_port(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	uint32_t serial = get_u32(&m->body);
	int err = (int)get_i64(&m->body);

	check_end(m);
	if (s == NULL)
		return;
	session_enter(s);
	data_source_port(s, serial, err, ipc_take_fd(m));
	session_leave(s);
}

/* Who is in the middle of something is found out about by that. */
static bool
is_alive(const struct session *s, uint64_t ms)
{
	return s->mode != CTRL_READY || sock_heard(s->ctl.fd, ms);
}

static void
on_probe(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));

	check_end(m);
	if (s == NULL)
		return;
	if (is_alive(s, PROBE_RECENT_MS)) {
		mon_alive(s);
		return;
	}
	s->probed = clock_ms();
	sock_probe(s->ctl.fd);
	if (!timer_is_set(&w->probes))
		timer_set(&w->probes, PROBE_LOOK_MS);
}

/* Of whom the kernel hears nothing it tells us. */
void
mon_probes_look(void *arg)
{
	struct worker *w = arg;
	struct session *s;
	bool any = false;

	TAILQ_FOREACH (s, &w->sessions, entry) {
		if (s->probed == 0)
			continue;
		if (is_alive(s, clock_ms() - s->probed)) {
			s->probed = 0;
			sock_control_options(s->ctl.fd);
			mon_alive(s);
		} else
			any = true;
	}
	if (any)
		timer_set(&w->probes, PROBE_LOOK_MS);
}

static void
on_rate(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	unsigned slots[RATE_SHARED];
	uint64_t rates[RATE_WAYS];

	rates[RATE_DOWN] = get_u64(&m->body);
	rates[RATE_UP] = get_u64(&m->body);
	get_slots(&m->body, slots);
	check_end(m);
	if (s == NULL || s->login != LOGIN_IN) /* the login brings its own */
		return;
	free(s->pace);
	s->pace = pace_new(rates, slots);
}

/* A running transfer is aborted, and both are said: 426 and 421. */
static void
on_kick(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	char reason[PROTO_REASON_MAX], text[PROTO_REASON_MAX + 32];

	(void)get_str(&m->body, reason, sizeof(reason));
	check_end(m);
	if (s == NULL)
		return;
	(void)snprintf(
	    text, sizeof(text), "%s, closing control connection.", reason);
	session_enter(s);
	(void)xfer_abort(s);
	session_bye(s, 421, text, REASON_KICKED);
	session_leave(s);
}

static void
on_retire(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	char reason[PROTO_REASON_MAX];

	(void)get_str(&m->body, reason, sizeof(reason));
	check_end(m);
	if (s == NULL)
		return;
	session_enter(s);
	session_retire(s, reason);
	session_leave(s);
}

static void
on_password(struct worker *w, struct ipc_msg *m)
{
	struct session *s = worker_find(w, get_u64(&m->body));
	unsigned verdict = get_u8(&m->body);

	check_end(m);
	if (s == NULL)
		return;
	session_enter(s);
	site_pswd_answered(s, verdict);
	session_leave(s);
}

static void
leave_if_empty(struct worker *w)
{
	if (TAILQ_EMPTY(&w->sessions))
		event_base_loopbreak(w->base);
}

static void
on_drain(struct worker *w, struct ipc_msg *m)
{
	check_end(m);
	w->draining = true;
	leave_if_empty(w);
}

/*
 * What is under way may finish, be it a transfer or a command that waits for
 * its answer; cmd_finish() sees the flag afterwards. A handshake is not worth
 * waiting for.
 */
static void
on_shutdown(struct worker *w, struct ipc_msg *m)
{
	struct session *s, *next;

	check_end(m);
	w->shutting_down = true;
	for (s = TAILQ_FIRST(&w->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (!session_has_nothing(s))
			continue;
		session_enter(s);
		session_retire_now(s);
		session_leave(s);
	}
	leave_if_empty(w);
}

/* The log file was reopened, which a worker cannot do itself. */
static void
on_log(struct worker *w, struct ipc_msg *m)
{
	uint8_t sink = get_u8(&m->body);

	check_end(m);
	if (sink >= LOG_SINKS)
		bug("log %u", sink);
	if (m->fd != -1)
		log_adopt(sink, ipc_take_fd(m));
	else if (!m->fd_lost)
		bug("a log file without its descriptor");
}

/* Tickets of clients are good in every worker, so all have the same keys. */
static void
on_ticket_keys(struct worker *w, struct ipc_msg *m)
{
	struct tls_keys keys;

	tls_keys_get(&m->body, &keys);
	check_end(m);
	tls_keys_set(&keys);
	explicit_bzero(&keys, sizeof(keys));
}

static void
on_names(struct worker *w, struct ipc_msg *m)
{
	unsigned i;

	for (i = 0; i < NAT_MAX; i++)
		addr_get(&m->body, &w->names[i]);
	check_end(m);
}

static const struct {
	enum proto_mw type;
	void (*handler)(struct worker *, struct ipc_msg *);
} handlers[] = {
	{ MW_SESSION, on_session },
	{ MW_ADMIT, on_admit },
	{ MW_LOGIN, on_login },
	{ MW_SOURCE_PORT, on_source_port },
	{ MW_KICK, on_kick },
	{ MW_DRAIN, on_drain },
	{ MW_SHUTDOWN, on_shutdown },
	{ MW_STATUS, status_ask },
	{ MW_LOG, on_log },
	{ MW_TICKET_KEYS, on_ticket_keys },
	{ MW_RETIRE, on_retire },
	{ MW_NAMES, on_names },
	{ MW_RATE, on_rate },
	{ MW_STATS, status_count },
	{ MW_WATCH, status_watch },
	{ MW_PROBE, on_probe },
	{ MW_PASSWORD, on_password },
	{ MW_KEYS, keys_take },
};

void
mon_dispatch(struct worker *w, struct ipc_msg *m)
{
	size_t i;

	if (m == NULL) {
		log_debug("the monitor is gone");
		event_base_loopbreak(w->base);
		return;
	}
	for (i = 0; i < NELEM(handlers); i++)
		if (handlers[i].type == m->type) {
			handlers[i].handler(w, m);
			return;
		}
	bug("unknown message %u from the monitor", m->type);
}

/* ------------------------------------------------------ to the monitor */

static void
begin(struct session *s, struct wbuf *w, enum proto_wm type)
{
	ipc_begin(w, s->w->msg, sizeof(s->w->msg), (uint16_t)type);
	put_u64(w, s->id);
}

void
mon_login(struct session *s, enum login_ask ask, const char *password)
{
	char names[CERTNAMES_MAX];
	struct wbuf w;

	certnames_make(&s->ctl, names);
	begin(s, &w, WM_LOGIN);
	put_u32(&w, ++s->login_attempts);
	put_u8(&w, (uint8_t)ask);
	put_str(&w, s->user);
	put_str(&w, password);
	put_u8(&w, session_is_secure(s));
	put_str(&w, names);
	mon_tell(s->w, &w);
	explicit_bzero(w.p, w.len);
}

void
mon_password(struct session *s, const char *old, const char *new)
{
	struct wbuf w;

	begin(s, &w, WM_PASSWORD);
	put_str(&w, old);
	put_str(&w, new);
	mon_tell(s->w, &w);
	explicit_bzero(w.p, w.len);
}

void
mon_logout(struct session *s)
{
	struct wbuf w;

	begin(s, &w, WM_LOGOUT);
	mon_tell(s->w, &w);
}

void
mon_alive(struct session *s)
{
	struct wbuf w;

	begin(s, &w, WM_ALIVE);
	mon_tell(s->w, &w);
}

void
mon_host(struct session *s)
{
	struct wbuf w;

	begin(s, &w, WM_HOST);
	put_str(&w, s->host != NULL ? s->host->name : "");
	mon_tell(s->w, &w);
}

void
mon_proxy(struct session *s, bool has_addresses)
{
	struct wbuf w;

	begin(s, &w, WM_PROXY);
	put_u8(&w, has_addresses);
	addr_put(&w, &s->peer);
	addr_put(&w, &s->local);
	put_str(&w, s->host != NULL ? s->host->name : "");
	mon_tell(s->w, &w);
}

void
mon_end(struct session *s, const char *reason)
{
	end_session(s->w, s->id, reason);
}

void
mon_source_port(struct session *s, uint32_t serial)
{
	struct wbuf w;

	begin(s, &w, WM_SOURCE_PORT);
	put_u32(&w, serial);
	addr_put(&w, &s->sock_local);
	put_u8(&w, session_listen(s)->implicit);
	mon_tell(s->w, &w);
}
