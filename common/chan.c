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
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"

#define CHAN_QUEUE_MAX (8u * 1024 * 1024) /* bytes waiting for a slow peer */
#define CHAN_BURST 32 /* messages read per wake-up, so none starves the rest \
		       */

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
};

/*
 * Where messages are received: one for all channels, since each message is
 * handled to its end before the next is read.
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

static void
pop(struct chan *c)
{
	struct queued *q = STAILQ_FIRST(&c->queue);

	STAILQ_REMOVE_HEAD(&c->queue, entry);
	c->queued_bytes -= q->len;
	fd_close(&q->fd);
	free_secret(q, sizeof(*q) + q->len);
}

static void
stop_writing(struct chan *c)
{
	if (c->ev_write != NULL)
		event_free(c->ev_write);
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
	while (!STAILQ_EMPTY(&c->queue))
		pop(c);
	fd_close(&c->fd);
	free(c);
}

/* Calls back; false if the owner freed the channel. */
static bool
deliver(struct chan *c, struct ipc_msg *m)
{
	bool freed = false;

	c->freed = &freed;
	c->cb(c, m, c->arg);
	if (!freed)
		c->freed = NULL;
	return !freed;
}

/* Reports the death of the peer, once. */
static void
die_once(struct chan *c)
{
	c->dead = true;
	event_del(&c->ev_read);
	stop_writing(c);
	(void)deliver(c, NULL);
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct chan *c = arg;
	struct ipc_msg m;
	enum ipc_result res;
	bool alive;
	int i;

	for (i = 0; i < CHAN_BURST && !c->paused && !c->dead; i++) {
		res = ipc_recv(c->fd, inbox, &m);
		if (res == IPC_AGAIN)
			return;
		if (res != IPC_OK) {
			die_once(c);
			return;
		}
		alive = deliver(c, &m);
		ipc_msg_done(&m);
		if (!alive)
			return;
	}
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
		if (res == IPC_AGAIN)
			return;
		if (res != IPC_OK) {
			die_once(c);
			return;
		}
		pop(c);
	}
	stop_writing(c);
}

/* The death is reported later, from the loop, not from inside chan_send(). */
static int
fail_later(struct chan *c)
{
	stop_writing(c);
	while (!STAILQ_EMPTY(&c->queue))
		pop(c);
	/* The reading side finds the end and reports it. */
	(void)shutdown(c->fd, SHUT_RDWR);
	return -1;
}

static int
enqueue(struct chan *c, const struct wbuf *w, int fd)
{
	struct queued *q;

	if (c->queued_bytes + w->len > CHAN_QUEUE_MAX) {
		log_warnx("a peer process does not read its messages");
		return fail_later(c);
	}
	q = xmalloc(sizeof(*q) + w->len);
	q->fd = -1;
	if (fd != -1 && (q->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		log_warn("dup");
		free(q);
		return fail_later(c);
	}
	q->len = w->len;
	memcpy(q->data, w->p, w->len);
	STAILQ_INSERT_TAIL(&c->queue, q, entry);
	c->queued_bytes += q->len;
	if (c->ev_write == NULL) {
		c->ev_write = event_new(event_get_base(&c->ev_read), c->fd,
		    EV_WRITE | EV_PERSIST, on_write, c);
		if (c->ev_write == NULL || event_add(c->ev_write, NULL) == -1)
			die("event_add");
	}
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
		return enqueue(c, w, fd);
	default:
		return fail_later(c);
	}
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

int
chan_fd(const struct chan *c)
{
	return c->fd;
}
