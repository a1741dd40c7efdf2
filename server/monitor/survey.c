/* SPDX-License-Identifier: ISC */
/*
 * Asks all workers for the status of their sessions, or for their counters,
 * when somebody wants to see them; otherwise nobody tells and keeps anything.
 * A worker that is slow to answer is left out.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/monitor/monitor.h"

#define ANSWER_MS 2000
#define KEEP_MS 10000 /* what was said of sessions, for the further pages */

static const uint16_t questions[SURVEY_COUNT] = {
	[SURVEY_STATUS] = MW_STATUS,
	[SURVEY_STATS] = MW_STATS,
};

/* ------------------------------------------------------------- the survey */
static void
survey_end(struct survey *s)
{
	s->serial = 0;
	s->took = (uint32_t)(clock_ms() - s->began);
	timer_cancel(&s->deadline);
	control_surveyed(s->m, s->kind);
}

static void
overdue_cb(void *arg)
{
	survey_end(arg);
}

/* Have all answered? */
static void
survey_step(struct survey *s)
{
	struct wproc *w;

	if (s->serial == 0)
		return;
	TAILQ_FOREACH (w, &s->m->workers, entry)
		if (w->surveyed[s->kind] != s->serial)
			return;
	survey_end(s);
}

void
survey_start(struct monitor *m, enum survey_kind kind)
{
	struct survey *s = &m->surveys[kind];
	static uint32_t last;
	uint8_t mem[16];
	struct wproc *w;
	struct wbuf b;

	if (s->serial != 0)
		return;
	if (++last == 0)
		last = 1;
	s->serial = last;
	s->began = clock_ms();
	timer_set(&s->deadline, ANSWER_MS);
	if (kind == SURVEY_STATUS)
		timer_set(&m->status_forget, KEEP_MS);
	ipc_begin(&b, mem, sizeof(mem), questions[kind]);
	put_u32(&b, s->serial);
	TAILQ_FOREACH (w, &m->workers, entry)
		worker_send(w, &b, -1);
	if (TAILQ_EMPTY(&m->workers))
		survey_end(s);
}

/* ----------------------------------------------------------- the answers */
static void
get_transfer(struct rbuf *b, struct client_status *st)
{
	uint8_t direction = get_u8(b);

	if (direction >= STATUS_DIRECTION_COUNT)
		b->err = 1;
	st->direction = b->err ? STATUS_NONE : (enum status_direction)direction;
	if (st->direction == STATUS_NONE)
		return;
	get_str(b, st->path, sizeof(st->path));
	st->moved = get_u64(b);
	st->total = get_u64(b);
	st->ms = get_u64(b);
}

static int
get_status(struct wproc *w, struct rbuf *b)
{
	struct client *c = sessions_find(&w->m->sessions, get_u64(b));
	struct client_status *st;

	if (c == NULL || c->worker != w)
		return -1;
	if (c->status == NULL)
		c->status = xmalloc(sizeof(*c->status));
	st = c->status;
	memset(st, 0, sizeof(*st));
	get_str(b, st->user, sizeof(st->user));
	get_str(b, st->tls, sizeof(st->tls));
	get_str(b, st->cwd, sizeof(st->cwd));
	get_str(b, st->verb, sizeof(st->verb));
	st->runs = get_u8(b) != 0;
	st->idle = get_u32(b);
	get_transfer(b, st);
	return b->err ? -1 : 0;
}

int
survey_status(struct wproc *w, struct rbuf *b)
{
	uint32_t serial = get_u32(b);
	bool last = get_u8(b) != 0;

	while (!b->err && b->p < b->end)
		if (get_status(w, b) == -1)
			return -1;
	if (b->err)
		return -1;
	if (last) {
		w->surveyed[SURVEY_STATUS] = serial;
		survey_step(&w->m->surveys[SURVEY_STATUS]);
	}
	return 0;
}

int
survey_stats(struct wproc *w, struct rbuf *b)
{
	uint32_t serial = get_u32(b);
	uint64_t counters[COUNT_MAX];
	int i;

	for (i = 0; i < COUNT_MAX; i++)
		counters[i] = get_u64(b);
	if (rbuf_end(b) == -1)
		return -1;
	memcpy(w->counters, counters, sizeof(counters));
	w->surveyed[SURVEY_STATS] = serial;
	survey_step(&w->m->surveys[SURVEY_STATS]);
	return 0;
}

/* --------------------------------------------------------------- counters */
void
survey_left(struct wproc *w)
{
	int i;

	for (i = 0; i < COUNT_NOW_FIRST; i++)
		w->m->past[i] += w->counters[i];
}

uint64_t
survey_counter(const struct monitor *m, enum counter which)
{
	uint64_t sum = m->past[which];
	const struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		sum += w->counters[which];
	return sum;
}

/* --------------------------------------------------------------- its life */
static void
forget_cb(void *arg)
{
	struct monitor *m = arg;
	struct client *c = NULL;

	while (
	    (c = sessions_next(&m->sessions, c == NULL ? 0 : c->sid)) != NULL) {
		free(c->status);
		c->status = NULL;
	}
}

void
surveys_init(struct monitor *m)
{
	int i;

	for (i = 0; i < SURVEY_COUNT; i++) {
		m->surveys[i].m = m;
		m->surveys[i].kind = (enum survey_kind)i;
		timer_init(&m->surveys[i].deadline, overdue_cb, &m->surveys[i]);
	}
	timer_init(&m->status_forget, forget_cb, m);
}

void
surveys_clear(struct monitor *m)
{
	int i;

	for (i = 0; i < SURVEY_COUNT; i++)
		timer_cancel(&m->surveys[i].deadline);
	timer_cancel(&m->status_forget);
}
