/* SPDX-License-Identifier: ISC */
/*
 * TLS of a dialogue's client, on the control connection and on data
 * connections: OpenSSL on memory, which moves its bytes itself, so that
 * packets and records can be counted.
 */
#ifndef TESTS_DIALOG_TLS_CLIENT_H
#define TESTS_DIALOG_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls_client; /* what its connections have in common */

enum tls_client_version {
	TLS_CLIENT_1_2,
	TLS_CLIENT_1_3
};

/* Makes NAME.crt, its own authority, and NAME.key in the test's directory. */
void tls_client_certify(
    const char *name, const char **cert_r, const char **key_r);
/* With a certificate, or NULL and NULL. */
struct tls_client *tls_client_new(
    enum tls_client_version, const char *cert, const char *key);
/* From now on it says which host it means (SNI). */
void tls_client_ask(struct tls_client *, const char *name);
void tls_client_free(struct tls_client *);

/* One connection. */
struct tls_end {
	struct ssl_st *ssl;
	int fd; /* of the owner */
	bool up; /* the handshake is done */
	bool resumed; /* ... with a session of before */
	bool closed; /* the peer has said close_notify */
	bool failed; /* violation of the protocol, or an alert */
	bool eof; /* the peer has ended the connection */
	int err; /* errno of the connection, or 0 */
	/* received; the owner may count anew */
	unsigned records; /* with replies or data */
	unsigned tickets; /* TLS 1.3 */
	/* said before the handshake was done; sent then */
	char *waiting;
	size_t nwaiting;
	bool closing, fin;
};

enum tls_end_session {
	TLS_END_CONTROL, /* fresh; the newest one is for data connections */
	TLS_END_RESUME, /* that one */
	TLS_END_FRESH,
	TLS_END_STRANGER, /* fresh, and without the certificate */
};

/* The handshake begins. */
struct tls_end *tls_end_new(struct tls_client *, int fd, enum tls_end_session);
void tls_end_free(struct tls_end *);

/* Goes on with the handshake as far as that is possible now. */
void tls_end_step(struct tls_end *);
/* Sends bytes; as soon as the handshake is done. */
void tls_end_put(struct tls_end *, const char *p, size_t len);
/* Sends close_notify, and ends our side if told; as soon as ... */
void tls_end_close(struct tls_end *, bool fin);

/* Receives one packet (or what there is of a stream); false: nothing came. */
bool tls_end_take(struct tls_end *);
/* The bytes of what was received, into out; at most size. */
size_t tls_end_get(struct tls_end *, char *out, size_t size);
/*
 * As recv(2): 0 is close_notify and the end, or an end before the handshake was
 * done; EPROTO an end without close_notify, or what is no TLS.
 */
ssize_t tls_end_recv(struct tls_end *, char *out, size_t size);

#endif
