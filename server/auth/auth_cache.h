/* SPDX-License-Identifier: ISC */
/*
 * Passwords that were right a moment ago: clients that log in every few
 * seconds, or four times at once, are spared the hash that is meant to be slow.
 *
 * What is kept is no password and nothing that can be tried without the key,
 * which is random, of this process, and never leaves it. The stored hash is
 * part of what is recognised, so a changed password is not. That a password is
 * right is all that this says: whether its user may log in is asked each time.
 */
#ifndef SERVER_AUTH_AUTH_CACHE_H
#define SERVER_AUTH_AUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct auth_cache;

/* seconds: for how long; 0: nothing is kept. */
struct auth_cache *auth_cache_new(uint32_t seconds);
void auth_cache_free(struct auth_cache *);

/* Was this password right for this hash? */
bool auth_cache_knows(
    const struct auth_cache *, const char *hash, const char *password);
void auth_cache_add(
    struct auth_cache *, const char *hash, const char *password);

#endif
