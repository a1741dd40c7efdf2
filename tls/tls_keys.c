/* SPDX-License-Identifier: ISC */
/*
 * Ticket keys: AES-256-CBC with HMAC-SHA256 (RFC 5077 section 4).
 */
#include "tls/tls_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "tls/tls_priv.h"

#define MAGIC "ternftpd ticket keys 1\n"
#define WIRE_MAX 512

static struct tls_keys keys; /* of this process */

/* ----------------------------------------------------------------- making */

static void
make_key(struct tls_ticket_key *k)
{
	if (RAND_bytes(k->name, sizeof(k->name)) != 1 ||
	    RAND_priv_bytes(k->aes, sizeof(k->aes)) != 1 ||
	    RAND_priv_bytes(k->hmac, sizeof(k->hmac)) != 1)
		diex("no random numbers for ticket keys: %s", tls_err_take());
	k->made = (int64_t)time(NULL);
}

void
tls_keys_make(struct tls_keys *k)
{
	explicit_bzero(k, sizeof(*k));
	make_key(&k->current);
}

void
tls_keys_rotate(struct tls_keys *k)
{
	k->previous = k->current;
	make_key(&k->current);
}

/* --------------------------------------------------------------- messages */

static void
put_key(struct wbuf *w, const struct tls_ticket_key *k)
{
	put_bytes(w, k->name, sizeof(k->name));
	put_bytes(w, k->aes, sizeof(k->aes));
	put_bytes(w, k->hmac, sizeof(k->hmac));
	put_i64(w, k->made);
}

static void
get_exact(struct rbuf *r, void *dst, size_t size)
{
	size_t len;
	const void *p = get_bytes(r, &len);

	if (p != NULL && len == size)
		memcpy(dst, p, size);
	else
		r->err = 1;
}

static void
get_key(struct rbuf *r, struct tls_ticket_key *k)
{
	get_exact(r, k->name, sizeof(k->name));
	get_exact(r, k->aes, sizeof(k->aes));
	get_exact(r, k->hmac, sizeof(k->hmac));
	k->made = get_i64(r);
}

void
tls_keys_put(struct wbuf *w, const struct tls_keys *k)
{
	put_key(w, &k->current);
	put_key(w, &k->previous);
}

void
tls_keys_get(struct rbuf *r, struct tls_keys *k)
{
	memset(k, 0, sizeof(*k));
	get_key(r, &k->current);
	get_key(r, &k->previous);
	if (k->current.made == 0)
		r->err = 1; /* no keys at all */
}

/* ------------------------------------------------------------------- files */

static int
write_keys(BIO *bio, const void *arg)
{
	uint8_t mem[WIRE_MAX];
	struct wbuf w;
	int ok;

	wbuf_init(&w, mem, sizeof(mem));
	tls_keys_put(&w, arg);
	ok = BIO_puts(bio, MAGIC) > 0 &&
	     BIO_write(bio, mem, (int)w.len) == (int)w.len;
	explicit_bzero(mem, sizeof(mem));
	return ok && w.err == 0 ? 0 : -1;
}

int
tls_keys_save(const char *path, const struct tls_keys *k, char **err_r)
{
	return tls_file_replace(path, 0600, write_keys, k, err_r);
}

static int
parse(const uint8_t *p, size_t len, struct tls_keys *k)
{
	size_t magic = strlen(MAGIC);
	struct rbuf r;

	if (len < magic || memcmp(p, MAGIC, magic) != 0)
		return -1;
	rbuf_init(&r, p + magic, len - magic);
	tls_keys_get(&r, k);
	return rbuf_end(&r);
}

/* Whoever can read the keys can read old sessions. */
static int
check_file(int fd, const char *path, char **err_r)
{
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return tls_err_set(err_r, "%s: %s", path, strerror(errno));
	if (!S_ISREG(sb.st_mode))
		return tls_err_set(err_r, "%s: is not a file", path);
	if ((sb.st_mode & 077) != 0)
		return tls_err_set(err_r,
		    "%s: ticket keys that others may read are of no use; "
		    "remove the file or: chmod 600 %s",
		    path, path);
	return 0;
}

