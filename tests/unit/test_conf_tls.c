/* SPDX-License-Identifier: ISC */
/*
 * What ftpd.conf says about TLS: keys, blocks, what contradicts itself, and
 * whom -t finds locked out.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tls/tls_ctx.h"

static struct config *
load(const char *text)
{
	char *err = NULL;
	struct config *conf = conf_load(temp_file("ftpd.conf", text), &err);

	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_ptr_null(err);
	return conf;
}

/* R1.3, R22.1, R38, R43: what clients need is the default. */
START_TEST(defaults)
{
	struct config *conf = load("user a { password = x root = / }");
	const struct conf_listen *l = &conf->listens[0];

	ck_assert_uint_eq(l->tls, CONF_TLS_OPTIONAL);
	ck_assert(!l->tls_data && !l->implicit && !l->ccc);
	ck_assert_uint_eq(l->session_reuse, CONF_REUSE_PREFER);
	ck_assert_uint_eq(l->unclean_eof, CONF_EOF_ACCEPT);
	ck_assert_uint_eq(l->tls_profile, TLS_MODERN);
	ck_assert_uint_eq(l->tls_min, TLS_V_DEFAULT);
	ck_assert_uint_eq(l->tls_max, TLS_V_DEFAULT);
	ck_assert_uint_eq(l->client_certs, TLS_CERTS_NONE);
	ck_assert(l->client_ca == NULL && l->client_crl == NULL);
	ck_assert_uint_eq(conf->ncerts, 0);
	ck_assert_str_eq(conf->selfsigned, temp_path("selfsigned.crt"));
	ck_assert(conf->sni_directory == NULL && conf->ticket_keys == NULL);
	ck_assert(conf->key_process);
	ck_assert(conf->ktls);
	ck_assert_uint_eq(conf->handshake_timeout, 30);
	ck_assert(
	    !conf->anonymous_rules.tls && !conf->anonymous_rules.tls_data);
	ck_assert(!conf->system_rules.tls && !conf->system_rules.tls_data);
	ck_assert(!conf->users[0].rules.tls && !conf->users[0].rules.tls_data);
	ck_assert_uint_eq(conf->users[0].login, CONF_LOGIN_PASSWORD);
	ck_assert_ptr_null(conf->users[0].certificate);
	conf_free(conf);
}
END_TEST

START_TEST(listeners)
{
	struct config *conf =
	    load("listen a { tls = required tls_data = required ccc = yes\n"
		 " session_reuse = require unclean_eof = refuse\n"
		 " tls_profile = legacy tls_min = 1.0 tls_max = 1.1\n"
		 " client_certs = request client_ca = ca.pem\n"
		 " client_crl = \"/x/crl.pem\" }\n"
		 "listen b { port = 2 tls = off session_reuse = off }\n"
		 "listen c { port = 3 tls_min = 1.2 tls_max = 1.3\n"
		 " client_certs = require client_ca = ca.pem }\n");
	const struct conf_listen *l = conf->listens;

	ck_assert_uint_eq(l->tls, CONF_TLS_REQUIRED);
	ck_assert(l->tls_data && l->ccc && !l->implicit);
	ck_assert_uint_eq(l->session_reuse, CONF_REUSE_REQUIRE);
	ck_assert_uint_eq(l->unclean_eof, CONF_EOF_REFUSE);
	ck_assert_uint_eq(l->tls_profile, TLS_LEGACY);
	ck_assert_uint_eq(l->tls_min, TLS_V_1_0);
	ck_assert_uint_eq(l->tls_max, TLS_V_1_1);
	ck_assert_uint_eq(l->client_certs, TLS_CERTS_REQUEST);
	ck_assert_str_eq(l->client_ca, temp_path("ca.pem"));
	ck_assert_str_eq(l->client_crl, "/x/crl.pem");
	ck_assert_uint_eq(l[1].tls, CONF_TLS_OFF);
	ck_assert_uint_eq(l[1].session_reuse, CONF_REUSE_OFF);
	ck_assert_ptr_null(l[1].client_ca); /* nothing of the block before */
	ck_assert_uint_eq(l[2].tls_min, TLS_V_1_2);
	ck_assert_uint_eq(l[2].tls_max, TLS_V_1_3);
	ck_assert_uint_eq(l[2].client_certs, TLS_CERTS_REQUIRE);
	conf_free(conf);
}
END_TEST

