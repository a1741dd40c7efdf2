/* SPDX-License-Identifier: ISC */
/*
 * What the monitor finds out when somebody looks (ternctl who, stats, watch):
 * it asks its workers, keeps what they say for a moment, and counts.
 */
#ifndef SERVER_MONITOR_LOOK_H
#define SERVER_MONITOR_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/buf.h"
#include "common/timer.h"
#include "server/counters.h"
#include "server/proto.h"

struct monitor;
struct wproc;

/* What its worker has said of it (WM_STATUS); texts are escaped. */
struct client_status {
	char user[STATUS_TEXT_MAX]; /* as he was named before the login */
	char tls[32], verb[32];
	char cwd[STATUS_TEXT_MAX], path[STATUS_TEXT_MAX];
	bool runs; /* the command */
	uint32_t idle; /* seconds */
	enum status_direction direction;
	uint64_t moved, total, ms;
};

/* ------------------------------------------ what workers know (survey.c) */
enum survey_kind {
	SURVEY_STATUS, /* of every session */
	SURVEY_STATS, /* the counters */
	SURVEY_COUNT
};

struct survey {
	struct monitor *m;
	enum survey_kind kind;
	uint32_t serial; /* 0: none is under way */
	struct timer deadline; /* for the workers' answers */
	uint64_t began; /* clock_ms() */
	uint32_t took; /* ms, of the last one */
};

void surveys_init(struct monitor *);
void surveys_clear(struct monitor *);
/* Asks all workers, or joins the survey that is under way. control_surveyed()
 * hears of its end. */
void survey_start(struct monitor *, enum survey_kind);
/* WM_STATUS, WM_STATS: 0, or -1 if a worker must not say this. */
int survey_status(struct wproc *, struct rbuf *);
int survey_stats(struct wproc *, struct rbuf *);
/* A worker has gone: its counters are kept. */
void survey_left(struct wproc *);
/* The sum of a counter over all workers that are and were there. */
uint64_t survey_counter(const struct monitor *, enum counter);

/* ------------------------------------- what workers see (dialogues.c): lines
 */
/* A line of a dialogue. */
struct dialogue_line {
	uint64_t sid;
	time_t at;
	enum dialogue_kind kind;
	char user[64];
	char text[STATUS_TEXT_MAX];
};

#define DIALOGUE_LINES 1024 /* that are kept */

struct dialogues {
	struct dialogue_line *lines; /* a ring; NULL: nobody watches */
	uint64_t next; /* number of the next line, from 1 on */
	uint64_t dropped; /* lines that workers had no room for */
	uint64_t only; /* this session; 0: all */
	struct timer timer; /* ends it when nobody asks any more */
};

void dialogues_init(struct monitor *);
void dialogues_clear(struct monitor *);
/* Somebody looks at one session or at all; again and again while he does. */
void dialogues_want(struct monitor *, uint64_t only);
/* Tells a new worker, if somebody does. */
void dialogues_tell(struct wproc *);
/* The line of this number, or NULL if it is gone or not there yet. */
const struct dialogue_line *dialogues_get(
    const struct dialogues *, uint64_t number);
/* WM_LINES: 0, or -1 if a worker must not say this. */
int dialogues_lines(struct wproc *, struct rbuf *);

/* -------------------------------------------------- reasons (control_stats.c)
 */
/* How often something happened, by what and why. */
#define REASONS_MAX 64
#define REASON_CODE_MAX 96

struct reasons {
	unsigned n;
	struct {
		char name[REASON_CODE_MAX]; /* "logins.denied.wrong-password" */
		uint64_t count;
	} codes[REASONS_MAX];
};
/* reason is a code or begins with what makes one; "" for none. */
void reasons_count(struct reasons *, const char *what, const char *reason);

#endif
