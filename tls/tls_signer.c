/* SPDX-License-Identifier: ISC */
/*
 * Signs with the keys of a ring: for the process that holds them, which serves
 * others that it does not trust.
 *
 * A key is decoded when it is first asked for, as there may be thousands.
 */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/mem.h"
#include "tls/tls_keyring.h"
#include "tls/tls_priv.h"

struct key {
	const uint8_t *der; /* in the ring */
	size_t len;
	bool decrypts;
	EVP_PKEY *pkey; /* NULL: not asked for yet */
};

struct tls_signer {
	void *mem;
	size_t size;
	struct key *keys;
	size_t n;
};

/* ------------------------------------------------------------------- rings */
static int
map(struct tls_signer *s, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size == -1)
		return -1;
	s->size = (size_t)size;
	s->mem = mmap(NULL, s->size, PROT_READ, MAP_SHARED, fd, 0);
	if (s->mem == MAP_FAILED) {
		s->mem = NULL;
		return -1;
	}
	(void)madvise(s->mem, s->size, MADV_DONTDUMP);
	(void)mlock(s->mem, s->size); /* the limit may be too low */
	return 0;
}

static int
read_records(struct tls_signer *s)
{
	struct rbuf r;
	struct key k = { .pkey = NULL };

	rbuf_init(&r, s->mem, s->size);
	while (!r.err && r.p < r.end) {
		k.decrypts = get_u8(&r) != 0;
		k.der = get_bytes(&r, &k.len);
		s->keys = xrealloc(s->keys, (s->n + 1) * sizeof(k));
		s->keys[s->n++] = k;
	}
	return rbuf_end(&r);
}

struct tls_signer *
tls_signer_new(int fd, char **err_r)
{
	struct tls_signer *s = xcalloc(1, sizeof(*s));

	if (map(s, fd) == -1)
		tls_err_set(err_r, "cannot read the keys: %s", strerror(errno));
	else if (read_records(s) == -1)
		tls_err_set(err_r, "damaged keys");
	else
		return s;
	tls_signer_free(s);
	return NULL;
}

void
tls_signer_free(struct tls_signer *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		EVP_PKEY_free(s->keys[i].pkey);
	free(s->keys);
	if (s->mem != NULL)
		(void)munmap(s->mem, s->size);
	free(s);
}

static EVP_PKEY *
decode(const struct key *k)
{
	const uint8_t *p = k->der;
	PKCS8_PRIV_KEY_INFO *p8;
	EVP_PKEY *pkey;

	p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)k->len);
	pkey = p8 != NULL ? EVP_PKCS82PKEY(p8) : NULL;
	PKCS8_PRIV_KEY_INFO_free(p8);
	return pkey;
}

/* ----------------------------------------------------------------- the work */
static const char *const hash_names[] = {
	[TLS_HASH_NONE] = NULL,
	[TLS_HASH_MD5_SHA1] = "MD5-SHA1",
	[TLS_HASH_SHA1] = "SHA1",
	[TLS_HASH_SHA224] = "SHA224",
	[TLS_HASH_SHA256] = "SHA256",
	[TLS_HASH_SHA384] = "SHA384",
	[TLS_HASH_SHA512] = "SHA512",
};

/* What each kind of key may be asked for. */
static const struct {
	const char *type;
	unsigned kinds; /* bits */
} abilities[] = {
	{ "RSA", 1u << TLS_OP_RSA_PKCS1 | 1u << TLS_OP_RSA_PSS |
		     1u << TLS_OP_RSA_DECRYPT },
	{ "RSA-PSS", 1u << TLS_OP_RSA_PSS },
	{ "EC", 1u << TLS_OP_ECDSA },
	{ "ED25519", 1u << TLS_OP_EDDSA },
	{ "ED448", 1u << TLS_OP_EDDSA },
};

static bool
key_can(const struct key *k, unsigned kind)
{
	size_t i;

	if (kind == TLS_OP_RSA_DECRYPT && !k->decrypts)
		return false;
	for (i = 0; i < NELEM(abilities); i++)
		if (EVP_PKEY_is_a(k->pkey, abilities[i].type))
			return (abilities[i].kinds & 1u << kind) != 0;
	return false;
}

static int
set_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
		   1;
}

static ssize_t
sign(const struct key *k, const struct tls_keyop *op, uint8_t *out, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx; /* md's */
	bool ok;

	ok = md != NULL &&
	     EVP_DigestSignInit_ex(md, &ctx, hash_names[op->hash], NULL, NULL,
		 k->pkey, NULL) == 1 &&
	     (op->kind != TLS_OP_RSA_PSS || set_pss(ctx)) &&
	     EVP_DigestSign(md, out, &size, op->in, op->len) == 1;
	EVP_MD_CTX_free(md);
	return ok ? (ssize_t)size : -1;
}

/*
 * With the padding of TLS something comes out in any case, at random if what
 * came in was no good, and takes the same time: no oracle (RFC 5246 7.4.7.1).
 */
static ssize_t
decrypt(
    const struct key *k, const struct tls_keyop *op, uint8_t *out, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	unsigned version = op->version;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_uint(
		    OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version),
		OSSL_PARAM_construct_end(),
	};
	bool ok;

	ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_WITH_TLS_PADDING) ==
		 1 &&
	     EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	     EVP_PKEY_decrypt(ctx, out, &size, op->in, op->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? (ssize_t)size : -1;
}

ssize_t
tls_signer_do(struct tls_signer *s, const struct tls_keyop *op, uint8_t *out,
    size_t size, const char **why_r)
{
	struct key *k = op->key < s->n ? &s->keys[op->key] : NULL;
	ssize_t n;

	*why_r = NULL;
	if (k == NULL)
		*why_r = "there is no such key";
	else if (!tls_keyop_is_handshake(op))
		*why_r = "this is no part of a handshake";
	else if (k->pkey == NULL && (k->pkey = decode(k)) == NULL)
		*why_r = tls_err_take();
	else if (!key_can(k, op->kind))
		*why_r = "the key is not one for this";
	if (*why_r != NULL)
		return -1;
	n = op->kind == TLS_OP_RSA_DECRYPT ? decrypt(k, op, out, size)
					   : sign(k, op, out, size);
	if (n == -1)
		*why_r = tls_err_take();
	return n;
}
