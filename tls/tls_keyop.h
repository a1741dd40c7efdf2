/* SPDX-License-Identifier: ISC */
/*
 * What handshakes need private keys for, as something that can be asked of
 * another process: who talks to clients then holds certificates only.
 *
 * An operation names its key by its number in the ring (tls/tls_keyring.h) that
 * the contexts were made with. What is to be signed comes whole, not as a
 * digest, so that whoever holds the key sees what it is: nothing but the
 * messages of a TLS handshake is signed.
 */
#ifndef TLS_TLS_KEYOP_H
#define TLS_TLS_KEYOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"

enum tls_keyop_kind {
	TLS_OP_RSA_PKCS1, /* up to TLS 1.2 */
	TLS_OP_RSA_PSS,
	TLS_OP_ECDSA,
	TLS_OP_EDDSA,
	TLS_OP_RSA_DECRYPT, /* the legacy profile's key exchange by RSA */
	TLS_OP_COUNT
};

enum tls_hash {
	TLS_HASH_NONE, /* of EdDSA and decryption */
	TLS_HASH_MD5_SHA1,
	TLS_HASH_SHA1,
	TLS_HASH_SHA224,
	TLS_HASH_SHA256,
	TLS_HASH_SHA384,
	TLS_HASH_SHA512,
	TLS_HASH_COUNT
};

struct tls_keyop {
	uint16_t key;
	uint8_t kind, hash;
	uint16_t version; /* decryption: the one that the client offers */
	const uint8_t *in; /* what is to be signed or decrypted */
	size_t len;
};

/* The parameters of DHE with 8,192 bits, or a block of RSA with 16,384. */
#define TLS_KEYOP_IN_MAX 4096
#define TLS_KEYOP_OUT_MAX 2048

/* For messages; get leaves an error in the cursor if anything is odd, and in
 * points into the message. */
void tls_keyop_put(struct wbuf *, const struct tls_keyop *);
void tls_keyop_get(struct rbuf *, struct tls_keyop *);
/* Does this process sign that? Handshake messages, whole and in order. */
int tls_keyop_is_handshake(const struct tls_keyop *);

/*
 * How this process asks for it: the length of what came out, or -1 after a line
 * in the log. Waits, but not for long.
 */
typedef ssize_t tls_keyop_cb(
    void *arg, const struct tls_keyop *, uint8_t *out, size_t size);
void tls_keyop_use(tls_keyop_cb *, void *arg);

#endif
