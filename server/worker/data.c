/* SPDX-License-Identifier: ISC */
/*
 * The data connection's machine: which endpoint a session has, and what became
 * of it. data_listen.c accepts, data_connect.c connects, data_linger.c ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/data_priv.h"
#include "server/worker/session.h"

#define PORT_MIN 1024 /* below are other people's services (RFC 2577) */

static const char *const state_names[] = {
	[DATA_NONE] = "none",
	[DATA_TARGET] = "target",
	[DATA_LISTENING] = "listening",
	[DATA_CONNECTING] = "connecting",
	[DATA_UP] = "up",
};

void
data_set(struct data *d, enum data_state state)
{
	log_debug("session %llu: data %s -> %s", (unsigned long long)d->s->id,
	    state_names[d->state], state_names[state]);
	d->state = state;
}

enum data_state
data_state(const struct session *s)
{
	return s->data == NULL ? DATA_NONE : s->data->state;
}

bool
data_is_up(struct session *s)
{
	if (data_state(s) == DATA_LISTENING)
		data_accept(s->data);
	return data_state(s) == DATA_UP;
}

/*
 * RFC 959 3.2: without PORT or PASV we connect to the port that the control
 * connection comes from. Not for a client that let a listener expire (it would
 * only wait for our timeout) and never after EPSV ALL (RFC 2428).
 */
static bool
has_default(const struct session *s)
{
	const struct config *conf = s->w->conf;

	return s->data == NULL && conf->active && conf->default_data_port &&
	       !s->epsv_all && s->peer.port >= PORT_MIN;
}

bool
data_is_possible(const struct session *s)
{
	return data_state(s) != DATA_NONE || has_default(s);
}

/* --------------------------------------------------------------- lifetime */

static void
on_timer(void *arg)
{
	struct data *d = arg;
	struct session *s = d->s;

	session_enter(s);
	if (clock_ms() < d->deadline) {
		data_set_deadline(d, d->deadline - clock_ms());
		data_listen_resume(d);
	} else if (d->cb != NULL) {
		data_done(d, ETIMEDOUT);
	} else {
		data_proxy_drop(d);
		data_unwatch(d);
		fd_close(&d->fd);
		data_set(d, DATA_NONE);
	}
	session_leave(s);
}

struct data *
data_new(struct session *s)
{
	struct data *d;

	data_close(s);
	d = xcalloc(1, sizeof(*d));
	d->s = s;
	d->fd = -1;
	stream_init_plain(&d->st, -1);
	timer_init(&d->timer, on_timer, d);
	data_proxy_init(d);
	s->data = d;
	return d;
}

void
data_free(struct session *s)
{
	struct data *d = s->data;

	if (d == NULL)
		return;
	data_proxy_drop(d);
	data_unwatch(d);
	timer_cancel(&d->timer);
	stream_close(&d->st);
	fd_close(&d->fd);
	free(d);
	s->data = NULL;
}

void
data_watch(struct data *d, int fd, short what, event_callback_fn cb)
{
	event_assign(&d->ev, d->s->w->base, fd, what, cb, d);
	event_add(&d->ev, NULL);
	d->watching = true;
}

void
data_unwatch(struct data *d)
{
	if (d->watching)
		event_del(&d->ev);
	d->watching = false;
}

void
data_set_deadline(struct data *d, uint64_t ms)
{
	d->deadline = clock_ms() + ms;
	timer_set(&d->timer, ms);
}

void
data_up(struct data *d, int fd)
{
	data_unwatch(d);
	timer_cancel(&d->timer);
	stream_init_plain(&d->st, fd);
	data_set(d, DATA_UP);
}

void
data_done(struct data *d, int err)
{
	struct session *s = d->s;
	data_cb *cb = d->cb;

	d->cb = NULL;
	if (err != 0)
		data_free(s);
	if (cb != NULL)
		cb(s, err);
	else if (err == 0)
		data_tls_await(d);
}

/* ----------------------------------------------------------- for commands */

void
data_target(struct session *s, const struct addr *addr)
{
	struct data *d = data_new(s);

	d->addr = *addr;
	data_set(d, DATA_TARGET);
}

/* Returns the time the connection may take, in ms. */
static uint64_t
open_timeout(struct session *s)
{
	const struct config *conf = s->w->conf;

	if (data_state(s) == DATA_LISTENING)
		return conf->accept_timeout * UINT64_C(1000);
	if (data_state(s) != DATA_NONE)
		return conf->connect_timeout * UINT64_C(1000);
	/* A client that merely forgot PASV must not hang. */
	data_target(s, &s->peer);
	return 10 * 1000;
}

void
data_open(struct session *s, data_cb *cb)
{
	uint64_t timeout;

	if (!data_is_possible(s)) {
		data_free(s);
		cb(s, ENOTCONN);
		return;
	}
	if (data_is_up(s)) {
		cb(s, 0);
		return;
	}
	timeout = open_timeout(s);
	s->data->cb = cb;
	data_set_deadline(s->data, timeout);
	if (data_state(s) == DATA_TARGET)
		data_connect(s->data);
	else
		data_listen_resume(s->data);
}

void
data_take(struct session *s, struct stream *st)
{
	stream_init_plain(st, -1);
	if (data_state(s) == DATA_UP) {
		*st = s->data->st;
		stream_init_plain(&s->data->st, -1);
	}
	data_free(s);
}

void
data_refused(struct session *s)
{
	struct stream st;

	if (!data_is_up(s))
		return;
	data_tls_begin(s->data);
	data_take(s, &st);
	data_linger_later(s->w, &st);
}

void
data_close(struct session *s)
{
	data_refused(s);
	data_free(s);
}

const char *
data_str(const struct session *s, char *out, size_t size)
{
	char ip[ADDR_STRLEN];

	switch (data_state(s)) {
	case DATA_NONE:
		snprintf(out, size, "none");
		break;
	case DATA_TARGET:
	case DATA_CONNECTING:
		snprintf(out, size, "active, to %s",
		    addr_str(&s->data->addr, ip, sizeof(ip)));
		break;
	case DATA_LISTENING:
		snprintf(out, size, "passive port %u", s->data->addr.port);
		break;
	case DATA_UP:
		snprintf(out, size, "connected");
		break;
	}
	return out;
}
