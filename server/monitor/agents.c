/* SPDX-License-Identifier: ISC */
/*
 * The file agents: one process per identity and configuration (more when one
 * has as many sessions as it has descriptors for), started at the first login
 * that needs it and let go some time after the last session.
 *
 * The monitor makes the channel of a session: one end goes to the agent with
 * the account, the other, once the agent has agreed, to the worker. Closing it
 * is all that a worker can do to end the access, and enough.
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"
#include "server/usage.h"

#define AGENT_IDLE_MS 30000
#define GRANT_MAX (sizeof(struct account) + 1024)

static int ask_agent(struct monitor *, const struct client *,
    const struct account *, bool again);

/* ----------------------------------------------------------------- grants */
static void
grant_free(struct aproc *a, struct grant *g)
{
	TAILQ_REMOVE(&a->pending, g, entry);
	fd_close(&g->fd);
	free(g);
}

static struct grant *
grant_find(struct aproc *a, uint64_t id)
{
	struct grant *g;

	TAILQ_FOREACH (g, &a->pending, entry)
		if (g->id == id)
			return g;
	return NULL;
}

/* ----------------------------------------------------------------- agents */
static void
agent_free(struct aproc *a)
{
	struct grant *g;

	TAILQ_REMOVE(&a->m->agents, a, entry);
	timer_cancel(&a->idle);
	child_leave(a->m, a->pid);
	while ((g = TAILQ_FIRST(&a->pending)) != NULL)
		grant_free(a, g);
	chan_free(a->chan);
	free(a);
}

static void
agent_idle_cb(void *arg)
{
	agent_free(arg);
}

static bool
agent_is_current(const struct aproc *a)
{
	return !a->stale && a->generation >= a->m->conf_since;
}

/* One session less; without any it goes, at once if it is outdated. */
static void
agent_release(struct aproc *a)
{
	if (--a->nsessions > 0)
		return;
	timer_set(&a->idle, agent_is_current(a) ? AGENT_IDLE_MS : 0);
}

/* Another agent is asked, once: this one may have been dead already when the
 * login came. If the account is what kills them, its user hears so. */
static void
grant_again(struct monitor *m, const struct grant *g)
{
	struct client *c = sessions_find(&m->sessions, g->sid);

	if (c == NULL || g->again || ask_agent(m, c, &g->account, true) == -1)
		login_granted(m, g->sid, 0, &g->account, -1, "agent-failed");
}

/* It died or was killed. The sessions it served notice by themselves, the
 * kernel has closed their channels. */
static void
agent_gone(struct aproc *a)
{
	struct monitor *m = a->m;
	struct grants waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct grant *g;

	if (a->nsessions > 0)
		log_errorx("agent[%ld] for uid %lu has gone, %u sessions have "
			   "no files now",
		    (long)a->pid, (unsigned long)a->ident.uid, a->nsessions);
	usage_distrust();
	TAILQ_CONCAT(&waiting, &a->pending, entry);
	agent_free(a);
	while ((g = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, g, entry);
		grant_again(m, g);
		fd_close(&g->fd);
		free(g);
	}
}

/* The answers return -1 when the message was not what it should be. */
static int
answer_granted(struct aproc *a, struct rbuf *b)
{
	char reason[PROTO_REASON_MAX];
	struct grant *g;
	int64_t err;

	g = grant_find(a, get_u64(b));
	err = get_i64(b);
	get_str(b, reason, sizeof(reason));
	if (rbuf_end(b) == -1 || g == NULL)
		return -1;
	if (err == ESTALE && !g->again) {
		a->stale = true;
		grant_again(a->m, g);
	} else {
		login_granted(a->m, g->sid, a->pid, &g->account, g->fd,
		    err == 0 ? NULL : reason);
	}
	grant_free(a, g);
	if (err != 0)
		agent_release(a);
	return 0;
}

static int
answer_closed(struct aproc *a, struct rbuf *b)
{
	(void)get_u64(b);
	if (rbuf_end(b) == -1 || a->nsessions == 0)
		return -1;
	agent_release(a);
	return 0;
}

