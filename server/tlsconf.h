/* SPDX-License-Identifier: ISC */
/*
 * The TLS contexts of a configuration, one for each of its listen blocks.
 *
 * Whoever may read the keys (the monitor, ternftpd -t) makes them; workers
 * inherit them. Immutable; certificates that have changed make a new set.
 */
#ifndef SERVER_TLSCONF_H
#define SERVER_TLSCONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "server/conf.h"

struct tls_ctx;
struct tls_keyring;
struct tlsconf;

/*
 * Reads certificates and keys. Where none is configured the self-signed one is
 * taken, and made first if it does not exist (create; else, for -t, that is
 * only said). NULL and *err_r (heap, one line per problem, with file and what
 * to do) if a configured file is of no use, or if a listener that needs TLS
 * would have none. Where TLS is only optional and no certificate could be made,
 * it is off there and warn_r (heap or NULL) says why.
 */
struct tlsconf *tlsconf_new(
    const struct config *, bool create, char **err_r, char **warn_r);
/* The same for workers: unless key_process is off, the private keys are in a
 * ring (tls/tls_keyring.h) and not in the contexts, whose handshakes then ask
 * for their use. */
struct tlsconf *tlsconf_new_serving(
    const struct config *, bool create, char **err_r, char **warn_r);
void tlsconf_free(struct tlsconf *);
/* The context of conf->listens[listener]; NULL: no TLS there. */
struct tls_ctx *tlsconf_ctx(const struct tlsconf *, uint16_t listener);
/* The ring of all keys; NULL: there is none, or no key in it. */
struct tls_keyring *tlsconf_keyring(const struct tlsconf *);
/* In a child that has no business with it. */
void tlsconf_drop_keyring(struct tlsconf *);
/* Has any of the files changed? True once per change. */
bool tlsconf_changed(struct tlsconf *);
/* When the first certificate in use expires, and its file; 0 if there is no
 * TLS at all. */
int64_t tlsconf_not_after(const struct tlsconf *, const char **file_r);

enum tlsconf_age {
	TLSCONF_FRESH,
	TLSCONF_OLD, /* it must be renewed within days */
	TLSCONF_EXPIRED,
};

/* How old the first one to expire is; unless it is fresh, text has it in words.
 */
enum tlsconf_age tlsconf_age(const struct tlsconf *, char *text, size_t size);
/* Fingerprint of the first certificate, or NULL. */
const char *tlsconf_fingerprint(const struct tlsconf *);
/*
 * For -t: certificates, keys, authorities, the file of ticket keys; creates
 * nothing. Returns the number of problems, each written as a line to out, as
 * conf_check() does.
 */
int tlsconf_check(const struct config *, FILE *out);

#endif
