/* SPDX-License-Identifier: ISC */
/*
 * From the configuration to contexts: certificates, the self-signed one, and
 * errors an administrator can act on.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/tlsconf.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_ctx.h"
#include "tls/tls_keys.h"

#define DAY (24L * 60 * 60)

static struct config *
load(const char *text)
{
	char *err = NULL;
	struct config *conf = conf_load(temp_file("ftpd.conf", text), &err);

	ck_assert_msg(conf != NULL, "%s", err);
	return conf;
}

/* Contexts without a word of complaint. */
static struct tlsconf *
make(const char *text)
{
	struct config *conf = load(text);
	char *err, *warn;
	struct tlsconf *t = tlsconf_new(conf, true, &err, &warn);

	ck_assert_msg(t != NULL, "%s", err);
	ck_assert_ptr_null(err);
	ck_assert_msg(warn == NULL, "%s", warn);
	conf_free(conf); /* it is of no further use to them */
	return t;
}

/* The complaints, with the directory of the files taken out. */
static char *
complaints(const char *text)
{
	struct config *conf = load(text);
	char *err, *warn, *at, dir[64];
	size_t n = (size_t)snprintf(dir, sizeof(dir), "%s/", temp_path(""));

	ck_assert_ptr_null(tlsconf_new(conf, true, &err, &warn));
	ck_assert_ptr_null(warn);
	conf_free(conf);
	while ((at = strstr(err, dir)) != NULL)
		memmove(at, at + n, strlen(at + n) + 1);
	return err;
}

/* NAME.crt and NAME.key; the fingerprint in fresh memory. */
static char *
pair(const char *name, enum rig_key kind, long until)
{
	struct rig_cert_spec spec = {
		.cn = name, .kind = kind, .from = -DAY, .until = until
	};
	struct rig_cert c = rig_cert(&spec, NULL);
	char file[64], print[TLS_FINGERPRINT_LEN];

	snprintf(file, sizeof(file), "%s.key", name);
	ck_assert_int_eq(chmod(rig_write_key(file, &c), 0600), 0);
	snprintf(file, sizeof(file), "%s.crt", name);
	ck_assert_int_eq(
	    tls_file_fingerprint(rig_write_cert(file, &c, NULL), print), 0);
	rig_cert_free(&c);
	return xstrdup(print);
}

static bool
is_there(const char *name)
{
	return access(temp_path(name), F_OK) == 0;
}

/* ------------------------------------------------------- certificates */
#define TWO                                                  \
	"certificate rsa { file = rsa.crt key = rsa.key }\n" \
	"certificate ec { file = ec.crt key = ec.key }\n"

/* R21.1: RSA and ECDSA at once; one context for listeners that are alike. */
START_TEST(several_certificates)
{
	char *rsa = pair("rsa", RIG_RSA, 90 * DAY);
	char *ec = pair("ec", RIG_EC, 30 * DAY);
	struct tlsconf *t =
	    make(TWO "listen a { port = 1 tls = off }\n"
		     "listen b { port = 2 }\nlisten c { port = 3 }\n"
		     "listen d { port = 4 tls_min = 1.3 }\n");
	struct tls_ctx *ctx = tlsconf_ctx(t, 1);
	const char *file = NULL;

	ck_assert_ptr_null(tlsconf_ctx(t, 0));
	ck_assert_ptr_nonnull(ctx);
	ck_assert_ptr_eq(tlsconf_ctx(t, 2), ctx);
	ck_assert_ptr_nonnull(tlsconf_ctx(t, 3));
	ck_assert_ptr_ne(tlsconf_ctx(t, 3), ctx);
	ck_assert_ptr_null(tlsconf_ctx(t, 4));
	ck_assert_str_eq(tls_ctx_fingerprint(ctx, 0), rsa);
	ck_assert_str_eq(tls_ctx_fingerprint(ctx, 1), ec);
	ck_assert_str_eq(tlsconf_fingerprint(t), rsa);
	ck_assert_int_le(
	    llabs(tlsconf_not_after(t, &file) - (int64_t)time(NULL) - 30 * DAY),
	    60);
	ck_assert_str_eq(file, temp_path("ec.crt"));
	ck_assert(!is_there("selfsigned.crt"));
	tlsconf_free(t);
	free(rsa);
	free(ec);
}
END_TEST

