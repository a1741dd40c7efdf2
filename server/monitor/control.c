/* SPDX-License-Identifier: ISC */
/*
 * The control socket: accepts ternctl, reads its requests one by one, and has
 * them answered.
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/control.h"

#define CONNECTIONS_MAX 32
#define PAUSE_MS 1000 /* until descriptors may be free again */
#define SILENCE_MS                                                \
	60000 /* without a request: who watches asks every second \
	       */

/* The reply that is being made: all of them are finished at once. */
static uint8_t outbox[IPC_MAX];

static const struct {
	uint16_t type;
	control_answer *answer;
} answers[] = {
	{ CT_RELOAD, control_reload },
	{ CT_STOP, control_stop },
	{ CT_DRAIN, control_drain },
	{ CT_KICK, control_kick },
	{ CT_WHO, control_who },
	{ CT_BANS, control_bans },
	{ CT_BAN, control_ban },
	{ CT_UNBAN, control_unban },
	{ CT_STATS, control_stats },
	{ CT_LINES, control_lines },
	{ CT_RATE, control_rate },
};

/* ------------------------------------------------------------ connections */
static void
conn_free(struct ctlconn *c)
{
	struct control *ctl = &c->m->control;

	TAILQ_REMOVE(&ctl->conns, c, entry);
	ctl->nconns--;
	timer_cancel(&c->timer);
	chan_free(c->chan);
	free(c);
}

static void
conn_silent_cb(void *arg)
{
	conn_free(arg);
}

/* Who runs another version is told so, whatever he asked. */
static int
conn_answer(struct ctlconn *c, struct ipc_msg *msg)
{
	uint16_t version = get_u16(&msg->body);
	size_t i;

	if (msg->body.err || msg->fd != -1)
		return -1;
	c->asked = true;
	timer_set(&c->timer, SILENCE_MS);
	if (version != CONTROL_VERSION) {
		control_say(c, CONTROL_FAILED,
		    "the server is ternftpd %s and speaks another control "
		    "protocol; use its ternctl",
		    PACKAGE_VERSION);
		return 0;
	}
	for (i = 0; i < NELEM(answers); i++)
		if (answers[i].type == msg->type)
			return answers[i].answer(c, &msg->body);
	return -1;
}

/* Asking again before the answer was read is none of what ternctl does. */
static void
conn_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct ctlconn *c = arg;

	if (msg == NULL || c->asked || chan_is_behind(chan) ||
	    conn_answer(c, msg) == -1)
		conn_free(c);
}

static void
conn_new(struct monitor *m, int fd)
{
	struct ctlconn *c = xcalloc(1, sizeof(*c));

	c->m = m;
	timer_init(&c->timer, conn_silent_cb, c);
	timer_set(&c->timer, SILENCE_MS);
	TAILQ_INSERT_TAIL(&m->control.conns, c, entry);
	m->control.nconns++;
	c->chan = chan_new(m->base, fd, conn_cb, c);
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	struct monitor *m = arg;
	int fd;

	fd = accept4(sock, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		/* Trying on at once would spin. */
		if (errno == EMFILE || errno == ENFILE) {
			event_del(m->control.ev);
			timer_set(&m->control.pause, PAUSE_MS);
		}
		return;
	}
	if (m->control.nconns < CONNECTIONS_MAX && control_peer_allowed(m, fd))
		conn_new(m, fd);
	else
		close(fd);
}

static void
accept_again_cb(void *arg)
{
	struct monitor *m = arg;

	if (m->control.ev != NULL && event_add(m->control.ev, NULL) == -1)
		die("event_add");
}

/* ----------------------------------------------------------------- replies */
void
control_begin(struct wbuf *b, enum control_status status, const char *text)
{
	control_reply(b, outbox, sizeof(outbox), status, text);
}

void
control_send(struct ctlconn *c, const struct wbuf *b)
{
	c->asked = false;
	(void)chan_send(c->chan, b, -1); /* conn_cb() hears of a failure */
}

void
control_say(struct ctlconn *c, enum control_status status, const char *fmt, ...)
{
	struct wbuf b;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		die("vasprintf");
	va_end(ap);
	control_begin(&b, status, text);
	control_send(c, &b);
	free(text);
}

/* ---------------------------------------------------------------- surveys */
void
control_survey(
    struct ctlconn *c, enum survey_kind kind, void (*answer)(struct ctlconn *))
{
	c->surveyed = answer;
	c->survey = kind;
	survey_start(c->m, kind);
}

void
control_surveyed(struct monitor *m, enum survey_kind kind)
{
	void (*answer)(struct ctlconn *);
	struct ctlconn *c;

	TAILQ_FOREACH (c, &m->control.conns, entry) {
		if (c->surveyed == NULL || c->survey != kind)
			continue;
		answer = c->surveyed;
		c->surveyed = NULL;
		answer(c);
	}
}

/* ----------------------------------------------------------------- its life */
void
control_init(struct monitor *m)
{
	m->control.sock.fd = -1;
	TAILQ_INIT(&m->control.conns);
	timer_init(&m->control.pause, accept_again_cb, m);
}

static void
stop_accepting(struct control *ctl)
{
	timer_cancel(&ctl->pause);
	if (ctl->ev != NULL)
		event_free(ctl->ev);
	ctl->ev = NULL;
	control_socket_close(&ctl->sock);
}

void
control_use(struct monitor *m, struct control_socket *s)
{
	struct control *ctl = &m->control;

	if (s->keep)
		return;
	stop_accepting(ctl);
	ctl->sock = *s;
	s->fd = -1;
	s->path = NULL;
	if (ctl->sock.fd == -1)
		return;
	ctl->ev = event_new(
	    m->base, ctl->sock.fd, EV_READ | EV_PERSIST, on_accept, m);
	if (ctl->ev == NULL || event_add(ctl->ev, NULL) == -1)
		die("event_new");
}

void
control_clear(struct monitor *m)
{
	struct ctlconn *c;

	while ((c = TAILQ_FIRST(&m->control.conns)) != NULL)
		conn_free(c);
	stop_accepting(&m->control);
}
