/* SPDX-License-Identifier: ISC */
/*
 * One certificate with its chain and key: loading, and saying what is wrong
 * with the files in words an administrator can act on.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define OCSP_MAX (64 * 1024)

/* ------------------------------------------------------------ certificates */

/* Further certificates; the end of the file is not an error. */
static int
read_chain(BIO *bio, struct tls_cert *c)
{
	unsigned long err;
	X509 *x;

	c->chain = sk_X509_new_null();
	if (c->chain == NULL)
		return -1;
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(c->chain, x) == 0) {
			X509_free(x);
			return -1;
		}
	err = ERR_peek_last_error();
	if (ERR_GET_LIB(err) != ERR_LIB_PEM ||
	    ERR_GET_REASON(err) != PEM_R_NO_START_LINE)
		return -1;
	ERR_clear_error();
	return 0;
}

static int
load_certs(struct tls_cert *c, const char *path, char **err_r)
{
	BIO *bio = tls_file_open(path, err_r);
	int ret = -1;

	if (bio == NULL)
		return -1;
	c->leaf = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
	if (c->leaf == NULL) {
		ERR_clear_error();
		tls_err_set(err_r,
		    "%s: holds no certificate in PEM form (\"-----BEGIN "
		    "CERTIFICATE-----\")",
		    path);
	} else if (read_chain(bio, c) == -1)
		tls_err_set(err_r, "%s: damaged certificate in the chain: %s",
		    path, tls_err_take());
	else
		ret = 0;
	BIO_free(bio);
	return ret;
}

/* -------------------------------------------------------------------- keys */

/* Nobody is there to type a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	bool *asked = arg;

	*asked = true;
	return -1;
}

static int
load_key(struct tls_cert *c, const char *path, char **err_r)
{
	bool asked = false;
	BIO *bio = tls_file_open(path, err_r);

	if (bio == NULL)
		return -1;
	c->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
	BIO_free(bio);
	if (c->key != NULL)
		return 0;
	ERR_clear_error();
	if (asked)
		return tls_err_set(err_r,
		    "%s: the key is protected by a passphrase; remove it with: "
		    "openssl pkey -in %s -out NEWFILE",
		    path, path);
	return tls_err_set(err_r,
	    "%s: holds no private key in PEM form (\"-----BEGIN PRIVATE "
	    "KEY-----\")",
	    path);
}

static int
check_pair(const struct tls_cert *c, const struct tls_pair *pair, char **err_r)
{
	const char *key = pair->key != NULL ? pair->key : pair->cert;

	if (X509_check_private_key(c->leaf, c->key) == 1)
		return 0;
	ERR_clear_error();
	return tls_err_set(err_r,
	    "%s: this certificate does not belong to the key in %s (the "
	    "server's own certificate must be the first in its file)",
	    pair->cert, key);
}

/* Gives the key away; what is left asks for its use. */
static int
give_key(struct tls_cert *c, const struct tls_settings *set, char **err_r)
{
	EVP_PKEY *remote;
	int n = tls_keyring_add(
	    set->keyring, c->leaf, c->key, set->profile == TLS_LEGACY, err_r);

	if (n == -1)
		return -1;
	remote = tls_remote_key(X509_get0_pubkey(c->leaf), (uint16_t)n);
	if (remote == NULL)
		return tls_err_set(err_r,
		    "%s: this kind of key cannot be used: %s", c->file,
		    tls_err_take());
	EVP_PKEY_free(c->key);
	c->key = remote;
	return 0;
}

/* ----------------------------------------------------------------- staples */

static int
load_ocsp(struct tls_cert *c, const char *path, char **err_r)
{
	BIO *bio = tls_file_open(path, err_r);
	int n;

	if (bio == NULL)
		return -1;
	c->ocsp = xmalloc(OCSP_MAX);
	n = BIO_read(bio, c->ocsp, OCSP_MAX);
	BIO_free(bio);
	/* An OCSPResponse is a SEQUENCE. */
	if (n <= 0 || n == OCSP_MAX || c->ocsp[0] != 0x30)
		return tls_err_set(
		    err_r, "%s: holds no OCSP response in DER form", path);
	c->ocsp_len = (size_t)n;
	return 0;
}

