/* SPDX-License-Identifier: ISC */
/*
 * Passive data connections: a listener on a random port that lets exactly one
 * connection in, and only from where the control connection comes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "server/worker/data_priv.h"
#include "server/worker/session.h"

#define LISTEN_BACKLOG 5 /* room for strangers before the owner */
#define LISTEN_TRIES 32
#define LISTEN_UNUSED_MS (60 * 1000) /* until a transfer command (R12.1) */
#define ACCEPT_PAUSE_MS 100 /* when descriptors or memory ran out */

/* --------------------------------------------------------------- listening */

static int
listener_socket(const struct addr *local)
{
	int on = 1, fd, family = local->family == 6 ? AF_INET6 : AF_INET;

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Connections of earlier transfers in TIME_WAIT do not block a port. */
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

/*
 * Binds and listens. *fd_r stays open after a failed bind (another port may be
 * tried on it) but not after a failed listen. With SO_REUSEADDR two sockets can
 * bind the same port and only listen tells.
 */
static int
listener_try(int *fd_r, const struct addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(addr, &ss);

	if (*fd_r < 0 && (*fd_r = listener_socket(addr)) < 0)
		return -1;
	if (bind(*fd_r, (struct sockaddr *)&ss, len) < 0)
		return -1;
	if (listen(*fd_r, LISTEN_BACKLOG) == 0)
		return 0;
	fd_close(fd_r);
	return -1;
}

/*
 * The first port is random (RFC 2577: no port stealing). A range of up to
 * LISTEN_TRIES ports is tried as a whole, in a larger one that many.
 */
static int
listener_open(const struct config *conf, struct addr *addr)
{
	uint32_t range = conf->passive_max - conf->passive_min + 1u;
	uint32_t start = arc4random_uniform(range), i;
	int fd = -1, err = EADDRINUSE;

	for (i = 0; i < LISTEN_TRIES && i < range; i++) {
		if (i > 0 && range > LISTEN_TRIES)
			start = arc4random_uniform(range);
		else if (i > 0)
			start = (start + 1) % range;
		addr->port = (uint16_t)(conf->passive_min + start);
		if (listener_try(&fd, addr) == 0)
			return fd;
		err = errno;
		if (err != EADDRINUSE && err != EACCES)
			break;
	}
	fd_close(&fd);
	errno = err;
	return -1;
}

/* -------------------------------------------------------------- accepting */

static bool
is_owner(const struct session *s, const struct addr *peer)
{
	size_t prefix = peer->family == 4 ? 3 : 8;

	switch (s->w->conf->peer_check) {
	case CONF_PEER_IP:
		return addr_ip_equal(peer, &s->peer);
	case CONF_PEER_NET24:
		return peer->family == s->peer.family &&
		       memcmp(peer->ip, s->peer.ip, prefix) == 0;
	case CONF_PEER_OFF:
		break;
	}
	return true;
}

void
data_complain(struct data *d, enum reason reason, const char *detail)
{
	if (!d->complained)
		session_event(d->s, (struct log_event){ .id = EVENT_REFUSE,
					.reason = reason,
					.command = "PASV",
					.detail = detail });
	d->complained = true;
}

static void
complain_of_stranger(struct data *d, enum reason reason,
    const struct addr *peer, const char *what)
{
	char text[ADDR_STRLEN], detail[2 * ADDR_STRLEN];

	(void)snprintf(detail, sizeof(detail), "%s%s",
	    addr_str(peer, text, sizeof(text)), what);
	d->s->w->counters[COUNT_DATA_STRANGER]++;
	data_complain(d, reason, detail);
}

bool
data_is_owner(struct data *d, const struct addr *peer)
{
	const struct session *s = d->s;
	bool is_proxy = s->proxied && addr_ip_equal(peer, &s->sock_peer);

	if (is_owner(s, peer))
		return true;
	complain_of_stranger(d, REASON_FOREIGN_ADDRESS, peer,
	    is_proxy && !data_wants_header(s) ? " (the proxy; see proxy_data)"
					      : "");
	return false;
}

void
data_owner_is_here(struct data *d, int fd)
{
	data_up(d, fd);
	fd_close(&d->fd);
}

/* A connection was accepted; a stranger's is closed. */
static void
admit(struct data *d, int fd, const struct addr *peer)
{
	if (data_wants_header(d->s) &&
	    conf_listen_has_proxy(session_listen(d->s), peer)) {
		data_proxy_begin(d, fd, peer);
		return;
	}
	if (data_wants_header(d->s))
		complain_of_stranger(d, REASON_PROXY_REQUIRED, peer, "");
	else if (data_is_owner(d, peer)) {
		data_owner_is_here(d, fd);
		return;
	}
	close(fd);
}

/* Out of descriptors or memory: the listener stays ready and would spin. */
static void
pause_accepting(struct data *d)
{
	uint64_t now = clock_ms();

	if (!d->complained)
		log_warn("accept of a data connection");
	d->complained = true;
	data_unwatch(d);
	if (d->deadline > now + ACCEPT_PAUSE_MS)
		timer_set(&d->timer, ACCEPT_PAUSE_MS);
}

static bool
is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS ||
	       err == ENOMEM;
}

void
data_accept(struct data *d)
{
	struct sockaddr_storage ss;
	struct addr peer;
	socklen_t len;
	int fd, tries;

	if (data_proxy_waits(d))
		return;
	/* A connection that died in the queue is an error of accept too. */
	for (tries = 0; tries < 2 * LISTEN_BACKLOG &&
			d->state == DATA_LISTENING && d->header == NULL;
	     tries++) {
		len = sizeof(ss);
		memset(&ss, 0, sizeof(ss));
		fd = accept4(d->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (fd < 0 && is_shortage(errno)) {
			pause_accepting(d);
			return;
		}
		if (fd < 0)
			continue;
		if (addr_from_sockaddr(&peer, (struct sockaddr *)&ss) == 0)
			admit(d, fd, &peer);
		else
			close(fd);
	}
	data_listen_resume(d);
}

void
data_accept_and_tell(struct data *d)
{
	data_accept(d);
	if (d->state == DATA_UP)
		data_done(d, 0);
}

static void
on_listener(evutil_socket_t fd, short what, void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	data_accept_and_tell(d);
	session_leave(s);
}

void
data_listen_resume(struct data *d)
{
	if (d->state == DATA_LISTENING && !d->watching && d->header == NULL)
		data_watch(d, d->fd, EV_READ | EV_PERSIST, on_listener);
}

int
data_listen(struct session *s, struct addr *out)
{
	const struct config *conf = s->w->conf;
	struct data *d;
	int err;

	/* The older port is free again before a new one is looked for. */
	d = data_new(s);
	d->addr = s->sock_local;
	d->fd = listener_open(conf, &d->addr);
	if (d->fd < 0) {
		err = errno;
		data_free(s);
		errno = err;
		return -1;
	}
	data_set(d, DATA_LISTENING);
	data_listen_resume(d);
	data_set_deadline(d, LISTEN_UNUSED_MS);
	*out = s->local; /* behind a proxy, that it was reached at */
	out->port = d->addr.port;
	nat_announce(&conf->passive_address, s->w->names, &s->peer, out);
	return 0;
}
