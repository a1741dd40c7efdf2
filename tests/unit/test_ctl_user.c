/* SPDX-License-Identifier: ISC */
/*
 * ternctl user, from the command line to the file, with the password on
 * standard input.
 */
#include <check.h>
#include <crypt.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/ctl/ctl.h"
#include "server/password_hash.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

#define ARGS_MAX 16

static const char *users = "users";

/* getopt may shuffle the arguments, but writes to none. */
static int
call(ctl_command *command, struct ctl *ctl, const char *const *args)
{
	char *argv[ARGS_MAX + 1];
	int argc;

	for (argc = 0; args[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc];
	argv[argc] = NULL;
	return command(ctl, argc, argv);
}

/* In a process of its own; what the command says goes to the file "said". */
static pid_t
start(ctl_command *command, const char *input, const char *const *args)
{
	struct ctl ctl = { .conf_path = "/nonexistent",
		.users_path = temp_path(users) };
	int fd, in[2];
	pid_t pid;

	/* Each has an input of its own, as several may run at once. */
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(
	    write(in[1], input, strlen(input)), (ssize_t)strlen(input));
	close(in[1]);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		fd =
		    open(temp_path("said"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		close(fd);
		exit(call(command, &ctl, args) & 0xff);
	}
	ck_assert_int_gt(pid, 0);
	close(in[0]);
	return pid;
}

static int
end(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return (signed char)WEXITSTATUS(status);
}

static int
run(ctl_command *command, const char *input, const char *const *args)
{
	return end(start(command, input, args));
}

#define RUN(command, input, ...) \
	run(command, input, (const char *const[]){ __VA_ARGS__, NULL })

static void
assert_said(const char *part)
{
	char *said = temp_read("said");

	ck_assert_msg(strstr(said, part) != NULL, "%s", said);
	free(said);
}

static struct config *
load(void)
{
	char *err = NULL;
	struct config *conf = conf_load_users(temp_path(users), &err);

	ck_assert_msg(conf != NULL, "%s", err);
	return conf;
}

static bool
matches(const char *password, const char *hash)
{
	struct crypt_data data = { 0 };
	const char *made = crypt_rn(password, hash, &data, sizeof(data));

	return made != NULL && strcmp(made, hash) == 0;
}

START_TEST(test_add)
{
	const struct conf_user *u;
	struct config *conf;
	struct stat st;

	ck_assert_int_eq(
	    RUN(ctl_user_add, "secret word\nmore\n", "add", "joe", "--root",
		"/srv", "--rights", "list read", "--uid=70", "--gid", "71",
		"--start-dir", "/in", "--umask", "027"),
	    0);
	assert_said("user joe added");
	ck_assert_int_eq(stat(temp_path(users), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	conf = load();
	u = conf_find_user(conf, "joe");
	ck_assert_ptr_nonnull(u);
	ck_assert_int_eq(strncmp(u->password, "$y$", 3), 0);
	ck_assert(matches("secret word", u->password));
	ck_assert_str_eq(u->rules.root, "/srv");
	ck_assert_str_eq(u->rules.start_dir, "/in");
	ck_assert_uint_eq(u->rules.rights, RIGHT_LIST | RIGHT_READ);
	ck_assert(u->rules.uid.set);
	ck_assert_uint_eq(u->rules.uid.id, 70);
	ck_assert_uint_eq(u->rules.gid.id, 71);
	ck_assert_uint_eq(u->rules.umask, 027);
	conf_free(conf);
}
END_TEST

/* A relative root is meant from where the command runs. */
START_TEST(test_add_relative)
{
	struct config *conf;
	char cwd[PATH_MAX], want[PATH_MAX + 16];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	ck_assert_int_eq(
	    RUN(ctl_user_add, "x", "add", "a b\"$HOME", "--root", "r"), 0);
	conf = load();
	snprintf(want, sizeof(want), "%s/r", cwd);
	ck_assert_str_eq(conf->users[0].rules.root, want);
	ck_assert_str_eq(conf->users[0].name, "a b\"$HOME");
	conf_free(conf);
}
END_TEST

static const struct refusal {
	const char *input;
	const char *args[ARGS_MAX];
	int status;
	const char *said;
} refusals[] = {
	{ "x\n", { "add" }, -1, "" },
	{ "x\n", { "add", "a", "b", "--root", "/" }, -1, "" },
	{ "x\n", { "add", "a", "--root" }, -1, "" },
	{ "x\n", { "add", "a", "--home", "/" }, -1, "" },
	{ "x\n", { "add", "a" }, 1, "Say --root DIR" },
	{ "x\n", { "add", "", "--root", "/" }, 1, "1 to 255 bytes" },
	{ "x\n", { "add", "a\nb", "--root", "/" }, 1, "no control character" },
	{ "x\n", { "add", "a", "--root", "/", "--root", "/x" }, 1,
	    "--root stands twice" },
	{ "x\n", { "add", "a", "--root", "/", "--rights", "all" }, 1,
	    "--rights: \"all\" is no value of rights" },
	{ "x\n", { "add", "a", "--root", "/", "--umask", "9" }, 1,
	    "--umask: \"9\" is no value" },
	{ "x\n", { "add", "a", "--root", "/", "--uid", "0", "--gid", "0" }, 1,
	    "--uid: \"0\" is no value of uid" },
	{ "x\n", { "add", "a", "--root", "/", "--uid", "5" }, 1,
	    "--uid and --gid go together" },
	{ "\n", { "add", "a", "--root", "/" }, 1, "empty password" },
	{ "", { "add", "a", "--root", "/" }, 1, "empty password" },
	{ "x\n", { "add", "joe", "--root", "/" }, 1, "has a user joe already" },
};

START_TEST(test_add_refused)
{
	const struct refusal *r = &refusals[_i];
	char *text;

	temp_file(users, "user joe { password = \"*\" root = / }\n");
	ck_assert_int_eq(run(ctl_user_add, r->input, r->args), r->status);
	assert_said(r->said);
	text = temp_read(users);
	ck_assert_str_eq(text, "user joe { password = \"*\" root = / }\n");
	free(text);
}
END_TEST

START_TEST(test_long_password)
{
	char password[1100];

	memset(password, 'x', sizeof(password));
	password[sizeof(password) - 1] = '\0';
	ck_assert_int_eq(
	    RUN(ctl_user_add, password, "add", "a", "--root", "/"), 1);
	assert_said("longer than 1023 bytes");
	ck_assert_int_eq(access(temp_path(users), F_OK), -1);
}
END_TEST

START_TEST(test_passwd)
{
	struct config *conf;
	struct stat st;

	temp_file(
	    users, "# 1\nuser joe { password = \"*\" # 2\n root = / }\n# 3\n");
	ck_assert_int_eq(chmod(temp_path(users), 0640), 0);
	ck_assert_int_eq(
	    RUN(ctl_user_passwd, "n\xc3\xa9w\r\n", "passwd", "joe"), 0);
	conf = load();
	ck_assert(matches("n\xc3\xa9w", conf->users[0].password));
	conf_free(conf);
	ck_assert_int_eq(stat(temp_path(users), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(RUN(ctl_user_passwd, "x\n", "passwd", "jo"), 1);
	assert_said("has no user jo");
	ck_assert_int_eq(RUN(ctl_user_passwd, "x\n", "passwd"), -1);
}
END_TEST

START_TEST(test_del)
{
	char *text;

	temp_file(users, "# 1\nuser joe { password = \"*\" root = / }\n# 3\n");
	ck_assert_int_eq(RUN(ctl_user_del, "", "del", "zoe"), 1);
	assert_said("has no user zoe");
	ck_assert_int_eq(RUN(ctl_user_del, "", "del", "joe"), 0);
	text = temp_read(users);
	ck_assert_str_eq(text, "# 1\n# 3\n");
	free(text);
}
END_TEST

START_TEST(test_list)
{
	temp_file(users,
	    "user zoe { password = \"*\" root = /z disabled = yes }\n"
	    "user ann { password = \"*\" root = /a rights = read-only }\n");
	ck_assert_int_eq(RUN(ctl_user_list, "", "list"), 0);
	assert_said("ann                  read-only    /a\n"
		    "zoe                  full         /z (disabled)\n");
	ck_assert_int_eq(RUN(ctl_user_list, "", "list", "x"), -1);
}
END_TEST

/* A file with a mistake is not touched, and the mistake is shown. */
START_TEST(test_broken_file)
{
	static const char text[] = "user joe {\n\troot = /\n";
	char *after;

	temp_file(users, text);
	ck_assert_int_eq(RUN(ctl_user_add, "x", "add", "a", "--root", "/"), 1);
	assert_said("users:1: this block has no end");
	ck_assert_int_eq(RUN(ctl_user_del, "", "del", "joe"), 1);
	assert_said("users:1: this block has no end");
	after = temp_read(users);
	ck_assert_str_eq(after, text);
	free(after);
}
END_TEST

/* A link stays a link; its target changes. */
START_TEST(test_link)
{
	struct stat st;
	char *text;

	temp_file("real", "");
	ck_assert_int_eq(symlink("real", temp_path(users)), 0);
	ck_assert_int_eq(RUN(ctl_user_add, "x", "add", "a", "--root", "/"), 0);
	ck_assert_int_eq(lstat(temp_path(users), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	text = temp_read("real");
	ck_assert_ptr_nonnull(strstr(text, "user \"a\""));
	free(text);
}
END_TEST

/* Several at a time lose nothing. */
START_TEST(test_together)
{
	static const char *const names[] = { "ann", "bob", "cat", "dan" };
	struct config *conf;
	pid_t pids[NELEM(names)];
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		const char *args[] = { "add", names[i], "--root", "/", NULL };

		pids[i] = start(ctl_user_add, "x\n", args);
	}
	for (i = 0; i < NELEM(names); i++)
		ck_assert_int_eq(end(pids[i]), 0);
	conf = load();
	ck_assert_uint_eq(conf->nusers, NELEM(names));
	conf_free(conf);
}
END_TEST

/* The users file is the one of ftpd.conf. */
START_TEST(test_from_conf)
{
	struct ctl ctl = { .conf_path =
			       temp_file("ftpd.conf", "users_file = users\n") };
	static const char *const args[] = { "del", "joe", NULL };
	char *text;

	temp_file(users, "user joe { password = \"*\" root = / }");
	ck_assert_int_eq(call(ctl_user_del, &ctl, args), 0);
	text = temp_read(users);
	ck_assert_str_eq(text, "");
	free(text);
	temp_file("ftpd.conf", "");
	ck_assert_int_eq(call(ctl_user_del, &ctl, args), 1);
	temp_file("ftpd.conf", "x");
	ck_assert_int_eq(call(ctl_user_del, &ctl, args), 1);
}
END_TEST

START_TEST(test_hash)
{
	char *a = password_hash("same"), *b = password_hash("same");

	ck_assert(matches("same", a) && matches("same", b));
	ck_assert_str_ne(a, b); /* salted */
	ck_assert(!matches("other", a));
	free(a);
	free(b);
}
END_TEST

/* ------------------------------------------------------- set and groups */
/* The only user of the file. */
static const struct conf_user *
the_user(void)
{
	static struct config *conf;

	conf_free(conf);
	conf = load();
	return conf->users;
}

static void
put_users(const char *text)
{
	(void)temp_file(users, text);
}

static void
assert_file(const char *want)
{
	char *text = temp_read(users);

	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(test_set)
{
	put_users("# mine\nuser joe { # him\n\tpassword = '*'\n\troot = /\n"
		  "\tumask = 077\n}\n");
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe", "umask=027",
			     "rights=list read"),
	    0);
	assert_file("# mine\nuser joe { # him\n\trights = \"list read\"\n"
		    "\tpassword = '*'\n\troot = /\n\tumask = 027\n}\n");
	ck_assert_int_eq(
	    RUN(ctl_user_set, "", "set", "joe", "umask=", "rights="), 0);
	ck_assert_int_eq(RUN(ctl_user_disable, "", "disable", "joe"), 0);
	assert_said("user joe disabled");
	ck_assert(the_user()->disabled);
	ck_assert_int_eq(RUN(ctl_user_enable, "", "enable", "joe"), 0);
	ck_assert(!the_user()->disabled);
	ck_assert_int_eq(RUN(ctl_user_show, "", "show", "joe"), 0);
	assert_said("password = (not shown)\n\troot = /\n");
}
END_TEST

/* What is wrong changes nothing. */
START_TEST(test_set_refused)
{
	static const char text[] = "user joe { password = '*' root = / }\n";

	put_users(text);
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe", "umask=9"), 1);
	assert_said("umask: \"9\" is no value of umask");
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe", "umsk=0"), 1);
	assert_said("a user has no key umsk; did you mean umask?");
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe", "root="), 1);
	assert_said("has no root");
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "ann", "umask=0"), 1);
	assert_said("has no user ann");
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe", "umask"), 1);
	ck_assert_int_eq(
	    RUN(ctl_user_set, "", "set", "joe", "umask=0", "umask=1"), 1);
	ck_assert_int_eq(RUN(ctl_user_set, "", "set", "joe"), -1);
	assert_file(text);
}
END_TEST

START_TEST(test_groups)
{
	put_users("");
	ck_assert_int_eq(RUN(ctl_group_add, "", "add", "staff", "umask=07",
			     "root=/srv", "hours=mon-fri"),
	    0);
	assert_said("group staff added; no running server was found");
	ck_assert_int_eq(RUN(ctl_group_add, "", "add", "staff"), 1);
	assert_said("has a group staff already");
	ck_assert_int_eq(
	    RUN(ctl_user_add, "secret\n", "add", "--group", "staff", "joe"), 0);
	ck_assert_int_eq(the_user()->rules.umask, 07);
	ck_assert_int_eq(RUN(ctl_group_set, "", "set", "staff", "umask=0"), 0);
	ck_assert_int_eq(the_user()->rules.umask, 0);
	ck_assert_int_eq(RUN(ctl_group_list, "", "list"), 0);
	assert_said("staff\n");
	ck_assert_int_eq(RUN(ctl_group_show, "", "show", "staff"), 0);
	assert_said("hours = \"mon-fri\"");
	ck_assert_int_eq(RUN(ctl_group_add, "", "add", "b", "password=x"), 1);
	assert_said("a group has no key password");
	ck_assert_int_eq(RUN(ctl_group_del, "", "del", "staff"), 0);
	ck_assert_int_eq(RUN(ctl_group_show, "", "show", "staff"), 1);
}
END_TEST

/* With ftpd.conf at hand both files must be right together. */
START_TEST(test_group_in_use)
{
	struct ctl ctl = { .conf_path = NULL };
	static const char text[] =
	    "group g { }\nuser joe { password = '*' root = / group = g }\n";

	put_users(text);
	ctl.conf_path = temp_file(
	    "ftpd.conf", "users_file = users\ncontrol_socket = none\n");
	ck_assert_int_eq(call(ctl_group_del, &ctl,
			     (const char *const[]){ "del", "g", NULL }),
	    1);
	assert_file(text);
	ck_assert_int_eq(
	    call(ctl_user_set, &ctl,
		(const char *const[]){ "set", "joe", "group=", NULL }),
	    0);
	ck_assert_int_eq(call(ctl_group_del, &ctl,
			     (const char *const[]){ "del", "g", NULL }),
	    0);
}
END_TEST

START_TEST(test_totp)
{
	char *said, *at;

	put_users("user \"j oe\" { password = '*' root = / }\n");
	ck_assert_int_eq(RUN(ctl_user_totp, "", "totp", "j oe"), 0);
	said = temp_read("said");
	at = strstr(said, "otpauth://totp/j%20oe?secret=");
	ck_assert_ptr_nonnull(at);
	at[strcspn(at, "&")] = '\0';
	ck_assert_str_eq(the_user()->totp, strchr(at, '=') + 1);
	ck_assert_uint_eq(strlen(the_user()->totp), 32);
	free(said);
	ck_assert_int_eq(RUN(ctl_user_totp, "", "totp", "j oe", "--off"), 0);
	ck_assert_ptr_null(the_user()->totp);
	ck_assert_int_eq(RUN(ctl_user_totp, "", "totp", "ann"), 1);
}
END_TEST

Suite *
suite_ctl_user(void)
{
	Suite *s = suite_create("ctl_user");
	TCase *tc = tcase_create("user");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_add);
	tcase_add_test(tc, test_add_relative);
	tcase_add_loop_test(tc, test_add_refused, 0, NELEM(refusals));
	tcase_add_test(tc, test_long_password);
	tcase_add_test(tc, test_passwd);
	tcase_add_test(tc, test_del);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_broken_file);
	tcase_add_test(tc, test_link);
	tcase_add_test(tc, test_together);
	tcase_add_test(tc, test_from_conf);
	tcase_add_test(tc, test_hash);
	tcase_add_test(tc, test_set);
	tcase_add_test(tc, test_set_refused);
	tcase_add_test(tc, test_groups);
	tcase_add_test(tc, test_group_in_use);
	tcase_add_test(tc, test_totp);
	suite_add_tcase(s, tc);
	return s;
}
