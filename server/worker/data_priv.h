/* SPDX-License-Identifier: ISC */
/*
 * The inside of a data connection, shared by data*.c only.
 */
#ifndef SERVER_WORKER_DATA_PRIV_H
#define SERVER_WORKER_DATA_PRIV_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/log_event.h"
#include "common/timer.h"
#include "server/worker/data.h"

struct proxy_reader; /* common/proxy.h */

/*
 * Allocated while there is an endpoint. One that is left in state DATA_NONE
 * remembers a listener nobody used in time: such a client is passive, so the
 * default data port is not tried for it.
 */
struct data {
	struct session *s;
	enum data_state state;
	int fd; /* the listener, or what is connecting, or -1 */
	struct stream st; /* DATA_UP: the connection, else its fd is -1 */
	struct event ev; /* on either, while watching */
	bool watching;
	bool complained; /* in the log, once per listener */
	bool bound; /* fd has the source port that the monitor gave */
	struct timer timer; /* deadline, or the end of a pause before it */
	uint64_t deadline; /* clock_ms() */
	struct addr addr; /* what we listen on or connect to */
	data_cb *cb; /* a transfer waits */
	/* data_proxy.c: what was accepted, and its header, while that has not
	 * told whether it is the owner's; else -1 and NULL. */
	int header_fd;
	bool header_watched; /* in place of the listener */
	struct proxy_reader *header;
	struct addr header_peer;
	struct timer header_timer;
	uint32_t serial; /* of the request for a source port; 0 = none */
};

/* The only place where the state changes. */
void data_set(struct data *, enum data_state);
/* The session's struct data, fresh and in DATA_NONE. */
struct data *data_new(struct session *);
void data_watch(struct data *, int fd, short what, event_callback_fn);
void data_unwatch(struct data *);
void data_set_deadline(struct data *, uint64_t ms);
/* fd is the connection: DATA_UP. */
void data_up(struct data *, int fd);
/* The connection is up (0) or will not be (errno): tells who waits. */
void data_done(struct data *, int err);
/* DATA_UP: it is one for TLS, if PROT says so. */
void data_tls_begin(struct data *);
/* Nobody waits for the connection: TLS begins when the client begins it. */
void data_tls_await(struct data *);

/* Accepts what is there: the owner's connection makes the state DATA_UP. */
void data_accept(struct data *);
/* The same, and tells who waits. */
void data_accept_and_tell(struct data *);
/* May a connection of this address be the one? If not, the log hears of it. */
bool data_is_owner(struct data *, const struct addr *);
/* It is the owner's: DATA_UP. */
void data_owner_is_here(struct data *, int fd);
/* Must connections begin with the header of a proxy? */
bool data_wants_header(const struct session *);
void data_proxy_init(struct data *);
/* Was one accepted whose header is not yet there? Looks for it. */
bool data_proxy_waits(struct data *);
/* fd comes from a proxy: its header decides, now or later. */
void data_proxy_begin(struct data *, int fd, const struct addr *peer);
void data_proxy_drop(struct data *);
/* For the log, once per listener. */
void data_complain(struct data *, enum reason, const char *detail);
/* Watches the listener again after a pause. */
void data_listen_resume(struct data *);
/* DATA_TARGET: starts connecting. */
void data_connect(struct data *);

#endif
