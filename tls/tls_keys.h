/* SPDX-License-Identifier: ISC */
/*
 * The keys that session tickets are encrypted with.
 *
 * One process makes them (the monitor, or whoever holds the lock of the key
 * file); all that speak TLS must have the same ones, or a client could not
 * resume with another worker (R1.6). Tickets are made with the current keys
 * and also accepted under the previous ones, so a rotation every
 * TLS_KEYS_LIFETIME makes no ticket useless before its time.
 */
#ifndef TLS_TLS_KEYS_H
#define TLS_TLS_KEYS_H

#include <stdint.h>

#include "common/buf.h"

struct tls_ticket_key {
	uint8_t name[16];
	uint8_t aes[32];
	uint8_t hmac[32];
	int64_t made; /* time(2); 0: there is none */
};

struct tls_keys {
	struct tls_ticket_key current, previous;
};

#define TLS_KEYS_LIFETIME (24 * 60 * 60) /* seconds */

/* Fresh current keys, no previous ones. */
void tls_keys_make(struct tls_keys *);
/* The current keys become the previous ones. */
void tls_keys_rotate(struct tls_keys *);

/* For messages; get leaves an error in the cursor if anything is odd. */
void tls_keys_put(struct wbuf *, const struct tls_keys *);
void tls_keys_get(struct rbuf *, struct tls_keys *);

/* A key file, mode 0600, replaced as a whole. 0, or -1 and *err_r. */
int tls_keys_load(const char *path, struct tls_keys *, char **err_r);
int tls_keys_save(const char *path, const struct tls_keys *, char **err_r);
/*
 * For processes that share only the file (inetd): reads it, makes keys if it
 * does not exist, rotates and writes them if they are too old; one process at
 * a time.
 */
int tls_keys_sync(const char *path, struct tls_keys *, char **err_r);

/*
 * Uses these in this process from now on. NULL forgets them; a process without
 * any makes its own at need.
 */
void tls_keys_set(const struct tls_keys *);

#endif