static int
read_file(int fd, const char *path, struct tls_keys *k, char **err_r)
{
	uint8_t mem[WIRE_MAX];
	ssize_t n;
	int ret = 0;

	if (check_file(fd, path, err_r) == -1)
		return -1;
	n = read(fd, mem, sizeof(mem));
	if (n == -1)
		ret = tls_err_set(
		    err_r, "%s: cannot read: %s", path, strerror(errno));
	else if (parse(mem, (size_t)n, k) == -1)
		ret = tls_err_set(err_r,
		    "%s: holds no ticket keys; remove it, and new ones will be "
		    "made",
		    path);
	explicit_bzero(mem, sizeof(mem));
	return ret;
}

int
tls_keys_load(const char *path, struct tls_keys *k, char **err_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int ret;

	if (fd == -1)
		return tls_err_set(
		    err_r, "%s: cannot open: %s", path, strerror(errno));
	ret = read_file(fd, path, k, err_r);
	close(fd);
	return ret;
}

static bool
too_old(const struct tls_keys *k)
{
	int64_t age = (int64_t)time(NULL) - k->current.made;

	return age < 0 || age >= TLS_KEYS_LIFETIME;
}

/* Under the lock. */
static int
sync_locked(const char *path, struct tls_keys *k, char **err_r)
{
	if (access(path, F_OK) == -1 && errno == ENOENT)
		tls_keys_make(k);
	else if (tls_keys_load(path, k, err_r) == -1)
		return -1;
	else if (too_old(k))
		tls_keys_rotate(k);
	else
		return 0;
	return tls_keys_save(path, k, err_r);
}

int
tls_keys_sync(const char *path, struct tls_keys *k, char **err_r)
{
	char *lock;
	int fd, ret = -1;

	xasprintf(&lock, "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || flock(fd, LOCK_EX) == -1)
		tls_err_set(
		    err_r, "%s: cannot lock: %s", lock, strerror(errno));
	else
		ret = sync_locked(path, k, err_r);
	if (fd != -1)
		close(fd);
	free(lock);
	return ret;
}

/* ------------------------------------------------------------- using them */

void
tls_keys_set(const struct tls_keys *k)
{
	if (k != NULL)
		keys = *k;
	else
		explicit_bzero(&keys, sizeof(keys));
}

/* Fetched once: looking them up by name is slow in OpenSSL 3. */
static const EVP_CIPHER *
cipher(void)
{
	static EVP_CIPHER *c;

	if (c == NULL)
		c = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	return c;
}

static int
init_ciphers(const struct tls_ticket_key *k, unsigned char *iv,
    EVP_CIPHER_CTX *ectx, EVP_MAC_CTX *mctx, int enc)
{
	static char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
		    (void *)(uintptr_t)k->hmac, sizeof(k->hmac)),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mctx, params) == 1 &&
	       EVP_CipherInit_ex(ectx, cipher(), NULL, k->aes, iv, enc) == 1;
}

/* 1: go on, 2: go on and renew, 0: no such key, -1: error. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *ectx, EVP_MAC_CTX *mctx, int enc)
{
	const struct tls_ticket_key *k = &keys.current;

	if (k->made == 0)
		tls_keys_make(&keys); /* nobody to share with */
	if (enc) {
		memcpy(name, k->name, sizeof(k->name));
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher())) != 1)
			return -1;
		return init_ciphers(k, iv, ectx, mctx, 1) ? 1 : -1;
	}
	if (memcmp(name, k->name, sizeof(k->name)) != 0)
		k = &keys.previous;
	if (k->made == 0 || memcmp(name, k->name, sizeof(k->name)) != 0)
		return 0;
	if (!init_ciphers(k, iv, ectx, mctx, 0))
		return -1;
	return k == &keys.current ? 1 : 2;
}

void
tls_keys_install(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
}
