/* SPDX-License-Identifier: ISC */
/*
 * The machine of a transfer: its states, its events and timer, its replies
 * after the command was accepted, and all its ends.
 *
 * The 150 is said before anything is waited for (R5.1), the final reply when
 * our side of the connection has ended and the file is safe. A transfer that
 * fails never looks complete: a download ends with an RST, and an upload is
 * not committed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/mon.h"
#include "server/worker/reply.h"
#include "server/worker/xfer_priv.h"

#define TEXT_MAX (VPATH_MAX + 128)

static const char *const state_names[] = {
	[XFER_OPENING] = "opening",
	[XFER_CONNECTING] = "connecting",
	[XFER_MOVING] = "moving",
	[XFER_FINISHING] = "finishing",
	[XFER_DONE] = "done",
};

/*
 * What is said (protocol: RFC 959 5.4), what is logged, and whether an upload's
 * connection ends in an orderly way after the reply; all others are reset.
 */
static const struct {
	int code;
	const char *text, *reason;
	bool orderly;
} errors[] = {
	[XE_ABORTED] = { 426, "Transfer aborted.", "ABOR", false },
	[XE_NO_ENDPOINT] = { 425, "Use PASV, EPSV, PORT or EPRT first.",
	    "no data connection", true },
	[XE_CONNECT] = { 425, "Can't open data connection.",
	    "no data connection", true },
	[XE_RESET] = { 426, "Data connection closed; transfer aborted.",
	    "connection lost", false },
	[XE_STALLED] = { 426, "Data connection timed out; transfer aborted.",
	    "timeout", false },
	[XE_READ] = { 451, "Local error while reading the file.", "read error",
	    false },
	[XE_SHRANK] = { 451, "File changed during the transfer.",
	    "file became shorter", false },
	[XE_WRITE] = { 451, "Local error while writing the file.",
	    "write error", true },
	[XE_FULL] = { 552, "Disk full; transfer aborted.", "disk full", true },
	[XE_AGENT] = { 451, NULL, "refused", true },
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
		strlcpy(out, "", size);
	else
		snprintf(out, size, "%s %s", s->xfer->verb, s->xfer->path);
	return out;
}

static void
report(const struct xfer *x)
{
	char what[TEXT_MAX];

	if (x->s->w->report)
		mon_status(x->s, xfer_str(x->s, what, sizeof(what)), x->moved);
}

/* --------------------------------------------------------------- lifetime */

static void on_timer(void *);

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
	x->total = UINT64_MAX;
	x->began = x->progress = clock_ms();
	timer_init(&x->timer, on_timer, x);
	s->xfer = x;
	ctrl_set_mode(s, CTRL_TRANSFER);
	report(x);
	return x;
}

static void
xfer_free(struct xfer *x)
{
	xfer_unwatch(x);
	timer_cancel(&x->timer);
	if (x->st.fd >= 0)
		stream_reset(&x->st);
	fd_close(&x->file);
	if (x->pipe[0] >= 0)
		xfer_pipe_put(x->pipe, true);
	x->s->xfer = NULL;
	free(x->buf);
	free(x->unique);
	free(x);
}

int
xfer_take_socket(struct xfer *x)
{
	int fd = x->st.fd;

	xfer_unwatch(x);
	x->st.fd = -1;
	if (x->st.ops->clear != NULL)
		x->st.ops->clear(&x->st);
	return fd;
}

/* ----------------------------------------------------------------- moving */

static void run(struct xfer *);

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct xfer *x = arg;
	struct session *s = x->s;

	session_enter(s);
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

static void
watch(struct xfer *x, short what)
{
	if (x->watched == what)
		return;
	xfer_unwatch(x);
	event_assign(
	    &x->ev, x->s->w->base, x->st.fd, what | EV_PERSIST, on_event, x);
	event_add(&x->ev, NULL);
	x->watched = what;
}

