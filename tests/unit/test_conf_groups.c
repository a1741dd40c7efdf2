/* SPDX-License-Identifier: ISC */
/*
 * Groups, and the settings that users, groups, guests and system accounts have
 * in common: who says what, and mistakes with their place and their hint.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_keys.h"
#include "server/conf_rules.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *
load(const char *text)
{
	char *err = NULL;
	struct config *conf = conf_load(temp_file("ftpd.conf", text), &err);

	ck_assert_msg(conf != NULL, "%s", err);
	return conf;
}

/* The user's block wins over the group's, that over the default. */
START_TEST(test_inheritance)
{
	struct config *conf = load(
	    "user joe { password = '*' group = staff umask = 077 root = j }\n"
	    "user ann { password = '*' group = staff }\n"
	    "user bob { password = '*' root = /b }\n"
	    "group \"staff\" {\n"
	    "  root = s rights = read-only umask = 027 start_dir = /in\n"
	    "  tls = required gid = 7\n"
	    "}\n");
	const struct conf_rules *joe = &conf_find_user(conf, "joe")->rules;
	const struct conf_rules *ann = &conf_find_user(conf, "ann")->rules;
	const struct conf_rules *bob = &conf_find_user(conf, "bob")->rules;

	ck_assert_str_eq(joe->root, temp_path("j"));
	ck_assert_str_eq(ann->root, temp_path("s"));
	ck_assert_uint_eq(joe->umask, 077);
	ck_assert_uint_eq(ann->umask, 027);
	ck_assert_uint_eq(bob->umask, 022);
	ck_assert_uint_eq(joe->rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(bob->rights, RIGHTS_FULL);
	ck_assert_str_eq(ann->start_dir, "/in");
	ck_assert_str_eq(bob->start_dir, "/");
	ck_assert(joe->tls && !joe->tls_data && !bob->tls);
	ck_assert(joe->gid.set && joe->gid.id == 7 && !joe->uid.set);
	ck_assert_uint_eq(conf->ngroups, 1);
	conf_free(conf);
}
END_TEST

/* Saying what is the default anyway is saying something. */
START_TEST(test_default_that_is_said)
{
	struct config *conf = load("group g { tls = required umask = 0 }\n"
				   "user a { password = '*' root = / group = g "
				   "tls = optional umask = 022 }\n");
	const struct conf_rules *a = &conf_find_user(conf, "a")->rules;

	ck_assert(!a->tls);
	ck_assert_uint_eq(a->umask, 022);
	conf_free(conf);
}
END_TEST

START_TEST(test_places)
{
	int umask = conf_rules_index(conf_key_find(SECTION_USER, "umask"));
	int tls = conf_rules_index(conf_key_find(SECTION_SYSTEM, "tls"));
	struct config *conf =
	    load("group g {\n\n umask = 0\n}\n"
		 "user a { password = '*' root = / group = g\n"
		 "tls = optional }\n"
		 "system {\n tls = required\n}\n");
	const struct conf_user *a = conf_find_user(conf, "a");

	ck_assert_int_eq(
	    umask, conf_rules_index(conf_key_find(SECTION_ANONYMOUS, "umask")));
	ck_assert_int_eq(
	    conf_rules_index(conf_key_find(SECTION_USER, "password")), -1);
	ck_assert_int_eq(a->rules.lines[umask], -3); /* the group's */
	ck_assert_int_eq(a->rules.lines[tls], 6);
	ck_assert_int_eq(conf_find_group(conf, "g")->rules.lines[umask], 3);
	ck_assert_int_eq(conf->system_rules.lines[tls], 8);
	conf_free(conf);
}
END_TEST

/* Groups of the users file and of ftpd.conf are the same to both. */
START_TEST(test_users_file)
{
	struct config *conf;
	char *err;

	temp_file("users", "group b { umask = 02 }\n"
			   "user joe { password = '*' root = / group = a }\n");
	conf = load("users_file = users group a { umask = 01 }\n"
		    "user ann { password = '*' root = / group = b }\n");
	ck_assert_uint_eq(conf_find_user(conf, "joe")->rules.umask, 01);
	ck_assert_uint_eq(conf_find_user(conf, "ann")->rules.umask, 02);
	ck_assert(conf_find_group(conf, "b")->in_users_file);
	ck_assert(!conf_find_group(conf, "a")->in_users_file);
	conf_free(conf);

	/* The file alone does not know groups of elsewhere. */
	conf = conf_load_users(temp_path("users"), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	conf_free(conf);
}
END_TEST

/* Guests and system accounts have the same keys. */
START_TEST(test_same_keys)
{
	struct config *conf =
	    load("anonymous { start_dir = /pub idle_timeout = 60 gid = 9 }\n"
		 "system { start_dir = /s idle_timeout = 2m tls_data = required"
		 " }\n");

	ck_assert_str_eq(conf->anonymous_rules.start_dir, "/pub");
	ck_assert_uint_eq(conf->anonymous_rules.idle_timeout, 60);
	ck_assert_uint_eq(conf->anonymous_rules.gid.id, 9);
	ck_assert_uint_eq(conf->anonymous_rules.rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(conf->system_rules.idle_timeout, 120);
	ck_assert(conf->system_rules.tls_data);
	conf_free(conf);
}
END_TEST

static const struct conf_place *
place(const struct conf_rules *r, const char *at)
{
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		if (strcmp(r->places[i].at, at) == 0)
			return &r->places[i];
	return NULL;
}

/* R37: mounts and rights per path, with those of the group. */
START_TEST(test_mounts_and_paths)
{
	struct config *conf =
	    load("group g {\n"
		 "  mount \"/pub/\" { path = p }\n"
		 "  path /in { rights = upload-only }\n"
		 "}\n"
		 "user a { password = '*' root = / group = g\n"
		 "  path /in { rights = none }\n"
		 "  mount /m { path = /x rights = read-only }\n"
		 "}\n"
		 "anonymous { mount /m { path = /y } }\n");
	const struct conf_rules *a = &conf_find_user(conf, "a")->rules;

	ck_assert_uint_eq(a->nplaces, 3);
	ck_assert_str_eq(place(a, "/pub")->path, temp_path("p"));
	ck_assert(!place(a, "/pub")->has_rights && place(a, "/pub")->is_mount);
	ck_assert_int_eq(place(a, "/pub")->line, 2);
	ck_assert(place(a, "/pub")->of_group);
	ck_assert_uint_eq(place(a, "/in")->rights, 0);
	ck_assert_int_eq(place(a, "/in")->line, 6);
	ck_assert_uint_eq(place(a, "/m")->rights, RIGHTS_READ_ONLY);
	ck_assert_int_eq(conf->groups[0].rules.nplaces, 2);
	ck_assert_int_eq(conf->groups[0].rules.places[0].line, 2);
	ck_assert_uint_eq(conf->anonymous_rules.nplaces, 1);
	conf_free(conf);
}
END_TEST

/* More than a message to an agent can hold is a mistake of the file. */
START_TEST(test_too_many_places)
{
	char *text, *err = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int i;

	fputs("user a { password = '*' root = /\n", out);
	for (i = 0; i <= CONF_MOUNTS_MAX; i++)
		fprintf(out, "mount /m%d { path = / }\n", i);
	fputs("}\n", out);
	fclose(out);
	ck_assert_ptr_null(conf_load(temp_file("ftpd.conf", text), &err));
	ck_assert_ptr_nonnull(strstr(err,
	    "ftpd.conf:1: user a has more than 32 mount blocks or more than 64 "
	    "path blocks; leave some out\n"));
	free(err);
	free(text);
}
END_TEST

static const struct {
	const char *text, *complaint;
} mistakes[] = {
	{ "group a {\n hours = \"mon-fri 8-18\" }",
	    "ftpd.conf:2: \"mon-fri 8-18\" is no value of hours; write times "
	    "such as \"mon-fri 08:00-18:00, sat 09:00-12:00\"\n" },
	{ "group a {\n expires = 2026-02-30 }",
	    "ftpd.conf:2: \"2026-02-30\" is no value of expires; write a day "
	    "such as 2026-12-31, or never\n" },
	{ "group a {\n expires = 2026-2-3 }",
	    "ftpd.conf:2: \"2026-2-3\" is no value of expires; write a day "
	    "such "
	    "as 2026-12-31, or never\n" },
	{ "group a {\n networks = \"10.0.0.0/8, 10.1.2.3/8\" }",
	    "ftpd.conf:2: \"10.1.2.3/8\" in networks is no network; write one "
	    "such as 10.0.0.0/8, 2001:db8::/32 or an address\n" },
	{ "user a { password = '*' root = /\n\n mount pub { path = / } }",
	    "ftpd.conf:3: mount \"pub\" is no place that the client could see; "
	    "write one that starts with /, such as mount \"/pub\"\n" },
	{ "group a {\n mount /a { path = / }\n mount /a/ { path = / } }",
	    "ftpd.conf:3: there is a block mount \"/a\" here already; keep one "
	    "of them\n" },
	{ "group a {\n mount /a { } }",
	    "ftpd.conf:2: mount \"/a\" has no path; write path = "
	    "\"/the/directory\"\n" },
	{ "group a {\n path /a { } }",
	    "ftpd.conf:2: path \"/a\" has no rights; write rights = read-only, "
	    "or whatever may be done there\n" },
	{ "group a {\n mont /a { } }",
	    "ftpd.conf:2: unknown key \"mont\" in group; did you mean "
	    "\"mount\"?\n" },
	{ "\nmount /a { path = / }", "ftpd.conf:2: unknown key \"mount\"" },
	{ "\nuser a { password = '*' root = / group = x }",
	    "ftpd.conf:2: user a is in group \"x\", which does not exist; "
	    "write "
	    "a block group \"x\" { }, or leave it out\n" },
	{ "group g { umask = 0 }\nuser a { password = '*' group = g }",
	    "ftpd.conf:2: user a has no root; write root = "
	    "\"/the/directory\"\n" },
	{ "group g { }\n\ngroup g { }",
	    "ftpd.conf:3: group g stands at FILE:1 too; keep one of them\n" },
	{ "group g { uid = 5 }\n"
	  "user a { password = '*' root = / group = g }",
	    "ftpd.conf:2: user a has a uid and no gid; write both\n" },
	{ "anonymous {\n uid = 5 }",
	    "ftpd.conf:2: anonymous has a uid and no gid; write both\n" },
	{ "group g {\n password = '*' }",
	    "ftpd.conf:2: unknown key \"password\" in group; it belongs in the "
	    "block user\n" },
	{ "group \"\" { }",
	    "ftpd.conf:1: the name of this group is empty, too long or has a "
	    "control character in it; give it another\n" },
};

START_TEST(test_mistakes)
{
	const char *path = temp_file("ftpd.conf", mistakes[_i].text);
	char *err = NULL, *want, *at;

	/* Which of two groups is complained about follows from their order. */
	ck_assert_ptr_null(conf_load(path, &err));
	ck_assert_ptr_nonnull(err);
	want = xstrdup(mistakes[_i].complaint);
	if ((at = strstr(want, "FILE")) == NULL) {
		ck_assert_msg(strstr(err, strchr(want, ':')) != NULL,
		    "%s\ninstead of\n%s", err, want);
	} else {
		ck_assert_ptr_nonnull(strstr(err, "group g stands at"));
		ck_assert_ptr_nonnull(strstr(err, "keep one of them"));
	}
	free(want);
	free(err);
}
END_TEST

Suite *
suite_conf_groups(void)
{
	Suite *s = suite_create("conf_groups");
	TCase *tc = tcase_create("groups");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_inheritance);
	tcase_add_test(tc, test_default_that_is_said);
	tcase_add_test(tc, test_places);
	tcase_add_test(tc, test_users_file);
	tcase_add_test(tc, test_same_keys);
	tcase_add_test(tc, test_mounts_and_paths);
	tcase_add_test(tc, test_too_many_places);
	tcase_add_loop_test(tc, test_mistakes, 0, NELEM(mistakes));
	suite_add_tcase(s, tc);
	return s;
}
