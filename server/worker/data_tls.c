/* SPDX-License-Identifier: ISC */
/*
 * TLS on a data connection that no transfer has taken yet: some clients shake
 * hands before they send the command, and wait for it (R0b B).
 *
 * Nothing is begun before the client's first bytes, and how it went is for the
 * transfer to find out.
 */
#include "server/worker/data_priv.h"
#include "server/worker/session.h"
#include "tls/tls_stream.h"

static void on_event(evutil_socket_t, short, void *);

void
data_tls_begin(struct data *d)
{
	if (d->s->private && !tls_stream_is_tls(&d->st))
		tls_stream_start_data(&d->st, &d->s->ctl);
}

static void
step(struct data *d)
{
	data_tls_begin(d);
	switch (d->st.ops->handshake(&d->st)) {
	case IO_WANT_READ:
		data_watch(d, d->st.fd, EV_READ, on_event);
		break;
	case IO_WANT_WRITE:
		data_watch(d, d->st.fd, EV_WRITE, on_event);
		break;
	default:
		break;
	}
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	data_unwatch(d);
	step(d);
	session_leave(s);
}

void
data_tls_await(struct data *d)
{
	if (d->s->private)
		data_watch(d, d->st.fd, EV_READ, on_event);
}

void
data_prot(struct session *s)
{
	struct data *d = s->data;

	if (data_state(s) != DATA_UP)
		return;
	data_unwatch(d);
	if (s->private)
		data_tls_await(d);
	else if (tls_stream_is_tls(&d->st))
		data_close(s);
}