START_TEST(key_in_the_same_file)
{
	char *a = pair("a", RIG_EC, DAY), *crt = temp_read("a.crt");
	char *key = temp_read("a.key"), *both;
	struct tlsconf *t;

	xasprintf(&both, "%s%s", key, crt);
	temp_file("both.pem", both);
	t = make("certificate a { file = both.pem }");
	ck_assert_str_eq(tlsconf_fingerprint(t), a);
	tlsconf_free(t);
	free(a);
	free(crt);
	free(key);
	free(both);
}
END_TEST

/* R11.2: renewed files are noticed, once. */
START_TEST(changed_files)
{
	char *old, *new;
	struct tlsconf *t;

	free(pair("rsa", RIG_RSA, DAY));
	old = pair("ec", RIG_EC, DAY);
	ck_assert_int_eq(mkdir(temp_path("names"), 0700), 0);
	t = make(TWO "listen a { port = 1 }\nlisten b { port = 2 ccc = yes }\n"
		     "listen c { port = 3 tls_min = 1.3 }\n"
		     "tls { sni_directory = names }\n");
	ck_assert(!tlsconf_changed(t));
	new = pair("ec", RIG_EC, 2 * DAY);
	ck_assert(tlsconf_changed(t));
	ck_assert(!tlsconf_changed(t));
	temp_file("names/x", "");
	ck_assert(tlsconf_changed(t));
	ck_assert(!tlsconf_changed(t));
	ck_assert_str_eq(tls_ctx_fingerprint(tlsconf_ctx(t, 0), 1), old);
	tlsconf_free(t);
	t = make(TWO);
	ck_assert_str_eq(tls_ctx_fingerprint(tlsconf_ctx(t, 0), 1), new);
	tlsconf_free(t);
	free(old);
	free(new);
}
END_TEST

START_TEST(no_tls_at_all)
{
	struct tlsconf *t = make("listen a { tls = off }");
	const char *file = NULL;

	ck_assert_ptr_null(tlsconf_ctx(t, 0));
	ck_assert(!tlsconf_changed(t));
	ck_assert_int_eq(tlsconf_not_after(t, &file), 0);
	ck_assert_ptr_null(file);
	ck_assert_ptr_null(tlsconf_fingerprint(t));
	ck_assert(!is_there("selfsigned.crt"));
	tlsconf_free(t);
	tlsconf_free(NULL);
}
END_TEST

/* ------------------------------------------------------------- errors */
static const struct mistake {
	const char *text, *said;
} mistakes[] = {
	/* every certificate, though both listeners have them */
	{ "certificate a { file = no.crt }\n"
	  "certificate b { file = ec.crt key = no.key }\n"
	  "listen a { port = 1 }\nlisten b { port = 2 tls_min = 1.3 }\n",
	    "ftpd.conf: certificate \"a\": no.crt: cannot open: No such file "
	    "or directory; check its name and permissions\n"
	    "ftpd.conf: certificate \"b\": no.key: cannot open: No such file "
	    "or directory; check its name and permissions\n" },
	{ "certificate a { file = ec.crt key = rsa.key }",
	    "ftpd.conf: certificate \"a\": ec.crt: this certificate does not "
	    "belong to the key in rsa.key (the server's own certificate must "
	    "be the first in its file)\n" },
	{ "certificate a { file = ec.crt key = ec.key ocsp = ec.crt }",
	    "ftpd.conf: certificate \"a\": ec.crt: holds no OCSP response in "
	    "DER form\n" },
	{ "listen a { tls = off }\n"
	  "listen b { client_certs = request client_ca = no.pem port = 1 }\n"
	  "listen c { client_certs = require client_ca = ec.crt port = 2\n"
	  " client_crl = ec.crt }\n"
	  "certificate a { file = ec.crt key = ec.key }",
	    "ftpd.conf: listen \"b\": no.pem: cannot open: No such file or "
	    "directory; check its name and permissions\n"
	    "ftpd.conf: certificate \"a\": ec.crt: holds no revocation list "
	    "(CRL) in PEM form\n" },
	{ "tls { sni_directory = none }\n"
	  "certificate a { file = ec.crt key = ec.key }",
	    "ftpd.conf: sni_directory: none: cannot open the directory: No "
	    "such file or directory; check its name and permissions\n" },
	/* a self-signed one that is there must be of use, even if optional */
	{ "tls { selfsigned = broken.crt }",
	    "ftpd.conf: selfsigned: broken.crt: holds no certificate in PEM "
	    "form (\"-----BEGIN CERTIFICATE-----\")\n" },
};

