/* SPDX-License-Identifier: ISC */
/*
 * ASCII-only string helpers: protocol bytes never meet the locale.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool ascii_isalpha(unsigned char);
bool ascii_isdigit(unsigned char);
unsigned char ascii_toupper(unsigned char);
int ascii_casecmp(const char *, const char *);
int ascii_ncasecmp(const char *, const char *, size_t);

/*
 * Parses decimal digits only (no sign, no blanks), the whole string, at most
 * max. 0 or -1.
 */
int parse_u64(const char *s, uint64_t max, uint64_t *out);

/* Removes blanks and tabs at both ends, in place; returns the new start. */
char *str_trim(char *);
/* Appends n in decimal to p (no NUL) and returns the end. At most 20 bytes. */
char *fmt_u64(char *p, uint64_t n);

/*
 * FNV-1a of a string with its end, going on from h: several in a row are not
 * taken for others. The same for ever. Who can choose strings can make them
 * collide, unless the start is secret.
 */
uint64_t str_hash(uint64_t h, const char *);
#define STR_HASH_START UINT64_C(0xcbf29ce484222325)

/*
 * Length of the valid UTF-8 sequence of several bytes at p (2 to 4), or 0. C1
 * controls (U+0080 to U+009F) count as invalid: terminals obey them.
 */
size_t utf8_len(const unsigned char *p, size_t left);

#endif
