/* SPDX-License-Identifier: ISC */
/*
 * New passwords are hashed with yescrypt, of libxcrypt.
 */
#include "server/password_hash.h"

#include <crypt.h>

#include "common/mem.h"

char *
password_hash(const char *password)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], *hash = NULL, *made;
	struct crypt_data *data = xcalloc(1, sizeof(*data));

	if (crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) != NULL) {
		made = crypt_rn(password, salt, data, sizeof(*data));
		if (made != NULL)
			hash = xstrdup(made);
	}
	free_secret(data, sizeof(*data));
	return hash;
}
