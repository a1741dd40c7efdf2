/* SPDX-License-Identifier: ISC */
/*
 * Private keys leave no copies in memory that was freed.
 *
 * OpenSSL wipes the keys themselves, but not the text of their files and the
 * DER in it, which it only frees after reading. Processes that are forked
 * later, and have no business with the keys, would find them there. So whatever
 * it frees while keys are read or written is wiped.
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tls/tls_priv.h"

static bool wiping;

static void *
wipe_malloc(size_t size, const char *file, int line)
{
	return size > 0 ? malloc(size) : NULL;
}

static void
wipe_free(void *p, const char *file, int line)
{
	if (wiping && p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
wipe_realloc(void *p, size_t size, const char *file, int line)
{
	size_t old = p != NULL ? malloc_usable_size(p) : 0;
	void *fresh;

	if (!wiping || p == NULL)
		return realloc(p, size);
	fresh = malloc(size);
	if (fresh == NULL)
		return NULL;
	memcpy(fresh, p, old < size ? old : size);
	wipe_free(p, file, line);
	return fresh;
}

/*
 * Only a process that has not used OpenSSL before can have its memory wiped;
 * the monitor begins with this. Tests have allocators of their own.
 */
void
tls_wipe_begin(void)
{
	CRYPTO_malloc_fn current;

	CRYPTO_get_mem_functions(&current, NULL, NULL);
	if (current == CRYPTO_malloc)
		(void)CRYPTO_set_mem_functions(
		    wipe_malloc, wipe_realloc, wipe_free);
	wiping = true;
}

void
tls_wipe_end(void)
{
	wiping = false;
}
