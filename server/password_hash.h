/* SPDX-License-Identifier: ISC */
/*
 * Hashing of new passwords.
 */
#ifndef SERVER_PASSWORD_HASH_H
#define SERVER_PASSWORD_HASH_H

/* Its yescrypt hash with a fresh salt, in fresh memory; NULL with errno. */
char *password_hash(const char *password);

#endif