/* Defaults that depend on other keys: port 990 (protocol.md), and strict
 * listeners accept no cut upload (users.md 0b D). What is written wins. */
START_TEST(dependent_defaults)
{
	struct config *conf =
	    load("listen a { implicit = yes session_reuse = strict }\n"
		 "listen b { port = 2 implicit = yes unclean_eof = accept\n"
		 " session_reuse = strict }\n"
		 "listen c { implicit = no }\n");
	const struct conf_listen *l = conf->listens;

	ck_assert(l[0].implicit && l[1].implicit && !l[2].implicit);
	ck_assert_uint_eq(l[0].addr.port, 990);
	ck_assert_uint_eq(l[1].addr.port, 2);
	ck_assert_uint_eq(l[2].addr.port, 21);
	ck_assert_uint_eq(l[0].session_reuse, CONF_REUSE_STRICT);
	ck_assert_uint_eq(l[0].unclean_eof, CONF_EOF_REFUSE);
	ck_assert_uint_eq(l[1].unclean_eof, CONF_EOF_ACCEPT);
	ck_assert_uint_eq(l[2].unclean_eof, CONF_EOF_ACCEPT);
	conf_free(conf);
}
END_TEST

START_TEST(certificates)
{
	struct config *conf = load(
	    "certificate rsa { file = rsa.pem key = keys/rsa.key\n"
	    " ocsp = rsa.ocsp }\n"
	    "certificate \"e c\" { file = /etc/ec.pem }\n"
	    "tls { selfsigned = own.crt sni_directory = names\n"
	    " ticket_keys = /var/lib/tickets key_process = no ktls = no }\n"
	    "timeouts { handshake = 2m }\n");
	const struct conf_cert *c = conf->certs;

	ck_assert_uint_eq(conf->ncerts, 2);
	ck_assert_str_eq(c[0].name, "rsa");
	ck_assert_str_eq(c[0].file, temp_path("rsa.pem"));
	ck_assert_str_eq(c[0].key, temp_path("keys/rsa.key"));
	ck_assert_str_eq(c[0].ocsp, temp_path("rsa.ocsp"));
	ck_assert_str_eq(c[1].name, "e c");
	ck_assert_str_eq(c[1].file, "/etc/ec.pem");
	ck_assert(c[1].key == NULL && c[1].ocsp == NULL);
	ck_assert_str_eq(conf->selfsigned, temp_path("own.crt"));
	ck_assert_str_eq(conf->sni_directory, temp_path("names"));
	ck_assert_str_eq(conf->ticket_keys, "/var/lib/tickets");
	ck_assert(!conf->key_process);
	ck_assert(!conf->ktls);
	ck_assert_uint_eq(conf->handshake_timeout, 120);
	conf_free(conf);
}
END_TEST

#define EIGHT "AB:AB:AB:AB:AB:AB:AB:AB"
#define PRINT "sha256:" EIGHT ":" EIGHT ":" EIGHT ":" EIGHT

START_TEST(accounts)
{
	struct config *conf = load(
	    "anonymous { tls = required tls_data = optional }\n"
	    "system { tls = optional tls_data = required }\n"
	    "user a { root = / login = certificate }\n"
	    "user b { root = / password = x login = both tls = required\n"
	    " certificate = \"" PRINT "\" }\n"
	    "user c { root = / password = x login = either\n"
	    " tls_data = required certificate = \"email:c@example.org\" }");
	const struct conf_user *u = conf->users;

	ck_assert(conf->anonymous_rules.tls && !conf->anonymous_rules.tls_data);
	ck_assert(!conf->system_rules.tls && conf->system_rules.tls_data);
	ck_assert_uint_eq(u[0].login, CONF_LOGIN_CERTIFICATE);
	ck_assert_str_eq(u[0].password, "*"); /* which nothing matches */
	ck_assert_ptr_null(u[0].certificate);
	ck_assert_uint_eq(u[1].login, CONF_LOGIN_BOTH);
	ck_assert(u[1].rules.tls && !u[1].rules.tls_data);
	ck_assert_str_eq(u[1].certificate, PRINT);
	ck_assert_uint_eq(u[2].login, CONF_LOGIN_EITHER);
	ck_assert(!u[2].rules.tls && u[2].rules.tls_data);
	ck_assert_str_eq(u[2].certificate, "email:c@example.org");
	conf_free(conf);
}
END_TEST

