/* SPDX-License-Identifier: ISC */
/*
 * A TLS stream of ours on one end of a socket pair and a client of OpenSSL's
 * on the other, in one thread.
 *
 * The client works on memory and moves its bytes itself, so that it can count
 * what arrives: on a SEQPACKET pair each of our sends is one packet.
 */
#ifndef TESTS_UNIT_TLS_RIG_H
#define TESTS_UNIT_TLS_RIG_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/sockutil.h"
#include "common/stream.h"
#include "tests/unit/rig_cert.h"
#include "tls/tls_ctx.h"

/* A context with one certificate, CN=server; set (or NULL) overrides. Ends the
 * test if it cannot be made. Its files are in the test's directory. */
struct tls_ctx *rig_ctx(const struct tls_settings *);

/* ----------------------------------------------------------------- client */

struct rig_client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	bool mute; /* does not read the socket */
	bool eof;
	int err; /* errno of the connection */
	unsigned packets; /* received */
	size_t bytes;
	size_t last; /* size of the last packet */
	SSL_SESSION *session; /* the newest one, for the next connection */
	unsigned tickets; /* received */
};

/* Options of a client; all zero: newest version, no name, no session. */
struct rig_options {
	int version; /* TLS1_2_VERSION, ...; 0: any */
	int type; /* SOCK_STREAM (0) or SOCK_SEQPACKET */
	const char *sni;
	SSL_SESSION *resume;
	const struct rig_cert *cert;
	const char *ciphers;
	const char *groups; /* by preference */
	bool no_tickets;
	bool tcp; /* over loopback, for resets */
};

struct rig {
	struct stream st; /* ours */
	struct rig_client c;
};

extern const struct addr rig_addr; /* of all clients */

#define RIG_HYBRID "X25519MLKEM768"

/* Does this OpenSSL know the hybrid of ML-KEM and X25519 (3.5 does)? */
bool rig_knows_hybrid(void);

/* Connects; the streams are plain until started. */
void rig_open(struct rig *, const struct rig_options *);
/* ... a control connection with its handshake done (asserted). */
void rig_control(struct rig *, struct tls_ctx *, const struct rig_options *);
/* ... a data connection of it. */
void rig_data(
    struct rig *, const struct rig *control, const struct rig_options *);
void rig_close(struct rig *);
/* Closes the client's side, or resets it. */
void rig_hang_up(struct rig *);
void rig_reset(struct rig *);

/* Both sides shake hands until done (true) or one fails. */
bool rig_handshake(struct rig *);
/* Moves what the client has to send and what has arrived for it. */
void rig_pump(struct rig *);
/* Waits until our side can read, or sees the client's end. TCP takes time. */
void rig_await(struct rig *);
void rig_await_end(struct rig *);
/* Waits until our end has arrived at the client. */
void rig_await_client(struct rig *);
/* The client sends bytes outside of TLS. */
void rig_raw(struct rig *, const void *, size_t);
/* The client writes under TLS, and sends it. */
void rig_put(struct rig *, const char *);
/* The client's close_notify, sent. */
void rig_put_close(struct rig *);
/* What the client can read now, as a string in static memory. */
const char *rig_get(struct rig *);
/* Has the client seen our close_notify? */
bool rig_got_close(struct rig *);
/* Takes the client's newest session (caller frees). */
SSL_SESSION *rig_session(struct rig *);

/* Lets this many seconds pass, for time(2) alone. */
void rig_pass_time(long seconds);

/* Our side writes all of the text in one call, asserted to go at once. */
void rig_say(struct rig *, const char *);
/* Our side reads what is there into static memory; ends on a want, which goes
 * to *want_r if that is not NULL. */
const char *rig_hear(struct rig *, enum io_want *want_r);

#endif
