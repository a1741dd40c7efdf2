/* SPDX-License-Identifier: ISC */
/*
 * The parts of the provider of keys that other processes hold. Private to this
 * folder.
 */
#ifndef TLS_TLS_REMOTE_H
#define TLS_TLS_REMOTE_H

#include <openssl/core.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls_keyop;

struct remote {
	const char *type; /* as OpenSSL names it */
	EVP_PKEY *pub; /* the default provider's */
	uint16_t key;
	bool secret; /* false: pub is all there is */
};

/* Sets op->key, and has it done. */
ssize_t tls_remote_ask(
    const struct remote *, struct tls_keyop *, uint8_t *out, size_t size);

#define FUNCTION(id, f)                 \
	{                               \
		id, (void (*)(void))(f) \
	}
#define FUNCTIONS_END   \
	{               \
		0, NULL \
	}

/* What libssl needs of the signatures of all kinds, and of RSA's decryption. */
extern const OSSL_DISPATCH tls_remote_signature[];
extern const OSSL_DISPATCH tls_remote_cipher[];

#endif
