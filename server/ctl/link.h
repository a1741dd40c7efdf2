/* SPDX-License-Identifier: ISC */
/*
 * ternctl's end of the control socket of a running server. Private to this
 * folder.
 */
#ifndef SERVER_CTL_LINK_H
#define SERVER_CTL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "server/control.h"

struct ctl;
struct link;

struct link_reply {
	bool ok; /* if not, text says why */
	bool more; /* there is another page */
	char text[CONTROL_TEXT_MAX];
	struct rbuf rows; /* control_get_row(); good until the next answer */
};

/* Connects to the server; NULL after saying why not. */
struct link *link_open(const struct ctl *);
/* The same, silent: there need not be one. */
struct link *link_find(const struct ctl *);
void link_close(struct link *);
/* How long it waits for replies from now on, instead of two minutes. */
void link_be_patient(struct link *, uint64_t ms);
/* Starts a request, whose fields the caller puts. */
struct wbuf *link_ask(struct link *, enum control_request);
/* Sends it and waits for the reply; NULL after saying what is wrong. */
struct link_reply *link_answer(struct link *);
/* As link_answer(), but silent: who has the terminal says it himself. */
struct link_reply *link_try(struct link *, const char **why_r);
/* Waits until the server has ended. */
void link_wait_end(struct link *);

#endif
