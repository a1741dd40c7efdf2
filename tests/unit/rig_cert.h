/* SPDX-License-Identifier: ISC */
/*
 * Certificates made for one test, in memory and in files of its directory.
 */
#ifndef TESTS_UNIT_RIG_CERT_H
#define TESTS_UNIT_RIG_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct rig_cert {
	X509 *x;
	EVP_PKEY *key;
};

enum rig_key {
	RIG_EC,
	RIG_RSA,
	RIG_RSA_PSS,
	RIG_ED25519,
	RIG_ED448
};

struct rig_cert_spec {
	const char *cn;
	const char *san; /* "DNS:a,email:b", or NULL */
	enum rig_key kind;
	long from, until; /* seconds from now; both 0: a day around */
	bool ca;
};

/* Signed by the issuer; NULL: by itself. */
struct rig_cert rig_cert(const struct rig_cert_spec *, const struct rig_cert *);
void rig_cert_free(struct rig_cert *);
/* Write a file of the test's directory; NULL parts are left out. Each returns
 * the path, as temp_path() does. */
const char *rig_write_cert(
    const char *name, const struct rig_cert *, const struct rig_cert *issuer);
const char *rig_write_key(const char *name, const struct rig_cert *);
/* A revocation list of the CA; revoked may be NULL. */
const char *rig_write_crl(const char *name, const struct rig_cert *ca,
    const struct rig_cert *revoked);

#endif
