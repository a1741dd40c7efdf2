/* SPDX-License-Identifier: ISC */
/*
 * The control connection: reading, lines, running commands one by one, and
 * what it waits for. ctrl_send.c sends the replies.
 */
#include "server/worker/ctrl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/proxy.h"
#include "server/worker/cmd.h"
#include "server/worker/reply.h"

#define READ_SIZE (16 * 1024)
#define OUT_HIGH (32 * 1024) /* unsent bytes; then no command runs */
#define DISCARD_MAX (64 * 1024) /* read while closing, then it is enough */
#define TLS_HANDSHAKE 0x16 /* the first byte of a TLS client */

static const char *const mode_names[] = {
	[CTRL_READY] = "ready",
	[CTRL_WAITING] = "waiting",
	[CTRL_TRANSFER] = "transfer",
	[CTRL_HANDSHAKE] = "handshake",
	[CTRL_PROXY] = "proxy",
	[CTRL_CLOSING] = "closing",
};

void
ctrl_set_mode(struct session *s, enum ctrl_mode mode)
{
	if (s->mode == mode)
		return;
	log_debug("session %llu: control %s -> %s", (unsigned long long)s->id,
	    mode_names[s->mode], mode_names[mode]);
	s->mode = mode;
}

/* ---------------------------------------------------------- start and end */

static void on_read(evutil_socket_t, short, void *);
static void on_write(evutil_socket_t, short, void *);

void
ctrl_start(struct session *s)
{
	int fd = s->ctl.fd;

	s->ev_read =
	    event_new(s->w->base, fd, EV_READ | EV_PERSIST, on_read, s);
	if (s->ev_read == NULL)
		die("event_new");
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

/* Frees the input; what was not parsed may hold a password. */
static void
forget_input(struct session *s)
{
	free_secret(s->in.p, s->in.len);
	memset(&s->in, 0, sizeof(s->in));
}

static void
clear_input(struct session *s)
{
	struct queued_line *q;

	while ((q = STAILQ_FIRST(&s->queued)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->queued, entry);
		free_secret(q, sizeof(*q) + q->len);
	}
	s->nqueued = 0;
	s->queued_bytes = 0;
	forget_input(s);
	line_clear(&s->line);
}

void
ctrl_clear(struct session *s)
{
	free_event(&s->ev_read);
	free_event(&s->ev_write);
	clear_input(s);
	ctrl_clear_output(s);
	stream_close(&s->ctl);
}

/* ----------------------------------------------------------------- reading */

/*
 * New memory for at least n bytes, with what is left of the old at its start.
 * Many small pieces must not cost a copy of everything each.
 */
static void
grow_input(struct session *s, size_t n)
{
	struct inbuf bigger = { .len = s->in.len - s->in.pos };

	bigger.cap = s->in.len > s->in.pos ? 2 * n : n;
	bigger.p = xmalloc(bigger.cap);
	if (bigger.len > 0)
		memcpy(bigger.p, s->in.p + s->in.pos, bigger.len);
	forget_input(s);
	s->in = bigger;
}

static void
append_input(struct session *s, const uint8_t *p, size_t n)
{
	if (s->in.len + n > s->in.cap)
		grow_input(s, s->in.len - s->in.pos + n);
	memcpy(s->in.p + s->in.len, p, n);
	s->in.len += n;
}

/*
 * Somebody speaks TLS, because the client is set to implicit FTPS: a reply in
 * clear text would only add to the confusion (protocol 2.3).
 */
static bool
is_tls(struct session *s, const uint8_t *p)
{
	if (p[0] != TLS_HANDSHAKE)
		return false;
	session_end(s, REASON_NOT_FTP,
	    "TLS: set the client to explicit TLS or to none");
	return true;
}

/* Whoever is not asked for a header is not believed what it says. */
static bool
is_header(struct session *s, const uint8_t *p, size_t n)
{
	if (!proxy_begins(p, n))
		return false;
	session_bye(s, 421, "No PROXY header is accepted from this address.",
	    REASON_PROXY_UNTRUSTED);
	return true;
}

/* The first bytes of all show what it is. */
static bool
is_no_ftp(struct session *s, const uint8_t *p, size_t n)
{
	bool first = !s->heard;

	s->heard = true;
	return first && (is_tls(s, p) || is_header(s, p, n));
}

static void
discard(struct session *s, size_t n)
{
	s->discarded += n;
	if (s->discarded > DISCARD_MAX && s->fin)
		session_end(s, s->bye, NULL);
}

/* One read per wake-up: what is behind it wakes us again. */
static void
read_some(struct session *s)
{
	uint8_t buf[READ_SIZE];
	size_t n;

	switch (s->ctl.ops->read(&s->ctl, buf, sizeof(buf), &n)) {
	case IO_DONE:
		if (s->mode == CTRL_CLOSING)
			discard(s, n);
		else if (!is_no_ftp(s, buf, n))
			append_input(s, buf, n);
		explicit_bzero(buf, n); /* may hold a password */
		break;
	case IO_EOF:
		s->eof = true;
		if (s->mode == CTRL_CLOSING && s->fin)
			session_end(s, s->bye, NULL);
		break;
	case IO_ERR:
		session_end(s, REASON_CONNECTION_LOST, strerror(errno));
		break;
	case IO_WANT_WRITE:
		s->read_waits = true;
		ctrl_set_blocked(s);
		break;
	default:
		break;
	}
}

/*
 * A client that sends a command in two pieces would wait for our delayed
 * acknowledgement of the first (its Nagle's algorithm holds the second).
 */
static void
acknowledge_piece(struct session *s)
{
	if (!s->ended && line_is_partial(&s->line))
		sock_ack_now(s->ctl.fd);
}

/* EV_TIMEOUT: only to go on with what was read before, see ctrl_arm(). */
static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	session_enter(s);
	if (ctrl_proxy_waits(s))
		ctrl_proxy_read(s);
	else if ((what & EV_READ) != 0 && s->mode != CTRL_HANDSHAKE)
		read_some(s);
	session_leave(s);
	if ((what & EV_READ) != 0)
		acknowledge_piece(s);
}

