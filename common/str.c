/* SPDX-License-Identifier: ISC */
/*
 * ASCII-only string helpers: protocol bytes never meet the locale.
 */
#include "common/str.h"

#include <string.h>

bool
ascii_isalpha(unsigned char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

bool
ascii_isdigit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

unsigned char
ascii_toupper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

int
ascii_ncasecmp(const char *a, const char *b, size_t n)
{
	size_t i;
	int d;

	for (i = 0; i < n; i++) {
		d = ascii_toupper((unsigned char)a[i]) -
		    ascii_toupper((unsigned char)b[i]);
		if (d != 0 || a[i] == '\0')
			return d;
	}
	return 0;
}

int
ascii_casecmp(const char *a, const char *b)
{
	return ascii_ncasecmp(a, b, SIZE_MAX);
}

int
parse_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	unsigned digit;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (!ascii_isdigit((unsigned char)*s))
			return -1;
		digit = (unsigned)(*s - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (n > max)
		return -1;
	*out = n;
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

char *
str_trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

char *
fmt_u64(char *p, uint64_t n)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	memcpy(p, tmp + i, sizeof(tmp) - i);
	return p + sizeof(tmp) - i;
}

uint64_t
str_hash(uint64_t h, const char *p)
{
	do
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	while (*p++ != '\0');
	return h;
}

size_t
utf8_len(const unsigned char *p, size_t left)
{
	uint32_t c, min;
	size_t i, n;

	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		c = p[0] & 0x1f;
		min = 0xa0;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		c = p[0] & 0x0f;
		min = 0x800;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		c = p[0] & 0x07;
		min = 0x10000;
	} else {
		return 0;
	}
	if (left < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}
