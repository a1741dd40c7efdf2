/* SPDX-License-Identifier: ISC */
/*
 * A certificate for those who have none yet: signed by itself, ECDSA P-256.
 */
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "tls/tls_priv.h"

#define TEN_YEARS (3650L * 24 * 60 * 60)
#define ONE_DAY (24L * 60 * 60)
#define CN_MAX 64 /* X.520 */

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* The name as the kind that clients compare with: an address or a DNS name. */
static int
add_alt_name(X509 *x, const char *name)
{
	struct addr addr;
	char *value;
	int ok;

	xasprintf(&value, "%s:%s",
	    addr_parse_ip(&addr, name) == 0 ? "IP" : "DNS", name);
	ok = add_extension(x, NID_subject_alt_name, value);
	free(value);
	return ok;
}

static int
set_name(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	char cn[CN_MAX + 1];

	(void)strlcpy(cn, name, sizeof(cn));
	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		   (const unsigned char *)cn, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, subject) == 1;
}

static int
set_serial(X509 *x)
{
	uint64_t serial;

	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		return 0;
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
}

static X509 *
make(EVP_PKEY *key, const char *name)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    set_serial(x) == 1 && set_name(x, name) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -ONE_DAY) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), TEN_YEARS) != NULL &&
	    X509_set_pubkey(x, key) == 1 && add_alt_name(x, name) == 1 &&
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static int
write_key(BIO *bio, const void *arg)
{
	const EVP_PKEY *key = arg;

	return PEM_write_bio_PKCS8PrivateKey(
		   bio, key, NULL, NULL, 0, NULL, NULL) == 1
		   ? 0
		   : -1;
}

static int
write_cert(BIO *bio, const void *arg)
{
	return PEM_write_bio_X509(bio, arg) == 1 ? 0 : -1;
}

int
tls_selfsigned(const char *cert_path, const char *key_path,
    const char *common_name, char **err_r)
{
	EVP_PKEY *key;
	X509 *x;
	int ret = -1;

	tls_wipe_begin();
	key = EVP_EC_gen("P-256");
	x = key != NULL ? make(key, common_name) : NULL;
	if (x == NULL)
		tls_err_set(err_r, "cannot make a certificate for \"%s\": %s",
		    common_name, tls_err_take());
	else if (tls_file_replace(key_path, 0600, write_key, key, err_r) == 0)
		ret = tls_file_replace(cert_path, 0644, write_cert, x, err_r);
	X509_free(x);
	EVP_PKEY_free(key);
	tls_wipe_end();
	return ret;
}