#define NAMES                                          \
	"write a kind and a name such as \"cn:joe\", " \
	"\"email:joe@example.org\" or \"sha256:AB:CD:...\"\n"

static const struct mistake {
	const char *text, *complaints;
} mistakes[] = {
	{ "listen a { tls = maybe\n tls_data = no\n client_certs = ask }",
	    "1: \"maybe\" is no value of tls; write off, optional or "
	    "required\n"
	    "2: \"no\" is no value of tls_data; write optional or required\n"
	    "3: \"ask\" is no value of client_certs; write none, request or "
	    "require\n" },
	{ "listen a { tls = off\n implicit = yes }",
	    "2: implicit is TLS from the first byte, and tls = off forbids "
	    "it; write tls = required, or implicit = no\n" },
	{ "listen a { tls = off\n tls_data = required }",
	    "2: with tls = off no transfer can have the TLS that tls_data "
	    "demands; change one of them\n" },
	{ "listen a { client_ca = x tls = off\n client_certs = request }",
	    "2: with tls = off no client can show a certificate; write tls = "
	    "required, or client_certs = none\n" },
	{ "listen a {\nclient_certs = require }",
	    "2: nothing says who may sign the certificates of clients; write "
	    "client_ca = \"/the/ca.pem\"\n" },
	{ "listen a { tls_min = 1.3\n tls_max = 1.2 }",
	    "2: tls_max is below tls_min; exchange them, or leave one out\n" },
	{ "listen a { tls_profile = legacy tls_min = 1.1\n tls_max = 1.0 }",
	    "2: tls_max is below tls_min; exchange them, or leave one out\n" },
	{ "listen a {\ntls_min = 1.1 }",
	    "2: TLS 1.0 and 1.1 are too weak for tls_profile = modern; write "
	    "tls_profile = legacy, or a version from 1.2 on\n" },
	{ "listen a {\n\ntls_max = 1.0 }",
	    "3: TLS 1.0 and 1.1 are too weak for tls_profile = modern; write "
	    "tls_profile = legacy, or a version from 1.2 on\n" },
	{ "listen a { tls_min = 1.4 }",
	    "1: \"1.4\" is no value of tls_min; write default, 1.0, 1.1, 1.2 "
	    "or 1.3\n" },
	{ "listen a { implicit = yes }\nlisten b { port = 990 }",
	    "2: listen \"b\" has the address and port of \"a\"; change one\n" },
	{ "\ncertificate x {\n key = y }",
	    "2: certificate \"x\" has no file; write file = "
	    "\"/the/fullchain.pem\"\n" },
	{ "certificate x { file = a }\ncertificate y { file = a }\n"
	  "certificate x { file = b }",
	    "3: there is a certificate \"x\" at line 1 already; give one "
	    "another name\n" },
	{ "certificate \"\" { file = a }",
	    "1: the name of this certificate is empty, too long or has a "
	    "control character in it; give it another\n" },
	{ "certificate { file = a }",
	    "1: missing title for section 'certificate'; write its name in "
	    "quotes before the brace {\n" },
	{ "certificate x { file = a fiel = b }",
	    "1: unknown key \"fiel\" in certificate; did you mean "
	    "\"file\"?\n" },
	{ "tls { session_reuse = off }",
	    "1: unknown key \"session_reuse\" in tls; it belongs in the block "
	    "listen\n" },
	{ "timeouts { handshake = 0 }",
	    "1: \"0\" is no value of handshake; write a number from 1 to "
	    "86400 (s, m, h or d may follow)\n" },
	{ "user a { root = /\n login = both }",
	    "1: user a has no password; make one with ternctl user passwd, or "
	    "write \"*\" for none\n" },
	{ "user a { root = /\n login = either }",
	    "1: user a has no password; make one with ternctl user passwd, or "
	    "write \"*\" for none\n" },
	{ "user a { root = / login = certificate certificate = \"joe\" }",
	    "1: \"joe\" is no value of certificate; " NAMES },
	{ "user a { root = / login = certificate certificate = \"cn:\" }",
	    "1: \"cn:\" is no value of certificate; " NAMES },
	{ "user a { root = / login = certificate certificate = \"cn:a\\tb\" }",
	    "1: \"cn:a\tb\" is no value of certificate; " NAMES },
};