/* ------------------------------------------------------------------- lines */

static bool
queue_has_room(const struct session *s)
{
	return s->nqueued < CTRL_QUEUE_LINES &&
	       s->queued_bytes < CTRL_QUEUE_BYTES;
}

static void
enqueue(struct session *s, enum line_result kind, const char *line, size_t len)
{
	struct queued_line *q = xmalloc(sizeof(*q) + len + 1);

	q->kind = kind;
	q->len = len;
	memcpy(q->text, line, len);
	q->text[len] = '\0';
	STAILQ_INSERT_TAIL(&s->queued, q, entry);
	s->nqueued++;
	s->queued_bytes += len;
}

static void
run_line(struct session *s, enum line_result kind, char *line, size_t len)
{
	if (kind == LINE_OK)
		cmd_run(s, line, len);
	else
		cmd_bad_line(s, kind);
}

/* R6.4, R31: during a transfer only ABOR and STAT do not wait their turn. */
static void
line_arrived(struct session *s, enum line_result kind, char *line, size_t len)
{
	if (s->mode == CTRL_TRANSFER &&
	    !(kind == LINE_OK && cmd_is_immediate(line, len)))
		enqueue(s, kind, kind == LINE_OK ? line : "",
		    kind == LINE_OK ? len : 0);
	else
		run_line(s, kind, line, len);
}

static void
run_queued(struct session *s)
{
	struct queued_line *q = STAILQ_FIRST(&s->queued);

	STAILQ_REMOVE_HEAD(&s->queued, entry);
	s->nqueued--;
	s->queued_bytes -= q->len;
	run_line(s, q->kind, q->text, q->len);
	free_secret(q, sizeof(*q) + q->len);
}

/* Parses one line of the input and runs or queues it; false: there is none. */
static bool
next_line(struct session *s)
{
	const uint8_t *p, *end;
	enum line_result kind;
	char *line;
	size_t len;

	if (s->in.pos == s->in.len)
		return false;
	p = s->in.p + s->in.pos;
	end = s->in.p + s->in.len;
	kind = line_next(&s->line, &p, end, &line, &len);
	explicit_bzero(s->in.p + s->in.pos, (size_t)(p - s->in.p) - s->in.pos);
	s->in.pos = (size_t)(p - s->in.p);
	if (s->in.pos == s->in.len)
		forget_input(s);
	if (s->line.nrefuse > 0) {
		reply_bytes(s, s->line.refuse, s->line.nrefuse);
		s->line.nrefuse = 0;
	}
	if (kind == LINE_NONE)
		return false;
	line_arrived(s, kind, line, len);
	return true;
}

