/* SPDX-License-Identifier: ISC */
/*
 * A worker process: its start, its loop, its end.
 */
#include "server/worker/worker.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/privdrop.h"
#include "common/sandbox.h"
#include "common/sockutil.h"
#include "common/timer.h"
#include "server/roles.h"
#include "server/worker/data.h"
#include "server/worker/keys.h"
#include "server/worker/mon.h"
#include "server/worker/session.h"
#include "server/worker/status.h"
#include "server/worker/xfer.h"

static int
session_cmp(const struct session *a, const struct session *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE_INTERNAL(
    session_tree, session, by_id, session_cmp, static __attribute__((unused)))

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	mon_dispatch(arg, m);
}

static void
on_undertaker(evutil_socket_t fd, short what, void *arg)
{
	worker_bury(arg);
}

void
worker_init(struct worker *w, const struct config *conf,
    struct event_base *base, int monitor_fd)
{
	w->conf = conf;
	w->tls = NULL;
	w->base = base;
	TAILQ_INIT(&w->sessions);
	RB_INIT(&w->by_id);
	TAILQ_INIT(&w->graveyard);
	w->draining = w->shutting_down = false;
	w->dialogue = NULL;
	memset(w->counters, 0, sizeof(w->counters));
	memset(w->names, 0, sizeof(w->names));
	w->nat_warned = false;
	memset(&w->arrivals, 0, sizeof(w->arrivals));
	timer_init(&w->probes, mon_probes_look, w);
	w->undertaker = event_new(base, -1, 0, on_undertaker, w);
	if (w->undertaker == NULL)
		die("event_new");
	w->keys = -1;
	w->mon = chan_new(base, monitor_fd, on_message, w);
}

void
worker_clear(struct worker *w)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&w->sessions)) != NULL)
		session_end(s, REASON_SHUTDOWN, NULL);
	worker_bury(w);
	timer_cancel(&w->probes);
	data_linger_clear();
	xfer_pipes_clear();
	event_free(w->undertaker);
	dialogue_stop(w);
	status_leave(w);
	chan_free(w->mon);
	w->mon = NULL;
	fd_close(&w->keys);
}

void
worker_bury(struct worker *w)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&w->graveyard)) != NULL) {
		TAILQ_REMOVE(&w->graveyard, s, entry);
		session_free(s);
	}
	if ((w->draining || w->shutting_down) && TAILQ_EMPTY(&w->sessions))
		event_base_loopbreak(w->base);
}

void
worker_add(struct worker *w, struct session *s)
{
	if (RB_INSERT(session_tree, &w->by_id, s) != NULL)
		bug("session %llu exists already", (unsigned long long)s->id);
	TAILQ_INSERT_TAIL(&w->sessions, s, entry);
}

void
worker_remove(struct worker *w, struct session *s)
{
	RB_REMOVE(session_tree, &w->by_id, s);
	TAILQ_REMOVE(&w->sessions, s, entry);
	TAILQ_INSERT_TAIL(&w->graveyard, s, entry);
	event_active(w->undertaker, EV_TIMEOUT, 0);
}

struct session *
worker_find(struct worker *w, uint64_t sid)
{
	struct session *s = RB_ROOT(&w->by_id);

	while (s != NULL && s->id != sid)
		s = sid < s->id ? RB_LEFT(s, by_id) : RB_RIGHT(s, by_id);
	return s;
}

static void
raise_descriptor_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == -1)
		return;
	lim.rlim_cur = lim.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &lim) == -1)
		log_warn("cannot raise the limit of descriptors");
}

static struct event_base *
make_base(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base;

	if (cfg == NULL)
		die("event_config_new");
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (base == NULL)
		diex("event_base_new failed");
	return base;
}

void
worker_main(
    const struct config *conf, const struct tlsconf *tls, int monitor_fd)
{
	static struct worker w;
	struct event_base *base;
	bool confined = geteuid() == 0;
	struct ident id;

	log_set_role("worker");
	if (conf_service_ident(conf, &id) == -1)
		diex("no such user: %s", conf->service_user);
	tzset(); /* before the root is empty */
	raise_descriptor_limit();
	privdrop(&id, confined ? conf->empty_dir : NULL);
	base = make_base();
	timers_init(base);
	worker_init(&w, conf, base, monitor_fd);
	w.tls = tls;
	keys_use(&w);
	sandbox_enter(SANDBOX_WORKER, conf->sandbox, NULL, 0);
	event_base_dispatch(base);
	worker_clear(&w);
	timers_clear();
	event_base_free(base);
	/* A leak checker at exit would look for /proc in the empty root. */
	if (confined)
		_exit(0);
	exit(0);
}
