/* SPDX-License-Identifier: ISC */
/*
 * Edits of users files keep all that is not meant: comments, blanks, order,
 * odd quoting (R10.1).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/users_edit.h"
#include "tests/unit/suites.h"

#define HEAD "# people\n\n"
#define JOE "user \"joe\" {\n\tpassword = \"x\" # old\n\troot = /j\n}\n"
#define ZOE "user zoe { root = '/z}' password = '{' }\n"
#define TAIL "/* user \"ann\" { } */\n# user bob {\n"

static char password_value[] = "\"\\$y\\$new\"";
static char root_value[] = "\"/r\"";
static char uid_value[] = "5";

static const struct users_field password = { "password", password_value };

START_TEST(test_find)
{
	static const char text[] =
	    HEAD JOE ZOE TAIL "user \"a \\\"b\\\" \\$c\" {}\nuser 'd\\'e' {}";
	struct users_block b;

	ck_assert(users_block_find(text, "user", "joe", &b));
	ck_assert_ptr_eq(b.start, strstr(text, "user \"joe"));
	ck_assert_int_eq(*b.open, '{');
	ck_assert_ptr_eq(b.end, strstr(text, "\nuser zoe"));
	users_block_clear(&b);
	ck_assert(users_block_find(text, "user", "zoe", &b));
	ck_assert_ptr_eq(b.end, strstr(text, "\n/*"));
	users_block_clear(&b);
	ck_assert(users_block_find(text, "user", "a \"b\" $c", &b));
	users_block_clear(&b);
	ck_assert(users_block_find(text, "user", "d'e", &b));
	users_block_clear(&b);
	/* Comments hold no users. */
	ck_assert(!users_block_find(text, "user", "ann", &b));
	ck_assert(!users_block_find(text, "user", "bob", &b));
	ck_assert(!users_block_find(text, "user", "Joe", &b));
	ck_assert(!users_block_find(text, "user", "", &b));
}
END_TEST

static const char *const broken[] = { "user", "user joe", "user joe {",
	"user \"joe", "user joe { /*", "user { }", "user joe } {", "{{{{", "}",
	"user joe { user = { }", "\"" };

START_TEST(test_broken)
{
	struct users_block b;

	ck_assert(!users_block_find(broken[_i], "user", "joe", &b));
	ck_assert_ptr_null(users_edit_del(broken[_i], "user", "joe"));
	ck_assert_ptr_null(
	    users_edit_set(broken[_i], "user", "joe", &password));
}
END_TEST

START_TEST(test_add)
{
	const struct users_field fields[] = { { "root", root_value },
		{ "uid", uid_value }, password };
	static const char block[] =
	    "user \"n\\\"ew\" {\n\troot = \"/r\"\n"
	    "\tuid = 5\n\tpassword = \"\\$y\\$new\"\n}\n";
	static const struct {
		const char *before, *between;
	} cases[] = {
		{ "", "" },
		{ JOE, "\n" },
		{ "# no line end", "\n\n" },
	};
	char want[512], *made;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		made = users_edit_add(
		    cases[i].before, "user", "n\"ew", fields, NELEM(fields));
		snprintf(want, sizeof(want), "%s%s%s", cases[i].before,
		    cases[i].between, block);
		ck_assert_str_eq(made, want);
		free(made);
	}
}
END_TEST

static const struct edit_case {
	const char *before, *after;
} deletions[] = {
	{ JOE, "" },
	{ HEAD JOE ZOE TAIL, HEAD ZOE TAIL },
	{ JOE "\n" ZOE, "\n" ZOE },
	{ HEAD JOE "\n" ZOE, HEAD ZOE },
	{ ZOE "\n" JOE, ZOE },
	{ ZOE "  user joe { }  \r\n" TAIL, ZOE TAIL },
	{ "user joe { } user ann { }", " user ann { }" },
	{ "user joe { } # why\n", " # why\n" },
	{ "user ann { } user joe { }\n", "user ann { } \n" },
	{ "/* joe */ user joe { } ", "/* joe */  " },
};

START_TEST(test_del)
{
	char *made = users_edit_del(deletions[_i].before, "user", "joe");

	ck_assert_ptr_nonnull(made);
	ck_assert_str_eq(made, deletions[_i].after);
	free(made);
	ck_assert_ptr_null(users_edit_del(deletions[_i].after, "user", "joe"));
}
END_TEST

#define NEW "\"\\$y\\$new\""

static const struct edit_case settings[] = {
	{ HEAD JOE TAIL, HEAD "user \"joe\" {\n\tpassword = " NEW
			      " # old\n\troot = /j\n}\n" TAIL },
	{ "user ann { password = 'a' }\nuser joe{password=x root=y}",
	    "user ann { password = 'a' }\nuser joe{password=" NEW " root=y}" },
	/* not the words in a comment, in a value, or in another key's place */
	{ "user joe { # password = 1\n/* password = 2 */ root = password\n"
	  "start_dir = \"password = 3\" password\n=\n'4' }",
	    "user joe { # password = 1\n/* password = 2 */ root = password\n"
	    "start_dir = \"password = 3\" password\n=\n" NEW " }" },
	/* there is none yet */
	{ "user joe {\n\troot = /\n}\n",
	    "user joe {\n\tpassword = " NEW "\n\troot = /\n}\n" },
	{ "user joe { root = / }\n",
	    "user joe {\n\tpassword = " NEW "\n root = / }\n" },
	{ "user joe {}", "user joe {\n\tpassword = " NEW "\n}" },
};

