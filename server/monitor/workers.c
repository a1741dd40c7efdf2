/* SPDX-License-Identifier: ISC */
/*
 * The worker processes: as many as configured, given the sessions of the
 * least loaded, replaced when they die.
 *
 * What a worker says is looked up in a table that knows in which state of a
 * client it may be said. A worker that says anything else is killed; it takes
 * its own sessions with it and nothing more.
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"

#define MESSAGE_MAX 8192 /* of ours: a start directory and some words */
#define WHAT_MAX 256 /* kept of a WM_STATUS */

/* --------------------------------------------------------------- to them */
static void
worker_send(struct wproc *w, const struct wbuf *b, int fd)
{
	/* If it is dead, worker_cb() hears of that as well. */
	(void)chan_send(w->chan, b, fd);
}

static void
worker_order(struct wproc *w, uint16_t type)
{
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	worker_send(w, &b, -1);
}

void
worker_give(struct wproc *w, struct client *c, int fd)
{
	uint8_t mem[256];
	struct wbuf b;

	c->worker = w;
	LIST_INSERT_HEAD(&w->clients, c, of_worker);
	w->nclients++;
	ipc_begin(&b, mem, sizeof(mem), MW_SESSION);
	put_u64(&b, c->sid);
	addr_put(&b, &c->peer);
	addr_put(&b, &c->local);
	put_u16(&b, c->listener);
	worker_send(w, &b, fd);
}

void
worker_tell_login(struct client *c, enum verdict verdict, const char *reason,
    const struct account *account, int fd)
{
	uint8_t mem[MESSAGE_MAX];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_LOGIN);
	put_u64(&b, c->sid);
	put_u32(&b, c->attempt);
	put_u8(&b, verdict);
	put_str(&b, reason);
	if (verdict == V_OK) {
		put_str(&b, account->name);
		put_u8(&b, account->anonymous);
		put_str(&b, account->start_dir);
		put_u32(&b, account->rights);
		put_u32(&b, account->umask);
		put_u32(&b, account->idle_timeout);
	}
	worker_send(c->worker, &b, fd);
}

static void
worker_kick(struct client *c, const char *reason)
{
	uint8_t mem[256];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_KICK);
	put_u64(&b, c->sid);
	put_str(&b, reason);
	worker_send(c->worker, &b, -1);
}

void
workers_kick_all(struct monitor *m, const char *reason)
{
	struct client *c;
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			worker_kick(c, reason);
}

/* ------------------------------------------------------------- from them */
static void
client_end(struct wproc *w, struct client *c)
{
	LIST_REMOVE(c, of_worker);
	w->nclients--;
	login_drop(w->m, c);
	sessions_remove(&w->m->sessions, c);
	monitor_step(w->m);
}

/* The answers return -1 when the message was not what it should be. */
static int
answer_login(struct wproc *w, struct client *c, struct rbuf *b)
{
	char user[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	uint32_t attempt;
	uint8_t tls;
	int bad;

	attempt = get_u32(b);
	get_str(b, user, sizeof(user));
	get_str(b, password, sizeof(password));
	tls = get_u8(b);
	bad = rbuf_end(b);
	if (bad == 0)
		login_begin(w->m, c, attempt, user, password, tls != 0);
	explicit_bzero(password, sizeof(password));
	return bad;
}

/* Passwords do not stay in the memory that messages are received in. */
static void
forget(const struct rbuf *b)
{
	explicit_bzero((void *)(uintptr_t)b->p, (size_t)(b->end - b->p));
}

static int
answer_logout(struct wproc *w, struct client *c, struct rbuf *b)
{
	if (rbuf_end(b) == -1)
		return -1;
	login_drop(w->m, c);
	return 0;
}

static int
answer_end(struct wproc *w, struct client *c, struct rbuf *b)
{
	char reason[1024];

	get_str(b, reason, sizeof(reason));
	if (rbuf_end(b) == -1)
		return -1;
	client_end(w, c);
	return 0;
}

static int
answer_source_port(struct wproc *w, struct client *c, struct rbuf *b)
{
	uint8_t mem[64], implicit;
	struct addr local;
	struct wbuf reply;
	uint32_t serial;
	int fd = -1, err = 0;

	serial = get_u32(b);
	addr_get(b, &local);
	implicit = get_u8(b);
	/* Only for the address its client has reached us at. */
	if (rbuf_end(b) == -1 || !addr_ip_equal(&local, &c->local))
		return -1;
	if (!w->source_port)
		err = EACCES;
	else if ((fd = source_socket(&c->local, implicit != 0)) == -1)
		err = errno;
	ipc_begin(&reply, mem, sizeof(mem), MW_SOURCE_PORT);
	put_u64(&reply, c->sid);
	put_u32(&reply, serial);
	put_i64(&reply, err);
	worker_send(w, &reply, fd);
	fd_close(&fd);
	return 0;
}

static int
answer_status(struct wproc *w, struct client *c, struct rbuf *b)
{
	char what[VPATH_MAX + 64];
	uint64_t bytes;

	get_str(b, what, sizeof(what));
	bytes = get_u64(b);
	if (rbuf_end(b) == -1)
		return -1;
	what[WHAT_MAX - 1] = '\0';
	client_set_status(c, what, bytes);
	return 0;
}

static const struct {
	uint16_t type;
	unsigned states; /* of the client, in which it may be said */
	int (*answer)(struct wproc *, struct client *, struct rbuf *);
} answers[] = {
	{ WM_LOGIN, CLIENT_NEW, answer_login },
	{ WM_LOGOUT, CLIENT_ANY, answer_logout },
	{ WM_END, CLIENT_ANY, answer_end },
	{ WM_SOURCE_PORT, CLIENT_IN, answer_source_port },
	{ WM_STATUS, CLIENT_ANY, answer_status },
};

/* 0, or -1 if the worker must not say this. */
static int
worker_answer(struct wproc *w, struct ipc_msg *msg)
{
	struct rbuf *b = &msg->body;
	struct client *c;
	size_t i;

	c = sessions_find(&w->m->sessions, get_u64(b));
	if (c == NULL || c->worker != w || msg->fd != -1)
		return -1;
	for (i = 0; i < NELEM(answers); i++)
		if (answers[i].type == msg->type)
			return (answers[i].states & c->state) == 0
				   ? -1
				   : answers[i].answer(w, c, b);
	return -1;
}

static void
worker_gone(struct wproc *w)
{
	struct monitor *m = w->m;
	struct client *c;

	if (w->nclients > 0)
		log_errorx("worker[%ld] has gone and with it %u sessions",
		    (long)w->pid, w->nclients);
	while ((c = LIST_FIRST(&w->clients)) != NULL)
		client_end(w, c);
	TAILQ_REMOVE(&m->workers, w, entry);
	child_leave(m, w->pid);
	if (!w->draining && m->state == RUN_UP)
		respawn_after(&m->worker_respawn, w->born);
	chan_free(w->chan);
	free(w);
	monitor_step(m);
}

static void
worker_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct wproc *w = arg;
	struct rbuf all;
	int bad;

	if (msg == NULL) {
		worker_gone(w);
		return;
	}
	all = msg->body;
	bad = worker_answer(w, msg);
	if (msg->type == WM_LOGIN)
		forget(&all);
	if (bad == 0)
		return;
	log_errorx("worker[%ld] sent a message (type %u) that it must not: "
		   "killing it",
	    (long)w->pid, msg->type);
	child_kill(w->m, w->pid);
	worker_gone(w);
}

