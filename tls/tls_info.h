/* SPDX-License-Identifier: ISC */
/*
 * What was negotiated, and who the client is by its certificate: for STAT, the
 * log and the mapping of certificates to accounts.
 *
 * Strings that the client chose may hold anything but NUL: log_vis() them.
 */
#ifndef TLS_TLS_INFO_H
#define TLS_TLS_INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "tls/tls_ctx.h"

struct stream;

struct tls_info {
	const char *protocol; /* "TLSv1.3" */
	const char *cipher; /* "TLS_AES_256_GCM_SHA384" */
	char group[32]; /* "x25519"; "" if none or unknown */
	char sni[256]; /* the name that the client asked for, or "" */
	bool resumed;
	bool kernel; /* the kernel encrypts what we send */
	bool has_cert; /* the client has shown a certificate, and it is valid */
};

/* False if the stream is not in TLS or its handshake not done. */
bool tls_info_get(const struct stream *, struct tls_info *);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384 x25519 resumed", into out. */
const char *tls_info_str(const struct stream *, char *out, size_t size);

#define TLS_CERT_SANS 16

struct tls_cert_name {
	enum tls_san {
		TLS_SAN_DNS,
		TLS_SAN_EMAIL,
		TLS_SAN_URI,
		TLS_SAN_UPN
	} kind;
	char *value;
};

/* The client's certificate (also that of a resumed session). */
struct tls_client_cert {
	char *subject; /* RFC 2253: "CN=joe,O=Example" */
	char *issuer;
	char *cn; /* the last one, or NULL */
	struct tls_cert_name sans[TLS_CERT_SANS];
	size_t nsans;
	char fingerprint[TLS_FINGERPRINT_LEN]; /* SHA-256 */
};

/* NULL if there is none. Free it. */
struct tls_client_cert *tls_client_cert_get(const struct stream *);
void tls_client_cert_free(struct tls_client_cert *);
/* Have both shown the same certificate, or none (R22.2)? */
bool tls_same_client_cert(const struct stream *, const struct stream *);

#endif
