/* SPDX-License-Identifier: ISC */
/*
 * One end of a message pair on a libevent loop.
 */
#include "common/chan.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"

#define CHAN_QUEUE_MAX (8u * 1024 * 1024) /* bytes waiting for a slow peer */
#define CHAN_BURST 32 /* messages read per wake-up: none starves the rest */
#define CHAN_RETRY_MS 20 /* when it is not the peer that we wait for */

struct queued {
	STAILQ_ENTRY(queued) entry;
	int fd;
	size_t len;
	uint8_t data[];
};

struct chan {
	struct event ev_read;
	struct event *ev_write; /* exists while something is queued */
	chan_cb *cb;
	void *arg;
	bool *freed; /* set by chan_free() during a callback */
	STAILQ_HEAD(, queued) queue;
	size_t queued_bytes;
	int fd;
	bool dead, paused;
	bool single; /* chan_expect_single() */
};

/*
 * Where messages are received: one for all channels, since each message is
 * handled to its end before the next is read. Channels read from their event
 * alone, so no callback can get here a second time.
 */
static uint8_t inbox[IPC_MAX];

static void on_read(evutil_socket_t, short, void *);
static void on_write(evutil_socket_t, short, void *);

struct chan *
chan_new(struct event_base *base, int fd, chan_cb *cb, void *arg)
{
	struct chan *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->cb = cb;
	c->arg = arg;
	STAILQ_INIT(&c->queue);
	event_assign(&c->ev_read, base, fd, EV_READ | EV_PERSIST, on_read, c);
	if (event_add(&c->ev_read, NULL) == -1)
		die("event_add");
	return c;
}

static size_t
queued_size(const struct queued *q)
{
	return sizeof(*q) + q->len;
}

static void
pop(struct chan *c)
{
	struct queued *q = STAILQ_FIRST(&c->queue);

	STAILQ_REMOVE_HEAD(&c->queue, entry);
	c->queued_bytes -= queued_size(q);
	fd_close(&q->fd);
	free_secret(q, queued_size(q));
}

static void
drop_queue(struct chan *c)
{
	while (!STAILQ_EMPTY(&c->queue))
		pop(c);
}

/*
 * Tries again when the socket has room, or after a while if it was not for
 * lack of room: waiting for room would spin then. errno is ipc_send()'s.
 */
static void
wait_to_write(struct chan *c)
{
	static const struct timeval retry = { .tv_usec = CHAN_RETRY_MS * 1000 };
	struct event_base *base = event_get_base(&c->ev_read);
	bool room = errno == EAGAIN;

	if (c->ev_write == NULL)
		c->ev_write = xmalloc(sizeof(*c->ev_write));
	else
		event_del(c->ev_write);
	event_assign(c->ev_write, base, room ? c->fd : -1, room ? EV_WRITE : 0,
	    on_write, c);
	if (event_add(c->ev_write, room ? NULL : &retry) == -1)
		die("event_add");
}

static void
stop_writing(struct chan *c)
{
	if (c->ev_write != NULL)
		event_del(c->ev_write);
	free(c->ev_write);
	c->ev_write = NULL;
}

void
chan_free(struct chan *c)
{
	if (c == NULL)
		return;
	if (c->freed != NULL)
		*c->freed = true;
	event_del(&c->ev_read);
	stop_writing(c);
	drop_queue(c);
	fd_close(&c->fd);
	free(c);
}

/* Calls back; false if the owner freed the channel. */
static bool
deliver(struct chan *c, struct ipc_msg *m)
{
	bool freed = false;

	/* cppcheck-suppress autoVariables; until the callback has returned */
	c->freed = &freed;
	c->cb(c, m, c->arg);
	if (!freed)
		c->freed = NULL;
	return !freed;
}

/* Reports the death of the peer, once. */
static void
report_death(struct chan *c)
{
	c->dead = true;
	event_del(&c->ev_read);
	stop_writing(c);
	drop_queue(c);
	(void)deliver(c, NULL);
}

/*
 * No more is sent, and the reading side comes to its end: behind the messages
 * that the peer has sent already, and from the loop.
 */
static void
cut_off(struct chan *c)
{
	stop_writing(c);
	drop_queue(c);
	(void)shutdown(c->fd, SHUT_RDWR);
}

/* Receives and delivers one message; false if no more can be read now. */
static bool
read_one(struct chan *c)
{
	struct ipc_msg m;
	enum ipc_result res = ipc_recv(c->fd, inbox, &m);
	size_t len;
	bool alive;

	if (res == IPC_AGAIN)
		return false;
	if (res != IPC_OK) {
		if (res == IPC_BAD)
			log_warnx("a peer process sent a broken message");
		report_death(c);
		return false;
	}
	len = (size_t)(m.body.end - inbox);
	alive = deliver(c, &m);
	ipc_msg_done(&m);
	explicit_bzero(inbox, len); /* there are passwords among them */
	return alive;
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct chan *c = arg;
	int left = c->single ? 1 : CHAN_BURST;

	while (read_one(c) && !c->paused && --left > 0)
		;
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct chan *c = arg;
	struct queued *q;
	struct wbuf w;
	enum ipc_result res;

	while ((q = STAILQ_FIRST(&c->queue)) != NULL) {
		wbuf_init(&w, q->data, q->len);
		w.len = q->len;
		res = ipc_send(c->fd, &w, q->fd);
		if (res == IPC_AGAIN) {
			wait_to_write(c);
			return;
		}
		if (res != IPC_OK) {
			cut_off(c);
			return;
		}
		pop(c);
	}
	stop_writing(c);
}

/* A copy of the message for the queue; NULL if fd cannot be duplicated. */
static struct queued *
queued_new(const struct wbuf *w, int fd)
{
	struct queued *q = xmalloc(sizeof(*q) + w->len);

	q->len = w->len;
	memcpy(q->data, w->p, w->len);
	q->fd = -1;
	if (fd != -1 && (q->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		log_warn("cannot keep a descriptor for a peer process");
		free_secret(q, queued_size(q));
		return NULL;
	}
	return q;
}

static int
enqueue(struct chan *c, const struct wbuf *w, int fd)
{
	struct queued *q;

	if (c->queued_bytes + w->len > CHAN_QUEUE_MAX) {
		log_warnx("a peer process does not read its messages");
		cut_off(c);
		return -1;
	}
	if ((q = queued_new(w, fd)) == NULL) {
		cut_off(c);
		return -1;
	}
	STAILQ_INSERT_TAIL(&c->queue, q, entry);
	c->queued_bytes += queued_size(q);
	return 0;
}

int
chan_send(struct chan *c, const struct wbuf *w, int fd)
{
	if (w->err)
		bug("chan_send: message did not fit");
	if (c->dead)
		return -1;
	if (!STAILQ_EMPTY(&c->queue))
		return enqueue(c, w, fd);
	switch (ipc_send(c->fd, w, fd)) {
	case IPC_OK:
		return 0;
	case IPC_AGAIN:
		wait_to_write(c);
		return enqueue(c, w, fd);
	default:
		cut_off(c);
		return -1;
	}
}

void
chan_expect_single(struct chan *c)
{
	c->single = true;
}

void
chan_pause(struct chan *c, bool paused)
{
	if (c->paused == paused || c->dead)
		return;
	c->paused = paused;
	if (paused)
		event_del(&c->ev_read);
	else if (event_add(&c->ev_read, NULL) == -1)
		die("event_add");
}

bool
chan_is_behind(const struct chan *c)
{
	return !STAILQ_EMPTY(&c->queue);
}

int
chan_fd(const struct chan *c)
{
	return c->fd;
}
