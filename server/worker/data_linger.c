/* SPDX-License-Identifier: ISC */
/*
 * The orderly end of a data connection: close() on a socket with unread input
 * answers the peer with an RST, which can destroy what it has not read yet. So
 * the socket gets a FIN and stays for a moment, without its session. Clients
 * that send on, because they look for a reply only after the last byte, come to
 * see ours if the rest of the file is not too long. There is room for so many
 * of such sockets; the next one ends the oldest.
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

#define LINGER_MS 2000 /* without a byte */
#define LINGER_MOST_MS 10000
#define LINGER_BYTES (8 << 20)
#define LINGER_PIECE (1 << 20) /* at a time, because others wait */
#define LINGER_SOCKETS 256 /* of a worker */

struct linger_socket {
	TAILQ_ENTRY(linger_socket) entry;
	struct stream st;
	size_t discarded;
	uint64_t until; /* LINGER_MOST_MS */
	bool shut; /* the FIN was sent */
	struct event ev;
	struct timer timer;
};

static TAILQ_HEAD(, linger_socket) lingering = TAILQ_HEAD_INITIALIZER(
    lingering); /* oldest first */
static unsigned nlingering;

static void
linger_free(struct linger_socket *l)
{
	TAILQ_REMOVE(&lingering, l, entry);
	nlingering--;
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

/* Drops what is there (nothing is copied); true when the socket may be closed.
 */
static bool
discard(int fd, size_t *total)
{
	/* cppcheck-suppress nullPointer; tcp(7) allows it */
	ssize_t n = recv(fd, NULL, LINGER_PIECE, MSG_TRUNC);

	if (n <= 0)
		return n == 0 || (errno != EAGAIN && errno != EINTR);
	*total += (size_t)n;
	return *total >= LINGER_BYTES;
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
	if (discard(fd, &l->discarded))
		linger_free(l);
	else if (clock_ms() < l->until)
		timer_set(&l->timer, LINGER_MS);
}

static struct linger_socket *
linger_new(struct worker *w, const struct stream *st)
{
	struct linger_socket *l = xcalloc(1, sizeof(*l));

	if (nlingering == LINGER_SOCKETS)
		linger_free(TAILQ_FIRST(&lingering));
	l->st = *st;
	timer_init(&l->timer, on_timer, l);
	timer_set(&l->timer, LINGER_MS);
	l->until = clock_ms() + LINGER_MOST_MS;
	event_assign(
	    &l->ev, w->base, st->fd, EV_READ | EV_PERSIST, on_event, l);
	event_add(&l->ev, NULL);
	TAILQ_INSERT_TAIL(&lingering, l, entry);
	nlingering++;
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
	if (shutdown(fd, SHUT_WR) < 0 || discard(fd, &discarded)) {
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
	while (!TAILQ_EMPTY(&lingering))
		linger_free(TAILQ_FIRST(&lingering));
}
