/* SPDX-License-Identifier: ISC */
/*
 * Timers of one process: a tree ordered by time on a single libevent timer.
 */
#include "common/timer.h"

#include <event2/event.h>
#include <time.h>

#include "common/log.h"

RB_HEAD(timer_tree, timer);

static struct timer_tree timers = RB_INITIALIZER(&timers);
static struct event *wakeup; /* NULL: the caller runs timers_run() itself */
static uint64_t wakeup_at; /* when it is set to fire; 0 = not set */
static uint64_t (*clock_now)(void);

static int
timer_cmp(const struct timer *a, const struct timer *b)
{
	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	if (a == b)
		return 0;
	return (uintptr_t)a < (uintptr_t)b ? -1 : 1;
}

RB_PROTOTYPE_INTERNAL(
    timer_tree, timer, entry, timer_cmp, static __attribute__((unused)));
RB_GENERATE_INTERNAL(
    timer_tree, timer, entry, timer_cmp, static __attribute__((unused)))

uint64_t
clock_ms(void)
{
	struct timespec ts;

	if (clock_now != NULL)
		return clock_now();
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
clock_set(uint64_t (*now)(void))
{
	clock_now = now;
}

/* Sets the one libevent timer to the earliest due time. */
static void
arm(void)
{
	struct timer *t = RB_MIN(timer_tree, &timers);
	struct timeval tv;
	int64_t ms;

	if (wakeup == NULL || t == NULL || t->due == wakeup_at)
		return;
	ms = timers_next();
	tv.tv_sec = ms / 1000;
	tv.tv_usec = (ms % 1000) * 1000;
	if (evtimer_add(wakeup, &tv) == -1)
		die("evtimer_add");
	wakeup_at = t->due;
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	wakeup_at = 0;
	timers_run();
}

void
timers_init(struct event_base *base)
{
	timers_clear();
	if (base == NULL)
		return;
	wakeup = evtimer_new(base, on_wakeup, NULL);
	if (wakeup == NULL)
		die("evtimer_new");
}

void
timers_clear(void)
{
	struct timer *t;

	while ((t = RB_MIN(timer_tree, &timers)) != NULL)
		timer_cancel(t);
	if (wakeup != NULL)
		event_free(wakeup);
	wakeup = NULL;
	wakeup_at = 0;
}

void
timers_run(void)
{
	uint64_t now = clock_ms();
	struct timer *t;

	/* One set by a callback is due later than now, so this ends. */
	while ((t = RB_MIN(timer_tree, &timers)) != NULL && t->due <= now) {
		timer_cancel(t);
		t->cb(t->arg);
	}
	arm();
}

int64_t
timers_next(void)
{
	struct timer *t = RB_MIN(timer_tree, &timers);
	uint64_t now;

	if (t == NULL)
		return -1;
	now = clock_ms();
	return t->due <= now ? 0 : (int64_t)(t->due - now);
}

void
timer_init(struct timer *t, timer_cb *cb, void *arg)
{
	t->due = 0;
	t->cb = cb;
	t->arg = arg;
}

void
timer_set(struct timer *t, uint64_t ms)
{
	timer_cancel(t);
	t->due = clock_ms() + (ms > 0 ? ms : 1);
	RB_INSERT(timer_tree, &timers, t);
	/* An earlier wake-up than needed is harmless; a later one is not. */
	if (wakeup_at == 0 || t->due < wakeup_at)
		arm();
}

void
timer_cancel(struct timer *t)
{
	if (t->due == 0)
		return;
	RB_REMOVE(timer_tree, &timers, t);
	t->due = 0;
}

bool
timer_is_set(const struct timer *t)
{
	return t->due != 0;
}
