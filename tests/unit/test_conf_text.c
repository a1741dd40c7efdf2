/* SPDX-License-Identifier: ISC */
/*
 * Tokens of configuration files: kinds, lines, quoting, comments.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "server/conf_text.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static const struct token_case {
	const char *text;
	const char *kinds; /* W S P C, ! for a bad one, at the end */
	int last_line; /* of the last token */
} tokens[] = {
	{ "", "", 1 },
	{ " \t\r\n", "", 2 },
	{ "idle = 900", "WPW", 1 },
	{ "idle=900", "WPW", 1 },
	{ "a\n=\nb", "WPW", 3 },
	{ "user \"x y\" { }", "WSPP", 1 },
	{ "include(\"a\", 'b')", "WPSPSP", 1 },
	{ "list += x", "WPW", 1 },
	{ "# all # of it\nx", "CW", 2 },
	{ "x# comment", "WC", 1 },
	{ "/srv/ftp // not a path", "WC", 1 },
	{ "a//b", "W", 1 },
	{ "/* x\n * y */ z", "CW", 2 },
	{ "/* '\" # */", "C", 1 },
	{ "\"# { /* \" '// }'", "SS", 1 },
	{ "\"a\\\"b\" 'c\\'d'", "SS", 1 },
	{ "\"two\nlines\" x", "SW", 2 },
	{ "${HOME} a${b}", "WWPWP", 1 },
	{ "x = \"open", "WP!", 1 },
	{ "\n'open", "!", 2 },
	{ "\n\"ends in backslash\\", "!", 2 },
	{ "/* open", "!", 1 },
	{ "/*/", "!", 1 },
	{ "a * b", "W!", 1 },
	{ "a + b", "W!", 1 },
	{ "\xff\x80", "W", 1 },
};

START_TEST(test_tokens)
{
	static const char letters[] = { 'W', 'S', 'P', 'C', '.', '!' };
	const struct token_case *c = &tokens[_i];
	struct conf_scanner sc;
	struct conf_token t;
	char kinds[32] = "";
	size_t n = 0;
	int line = 1;

	conf_scan_init(&sc, c->text, strlen(c->text));
	do {
		t = conf_scan(&sc);
		if (t.kind != TOKEN_END) {
			kinds[n++] = letters[t.kind];
			line = t.line;
		} else if (n == 0)
			line = t.line;
	} while (t.kind != TOKEN_END && t.kind != TOKEN_BAD && n < 30);
	ck_assert_str_eq(kinds, c->kinds);
	ck_assert_int_eq(line, c->last_line);
}
END_TEST

START_TEST(test_nul_is_bad)
{
	struct conf_scanner sc;

	conf_scan_init(&sc, "\0", 1);
	ck_assert_int_eq(conf_scan(&sc).kind, TOKEN_BAD);
	conf_scan_init(&sc, "\"a\0b\"", 5);
	ck_assert_int_eq(conf_scan(&sc).kind, TOKEN_BAD);
}
END_TEST

static const struct {
	const char *text, *value;
} values[] = {
	{ "word", "word" },
	{ "\"\"", "" },
	{ "''", "" },
	{ "\"a b\"", "a b" },
	{ "\"q\\\"b\\\\n\\nt\\te\\e\"", "q\"b\\n\nt\te\033" },
	{ "\"\\101\\x42\\x4a\\$\"", "ABJ$" },
	{ "\"\\xz\"", "xz" },
	{ "\"a\\\nb\"", "ab" },
	{ "'a\\'b\\\\c\\n'", "a'b\\c\\n" },
	{ "'\\$'", "\\$" },
	{ "\"${HOME}\"", "${HOME}" },
};

START_TEST(test_values)
{
	struct conf_scanner sc;
	struct conf_token t;
	char *text;

	conf_scan_init(&sc, values[_i].text, strlen(values[_i].text));
	t = conf_scan(&sc);
	text = conf_token_text(&t);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, values[_i].value);
	ck_assert_int_eq(conf_scan(&sc).kind, TOKEN_END);
	free(text);
}
END_TEST

static const char *const quoted[] = { "", "plain", "$y$j9T$a./Zz", "\"'\\",
	"${HOME}", "new\nline\ttab", "\001\0377", "gr\xc3\xbc\xc3\x9f", "\xff",
	"# no comment", "/* nor this */" };

/* Whatever is quoted reads back as it was. */
START_TEST(test_quote)
{
	struct conf_scanner sc;
	struct conf_token t;
	char *text, *back;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_text_quote(out, quoted[_i]);
	fclose(out);
	ck_assert_ptr_null(strchr(text, '\n'));
	conf_scan_init(&sc, text, len);
	t = conf_scan(&sc);
	ck_assert_int_eq(t.kind, TOKEN_STRING);
	ck_assert_uint_eq(t.len, len);
	back = conf_token_text(&t);
	ck_assert_str_eq(back, quoted[_i]);
	free(back);
	free(text);
}
END_TEST

START_TEST(test_blank_comments)
{
	char text[] = "a # x\n\"#\" /* b\n c */ d // e";
	struct conf_token bad;

	ck_assert_int_eq(conf_text_blank_comments(text, strlen(text), &bad), 0);
	ck_assert_str_eq(text, "a    \n\"#\"     \n      d     ");
	strlcpy(text, "a\n 'b", sizeof(text));
	ck_assert_int_eq(
	    conf_text_blank_comments(text, strlen(text), &bad), -1);
	ck_assert_int_eq(bad.line, 2);
}
END_TEST

START_TEST(test_read)
{
	size_t len;
	char *text = conf_text_read(temp_file("a", "abc"), &len);

	ck_assert_str_eq(text, "abc");
	ck_assert_uint_eq(len, 3);
	free(text);
	ck_assert_ptr_null(conf_text_read(temp_path("none"), &len));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(conf_text_read(temp_path(""), &len));
	ck_assert_int_eq(errno, EISDIR);
	/* A pipe without a writer does not hang. */
	ck_assert_int_eq(mkfifo(temp_path("pipe"), 0600), 0);
	ck_assert_ptr_null(conf_text_read(temp_path("pipe"), &len));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

Suite *
suite_conf_text(void)
{
	Suite *s = suite_create("conf_text");
	TCase *tc = tcase_create("text");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, test_tokens, 0, NELEM(tokens));
	tcase_add_test(tc, test_nul_is_bad);
	tcase_add_loop_test(tc, test_values, 0, NELEM(values));
	tcase_add_loop_test(tc, test_quote, 0, NELEM(quoted));
	tcase_add_test(tc, test_blank_comments);
	tcase_add_test(tc, test_read);
	suite_add_tcase(s, tc);
	return s;
}
