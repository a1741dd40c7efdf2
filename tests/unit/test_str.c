/* SPDX-License-Identifier: ISC */
/*
 * ASCII helpers: numbers as clients write them, and letters without a locale.
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/unit/suites.h"

static const struct number {
	const char *text;
	uint64_t max;
	int rc;
	uint64_t value;
} numbers[] = {
	{ "0", UINT64_MAX, 0, 0 }, { "007", UINT64_MAX, 0, 7 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
	{ "00000000000000000000000001", UINT64_MAX, 0, 1 },
	{ "255", 255, 0, 255 }, { "256", 255, -1, 0 },
	{ "18446744073709551616", UINT64_MAX, -1, 0 },
	{ "18446744073709551620", UINT64_MAX, -1, 0 },
	{ "184467440737095516150", UINT64_MAX, -1, 0 },
	{ "99999999999999999999999999999999", UINT64_MAX, -1, 0 },
	{ "", UINT64_MAX, -1, 0 }, { "-1", UINT64_MAX, -1, 0 },
	{ "+1", UINT64_MAX, -1, 0 }, { " 1", UINT64_MAX, -1, 0 },
	{ "1 ", UINT64_MAX, -1, 0 }, { "0x10", UINT64_MAX, -1, 0 },
	{ "1.5", UINT64_MAX, -1, 0 }, { "1e3", UINT64_MAX, -1, 0 },
	{ "\xd9\xa1", UINT64_MAX, -1, 0 }, /* a digit of another script */
};

START_TEST(number_is_parsed_strictly)
{
	const struct number *n;
	uint64_t v;

	for (n = numbers; n < numbers + NELEM(numbers); n++) {
		v = 4711;
		ck_assert_msg(parse_u64(n->text, n->max, &v) == n->rc,
		    "\"%s\" is not %d", n->text, n->rc);
		ck_assert_uint_eq(v, n->rc == 0 ? n->value : 4711);
	}
}
END_TEST

START_TEST(number_is_printed)
{
	static const struct {
		uint64_t n;
		const char *text;
	} t[] = {
		{ 0, "0" },
		{ 9, "9" },
		{ 10, "10" },
		{ 1234567890, "1234567890" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	char out[21];
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		memset(out, '#', sizeof(out));
		*fmt_u64(out, t[i].n) = '\0';
		ck_assert_str_eq(out, t[i].text);
	}
}
END_TEST

START_TEST(classes_are_ascii)
{
	int c, alpha, digit;

	for (c = 0; c < 256; c++) {
		alpha = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		digit = c >= '0' && c <= '9';
		ck_assert_int_eq(ascii_isalpha((unsigned char)c), alpha);
		ck_assert_int_eq(ascii_isdigit((unsigned char)c), digit);
		ck_assert_int_eq(ascii_toupper((unsigned char)c),
		    c >= 'a' && c <= 'z' ? c - 32 : c);
	}
}
END_TEST

START_TEST(case_is_ignored_for_ascii_only)
{
	ck_assert_int_eq(ascii_casecmp("ReTr", "rEtR"), 0);
	ck_assert_int_lt(ascii_casecmp("abc", "ABD"), 0);
	ck_assert_int_gt(ascii_casecmp("abd", "ABC"), 0);
	ck_assert_int_lt(ascii_casecmp("ab", "ABC"), 0);
	ck_assert_int_gt(ascii_casecmp("ABC", "ab"), 0);
	ck_assert_int_ne(ascii_casecmp("@", "`"), 0);
	ck_assert_int_ne(ascii_casecmp("\xe4", "\xc4"), 0);
	ck_assert_int_gt(ascii_casecmp("\xe4", "z"), 0);
	ck_assert_int_eq(ascii_ncasecmp("abX", "ABY", 2), 0);
	ck_assert_int_ne(ascii_ncasecmp("abX", "ABY", 3), 0);
	ck_assert_int_eq(ascii_ncasecmp("ab", "AB", 100), 0);
	ck_assert_int_eq(ascii_ncasecmp("a", "b", 0), 0);
}
END_TEST

/* Names of files depend on it: it must never change. */
START_TEST(hash_is_the_same_for_ever)
{
	uint64_t ab = str_hash(str_hash(STR_HASH_START, "a"), "b");

	ck_assert_uint_eq(
	    str_hash(STR_HASH_START, ""), UINT64_C(0xaf63bd4c8601b7df));
	ck_assert_uint_ne(ab, str_hash(STR_HASH_START, "ab"));
	ck_assert_uint_ne(ab, str_hash(str_hash(STR_HASH_START, "ab"), ""));
}
END_TEST

START_TEST(trim_cuts_blanks_at_both_ends)
{
	static const char *const t[][2] = {
		{ "", "" }, { " \t ", "" }, { "a", "a" }, { " a b\t", "a b" },
		{ "\r\na", "\r\na" }, /* only blanks and tabs */
	};
	char buf[16];
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		strlcpy(buf, t[i][0], sizeof(buf));
		ck_assert_str_eq(str_trim(buf), t[i][1]);
	}
}
END_TEST

Suite *
suite_str(void)
{
	Suite *s = suite_create("str");
	TCase *tc = tcase_create("str");

	tcase_add_test(tc, number_is_parsed_strictly);
	tcase_add_test(tc, number_is_printed);
	tcase_add_test(tc, classes_are_ascii);
	tcase_add_test(tc, case_is_ignored_for_ascii_only);
	tcase_add_test(tc, trim_cuts_blanks_at_both_ends);
	tcase_add_test(tc, hash_is_the_same_for_ever);
	suite_add_tcase(s, tc);
	return s;
}
