/* SPDX-License-Identifier: ISC */
/*
 * The worker processes: as many as configured, the least loaded is given the
 * next session, and one that dies is replaced; it takes its own sessions with
 * it and nothing more.
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"

static void
worker_gone(struct wproc *w)
{
	struct monitor *m = w->m;
	struct client *c;

	if (w->nclients > 0 && m->state != RUN_OVER)
		log_errorx("worker[%ld] has gone and with it %u sessions",
		    (long)w->pid, w->nclients);
	while ((c = LIST_FIRST(&w->clients)) != NULL)
		client_end(w, c);
	keys_end(w);
	survey_left(w);
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
	int bad;

	if (msg == NULL) {
		worker_gone(w);
		return;
	}
	bad = worker_answer(w, msg);
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
	w->generation = m->generation;
	w->source_port = m->conf->active_port_20;
	LIST_INIT(&w->clients);
	TAILQ_INSERT_TAIL(&m->workers, w, entry);
	w->chan = chan_new(m->base, fd, worker_cb, w);
	keys_start(w);
	dialogues_tell(w);
	worker_tell_names(w);
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
		if (w->generation == m->generation)
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

static bool
worker_takes_sessions(const struct wproc *w)
{
	return !w->draining && w->nclients < w->m->sessions_per_process;
}

struct wproc *
workers_choose(struct monitor *m)
{
	struct wproc *w, *best = NULL;

	TAILQ_FOREACH (w, &m->workers, entry)
		if (worker_takes_sessions(w) && !chan_is_behind(w->chan) &&
		    (best == NULL || w->nclients < best->nclients))
			best = w;
	return best;
}

bool
workers_are_behind(struct monitor *m)
{
	struct wproc *w;
	bool behind = false;

	TAILQ_FOREACH (w, &m->workers, entry) {
		if (!worker_takes_sessions(w))
			continue;
		if (!chan_is_behind(w->chan))
			return false;
		behind = true;
	}
	return behind;
}

void
workers_replace(struct monitor *m)
{
	struct wproc *w;

	m->generation++;
	workers_fill(m);
	TAILQ_FOREACH (w, &m->workers, entry)
		if (!w->draining && w->generation != m->generation) {
			w->draining = true;
			worker_order(w, MW_DRAIN);
		}
}

void
workers_tell_keys(struct monitor *m)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		worker_tell_keys(w, &m->tickets);
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
workers_log(struct monitor *m, enum log_sink sink)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry) {
		child_send_log(w->chan, MW_LOG, sink);
		keys_log(w, sink);
	}
}
