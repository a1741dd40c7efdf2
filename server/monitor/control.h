/* SPDX-License-Identifier: ISC */
/*
 * The monitor's side of the control socket: its file, the connections of
 * ternctl, and the answers. Private to this folder's control*.c.
 *
 * Nothing here waits: a ternctl that is slow, silent or broken loses its own
 * connection. A connection holds at most one request and one reply.
 */
#ifndef SERVER_MONITOR_CONTROL_H
#define SERVER_MONITOR_CONTROL_H

#include "server/control.h"
#include "server/monitor/monitor.h"

/* ----------------------------------------------------- control_socket.c */

/* May this process ask us for anything? It is root, our own user, or of the
 * configuration's control_group. */
bool control_peer_allowed(const struct monitor *, int fd);

/* ------------------------------------------------------------ control.c */

/* A connection of ternctl. */
struct ctlconn {
	TAILQ_ENTRY(ctlconn) entry;
	struct monitor *m;
	struct chan *chan;
	struct timer timer; /* closes it when nothing is asked */
	bool asked; /* the answer to its request comes later */
	/* after the survey of this kind; NULL: it waits for none */
	void (*surveyed)(struct ctlconn *);
	enum survey_kind survey;
	uint64_t after; /* CT_WHO */
	uint64_t watched, watched_at; /* CT_LINES: what, and when last */
};

/* Answers what was asked: with text alone, or with what was begun in b (rows)
 * by control_begin(). */
void control_say(struct ctlconn *, enum control_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void control_begin(struct wbuf *b, enum control_status, const char *text);
void control_send(struct ctlconn *, const struct wbuf *b);

/* Asks all workers; then answer is called. */
void control_survey(
    struct ctlconn *, enum survey_kind, void (*answer)(struct ctlconn *));

/* --------------------------------------------------------- the answers */

/* Each reads the fields of its request, and answers it, now or later. -1: the
 * request is not what it should be. */
typedef int control_answer(struct ctlconn *, struct rbuf *);

control_answer control_reload, control_stop, control_drain, control_kick,
    control_who, control_bans, control_ban, control_unban, control_stats,
    control_lines, control_rate;

#endif
