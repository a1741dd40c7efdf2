/* SPDX-License-Identifier: ISC */
/*
 * Client text in log lines: it can forge neither a line nor a terminal.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static const struct vis {
	const char *in;
	size_t len;
	const char *out;
} vis[] = {
	{ "", 0, "" },
	{ "plain ~ text", 12, "plain ~ text" },
	{ "a\"b\\c", 5, "a\\\"b\\\\c" },
	{ "\r\n\t", 3, "\\015\\012\\011" },
	{ "\0x", 2, "\\000x" },
	{ "\033[31m", 5, "\\033[31m" },
	{ "\177", 1, "\\177" },
	{ "\xc3\xa4", 2, "\xc3\xa4" }, /* UTF-8 stays */
	{ "\xe2\x82\xac", 3, "\xe2\x82\xac" },
	{ "\xf0\x9f\x90\xa6", 4, "\xf0\x9f\x90\xa6" },
	{ "\xe4", 1, "\xe4" }, /* Latin-1 stays */
	{ "\xff\xfe", 2, "\xff\xfe" },
	{ "\x9b"
	  "2J",
	    3, "\\2332J" }, /* CSI of C1 */
	{ "\xc2\x9b"
	  "2J",
	    4, "\\302\\2332J" }, /* the same in UTF-8 */
	{ "\xc2\xa0", 2, "\xc2\xa0" }, /* the first that is no C1 */
	{ "\xc3", 1, "\xc3" }, /* begun, never ended */
	{ "\xe2\x82", 2, "\xe2\\202" },
	{ "\xc0\x9b", 2, "\xc0\\233" }, /* overlong */
	{ "\xe0\x82\x9b", 3, "\xe0\\202\\233" },
	{ "\xed\xa0\x80", 3, "\xed\xa0\\200" }, /* a surrogate */
	{ "\xf4\x90\x80\x80", 4, "\xf4\\220\\200\\200" },
	{ "\xc3\xa4\x84", 3, "\xc3\xa4\\204" },
};

START_TEST(text_is_made_visible)
{
	const struct vis *v;
	char out[64];

	for (v = vis; v < vis + NELEM(vis); v++)
		ck_assert_str_eq(
		    log_vis(out, sizeof(out), v->in, v->len), v->out);
}
END_TEST

/* In a buffer of 8: what fits stays whole, what does not ends in "...". */
static const char *const cuts[][2] = {
	{ "1234567", "1234567" },
	{ "12345678", "1234..." },
	{ "123\n", "123\\012" },
	{ "1234\n", "1234..." },
	{ "1\n34567", "1..." }, /* \012 is not split */
	{ "12345\xc3\xa4", "12345\xc3\xa4" },
	{ "123\xc3\xa4"
	  "678",
	    "123..." },
	{ "\n\n", "\\012..." },
};

START_TEST(cut_is_marked_between_units)
{
	char out[8];
	size_t i;

	for (i = 0; i < NELEM(cuts); i++) {
		log_vis(out, sizeof(out), cuts[i][0], strlen(cuts[i][0]));
		ck_assert_str_eq(out, cuts[i][1]);
	}
}
END_TEST

START_TEST(small_buffers_are_respected)
{
	char *out;
	size_t size;

	for (size = 0; size < 8; size++) {
		out = malloc(size + 1);
		out[0] = 'x';
		ck_assert_ptr_eq(log_vis(out, size, "\n\n\n\n", 4), out);
		if (size > 0)
			ck_assert_uint_lt(strlen(out), size);
		else
			ck_assert_int_eq(out[0], 'x');
		free(out);
	}
}
END_TEST

Suite *
suite_log_vis(void)
{
	Suite *s = suite_create("log_vis");
	TCase *tc = tcase_create("escapes");

	tcase_add_test(tc, text_is_made_visible);
	tcase_add_test(tc, cut_is_marked_between_units);
	tcase_add_test(tc, small_buffers_are_respected);
	suite_add_tcase(s, tc);
	return s;
}
