/* SPDX-License-Identifier: ISC */
/*
 * A message authentication code, for those who keep secrets only to recognise
 * them: HMAC-SHA-256 (RFC 2104).
 */
#ifndef TLS_TLS_MAC_H
#define TLS_TLS_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_MAC_LEN 32

void tls_mac(const uint8_t key[TLS_MAC_LEN], const void *p, size_t len,
    uint8_t out[TLS_MAC_LEN]);
/* HMAC-SHA-1, for one-time passwords (RFC 4226). */
#define TLS_SHA1_LEN 20
void tls_mac_sha1(const uint8_t *key, size_t keylen, const void *p, size_t len,
    uint8_t out[TLS_SHA1_LEN]);
/* Takes the same time wherever the first difference stands. */
bool tls_mac_equal(const uint8_t a[TLS_MAC_LEN], const uint8_t b[TLS_MAC_LEN]);

#endif
