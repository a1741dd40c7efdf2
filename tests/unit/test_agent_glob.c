/* SPDX-License-Identifier: ISC */
/*
 * Patterns of LIST and NLST (protocol 9.5).
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/agent/glob.h"
#include "suites.h"

static const struct {
	const char *pattern, *name;
	bool dots, match;
} cases[] = {
	{ "*", "a", false, true },
	{ "*", ".a", false, false },
	{ "*", ".a", true, true },
	{ "?a", ".a", false, false },
	{ "[.]a", ".a", false, false },
	{ ".*", ".a", false, true },
	{ "\\.*", ".a", false, true },
	{ ".*", "a", false, false },
	{ "*.c", "x.c", false, true },
	{ "*.c", "x.cc", false, false },
	{ "*.c", ".c", false, false },
	{ "a*b*c", "aXXbYYc", false, true },
	{ "a*b*c", "aXXbYY", false, false },
	{ "a*b*c", "abcbc", false, true },
	{ "a**b", "ab", false, true },
	{ "*a*", "banana", false, true },
	{ "?", "a", false, true },
	{ "?", "ab", false, false },
	{ "?", "", false, false },
	{ "", "", false, true },
	{ "", "a", false, false },
	{ "[abc]", "b", false, true },
	{ "[abc]", "d", false, false },
	{ "[!abc]", "d", false, true },
	{ "[^abc]", "a", false, false },
	{ "[a-c]x", "bx", false, true },
	{ "[a-c]x", "dx", false, false },
	{ "[c-a]", "b", false, false },
	{ "[]a]", "]", false, true },
	{ "[!]a]", "b", false, true },
	{ "[a-]", "-", false, true },
	{ "[-a]", "-", false, true },
	{ "[\\]]", "]", false, true },
	{ "[\\a-\\c]", "b", false, true },
	{ "[abc", "[abc", false, true },
	{ "[", "[", false, true },
	{ "x[", "x", false, false },
	{ "\\*", "*", false, true },
	{ "\\*", "a", false, false },
	{ "\\[a]", "[a]", false, true },
	{ "a\\", "a\\", false, true },
	{ "a\\?c", "a?c", false, true },
	{ "{a,b}", "a", false, false },
	{ "{a,b}", "{a,b}", false, true },
	{ "~", "~", false, true },
	{ "\xff*", "\xff\xfe", false, true },
	{ "[\x80-\xff]", "\xc3", false, true },
	{ "?\?", "\xc3\xa4", false, true }, /* names are bytes */
	{ "a\nb*", "a\nbc", false, true },
};

START_TEST(matches)
{
	struct glob *g = glob_new(cases[_i].pattern);

	ck_assert_msg(
	    glob_match(g, cases[_i].name, cases[_i].dots) == cases[_i].match,
	    "'%s' on '%s'", cases[_i].pattern, cases[_i].name);
	glob_free(g);
}
END_TEST

START_TEST(is_pattern)
{
	ck_assert(glob_is_pattern("*.c"));
	ck_assert(glob_is_pattern("a?"));
	ck_assert(glob_is_pattern("[a"));
	ck_assert(glob_is_pattern("a\\*"));
	ck_assert(!glob_is_pattern("plain {a} ~ $x"));
	ck_assert(!glob_is_pattern(""));
}
END_TEST

/* What takes others exponential time; the test's time limit is the check. */
START_TEST(no_explosion)
{
	char pattern[512], name[256];
	struct glob *g;
	size_t i;

	for (i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "a*", 3);
	strlcat(pattern, "b", sizeof(pattern));
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	g = glob_new(pattern);
	for (i = 0; i < 1000; i++)
		ck_assert(!glob_match(g, name, false));
	glob_free(g);
	memset(pattern, '[', sizeof(pattern) - 1);
	pattern[0] = '*';
	pattern[sizeof(pattern) - 1] = '\0';
	g = glob_new(pattern);
	memset(name, '[', sizeof(name) - 1);
	for (i = 0; i < 1000; i++)
		ck_assert(!glob_match(g, name, false));
	glob_free(g);
}
END_TEST

Suite *
suite_agent_glob(void)
{
	Suite *s = suite_create("agent_glob");
	TCase *t = tcase_create("glob");

	tcase_add_loop_test(t, matches, 0, NELEM(cases));
	tcase_add_test(t, is_pattern);
	tcase_add_test(t, no_explosion);
	suite_add_tcase(s, t);
	return s;
}
