/* SPDX-License-Identifier: ISC */
/*
 * A ring of private keys in a sealed file in memory, and its reading.
 *
 * The file is a sequence of records: a byte that says whether the key may be
 * asked to decrypt, and the key as PKCS 8.
 */
#include "tls/tls_keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define RECORD_MAX (32 * 1024) /* RSA with 16,384 bits has less than 10 KiB */

/* Several contexts have the same certificates: their keys are kept once. */
struct known {
	uint8_t digest[32]; /* of the public key */
	bool decrypts;
};

struct tls_keyring {
	unsigned refs;
	int fd;
	struct known *known;
	size_t n;
};

struct tls_keyring *
tls_keyring_new(char **err_r)
{
	struct tls_keyring *ring;
	int fd = memfd_create("keys", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1) {
		tls_err_set(err_r, "cannot make a file in memory for keys: %s",
		    strerror(errno));
		return NULL;
	}
	ring = xcalloc(1, sizeof(*ring));
	ring->refs = 1;
	ring->fd = fd;
	return ring;
}

struct tls_keyring *
tls_keyring_ref(struct tls_keyring *ring)
{
	if (ring != NULL)
		ring->refs++;
	return ring;
}

void
tls_keyring_unref(struct tls_keyring *ring)
{
	if (ring == NULL || --ring->refs > 0)
		return;
	close(ring->fd);
	free(ring->known);
	free(ring);
}

size_t
tls_keyring_count(const struct tls_keyring *ring)
{
	return ring->n;
}

int
tls_keyring_fd(const struct tls_keyring *ring)
{
	return ring->fd;
}

int
tls_keyring_seal(struct tls_keyring *ring, char **err_r)
{
	if (fcntl(ring->fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return 0;
	return tls_err_set(
	    err_r, "cannot seal the file of keys: %s", strerror(errno));
}

/* ----------------------------------------------------------------- writing */
static int
write_record(int fd, const uint8_t *der, int len, bool decrypts)
{
	size_t size = (size_t)len + 16;
	uint8_t *mem = xmalloc(size);
	struct wbuf w;
	ssize_t n;

	wbuf_init(&w, mem, size);
	put_u8(&w, decrypts);
	put_bytes(&w, der, (size_t)len);
	n = write(fd, w.p, w.len);
	free_secret(mem, size);
	if (n == (ssize_t)w.len)
		return 0;
	if (n != -1)
		errno = ENOSPC;
	return -1;
}

static int
write_key(int fd, const EVP_PKEY *key, bool decrypts, char **err_r)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	uint8_t *der = NULL;
	int len = p8 != NULL ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1, ret;

	PKCS8_PRIV_KEY_INFO_free(p8);
	if (len <= 0 || len > RECORD_MAX)
		ret = tls_err_set(
		    err_r, "this key cannot be used: %s", tls_err_take());
	else if ((ret = write_record(fd, der, len, decrypts)) == -1)
		tls_err_set(err_r, "cannot keep the key in memory: %s",
		    strerror(errno));
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	return ret;
}

static int
find(const struct tls_keyring *ring, const struct known *k)
{
	size_t i;

	for (i = 0; i < ring->n; i++)
		if (ring->known[i].decrypts == k->decrypts &&
		    memcmp(ring->known[i].digest, k->digest,
			sizeof(k->digest)) == 0)
			return (int)i;
	return -1;
}

int
tls_keyring_add(struct tls_keyring *ring, const X509 *leaf, const EVP_PKEY *key,
    bool decrypts, char **err_r)
{
	struct known k = { .decrypts =
			       decrypts && EVP_PKEY_is_a(key, "RSA") == 1 };
	unsigned len = sizeof(k.digest);
	int i;

	if (X509_pubkey_digest(leaf, EVP_sha256(), k.digest, &len) != 1)
		return tls_err_set(err_r, "%s", tls_err_take());
	i = find(ring, &k);
	if (i != -1)
		return i;
	if (ring->n > UINT16_MAX)
		return tls_err_set(err_r, "more than 65,536 keys");
	if (write_key(ring->fd, key, k.decrypts, err_r) == -1)
		return -1;
	ring->known =
	    xrealloc(ring->known, (ring->n + 1) * sizeof(*ring->known));
	ring->known[ring->n] = k;
	return (int)ring->n++;
}
