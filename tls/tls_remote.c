/* SPDX-License-Identifier: ISC */
/*
 * Private keys that another process holds, as keys of OpenSSL's: a provider of
 * its own, whose keys know the public part and their number, and whose
 * operations are asked for by a callback (tls/tls_keyop.h).
 *
 * The provider lives in a library context that nobody else fetches from, so
 * that only these keys lead to it. OpenSSL first tries to copy a key to the
 * provider that it would like better; what stops it is that nothing secret is
 * exported.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "tls/tls_keyop.h"
#include "tls/tls_priv.h"
#include "tls/tls_remote.h"

#define NAME "ternftpd"
#define PARAM_KEY "ternftpd-key" /* of import: struct making, by address */

/* What a remote key is made from, within this file. */
struct making {
	EVP_PKEY *pub;
	uint16_t key;
};

static tls_keyop_cb *ask;
static void *ask_arg;

void
tls_keyop_use(tls_keyop_cb *cb, void *arg)
{
	ask = cb;
	ask_arg = arg;
}

ssize_t
tls_remote_ask(
    const struct remote *r, struct tls_keyop *op, uint8_t *out, size_t size)
{
	op->key = r->key;
	if (ask != NULL)
		return ask(ask_arg, op, out, size);
	log_errorx("this process cannot ask for the use of a key");
	return -1;
}

/* ---------------------------------------------------------- key management */
static void *
key_new(const char *type)
{
	struct remote *r = OPENSSL_zalloc(sizeof(*r));

	if (r != NULL)
		r->type = type;
	return r;
}

static void
key_free(void *p)
{
	struct remote *r = p;

	EVP_PKEY_free(r->pub);
	OPENSSL_free(r);
}

static int
key_has(const void *p, int selection)
{
	const struct remote *r = p;

	return r->pub != NULL &&
	       (r->secret ||
		   (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0);
}

static int
key_match(const void *a, const void *b, int selection)
{
	const struct remote *x = a, *y = b;

	return EVP_PKEY_eq(x->pub, y->pub) == 1;
}

/* A public key, for OpenSSL to compare with ours. */
static int
import_public(struct remote *r, const OSSL_PARAM params[])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, r->type, NULL);
	int ok;

	ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	     EVP_PKEY_fromdata(
		 ctx, &r->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int
key_import(void *p, int selection, const OSSL_PARAM params[])
{
	struct remote *r = p;
	const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, PARAM_KEY);
	const struct making *m;
	const void *data;
	size_t size;

	if (param == NULL)
		return import_public(r, params);
	if (OSSL_PARAM_get_octet_ptr(param, &data, &size) != 1 ||
	    size != sizeof(*m))
		return 0;
	m = data;
	r->pub = m->pub;
	r->key = m->key;
	r->secret = true;
	return EVP_PKEY_up_ref(r->pub);
}

static int
key_export(void *p, int selection, OSSL_CALLBACK *cb, void *arg)
{
	struct remote *r = p;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return 0;
	return EVP_PKEY_export(r->pub, EVP_PKEY_PUBLIC_KEY, cb, arg);
}

static const OSSL_PARAM *
key_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_ptr(PARAM_KEY, NULL, 0),
		OSSL_PARAM_END,
	};

	return types;
}

static int
key_get_params(void *p, OSSL_PARAM params[])
{
	const struct remote *r = p;

	return EVP_PKEY_get_params(r->pub, params);
}

/* The public part of what the default provider tells; it tells more. */
static const OSSL_PARAM *
key_gettable(void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END,
	};

	return list;
}

static const char *
ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : "EC";
}

static const char *
rsa_operation(int operation)
{
	return "RSA";
}

#define KEY_FUNCTIONS(new)                                          \
	FUNCTION(OSSL_FUNC_KEYMGMT_NEW, new),                       \
	    FUNCTION(OSSL_FUNC_KEYMGMT_FREE, key_free),             \
	    FUNCTION(OSSL_FUNC_KEYMGMT_HAS, key_has),               \
	    FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, key_match),           \
	    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, key_import),         \
	    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_types),    \
	    FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT, key_export),         \
	    FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_types),    \
	    FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params), \
	    FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable)

static void *
rsa_new(void *provider)
{
	return key_new("RSA");
}

static void *
pss_new(void *provider)
{
	return key_new("RSA-PSS");
}

static void *
ec_new(void *provider)
{
	return key_new("EC");
}

static void *
ed25519_new(void *provider)
{
	return key_new("ED25519");
}

static void *
ed448_new(void *provider)
{
	return key_new("ED448");
}

static const OSSL_DISPATCH rsa_keys[] = { KEY_FUNCTIONS(rsa_new),
	FUNCTIONS_END };
static const OSSL_DISPATCH pss_keys[] = { KEY_FUNCTIONS(pss_new),
	FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, rsa_operation),
	FUNCTIONS_END };
static const OSSL_DISPATCH ec_keys[] = { KEY_FUNCTIONS(ec_new),
	FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation),
	FUNCTIONS_END };
static const OSSL_DISPATCH ed25519_keys[] = { KEY_FUNCTIONS(ed25519_new),
	FUNCTIONS_END };
static const OSSL_DISPATCH ed448_keys[] = { KEY_FUNCTIONS(ed448_new),
	FUNCTIONS_END };

/* ---------------------------------------------------------------- provider */
#define PROPERTIES "provider=" NAME

/* The names by which OpenSSL asks whether a key is one of these. */
static const OSSL_ALGORITHM keys[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, rsa_keys,
	    NULL },
	{ "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10", PROPERTIES, pss_keys,
	    NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTIES, ec_keys, NULL },
	{ "ED25519:1.3.101.112", PROPERTIES, ed25519_keys, NULL },
	{ "ED448:1.3.101.113", PROPERTIES, ed448_keys, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "RSA", PROPERTIES, tls_remote_signature, NULL },
	{ "ECDSA", PROPERTIES, tls_remote_signature, NULL },
	{ "ED25519", PROPERTIES, tls_remote_signature, NULL },
	{ "ED448", PROPERTIES, tls_remote_signature, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM ciphers[] = {
	{ "RSA", PROPERTIES, tls_remote_cipher, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
query(void *provider, int operation, int *no_cache)
{
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keys;
	case OSSL_OP_SIGNATURE:
		return signatures;
	case OSSL_OP_ASYM_CIPHER:
		return ciphers;
	default:
		return NULL;
	}
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		FUNCTIONS_END,
	};

	*out = functions;
	*provider = (void *)handle;
	return 1;
}

/* For the life of the process: keys that are left may come after all else. */
static OSSL_LIB_CTX *
library(void)
{
	static OSSL_LIB_CTX *lib;

	if (lib != NULL)
		return lib;
	lib = OSSL_LIB_CTX_new();
	if (lib != NULL &&
	    OSSL_PROVIDER_add_builtin(lib, NAME, provider_init) == 1 &&
	    OSSL_PROVIDER_load(lib, NAME) != NULL)
		return lib;
	OSSL_LIB_CTX_free(lib);
	lib = NULL;
	return NULL;
}

EVP_PKEY *
tls_remote_key(EVP_PKEY *pub, uint16_t key)
{
	struct making m = { pub, key };
	const void *address = &m;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_ptr(
		    PARAM_KEY, (void **)&address, sizeof(m)),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx;

	if (library() == NULL)
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_name(
	    library(), EVP_PKEY_get0_type_name(pub), NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}
