/* SPDX-License-Identifier: ISC */
/*
 * Active data connections: we connect to the client, from the address that it
 * (or its proxy) reached us at and, if so configured, from port 20 (old packet
 * filters let only that in).
 *
 * Port 20 needs privilege, so the monitor binds it and hands the socket over;
 * when that fails, or the port is still busy with the same peer, any port does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "server/worker/data_priv.h"
#include "server/worker/mon.h"
#include "server/worker/session.h"

static uint32_t last_serial; /* of requests for a source port */

static int
active_socket(const struct addr *control)
{
	int on = 1, fd, family = control->family == 6 ? AF_INET6 : AF_INET;
	struct sockaddr_storage ss;
	struct addr local = *control;
	socklen_t len;

	local.port = 0;
	len = addr_to_sockaddr(&local, &ss);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Choosing a port at bind time is slow among many in TIME_WAIT. The
	 * option is one of IPPROTO_IP for IPv6 sockets too. */
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	log_warn("bind of a data connection");
	close(fd);
	return -1;
}

/*
 * A second connect() tells how the first is doing: on a near network it is
 * already through, which saves waiting for an event.
 */
static int
connect_step(const struct data *d)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&d->addr, &ss);
	int tries;

	for (tries = 0; tries < 2; tries++) {
		if (connect(d->fd, (struct sockaddr *)&ss, len) == 0 ||
		    errno == EISCONN)
			return 0;
		if (errno != EINPROGRESS && errno != EINTR)
			break;
	}
	return errno == EALREADY || errno == EINTR ? EINPROGRESS : errno;
}

static void on_connect(evutil_socket_t, short, void *);

/* Goes on until the connection is up, waits for an event, or failed. */
static void
connect_run(struct data *d)
{
	int err = connect_step(d);

	if (d->bound && (err == EADDRINUSE || err == EADDRNOTAVAIL)) {
		d->bound = false;
		fd_close(&d->fd);
		d->fd = active_socket(&d->s->sock_local);
		err = d->fd < 0 ? errno : connect_step(d);
	}
	if (err == EINPROGRESS) {
		data_watch(d, d->fd, EV_WRITE, on_connect);
		return;
	}
	if (err == 0) {
		data_up(d, d->fd);
		d->fd = -1;
	}
	data_done(d, err);
}

static void
on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	data_unwatch(d);
	connect_run(d);
	session_leave(s);
}

static void
connect_anywhere(struct data *d)
{
	d->fd = active_socket(&d->s->sock_local);
	if (d->fd < 0)
		data_done(d, errno);
	else
		connect_run(d);
}

void
data_connect(struct data *d)
{
	data_set(d, DATA_CONNECTING);
	if (d->s->w->conf->active_port_20) {
		d->serial = ++last_serial;
		mon_source_port(d->s, d->serial);
	} else
		connect_anywhere(d);
}

void
data_source_port(struct session *s, uint32_t serial, int err, int fd)
{
	struct data *d = s->data;

	if (d == NULL || d->serial != serial || d->fd != -1) {
		if (fd >= 0)
			close(fd);
		return;
	}
	d->serial = 0;
	if (err != 0 || fd < 0 || fd_set_nonblock(fd, true) < 0) {
		if (fd >= 0)
			close(fd);
		connect_anywhere(d);
		return;
	}
	d->fd = fd;
	d->bound = true;
	connect_run(d);
}
