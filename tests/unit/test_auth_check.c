/* SPDX-License-Identifier: ISC */
/*
 * Back ends of login: users of the configuration, guests, and what unknown
 * names cost.
 */
#include <check.h>
#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/timer.h"
#include "server/auth/auth.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static const char *const kinds[] = { "$1$", "$5$", "$6$", "$y$", "$2b$" };

static struct config *conf;
static struct auth auth;
static struct account account;
static const char *reason;

/* A cheap hash of the kind, for the configuration. */
static const char *
hash_of(const char *kind, const char *password)
{
	static struct crypt_data data;
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];

	ck_assert_ptr_nonnull(crypt_gensalt_rn(kind,
	    kind[1] == '2'   ? 4
	    : kind[1] == 'y' ? 1
			     : 0,
	    "0123456789abcdef", 16, salt, sizeof(salt)));
	memset(&data, 0, sizeof(data));
	ck_assert_ptr_nonnull(crypt_rn(password, salt, &data, sizeof(data)));
	return data.output;
}

static void
start(const char *text)
{
	char *err = NULL;

	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_int_eq(auth_init(&auth, conf), 0);
}

static void
stop(void)
{
	auth_clear(&auth);
	conf_free(conf);
}

static enum verdict
attempt(const char *user, const char *password)
{
	struct auth_request req = {
		.user = user, .password = password, .names = ""
	};

	reason = NULL;
	memset(&account, 0xff, sizeof(account));
	return auth_check(&auth, &req, &account, &reason);
}

static void
assert_denied(const char *user, const char *password, const char *why)
{
	ck_assert_int_eq(attempt(user, password), V_DENIED);
	ck_assert_str_eq(reason, why);
}

START_TEST(test_kinds)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "service_user = nobody\n"
	    "user joe { password = '%s' root = /srv start_dir = /in "
	    "rights = upload-only umask = 077 idle_timeout = 77 }\n",
	    hash_of(kinds[_i], "p\xc3\xa4ss w\"ord"));
	start(text);
	ck_assert_int_eq(attempt("joe", "p\xc3\xa4ss w\"ord"), V_OK);
	ck_assert_str_eq(account.name, "joe");
	ck_assert(!account.anonymous);
	ck_assert_str_eq(account.root, "/srv");
	ck_assert_str_eq(account.start_dir, "/in");
	ck_assert_uint_eq(account.rights, RIGHTS_UPLOAD_ONLY);
	ck_assert_uint_eq(account.umask, 077);
	ck_assert_uint_eq(account.idle_timeout, 77);
	ck_assert(ident_equal(&account.ident, &auth.service));
	ck_assert_uint_eq(auth.ndummies, 0);
	assert_denied("joe", "p\xc3\xa4ss w\"or", "bad-password");
	assert_denied("joe", "p\xc3\xa4ss w\"ordx", "bad-password");
	assert_denied("joe", "", "bad-password");
	ck_assert_uint_eq(auth.ndummies, 0);
	/* R15.3: an unknown name is hashed too. */
	assert_denied("jo", "p\xc3\xa4ss w\"ord", "no-such-user");
	assert_denied("", "", "no-such-user");
	assert_denied("JOE", "x", "no-such-user");
	ck_assert_uint_eq(auth.ndummies, 3);
	stop();
}
END_TEST

/* Locked, malformed and disabled accounts: no way in, the same time spent. */
START_TEST(test_no_way_in)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "service_user = nobody\n"
	    "user star { password = \"*\" root = / }\n"
	    "user bang { password = '!%s' root = / }\n"
	    "user odd { password = \"plain text\" root = / }\n"
	    "user kind { password = '$q$x$y' root = / }\n"
	    "user off { password = '%s' root = / disabled = yes }\n",
	    hash_of("$6$", "x"), hash_of("$6$", "x"));
	start(text);
	assert_denied("star", "*", "bad-password");
	assert_denied("star", "", "bad-password");
	assert_denied("bang", "x", "bad-password");
	assert_denied("odd", "plain text", "bad-password");
	assert_denied("kind", "x", "bad-password");
	ck_assert_uint_eq(auth.ndummies, 5);
	/* R9.2: who knows the password may know that he is disabled. */
	assert_denied("off", "y", "bad-password");
	assert_denied("off", "x", "disabled");
	ck_assert_uint_eq(auth.ndummies, 5);
	stop();
}
END_TEST

static uint64_t now;

static uint64_t
fake_clock(void)
{
	return now;
}

/* A right password is hashed once in a while, a wrong one always. */
START_TEST(test_cache)
{
	char text[1024], *old;
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
	    "service_user = nobody auth_cache = 60\n"
	    "user joe { password = '%s' root = / }\n",
	    hash_of("$5$", "x"));
	n += (size_t)snprintf(text + n, sizeof(text) - n,
	    "user eve { password = '%s' root = / }\n", hash_of("$6$", "y"));
	(void)snprintf(text + n, sizeof(text) - n,
	    "user off { password = '%s' root = / disabled = yes }\n",
	    hash_of("$1$", "z"));
	start(text);
	now = 1000;
	clock_set(fake_clock);
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_uint_eq(auth.nhashes, 1);
	assert_denied("joe", "y", "bad-password");
	assert_denied("joe", "y", "bad-password");
	assert_denied("joe", "", "bad-password");
	assert_denied("eve", "x", "bad-password");
	assert_denied("nobody", "x", "no-such-user");
	ck_assert_uint_eq(auth.nhashes, 6);
	/* It says that the password is right, not that he may log in. */
	assert_denied("off", "z", "disabled");
	assert_denied("off", "z", "disabled");
	ck_assert_uint_eq(auth.nhashes, 7);
	now += 60 * 1000 - 1;
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_uint_eq(auth.nhashes, 7);
	now++;
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_uint_eq(auth.nhashes, 8);
	/* A changed password is another hash. */
	old = conf->users[1].password;
	conf->users[1].password = conf->users[0].password;
	assert_denied("joe", "x", "bad-password");
	ck_assert_int_eq(attempt("joe", "y"), V_OK);
	conf->users[1].password = old;
	clock_set(NULL);
	stop();
}
END_TEST

