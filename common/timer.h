/* SPDX-License-Identifier: ISC */
/*
 * Timers of one process: any number of them on a single libevent timer, on a
 * monotonic clock that tests can replace.
 *
 * A struct timer is embedded in its owner. Setting and cancelling cost a tree
 * operation and no system call. Idle timers are best left running and checked
 * when they fire against a remembered "last active" time.
 */
#ifndef COMMON_TIMER_H
#define COMMON_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

struct event_base;
struct timer;

typedef void timer_cb(void *arg);

struct timer {
	RB_ENTRY(timer) entry;
	uint64_t due; /* clock_ms() at which it fires; 0 = not set */
	timer_cb *cb;
	void *arg;
};

/* Milliseconds since some start; CLOCK_MONOTONIC unless a test said else. */
uint64_t clock_ms(void);
/* Replaces the clock for tests (NULL restores it). */
void clock_set(uint64_t (*now)(void));

/* Once per process, before the first timer_set(). NULL base: no wake-ups, the
 * caller runs timers_run() itself (tests, threads without a loop). */
void timers_init(struct event_base *);
void timers_clear(void);
/* Runs everything that is due. */
void timers_run(void);
/* Milliseconds until the next one is due, or -1. */
int64_t timers_next(void);

void timer_init(struct timer *, timer_cb *, void *arg);
/* (Re)starts it. */
void timer_set(struct timer *, uint64_t ms);
void timer_cancel(struct timer *);
bool timer_is_set(const struct timer *);

#endif
