/* SPDX-License-Identifier: ISC */
/*
 * Passive data connections that come through a proxy: each begins with a PROXY
 * header, which says whether the client is the owner.
 *
 * One at a time is looked at, the next ones wait to be accepted. A proxy sends
 * its header with the connection, so the time that it may take is short, and
 * only proxies can take it.
 */
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/proxy.h"
#include "server/worker/data_priv.h"
#include "server/worker/session.h"

bool
data_wants_header(const struct session *s)
{
	return s->proxied && session_listen(s)->proxy_data;
}

static void on_late(void *);

void
data_proxy_init(struct data *d)
{
	d->header_fd = -1;
	timer_init(&d->header_timer, on_late, d);
}

void
data_proxy_drop(struct data *d)
{
	if (d->header_watched)
		data_unwatch(d);
	d->header_watched = false;
	timer_cancel(&d->header_timer);
	fd_close(&d->header_fd);
	free(d->header);
	d->header = NULL;
}

static void
on_late(void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	data_complain(d, REASON_PROXY_TIMEOUT, NULL);
	data_proxy_drop(d);
	data_listen_resume(d);
	session_leave(s);
}

/* The data connection is of the client of the header, or of the proxy. */
static void
take(struct data *d, const struct proxy_header *h)
{
	const struct addr *client =
	    h->has_addresses ? &h->client : &d->header_peer;
	int fd = d->header_fd;

	if (!data_is_owner(d, client)) {
		data_proxy_drop(d);
		return;
	}
	d->header_fd = -1;
	data_proxy_drop(d);
	data_owner_is_here(d, fd);
}

/* Reads on; true if it is over, whatever came of it. */
static bool
step(struct data *d)
{
	struct proxy_header h;
	const char *why;

	switch (proxy_read(d->header, d->header_fd, &h, &why)) {
	case PROXY_MORE:
		return false;
	case PROXY_OK:
		take(d, &h);
		break;
	case PROXY_BAD:
	case PROXY_END:
		data_complain(d, REASON_PROXY_HEADER, why);
		data_proxy_drop(d);
		break;
	}
	return true;
}

static void
on_header(evutil_socket_t fd, short what, void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	if (step(d))
		data_accept_and_tell(d);
	session_leave(s);
}

bool
data_proxy_waits(struct data *d)
{
	return d->header != NULL && !step(d);
}

void
data_proxy_begin(struct data *d, int fd, const struct addr *peer)
{
	d->header = xcalloc(1, sizeof(*d->header));
	d->header_fd = fd;
	d->header_peer = *peer;
	if (step(d))
		return;
	data_unwatch(d);
	data_watch(d, fd, EV_READ | EV_PERSIST, on_header);
	d->header_watched = true;
	timer_set(
	    &d->header_timer, d->s->w->conf->proxy_timeout * UINT64_C(1000));
}
