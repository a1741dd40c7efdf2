/* SPDX-License-Identifier: ISC */
/*
 * Between the files that implement tlsconf.h.
 */
#ifndef SERVER_TLSCONF_PRIV_H
#define SERVER_TLSCONF_PRIV_H

#include <stdbool.h>

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
