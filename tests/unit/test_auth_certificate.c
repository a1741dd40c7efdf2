/* SPDX-License-Identifier: ISC */
/*
 * What accounts ask for beside a password: TLS, and client certificates
 * (R22.1).
 */
#include "config.h"

#include <check.h>
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/auth/auth.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *conf;
static struct auth auth;
static struct account account;
static const char *reason;

static const char text[] =
    "service_user = nobody\n"
    "anonymous { enabled = yes root = /pub tls = required tls_data = required "
    "}\n"
    "user password { password = '%1$s' root = / }\n"
    "user certificate { login = certificate root = / }\n"
    "user both { password = '%1$s' root = / login = both }\n"
    "user either { password = '%1$s' root = / login = either }\n"
    "user secure { password = '%1$s' root = / tls = required "
    "tls_data = required }\n"
    "user off { password = '%1$s' root = / login = either disabled = yes }\n"
    "user mail { login = certificate certificate = \"email:a@b.c\" "
    "root = /srv }\n";

static const char *
cheap_hash(void)
{
	static struct crypt_data data;

	ck_assert_ptr_nonnull(
	    crypt_rn("x", "$5$rounds=1000$salt", &data, sizeof(data)));
	return data.output;
}

static void
setup(void)
{
	char *full, *err = NULL;

	temp_dir_setup();
	xasprintf(&full, text, cheap_hash());
	conf = conf_load(temp_file("ftpd.conf", full), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	free(full);
	ck_assert_int_eq(auth_init(&auth, conf), 0);
}

static void
teardown(void)
{
	auth_clear(&auth);
	conf_free(conf);
	temp_dir_teardown();
}

static enum verdict
check(struct auth_request req)
{
	reason = NULL;
	memset(&account, 0xff, sizeof(account));
	return auth_check(&auth, &req, &account, &reason);
}

/* --------------------------------------------------------- which is enough */

/* The certificate is that of the user's name, or somebody else's. */
static const struct {
	const char *user;
	const char *password;
	bool certificate;
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{ "password", "x", false, V_OK, "file" },
	{ "password", "y", true, V_DENIED, "bad-password" },
	{ "certificate", "x", false, V_DENIED, "certificate-required" },
	{ "certificate", "*", false, V_DENIED, "certificate-required" },
	{ "certificate", "", true, V_OK, "file" },
	{ "both", "x", false, V_DENIED, "certificate-required" },
	{ "both", "y", true, V_DENIED, "bad-password" },
	{ "both", "y", false, V_DENIED, "bad-password" },
	{ "both", "x", true, V_OK, "file" },
	{ "either", "x", false, V_OK, "file" },
	{ "either", "y", true, V_OK, "file" },
	{ "either", "y", false, V_DENIED, "bad-password" },
	{ "off", "x", false, V_DENIED, "disabled" },
	{ "off", "y", true, V_DENIED, "disabled" },
	{ "off", "y", false, V_DENIED, "bad-password" },
};

static const char *
names_of(const char *user, bool right)
{
	static char names[128];

	snprintf(names, sizeof(names), "cn:%s\nsubject:CN=%s,O=Example\n",
	    right ? user : "somebody", user);
	return names;
}

START_TEST(enough)
{
	struct auth_request req = { .user = rows[_i].user,
		.password = rows[_i].password,
		.names = names_of(rows[_i].user, rows[_i].certificate),
		.tls = true };
	const char *hash = conf_find_user(conf, req.user)->password;

	ck_assert_int_eq(check(req), rows[_i].verdict);
	ck_assert_str_eq(reason, rows[_i].reason);
	if (rows[_i].verdict == V_OK)
		ck_assert_str_eq(account.name, req.user);
	/* R15.3: a hash was computed, with the user's or with another. */
	ck_assert_uint_eq(auth.ndummies, hash[0] == '*');
}
END_TEST

/* Certificates are shown under TLS, whoever says what. */
START_TEST(no_certificate_without_tls)
{
	struct auth_request req = { .user = "certificate",
		.password = "x",
		.names = "cn:certificate\n" };

	ck_assert_int_eq(check(req), V_DENIED);
	ck_assert_str_eq(reason, "certificate-required");
	req.ask = ASK_CERTIFICATE;
	ck_assert_int_eq(check(req), V_PASSWORD);
}
END_TEST

START_TEST(named_otherwise)
{
	struct auth_request req = { .ask = ASK_CERTIFICATE,
		.user = "mail",
		.password = "",
		.names = "cn:mail\nemail:A@B.C\n",
		.tls = true };

	ck_assert_int_eq(check(req), V_OK);
	ck_assert_str_eq(account.name, "mail");
	ck_assert_str_eq(account.root, "/srv");
	req.names = "cn:mail\nemail:a@b.d\n";
	ck_assert_int_eq(check(req), V_PASSWORD);
}
END_TEST

/* ------------------------------------------------------------ before PASS */

static const struct {
	const char *user;
	bool certificate, alone;
} askers[] = {
	{ "certificate", true, true },
	{ "either", true, true },
	{ "certificate", false, false },
	{ "either", false, false },
	{ "password", true, false },
	{ "both", true, false },
	{ "off", true, false },
	{ "nobody-knows-him", true, false },
	{ "anonymous", true, false },
	{ "ftp", true, false },
	{ "root", true, false },
};

/* All for whom it is not enough get one answer, and none costs a hash. */
START_TEST(certificate_alone)
{
	struct auth_request req = { .ask = ASK_CERTIFICATE,
		.user = askers[_i].user,
		.password = "",
		.names = names_of(askers[_i].user, askers[_i].certificate),
		.tls = true };

	auth.privileged = true;
	ck_assert_int_eq(check(req), askers[_i].alone ? V_OK : V_PASSWORD);
	ck_assert_str_eq(
	    reason, askers[_i].alone ? "certificate" : "password-required");
	ck_assert_uint_eq(auth.ndummies, 0);
}
END_TEST

/* ------------------------------------------------------------ TLS required */

START_TEST(tls_required)
{
	struct auth_request req = {
		.user = "secure", .password = "x", .names = ""
	};

	ck_assert_int_eq(check(req), V_DENIED);
	ck_assert_str_eq(reason, "tls-required");
	req.tls = true;
	ck_assert_int_eq(check(req), V_OK);
	ck_assert(account.tls_data);
	req.user = "password";
	ck_assert_int_eq(check(req), V_OK);
	ck_assert(!account.tls_data);

	req = (struct auth_request){
		.user = "ftp", .password = "a@b", .names = ""
	};
	ck_assert_int_eq(check(req), V_DENIED);
	ck_assert_str_eq(reason, "tls-required");
	req.tls = true;
	ck_assert_int_eq(check(req), V_OK);
	ck_assert(account.anonymous && account.tls_data);
}
END_TEST

/* PAM is not even asked, and nobody learns which names it knows. */
START_TEST(tls_required_for_the_system)
{
	static const char *const users[] = { "root", "daemon", "eve" };
	struct auth_request req = { .password = "x", .names = "" };
	size_t i;

	auth_clear(&auth);
	conf_free(conf);
	conf =
	    conf_load(temp_file("b", "service_user = nobody\n"
				     "system { enabled = yes tls = required }"),
		&(char *){ NULL });
	ck_assert_ptr_nonnull(conf);
	ck_assert_int_eq(auth_init(&auth, conf), 0);
	auth.privileged = true;
	for (i = 0; i < NELEM(users); i++) {
		req.user = users[i];
		ck_assert_int_eq(check(req), V_DENIED);
#ifdef WITH_PAM
		ck_assert_str_eq(reason, "tls-required");
#endif
	}
	ck_assert_uint_eq(auth.ndummies, NELEM(users));
}
END_TEST

Suite *
suite_auth_certificate(void)
{
	Suite *s = suite_create("auth_certificate");
	TCase *tc = tcase_create("certificate");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, enough, 0, (int)NELEM(rows));
	tcase_add_test(tc, no_certificate_without_tls);
	tcase_add_test(tc, named_otherwise);
	tcase_add_loop_test(tc, certificate_alone, 0, (int)NELEM(askers));
	tcase_add_test(tc, tls_required);
	tcase_add_test(tc, tls_required_for_the_system);
	suite_add_tcase(s, tc);
	return s;
}
