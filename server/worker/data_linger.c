/* SPDX-License-Identifier: ISC */
/*
 * The orderly end of a data connection: close() on a socket with unread input
 * answers the peer with an RST, which can destroy what it has not read yet. So
 * the socket gets a FIN and stays for a moment, without its session.
 *
 * A TLS handshake is ended before that: a client in the middle of it would tell
 * of an error and not of our reply.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/data_priv.h"
#include "server/worker/session.h"

#define LINGER_MS 2000
#define LINGER_BYTES (64 * 1024)

struct linger_socket {
	LIST_ENTRY(linger_socket) entry;
	struct worker *w;
	struct stream st;
	size_t discarded;
	bool shut; /* the FIN was sent */
	struct event ev;
	struct timer timer;
};

static LIST_HEAD(, linger_socket) lingering = LIST_HEAD_INITIALIZER(lingering);

static void
linger_free(struct linger_socket *l)
{
	LIST_REMOVE(l, entry);
	event_del(&l->ev);
	timer_cancel(&l->timer);
	stream_close(&l->st);
	free(l);
}

static void
on_timer(void *arg)
{
	linger_free(arg);
}

/* Reads what is there; true when the socket may be closed. */
static bool
discard(struct worker *w, int fd, size_t *total)
{
	ssize_t n;

	while (*total < LINGER_BYTES) {
		n = recv(fd, w->scratch, sizeof(w->scratch), 0);
		if (n <= 0)
			return n == 0 || (errno != EAGAIN && errno != EINTR);
		*total += (size_t)n;
	}
	return true;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct linger_socket *l = arg;

	if (!l->shut && l->st.ops->handshake(&l->st) == IO_WANT_READ)
		return;
	if (!l->shut && l->st.ops->shutdown(&l->st) != IO_DONE) {
		linger_free(l);
		return;
	}
	l->shut = true;
	if (discard(l->w, fd, &l->discarded))
		linger_free(l);
}

static struct linger_socket *
linger_new(struct worker *w, const struct stream *st)
{
	struct linger_socket *l = xcalloc(1, sizeof(*l));

	l->w = w;
	l->st = *st;
	timer_init(&l->timer, on_timer, l);
	timer_set(&l->timer, LINGER_MS);
	event_assign(
	    &l->ev, w->base, st->fd, EV_READ | EV_PERSIST, on_event, l);
	event_add(&l->ev, NULL);
	LIST_INSERT_HEAD(&lingering, l, entry);
	return l;
}

void
data_linger(struct worker *w, int fd)
{
	struct linger_socket *l;
	struct stream st;
	size_t discarded = 0;

	if (fd < 0)
		return;
	if (shutdown(fd, SHUT_WR) < 0 || discard(w, fd, &discarded)) {
		close(fd);
		return;
	}
	stream_init_plain(&st, fd);
	l = linger_new(w, &st);
	l->shut = true;
	l->discarded = discarded;
}

void
data_linger_later(struct worker *w, struct stream *st)
{
	if (st->fd >= 0)
		event_active(&linger_new(w, st)->ev, EV_READ, 0);
	stream_init_plain(st, -1);
}

void
data_linger_clear(void)
{
	while (!LIST_EMPTY(&lingering))
		linger_free(LIST_FIRST(&lingering));
}
