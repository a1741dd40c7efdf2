/* SPDX-License-Identifier: ISC */
/*
 * Names of hosts: what is one, and what patterns stand for.
 */
#include <check.h>
#include <string.h>

#include "common/hostname.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static const struct {
	const char *text;
	bool name, pattern;
} forms[] = {
	{ "ftp.example.org", true, true },
	{ "FTP.Example.ORG.", true, true },
	{ "localhost", true, true },
	{ "xn--bcher-kva.example", true, true },
	{ "1.example", true, true },
	{ "a-b", true, true },
	{ "*.example.org", false, true },
	{ "*.*.org", false, false },
	{ "*", false, false },
	{ "f*.example.org", false, false },
	{ "", false, false },
	{ ".", false, false },
	{ ".example", false, false },
	{ "a..b", false, false },
	{ "a..", false, false },
	{ "-a.example", false, false },
	{ "a-.example", false, false },
	{ "a_b.example", false, false },
	{ "a b", false, false },
	{ "ftp.example.org:21", false, false },
	{ "192.0.2.1", false, false },
	{ "192.0.2", false, false },
	{ "[::1]", false, false },
	{ "b\xc3\xbc"
	  "cher.example",
	    false, false },
};

START_TEST(names_have_a_form)
{
	const char *text = forms[_i].text;

	ck_assert_msg(
	    hostname_is_good(text) == forms[_i].name, "name \"%s\"", text);
	ck_assert_msg(hostname_is_pattern(text) == forms[_i].pattern,
	    "pattern \"%s\"", text);
}
END_TEST

START_TEST(names_have_a_length)
{
	char label[80], name[400] = "";
	int i;

	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	ck_assert(hostname_is_good(label));
	for (i = 0; i < 4; i++) {
		(void)strlcat(name, label, sizeof(name));
		(void)strlcat(name, ".", sizeof(name));
	}
	name[253] = '\0';
	ck_assert(hostname_is_good(name));
	name[253] = 'a';
	name[254] = '\0';
	ck_assert(!hostname_is_good(name));
	label[63] = 'a';
	label[64] = '\0';
	ck_assert(!hostname_is_good(label));
}
END_TEST

static const struct {
	const char *pattern, *name;
	bool matches;
} matches[] = {
	{ "ftp.example.org", "ftp.example.org", true },
	{ "ftp.example.org", "FTP.EXAMPLE.ORG.", true },
	{ "ftp.example.org.", "ftp.example.org", true },
	{ "ftp.example.org", "ftp.example.or", false },
	{ "ftp.example.org", "xftp.example.org", false },
	{ "*.example.org", "a.Example.org", true },
	{ "*.example.org", "a.b.example.org", false },
	{ "*.example.org", "example.org", false },
	{ "*.example.org", ".example.org", false },
	{ "*.example.org", "localhost", false },
};

START_TEST(patterns_stand_for_names)
{
	ck_assert_msg(hostname_matches(matches[_i].pattern, matches[_i].name) ==
			  matches[_i].matches,
	    "%s, %s", matches[_i].pattern, matches[_i].name);
}
END_TEST

Suite *
suite_hostname(void)
{
	Suite *s = suite_create("hostname");
	TCase *tc = tcase_create("hostname");

	tcase_add_loop_test(tc, names_have_a_form, 0, NELEM(forms));
	tcase_add_test(tc, names_have_a_length);
	tcase_add_loop_test(tc, patterns_stand_for_names, 0, NELEM(matches));
	suite_add_tcase(s, tc);
	return s;
}