static void
watch_read(struct xfer *x)
{
	watch(x, EV_READ);
	/* Bytes that are already out of the socket cause no event. */
	if (x->st.ops->pending != NULL && x->st.ops->pending(&x->st))
		event_active(&x->ev, EV_READ, 0);
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
			watch(x, EV_WRITE);
		break;
	case STEP_READ:
		watch_read(x);
		break;
	case STEP_WRITE:
		watch(x, EV_WRITE);
		break;
	case STEP_AGENT:
		xfer_unwatch(x);
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

enum xfer_step
xfer_failed(struct xfer *x, enum xfer_error error)
{
	x->error = error;
	return STEP_FAILED;
}

/* Left running while bytes move; looks at the last progress when it fires. */
static void
on_timer(void *arg)
{
	struct xfer *x = arg;
	struct session *s = x->s;
	uint64_t stall = s->w->conf->stall_timeout * UINT64_C(1000);
	uint64_t idle = clock_ms() - x->progress;

	session_enter(s);
	if (x->state == XFER_FINISHING)
		s->hold = false; /* the agent is slow: let the 150 go */
	else if (idle >= stall)
		xfer_fail(x, XE_STALLED);
	else
		timer_set(&x->timer, stall - idle);
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
	stream_init_plain(&x->st, data_take(s));
	x->ops->connected(x);
}

void
xfer_connect(struct xfer *x)
{
	xfer_set(x, XFER_CONNECTING);
	data_open(x->s, on_connected);
}

/* ----------------------------------------------------------------- ending */

static void
log_end(const struct xfer *x, const char *result, const char *reason)
{
	unsigned long long ms = clock_ms() - x->began;
	char name[LOG_VIS_MAX], of[32] = "";

	if (reason[0] != '\0' && x->total != UINT64_MAX)
		snprintf(
		    of, sizeof(of), " of %llu", (unsigned long long)x->total);
	session_log(x->s, "%s \"%s\" %s %llu%s bytes in %llu.%03llu s%s%s",
	    x->verb, log_vis(name, sizeof(name), x->path, strlen(x->path)),
	    result, (unsigned long long)x->moved, of, ms / 1000, ms % 1000,
	    reason[0] != '\0' ? ": " : "", reason);
}

static void
xfer_end(struct xfer *x)
{
	struct session *s = x->s;

	xfer_set(x, XFER_DONE);
	xfer_free(x);
	s->hold = false;
	session_touch(s);
	if (s->w->report)
		mon_status(s, "", 0);
	cmd_finish(s);
}

void
xfer_complete(struct xfer *x, const char *text)
{
	log_end(x, "complete", "");
	reply_final(x->s, 226, "%s", text);
	xfer_end(x);
}

static void
ignore_answer(struct session *s, struct fs_reply *r)
{
}

/* Nothing of the agent's answers is wanted any more. */
static void
leave_agent(struct xfer *x)
{
	if (x->asked)
		fs_cancel(x->s);
	fd_close(&x->file);
	if (x->stored) /* what came is kept for REST and APPE */
		fs_abandon(x->s, 1, ignore_answer);
}

static void
leave_connection(struct xfer *x, bool orderly)
{
	if (x->st.fd < 0)
		data_close(x->s);
	else if (orderly && x->ops->upload)
		data_linger_later(x->s->w, xfer_take_socket(x));
	else {
		xfer_unwatch(x);
		stream_reset(&x->st);
	}
}

/* What a reply calls the file. */
static const char *
name_of(const struct xfer *x)
{
	return x->arg[0] != '\0' ? x->arg : x->path;
}

/* The agent's refusals come with codes of before the 150. */
static int
late_code(enum fs_status status, bool creating)
{
	int code = fs_code(status, creating);

	if (code == 452)
		return 552;
	return code == 450 || code == 550 ? 451 : code;
}

void
xfer_fail(struct xfer *x, enum xfer_error error)
{
	struct session *s = x->s;

	x->error = error;
	log_end(x, "failed", errors[error].reason);
	leave_agent(x);
	leave_connection(x, errors[error].orderly);
	if (error == XE_AGENT)
		reply_final(s, late_code(x->refusal, x->ops->upload), "%s: %s",
		    name_of(x), fs_strstatus(x->refusal));
	else if (error == XE_ABORTED) /* the 226 of ABOR is the final one */
		reply(s, errors[error].code, "%s", errors[error].text);
	else
		reply_final(s, errors[error].code, "%s", errors[error].text);
	xfer_end(x);
}

void
xfer_refuse(struct xfer *x, enum fs_status status)
{
	leave_agent(x);
	fs_refuse(x->s, status, x->ops->upload, name_of(x));
	data_refused(x->s);
	xfer_end(x);
}

void
xfer_refuse_with(struct xfer *x, int code, const char *text)
{
	leave_agent(x);
	reply(x->s, code, "%s", text);
	data_refused(x->s);
	xfer_end(x);
}

bool
xfer_abort(struct session *s)
{
	if (s->xfer == NULL)
		return false;
	xfer_fail(s->xfer, XE_ABORTED);
	return true;
}

void
xfer_drop(struct session *s)
{
	struct xfer *x = s->xfer;

	if (x == NULL)
		return;
	x->error = XE_RESET;
	log_end(x, "failed", "session ended");
	/* The agent keeps what it has when it sees the channel close. */
	xfer_free(x);
}
