/* SPDX-License-Identifier: ISC */
/*
 * System accounts through the machine's real PAM. Needs root and the service
 * "other", which every machine with PAM has. The way in is tried with the
 * account named by TERNFTPD_TEST_PAM_USER and TERNFTPD_TEST_PAM_PASSWORD, which
 * somebody has to make.
 */
#include "config.h"

#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/auth/auth.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *conf;
static struct auth auth;
static struct account account;
static const char *reason;

static bool
can_test(const char *name)
{
#ifdef WITH_PAM
	if (geteuid() == 0 && access("/etc/pam.d/other", R_OK) == 0)
		return true;
#endif
	fprintf(stderr, "%s: skipped, needs root and PAM\n", name);
	return false;
}

static enum verdict
attempt(const char *text, const char *user, const char *password)
{
	struct auth_request req = { .user = user,
		.names = "",
		.password = password,
		.peer = { .family = 4, .ip = { 127, 0, 0, 1 } } };
	enum verdict verdict;
	char *err = NULL;

	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_int_eq(auth_init(&auth, conf), 0);
	verdict = auth_check(&auth, &req, &account, &reason);
	auth_clear(&auth);
	conf_free(conf);
	return verdict;
}

#define SYSTEM "service_user = nobody system { enabled = yes "

START_TEST(test_denied)
{
	if (!can_test("test_denied"))
		return;
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other }", "no-such-user-here", "x"),
	    V_DENIED);
	/* Root and small numbers are not even asked about. */
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other min_uid = 1 }", "root", "x"),
	    V_DENIED);
	ck_assert_str_eq(reason, "uid-too-low");
	ck_assert_uint_eq(auth.ndummies, 1);
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other }", "daemon", "x"), V_DENIED);
	ck_assert_str_eq(reason, "uid-too-low");
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other min_uid = 1 }", "daemon", "x"),
	    V_DENIED);
	ck_assert_str_ne(reason, "uid-too-low");
}
END_TEST

START_TEST(test_accepted)
{
	const char *user = getenv("TERNFTPD_TEST_PAM_USER");
	const char *password = getenv("TERNFTPD_TEST_PAM_PASSWORD");
	const struct passwd *pw;

	if (!can_test("test_accepted"))
		return;
	if (user == NULL || password == NULL) {
		fprintf(stderr, "test_accepted: skipped, needs an account\n");
		return;
	}
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other rights = read-only "
			   "umask = 077 }",
		user, password),
	    V_OK);
	pw = getpwnam(user);
	ck_assert_ptr_nonnull(pw);
	ck_assert_str_eq(account.name, user);
	ck_assert_str_eq(account.root, pw->pw_dir);
	ck_assert_uint_eq(account.ident.uid, pw->pw_uid);
	ck_assert_uint_eq(account.ident.gid, pw->pw_gid);
	ck_assert_int_gt(account.ident.ngroups, 0);
	ck_assert_uint_eq(account.rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(account.umask, 077);
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other root = /srv }", user, password),
	    V_OK);
	ck_assert_str_eq(account.root, "/srv");
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other root = /nonexistent }", user,
		password),
	    V_ERROR);
	ck_assert_str_eq(reason, "home-missing");
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other }", user, "wrong"), V_DENIED);
	ck_assert_str_eq(reason, "bad-password");
	ck_assert_int_eq(
	    attempt(SYSTEM "pam_service = other }", user, ""), V_DENIED);
}
END_TEST

Suite *
suite_auth_pam(void)
{
	Suite *s = suite_create("auth_pam");
	TCase *tc = tcase_create("pam");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_denied);
	tcase_add_test(tc, test_accepted);
	suite_add_tcase(s, tc);
	return s;
}