static const struct {
	uint16_t type;
	int (*answer)(struct aproc *, struct rbuf *);
} answers[] = {
	{ GM_GRANTED, answer_granted },
	{ GM_CLOSED, answer_closed },
};

static int
agent_answer(struct aproc *a, struct ipc_msg *msg)
{
	size_t i;

	for (i = 0; i < NELEM(answers) && msg->fd == -1; i++)
		if (answers[i].type == msg->type)
			return answers[i].answer(a, &msg->body);
	return -1;
}

static void
agent_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct aproc *a = arg;
	int bad;

	if (msg == NULL) {
		agent_gone(a);
		return;
	}
	bad = agent_answer(a, msg);
	if (bad == 0)
		return;
	log_errorx("agent[%ld] sent a message (type %u) that it must not: "
		   "killing it",
	    (long)a->pid, msg->type);
	child_kill(a->m, a->pid);
	agent_gone(a);
}

static struct aproc *
agent_start(struct monitor *m, const struct ident *id)
{
	struct aproc *a;
	pid_t pid;
	int fd;

	pid = child_start(m, ROLE_AGENT, id, &fd);
	if (pid == -1)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->m = m;
	a->pid = pid;
	a->ident = *id;
	a->generation = m->generation;
	TAILQ_INIT(&a->pending);
	timer_init(&a->idle, agent_idle_cb, a);
	TAILQ_INSERT_TAIL(&m->agents, a, entry);
	a->chan = chan_new(m->base, fd, agent_cb, a);
	return a;
}

static struct aproc *
agent_find(struct monitor *m, const struct ident *id)
{
	struct aproc *a;

	TAILQ_FOREACH (a, &m->agents, entry)
		if (agent_is_current(a) && ident_equal(&a->ident, id) &&
		    a->nsessions < m->sessions_per_process)
			return a;
	return NULL;
}

static void
agent_grant(struct aproc *a, const struct client *c,
    const struct account *account, bool again, const int fds[2])
{
	uint8_t mem[GRANT_MAX];
	struct grant *g;
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MG_GRANT);
	put_u64(&b, c->sid);
	account_put(&b, account);
	addr_put(&b, &c->peer);
	(void)chan_send(a->chan, &b, fds[0]);

	g = xcalloc(1, sizeof(*g));
	g->sid = g->id = c->sid;
	g->fd = fds[1];
	g->again = again;
	g->account = *account;
	TAILQ_INSERT_TAIL(&a->pending, g, entry);
	a->nsessions++;
	timer_cancel(&a->idle);
}

static int
ask_agent(struct monitor *m, const struct client *c,
    const struct account *account, bool again)
{
	struct aproc *a;
	int fds[2];

	a = agent_find(m, &account->ident);
	if (a == NULL)
		a = agent_start(m, &account->ident);
	if (a == NULL)
		return -1;
	if (ipc_pair(fds) == -1) {
		log_error("cannot make a channel to the agent");
		if (a->nsessions == 0)
			timer_set(&a->idle, AGENT_IDLE_MS);
		return -1;
	}
	agent_grant(a, c, account, again, fds);
	close(fds[0]);
	return 0;
}

int
agents_grant(
    struct monitor *m, const struct client *c, const struct account *account)
{
	return ask_agent(m, c, account, false);
}

void
agents_cancel(struct monitor *m, uint64_t sid)
{
	struct aproc *a;
	struct grant *g;

	TAILQ_FOREACH (a, &m->agents, entry)
		TAILQ_FOREACH (g, &a->pending, entry)
			if (g->sid == sid) {
				g->sid = 0;
				fd_close(&g->fd);
			}
}

void
agents_retire(struct monitor *m)
{
	struct aproc *a;

	TAILQ_FOREACH (a, &m->agents, entry)
		if (a->nsessions == 0)
			timer_set(&a->idle, 0);
}

void
agents_clear(struct monitor *m)
{
	struct aproc *a;

	while ((a = TAILQ_FIRST(&m->agents)) != NULL)
		agent_free(a);
}

void
agents_log(struct monitor *m, enum log_sink sink)
{
	struct aproc *a;

	TAILQ_FOREACH (a, &m->agents, entry)
		child_send_log(a->chan, MG_LOG, sink);
}
