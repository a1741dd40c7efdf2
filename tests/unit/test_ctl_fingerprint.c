/* SPDX-License-Identifier: ISC */
/*
 * ternctl fingerprint: of files, and of what the configuration names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/ctl/ctl.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tls/tls_ctx.h"

/* The exit status; what is printed goes to the file "out". */
static int
fingerprint(const char *conf, const char *a, const char *b)
{
	struct ctl ctl = { .conf_path = conf };
	char name[] = "fingerprint", *argv[] = { name, NULL, NULL, NULL };
	int argc = 1, status;
	pid_t pid;

	if (a != NULL)
		argv[argc++] = (char *)(uintptr_t)a;
	if (b != NULL)
		argv[argc++] = (char *)(uintptr_t)b;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (freopen(temp_path("out"), "w", stdout) == NULL)
			_exit(99);
		status = ctl_fingerprint(&ctl, argc, argv);
		fflush(stdout);
		_exit(status);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A certificate NAME.crt; the line about it in fresh memory. */
static char *
make(const char *name)
{
	char cert[32], key[32], print[TLS_FINGERPRINT_LEN], *line, *err;
	const char *path;

	snprintf(cert, sizeof(cert), "%s.crt", name);
	snprintf(key, sizeof(key), "%s.key", name);
	path = temp_path(cert);
	ck_assert_int_eq(tls_selfsigned(path, temp_path(key), name, &err), 0);
	ck_assert_int_eq(tls_file_fingerprint(path, print), 0);
	xasprintf(&line, "%s  %s\n", print, path);
	return line;
}

static void
expect_out(const char *first, const char *second)
{
	char *out = temp_read("out"), *both;

	xasprintf(&both, "%s%s", first, second);
	ck_assert_str_eq(out, both);
	free(both);
	free(out);
}

START_TEST(files)
{
	char *a = make("a"), *b = make("b");

	ck_assert_int_eq(
	    fingerprint("/nonexistent", temp_path("a.crt"), temp_path("b.crt")),
	    0);
	expect_out(a, b);
	/* What can be shown is shown. */
	ck_assert_int_eq(
	    fingerprint("/nonexistent", temp_path("a.key"), temp_path("b.crt")),
	    1);
	expect_out("", b);
	free(a);
	free(b);
}
END_TEST

START_TEST(configured)
{
	char *a = make("a"), *b = make("b"), *own = make("selfsigned");
	const char *conf = temp_file("conf",
	    "certificate x { file = a.crt }\ncertificate y { file = b.crt }");

	ck_assert_int_eq(fingerprint(conf, NULL, NULL), 0);
	expect_out(a, b);
	ck_assert_int_eq(fingerprint(temp_file("conf", ""), NULL, NULL), 0);
	expect_out(own, "");
	ck_assert_int_eq(unlink(temp_path("selfsigned.crt")), 0);
	ck_assert_int_eq(fingerprint(conf, NULL, NULL), 1);
	ck_assert_int_eq(fingerprint("/nonexistent", NULL, NULL), 1);
	expect_out("", "");
	free(a);
	free(b);
	free(own);
}
END_TEST

Suite *
suite_ctl_fingerprint(void)
{
	Suite *s = suite_create("ctl_fingerprint");
	TCase *tc = tcase_create("fingerprint");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, files);
	tcase_add_test(tc, configured);
	suite_add_tcase(s, tc);
	return s;
}
