/* SPDX-License-Identifier: ISC */
/*
 * Names of hosts: their form (RFC 1123 2.1) and wildcards (RFC 6125 6.4.3).
 */
#include "common/hostname.h"

#include <string.h>

#include "common/str.h"

#define LABEL_MAX 63

static bool
is_letter_or_digit(char c)
{
	return ascii_isalpha((unsigned char)c) ||
	       ascii_isdigit((unsigned char)c);
}

static bool
is_label(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (i = 0; i < n; i++)
		if (!is_letter_or_digit(p[i]) && p[i] != '-')
			return false;
	return true;
}

/* Without the dot at its end. */
static size_t
length(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && name[n - 1] == '.' ? n - 1 : n;
}

bool
hostname_is_good(const char *name)
{
	size_t left = length(name), n;

	if (left == 0 || left >= HOSTNAME_MAX ||
	    strspn(name, "0123456789.") >= left)
		return false;
	for (;;) {
		n = strcspn(name, ".");
		if (!is_label(name, n))
			return false;
		if (n >= left)
			return true;
		name += n + 1;
		left -= n + 1;
	}
}

bool
hostname_is_pattern(const char *text)
{
	return hostname_is_good(
	    text[0] == '*' && text[1] == '.' ? text + 2 : text);
}

bool
hostname_matches(const char *pattern, const char *name)
{
	size_t n;

	if (pattern[0] == '*') {
		n = strcspn(name, ".");
		if (n == 0 || name[n] == '\0')
			return false;
		pattern++;
		name += n;
	}
	n = length(name);
	return length(pattern) == n && ascii_ncasecmp(pattern, name, n) == 0;
}
