/* SPDX-License-Identifier: ISC */
/*
 * Whose session does a data connection resume?
 *
 * A ticket of ours carries, encrypted, the random id of the control connection
 * that it was made for and, once somebody has logged in there, a digest of
 * account and client address. So any process with the ticket keys can tell
 * what a resumed data connection belongs to, without a table, under TLS 1.2
 * and 1.3. Clients that open several control connections with one cache offer
 * tickets of a sibling (users: R1.2); those are TLS_REUSE_SAME_ACCOUNT. Where
 * one control connection has resumed another's session, the client has shown
 * that both are its own: their tickets name the first of them, the root, and
 * each other's are TLS_REUSE_OWN.
 *
 * Under TLS 1.2 tickets come with the handshake, before the login, and cannot
 * name the account. For them control connections are listed, with the account
 * that has logged in there last, in memory that all processes share, if
 * tls_reuse_share() was called before forking. The sessions of clients that
 * want no tickets lie there too.
 */
#ifndef TLS_TLS_REUSE_H
#define TLS_TLS_REUSE_H

#include <stdbool.h>

struct stream;

enum tls_reuse {
	TLS_REUSE_NONE, /* a session of its own */
	TLS_REUSE_OWN, /* of its control connection, or resumed from the same
			  first one */
	TLS_REUSE_SAME_ACCOUNT, /* of the same account, from the same address */
	TLS_REUSE_UNKNOWN, /* where nobody is known to have logged in */
	TLS_REUSE_FOREIGN, /* of somebody else: refuse */
};

/* Once, before any fork, by the ancestor of all that speak TLS. */
void tls_reuse_share(void);
/* In processes that do not: what is shared is no business of theirs. */
void tls_reuse_forget(void);

/*
 * Who has logged in on a control connection; NULL: nobody (REIN, USER). Binds
 * the tickets made from now on. Also after the stream has left TLS.
 */
void tls_stream_set_account(struct stream *control, const char *account);

/*
 * A fresh ticket goes out with the next writev, in the same send (R1.1): call
 * it before 227, 229 and the 200 of PORT and EPRT. TLS 1.3 only, else nothing
 * happens (1.2 has its ticket from the handshake). Any stream. No ticket
 * leaves on a control connection unless asked for here.
 */
void tls_stream_new_ticket(struct stream *control);

/* What a data connection resumed; after its handshake. */
enum tls_reuse tls_stream_reuse(const struct stream *data);
/* "none", "own", "same account", "unknown", "foreign". */
const char *tls_reuse_str(enum tls_reuse);

#endif
