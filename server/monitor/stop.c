/* SPDX-License-Identifier: ISC */
/*
 * The end: transfers may finish, then sessions get a 421, then processes are
 * killed; and whoever asks twice does not wait (R18.1).
 */
#include "config.h"

#include <event2/event.h>
#include <signal.h>
#include <time.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

#define KICK_MS 3000 /* for workers to say 421 and close in order */
#define CLOSE_MS 6000 /* for agents and auth processes to exit */
#define REAP_TRIES 100
#define REAP_STEP_MS 10

static void
stop_set(struct monitor *m, enum run_state state)
{
	static const char *const names[] = {
		[RUN_UP] = "up",
		[RUN_LEAVING] = "leaving",
		[RUN_DRAINING] = "draining",
		[RUN_KICKING] = "kicking",
		[RUN_CLOSING] = "closing",
		[RUN_OVER] = "over",
	};

	log_debug("monitor: %s -> %s", names[m->state], names[state]);
	m->state = state;
}

static void
stop_over(struct monitor *m)
{
	timer_cancel(&m->stop_timer);
	stop_set(m, RUN_OVER);
	event_base_loopbreak(m->base);
}

static void
stop_now(struct monitor *m)
{
	children_kill(m);
	stop_over(m);
}

void
monitor_leave(struct monitor *m)
{
	struct wproc *w;

	if (m->state != RUN_UP)
		return;
	stop_set(m, RUN_LEAVING);
	log_info("draining: %u sessions until they end by themselves",
	    m->sessions.count);
	listeners_close(m);
	timer_cancel(&m->worker_respawn.timer);
	TAILQ_FOREACH (w, &m->workers, entry) {
		w->draining = true;
		worker_order(w, MW_DRAIN);
	}
	monitor_step(m);
}

static void
stop_drain(struct monitor *m)
{
	stop_set(m, RUN_DRAINING);
	if (!m->inetd)
		log_info("stopping: %u sessions, at most %u s to finish "
			 "transfers",
		    m->sessions.count, (unsigned)m->conf->drain_timeout);
	notify_stopping();
	listeners_close(m);
	workers_shutdown(m);
	timer_set(&m->stop_timer, (uint64_t)m->conf->drain_timeout * 1000);
	monitor_step(m);
}

static void
stop_close(struct monitor *m)
{
	stop_set(m, RUN_CLOSING);
	auths_clear(m->auths);
	names_clear(m);
	agents_clear(m);
	timer_set(&m->stop_timer, CLOSE_MS);
}

/* The time that the present state may take is over. */
static void
stop_overdue_cb(void *arg)
{
	struct monitor *m = arg;

	if (m->state != RUN_DRAINING) {
		stop_now(m);
		return;
	}
	log_warnx(
	    "drain_timeout is over: ending %u sessions", m->sessions.count);
	stop_set(m, RUN_KICKING);
	workers_kick_all(m, "Service going down");
	timer_set(&m->stop_timer, KICK_MS);
}

static void
stop_step_cb(void *arg)
{
	struct monitor *m = arg;

	if (m->state == RUN_UP && m->inetd && m->sessions.count == 0)
		stop_drain(m);
	if (m->state != RUN_UP && m->state < RUN_CLOSING &&
	    TAILQ_EMPTY(&m->workers))
		stop_close(m);
	if (m->state == RUN_CLOSING && LIST_EMPTY(&m->children))
		stop_over(m);
}

void
stop_init(struct monitor *m)
{
	m->state = RUN_UP;
	timer_init(&m->stop_timer, stop_overdue_cb, m);
	timer_init(&m->step_timer, stop_step_cb, m);
}

/* Later, so that no caller finds its objects gone. */
void
monitor_step(struct monitor *m)
{
	if (m->state != RUN_OVER && !timer_is_set(&m->step_timer))
		timer_set(&m->step_timer, 0);
}

void
monitor_stop(struct monitor *m)
{
	if (m->state == RUN_UP || m->state == RUN_LEAVING)
		stop_drain(m);
	else if (m->state != RUN_OVER) {
		log_info("stopping now");
		stop_now(m);
	}
}

void
stop_finish(struct monitor *m)
{
	const struct timespec step = { .tv_nsec = REAP_STEP_MS * 1000000 };
	int i;

	for (i = 0; i < REAP_TRIES && !LIST_EMPTY(&m->children); i++) {
		children_reap(m);
		if (!LIST_EMPTY(&m->children))
			(void)nanosleep(&step, NULL);
	}
}
