/* SPDX-License-Identifier: ISC */
/*
 * Virtual hosts: what their blocks say, what they leave to the server, which
 * of them a client means, and mistakes (R21.2).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_keys.h"
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

static const struct config *
host(const struct config *conf, const char *name)
{
	const struct conf_host *h = conf_find_host(conf, name);

	ck_assert_msg(h != NULL, "%s", name);
	return conf_of_host(conf, h);
}

/* What a host does not say is the server's. */
START_TEST(test_inheritance)
{
	struct config *conf = load("banner = Server goodbye = Bye.\n"
				   "limits { sessions_per_user = 7 }\n"
				   "files { glob = no }\n"
				   "anonymous { enabled = yes root = /g }\n"
				   "host a.example { banner = A }\n"
				   "host b.example { sessions_per_user = 2 }\n"
				   "user joe { password = '*' root = /j }\n");
	const struct config *a = host(conf, "a.example");
	const struct config *b = host(conf, "B.EXAMPLE");

	ck_assert_str_eq(a->banner, "A");
	ck_assert_str_eq(a->goodbye, "Bye.");
	ck_assert_str_eq(b->banner, "Server");
	ck_assert_uint_eq(a->max_per_user, 7);
	ck_assert_uint_eq(b->max_per_user, 2);
	ck_assert(!a->list_glob);
	ck_assert(a->anonymous);
	ck_assert_str_eq(a->anonymous_rules.root, "/g");
	ck_assert_ptr_nonnull(conf_find_user(a, "joe"));
	ck_assert_ptr_eq(conf_of_host(conf, NULL), conf);
	conf_free(conf);
}
END_TEST

/* With accounts of its own, it has no others. */
START_TEST(test_own_accounts)
{
	struct config *conf;
	const struct config *a, *b, *c;

	temp_file("b.users",
	    "group staff { root = b }\nuser joe { password = '*' group = "
	    "staff }\n");
	conf = load("auth_program = /bin/true\n"
		    "anonymous { enabled = yes root = /g }\n"
		    "system { enabled = yes }\n"
		    "user joe { password = '*' root = /j }\n"
		    "host a.example {\n"
		    "  user joe { password = '*' root = /a mount /pub {\n"
		    "    path = /p } }\n"
		    "}\n"
		    "host b.example { users_file = b.users }\n"
		    "host c.example { anonymous { enabled = yes root = /c } "
		    "}\n");
	a = host(conf, "a.example");
	b = host(conf, "b.example");
	c = host(conf, "c.example");
	ck_assert_str_eq(conf_find_user(conf, "joe")->rules.root, "/j");
	ck_assert_str_eq(conf_find_user(a, "joe")->rules.root, "/a");
	ck_assert_uint_eq(conf_find_user(a, "joe")->rules.nplaces, 1);
	ck_assert_str_eq(conf_find_user(b, "joe")->rules.root, temp_path("b"));
	ck_assert(conf_find_user(b, "joe")->in_users_file);
	ck_assert_ptr_null(conf_find_user(c, "joe"));
	ck_assert(!a->anonymous && !b->anonymous && c->anonymous);
	ck_assert_str_eq(c->anonymous_rules.root, "/c");
	ck_assert_str_eq(conf->anonymous_rules.root, "/g");
	ck_assert(!a->system_accounts && !c->system_accounts);
	ck_assert_ptr_null(a->auth_program);
	ck_assert_uint_eq(conf->nusers, 1);
	ck_assert_uint_eq(conf->ngroups, 0);
	conf_free(conf);
}
END_TEST

START_TEST(test_own_certificates)
{
	struct config *conf =
	    load("certificate x { file = s.crt }\n"
		 "host a.example { certificate x { file = a.crt }\n"
		 "  certificate y { file = b.crt key = b.key } }\n"
		 "host b.example { }\n");
	const struct config *a = host(conf, "a.example");

	ck_assert_uint_eq(conf->ncerts, 1);
	ck_assert_uint_eq(a->ncerts, 2);
	ck_assert_str_eq(a->certs[0].file, temp_path("a.crt"));
	ck_assert_str_eq(a->certs[1].key, temp_path("b.key"));
	ck_assert_ptr_eq(host(conf, "b.example")->certs, conf->certs);
	conf_free(conf);
}
END_TEST

