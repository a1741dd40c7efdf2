/* SPDX-License-Identifier: ISC */
/*
 * Virtual paths: R36 (paths from hell), RFC 3659 6 (TVFS), RFC 959 app. II.
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "tests/unit/suites.h"

static const struct join {
	const char *cwd, *name, *want;
} joins[] = {
	{ "/", "", "/" },
	{ "/a", "", "/a" },
	{ "/", "x", "/x" },
	{ "/a/b", "x", "/a/b/x" },
	{ "/a/b", "/x", "/x" },
	{ "/a/b", "/", "/" },
	{ "/a", "//dir", "/dir" }, /* ipcam2mqtt */
	{ "/a", "b//c/", "/a/b/c" },
	{ "/a", "./b/./c/.", "/a/b/c" },
	{ "/a", ".", "/a" },
	{ "/", ".", "/" },
	{ "/a/b", "..", "/a" },
	{ "/a", "..", "/" },
	{ "/", "..", "/" }, /* clamps at the root */
	{ "/a/b", "../../../../etc/passwd", "/etc/passwd" },
	{ "/a", "/../..//../x", "/x" },
	{ "/a/b", "../c", "/a/c" },
	{ "/a/b", "c/../../d", "/a/d" },
	{ "/a", "...", "/a/..." },
	{ "/a", "..x", "/a/..x" },
	{ "/a", "x..", "/a/x.." },
	{ "/a", " ", "/a/ " }, /* blanks are names */
	{ "/a", " x ", "/a/ x " },
	{ "/a", "\\dir\\file", "/a/\\dir\\file" }, /* an ordinary byte */
	{ "/a", "~", "/a/~" }, /* the worker knows what it means */
	{ "/a", "\xff\xfe", "/a/\xff\xfe" }, /* names are bytes */
	{ "/a", "%2e%2e/x", "/a/%2e%2e/x" },
	{ "/a", "b\r\nc", "/a/b\r\nc" },
};

START_TEST(join_makes_the_normal_form)
{
	const struct join *j = &joins[_i];
	char out[VPATH_MAX];

	ck_assert_int_eq(vpath_join(out, j->cwd, j->name), 0);
	ck_assert_str_eq(out, j->want);
}
END_TEST

START_TEST(join_refuses_what_is_too_long)
{
	char name[VPATH_MAX + 8], out[VPATH_MAX];

	memset(name, 'n', sizeof(name));
	name[VPATH_MAX - 2] = '\0';
	ck_assert_int_eq(vpath_join(out, "/", name), 0);
	ck_assert_uint_eq(strlen(out), VPATH_MAX - 1);
	ck_assert_int_eq(vpath_join(out, "/a", name), -1);
	name[VPATH_MAX - 2] = 'n';
	name[VPATH_MAX - 1] = '\0';
	ck_assert_int_eq(vpath_join(out, "/", name), -1);
}
END_TEST

/* What vanishes does not count: 4 KiB of slashes and dots is a short path. */
START_TEST(join_counts_the_normal_form_only)
{
	char name[2 * VPATH_MAX + 8], out[VPATH_MAX];
	size_t i;

	for (i = 0; i < 2 * VPATH_MAX; i += 2)
		memcpy(name + i, "./", 2);
	memcpy(name + i, "x", 2);
	ck_assert_int_eq(vpath_join(out, "/a", name), 0);
	ck_assert_str_eq(out, "/a/x");
}
END_TEST

START_TEST(base_and_dir)
{
	char dir[VPATH_MAX];

	ck_assert_str_eq(vpath_base("/"), "");
	ck_assert_str_eq(vpath_base("/x"), "x");
	ck_assert_str_eq(vpath_base("/a/b"), "b");
	vpath_dir(dir, "/");
	ck_assert_str_eq(dir, "/");
	vpath_dir(dir, "/x");
	ck_assert_str_eq(dir, "/");
	vpath_dir(dir, "/a/b/c");
	ck_assert_str_eq(dir, "/a/b");
}
END_TEST

START_TEST(within_respects_component_borders)
{
	ck_assert(vpath_is_within("/a", "/"));
	ck_assert(vpath_is_within("/", "/"));
	ck_assert(vpath_is_within("/a", "/a"));
	ck_assert(vpath_is_within("/a/b", "/a"));
	ck_assert(!vpath_is_within("/ab", "/a"));
	ck_assert(!vpath_is_within("/", "/a"));
	ck_assert(!vpath_is_within("/b", "/a"));
	ck_assert(!vpath_is_within("/a", "/a/b"));
}
END_TEST

START_TEST(control_bytes_cannot_be_created)
{
	char path[] = "/dir/x?y";
	int c;

	for (c = 1; c < 256; c++) {
		path[6] = (char)c;
		if (c == '/')
			continue;
		ck_assert_int_eq(
		    vpath_is_creatable(path), c >= 0x20 && c != 0x7f);
	}
	ck_assert(!vpath_is_creatable("/"));
	/* Only the last component is new. */
	ck_assert(vpath_is_creatable("/d\001r/x"));
}
END_TEST

START_TEST(quote_doubles_quotes)
{
	char out[64];

	ck_assert_uint_eq(vpath_quote(out, sizeof(out), "/a\"b"), 5);
	ck_assert_str_eq(out, "/a\"\"b");
	ck_assert_uint_eq(vpath_quote(out, sizeof(out), "\"\""), 4);
	ck_assert_str_eq(out, "\"\"\"\"");
}
END_TEST

/* A name must not forge a reply line. */
START_TEST(quote_hides_line_ends)
{
	char out[64];

	vpath_quote(out, sizeof(out), "/a\r\n226 done");
	ck_assert_str_eq(out, "/a??226 done");
}
END_TEST

START_TEST(quote_is_cut_between_pairs)
{
	char out[4];

	ck_assert_uint_eq(vpath_quote(out, 4, "ab\"c"), 2);
	ck_assert_str_eq(out, "ab");
	ck_assert_uint_eq(vpath_quote(out, 4, "abcdef"), 3);
	ck_assert_str_eq(out, "abc");
	ck_assert_uint_eq(vpath_quote(out, 1, "abc"), 0);
	ck_assert_str_eq(out, "");
}
END_TEST

Suite *
suite_vpath(void)
{
	Suite *s = suite_create("vpath");
	TCase *tc = tcase_create("vpath");

	tcase_add_loop_test(
	    tc, join_makes_the_normal_form, 0, (int)NELEM(joins));
	tcase_add_test(tc, join_refuses_what_is_too_long);
	tcase_add_test(tc, join_counts_the_normal_form_only);
	tcase_add_test(tc, base_and_dir);
	tcase_add_test(tc, within_respects_component_borders);
	tcase_add_test(tc, control_bytes_cannot_be_created);
	tcase_add_test(tc, quote_doubles_quotes);
	tcase_add_test(tc, quote_hides_line_ends);
	tcase_add_test(tc, quote_is_cut_between_pairs);
	suite_add_tcase(s, tc);
	return s;
}
