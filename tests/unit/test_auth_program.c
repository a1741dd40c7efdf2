/* SPDX-License-Identifier: ISC */
/*
 * The external program: what it is told, what it may answer, and that no bad
 * answer lets anybody in.
 */
#include <check.h>
#include <crypt.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/auth/auth.h"
#include "server/password_hash.h"
#include "server/rights.h"
#include "server/totp.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *conf;
static struct auth auth;
static struct account account;
static const char *reason;

static void
start(const char *script, const char *more)
{
	char *text, *err = NULL;

	xasprintf(&text, "#!/bin/sh\n%s\n", script);
	ck_assert_int_eq(chmod(temp_file("prog", text), 0755), 0);
	free(text);
	xasprintf(&text, "auth_program = prog\n%s\n", more);
	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	free(text);
	(void)auth_init(&auth, conf); /* there may be no user ftpd */
	auth.privileged = false;
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
		.user = user, .password = password, .names = "cn:x", .tls = true
	};

	reason = NULL;
	ck_assert_int_eq(addr_parse_ip(&req.peer, "192.0.2.7"), 0);
	memset(&account, 0xff, sizeof(account));
	return auth_check(&auth, &req, &account, &reason);
}

START_TEST(test_accepts)
{
	start("read -r p; [ \"$p\" = 'a b\\c' ] || exit 1\n"
	      "[ \"$AUTH_USER $AUTH_IP $AUTH_TLS $AUTH_CERTIFICATE\" = "
	      "'joe 192.0.2.7 1 cn:x' ] || exit 2\n"
	      "[ -z \"$HOME$AUTH_PASSWORD\" ] || exit 3\n"
	      "printf 'auth_ok:1\\r\\ndir:/srv/joe\\nrights:read-only\\n"
	      "uid:70\\ngid:71\\ngroup:g\\nend\\n'",
	    "group g { umask = 007 rights = none }");
	ck_assert_int_eq(attempt("joe", "a b\\c"), V_OK);
	ck_assert_str_eq(account.name, "joe");
	ck_assert_str_eq(account.root, "/srv/joe");
	ck_assert_str_eq(account.start_dir, "/");
	ck_assert_uint_eq(account.rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(account.umask, 07);
	stop();
}
END_TEST

/* The next source is asked about whom it does not know. */
START_TEST(test_not_known)
{
	start("echo auth_ok:0; echo end", "");
	ck_assert_int_eq(attempt("joe", "x"), V_DENIED);
	ck_assert_str_eq(reason, "no-such-user");
	stop();
}
END_TEST

/* Users of the configuration are none of its business. */
START_TEST(test_own_users)
{
	start("touch asked", "user joe { password = '*' root = / }");
	ck_assert_int_eq(chdir(temp_path("")), 0);
	ck_assert_int_eq(attempt("joe", "x"), V_DENIED);
	ck_assert_str_eq(reason, "bad-password");
	ck_assert_int_eq(access(temp_path("asked"), F_OK), -1);
	stop();
}
END_TEST

static const struct {
	const char *script;
	enum verdict verdict;
	const char *reason;
} answers[] = {
	{ "echo auth_ok:-1; echo end", V_DENIED, "bad-password" },
	{ "echo auth_ok:1; echo dir:/; echo networks:10.0.0.0/8; echo end",
	    V_DENIED, "ip-denied" },
	{ "echo auth_ok:1; echo dir:/", V_DENIED, "bad-program-answer" },
	{ "echo dir:/; echo end", V_DENIED, "bad-program-answer" },
	{ "echo auth_ok:2; echo end", V_DENIED, "bad-program-answer" },
	{ "echo auth_ok:1; echo end", V_DENIED, "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:srv; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo nonsense; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo colour:red; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo rights:all; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo uid:5; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo uid:0; echo gid:0; echo end",
	    V_DENIED, "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo group:x; echo end", V_DENIED,
	    "bad-program-answer" },
	{ "echo auth_ok:1; echo dir:/; echo end; exit 3", V_ERROR,
	    "program-failed" },
	{ "echo auth_ok:1; echo dir:/; echo end; kill -9 $$", V_ERROR,
	    "program-failed" },
	{ "exec yes auth_ok:1", V_ERROR, "program-failed" },
	{ "printf 'auth_ok:1\\0\\n'; echo dir:/; echo end", V_ERROR,
	    "program-failed" },
};

START_TEST(test_answers)
{
	start(answers[_i].script, "");
	ck_assert_int_eq(attempt("joe", "x"), answers[_i].verdict);
	ck_assert_str_eq(reason, answers[_i].reason);
	stop();
}
END_TEST

/* It is killed, with what it started. */
START_TEST(test_too_slow)
{
	char pid[32] = "";
	uint64_t number;
	FILE *in;
	int i;

	start("sleep 1000 & echo $! >$(dirname $0)/pid; wait",
	    "auth_program_timeout = 1");
	ck_assert_int_eq(attempt("joe", "x"), V_ERROR);
	ck_assert_str_eq(reason, "program-failed");
	in = fopen(temp_path("pid"), "r");
	ck_assert_ptr_nonnull(in);
	ck_assert_ptr_nonnull(fgets(pid, sizeof(pid), in));
	fclose(in);
	pid[strcspn(pid, "\n")] = '\0';
	ck_assert_int_eq(parse_u64(pid, INT32_MAX, &number), 0);
	for (i = 0; i < 1000 && kill((pid_t)number, 0) == 0; i++) {
		char path[64], state = 'R';

		snprintf(path, sizeof(path), "/proc/%s/stat", pid);
		in = fopen(path, "r");
		if (in == NULL || fscanf(in, "%*d %*s %c", &state) != 1)
			state = 'X';
		if (in != NULL)
			fclose(in);
		if (state == 'Z' || state == 'X')
			break; /* dead; whoever inherits it may take its time */
		(void)nanosleep(
		    &(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	ck_assert_int_lt(i, 1000);
	stop();
}
END_TEST

START_TEST(test_missing)
{
	start("", "");
	ck_assert_int_eq(unlink(temp_path("prog")), 0);
	ck_assert_int_eq(attempt("joe", "x"), V_ERROR);
	stop();
}
END_TEST

/* ---------------------------------------------------------------- TOTP */
#define KEY "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static const char *
code_now(int steps)
{
	static char code[TOTP_DIGITS + 1];
	uint8_t key[TOTP_KEY_MAX];
	size_t n = totp_key(KEY, key);

	totp_code(key, n, (uint64_t)(time(NULL) / TOTP_STEP + steps), code);
	return code;
}

/* The six digits follow the password, and are good once. */
START_TEST(test_totp)
{
	char text[256], *err, password[64];
	const char *code;

	snprintf(text, sizeof(text),
	    "user joe { password = '$5$salt$iZK7lKuZ4oMdLgBJDhqJ1vRHZEvsHRPq1xu"
	    "wgQe2v.5' root = / totp = " KEY " }");
	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_ptr_nonnull(conf);
	(void)auth_init(&auth, conf); /* there may be no user ftpd */
	auth.privileged = false;
	/* Whatever the hash is of, the cache of passwords knows this one. */
	auth_cache_add(auth.cache, conf->users[0].password, "secret");
	ck_assert_int_eq(totp_share(), 0);

	ck_assert_int_eq(attempt("joe", "secret"), V_DENIED);
	ck_assert_str_eq(reason, "bad-password");
	ck_assert_int_eq(attempt("joe", "secret      "), V_DENIED);
	ck_assert_str_eq(reason, "bad-totp");
	code = code_now(0);
	snprintf(password, sizeof(password), "secre%s", code);
	ck_assert_int_eq(attempt("joe", password), V_DENIED);
	ck_assert_str_eq(reason, "bad-password");
	snprintf(password, sizeof(password), "secret%s", code);
	ck_assert_int_eq(attempt("joe", password), V_OK);
	ck_assert_int_eq(attempt("joe", password), V_DENIED);
	ck_assert_str_eq(reason, "totp-reused");
	ck_assert_int_eq(attempt("joe", code), V_DENIED);
	ck_assert_str_eq(reason, "bad-password");
	stop();
}
END_TEST

/* ------------------------------------------------------- new passwords */
static enum verdict
change(const char *user, const char *old, const char *new)
{
	struct auth_request req = { .ask = ASK_NEW_PASSWORD,
		.user = user,
		.password = old,
		.names = new };

	return auth_check(&auth, &req, &account, &reason);
}

/* SITE PSWD: the hash of the new one, for who knows the old one. */
START_TEST(test_new_password)
{
	char *hash = password_hash("secret"), *text, *err;

	xasprintf(&text, "user joe { password = '%s' root = / }", hash);
	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_ptr_nonnull(conf);
	(void)auth_init(&auth, conf);
	ck_assert_int_eq(change("joe", "wrong", "newsecret"), V_DENIED);
	ck_assert_int_eq(change("ann", "secret", "newsecret"), V_DENIED);
	ck_assert_int_eq(change("joe", "secret", "short"), V_LIMIT);
	ck_assert_int_eq(change("joe", "secret", "newsecret"), V_OK);
	ck_assert_int_eq(strncmp(reason, "$y$", 3), 0);
	ck_assert_str_eq(crypt("newsecret", reason), reason);
	ck_assert_str_eq(account.name, "joe");
	free(text);
	free(hash);
	stop();
}
END_TEST

Suite *
suite_auth_program(void)
{
	Suite *s = suite_create("auth_program");
	TCase *tc = tcase_create("program");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_accepts);
	tcase_add_test(tc, test_not_known);
	tcase_add_test(tc, test_own_users);
	tcase_add_loop_test(tc, test_answers, 0, NELEM(answers));
	tcase_add_test(tc, test_too_slow);
	tcase_add_test(tc, test_missing);
	tcase_add_test(tc, test_totp);
	tcase_add_test(tc, test_new_password);
	suite_add_tcase(s, tc);
	return s;
}