START_TEST(test_no_cache)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "service_user = nobody auth_cache = 0\n"
	    "user joe { password = '%s' root = / }\n",
	    hash_of("$5$", "x"));
	start(text);
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_uint_eq(auth.nhashes, 2);
	stop();
}
END_TEST

static double
cpu_of(const char *user, int n)
{
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	while (n-- > 0)
		ck_assert_int_eq(attempt(user, "wrong"), V_DENIED);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) +
	       (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* R15.3, roughly: within a factor of two, where it would be a hundred. */
START_TEST(test_same_time)
{
	char text[512];
	double known, unknown;

	snprintf(text, sizeof(text),
	    "service_user = nobody\nuser joe { password = '%s' root = / }\n",
	    hash_of("$6$", "x"));
	start(text);
	known = cpu_of("joe", 20);
	unknown = cpu_of("eve", 20);
	ck_assert_double_gt(unknown, known / 2);
	ck_assert_double_lt(unknown, known * 2);
	stop();
}
END_TEST

/* R0b K: ftp means anonymous; any password. */
START_TEST(test_anonymous)
{
	static const char *const names[] = { "anonymous", "ftp", "Anonymous",
		"FTP" };
	size_t i;

	start("service_user = nobody\n"
	      "anonymous { enabled = yes root = /pub rights = \"list read\" "
	      "umask = 027 }");
	for (i = 0; i < NELEM(names); i++) {
		ck_assert_int_eq(attempt(names[i], i % 2 ? "" : "a@b"), V_OK);
		ck_assert_str_eq(account.name, "anonymous");
		ck_assert(account.anonymous);
		ck_assert_str_eq(account.root, "/pub");
		ck_assert_str_eq(account.start_dir, "/");
		ck_assert_uint_eq(account.rights, RIGHT_LIST | RIGHT_READ);
		ck_assert_uint_eq(account.umask, 027);
		ck_assert(ident_equal(&account.ident, &auth.service));
	}
	ck_assert_uint_eq(auth.ndummies, 0);
	assert_denied("anonymous ", "", "no-such-user");
	stop();
	start("service_user = nobody anonymous { root = /pub }");
	assert_denied("anonymous", "a@b", "no-such-user");
	assert_denied("ftp", "a@b", "no-such-user");
	stop();
}
END_TEST

/* A user of that name goes before the guests. */
START_TEST(test_order)
{
	start("service_user = nobody\n"
	      "anonymous { enabled = yes root = /pub }\n"
	      "user ftp { password = \"*\" root = / }");
	assert_denied("ftp", "x", "bad-password");
	ck_assert_int_eq(attempt("anonymous", "x"), V_OK);
	stop();
}
END_TEST

/* Identities are given only when there is the privilege to become them. */
START_TEST(test_ident)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "service_user = nobody\nuser joe { password = '%s' root = / "
	    "uid = 12345 gid = 23456 }\n",
	    hash_of("$5$", "x"));
	start(text);
	auth.privileged = true;
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert_uint_eq(account.ident.uid, 12345);
	ck_assert_uint_eq(account.ident.gid, 23456);
	ck_assert_int_eq(account.ident.ngroups, 0);
	auth.privileged = false;
	ck_assert_int_eq(attempt("joe", "x"), V_OK);
	ck_assert(ident_equal(&account.ident, &auth.service));
	stop();
}
END_TEST

START_TEST(test_service_user)
{
	char *err;

	if (geteuid() != 0) {
		fprintf(stderr, "test_service_user: skipped, needs root\n");
		return;
	}
	conf = conf_load(temp_file("a", "service_user = \"no one\""), &err);
	ck_assert_ptr_nonnull(conf);
	ck_assert_int_eq(auth_init(&auth, conf), -1);
	stop();
}
END_TEST

/* System accounts are nobody's when they are off, and without root. */
START_TEST(test_system_off)
{
	start("service_user = nobody");
	auth.privileged = true;
	assert_denied("root", "x", "no-such-user");
	stop();
	start("service_user = nobody system { enabled = yes }");
	auth.privileged = false;
	assert_denied("root", "x", "no-such-user");
	ck_assert_uint_eq(auth.ndummies, 1);
	stop();
}
END_TEST

Suite *
suite_auth_check(void)
{
	Suite *s = suite_create("auth_check");
	TCase *tc = tcase_create("check");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, test_kinds, 0, NELEM(kinds));
	tcase_add_test(tc, test_no_way_in);
	tcase_add_test(tc, test_cache);
	tcase_add_test(tc, test_no_cache);
	tcase_add_test(tc, test_same_time);
	tcase_add_test(tc, test_anonymous);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_ident);
	tcase_add_test(tc, test_service_user);
	tcase_add_test(tc, test_system_off);
	suite_add_tcase(s, tc);
	return s;
}
