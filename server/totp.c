/* SPDX-License-Identifier: ISC */
/*
 * One-time passwords by the clock, and which were used.
 *
 * A used step is a word in a table in shared memory: half of it says whose it
 * is, by a hash, half of it which. A user has a few places where it can be, and
 * takes one from somebody whose step nobody could use any more.
 */
#include "server/totp.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "common/mem.h"
#include "common/str.h"
#include "tls/tls_mac.h"

#define SETS 1024
#define PLACES 8 /* of one set */

static _Atomic uint64_t (*used)[PLACES]; /* [SETS], or NULL */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

size_t
totp_key(const char *text, uint8_t key[TOTP_KEY_MAX])
{
	uint32_t bits = 0;
	unsigned nbits = 0;
	size_t n = 0;
	const char *at;

	for (; *text != '\0' && *text != '='; text++) {
		if (*text == ' ')
			continue;
		at = strchr(alphabet, ascii_toupper((unsigned char)*text));
		if (at == NULL || n == TOTP_KEY_MAX)
			return 0;
		bits = bits << 5 | (uint32_t)(at - alphabet);
		nbits += 5;
		if (nbits >= 8) {
			nbits -= 8;
			key[n++] = (uint8_t)(bits >> nbits);
		}
	}
	text += strspn(text, "=");
	return *text == '\0' && n >= TOTP_KEY_MIN ? n : 0;
}

void
totp_key_text(const uint8_t *key, size_t len, char text[TOTP_TEXT_MAX])
{
	uint32_t bits = 0;
	unsigned nbits = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | key[i];
		for (nbits += 8; nbits >= 5; nbits -= 5)
			*text++ = alphabet[bits >> (nbits - 5) & 31];
	}
	if (nbits > 0)
		*text++ = alphabet[bits << (5 - nbits) & 31];
	*text = '\0';
}

/* RFC 4226 5.3 */
void
totp_code(
    const uint8_t *key, size_t len, uint64_t step, char code[TOTP_DIGITS + 1])
{
	uint8_t counter[8], mac[TLS_SHA1_LEN];
	const uint8_t *p;
	uint32_t number;
	int i;

	for (i = 7; i >= 0; i--, step >>= 8)
		counter[i] = (uint8_t)step;
	tls_mac_sha1(key, len, counter, sizeof(counter), mac);
	p = mac + (mac[sizeof(mac) - 1] & 0xf);
	number = (uint32_t)(p[0] & 0x7f) << 24 | (uint32_t)p[1] << 16 |
		 (uint32_t)p[2] << 8 | p[3];
	(void)snprintf(
	    code, TOTP_DIGITS + 1, "%06u", (unsigned)(number % 1000000));
}

uint64_t
totp_find(const uint8_t *key, size_t len, const char *code, uint64_t now)
{
	uint64_t step = now / TOTP_STEP, end = step + 2, found = 0;
	char good[TOTP_DIGITS + 1];
	unsigned i, diff;

	for (step -= step > 0; step < end; step++) {
		totp_code(key, len, step, good);
		for (diff = 0, i = 0; i < TOTP_DIGITS; i++)
			diff |= (unsigned char)(good[i] ^ code[i]);
		if (diff == 0)
			found = step;
	}
	return found;
}

/* ---------------------------------------------------------------- once */
int
totp_share(void)
{
	void *p;

	if (used != NULL)
		return 0;
	p = mmap(NULL, SETS * sizeof(*used), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	used = p;
	return 0;
}

void
totp_forget(void)
{
	if (used != NULL)
		(void)munmap(used, SETS * sizeof(*used));
	used = NULL;
}

bool
totp_use(const char *user, const char *text, uint64_t step)
{
	uint64_t h = str_hash(str_hash(STR_HASH_START, user), text);
	uint64_t seen, word, oldest;
	uint32_t tag = (uint32_t)(h >> 32) | 1;
	_Atomic uint64_t *set, *place;
	size_t i;

	if (used == NULL)
		return true;
	set = used[h % SETS];
	word = (uint64_t)tag << 32 | (uint32_t)step;
	do {
		place = &set[0];
		oldest = atomic_load(place);
		for (i = 0; i < PLACES; i++) {
			seen = atomic_load(&set[i]);
			if (seen >> 32 == tag) {
				if ((uint32_t)seen >= (uint32_t)step)
					return false;
				place = &set[i];
				oldest = seen;
				break;
			}
			if ((uint32_t)seen < (uint32_t)oldest) {
				place = &set[i];
				oldest = seen;
			}
		}
	} while (!atomic_compare_exchange_strong(place, &oldest, word));
	return true;
}