START_TEST(contradictions)
{
	const struct mistake *m = &mistakes[_i];
	char *err = NULL, prefix[64], *line, *next;
	const char *path = temp_file("ftpd.conf", m->text);
	size_t n;

	ck_assert_ptr_null(conf_load(path, &err));
	n = (size_t)snprintf(prefix, sizeof(prefix), "%s:", path);
	for (line = err; *line != '\0'; line = next) {
		ck_assert_int_eq(strncmp(line, prefix, n), 0);
		memmove(line, line + n, strlen(line + n) + 1);
		next = strchr(line, '\n') + 1;
	}
	ck_assert_str_eq(err, m->complaints);
	free(err);
}
END_TEST

/* Who can never log in is told; he keeps nobody else from it. */
#define GOOD "service_user = nobody "
#define OPEN GOOD "listen a { port = 2121 }\n"
#define CLEAR GOOD "listen a { port = 2121 tls = off }\n"
#define ASKS                                                     \
	GOOD "listen a { port = 2121 }\nlisten b { port = 2122 " \
	     "client_certs = request client_ca = ca }\n"

static const struct demand {
	const char *text, *said; /* "": nothing */
} demands[] = {
	{ OPEN "user a { password = '*' root = / tls = required }", "" },
	{ CLEAR "user a { password = '*' root = / }", "" },
	{ CLEAR "\nuser a { password = '*' root = / tls = required }",
	    ":3: warning: user a can never log in: that needs TLS, and every "
	    "listen block says tls = off; write tls = optional in one\n" },
	{ CLEAR "user a { password = '*' root = / tls_data = required }",
	    ":2: warning: user a can never transfer a file: " },
	{ CLEAR "anonymous { enabled = yes root = / tls = required }",
	    ": warning: guests can never log in: " },
	{ ASKS "user a { root = / login = certificate }", "" },
	{ OPEN "user a { root = / login = certificate }",
	    ":2: warning: user a may log in with a certificate, but no listen "
	    "block asks for one; write client_certs = request and client_ca "
	    "there\n" },
	{ OPEN "user a { password = '*' root = / login = either }",
	    ":2: warning: user a may log in with a certificate" },
	{ GOOD "listen a { port = 2121 client_ca = x }\n"
	       "user a { password = '*' root = / }",
	    ": warning: listen \"a\": client_ca is of no use while nobody is "
	    "asked for a certificate; write client_certs = request or "
	    "require\n" },
};

START_TEST(locked_out)
{
	const struct demand *d = &demands[_i];
	struct config *conf = load(d->text);
	const char *path = temp_path("ftpd.conf");
	char *said;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	ck_assert_int_eq(conf_check(conf, true, out), 0);
	fclose(out);
	if (d->said[0] == '\0')
		ck_assert_str_eq(said, "");
	else {
		ck_assert_int_eq(strncmp(said, path, strlen(path)), 0);
		ck_assert_msg(
		    strncmp(said + strlen(path), d->said, strlen(d->said)) == 0,
		    "%s", said);
	}
	free(said);
	conf_free(conf);
}
END_TEST

Suite *
suite_conf_tls(void)
{
	Suite *s = suite_create("conf_tls");
	TCase *tc = tcase_create("tls");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, listeners);
	tcase_add_test(tc, dependent_defaults);
	tcase_add_test(tc, certificates);
	tcase_add_test(tc, accounts);
	tcase_add_loop_test(tc, contradictions, 0, NELEM(mistakes));
	tcase_add_loop_test(tc, locked_out, 0, NELEM(demands));
	suite_add_tcase(s, tc);
	return s;
}
