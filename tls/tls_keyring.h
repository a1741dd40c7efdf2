/* SPDX-License-Identifier: ISC */
/*
 * The private keys of one set of contexts, for the process that signs with
 * them.
 *
 * Whoever reads the files of keys puts them into a ring, and keeps numbers. The
 * ring is a sealed file in memory that this process does not map: it has a
 * descriptor to give to a signer and no key bytes of its own, nor have those
 * that it forks. The ring stays what it was made from; renewed keys are another
 * ring.
 */
#ifndef TLS_TLS_KEYRING_H
#define TLS_TLS_KEYRING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tls/tls_keyop.h"

struct tls_keyring;

/* NULL and *err_r if the system has no such files. */
struct tls_keyring *tls_keyring_new(char **err_r);
struct tls_keyring *tls_keyring_ref(struct tls_keyring *);
void tls_keyring_unref(struct tls_keyring *);
/* Nothing is added from now on. 0, or -1 and *err_r. */
int tls_keyring_seal(struct tls_keyring *, char **err_r);
size_t tls_keyring_count(const struct tls_keyring *);
int tls_keyring_fd(const struct tls_keyring *);

/* ------------------------------------------------- in the process that signs
 */

struct tls_signer;

/* From the descriptor of a ring, which stays the caller's. NULL and *err_r. */
struct tls_signer *tls_signer_new(int fd, char **err_r);
void tls_signer_free(struct tls_signer *);
/*
 * Does it: the length of what came out, or -1 and why in one line, good until
 * the next call. Takes any operation for what it is worth.
 */
ssize_t tls_signer_do(struct tls_signer *, const struct tls_keyop *,
    uint8_t *out, size_t size, const char **why_r);

#endif
