/* SPDX-License-Identifier: ISC */
/*
 * One end of a message pair on a libevent loop.
 *
 * Messages that would block are queued (with a dup of their descriptor) up to
 * a bound; a peer that lets the queue grow past it is reported as broken. The
 * callback gets each message, or NULL once when the peer is gone or broken;
 * after NULL the channel is dead and the owner frees it (allowed inside the
 * callback, as for every message).
 */
#ifndef COMMON_CHAN_H
#define COMMON_CHAN_H

#include <stdbool.h>

#include "common/ipc.h"

struct event_base;
struct chan;

typedef void chan_cb(struct chan *, struct ipc_msg *m, void *arg);

/* Takes over fd. Reads at once. */
struct chan *chan_new(struct event_base *, int fd, chan_cb *cb, void *arg);
/* Closes the descriptor and drops what is queued. Accepts NULL. */
void chan_free(struct chan *);

/*
 * Sends or queues one message; fd (or -1) stays the caller's. Returns 0, or -1
 * if the channel is dead; the callback reports that too, later.
 */
int chan_send(struct chan *, const struct wbuf *, int fd);

/*
 * The peer answers one message at a time: after each nothing more is looked
 * for, which would mostly be in vain.
 */
void chan_expect_single(struct chan *);

/* Stops and resumes reading (back-pressure). */
void chan_pause(struct chan *, bool paused);
/* Is the peer behind: do messages wait here for it to read others? */
bool chan_is_behind(const struct chan *);
int chan_fd(const struct chan *);

#endif
