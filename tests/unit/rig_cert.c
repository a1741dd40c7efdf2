/* SPDX-License-Identifier: ISC */
/*
 * Certificates made for one test.
 */
#include "tests/unit/rig_cert.h"

#include <check.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/temp_dir.h"

#define DAY (24L * 60 * 60)

static void
add_ext(X509 *x, const X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(ext);
	ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static EVP_PKEY *
make_pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(EVP_PKEY_keygen_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	ck_assert_int_eq(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
make_key(enum rig_key kind)
{
	switch (kind) {
	case RIG_RSA:
		return EVP_RSA_gen(2048);
	case RIG_RSA_PSS:
		return make_pss_key();
	case RIG_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case RIG_ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	case RIG_EC:
		break;
	}
	return EVP_EC_gen("P-256");
}

/* EdDSA has no hash beside its own. */
static const EVP_MD *
hash_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")
		   ? NULL
		   : EVP_sha256();
}

struct rig_cert
rig_cert(const struct rig_cert_spec *spec, const struct rig_cert *issuer)
{
	static long serial = 1;
	struct rig_cert c = { .x = X509_new() };
	X509_NAME *name = X509_get_subject_name(c.x);
	long from = spec->from, until = spec->until;

	if (from == 0 && until == 0) {
		from = -DAY;
		until = DAY;
	}
	c.key = make_key(spec->kind);
	ck_assert_ptr_nonnull(c.key);
	if (issuer == NULL)
		issuer = &c;
	X509_set_version(c.x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), serial++);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	    (const unsigned char *)"Example", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)spec->cn, -1, -1, 0);
	X509_set_issuer_name(c.x, X509_get_subject_name(issuer->x));
	X509_gmtime_adj(X509_getm_notBefore(c.x), from);
	X509_gmtime_adj(X509_getm_notAfter(c.x), until);
	X509_set_pubkey(c.x, c.key);
	add_ext(c.x, issuer->x, NID_basic_constraints,
	    spec->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (spec->san != NULL)
		add_ext(c.x, issuer->x, NID_subject_alt_name, spec->san);
	ck_assert_int_gt(X509_sign(c.x, issuer->key, hash_for(issuer->key)), 0);
	return c;
}

void
rig_cert_free(struct rig_cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	memset(c, 0, sizeof(*c));
}

static BIO *
create(const char *path)
{
	BIO *b = BIO_new_file(path, "w");

	ck_assert_ptr_nonnull(b);
	return b;
}

const char *
rig_write_cert(
    const char *name, const struct rig_cert *c, const struct rig_cert *issuer)
{
	const char *path = temp_path(name);
	BIO *b = create(path);

	ck_assert_int_eq(PEM_write_bio_X509(b, c->x), 1);
	if (issuer != NULL)
		ck_assert_int_eq(PEM_write_bio_X509(b, issuer->x), 1);
	BIO_free(b);
	return path;
}

const char *
rig_write_key(const char *name, const struct rig_cert *c)
{
	const char *path = temp_path(name);
	BIO *b = create(path);

	ck_assert_int_eq(
	    PEM_write_bio_PKCS8PrivateKey(b, c->key, NULL, NULL, 0, NULL, NULL),
	    1);
	BIO_free(b);
	return path;
}

const char *
rig_write_crl(
    const char *name, const struct rig_cert *ca, const struct rig_cert *revoked)
{
	const char *path = temp_path(name);
	ASN1_TIME *t = ASN1_TIME_new();
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *r;
	BIO *b = create(path);

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x));
	X509_gmtime_adj(t, -60);
	X509_CRL_set1_lastUpdate(crl, t);
	if (revoked != NULL) {
		r = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(
		    r, X509_get_serialNumber(revoked->x));
		X509_REVOKED_set_revocationDate(r, t);
		X509_CRL_add0_revoked(crl, r);
	}
	X509_gmtime_adj(t, DAY);
	X509_CRL_set1_nextUpdate(crl, t);
	ck_assert_int_gt(X509_CRL_sign(crl, ca->key, EVP_sha256()), 0);
	ck_assert_int_eq(PEM_write_bio_X509_CRL(b, crl), 1);
	BIO_free(b);
	X509_CRL_free(crl);
	ASN1_TIME_free(t);
	return path;
}
