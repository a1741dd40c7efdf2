/* SPDX-License-Identifier: ISC */
/*
 * Between the files that implement tlsconf.h.
 */
#ifndef SERVER_TLSCONF_PRIV_H
#define SERVER_TLSCONF_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct tls_named;
struct tls_pair;

/* The certificates of its blocks, in fresh memory. */
struct tls_pair *tlsconf_pairs(const struct config *);

/* Those of hosts, by name. */
struct tlsconf_names {
	struct tls_named *v;
	size_t n;
	struct tls_pair **pairs; /* by host */
	size_t npairs;
};

void tlsconf_names_make(struct tlsconf_names *, const struct config *);
void tlsconf_names_clear(struct tlsconf_names *);

enum selfsigned {
	SELFSIGNED_THERE,
	SELFSIGNED_TO_COME, /* not made, but it could be */
	SELFSIGNED_FAILED,
};

/* The key's path beside that of the certificate, in fresh memory. */
char *selfsigned_key_path(const char *cert);
/*
 * Makes the pair if it does not exist and create is set; what exists is never
 * touched. If it fails, *why_r says in one line what and how to mend it.
 */
enum selfsigned selfsigned_ensure(
    const char *cert, const char *key, bool create, char **why_r);
/* May a file of that path be made? If not, *why_r says why. */
bool tlsconf_can_create(const char *path, char **why_r);

#endif
