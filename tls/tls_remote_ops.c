/* SPDX-License-Identifier: ISC */
/*
 * The operations of keys that another process holds: as much of OpenSSL's
 * signatures and decryption as libssl uses in a handshake of a server.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "tls/tls_keyop.h"
#include "tls/tls_priv.h"
#include "tls/tls_remote.h"

struct operation {
	const struct remote *key; /* of the EVP_PKEY that OpenSSL holds */
	enum tls_keyop_kind kind;
	enum tls_hash hash;
	uint16_t version;
};

static void *
operation_new(void *provider, const char *properties)
{
	return OPENSSL_zalloc(sizeof(struct operation));
}

static void *
cipher_new(void *provider)
{
	return operation_new(provider, NULL);
}

static void
operation_free(void *p)
{
	OPENSSL_free(p);
}

/* ------------------------------------------------------------- signatures */
static const struct {
	const char *name;
	enum tls_hash hash;
} hashes[] = {
	{ "SHA256", TLS_HASH_SHA256 },
	{ "SHA2-256", TLS_HASH_SHA256 },
	{ "SHA384", TLS_HASH_SHA384 },
	{ "SHA2-384", TLS_HASH_SHA384 },
	{ "SHA512", TLS_HASH_SHA512 },
	{ "SHA2-512", TLS_HASH_SHA512 },
	{ "SHA224", TLS_HASH_SHA224 },
	{ "SHA2-224", TLS_HASH_SHA224 },
	{ "SHA1", TLS_HASH_SHA1 },
	{ "MD5-SHA1", TLS_HASH_MD5_SHA1 },
};

/* 0, or -1 for one that no handshake needs. */
static int
find_hash(const char *name, enum tls_hash *hash_r)
{
	size_t i;

	*hash_r = TLS_HASH_NONE;
	if (name == NULL || name[0] == '\0')
		return 0;
	for (i = 0; i < NELEM(hashes); i++)
		if (strcasecmp(name, hashes[i].name) == 0) {
			*hash_r = hashes[i].hash;
			return 0;
		}
	return -1;
}

/* Until the padding is set. */
static enum tls_keyop_kind
kind_of(const char *type)
{
	if (strcmp(type, "RSA") == 0)
		return TLS_OP_RSA_PKCS1;
	if (strcmp(type, "RSA-PSS") == 0)
		return TLS_OP_RSA_PSS;
	return strcmp(type, "EC") == 0 ? TLS_OP_ECDSA : TLS_OP_EDDSA;
}

/* The padding, as a number or as a word. */
static int
set_padding(struct operation *o, const OSSL_PARAM *p)
{
	int pad = 0;

	if (p->data_type == OSSL_PARAM_INTEGER) {
		if (OSSL_PARAM_get_int(p, &pad) != 1)
			return 0;
	} else if (p->data_type == OSSL_PARAM_UTF8_STRING && p->data != NULL) {
		if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0)
			pad = RSA_PKCS1_PSS_PADDING;
		else if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0)
			pad = RSA_PKCS1_PADDING;
	}
	if (pad == RSA_PKCS1_PSS_PADDING)
		o->kind = TLS_OP_RSA_PSS;
	else if (pad == RSA_PKCS1_PADDING && strcmp(o->key->type, "RSA") == 0)
		o->kind = TLS_OP_RSA_PKCS1;
	else
		return 0;
	return 1;
}

/* Handshakes know one length of salt only: the hash's. */
static int
check_salt(const OSSL_PARAM *p)
{
	int len;

	if (p->data_type == OSSL_PARAM_UTF8_STRING && p->data != NULL)
		return strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0;
	return OSSL_PARAM_get_int(p, &len) == 1 &&
	       len == RSA_PSS_SALTLEN_DIGEST;
}

static int
sign_set_params(void *vo, const OSSL_PARAM params[])
{
	struct operation *o = vo;
	const OSSL_PARAM *p;

	if (params == NULL)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL && !set_padding(o, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	return p == NULL || check_salt(p);
}

static const OSSL_PARAM *
sign_settable(void *o, void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(
		    OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END,
	};

	return list;
}

static int
sign_init(void *vo, const char *hash, void *key, const OSSL_PARAM params[])
{
	struct operation *o = vo;

	o->key = key;
	o->kind = kind_of(o->key->type);
	return o->key->secret && find_hash(hash, &o->hash) == 0 &&
	       sign_set_params(o, params);
}

static int
sign(void *vo, unsigned char *out, size_t *outlen, size_t size,
    const unsigned char *in, size_t len)
{
	const struct operation *o = vo;
	struct tls_keyop op = { .kind = (uint8_t)o->kind,
		.hash = (uint8_t)o->hash,
		.in = in,
		.len = len };
	ssize_t n;

	if (out == NULL) {
		*outlen = (size_t)EVP_PKEY_get_size(o->key->pub);
		return 1;
	}
	n = tls_remote_ask(o->key, &op, out, size);
	if (n == -1)
		return 0;
	*outlen = (size_t)n;
	return 1;
}

const OSSL_DISPATCH tls_remote_signature[] = {
	FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, operation_new),
	FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, operation_free),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sign_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign),
	FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, sign_set_params),
	FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, sign_settable),
	FUNCTIONS_END,
};

/* -------------------------------------------------------------- decryption */
static int
cipher_set_params(void *vo, const OSSL_PARAM params[])
{
	struct operation *o = vo;
	const OSSL_PARAM *p;
	unsigned version;

	if (params == NULL)
		return 1;
	p = OSSL_PARAM_locate_const(
	    params, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
	if (p == NULL)
		return 1; /* the padding: there is only one */
	if (OSSL_PARAM_get_uint(p, &version) != 1)
		return 0;
	o->version = (uint16_t)version;
	return 1;
}

static const OSSL_PARAM *
cipher_settable(void *o, void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL),
		OSSL_PARAM_uint(
		    OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, NULL),
		OSSL_PARAM_END,
	};

	return list;
}

static int
cipher_init(void *vo, void *key, const OSSL_PARAM params[])
{
	struct operation *o = vo;

	o->key = key;
	o->kind = TLS_OP_RSA_DECRYPT;
	return o->key->secret && cipher_set_params(o, params);
}

static int
cipher_decrypt(void *vo, unsigned char *out, size_t *outlen, size_t size,
    const unsigned char *in, size_t len)
{
	const struct operation *o = vo;
	struct tls_keyop op = { .kind = TLS_OP_RSA_DECRYPT,
		.version = o->version,
		.in = in,
		.len = len };
	ssize_t n;

	if (out == NULL) {
		*outlen = SSL_MAX_MASTER_KEY_LENGTH;
		return 1;
	}
	n = tls_remote_ask(o->key, &op, out, size);
	if (n != SSL_MAX_MASTER_KEY_LENGTH)
		return 0;
	*outlen = (size_t)n;
	return 1;
}

const OSSL_DISPATCH tls_remote_cipher[] = {
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_NEWCTX, cipher_new),
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_FREECTX, operation_free),
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, cipher_init),
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_DECRYPT, cipher_decrypt),
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, cipher_set_params),
	FUNCTION(OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, cipher_settable),
	FUNCTIONS_END,
};
