/* SPDX-License-Identifier: ISC */
/*
 * What every fuzz target shares: its entry point, assertions that no build
 * option turns off, and a cursor that takes parameters from the input.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond) ((cond) ? (void)0 : fuzz_fail(#cond, __FILE__, __LINE__))

static inline void
fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* What is left of the input. */
struct input {
	const uint8_t *p;
	size_t n;
};

/* The next n bytes as a number; bytes that are missing count as 0. */
static inline uint64_t
input_uint(struct input *in, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0) {
		v = v << 8 | (in->n > 0 ? *in->p : 0);
		if (in->n > 0) {
			in->p++;
			in->n--;
		}
	}
	return v;
}

/* The bytes up to the next NUL (or all) as a string in memory of its size. */
static inline char *
input_str(struct input *in)
{
	size_t len = in->n > 0 ? strnlen((const char *)in->p, in->n) : 0;
	char *s = malloc(len + 1);

	REQUIRE(s != NULL);
	if (len > 0)
		memcpy(s, in->p, len);
	s[len] = '\0';
	if (len < in->n)
		len++; /* its NUL */
	in->p += len;
	in->n -= len;
	return s;
}

#endif
