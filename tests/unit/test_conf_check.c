/* SPDX-License-Identifier: ISC */
/*
 * What -t finds beyond the syntax.
 */
#include <check.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

/* A service user that exists and an open port, whoever runs the test. */
#define GOOD "service_user = nobody listen a { port = 2121 }\n"

/* Checks a text; the complaints are in fresh memory. */
static int
check(const char *text, char **said)
{
	struct config *conf;
	char *err = NULL;
	size_t len;
	FILE *out;
	int n;

	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	out = open_memstream(said, &len);
	n = conf_check(conf, true, out);
	fclose(out);
	conf_free(conf);
	return n;
}

static const struct check_case {
	const char *text;
	int problems;
	const char *said; /* is part of it */
} cases[] = {
	{ GOOD "anonymous { enabled = yes root = / }", 0, NULL },
	{ GOOD, 0, "warning: nobody can log in; add a user" },
	{ GOOD "anonymous { enabled = yes root = none }", 0,
	    "/none: No such file or directory; create it: mkdir -p " },
	{ GOOD "anonymous { enabled = yes root = \"ftpd.conf\" }", 0,
	    "/ftpd.conf is not a directory; name one" },
	{ GOOD "log = \"file\" anonymous { enabled = yes root = / }", 1,
	    "log \"file\" is no place to write to" },
	{ GOOD "users_file = none\n", 1,
	    "/none: No such file or directory; ternctl user add makes it" },
	{ GOOD "data { passive_ports = 50000-50003 }", 0,
	    "warning: passive_ports has only 4 ports" },
	{ "service_user = nobody listen a { port = 2121 address = 192.0.2.77 } "
	  "anonymous { enabled = yes root = / }",
	    0,
	    "warning: listen \"a\": this machine does not have the address "
	    "192.0.2.77" },
	{ "service_user = nobody listen a { port = 2121 address = 127.0.0.9 } "
	  "anonymous { enabled = yes root = / }",
	    0, NULL },
	{ GOOD "system { enabled = yes pam_service = \"no/such\" }", -1,
	    "" /* root or not, with PAM or without: never in order */ },
	{ GOOD "\nuser a { password = \"*\" root = / }", 0, NULL },
	{ GOOD "\nuser a { password = \"!\" root = / }", 0, NULL },
	{ GOOD "\nuser a { password = \"$y$j9T$aaaaaaaaaaaaaaaaaaaaaa$\" "
	       "root = / }",
	    0, NULL },
	{ GOOD "\nuser a { password = \"secret, really\" root = / }", 1,
	    "ftpd.conf:3: the password of user a is no hash that crypt(3) "
	    "knows" },
	{ GOOD "\nuser a { password = \"$1$aaaaaaaa$\" root = / }", 0,
	    "warning: user a has an old and weak password hash" },
	{ GOOD "\nuser a { password = \"*\" root = /nonexistent }", 0,
	    "ftpd.conf:3: warning: root /nonexistent: No such file" },
};

START_TEST(test_cases)
{
	const struct check_case *c = &cases[_i];
	char *said;
	int n;

	n = check(c->text, &said);
	if (c->problems == -1)
		ck_assert_int_gt(n, 0);
	else
		ck_assert_msg(n == c->problems, "%d: %s", n, said);
	if (c->said == NULL)
		ck_assert_str_eq(said, "");
	else
		ck_assert_msg(strstr(said, c->said) != NULL, "%s", said);
	free(said);
}
END_TEST

START_TEST(test_users_file_mode)
{
	char *said;

	temp_file("u", "user a { password = \"*\" root = / }");
	ck_assert_int_eq(check(GOOD "users_file = u", &said), 0);
	ck_assert_str_eq(said, "");
	free(said);
	ck_assert_int_eq(chmod(temp_path("u"), 0644), 0);
	ck_assert_int_eq(check(GOOD "users_file = u", &said), 0);
	ck_assert_ptr_nonnull(strstr(said, "warning: everybody may read"));
	free(said);
}
END_TEST

/* Whether a low port of the loopback can really be had; one in use can. */
static bool
can_bind(uint16_t port)
{
	struct addr a = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = port };
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&a, &ss);
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

	ck_assert_int_ge(fd, 0);
	rc = bind(fd, (struct sockaddr *)&ss, len);
	rc = rc == 0 || errno == EADDRINUSE;
	close(fd);
	return rc;
}

