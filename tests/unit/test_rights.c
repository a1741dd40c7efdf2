/* SPDX-License-Identifier: ISC */
/*
 * Rights as text: names, presets and what is neither.
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/rights.h"
#include "tests/unit/suites.h"

static const struct text_case {
	const char *text;
	uint32_t rights;
	const char *printed;
} texts[] = {
	{ "full", RIGHTS_FULL, "full" },
	{ "read-only", RIGHTS_READ_ONLY, "read-only" },
	{ "upload-only", RIGHTS_UPLOAD_ONLY, "upload-only" },
	{ "none", 0, "none" },
	{ " none ", 0, "none" },
	{ "list", RIGHT_LIST, "list" },
	{ "list read write", RIGHT_LIST | RIGHT_READ | RIGHT_WRITE,
	    "list read write" },
	{ "write,list", RIGHT_LIST | RIGHT_WRITE, "list write" },
	{ " rename ,\thash,, ", RIGHT_RENAME | RIGHT_HASH, "rename hash" },
	{ "list list", RIGHT_LIST, "list" },
	{ "hash read list", RIGHTS_READ_ONLY, "read-only" },
	{ "list read write overwrite append delete rename mkdir rmdir chmod "
	  "mtime hash",
	    RIGHTS_FULL, "full" },
};

static const char *const bad_texts[] = {
	"",
	" ",
	",",
	"ful",
	"fully",
	"Full",
	"LIST",
	"list;read",
	"list reed",
	"list read-only", /* a preset stands alone */
	"none read",
	"full full",
	"lis",
	"listen",
	"*",
	"-",
	"4095",
};

START_TEST(text_is_parsed_and_printed)
{
	uint32_t rights = 0xdeadbeef;
	char out[128];

	ck_assert_int_eq(rights_parse(texts[_i].text, &rights), 0);
	ck_assert_uint_eq(rights, texts[_i].rights);
	ck_assert_str_eq(
	    rights_str(rights, out, sizeof(out)), texts[_i].printed);
}
END_TEST

START_TEST(bad_text_is_refused)
{
	uint32_t rights;

	ck_assert_int_eq(rights_parse(bad_texts[_i], &rights), -1);
}
END_TEST

START_TEST(every_set_survives_its_text)
{
	uint32_t rights, back;
	char out[128];

	for (rights = 0; rights <= RIGHTS_FULL; rights++) {
		rights_str(rights, out, sizeof(out));
		ck_assert_int_eq(rights_parse(out, &back), 0);
		ck_assert_uint_eq(back, rights);
	}
}
END_TEST

START_TEST(each_bit_has_a_name)
{
	unsigned i;

	for (i = 0; i < 12; i++) {
		uint32_t rights = 0;

		ck_assert_int_eq(
		    rights_parse(right_name((enum right)(1u << i)), &rights),
		    0);
		ck_assert_uint_eq(rights, 1u << i);
	}
	ck_assert_uint_eq(RIGHTS_FULL, (1u << 12) - 1);
}
END_TEST

START_TEST(short_buffer_is_respected)
{
	char out[8];

	rights_str(RIGHT_LIST | RIGHT_READ, out, sizeof(out));
	ck_assert_str_eq(out, "list re");
	rights_str(RIGHTS_FULL, out, 1);
	ck_assert_str_eq(out, "");
}
END_TEST

Suite *
suite_rights(void)
{
	Suite *s = suite_create("rights");
	TCase *tc = tcase_create("rights");

	tcase_add_loop_test(
	    tc, text_is_parsed_and_printed, 0, (int)NELEM(texts));
	tcase_add_loop_test(tc, bad_text_is_refused, 0, (int)NELEM(bad_texts));
	tcase_add_test(tc, every_set_survives_its_text);
	tcase_add_test(tc, each_bit_has_a_name);
	tcase_add_test(tc, short_buffer_is_respected);
	suite_add_tcase(s, tc);
	return s;
}
