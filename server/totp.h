/* SPDX-License-Identifier: ISC */
/*
 * One-time passwords by the clock (RFC 6238): six digits, 30 seconds, SHA-1, as
 * all programs for telephones make them.
 */
#ifndef SERVER_TOTP_H
#define SERVER_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTP_DIGITS 6
#define TOTP_STEP 30 /* seconds */
#define TOTP_KEY_MIN 10 /* bytes */
#define TOTP_KEY_MAX 64
#define TOTP_TEXT_MAX (TOTP_KEY_MAX * 8 / 5 + 2)

/*
 * Base32 (RFC 4648) to the key's bytes; blanks, case and padding do not matter.
 * Returns their number, or 0 if the text is no key of TOTP_KEY_MIN to
 * TOTP_KEY_MAX bytes.
 */
size_t totp_key(const char *text, uint8_t key[TOTP_KEY_MAX]);
/* And back. */
void totp_key_text(const uint8_t *key, size_t len, char text[TOTP_TEXT_MAX]);
/* The digits of a step. */
void totp_code(
    const uint8_t *key, size_t len, uint64_t step, char code[TOTP_DIGITS + 1]);
/*
 * Is it the code of the step of now (seconds), the one before or the one after?
 * Returns the step, or 0.
 */
uint64_t totp_find(
    const uint8_t *key, size_t len, const char *code, uint64_t now);

/*
 * Codes are good once, for all processes that check them: the steps used last
 * are in memory that they share. To be called before they are forked; without
 * it, totp_use() forbids nothing. 0, or -1 with errno.
 */
int totp_share(void);
/* In a child that checks none. */
void totp_forget(void);
/* Marks the step of this user's key as used. False: it, or a later one, is so
 * already. */
bool totp_use(const char *user, const char *text, uint64_t step);

#endif