/* --------------------------------------------------------------- the pool */
static uint32_t
workers_wanted(const struct monitor *m)
{
	long cores;

	if (m->inetd)
		return 1;
	if (m->conf->workers != 0)
		return m->conf->workers;
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 1 ? 1 : (uint32_t)cores;
}

static int
worker_start(struct monitor *m)
{
	struct wproc *w;
	pid_t pid;
	int fd;

	pid = child_start(m, ROLE_WORKER, NULL, &fd);
	if (pid == -1)
		return -1;
	w = xcalloc(1, sizeof(*w));
	w->m = m;
	w->pid = pid;
	w->born = clock_ms();
	w->generation = m->conf->generation;
	w->source_port = m->conf->active_port_20;
	LIST_INIT(&w->clients);
	TAILQ_INSERT_TAIL(&m->workers, w, entry);
	w->chan = chan_new(m->base, fd, worker_cb, w);
	return 0;
}

void
workers_fill(struct monitor *m)
{
	uint32_t have = 0, wanted = workers_wanted(m);
	struct wproc *w;

	if (m->state != RUN_UP)
		return;
	TAILQ_FOREACH (w, &m->workers, entry)
		if (w->generation == m->conf->generation)
			have++;
	for (; have < wanted; have++)
		if (worker_start(m) == -1) {
			respawn_after(&m->worker_respawn, clock_ms());
			return;
		}
}

static void
workers_fill_cb(void *arg)
{
	workers_fill(arg);
}

void
workers_init(struct monitor *m)
{
	TAILQ_INIT(&m->workers);
	timer_init(&m->worker_respawn.timer, workers_fill_cb, m);
	m->worker_respawn.delay = 0;
}

void
workers_clear(struct monitor *m)
{
	struct wproc *w;

	while ((w = TAILQ_FIRST(&m->workers)) != NULL)
		worker_gone(w);
	timer_cancel(&m->worker_respawn.timer);
}

struct wproc *
workers_choose(struct monitor *m)
{
	struct wproc *w, *best = NULL;

	TAILQ_FOREACH (w, &m->workers, entry)
		if (!w->draining &&
		    (best == NULL || w->nclients < best->nclients))
			best = w;
	return best;
}

void
workers_drain_old(struct monitor *m)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		if (!w->draining && w->generation != m->conf->generation) {
			w->draining = true;
			worker_order(w, MW_DRAIN);
		}
}

void
workers_shutdown(struct monitor *m)
{
	struct wproc *w;

	timer_cancel(&m->worker_respawn.timer);
	TAILQ_FOREACH (w, &m->workers, entry) {
		w->draining = true;
		worker_order(w, MW_SHUTDOWN);
	}
}

void
workers_log(struct monitor *m, int fd)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		child_send_log(w->chan, MW_LOG, fd);
}
