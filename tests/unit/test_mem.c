/* SPDX-License-Identifier: ISC */
/*
 * Allocation that never returns NULL.
 */
#include "config.h"

#include <check.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/heap.h"
#include "common/mem.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

static void
zero_size(void)
{
	free(xmalloc(0));
}

static void
zero_count(void)
{
	free(xcalloc(0, 8));
}

/* More than any machine has; the product would wrap around. */
static volatile size_t huge = SIZE_MAX / 2;

static void
overflow(void)
{
	free(xcalloc(huge, 4));
}

static void
too_much(void)
{
	free(xmalloc(huge));
}

START_TEST(zero_size_is_a_bug)
{
	char log[512];

	ck_assert_int_eq(child_run(zero_size, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "bug"));
	ck_assert_int_eq(child_run(zero_count, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "bug"));
}
END_TEST

START_TEST(no_memory_ends_the_process)
{
	char log[512];

	ck_assert_int_eq(child_run(overflow, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "out of memory"));
	ck_assert_int_eq(child_run(too_much, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "out of memory"));
}
END_TEST

START_TEST(strings_are_copied)
{
	char *s = xstrdup("abc"), *t = xstrndup("abc", 2), *u;

	ck_assert_str_eq(s, "abc");
	ck_assert_str_eq(t, "ab");
	ck_assert_int_eq(xasprintf(&u, "%s-%d", s, 7), 5);
	ck_assert_str_eq(u, "abc-7");
	free(s);
	free(t);
	free_secret(u, strlen(u));
	free_secret(NULL, 0);
}
END_TEST

START_TEST(calloc_is_zeroed_and_realloc_keeps)
{
	unsigned char *p = xcalloc(4, 4);
	int i;

	for (i = 0; i < 16; i++)
		ck_assert_int_eq(p[i], 0);
	p[15] = 42;
	p = xrealloc(p, 4096);
	ck_assert_int_eq(p[15], 42);
	free(p);
}
END_TEST

/* How often the word stands in the heap from here on. */
static unsigned
count_in_heap(const char *start, const char *rest)
{
	const char *p = start, *end = sbrk(0);
	unsigned n = 0;

	while ((p = memmem(p, (size_t)(end - p), rest, strlen(rest))) != NULL) {
		n++;
		p++;
	}
	return n;
}

/* Blocks of all sizes, and between them some that stay. */
START_TEST(what_is_free_is_wiped)
{
	static const char word[] = "never to be found again";
	char *blocks[400] = { xmalloc(32) }, *start = blocks[0];
	size_t i, size;

	if (mallinfo2().arena == 0 || start > (char *)sbrk(0)) {
		free(start); /* a checker's allocator keeps what is freed */
		return;
	}
	for (i = 0; i < NELEM(blocks); i++) {
		size = 32 + i * i;
		blocks[i] = i == 0 ? start : xmalloc(size);
		strlcpy(blocks[i], i % 5 == 0 ? "stays" : word, size);
		if (i % 5 != 0)
			strlcpy(blocks[i] + size - 32, word, 32);
	}
	for (i = 0; i < NELEM(blocks); i++)
		if (i % 5 != 0)
			free(blocks[i]);
	ck_assert_uint_gt(count_in_heap(start, word + 16), 100);
	heap_wipe_free();
	ck_assert_uint_eq(count_in_heap(start, word + 16), 0);
	for (i = 0; i < NELEM(blocks); i += 5) {
		ck_assert_str_eq(blocks[i], "stays");
		free(blocks[i]);
	}
}
END_TEST

/* A soak found that it grew by half a megabyte with each reload. */
START_TEST(to_wipe_needs_no_memory)
{
	char *blocks[100];
	const char *end = NULL;
	size_t i, round;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < NELEM(blocks); i++)
			blocks[i] = xmalloc(32 + i * i);
		for (i = 0; i < NELEM(blocks); i++)
			free(blocks[i]);
		heap_wipe_free();
		if (round == 1)
			end = sbrk(0);
	}
	ck_assert((const char *)sbrk(0) <= end);
}
END_TEST

Suite *
suite_mem(void)
{
	Suite *s = suite_create("mem");
	TCase *tc = tcase_create("mem");

	tcase_add_test(tc, zero_size_is_a_bug);
	tcase_add_test(tc, what_is_free_is_wiped);
	tcase_add_test(tc, to_wipe_needs_no_memory);
	tcase_add_test(tc, strings_are_copied);
	tcase_add_test(tc, calloc_is_zeroed_and_realloc_keeps);
#ifdef WITH_SANITIZERS
	(void)no_memory_ends_the_process;
	puts("SKIP: lack of memory (the sanitizer ends the process first)");
#else
	tcase_add_test(tc, no_memory_ends_the_process);
#endif
	suite_add_tcase(s, tc);
	return s;
}
