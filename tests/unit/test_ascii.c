/* SPDX-License-Identifier: ISC */
/*
 * TYPE A conversion: R29.2 of the user rules, T40 (buffer borders).
 */
#include <check.h>
#include <string.h>

#include "common/ascii.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static const struct pair {
	const char *file, *net;
} both_ways[] = {
	{ "", "" },
	{ "a", "a" },
	{ "\n", "\r\n" },
	{ "\n\n", "\r\n\r\n" },
	{ "one\ntwo\n", "one\r\ntwo\r\n" },
	{ "no end", "no end" },
	{ "lone\rCR\n", "lone\rCR\r\n" },
	{ "CR at end\r", "CR at end\r" },
	{ "\r\r", "\r\r" },
};

/* Converts text in pieces of at most step bytes. */
static size_t
to_net(char *out, const char *in, size_t n, size_t step)
{
	struct ascii a = { 0 };
	size_t len = 0, i;

	for (i = 0; i < n; i += step)
		len += ascii_to_net(
		    &a, out + len, in + i, n - i < step ? n - i : step);
	return len;
}

static size_t
from_net(char *out, const char *in, size_t n, size_t step)
{
	struct ascii a = { 0 };
	size_t len = 0, i;

	for (i = 0; i < n; i += step)
		len += ascii_from_net(
		    &a, out + len, in + i, n - i < step ? n - i : step);
	return len + ascii_from_net_end(&a, out + len);
}

static void
check_to_net(const char *in, const char *want)
{
	char out[64];
	size_t step;

	for (step = 1; step <= strlen(in) + 1; step++) {
		size_t n = to_net(out, in, strlen(in), step);

		ck_assert_uint_eq(n, strlen(want));
		ck_assert_mem_eq(out, want, n);
	}
}

static void
check_from_net(const char *in, const char *want)
{
	char out[64];
	size_t step;

	for (step = 1; step <= strlen(in) + 1; step++) {
		size_t n = from_net(out, in, strlen(in), step);

		ck_assert_uint_eq(n, strlen(want));
		ck_assert_mem_eq(out, want, n);
	}
}

START_TEST(converts_to_net_and_back)
{
	check_to_net(both_ways[_i].file, both_ways[_i].net);
	check_from_net(both_ways[_i].net, both_ways[_i].file);
}
END_TEST

START_TEST(existing_crlf_is_not_doubled)
{
	check_to_net("dos\r\nunix\n", "dos\r\nunix\r\n");
	check_to_net("\r\n", "\r\n");
	check_to_net("\r\r\n", "\r\r\n");
	check_to_net("\r\n\n", "\r\n\r\n");
}
END_TEST

START_TEST(only_the_cr_before_lf_goes)
{
	check_from_net("\r\r\n", "\r\n");
	check_from_net("\r\n\r", "\n\r");
	check_from_net("bare\nlf\r\n", "bare\nlf\n");
	check_from_net("a\rb\r\rc", "a\rb\r\rc");
}
END_TEST

START_TEST(cr_is_withheld_until_it_is_decided)
{
	struct ascii a = { 0 };
	char out[4];

	ck_assert_uint_eq(ascii_from_net(&a, out, "x\r", 2), 1);
	ck_assert_uint_eq(ascii_from_net(&a, out, "", 0), 0);
	ck_assert_uint_eq(ascii_from_net(&a, out, "y", 1), 2);
	ck_assert_mem_eq(out, "\ry", 2);
	ck_assert_uint_eq(ascii_from_net_end(&a, out), 0);
	ck_assert_uint_eq(ascii_from_net(&a, out, "\r", 1), 0);
	ck_assert_uint_eq(ascii_from_net_end(&a, out), 1);
	ck_assert_uint_eq(ascii_from_net_end(&a, out), 0);
}
END_TEST

START_TEST(binary_bytes_pass)
{
	char in[256], net[512], back[257];
	size_t i, n;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (char)i;
	n = to_net(net, in, sizeof(in), 7);
	ck_assert_uint_eq(n, sizeof(in) + 1); /* one LF */
	ck_assert_uint_eq(from_net(back, net, n, 5), sizeof(in));
	ck_assert_mem_eq(back, in, sizeof(in));
}
END_TEST

Suite *
suite_ascii(void)
{
	Suite *s = suite_create("ascii");
	TCase *tc = tcase_create("ascii");

	tcase_add_loop_test(
	    tc, converts_to_net_and_back, 0, (int)NELEM(both_ways));
	tcase_add_test(tc, existing_crlf_is_not_doubled);
	tcase_add_test(tc, only_the_cr_before_lf_goes);
	tcase_add_test(tc, cr_is_withheld_until_it_is_decided);
	tcase_add_test(tc, binary_bytes_pass);
	suite_add_tcase(s, tc);
	return s;
}