/* -------------------------------------------------------------------- whole */

static int
load(struct tls_cert *c, const struct tls_pair *pair,
    const struct tls_settings *set, char **err_r)
{
	const char *key = pair->key != NULL ? pair->key : pair->cert;

	if (load_certs(c, pair->cert, err_r) == -1 ||
	    load_key(c, key, err_r) == -1 || check_pair(c, pair, err_r) == -1)
		return -1;
	if (set->keyring != NULL && give_key(c, set, err_r) == -1)
		return -1;
	if (pair->ocsp != NULL && load_ocsp(c, pair->ocsp, err_r) == -1)
		return -1;
	tls_cert_fingerprint(c->leaf, c->fingerprint);
	return 0;
}

int
tls_cert_load(struct tls_cert *c, const struct tls_pair *pair,
    const struct tls_settings *set, struct watch *watch, char **err_r)
{
	memset(c, 0, sizeof(*c));
	c->file = xstrdup(pair->cert);
	watch_add(watch, pair->cert);
	if (pair->key != NULL)
		watch_add(watch, pair->key);
	if (pair->ocsp != NULL)
		watch_add(watch, pair->ocsp);
	if (load(c, pair, set, err_r) == 0)
		return 0;
	tls_cert_clear(c);
	return -1;
}

static int
kind_of_key(const struct tls_cert *c)
{
	return EVP_PKEY_get_base_id(X509_get0_pubkey(c->leaf));
}

int
tls_certs_load(struct tls_cert *certs, size_t *n_r,
    const struct tls_pair *pairs, size_t npairs, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	size_t i, j;

	if (npairs > TLS_CERTS_MAX)
		return tls_err_set(
		    err_r, "more than %d certificates together", TLS_CERTS_MAX);
	for (i = 0; i < npairs; i++) {
		if (tls_cert_load(&certs[i], &pairs[i], set, watch, err_r) ==
		    -1)
			return -1;
		*n_r = i + 1;
		for (j = 0; j < i; j++)
			if (kind_of_key(&certs[j]) == kind_of_key(&certs[i]))
				return tls_err_set(err_r,
				    "%s: there is already a certificate with "
				    "this kind of key (%s); certificates for "
				    "other names belong into the directory of "
				    "names or into host blocks",
				    certs[i].file, certs[j].file);
	}
	return 0;
}

void
tls_cert_clear(struct tls_cert *c)
{
	X509_free(c->leaf);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
	free(c->ocsp);
	free(c->file);
	memset(c, 0, sizeof(*c));
}

int
tls_cert_share(struct tls_cert *c, const struct tls_cert *of)
{
	*c = *of;
	c->chain = of->chain != NULL ? X509_chain_up_ref(of->chain) : NULL;
	c->file = xstrdup(of->file);
	c->ocsp = NULL;
	if (of->ocsp != NULL) {
		c->ocsp = xmalloc(of->ocsp_len);
		memcpy(c->ocsp, of->ocsp, of->ocsp_len);
	}
	X509_up_ref(c->leaf);
	EVP_PKEY_up_ref(c->key);
	return of->chain == NULL || c->chain != NULL ? 0 : -1;
}

int64_t
tls_cert_not_after(const struct tls_cert *c)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(c->leaf), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

void
tls_cert_fingerprint(const X509 *x, char out[TLS_FINGERPRINT_LEN])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned i, len = 0;

	out[0] = '\0';
	if (X509_digest(x, EVP_sha256(), md, &len) != 1)
		return;
	for (i = 0; i < len; i++)
		snprintf(
		    out + 3 * i, 4, "%02X%s", md[i], i + 1 < len ? ":" : "");
}

int
tls_file_fingerprint(const char *path, char out[TLS_FINGERPRINT_LEN])
{
	BIO *bio = BIO_new_file(path, "r");
	X509 *x = NULL;
	int ret = -1;

	if (bio != NULL)
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x != NULL) {
		tls_cert_fingerprint(x, out);
		ret = 0;
	}
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return ret;
}
