/* SPDX-License-Identifier: ISC */
/*
 * The machine of a transfer: its states, its events and its timer.
 *
 * The 150 is said before anything is waited for (R5.1), the final reply when
 * our side of the connection has ended and the file is safe.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/mon.h"
#include "server/worker/reply.h"
#include "server/worker/xfer_priv.h"

#define TEXT_MAX (VPATH_MAX + 128)

static const char *const state_names[] = {
	[XFER_OPENING] = "opening",
	[XFER_CONNECTING] = "connecting",
	[XFER_HANDSHAKE] = "handshake",
	[XFER_MOVING] = "moving",
	[XFER_FINISHING] = "finishing",
	[XFER_DONE] = "done",
};

/* ----------------------------------------------------------------- states */

void
xfer_set(struct xfer *x, enum xfer_state state)
{
	log_debug("session %llu: transfer %s -> %s",
	    (unsigned long long)x->s->id, state_names[x->state],
	    state_names[state]);
	x->state = state;
}

const char *
xfer_path(const struct xfer *x)
{
	return x->unique != NULL ? x->unique : x->path;
}

bool
xfer_is_active(const struct session *s)
{
	return s->xfer != NULL;
}

bool
xfer_progress(const struct session *s, uint64_t *moved_r, uint64_t *total_r)
{
	if (s->xfer == NULL)
		return false;
	*moved_r = s->xfer->moved;
	*total_r = s->xfer->total;
	return true;
}

const char *
xfer_str(const struct session *s, char *out, size_t size)
{
	if (s->xfer == NULL)
		(void)strlcpy(out, "", size);
	else
		snprintf(out, size, "%s %s", s->xfer->verb, xfer_path(s->xfer));
	return out;
}

bool
xfer_look(const struct session *s, struct xfer_view *v)
{
	const struct xfer *x = s->xfer;

	if (x == NULL)
		return false;
	v->direction = x->ops->upload                 ? STATUS_UP
		       : strcmp(x->verb, "RETR") == 0 ? STATUS_DOWN
						      : STATUS_LIST;
	v->path = xfer_path(x);
	v->moved = x->moved;
	v->total = x->total;
	v->ms = clock_ms() - x->began;
	return true;
}

/* --------------------------------------------------------------- lifetime */

static void on_timer(void *);
static void on_pause_over(void *);

struct xfer *
xfer_new(struct session *s, const struct xfer_ops *ops, const char *verb,
    const char *path, const char *arg)
{
	size_t path_size = strlen(path) + 1, arg_size = strlen(arg) + 1;
	struct xfer *x;

	x = xmalloc(sizeof(*x) + path_size + arg_size);
	memset(x, 0, sizeof(*x));
	memcpy(x->path, path, path_size);
	x->arg = memcpy(x->path + path_size, arg, arg_size);
	x->verb = verb;
	x->s = s;
	x->ops = ops;
	x->st.fd = x->file = x->pipe[0] = x->pipe[1] = -1;
	x->total = x->limit = UINT64_MAX;
	x->private = s->private;
	x->began = x->progress = clock_ms();
	timer_init(&x->timer, on_timer, x);
	timer_init(&x->pause, on_pause_over, x);
	s->xfer = x;
	ctrl_set_mode(s, CTRL_TRANSFER);
	return x;
}

void
xfer_free(struct xfer *x)
{
	xfer_unwatch(x);
	timer_cancel(&x->timer);
	timer_cancel(&x->pause);
	if (x->st.fd >= 0)
		stream_reset(&x->st);
	fd_close(&x->file);
	if (x->pipe[0] >= 0)
		xfer_pipe_put(x->pipe, true);
	x->s->xfer = NULL;
	free(x->buf);
	free(x->unique);
	free(x->detail);
	free(x);
}

int
xfer_take_socket(struct xfer *x)
{
	xfer_unwatch(x);
	return stream_take_fd(&x->st);
}

/* ----------------------------------------------------------------- moving */

static void run(struct xfer *);

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct xfer *x = arg;
	struct session *s = x->s;

	session_enter(s);
	if (x->state == XFER_HANDSHAKE)
		xfer_tls_step(x);
	else
		run(x);
	session_leave(s);
}

void
xfer_unwatch(struct xfer *x)
{
	if (x->watched != 0)
		event_del(&x->ev);
	x->watched = 0;
}

void
xfer_watch(struct xfer *x, short what)
{
	if (x->watched == what)
		return;
	xfer_unwatch(x);
	event_assign(&x->ev, x->s->w->base, x->st.fd,
	    (short)(what | EV_PERSIST), on_event, x);
	event_add(&x->ev, NULL);
	x->watched = what;
}

