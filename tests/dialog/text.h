/* SPDX-License-Identifier: ISC */
/*
 * The texts of a dialogue: escapes, repetitions, the announced port, and
 * patterns with '*'.
 */
#ifndef TESTS_DIALOG_TEXT_H
#define TESTS_DIALOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 20000
#define TEXT_ANY 0x100 /* a '*' that was not escaped */

struct text {
	size_t n;
	uint16_t t[TEXT_MAX]; /* bytes, or TEXT_ANY */
};

/*
 * Understands \\ \* \$ \" \r \n \t \xNN, \{300 ab} (ab, 300 times), $port, and
 * $p1 and $p2, its two halves. False if src is malformed or too long.
 */
bool text_parse(struct text *, const char *src, uint16_t port);
/* The bytes alone (a '*' is one), into out; the length. */
size_t text_bytes(const struct text *, char *out);
bool text_match(const struct text *, const char *p, size_t len);
/* Makes len bytes printable, for messages; valid until the next but one call.
 */
const char *text_show(const char *p, size_t len);

#endif