/* May another line run now? */
static bool
may_run(const struct session *s)
{
	if (s->ended || s->blocked || s->out.len > OUT_HIGH)
		return false;
	return s->mode == CTRL_READY ||
	       (s->mode == CTRL_TRANSFER && queue_has_room(s));
}

/* Is there anything left that may hold a line? */
static bool
has_input(const struct session *s)
{
	return s->in.len > s->in.pos ||
	       (s->mode == CTRL_READY && s->nqueued > 0);
}

void
ctrl_run(struct session *s)
{
	while (may_run(s)) {
		if (s->mode == CTRL_READY && s->nqueued > 0)
			run_queued(s);
		else if (!next_line(s))
			break;
	}
	if (!s->ended)
		line_trim(&s->line);
}

/* The peer has ended its side: is all that it asked for done? */
static void
check_eof(struct session *s)
{
	if (!s->eof || s->ended || s->blocked)
		return;
	/* A transfer whose control connection is gone is aborted. */
	if (s->mode == CTRL_TRANSFER)
		session_end(s, REASON_CLIENT_CLOSED, "during a transfer");
	else if (s->mode == CTRL_READY && s->in.len == s->in.pos &&
		 s->nqueued == 0)
		session_end(s, REASON_CLIENT_CLOSED, NULL);
}

static void
call_drained(struct session *s)
{
	void (*cb)(struct session *) = s->drained;

	s->drained = NULL;
	cb(s);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	session_enter(s);
	s->blocked = false;
	if (s->read_waits) {
		s->read_waits = false;
		read_some(s);
	}
	ctrl_flush(s);
	if (!s->ended && !s->blocked && s->drained != NULL)
		call_drained(s);
	session_leave(s);
}

/* ------------------------------------------------------------------ events */

/* The last reply is out: our side ends, then the peer's (protocol 12.6). */
static void
finish_closing(struct session *s)
{
	if (s->fin || s->out.len > 0)
		return;
	s->fin = true;
	s->closing_since = clock_ms();
	if (s->eof || s->ctl.ops->shutdown(&s->ctl) == IO_ERR)
		session_end(s, s->bye, NULL);
	else
		session_set_timer(s);
}

static bool
wants_input(const struct session *s)
{
	if (s->eof || s->read_waits)
		return false;
	if (s->mode == CTRL_CLOSING)
		return true;
	if (s->mode == CTRL_HANDSHAKE)
		return !s->blocked;
	if (s->mode == CTRL_PROXY)
		return ctrl_proxy_waits(s);
	if (s->mode == CTRL_TRANSFER && !queue_has_room(s))
		return false;
	return s->in.len - s->in.pos < CTRL_INPUT_MAX;
}

static void
arm_read(struct session *s)
{
	bool want = wants_input(s);
	bool armed = event_pending(s->ev_read, EV_READ, NULL) != 0;

	if (want && !armed && event_add(s->ev_read, NULL) == -1)
		die("event_add");
	if (!want && armed)
		event_del(s->ev_read);
	/* Bytes that TLS has already taken out of the socket cause no event. */
	if (want && s->mode != CTRL_HANDSHAKE && s->ctl.ops->pending(&s->ctl))
		event_active(s->ev_read, EV_READ, 0);
}

static void
arm_write(struct session *s)
{
	if (!s->blocked) {
		free_event(&s->ev_write);
		return;
	}
	if (s->ev_write != NULL)
		return;
	s->ev_write = event_new(
	    s->w->base, s->ctl.fd, EV_WRITE | EV_PERSIST, on_write, s);
	if (s->ev_write == NULL || event_add(s->ev_write, NULL) == -1)
		die("event_add");
}

void
ctrl_arm(struct session *s)
{
	if (s->mode == CTRL_CLOSING) {
		clear_input(s); /* what came after QUIT is ignored */
		finish_closing(s);
	}
	check_eof(s);
	if (s->ended)
		return;
	arm_read(s);
	arm_write(s);
	/* Lines that a full output held back, when it could be sent at once. */
	if (may_run(s) && has_input(s))
		event_active(s->ev_read, EV_TIMEOUT, 0);
}