static void
watch_read(struct xfer *x)
{
	xfer_watch(x, EV_READ);
	/* Bytes that are already out of the socket cause no event. */
	if (x->st.ops->pending(&x->st))
		event_active(&x->ev, EV_READ, 0);
}

static enum rate_way
way_of(const struct xfer *x)
{
	return x->ops->upload ? RATE_UP : RATE_DOWN;
}

size_t
xfer_allow(struct xfer *x, size_t len)
{
	struct pace *pace = x->s->pace;

	return pace == NULL ? len
			    : pace_allow(pace, way_of(x), len, &x->pause_ms);
}

void
xfer_moved(struct xfer *x, size_t n)
{
	x->moved += n;
	if (x->s->pace != NULL)
		pace_spend(x->s->pace, way_of(x), n);
}

/* The driver: one slice, then what it says. */
static void
run(struct xfer *x)
{
	uint64_t before = x->moved;
	enum xfer_step step;

	do
		step = x->ops->move(x);
	while (step == STEP_AGAIN && x->moved - before < XFER_SLICE);
	if (x->moved != before)
		x->progress = clock_ms();
	switch (step) {
	case STEP_AGAIN: /* others first; then the socket is still ready */
		if (x->ops->upload)
			watch_read(x);
		else
			xfer_watch(x, EV_WRITE);
		break;
	case STEP_READ:
		watch_read(x);
		break;
	case STEP_WRITE:
		xfer_watch(x, EV_WRITE);
		break;
	case STEP_AGENT:
		xfer_unwatch(x);
		break;
	case STEP_PAUSE:
		xfer_unwatch(x);
		timer_set(&x->pause, x->pause_ms);
		break;
	case STEP_DONE:
		x->ops->finish(x);
		break;
	case STEP_FAILED:
		xfer_fail(x, x->error);
		break;
	}
}

void
xfer_move(struct xfer *x)
{
	if (x->state != XFER_MOVING) {
		xfer_set(x, XFER_MOVING);
		x->progress = clock_ms();
		timer_set(
		    &x->timer, x->s->w->conf->stall_timeout * UINT64_C(1000));
	}
	run(x);
}

/* To wait for one's turn is no stall. */
static void
on_pause_over(void *arg)
{
	struct xfer *x = arg;
	struct session *s = x->s;

	session_enter(s);
	x->progress = clock_ms();
	run(x);
	session_leave(s);
}

enum xfer_step
xfer_failed(struct xfer *x, enum xfer_error error)
{
	x->error = error;
	return STEP_FAILED;
}

/* Whose fault is it: the client's, or that of a file system that hangs? */
static enum xfer_error
stall_of(const struct xfer *x)
{
	if (!x->asked || (x->access != FILE_KEPT && !x->kept))
		return XE_STALLED;
	return x->ops->upload ? XE_WRITE : XE_READ;
}

/*
 * Left running while bytes move; looks at the last progress when it fires. A
 * few bytes of an upload may have come without waking us, so it looks for them.
 */
static void
check_stall(struct xfer *x)
{
	struct session *s = x->s;
	uint64_t stall = s->w->conf->stall_timeout * UINT64_C(1000);
	uint64_t idle = clock_ms() - x->progress;

	timer_set(&x->timer, idle < stall ? stall - idle : stall);
	if (idle < stall)
		return;
	if (x->ops->upload && !x->asked)
		run(x);
	if (s->xfer != NULL && s->xfer->state == XFER_MOVING &&
	    clock_ms() - s->xfer->progress >= stall)
		xfer_fail(s->xfer, stall_of(s->xfer));
}

static void
on_timer(void *arg)
{
	struct xfer *x = arg;
	struct session *s = x->s;

	session_enter(s);
	if (x->state == XFER_FINISHING)
		s->hold = false; /* the agent is slow: let the 150 go */
	else if (x->state == XFER_HANDSHAKE)
		xfer_tls_timeout(x);
	else
		check_stall(x);
	session_leave(s);
}

/* ------------------------------------------------------------- beginning */

void
xfer_say_start(struct xfer *x, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (x->begun)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply(x->s, 150, "%s", text);
	x->begun = true;
}

static void
on_connected(struct session *s, int err)
{
	struct xfer *x = s->xfer;

	if (err != 0) {
		xfer_fail(x, err == ENOTCONN ? XE_NO_ENDPOINT : XE_CONNECT);
		return;
	}
	data_take(s, &x->st);
	if (x->private)
		xfer_tls_start(x);
	else
		x->ops->connected(x);
}

void
xfer_connect(struct xfer *x)
{
	xfer_set(x, XFER_CONNECTING);
	data_open(x->s, on_connected);
}