/* A low port needs root, or a system that gives it to everybody. */
START_TEST(test_conf_file_mode)
{
	static const struct {
		const char *hash;
		mode_t mode;
		const char *said; /* NULL: nothing of the file */
	} rows[] = {
		{ "$6$salt$x", 0600, NULL },
		{ "$6$salt$x", 0644, "everybody may read the passwords'" },
		{ "*", 0644, NULL },
		{ "*", 0646, "everybody may write " },
	};
	char text[256], *said = NULL, *err;
	struct config *conf;
	size_t i, len;
	FILE *out;

	for (i = 0; i < NELEM(rows); i++) {
		snprintf(text, sizeof(text),
		    GOOD "user a { root = / password = \"%s\" }", rows[i].hash);
		conf = conf_load(temp_file("ftpd.conf", text), &err);
		ck_assert_ptr_nonnull(conf);
		ck_assert_int_eq(
		    chmod(temp_path("ftpd.conf"), rows[i].mode), 0);
		out = open_memstream(&said, &len);
		(void)conf_check(conf, true, out);
		fclose(out);
		conf_free(conf);
		ck_assert_msg((strstr(said, "everybody") != NULL) ==
				  (rows[i].said != NULL),
		    "%zu: %s", i, said);
		if (rows[i].said != NULL)
			ck_assert_ptr_nonnull(strstr(said, rows[i].said));
		free(said);
	}
}
END_TEST

START_TEST(test_low_port)
{
	char *said;
	int n = check("service_user = nobody anonymous { enabled = yes "
		      "root = / }",
	    &said);

	if (can_bind(21))
		ck_assert_msg(n == 0, "%s", said);
	else {
		ck_assert_int_eq(n, 1);
		ck_assert_ptr_nonnull(strstr(said, "port 21 needs root"));
	}
	free(said);
}
END_TEST

/* Under inetd the listen blocks do not matter. */
START_TEST(test_inetd)
{
	struct config *conf;
	char *err, *said;
	size_t len;
	FILE *out;

	conf = conf_load(
	    temp_file("ftpd.conf", "service_user = nobody listen a { address = "
				   "192.0.2.77 }\n"
				   "anonymous { enabled = yes root = / }"),
	    &err);
	ck_assert_ptr_nonnull(conf);
	out = open_memstream(&said, &len);
	ck_assert_int_eq(conf_check(conf, false, out), 0);
	fclose(out);
	ck_assert_str_eq(said, "");
	free(said);
	conf_free(conf);
}
END_TEST

START_TEST(test_service_user)
{
	static const char text[] = "service_user = \"no such user\" "
				   "listen a { port = 2121 } "
				   "anonymous { enabled = yes root = / }";
	struct ident id, self;
	struct config *conf;
	char *said, *err;
	int n = check(text, &said);

	conf = conf_load(temp_path("ftpd.conf"), &err);
	ck_assert_ptr_nonnull(conf);
	if (geteuid() == 0) {
		ck_assert_int_eq(n, 1);
		ck_assert_ptr_nonnull(strstr(said, "does not exist; useradd"));
		ck_assert_int_eq(conf_service_ident(conf, &id), -1);
	} else {
		ck_assert_int_eq(n, 0);
		ck_assert_int_eq(conf_service_ident(conf, &id), 0);
		ident_self(&self);
		ck_assert(ident_equal(&id, &self));
	}
	conf_free(conf);
	free(said);
}
END_TEST

/* As root: who network processes become. */
START_TEST(test_service_ident)
{
	const struct passwd *pw = getpwnam("nobody");
	struct config *conf;
	struct ident id;
	char *err;

	if (geteuid() != 0 || pw == NULL) {
		fprintf(stderr, "test_service_ident: skipped, needs root\n");
		return;
	}
	conf = conf_load(temp_file("a", "service_user = nobody"), &err);
	ck_assert_ptr_nonnull(conf);
	ck_assert_int_eq(conf_service_ident(conf, &id), 0);
	ck_assert_uint_eq(id.uid, pw->pw_uid);
	ck_assert_uint_eq(id.gid, pw->pw_gid);
	conf_free(conf);
	conf = conf_load(temp_file("a", "service_user = root"), &err);
	ck_assert_ptr_nonnull(conf);
	ck_assert_int_eq(conf_service_ident(conf, &id), -1);
	conf_free(conf);
}
END_TEST

Suite *
suite_conf_check(void)
{
	Suite *s = suite_create("conf_check");
	TCase *tc = tcase_create("check");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, test_cases, 0, NELEM(cases));
	tcase_add_test(tc, test_conf_file_mode);
	tcase_add_test(tc, test_users_file_mode);
	tcase_add_test(tc, test_low_port);
	tcase_add_test(tc, test_inetd);
	tcase_add_test(tc, test_service_user);
	tcase_add_test(tc, test_service_ident);
	suite_add_tcase(s, tc);
	return s;
}
