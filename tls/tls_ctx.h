/* SPDX-License-Identifier: ISC */
/*
 * What a listener needs to speak TLS: certificates, their choice by name,
 * protocol versions, client certificates. Built once from files, then
 * immutable and shared by reference.
 *
 * The process that may read the keys builds it (the monitor, before it forks);
 * those that speak TLS inherit it and need no file. Reading new certificates
 * means building a new one: what was begun with the old one keeps it.
 */
#ifndef TLS_TLS_CTX_H
#define TLS_TLS_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_ctx;
struct tls_keyring;

enum tls_profile {
	TLS_MODERN, /* 1.2 and 1.3, forward secrecy and AEAD only */
	TLS_LEGACY, /* 1.0 and newer, any cipher that is one (R38) */
};

enum tls_client_certs {
	TLS_CERTS_NONE, /* not asked for: z/OS breaks when it is (R22.1) */
	TLS_CERTS_REQUEST,
	TLS_CERTS_REQUIRE,
};

enum tls_version {
	TLS_V_DEFAULT, /* as the profile says */
	TLS_V_1_0,
	TLS_V_1_1,
	TLS_V_1_2,
	TLS_V_1_3,
};

/* A certificate with its chain (leaf first) and its key, PEM. */
struct tls_pair {
	const char *cert;
	const char *key; /* NULL: in the file of the certificate */
	const char *ocsp; /* DER response to staple, or NULL */
};

/* Certificates of one name, as the default ones: one per kind of key. */
struct tls_named {
	const char *name; /* *.example.org: all names of one label more */
	const struct tls_pair *pairs;
	size_t npairs;
};

struct tls_settings {
	/* The default ones: one per kind of key (RSA, ECDSA, ...). */
	const struct tls_pair *pairs;
	size_t npairs;
	/* NAME.crt and NAME.key (and NAME.ocsp) for clients that ask for NAME;
	 * *.example.org.crt is for all names of one label more. Or NULL. */
	const char *sni_dir;
	/* More of them, which are preferred. */
	const struct tls_named *named;
	size_t nnamed;
	enum tls_profile profile;
	enum tls_version min, max;
	enum tls_client_certs client_certs;
	const char *ca_file; /* who may sign client certificates */
	const char *crl_file; /* or NULL */
	/* Takes the private keys, which are then asked for (tls/tls_keyop.h);
	 * NULL: the context keeps them. */
	struct tls_keyring *keyring;
	bool ktls; /* let the kernel encrypt what data connections send */
};

/*
 * Reads all files. NULL if anything is wrong; *err_r then says in one line
 * what and how to mend it, in malloc'd memory.
 */
struct tls_ctx *tls_ctx_new(const struct tls_settings *, char **err_r);
struct tls_ctx *tls_ctx_ref(struct tls_ctx *);
void tls_ctx_unref(struct tls_ctx *);

/*
 * Has a file it was read from become another one: by content, by name, or by
 * a symbolic link on the way to it? True once per change, so that files which
 * are of no use are complained about once.
 */
bool tls_ctx_changed(struct tls_ctx *);

/* When the first of its certificates expires (leaves only), seconds. */
int64_t tls_ctx_not_after(const struct tls_ctx *);
/* ... and which file that is. */
const char *tls_ctx_not_after_file(const struct tls_ctx *);
/* SHA-256 of the n-th default certificate ("AB:CD:..."), NULL: no such one. */
const char *tls_ctx_fingerprint(const struct tls_ctx *, size_t n);

#define TLS_FINGERPRINT_LEN 96 /* with its NUL */

/*
 * Makes a self-signed certificate (ECDSA P-256, ten years) and its key. Each
 * file appears whole or not at all, the key before the certificate and with
 * mode 0600; existing files are replaced. 0, or -1 and *err_r.
 */
int tls_selfsigned(const char *cert_path, const char *key_path,
    const char *common_name, char **err_r);
/* Fingerprint of the first certificate of a PEM file, into out. 0 or -1. */
int tls_file_fingerprint(const char *path, char out[TLS_FINGERPRINT_LEN]);

#endif
