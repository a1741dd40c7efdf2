/* SPDX-License-Identifier: ISC */
/*
 * The data connection of a session: endpoint, listener, connecting, accepting
 * (protocol: RFC 959 3.2, RFC 1579, RFC 2428; docs/design.md).
 *
 *   NONE -> TARGET (PORT, EPRT)   -> CONNECTING -> UP
 *   NONE -> LISTENING (PASV, EPSV) ---------------> UP (accepted early)
 *
 * A listener takes a random port of the range, accepts only the control peer's
 * address (a stranger is closed and the listener stays), and closes when the
 * owner's connection is there. The transfer takes the connection over with
 * data_take(), be TLS not begun, begun or up on it: under PROT P the handshake
 * starts when the client wants (R0b B).
 */
#ifndef SERVER_WORKER_DATA_H
#define SERVER_WORKER_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sockutil.h"
#include "common/stream.h"

struct session;
struct worker;

enum data_state {
	DATA_NONE,
	DATA_TARGET,
	DATA_LISTENING,
	DATA_CONNECTING,
	DATA_UP, /* connected, no data read, nobody has taken it */
};

enum data_state data_state(const struct session *);
/*
 * Is the connection up? Accepts one that has already come but was not yet
 * noticed; never waits.
 */
bool data_is_up(struct session *);
/* Is there an endpoint, or may the default data port be tried? If not, a
 * transfer is refused with 425 before anything else happens. */
bool data_is_possible(const struct session *);

/*
 * Opens a listener on the control connection's local address and sets *out to
 * what 227 or 229 announces. Replaces an older endpoint. 0, or -1 with errno
 * (EADDRINUSE: no port of the range is free).
 */
int data_listen(struct session *, struct addr *out);
/* PORT, EPRT. The caller has checked the address. */
void data_target(struct session *, const struct addr *);
/*
 * Makes the connection for a transfer; cb runs once, at once or later, inside
 * a turn: err 0 (DATA_UP), or an errno (ETIMEDOUT, ECONNREFUSED, ENOTCONN when
 * there is no endpoint and no default data port). With no endpoint the default
 * data port is tried where the configuration allows.
 */
typedef void data_cb(struct session *, int err);
void data_open(struct session *, data_cb *);
/* Takes the connection (its fd is -1 if there is none); the state becomes NONE.
 */
void data_take(struct session *, struct stream *);
/* PROT has changed: a connection in TLS is of no use under PROT C. */
void data_prot(struct session *);
/*
 * Forgets the endpoint and closes what is open: a connection in an orderly way
 * (nothing was promised on it) after this turn's replies, a listener at once.
 */
void data_close(struct session *);
/* A refusal before the 150: an accepted connection is closed after the reply,
 * a listener nobody came to stays for the next command (R interop 43). */
void data_refused(struct session *);
void data_free(struct session *);

/* The monitor's answer to mon_source_port(); takes fd over (or err). */
void data_source_port(struct session *, uint32_t serial, int err, int fd);
/* "passive port 50123" for STAT, into out. */
const char *data_str(const struct session *, char *out, size_t size);

/*
 * Lets a socket end in an orderly way without its session: FIN, then read and
 * discard until EOF, 2 s of silence, 10 s or 8 MiB, then close. Takes fd over.
 */
void data_linger(struct worker *, int fd);
/*
 * The same, but the end (in TLS: of the handshake, and close_notify) leaves
 * after this turn's replies (R0b H). Takes the stream over; its fd becomes -1.
 */
void data_linger_later(struct worker *, struct stream *);
/* Closes all that linger (the worker ends). */
void data_linger_clear(void);

#endif
