/* SPDX-License-Identifier: ISC */
/*
 * Texts of the administrator: macros, lines, and replies that stay replies
 * whatever is in them.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/message.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static char out[2 * MESSAGE_SIZE];

static const char *
expand(const char *text, const char *user)
{
	struct addr peer, local;
	struct message_values v = {
		.user = user, .peer = &peer, .local = &local, .number = 7
	};

	ck_assert_int_eq(addr_parse_ip(&peer, "192.0.2.1"), 0);
	ck_assert_int_eq(addr_parse_ip(&local, "2001:db8::1"), 0);
	ck_assert_ptr_null(message_error(text));
	message_expand(text, &v, out, MESSAGE_SIZE);
	return out;
}

START_TEST(test_macros)
{
	char name[HOST_NAME_MAX + 1] = "";

	ck_assert_str_eq(expand("%u@%h to %l, %m%%", "joe"),
	    "joe@192.0.2.1 to 2001:db8::1, 7%");
	ck_assert_str_eq(expand("%u in %d", NULL), "- in -");
	ck_assert_str_eq(expand("%u", "%u\n226 x"), "%u?226 x");
	ck_assert_int_eq(gethostname(name, sizeof(name) - 1), 0);
	ck_assert_str_eq(expand("%n", NULL), name[0] != '\0' ? name : "-");
}
END_TEST

START_TEST(test_errors)
{
	char *text = xcalloc(1, MESSAGE_SIZE + 1);

	ck_assert_ptr_nonnull(message_error(""));
	ck_assert_ptr_nonnull(message_error("a\rb"));
	ck_assert_ptr_nonnull(message_error("%x"));
	ck_assert_ptr_nonnull(message_error("%"));
	memset(text, 'x', MESSAGE_SIZE - 1);
	ck_assert_ptr_null(message_error(text));
	text[MESSAGE_SIZE - 1] = 'x';
	ck_assert_ptr_nonnull(message_error(text));
	memset(text, '\n', MESSAGE_MAX_LINES - 1);
	text[MESSAGE_MAX_LINES - 1] = '\0';
	ck_assert_ptr_null(message_error(text));
	memset(text, '\n', MESSAGE_MAX_LINES);
	ck_assert_ptr_nonnull(message_error(text));
	free(text);
}
END_TEST

/* RFC 959 4.2: NNN-, and NNN and a blank on the last line only. */
START_TEST(test_reply)
{
	static const struct {
		const char *text, *reply;
	} cases[] = {
		{ "one", "421 one\r\n" },
		{ "one\ntwo", "421-one\r\n421 two\r\n" },
		{ "421 a\n\nb", "421-421 a\r\n421--\r\n421 b\r\n" },
		{ "", "421 -\r\n" },
		{ "a\377b", "421 a\377\377b\r\n" },
	};
	size_t i, n;

	for (i = 0; i < NELEM(cases); i++) {
		n = message_reply(421, cases[i].text, out, sizeof(out));
		ck_assert_uint_eq(n, strlen(cases[i].reply));
		ck_assert(memcmp(out, cases[i].reply, n) == 0);
	}
}
END_TEST

/* The longest text of the most lines fits; one that does not is never cut in
 * the middle of a line. */
START_TEST(test_reply_is_bounded)
{
	char text[MESSAGE_SIZE];
	size_t n;

	memset(text, '\377', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (n = 1; n < MESSAGE_MAX_LINES; n++)
		text[n * 100] = '\n';
	n = message_reply(421, text, out, sizeof(out));
	ck_assert_uint_lt(n, sizeof(out));
	ck_assert_uint_gt(n, MESSAGE_SIZE);
	ck_assert_uint_eq(message_reply(421, text, out, 50), 0);
}
END_TEST

START_TEST(test_clean)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
		{ "a\r\nb\r\n", "a\nb" },
		{ "a\tb\n\n\n", "a b" },
		{ "a\rb\033[2J\177", "a?b?[2J?" },
		{ "\n\n", "" },
		{ "1\n2\n3\n4", "1\n2\n3" },
	};
	char text[64];
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		strlcpy(text, cases[i].text, sizeof(text));
		message_clean(text, 3);
		ck_assert_str_eq(text, cases[i].clean);
	}
}
END_TEST

/* banner = "@file" takes the file's text, and a mistake in it is the key's. */
START_TEST(test_files)
{
	struct config *conf;
	char *err = NULL;

	temp_file("hello", "Hello, %u.\r\n\tFTP here.\n");
	conf = conf_load(temp_file("ftpd.conf", "banner = \"@hello\"\n"), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_str_eq(conf->banner, "Hello, %u.\n FTP here.");
	conf_free(conf);

	temp_file("hello", "Hello, %x.\n");
	ck_assert_ptr_null(conf_load(temp_path("ftpd.conf"), &err));
	ck_assert_ptr_nonnull(
	    strstr(err, "ftpd.conf:1: banner has an unknown macro in it"));
	free(err);
	conf =
	    conf_load(temp_file("ftpd.conf", "\ngoodbye = \"@none\"\n"), &err);
	ck_assert_ptr_null(conf);
	ck_assert_ptr_nonnull(strstr(err, "ftpd.conf:2: goodbye: "));
	ck_assert_ptr_nonnull(strstr(err, "No such file or directory"));
	free(err);
}
END_TEST

/* The users file is looked at alone; what a message's file says by then waits
 * for a reload, as all of ftpd.conf does. */
START_TEST(test_file_waits_for_a_reload)
{
	struct config *conf, *again;
	char *err = NULL;

	temp_file("hello", "old");
	conf = conf_load(temp_file("ftpd.conf", "banner = \"@hello\"\n"), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	temp_file("hello", "new");
	again = conf_load_again(conf, &err);
	ck_assert_msg(again != NULL, "%s", err);
	ck_assert_str_eq(again->banner, "old");
	conf_free(again);
	conf_free(conf);
}
END_TEST

START_TEST(test_directory_message_is_a_name)
{
	char *err = NULL;

	ck_assert_ptr_null(conf_load(
	    temp_file("ftpd.conf", "directory_message = \"../x\"\n"), &err));
	ck_assert_ptr_nonnull(strstr(err, "ftpd.conf:1: directory_message is"));
	free(err);
}
END_TEST

Suite *
suite_message(void)
{
	Suite *s = suite_create("message");
	TCase *tc = tcase_create("message");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_macros);
	tcase_add_test(tc, test_errors);
	tcase_add_test(tc, test_reply);
	tcase_add_test(tc, test_reply_is_bounded);
	tcase_add_test(tc, test_clean);
	tcase_add_test(tc, test_files);
	tcase_add_test(tc, test_file_waits_for_a_reload);
	tcase_add_test(tc, test_directory_message_is_a_name);
	suite_add_tcase(s, tc);
	return s;
}
