/* SPDX-License-Identifier: ISC */
/*
 * The line of the configuration that decides (R9.2).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "server/account.h"
#include "server/rule.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static const char conf_text[] = "users_file = users\n"
				"limits {\n"
				" sessions = 5\n"
				"}\n"
				"listen \"one\" {\n"
				" port = 2121\n"
				" tls = required\n"
				"}\n"
				"listen \"two\" { port = 2122 }\n"
				"group \"half\" {\n"
				" rights = \"list\"\n"
				" networks = \"10.0.0.0/8\"\n"
				"}\n"
				"include(\"more\")\n"
				"anonymous {\n"
				" enabled = yes\n"
				" root = /\n"
				"}\n";
static const char more_text[] = "data {\n"
				" active = no\n"
				"}\n"
				"anonymous {\n"
				" umask = 077\n"
				" expires = 2020-01-01\n"
				"}\n";
static const char users_text[] = "user \"ann\" {\n"
				 " password = \"*\"\n"
				 " root = /\n"
				 " group = half\n"
				 " quota = 1m\n"
				 " disabled = yes\n"
				 "}\n";

static struct config *conf;
static char out[RULE_MAX];

static void
setup(void)
{
	char *err;

	temp_dir_setup();
	temp_file("more", more_text);
	temp_file("users", users_text);
	conf = conf_load(temp_file("ftpd.conf", conf_text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
}

static void
teardown(void)
{
	conf_free(conf);
	temp_dir_teardown();
}

/* The rule without the directory that its file is in. */
static void
expect(const char *rule, const char *want)
{
	const char *base;

	ck_assert_ptr_nonnull(rule);
	base = rule[0] == '/' ? strrchr(rule, '/') + 1 : rule;
	ck_assert_str_eq(base, want);
}

START_TEST(test_keys)
{
	expect(rule_key(conf, "limits.sessions", out),
	    "ftpd.conf:3: limits.sessions");
	expect(rule_key(conf, "limits.sessions_per_ip", out),
	    "the default of limits.sessions_per_ip");
	expect(rule_key(conf, "data.active", out), "more:2: data.active");
	expect(rule_key(conf, "users_file", out), "ftpd.conf:1: users_file");
	expect(rule_key(conf, "banner", out), "the default of banner");
	ck_assert(!rule_is_on(conf, "data.active"));
	ck_assert(rule_is_on(conf, "files.site_chmod"));
}
END_TEST

START_TEST(test_listeners)
{
	const struct conf_listen *l = conf->listens;

	expect(rule_listen(&l[0], "tls", out), "ftpd.conf:7: listen.tls");
	expect(rule_listen(&l[1], "tls", out), "the default of listen.tls");
	expect(rule_reason(conf, &l[0], REASON_TLS_REQUIRED, out),
	    "ftpd.conf:7: listen.tls");
	expect(rule_reason(conf, &l[0], REASON_ACTIVE_OFF, out),
	    "more:2: data.active");
	ck_assert_ptr_null(rule_reason(conf, &l[0], REASON_QUIT, out));
	ck_assert_ptr_null(rule_reason(conf, NULL, REASON_TLS_REQUIRED, out));
}
END_TEST

START_TEST(test_accounts)
{
	const struct conf_rules *r = &conf_find_user(conf, "ann")->rules;
	struct rule_lines lines;

	expect(rule_account(r, "quota", out), "users:5: quota");
	expect(rule_account(r, "rights", out), "ftpd.conf:11: rights");
	expect(rule_account(r, "umask", out), "the default of umask");
	r = &conf->anonymous_rules;
	expect(rule_account(r, "umask", out), "more:5: umask");
	expect(rule_account(r, "root", out), "ftpd.conf:17: root");

	rule_lines_take(&lines, &conf_find_user(conf, "ann")->rules);
	expect(
	    rule_lines_text(&lines, RULE_RIGHTS, out), "ftpd.conf:11: rights");
	expect(rule_lines_text(&lines, RULE_QUOTA, out), "users:5: quota");
	expect(rule_lines_text(&lines, RULE_TLS_DATA, out),
	    "the default of tls_data");
}
END_TEST

START_TEST(test_logins)
{
	expect(rule_login(conf, "ann", "disabled", out), "users:6: disabled");
	expect(rule_login(conf, "ann", "ip-denied", out),
	    "ftpd.conf:12: networks");
	expect(
	    rule_login(conf, "FTP", "account-expired", out), "more:6: expires");
	ck_assert_ptr_null(rule_login(conf, "ann", "bad-password", out));
	ck_assert_ptr_null(rule_login(conf, "joe", "no-such-user", out));
}
END_TEST

/* Of a name that is too long the end is kept, and never more than fits. */
START_TEST(test_long_name)
{
	char name[2 * RULE_FILE_MAX], what[200];

	memset(name, 'x', sizeof(name));
	memcpy(name + sizeof(name) - 4, "end", 4);
	memset(what, 'w', sizeof(what));
	what[sizeof(what) - 1] = '\0';
	rule_text(name, 7, what, out);
	ck_assert_uint_lt(strlen(out), RULE_MAX);
	ck_assert_int_eq(strncmp(out, "...xxx", 6), 0);
	ck_assert_ptr_nonnull(strstr(out, "xend:7: www"));
}
END_TEST

Suite *
suite_rule(void)
{
	Suite *s = suite_create("rule");
	TCase *tc = tcase_create("rule");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_listeners);
	tcase_add_test(tc, test_accounts);
	tcase_add_test(tc, test_logins);
	tcase_add_test(tc, test_long_name);
	suite_add_tcase(s, tc);
	return s;
}
