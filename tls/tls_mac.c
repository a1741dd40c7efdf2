/* SPDX-License-Identifier: ISC */
/*
 * HMAC of OpenSSL.
 */
#include "tls/tls_mac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/log.h"

void
tls_mac(const uint8_t key[TLS_MAC_LEN], const void *p, size_t len,
    uint8_t out[TLS_MAC_LEN])
{
	if (HMAC(EVP_sha256(), key, TLS_MAC_LEN, p, len, out, NULL) == NULL)
		diex("no HMAC-SHA-256 in this OpenSSL");
}

void
tls_mac_sha1(const uint8_t *key, size_t keylen, const void *p, size_t len,
    uint8_t out[TLS_SHA1_LEN])
{
	if (HMAC(EVP_sha1(), key, (int)keylen, p, len, out, NULL) == NULL)
		diex("no HMAC-SHA-1 in this OpenSSL");
}

bool
tls_mac_equal(const uint8_t a[TLS_MAC_LEN], const uint8_t b[TLS_MAC_LEN])
{
	return CRYPTO_memcmp(a, b, TLS_MAC_LEN) == 0;
}