START_TEST(errors)
{
	char *err;

	free(pair("rsa", RIG_RSA, DAY));
	free(pair("ec", RIG_EC, DAY));
	temp_file("broken.crt", "x");
	temp_file("broken.key", "x");
	err = complaints(mistakes[_i].text);
	ck_assert_str_eq(err, mistakes[_i].said);
	free(err);
}
END_TEST

/* -------------------------------------------------------- self-signed */
START_TEST(selfsigned_is_made_once)
{
	struct tlsconf *t = make("listen a { tls = required }");
	char *print = xstrdup(tlsconf_fingerprint(t));
	char *key = temp_read("selfsigned.key"), *again;
	const char *file = NULL;
	struct stat st;

	ck_assert_int_eq(stat(temp_path("selfsigned.key"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert(is_there("selfsigned.crt"));
	ck_assert_int_gt(
	    tlsconf_not_after(t, &file) - (int64_t)time(NULL), 9 * 365 * DAY);
	ck_assert_str_eq(file, temp_path("selfsigned.crt"));
	tlsconf_free(t);
	t = make("");
	ck_assert_str_eq(tlsconf_fingerprint(t), print);
	again = temp_read("selfsigned.key");
	ck_assert_str_eq(again, key);
	tlsconf_free(t);
	free(print);
	free(key);
	free(again);
}
END_TEST

/* The names of the pair; a certificate that is no .crt has .key behind it. */
START_TEST(selfsigned_elsewhere)
{
	tlsconf_free(make("tls { selfsigned = own.crt }"));
	ck_assert(is_there("own.crt") && is_there("own.key"));
	tlsconf_free(make("tls { selfsigned = own.pem }"));
	ck_assert(is_there("own.pem") && is_there("own.pem.key"));
	ck_assert(!is_there("selfsigned.crt"));
}
END_TEST

/* -t makes nothing. */
START_TEST(selfsigned_to_come)
{
	struct config *conf = load("listen a { tls = required }");
	char *err, *warn;
	struct tlsconf *t = tlsconf_new(conf, false, &err, &warn);

	ck_assert_ptr_nonnull(t);
	ck_assert_ptr_null(err);
	ck_assert_ptr_null(tlsconf_ctx(t, 0));
	ck_assert_ptr_nonnull(strstr(warn, "will be made at the start: "));
	ck_assert(!is_there("selfsigned.crt") && !is_there("selfsigned.key"));
	tlsconf_free(t);
	free(warn);
	conf_free(conf);
}
END_TEST

/* Half a pair is somebody's: it is not replaced. */
START_TEST(selfsigned_half)
{
	static const char *const halves[] = { "selfsigned.key",
		"selfsigned.crt" };
	char *err, *text;

	temp_file(halves[_i], "mine");
	err = complaints("listen a { tls = required }");
	ck_assert_ptr_nonnull(strstr(err, halves[_i]));
	ck_assert_ptr_nonnull(strstr(err, " exists without "));
	ck_assert_ptr_nonnull(strstr(err, "remove the one that is left"));
	text = temp_read(halves[_i]);
	ck_assert_str_eq(text, "mine");
	ck_assert(!is_there(halves[!_i]));
	free(text);
	free(err);
}
END_TEST

/* Where TLS is optional the server goes without it; where it is needed, not. */
START_TEST(selfsigned_impossible)
{
	static const char place[] = "tls { selfsigned = none/x.crt }\n";
	static const char *const needy[] = { "listen a { tls = required }",
		"listen a { implicit = yes }",
		"listen a { tls_data = required }" };
	struct config *conf;
	char *err, *warn, text[128];
	struct tlsconf *t;

	snprintf(text, sizeof(text), "%s%s", place, needy[_i]);
	err = complaints(text);
	ck_assert_str_eq(err,
	    "ftpd.conf: no certificate is configured, and a self-signed one "
	    "cannot be made: none/x.crt: cannot create: No such file or "
	    "directory; write a certificate block, or set selfsigned in the "
	    "block tls to another place\n");
	free(err);
	conf = load(place);
	t = tlsconf_new(conf, _i > 0, &err, &warn);
	ck_assert_ptr_nonnull(t);
	ck_assert_ptr_null(err);
	ck_assert_int_eq(strncmp(warn, "TLS is off: no certificate", 26), 0);
	ck_assert_ptr_null(strchr(warn, '\n'));
	ck_assert_ptr_null(tlsconf_ctx(t, 0));
	tlsconf_free(t);
	free(warn);
	conf_free(conf);
}
END_TEST

/* Under inetd many processes are the first one at the same time: all end up
 * with the same pair. */
START_TEST(selfsigned_race)
{
	enum {
		CHILDREN = 8
	};
	struct config *conf = load("");
	int go[2], status, i;
	char *err, *warn, c;
	struct tlsconf *t;
	pid_t pids[CHILDREN];

	ck_assert_int_eq(pipe(go), 0);
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		ck_assert_int_ne(pids[i], -1);
		if (pids[i] != 0)
			continue;
		close(go[1]);
		(void)!read(go[0], &c, 1); /* until all are there */
		t = tlsconf_new(conf, true, &err, &warn);
		_exit(t != NULL && tlsconf_ctx(t, 0) != NULL ? 0 : 1);
	}
	close(go[0]);
	close(go[1]);
	for (i = 0; i < CHILDREN; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	conf_free(conf);
	tlsconf_free(make(""));
}
END_TEST

/* ----------------------------------------------------------------- -t */
#define EC "certificate ec { file = ec.crt key = ec.key }\n"

static int
check(const char *text, char **said)
{
	struct config *conf = load(text);
	size_t len;
	FILE *out = open_memstream(said, &len);
	int n = tlsconf_check(conf, out);

	fclose(out);
	conf_free(conf);
	return n;
}

static const struct checked {
	const char *text;
	int problems;
	const char *said; /* is part of it; "" = nothing is said */
} checks[] = {
	{ EC, 0, "" },
	{ EC "tls { ticket_keys = to-come }", 0, "" },
	{ EC "tls { ticket_keys = good.keys }", 0, "" },
	{ EC "tls { ticket_keys = none/x }", 1, "ftpd.conf: ticket_keys: " },
	{ EC "tls { ticket_keys = ec.key }", 1, "ftpd.conf: ticket_keys: " },
	{ "", 0,
	    "ftpd.conf: warning: no certificate is configured; a "
	    "self-signed one will be made at the start: " },
	{ "tls { selfsigned = none/x.crt }", 0,
	    "ftpd.conf: warning: TLS is off: " },
	{ "tls { selfsigned = none/x.crt } listen a { tls = required }", 1,
	    "ftpd.conf: no certificate is configured, and " },
	{ "certificate a { file = a }\ncertificate b { file = b }", 2,
	    "ftpd.conf: certificate \"b\": " },
	{ "certificate a { file = soon.crt key = soon.key }", 0,
	    "soon.crt expires in 12 days, on " },
	{ "certificate a { file = late.crt key = late.key }", 0,
	    "late.crt has expired on " },
	{ "certificate a { file = open.crt key = open.key }", 0,
	    "ftpd.conf: warning: everybody may read the key in " },
};

START_TEST(test_check)
{
	const struct checked *c = &checks[_i];
	struct tls_keys keys;
	char *said;

	free(pair("ec", RIG_EC, 99 * DAY));
	free(pair("soon", RIG_EC, 13 * DAY - 60));
	free(pair("late", RIG_EC, -60));
	free(pair("open", RIG_EC, 99 * DAY));
	ck_assert_int_eq(chmod(temp_path("open.key"), 0644), 0);
	tls_keys_make(&keys);
	ck_assert_int_eq(tls_keys_save(temp_path("good.keys"), &keys, NULL), 0);
	ck_assert_msg(check(c->text, &said) == c->problems, "%s", said);
	if (c->said[0] == '\0')
		ck_assert_str_eq(said, "");
	ck_assert_msg(strstr(said, c->said) != NULL, "%s", said);
	ck_assert(!is_there("selfsigned.crt") && !is_there("to-come"));
	free(said);
}
END_TEST

Suite *
suite_tlsconf(void)
{
	Suite *s = suite_create("tlsconf");
	TCase *tc = tcase_create("tlsconf");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, several_certificates);
	tcase_add_test(tc, key_in_the_same_file);
	tcase_add_test(tc, changed_files);
	tcase_add_test(tc, no_tls_at_all);
	tcase_add_loop_test(tc, errors, 0, NELEM(mistakes));
	tcase_add_test(tc, selfsigned_is_made_once);
	tcase_add_test(tc, selfsigned_elsewhere);
	tcase_add_test(tc, selfsigned_to_come);
	tcase_add_loop_test(tc, selfsigned_half, 0, 2);
	tcase_add_loop_test(tc, selfsigned_impossible, 0, 3);
	tcase_add_test(tc, selfsigned_race);
	tcase_add_loop_test(tc, test_check, 0, NELEM(checks));
	suite_add_tcase(s, tc);
	return s;
}
