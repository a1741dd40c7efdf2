/* SPDX-License-Identifier: ISC */
/*
 * The rules of a context: versions and ciphers by profile, client
 * certificates.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

/* ---------------------------------------------------------------- profiles */

/* AES-128 first: 256 bits cost a fifth more and protect from nothing today. */
#define SUITES                                           \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
	"TLS_CHACHA20_POLY1305_SHA256"

/* Who records today and has a quantum computer one day reads nothing. */
#define HYBRID "X25519MLKEM768:"

static const struct profile {
	int min;
	const char *ciphers; /* up to 1.2 */
	const char *suites; /* 1.3 */
	const char *groups;
	bool dh; /* old devices know no curves */
} profiles[] = {
	[TLS_MODERN] = {
		.min = TLS1_2_VERSION,
		.ciphers = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:"
			   "@SECLEVEL=2",
		.suites = SUITES,
		.groups = HYBRID "X25519:P-256:P-384",
	},
	[TLS_LEGACY] = {
		.min = TLS1_VERSION,
		.ciphers = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:"
			   "ALL:!aNULL:!eNULL:!EXPORT:!PSK:!SRP:@SECLEVEL=0",
		.suites = SUITES,
		.groups = HYBRID "X25519:P-256:P-384:P-521",
		.dh = true,
	},
};

static const int versions[] = {
	[TLS_V_DEFAULT] = 0,
	[TLS_V_1_0] = TLS1_VERSION,
	[TLS_V_1_1] = TLS1_1_VERSION,
	[TLS_V_1_2] = TLS1_2_VERSION,
	[TLS_V_1_3] = TLS1_3_VERSION,
};

/* OpenSSL knows the hybrid from 3.5 on, and refuses names it does not know. */
static bool
set_groups(SSL_CTX *ctx, const char *groups)
{
	if (SSL_CTX_set1_groups_list(ctx, groups) == 1)
		return true;
	ERR_clear_error();
	return SSL_CTX_set1_groups_list(ctx, groups + strlen(HYBRID)) == 1;
}

int
tls_profile_setup(SSL_CTX *ctx, const struct tls_settings *set, char **err_r)
{
	const struct profile *p = &profiles[set->profile];
	int min = set->min != TLS_V_DEFAULT ? versions[set->min] : p->min;
	int max = versions[set->max];

	if (max != 0 && max < min)
		return tls_err_set(
		    err_r, "the highest TLS version is below the lowest");
	if (SSL_CTX_set_min_proto_version(ctx, min) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, max) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, p->ciphers) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, p->suites) != 1 ||
	    !set_groups(ctx, p->groups))
		return tls_err_set(err_r,
		    "OpenSSL does not know these ciphers: %s", tls_err_take());
	if (p->dh)
		SSL_CTX_set_dh_auto(ctx, 1);
	return 0;
}

/* ----------------------------------------------------- client certificates */

static int
load_cas(X509_LOOKUP *lookup, const char *path)
{
	return X509_load_cert_file(lookup, path, X509_FILETYPE_PEM);
}

static int
load_crls(X509_LOOKUP *lookup, const char *path)
{
	return X509_load_crl_file(lookup, path, X509_FILETYPE_PEM);
}

static int
can_open(const char *path, char **err_r)
{
	BIO *bio = BIO_new_file(path, "r");
	int err = errno;

	if (bio != NULL) {
		BIO_free(bio);
		return 0;
	}
	return tls_err_set(err_r,
	    "%s: cannot open: %s; check its name and permissions", path,
	    strerror(err));
}

/* Adds what a file holds to the store. */
static int
load_file(X509_STORE *store, int (*load)(X509_LOOKUP *, const char *),
    const char *path, const char *what, char **err_r)
{
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	if (can_open(path, err_r) == -1)
		return -1;
	if (lookup != NULL && load(lookup, path) > 0)
		return 0;
	return tls_err_set(err_r, "%s: holds no %s in PEM form", path, what);
}

/* Only the client's own certificate is looked up: a CRL of the CA above is
 * often not at hand. */
static int
load_trust(SSL_CTX *ctx, const struct tls_settings *set, char **err_r)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);

	if (load_file(store, load_cas, set->ca_file, "CA certificate", err_r) ==
	    -1)
		return -1;
	if (set->crl_file == NULL)
		return 0;
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return load_file(
	    store, load_crls, set->crl_file, "revocation list (CRL)", err_r);
}

int
tls_client_setup(SSL_CTX *ctx, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	int mode = SSL_VERIFY_PEER;

	if (set->client_certs == TLS_CERTS_NONE)
		return 0;
	if (set->ca_file == NULL)
		return tls_err_set(err_r,
		    "client certificates are asked for, but no file of "
		    "certification authorities says who may sign them");
	watch_add(watch, set->ca_file);
	if (set->crl_file != NULL)
		watch_add(watch, set->crl_file);
	if (load_trust(ctx, set, err_r) == -1)
		return -1;
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(set->ca_file));
	SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
	if (set->client_certs == TLS_CERTS_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	return 0;
}