/* ------------------------------------------------------------- finding */
static const char places[] =
    "listen one { port = 1 }\n"
    "listen two { port = 2 }\n"
    "host all.example { names = \"all.example.net *.all.example\" }\n"
    "host ip.example { address = \"192.0.2.1 2001:db8::/64\" }\n"
    "host ip2.example { address = 192.0.2.1 }\n"
    "host two.example { listen = two }\n"
    "host both.example { listen = \"one, two\" address = 192.0.2.9 }\n";

static const struct {
	unsigned listener;
	const char *local, *name, *found;
} finds[] = {
	{ 0, "192.0.2.5", NULL, NULL },
	{ 0, "192.0.2.5", "all.example", "all.example" },
	{ 0, "192.0.2.5", "ALL.example.NET.", "all.example" },
	{ 1, "::1", "x.all.example", "all.example" },
	{ 1, "::1", "x.y.all.example", NULL },
	{ 0, "192.0.2.5", "unknown.example", NULL },
	{ 0, "192.0.2.1", NULL, "ip.example" },
	{ 0, "2001:db8::7", NULL, "ip.example" },
	{ 0, "192.0.2.1", "ip2.example", "ip2.example" },
	{ 0, "192.0.2.1", "all.example", "all.example" },
	/* A host with a place is known there only. */
	{ 0, "192.0.2.5", "ip.example", NULL },
	{ 0, "192.0.2.5", "two.example", NULL },
	{ 1, "192.0.2.5", "two.example", "two.example" },
	{ 1, "192.0.2.5", NULL, "two.example" },
	{ 1, "192.0.2.1", NULL, "ip.example" },
	{ 0, "192.0.2.9", NULL, "both.example" },
	{ 1, "192.0.2.9", NULL, "two.example" },
};

START_TEST(test_find)
{
	struct config *conf = load(places);
	const struct conf_host *h;
	struct addr local;

	ck_assert_int_eq(addr_parse_ip(&local, finds[_i].local), 0);
	h = conf_host_at(
	    conf, (uint16_t)finds[_i].listener, &local, finds[_i].name);
	if (finds[_i].found == NULL)
		ck_assert_msg(h == NULL, "%s", h->name);
	else {
		ck_assert_ptr_nonnull(h);
		ck_assert_str_eq(h->name, finds[_i].found);
	}
	conf_free(conf);
}
END_TEST

/* ------------------------------------------------------------ printing */
/* What is printed says the same when it is read. */
START_TEST(test_print)
{
	struct config *conf;
	char *text = NULL, *again = NULL, *err = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf = load("host a.example {\n names = b.example sessions = 3\n"
		    " certificate x { file = /a.crt }\n"
		    " anonymous { enabled = yes root = /g mount /m { path = "
		    "/x } }\n"
		    " group staff { umask = 077 }\n"
		    " user joe { password = '*' root = /j group = staff }\n"
		    "}\n"
		    "host z.example { }\n");
	conf_print(conf, out);
	fclose(out);
	conf_free(conf);
	ck_assert_msg(
	    strstr(text, "\nhost \"z.example\" {\n") != NULL, "%s", text);
	conf = conf_load(temp_file("printed", text), &err);
	ck_assert_msg(conf != NULL, "%s in:\n%s", err, text);
	ck_assert_uint_eq(conf->nhosts, 2);
	ck_assert_str_eq(host(conf, "a.example")->users[0].group, "staff");
	ck_assert_uint_eq(host(conf, "a.example")->users[0].rules.umask, 077);
	out = open_memstream(&again, &len);
	conf_print(conf, out);
	fclose(out);
	ck_assert_str_eq(strchr(text, '\n'), strchr(again, '\n'));
	conf_free(conf);
	free(text);
	free(again);
}
END_TEST

