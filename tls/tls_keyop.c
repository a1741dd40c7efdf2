/* SPDX-License-Identifier: ISC */
/*
 * Operations of private keys as messages, and what of them belongs to a
 * handshake.
 */
#include "tls/tls_keyop.h"

#include <stdbool.h>
#include <string.h>

#include "common/mem.h"

#define RANDOMS 64 /* of client and server, before what TLS 1.2 signs */

void
tls_keyop_put(struct wbuf *w, const struct tls_keyop *op)
{
	put_u16(w, op->key);
	put_u8(w, op->kind);
	put_u8(w, op->hash);
	put_u16(w, op->version);
	put_bytes(w, op->in, op->len);
}

#define ANY_HASH (((1u << TLS_HASH_COUNT) - 1) & ~(1u << TLS_HASH_NONE))

/* The hashes of each kind, as bits. */
static const unsigned hashes[] = {
	[TLS_OP_RSA_PKCS1] = ANY_HASH,
	[TLS_OP_RSA_PSS] = 1u << TLS_HASH_SHA256 | 1u << TLS_HASH_SHA384 |
			   1u << TLS_HASH_SHA512,
	[TLS_OP_ECDSA] = ANY_HASH & ~(1u << TLS_HASH_MD5_SHA1),
	[TLS_OP_EDDSA] = 1u << TLS_HASH_NONE,
	[TLS_OP_RSA_DECRYPT] = 1u << TLS_HASH_NONE,
};

void
tls_keyop_get(struct rbuf *r, struct tls_keyop *op)
{
	memset(op, 0, sizeof(*op));
	op->key = get_u16(r);
	op->kind = get_u8(r);
	op->hash = get_u8(r);
	op->version = get_u16(r);
	op->in = get_bytes(r, &op->len);
	if (op->kind >= TLS_OP_COUNT || op->hash >= TLS_HASH_COUNT ||
	    (hashes[op->kind] & 1u << op->hash) == 0 || op->len == 0 ||
	    op->len > TLS_KEYOP_IN_MAX)
		r->err = 1;
}

/* ------------------------------------------------------------- handshakes */
/* The bytes of a 16-bit length and what it counts; false if there are less. */
static bool
skip_vector(const uint8_t **p, const uint8_t *end)
{
	size_t len;

	if (end - *p < 2)
		return false;
	len = (size_t)(*p)[0] << 8 | (*p)[1];
	if ((size_t)(end - *p) - 2 < len || len == 0)
		return false;
	*p += 2 + len;
	return true;
}

/* RFC 8422 5.4: a named curve and a point. */
static bool
is_ecdh(const uint8_t *p, const uint8_t *end)
{
	return end - p > 4 && p[0] == 3 && p[3] == end - p - 4;
}

/* RFC 5246 7.4.3: a prime, a generator and a public value. */
static bool
is_dh(const uint8_t *p, const uint8_t *end)
{
	int i;

	for (i = 0; i < 3; i++)
		if (!skip_vector(&p, end))
			return false;
	return p == end;
}

/* RFC 8446 4.4.3, with a transcript of SHA-256 or SHA-384. */
static bool
is_certificate_verify(const uint8_t *p, size_t len)
{
	static const char label[] = "TLS 1.3, server CertificateVerify";
	size_t i, head = 64 + sizeof(label); /* its NUL is part of it */

	if (len != head + 32 && len != head + 48)
		return false;
	for (i = 0; i < 64; i++)
		if (p[i] != ' ')
			return false;
	return memcmp(p + 64, label, sizeof(label)) == 0;
}

int
tls_keyop_is_handshake(const struct tls_keyop *op)
{
	const uint8_t *end = op->in + op->len;

	if (op->kind == TLS_OP_RSA_DECRYPT)
		return 1;
	if (is_certificate_verify(op->in, op->len))
		return 1;
	return op->len > RANDOMS &&
	       (is_ecdh(op->in + RANDOMS, end) || is_dh(op->in + RANDOMS, end));
}
