/* SPDX-License-Identifier: ISC */
/*
 * What ternctl watch knows and how it is looked at; without a terminal. The
 * screen draws it, keys change it, replies of the server fill it. Private to
 * this folder.
 */
#ifndef SERVER_CTL_WATCH_MODEL_H
#define SERVER_CTL_WATCH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/control.h"

#define WATCH_KEPT 1000 /* lines */

struct watch_row { /* a session */
	uint64_t id;
	char user[64], address[64], tls[16], transfer[8];
	char what[256]; /* the file that moves, or the directory */
	char command[32];
	uint64_t bytes, size; /* size 0: unknown */
	uint64_t rate; /* bytes per second, between the last two looks */
	uint64_t idle;
	bool moves;
	uint64_t looked; /* ms; 0: never before */
	bool seen; /* in the look that is being taken */
};

struct watch_text { /* a line of the dialogue */
	uint64_t session;
	uint64_t time;
	char user[64];
	char kind; /* 'c'ommand, 'r'eply, 'e'vent */
	char text[512];
};

struct watch_model {
	struct watch_row *rows; /* by number */
	const struct watch_row **shown; /* the same, those that move first */
	size_t nrows, room;
	uint64_t now; /* ms, of the look */
	uint64_t down, up; /* rates of all */
	size_t nmoving;

	struct watch_text *lines; /* a ring */
	uint64_t nlines; /* ever; the last WATCH_KEPT are there */
	uint64_t next; /* line to ask for */
	uint64_t dropped, dropped_first; /* by the server, since the start */
	uint64_t missed; /* that were gone before we asked */

	uint64_t selected; /* session; 0: none */
	uint64_t only_session; /* 0: all */
	char only_user[64]; /* "": all */
	bool errors_only, paused, help;
	uint64_t paused_at; /* nlines when it was */
};

void watch_model_init(struct watch_model *);
void watch_model_clear(struct watch_model *);

/* A look at the sessions: begin, each row of the replies, end. */
void watch_look_begin(struct watch_model *, uint64_t now_ms);
void watch_look(struct watch_model *, const struct control_fields *);
void watch_look_end(struct watch_model *);
/* A row of CT_LINES: a line, or where the server is. */
void watch_feed(struct watch_model *, const struct control_fields *);

/* Is the line to be shown? */
bool watch_shows(const struct watch_model *, const struct watch_text *);
/* The line that is n before the last that is shown, or NULL; n = 0 is the
 * last. */
const struct watch_text *watch_line(const struct watch_model *, size_t n);
/* The row that is selected, or NULL. */
const struct watch_row *watch_selected(const struct watch_model *);
/* Where it stands in what is shown. */
size_t watch_place(const struct watch_model *);
/* Percent of a transfer, or -1. */
int watch_percent(const struct watch_row *);

enum watch_key {
	WATCH_UP,
	WATCH_DOWN,
	WATCH_SESSION, /* only the selected session, or all again */
	WATCH_USER, /* only its user, or all again */
	WATCH_ERRORS,
	WATCH_PAUSE,
	WATCH_HELP,
};
void watch_press(struct watch_model *, enum watch_key);

#endif