/* ------------------------------------------------------------ mistakes */
static const struct {
	const char *text, *complaint;
} mistakes[] = {
	{ "host \"a b\" { }",
	    "ftpd.conf:1: \"a b\" is no name of a host; write one such as "
	    "ftp.example.org, and others and patterns as names\n" },
	{ "host a.example { }\nhost b.example { names = \"x A.example\" }",
	    "ftpd.conf:2: the host \"A.example\" stands at " /* path */ },
	{ "host a.example { names = \"a_b\" }",
	    "ftpd.conf:1: \"a_b\" is no name of a host; write one such as "
	    "ftp.example.org or *.example.org\n" },
	{ "host a.example {\n listen = nix }",
	    "ftpd.conf:1: host \"a.example\" is at the listen block \"nix\", "
	    "which does not exist; write its name as it is there\n" },
	{ "host a.example { anonymous { enabled = yes } }",
	    "ftpd.conf:1: guests are let in to host \"a.example\" but have no "
	    "root; write root = \"/srv/ftp\" in its block anonymous\n" },
	{ "host a.example {\n user joe { root = / } }",
	    "ftpd.conf:2: user joe has no password; make one with ternctl "
	    "user passwd, or write \"*\" for none\n" },
	{ "host a.example {\n bannner = x }",
	    "ftpd.conf:2: unknown key \"bannner\" in host; did you mean "
	    "\"banner\"?\n" },
	{ "host a.example {\n port = 21 }",
	    "ftpd.conf:2: unknown key \"port\" in host; it belongs in the "
	    "block listen\n" },
	{ "host a.example {\n limits { sessions = 1 } }",
	    "ftpd.conf:2: unknown key \"limits\" in host" },
	{ "host a.example {\n anonymous { umask = 0\n umask = 1 } }",
	    "ftpd.conf:3: umask was set before, at " },
	{ "host a.example {\n certificate x { file = a }\n"
	  "certificate x { file = b } }",
	    "ftpd.conf:3: there is a certificate \"x\" at line 2 already; "
	    "give one another name\n" },
	{ "host a.example {\n user joe { password = '*' root = / group = g } "
	  "}\ngroup g { }",
	    "ftpd.conf:2: user joe is in group \"g\", which does not exist; "
	    "write a block group \"g\" { }, or leave it out\n" },
	{ "host a.example { user joe { password = '*' root = / }\n",
	    "ftpd.conf:1: this block has no end; a closing brace } is "
	    "missing\n" },
};

START_TEST(test_mistakes)
{
	const char *path = temp_file("ftpd.conf", mistakes[_i].text);
	const char *want = mistakes[_i].complaint;
	char *err = NULL;

	ck_assert_ptr_null(conf_load(path, &err));
	ck_assert_msg(
	    strncmp(err + strlen(temp_path("")) + 1, want, strlen(want)) == 0,
	    "%s", err);
	free(err);
}
END_TEST

/* The same block of guests may stand in several hosts. */
START_TEST(test_repeated)
{
	struct config *conf =
	    load("host a.example { anonymous { enabled = yes root = /a } }\n"
		 "host b.example { anonymous { root = /b enabled = yes } }\n"
		 "anonymous { enabled = yes root = /s }\n");

	ck_assert_str_eq(host(conf, "a.example")->anonymous_rules.root, "/a");
	ck_assert_str_eq(host(conf, "b.example")->anonymous_rules.root, "/b");
	ck_assert_str_eq(conf->anonymous_rules.root, "/s");
	conf_free(conf);
}
END_TEST

Suite *
suite_conf_hosts(void)
{
	Suite *s = suite_create("conf_hosts");
	TCase *tc = tcase_create("conf_hosts");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_inheritance);
	tcase_add_test(tc, test_own_accounts);
	tcase_add_test(tc, test_own_certificates);
	tcase_add_loop_test(tc, test_find, 0, NELEM(finds));
	tcase_add_test(tc, test_print);
	tcase_add_loop_test(tc, test_mistakes, 0, NELEM(mistakes));
	tcase_add_test(tc, test_repeated);
	suite_add_tcase(s, tc);
	return s;
}
