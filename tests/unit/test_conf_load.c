/* SPDX-License-Identifier: ISC */
/*
 * Loading a configuration: defaults, values, includes, the users file, and
 * every kind of mistake with its place and its hint.
 */
#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *
load(const char *text)
{
	char *err = NULL;
	struct config *conf = conf_load(temp_file("ftpd.conf", text), &err);

	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_ptr_null(err);
	return conf;
}

/* The complaints about a text, with the directory of its files taken out. */
static char *
complaints(const char *text)
{
	char *err = NULL, *at, dir[64];
	size_t n;

	ck_assert_ptr_null(conf_load(temp_file("ftpd.conf", text), &err));
	ck_assert_ptr_nonnull(err);
	n = (size_t)snprintf(dir, sizeof(dir), "%s/", temp_path(""));
	while ((at = strstr(err, dir)) != NULL)
		memmove(at, at + n, strlen(at + n) + 1);
	return err;
}

/* protocol.md 14 and users.md R29.1 */
START_TEST(test_defaults)
{
	struct config *conf = load("");

	ck_assert_uint_eq(conf->nlistens, 1);
	ck_assert_str_eq(conf->listens[0].name, "ftp");
	ck_assert_uint_eq(conf->listens[0].addr.port, 21);
	ck_assert_uint_eq(conf->listens[0].addr.family, 6);
	ck_assert_uint_eq(conf->workers, 0);
	ck_assert_uint_eq(conf->auth_processes, 2);
	ck_assert_str_eq(conf->service_user, "ftpd");
	ck_assert_str_eq(conf->empty_dir, "/run/ternftpd/empty");
	ck_assert_str_eq(conf->log, "stderr");
	ck_assert_uint_eq(conf->log_level, 1);
	ck_assert_ptr_nonnull(strstr(conf->banner, "FTP"));
	ck_assert_ptr_null(conf->pid_file);
	ck_assert_ptr_null(conf->users_file);
	ck_assert_uint_eq(conf->idle_timeout, 900);
	ck_assert_uint_eq(conf->max_idle_timeout, 7200);
	ck_assert_uint_eq(conf->login_timeout, 60);
	ck_assert_uint_eq(conf->accept_timeout, 30);
	ck_assert_uint_eq(conf->connect_timeout, 30);
	ck_assert_uint_eq(conf->stall_timeout, 300);
	ck_assert_uint_eq(conf->output_timeout, 60);
	ck_assert_uint_eq(conf->drain_timeout, 30);
	ck_assert_uint_eq(conf->max_sessions, 10000);
	ck_assert_uint_eq(conf->max_per_ip, 50);
	ck_assert_uint_eq(conf->max_per_user, 0);
	ck_assert_uint_eq(conf->max_login_attempts, 3);
	ck_assert_uint_eq(conf->max_auth_queue, 256);
	ck_assert_uint_eq(conf->passive_min, 49152);
	ck_assert_uint_eq(conf->passive_max, 65535);
	ck_assert_uint_eq(conf->passive_address.n, 0);
	ck_assert_uint_eq(conf->peer_check, CONF_PEER_IP);
	ck_assert(conf->active && !conf->active_port_20);
	ck_assert(conf->default_data_port);
	ck_assert_uint_eq(conf->control_mss, 512);
	ck_assert(conf->pad_replies);
	ck_assert_uint_eq(conf->upload_mode, CONF_UPLOAD_ATOMIC);
	ck_assert(conf->upload_resume && !conf->upload_fsync);
	ck_assert(!conf->initial_type_ascii);
	ck_assert_uint_eq(conf->ascii, CONF_ASCII_BINARY);
	ck_assert(conf->mdtm_set && conf->site_chmod);
	ck_assert(!conf->site_symlink && !conf->site_rmdir);
	ck_assert(conf->show_dotfiles && !conf->hide_ids);
	ck_assert(!conf->list_localtime && conf->list_glob);
	ck_assert_uint_eq(conf->mlsd_links, CONF_LINKS_FOLLOW);
	ck_assert_uint_eq(conf->list_sort_max, 2000);
	ck_assert_uint_eq(conf->stat_list_max, 10000);
	ck_assert(!conf->anonymous);
	ck_assert_uint_eq(conf->anonymous_rules.rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(conf->anonymous_rules.umask, 022);
	ck_assert(!conf->system_accounts);
	ck_assert_str_eq(conf->pam_service, "ternftpd");
	ck_assert_uint_eq(conf->system_rules.rights, RIGHTS_FULL);
	ck_assert_uint_eq(conf->system_min_uid, 1000);
	ck_assert_uint_eq(conf->nusers, 0);
	conf_free(conf);
}
END_TEST

START_TEST(test_values)
{
	struct config *conf = load(
	    "workers = 3 log_level = debug banner = \"my FTP \\\"x\\\"\"\n"
	    "listen a { address = 127.0.0.1 port = 2121 }\n"
	    "listen \"b\" { port = 2122 }\n"
	    "timeouts { idle = 15m max_idle = 1d login = 90s drain = 0 }\n"
	    "limits { sessions = 0 }\n"
	    "control_mss = 1k pad_replies = off\n"
	    "data { passive_ports = 50000-50009 passive_address = 192.0.2.7 "
	    "peer_check = net24 }\n"
	    "files { initial_type = ascii ascii = convert uploads = in-place "
	    "hide_ids = TRUE mlsd_links = slink }\n"
	    "anonymous { enabled = yes root = pub rights = \"list read\" "
	    "umask = 77 }\n"
	    "system { min_uid = 500 root = /home }\n");

	ck_assert_uint_eq(conf->workers, 3);
	ck_assert_uint_eq(conf->log_level, 0);
	ck_assert_str_eq(conf->banner, "my FTP \"x\"");
	ck_assert_uint_eq(conf->nlistens, 2);
	ck_assert_str_eq(conf->listens[0].name, "a");
	ck_assert_uint_eq(conf->listens[0].addr.family, 4);
	ck_assert_uint_eq(conf->listens[0].addr.port, 2121);
	ck_assert_uint_eq(conf->listens[1].addr.family, 6);
	ck_assert_uint_eq(conf->listens[1].addr.port, 2122);
	ck_assert_uint_eq(conf->idle_timeout, 900);
	ck_assert_uint_eq(conf->max_idle_timeout, 86400);
	ck_assert_uint_eq(conf->login_timeout, 90);
	ck_assert_uint_eq(conf->drain_timeout, 0);
	ck_assert_uint_eq(conf->max_sessions, 0);
	ck_assert_uint_eq(conf->control_mss, 1024);
	ck_assert(!conf->pad_replies);
	ck_assert_uint_eq(conf->passive_min, 50000);
	ck_assert_uint_eq(conf->passive_max, 50009);
	ck_assert_uint_eq(conf->passive_address.rule[0].addr.family, 4);
	ck_assert_uint_eq(conf->peer_check, CONF_PEER_NET24);
	ck_assert(conf->initial_type_ascii && conf->hide_ids);
	ck_assert_uint_eq(conf->ascii, CONF_ASCII_CONVERT);
	ck_assert_uint_eq(conf->upload_mode, CONF_UPLOAD_IN_PLACE);
	ck_assert_uint_eq(conf->mlsd_links, CONF_LINKS_SLINK);
	ck_assert_str_eq(conf->anonymous_rules.root, temp_path("pub"));
	ck_assert_uint_eq(
	    conf->anonymous_rules.rights, RIGHT_LIST | RIGHT_READ);
	ck_assert_uint_eq(conf->anonymous_rules.umask, 077);
	ck_assert_uint_eq(conf->system_min_uid, 500);
	ck_assert_str_eq(conf->system_rules.root, "/home");
	conf_free(conf);
	/* Two ports that the system chooses are not the same. */
	conf = load("listen a { port = 0 } listen b { port = 0 }");
	ck_assert_uint_eq(conf->nlistens, 2);
	conf_free(conf);
}
END_TEST

/* R9.5, R10.1 */
START_TEST(test_users)
{
	struct config *conf =
	    load("user \"zoe\" { password = \"*\" root = z }\n"
		 "user bob {\n"
		 "  password = '$6$a$b' root = /b\n"
		 "  start_dir = \"/in//./x/../\"\n"
		 "  rights = upload-only uid = 70 gid = 71\n"
		 "  umask = 027 idle_timeout = 2h\n"
		 "  disabled = yes\n"
		 "}\n");
	const struct conf_user *u = conf_find_user(conf, "bob");

	ck_assert_ptr_null(conf_find_user(conf, "Bob"));
	ck_assert_ptr_null(conf_find_user(conf, ""));
	ck_assert_ptr_nonnull(u);
	ck_assert_str_eq(u->password, "$6$a$b");
	ck_assert_str_eq(u->rules.root, "/b");
	ck_assert_str_eq(u->rules.start_dir, "/in");
	ck_assert_uint_eq(u->rules.rights, RIGHTS_UPLOAD_ONLY);
	ck_assert(u->rules.uid.set && u->disabled && !u->in_users_file);
	ck_assert_uint_eq(u->rules.uid.id, 70);
	ck_assert_uint_eq(u->rules.gid.id, 71);
	ck_assert_uint_eq(u->rules.umask, 027);
	ck_assert_uint_eq(u->rules.idle_timeout, 7200);
	ck_assert_str_eq(u->file, temp_path("ftpd.conf"));
	ck_assert_int_eq(u->line, 2);
	u = conf_find_user(conf, "zoe");
	ck_assert_ptr_nonnull(u);
	ck_assert_str_eq(u->rules.root, temp_path("z"));
	ck_assert_str_eq(u->rules.start_dir, "/");
	ck_assert_uint_eq(u->rules.rights, RIGHTS_FULL);
	ck_assert(!u->rules.uid.set && !u->disabled);
	ck_assert_uint_eq(u->rules.umask, 022);
	ck_assert_uint_eq(u->rules.idle_timeout, 0);
	conf_free(conf);
}
END_TEST

START_TEST(test_uid_by_name)
{
	const struct passwd *pw = getpwnam("nobody");
	struct config *conf;

	if (pw == NULL)
		return;
	conf = load("user a { password = x root = / uid = nobody gid = 5 }");
	ck_assert_uint_eq(conf->users[0].rules.uid.id, pw->pw_uid);
	conf_free(conf);
}
END_TEST

START_TEST(test_many_users)
{
	char *text, name[16];
	struct config *conf;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	for (i = 0; i < 5000; i++)
		fprintf(out, "user u%zu { password = \"*\" root = / }\n",
		    (i * 7919) % 5000);
	fclose(out);
	conf = load(text);
	ck_assert_uint_eq(conf->nusers, 5000);
	for (i = 0; i < 5000; i += 499) {
		snprintf(name, sizeof(name), "u%zu", i);
		ck_assert_ptr_nonnull(conf_find_user(conf, name));
	}
	conf_free(conf);
	free(text);
}
END_TEST

/* Relative paths start where they stand; lines go on after an include. */
START_TEST(test_include)
{
	struct config *conf;
	char *err;

	ck_assert_int_eq(mkdir(temp_path("sub"), 0700), 0);
	temp_file("sub/a.conf", "workers = 4\nlimits { sessions = 7 }\n"
				"include(b.conf)\n");
	temp_file(
	    "sub/b.conf", "\n\nuser joe { password = \"*\" root = home }");
	conf = load("include(\"sub/a.conf\")\nlimits { auth_queue = 9 }\n");
	ck_assert_uint_eq(conf->workers, 4);
	ck_assert_uint_eq(conf->max_sessions, 7);
	ck_assert_uint_eq(conf->max_auth_queue, 9);
	ck_assert_str_eq(conf->users[0].rules.root, temp_path("sub/home"));
	ck_assert_str_eq(conf->users[0].file, temp_path("sub/b.conf"));
	ck_assert_int_eq(conf->users[0].line, 3);
	conf_free(conf);

	err = complaints("# x\ninclude(\"sub/a.conf\")\nworkers = 5\n");
	ck_assert_str_eq(err,
	    "ftpd.conf:3: workers was set before, at sub/a.conf:1; keep one "
	    "of them\n");
	free(err);
	temp_file("sub/b.conf", "limits {\n\n sesions = 4 }\n");
	err = complaints("include(\"sub/a.conf\")\n");
	ck_assert_str_eq(err,
	    "sub/b.conf:3: unknown key \"sesions\" in limits; did you mean "
	    "\"sessions\"?\n");
	free(err);
	temp_file("sub/b.conf", "include(\"a.conf\")");
	err = complaints("include(\"sub/b.conf\")");
	ck_assert_ptr_nonnull(strstr(err, "nested more than 10 deep"));
	free(err);
}
END_TEST

START_TEST(test_users_file)
{
	struct config *conf;
	char *err;

	/* It may come later: ternctl makes it. */
	conf = load("users_file = users\n");
	ck_assert_str_eq(conf->users_file, temp_path("users"));
	ck_assert_uint_eq(conf->nusers, 0);
	conf_free(conf);

	temp_file("users", "# mine\nuser joe { password = \"*\" root = / }\n");
	conf = load("users_file = users\n");
	ck_assert_uint_eq(conf->nusers, 1);
	ck_assert(conf->users[0].in_users_file);
	conf_free(conf);

	err = complaints("users_file = users\n\n"
			 "user joe { password = \"*\" root = / }\n");
	ck_assert_ptr_nonnull(strstr(err, "user joe stands at "));
	ck_assert_ptr_nonnull(strstr(err, "users:2"));
	ck_assert_ptr_nonnull(strstr(err, "ftpd.conf:3"));
	free(err);

	temp_file("users", "\nworkers = 3\n");
	err = complaints("users_file = users\n");
	ck_assert_str_eq(err,
	    "users:2: unknown key \"workers\"; a users file has only blocks "
	    "user \"name\" { ... } and group \"name\" { ... }\n");
	free(err);

	err = complaints("\nusers_file = \".\"\n");
	ck_assert_str_eq(err,
	    "ftpd.conf:2: cannot read .: Is a directory; check its name and "
	    "permissions\n");
	free(err);
}
END_TEST

static const struct mistake {
	const char *text, *complaints;
} mistakes[] = {
	/* keys that are none */
	{ "\nworker = 3", "ftpd.conf:2: unknown key \"worker\"; did you mean "
			  "\"workers\"?\n" },
	{ "# a\n/* b\n */ # c\nlimits {\n // d\n\tsesion = 3\n}",
	    "ftpd.conf:6: unknown key \"sesion\" in limits; did you mean "
	    "\"sessions\"?\n" },
	{ "timeout { }", "ftpd.conf:1: unknown key \"timeout\"; did you mean "
			 "\"timeouts\"?\n" },
	{ "stall = 3",
	    "ftpd.conf:1: unknown key \"stall\"; it belongs in the block "
	    "timeouts\n" },
	{ "files { pid_file = x }",
	    "ftpd.conf:1: unknown key \"pid_file\" in files; it stands outside "
	    "of all blocks\n" },
	{ "frobnicate = yes",
	    "ftpd.conf:1: unknown key \"frobnicate\"; ternftpd --keys shows "
	    "all keys\n" },
	{ "limits|sessions = 3",
	    "ftpd.conf:1: unknown key \"sessions\"; it belongs in the block "
	    "limits\n" },
	/* values that cannot be */
	{ "workers = 257",
	    "ftpd.conf:1: \"257\" is no value of workers; write a number from "
	    "0 to 256\n" },
	{ "workers = -1",
	    "ftpd.conf:1: \"-1\" is no value of workers; write a number from "
	    "0 to 256\n" },
	{ "workers = 99999999999999999999999999",
	    "ftpd.conf:1: \"99999999999999999999999999\" is no value of "
	    "workers; write a number from 0 to 256\n" },
	{ "timeouts {\nidle = 0\nlogin = 5x\naccept = 2d }",
	    "ftpd.conf:2: \"0\" is no value of idle; write a number from 1 to "
	    "31536000 (s, m, h or d may follow)\n"
	    "ftpd.conf:3: \"5x\" is no value of login; write a number from 1 "
	    "to 86400 (s, m, h or d may follow)\n"
	    "ftpd.conf:4: \"2d\" is no value of accept; write a number from 1 "
	    "to 86400 (s, m, h or d may follow)\n" },
	{ "control_mss = 64k",
	    "ftpd.conf:1: \"64k\" is no value of control_mss; write a number "
	    "from 0 to 65495 (k or m may follow)\n" },
	{ "pad_replies = maybe",
	    "ftpd.conf:1: \"maybe\" is no value of pad_replies; write yes or "
	    "no\n" },
	{ "log_level = loud",
	    "ftpd.conf:1: \"loud\" is no value of log_level; write debug, "
	    "info, warn or error\n" },
	{ "banner = \"\"",
	    "ftpd.conf:1: banner is empty; macros are %u, %h, "
	    "%l, %n, %t, %d, %m and %%, and \\n begins a line\n" },
	{ "banner = \"a\\r\\n220 b\"",
	    "ftpd.conf:1: banner has a control character in it; macros are %u, "
	    "%h, "
	    "%l, %n, %t, %d, %m and %%, and \\n begins a line\n" },
	{ "goodbye = \"so long, %x\"",
	    "ftpd.conf:1: goodbye has an unknown macro in it; macros are %u, "
	    "%h, "
	    "%l, %n, %t, %d, %m and %%, and \\n begins a line\n" },
	{ "pid_file = \"\"",
	    "ftpd.conf:1: pid_file is empty or has a control character in it; "
	    "write a path\n" },
	{ "listen a { address = localhost\n port = 65536 }",
	    "ftpd.conf:1: \"localhost\" is no value of address; write a "
	    "numeric IPv4 or IPv6 address\n"
	    "ftpd.conf:2: \"65536\" is no value of port; write a number from 0 "
	    "to "
	    "65535\n" },
	{ "data { passive_ports = 50009-50000 }",
	    "ftpd.conf:1: the range of ports 50009-50000 runs backwards; write "
	    "the smaller number first\n" },
	{ "data { passive_ports = 1-99999 }",
	    "ftpd.conf:1: \"1-99999\" is no value of passive_ports; write two "
	    "port numbers such as 50000-50999\n" },
	{ "data {\npassive_address = \"::1\" }",
	    "ftpd.conf:2: PASV can announce IPv4 addresses only; write "
	    "one\n" },
	{ "files { initial_type = image }",
	    "ftpd.conf:1: \"image\" is no value of initial_type; write binary "
	    "or ascii\n" },
	{ "anonymous { umask = 8\nrights = everything }",
	    "ftpd.conf:1: \"8\" is no value of umask; write an octal number "
	    "from 000 to 777\n"
	    "ftpd.conf:2: \"everything\" is no value of rights; write full, "
	    "read-only, upload-only, none or names such as \"list read "
	    "write\"\n" },
	{ "anonymous { umask = 1000 }",
	    "ftpd.conf:1: \"1000\" is no value of umask; write an octal number "
	    "from 000 to 777\n" },
	/* twice */
	{ "workers = 1\n\nworkers = 1",
	    "ftpd.conf:3: workers was set before, at ftpd.conf:1; keep one of "
	    "them\n" },
	{ "limits { sessions = 3 }\nlimits { sessions = 4 }",
	    "ftpd.conf:2: sessions was set before, at ftpd.conf:1; keep one of "
	    "them\n" },
	{ "listen a { port = 1 }\nlisten a { port = 2 }",
	    "ftpd.conf:2: there is a listen block \"a\" at line 1 already; "
	    "give one another name\n" },
	{ "listen a { port = 21 }\nlisten b {\n}\n",
	    "ftpd.conf:2: listen \"b\" has the address and port of \"a\"; "
	    "change one\n" },
	{ "user a { password = x root = / }\n"
	  "user b { password = x root = / }\n"
	  "user a { password = y root = / }",
	    "ftpd.conf:3: user a stands at ftpd.conf:1 too; keep one of "
	    "them\n" },
	/* what does not go together */
	{ "\nanonymous {\nenabled = yes }",
	    "ftpd.conf:3: guests are let in but have no root; write root = "
	    "\"/srv/ftp\" in the block anonymous\n" },
	{ "timeouts { idle = 3h }",
	    "ftpd.conf:1: idle (10800) is longer than max_idle (7200); raise "
	    "max_idle\n" },
	{ "user a {\n}",
	    "ftpd.conf:1: user a has no password; make one with ternctl user "
	    "passwd, or write \"*\" for none\n"
	    "ftpd.conf:1: user a has no root; write root = "
	    "\"/the/directory\"\n" },
	{ "user a { password = x root = / uid = 7 }",
	    "ftpd.conf:1: user a has a uid and no gid; write both\n" },
	{ "user a { password = x root = / uid = root gid = 0 }",
	    "ftpd.conf:1: root is root, who never touches files here; name "
	    "another user\n" },
	{ "user a { password = x root = / uid = 0 gid = 0 }",
	    "ftpd.conf:1: \"0\" is no value of uid; write a user's name or "
	    "number, not root\n" },
	{ "user a { password = x root = / start_dir = in }",
	    "ftpd.conf:1: \"in\" is no path the user could see; write one that "
	    "starts with /, such as /incoming\n" },
	{ "\nuser \"\" { password = x root = / }",
	    "ftpd.conf:2: the name of this user is empty, too long or has a "
	    "control character in it; give it another\n" },
	{ "user \"a\\nb\" { password = x root = / }",
	    "ftpd.conf:1: the name of this user is empty, too long or has a "
	    "control character in it; give it another\n" },
	/* syntax */
	{ "workers 3",
	    "ftpd.conf:1: missing equal sign after option 'workers'; write key "
	    "= value\n" },
	{ "\n\nworkers = ",
	    "ftpd.conf:3: premature end of file; a closing brace } is "
	    "missing\n" },
	{ "workers = {",
	    "ftpd.conf:1: this block has no end; a closing brace } is "
	    "missing\n" },
	{ "workers = 1,\n",
	    "ftpd.conf:1: unexpected token ','; write key = value, one on each "
	    "line\n" },
	{ "\nlimits {\n sessions = 3\n\n",
	    "ftpd.conf:2: this block has no end; a closing brace } is "
	    "missing\n" },
	{ "limits { }\n}",
	    "ftpd.conf:2: unexpected closing brace; remove it\n" },
	{ "listen { }",
	    "ftpd.conf:1: missing title for section 'listen'; write its name "
	    "in quotes before the brace {\n" },
	{ "limits \"x\" { }",
	    "ftpd.conf:1: missing opening brace for section 'limits'; write "
	    "the keys between { and }\n" },
	{ "workers = 3;",
	    "ftpd.conf:1: \"3;\" is no value of workers; write a number from 0 "
	    "to 256\n" },
	{ "\nbanner = \"x",
	    "ftpd.conf:2: this string has no end; close it with the quote it "
	    "began with\n" },
	{ "/* x\n\n",
	    "ftpd.conf:1: this comment has no end; close it with */\n" },
	{ "\nbanner = hello*\n",
	    "ftpd.conf:2: stray character; put text with special characters in "
	    "double quotes\n" },
	{ "include \"x\"",
	    "ftpd.conf:1: this is no include; write include(\"file\")\n" },
	{ "include(\"x\" y)",
	    "ftpd.conf:1: this is no include; write include(\"file\")\n" },
	{ "include(\"\")",
	    "ftpd.conf:1: include takes the name of one file; write "
	    "include(\"file\")\n" },
	{ "limits { include(\"x\") }",
	    "ftpd.conf:1: unknown key \"include\" in limits; ternftpd --keys "
	    "shows all keys\n" },
	/* files */
	{ "\ninclude(\"none.conf\")\n",
	    "ftpd.conf:2: cannot read none.conf: No such file or directory; "
	    "check its name and permissions\n" },
	{ "include(\"/\")",
	    "ftpd.conf:1: cannot read /: Is a directory; check its name and "
	    "permissions\n" },
};

START_TEST(test_mistakes)
{
	char *err = complaints(mistakes[_i].text);
	struct config *conf;

	ck_assert_str_eq(err, mistakes[_i].complaints);
	free(err);
	/* Nothing of it is left for the next load (R11.1). */
	conf = load("banner = good");
	ck_assert_str_eq(conf->banner, "good");
	ck_assert_uint_eq(conf->nusers, 0);
	conf_free(conf);
}
END_TEST

START_TEST(test_no_file)
{
	char *err = NULL;

	ck_assert_ptr_null(conf_load("/nonexistent/ftpd.conf", &err));
	ck_assert_str_eq(err,
	    "cannot read /nonexistent/ftpd.conf: No such file or directory; "
	    "check its name and permissions\n");
	free(err);
}
END_TEST

START_TEST(test_path_is_absolute)
{
	struct config *conf;
	char *err;

	temp_file("ftpd.conf", "pid_file = x");
	ck_assert_int_eq(chdir(temp_path("")), 0);
	conf = conf_load("ftpd.conf", &err);
	ck_assert_ptr_nonnull(conf);
	ck_assert_str_eq(conf->path, temp_path("ftpd.conf"));
	ck_assert_str_eq(conf->pid_file, temp_path("x"));
	conf_free(conf);
}
END_TEST

Suite *
suite_conf_load(void)
{
	Suite *s = suite_create("conf_load");
	TCase *tc = tcase_create("load");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_values);
	tcase_add_test(tc, test_users);
	tcase_add_test(tc, test_uid_by_name);
	tcase_add_test(tc, test_many_users);
	tcase_add_test(tc, test_include);
	tcase_add_test(tc, test_users_file);
	tcase_add_loop_test(tc, test_mistakes, 0, NELEM(mistakes));
	tcase_add_test(tc, test_no_file);
	tcase_add_test(tc, test_path_is_absolute);
	suite_add_tcase(s, tc);
	return s;
}
