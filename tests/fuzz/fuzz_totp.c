/* SPDX-License-Identifier: ISC */
/*
 * Secrets of one-time passwords: what is accepted as a key survives being
 * written again, and its code of now is found, and good once.
 *
 * Input: the time, then the text.
 */
#include "server/totp.h"
#include "tests/fuzz/fuzz.h"

static void
check_text(const uint8_t *key, size_t n)
{
	char text[TOTP_TEXT_MAX];
	uint8_t again[TOTP_KEY_MAX];

	memset(text, 'x', sizeof(text));
	totp_key_text(key, n, text);
	REQUIRE(strnlen(text, sizeof(text)) < sizeof(text));
	REQUIRE(totp_key(text, again) == n);
	REQUIRE(memcmp(again, key, n) == 0);
}

static void
check_code(const uint8_t *key, size_t n, const char *text, uint64_t now)
{
	char code[TOTP_DIGITS + 1];
	uint64_t step = now / TOTP_STEP, found;

	totp_code(key, n, step, code);
	REQUIRE(strspn(code, "0123456789") == TOTP_DIGITS);
	found = totp_find(key, n, code, now);
	/* A later step may have the same code; step 0 cannot be told. */
	REQUIRE(step == 0 || found == step || found == step + 1);
	REQUIRE(totp_share() == 0);
	(void)totp_use("joe", text, step);
	REQUIRE(!totp_use("joe", text, step));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t now = input_uint(&in, 5);
	char *text = input_str(&in);
	uint8_t key[TOTP_KEY_MAX];
	size_t n = totp_key(text, key);

	if (n > 0) {
		REQUIRE(n >= TOTP_KEY_MIN && n <= TOTP_KEY_MAX);
		check_text(key, n);
		check_code(key, n, text, now);
	}
	free(text);
	return 0;
}
