/* SPDX-License-Identifier: ISC */
/*
 * A table of keyed digests: the place follows from the digest, and a newer one
 * takes it from an older.
 */
#include "server/auth/auth_cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/timer.h"
#include "tls/tls_mac.h"

#define PLACES 1024

struct place {
	uint8_t mac[TLS_MAC_LEN];
	uint64_t until; /* clock_ms(); 0: empty */
};

struct auth_cache {
	uint8_t key[TLS_MAC_LEN];
	uint64_t ms;
	struct place places[PLACES];
};

struct auth_cache *
auth_cache_new(uint32_t seconds)
{
	struct auth_cache *c;

	if (seconds == 0)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->ms = seconds * UINT64_C(1000);
	arc4random_buf(c->key, sizeof(c->key));
	return c;
}

void
auth_cache_free(struct auth_cache *c)
{
	if (c != NULL)
		free_secret(c, sizeof(*c));
}

/* Hash and password, apart from each other. */
static void
digest(const struct auth_cache *c, const char *hash, const char *password,
    uint8_t mac[TLS_MAC_LEN])
{
	size_t n = strlen(hash) + 1, len = n + strlen(password);
	char *both = xmalloc(len + 1);

	memcpy(both, hash, n);
	memcpy(both + n, password, len - n + 1);
	tls_mac(c->key, both, len, mac);
	free_secret(both, len + 1);
}

static size_t
place_of(const uint8_t mac[TLS_MAC_LEN])
{
	return ((size_t)mac[0] << 8 | mac[1]) % PLACES;
}

bool
auth_cache_knows(
    const struct auth_cache *c, const char *hash, const char *password)
{
	uint8_t mac[TLS_MAC_LEN];
	const struct place *p;

	if (c == NULL)
		return false;
	digest(c, hash, password, mac);
	p = &c->places[place_of(mac)];
	return p->until > clock_ms() && tls_mac_equal(p->mac, mac);
}

void
auth_cache_add(struct auth_cache *c, const char *hash, const char *password)
{
	uint8_t mac[TLS_MAC_LEN];
	struct place *p;

	if (c == NULL)
		return;
	digest(c, hash, password, mac);
	p = &c->places[place_of(mac)];
	memcpy(p->mac, mac, sizeof(mac));
	p->until = clock_ms() + c->ms;
}