START_TEST(test_set)
{
	char *made =
	    users_edit_set(settings[_i].before, "user", "joe", &password);

	ck_assert_ptr_nonnull(made);
	ck_assert_str_eq(made, settings[_i].after);
	free(made);
}
END_TEST

/* Sets the password of the mount, which is made if there is none. */
static char *
in_mount(const char *inside, void *arg)
{
	struct users_block b;
	char *nested, *made;
	const char *name = arg;

	if (users_block_find(inside, "mount", name, &b)) {
		users_block_clear(&b);
		return users_edit_set(inside, "mount", name, &password);
	}
	nested = users_edit_nest(inside, "mount", name, 1);
	made = users_edit_set(nested, "mount", name, &password);
	free(nested);
	return made;
}

#define MOUNT "\tmount \"/m\" {\n\t\tpassword = " NEW "\n\t}\n"

static const struct edit_case inside[] = {
	{ "user joe {\n\troot = /\n}\n",
	    "user joe {\n\troot = /\n" MOUNT "}\n" },
	{ "user joe { root = / } # joe",
	    "user joe { root = /\n" MOUNT "} # joe" },
	{ "user joe {}", "user joe {\n" MOUNT "}" },
	{ "user joe { mount /m { password = 1 } mount /n { } }",
	    "user joe { mount /m { password = " NEW " } mount /n { } }" },
	{ "user ann { mount /m { } }\nuser joe {\n\tmount /m {\n\t}\n}\n",
	    "user ann { mount /m { } }\nuser joe {\n\tmount /m {\n\t\tpassword "
	    "= " NEW "\n\t}\n}\n" },
};

START_TEST(test_inside)
{
	char name[] = "/m", *made = users_edit_inside(inside[_i].before, "user",
				"joe", in_mount, name);

	ck_assert_ptr_nonnull(made);
	ck_assert_str_eq(made, inside[_i].after);
	free(made);
	ck_assert_ptr_null(users_edit_inside(
	    inside[_i].before, "user", "tim", in_mount, name));
}
END_TEST

/* The one without a name is no user of that name. */
START_TEST(test_untitled)
{
	static const char text[] = "enabled = no user anonymous { }\n"
				   "anonymous { root = / } user joe { }";
	struct users_block b;

	ck_assert(users_block_find(text, "anonymous", NULL, &b));
	ck_assert_ptr_null(b.name);
	ck_assert_int_eq(strncmp(b.start, "anonymous { root", 16), 0);
	ck_assert(!users_block_find(text, "tls", NULL, &b));
	ck_assert(!users_block_find(text, "user", NULL, &b));
	ck_assert(users_block_find(text, "user", "joe", &b));
	users_block_clear(&b);
}
END_TEST

#define NESTED                                                           \
	"group g {\n\trights = full\n}\n"                                \
	"user g {\n\tgroup = g\n\tmount /m { rights = none path = / }\n" \
	"\trights = full # all\n}\n"                                     \
	"group \"h\" { umask = 0 }\n"

/* Keys of a block are neither those of the blocks in it nor of its namesake. */
START_TEST(test_nested)
{
	char value[] = "read-only";
	struct users_field rights = { "rights", value };
	struct users_field none = { "rights", NULL };
	struct users_block b;
	char *made;

	ck_assert(users_block_find(NESTED, "group", "h", &b));
	users_block_clear(&b);
	ck_assert(!users_block_find(NESTED, "mount", "/m", &b));
	made = users_edit_set(NESTED, "user", "g", &rights);
	ck_assert_ptr_nonnull(strstr(made, "group g {\n\trights = full\n}"));
	ck_assert_ptr_nonnull(strstr(made, "{ rights = none path"));
	ck_assert_ptr_nonnull(strstr(made, "\trights = read-only # all\n}"));
	free(made);
	made = users_edit_set(NESTED, "group", "g", &none);
	ck_assert_ptr_nonnull(strstr(made, "group g {\n}\nuser g {\n"));
	ck_assert_ptr_nonnull(strstr(made, "\trights = full # all\n}"));
	free(made);
	made = users_edit_set(NESTED, "group", "h", &none);
	ck_assert_str_eq(made, NESTED);
	free(made);
	made = users_edit_del(NESTED, "group", "g");
	ck_assert_int_eq(strncmp(made, "user g {\n\tgroup = g\n", 20), 0);
	free(made);
}
END_TEST

Suite *
suite_ctl_users_edit(void)
{
	Suite *s = suite_create("ctl_users_edit");
	TCase *tc = tcase_create("edit");

	tcase_add_test(tc, test_find);
	tcase_add_loop_test(tc, test_broken, 0, NELEM(broken));
	tcase_add_test(tc, test_add);
	tcase_add_loop_test(tc, test_del, 0, NELEM(deletions));
	tcase_add_loop_test(tc, test_set, 0, NELEM(settings));
	tcase_add_loop_test(tc, test_inside, 0, (int)NELEM(inside));
	tcase_add_test(tc, test_untitled);
	tcase_add_test(tc, test_nested);
	suite_add_tcase(s, tc);
	return s;
}
