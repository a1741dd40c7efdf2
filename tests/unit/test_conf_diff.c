/* SPDX-License-Identifier: ISC */
/*
 * What two configurations differ in, in words and in kind.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_diff.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

#define JOE "user joe { password = \"*\" root = / }\n"
#define ANN "user ann { password = \"*\" root = / }\n"

static struct config *
load(const char *text)
{
	struct config *conf;
	char *err = NULL;

	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	return conf;
}

static const struct {
	const char *old, *now;
	unsigned kinds;
	const char *told;
} rows[] = {
	{ "", "", 0, "" },
	{ "banner = \"a {b\"", "banner = \"a {c\"", CONF_DIFF_REST,
	    "banner: \"a {b\" -> \"a {c\"\n" },
	{ "pid_file = /p", "", CONF_DIFF_REST,
	    "pid_file: \"/p\" -> (not set)\n" },
	{ "", "files { fsync = yes glob = no }", CONF_DIFF_REST,
	    "files: fsync: no -> yes\nfiles: glob: yes -> no\n" },
	{ "listen a { port = 1 }\nlisten b { port = 2 }",
	    "listen b { port = 3 }\nlisten c { port = 1 }", CONF_DIFF_REST,
	    "listen \"a\" is gone\nlisten \"b\": port: 2 -> 3\n"
	    "listen \"c\" is new\n" },
	{ "certificate x { file = /a }", "certificate x { file = /b }",
	    CONF_DIFF_REST, "certificate \"x\": file: \"/a\" -> \"/b\"\n" },
	{ JOE, JOE ANN, CONF_DIFF_USERS, "user \"ann\" is new\n" },
	{ ANN JOE, ANN, CONF_DIFF_USERS, "user \"joe\" is gone\n" },
	{ JOE, "user joe { password = \"$y$secret\" root = /r }",
	    CONF_DIFF_USERS,
	    "user \"joe\": password is another one\n"
	    "user \"joe\": root: \"/\" -> \"/r\"\n" },
	{ "", "users_file = /u " JOE, CONF_DIFF_USERS,
	    "users_file: (not set) -> \"/u\"\nuser \"joe\" is new\n" },
	{ JOE, "workers = 3 " ANN, CONF_DIFF_USERS | CONF_DIFF_REST,
	    "workers: 0 -> 3\nuser \"ann\" is new\nuser \"joe\" is gone\n" },
	{ "host a.example { sessions = 1 }", "host a.example { } " JOE,
	    CONF_DIFF_USERS | CONF_DIFF_REST,
	    "host \"a.example\": sessions: 1 -> 0\n"
	    "user \"joe\" is new\n" },
	{ "host a.example { " JOE " }",
	    "host a.example { user joe { password = x root = / } }",
	    CONF_DIFF_USERS,
	    "host \"a.example\": user \"joe\": password is another one\n" },
	{ "host a.example { anonymous { enabled = yes root = /a } }",
	    "host a.example { anonymous { enabled = yes root = /b } }",
	    CONF_DIFF_REST,
	    "host \"a.example\": anonymous: root: \"/a\" -> \"/b\"\n" },
	/* The first one that fits is a client's. */
	{ "host a.example { } host b.example { } host c.example { }",
	    "host c.example { } host a.example { }", CONF_DIFF_REST,
	    "host \"b.example\" is gone\n"
	    "host \"c.example\" now stands before host \"a.example\"\n" },
	{ "listen a { port = 1 }\nlisten b { port = 2 }",
	    "listen b { port = 2 }\nlisten a { port = 1 }", CONF_DIFF_REST,
	    "listen \"b\" now stands before listen \"a\"\n" },
	/* Workers must know who needs TLS. */
	{ "host a.example { " JOE "}",
	    "host a.example { " JOE
	    "user tim { password = \"*\" root = / tls = required } }",
	    CONF_DIFF_USERS | CONF_DIFF_REST,
	    "host \"a.example\": user \"tim\" is new\n" },
	{ JOE, JOE "user tim { password = \"*\" root = / tls = required }",
	    CONF_DIFF_USERS | CONF_DIFF_REST, "user \"tim\" is new\n" },
	{ JOE, "user joe { password = \"*\" root = / tls = required }",
	    CONF_DIFF_USERS | CONF_DIFF_REST,
	    "user \"joe\": tls: optional -> required\n" },
};

START_TEST(differences_are_told)
{
	struct config *old = load(rows[_i].old), *now = load(rows[_i].now);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_uint_eq(conf_diff(old, now, out), rows[_i].kinds);
	fclose(out);
	ck_assert_str_eq(text, rows[_i].told);
	free(text);
	ck_assert_uint_eq(conf_diff(old, now, NULL), rows[_i].kinds);
	conf_free(old);
	conf_free(now);
}
END_TEST

Suite *
suite_conf_diff(void)
{
	Suite *s = suite_create("conf_diff");
	TCase *tc = tcase_create("diff");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, differences_are_told, 0, (int)NELEM(rows));
	suite_add_tcase(s, tc);
	return s;
}
