/* SPDX-License-Identifier: ISC */
/*
 * What was negotiated and who the client is: client certificates, good and
 * bad. Loop tests run for TLS 1.2 and 1.3.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_info.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct rig_cert ca, joe;
static struct tls_settings set;
static char ca_file[PATH_MAX];

static void
setup(void)
{
	temp_dir_setup();
	ca = rig_cert(
	    &(struct rig_cert_spec){ .cn = "Test CA", .ca = true }, NULL);
	joe = rig_cert(
	    &(struct rig_cert_spec){ .cn = "joe",
		.san = "email:joe@example.org,DNS:joe.example.org,URI:x:joe,"
		       "otherName:msUPN;UTF8:joe@EXAMPLE" },
	    &ca);
	memset(&set, 0, sizeof(set));
	set.client_certs = TLS_CERTS_REQUEST;
	strlcpy(ca_file, rig_write_cert("ca.crt", &ca, NULL), sizeof(ca_file));
	set.ca_file = ca_file;
}

static void
teardown(void)
{
	rig_cert_free(&ca);
	rig_cert_free(&joe);
	temp_dir_teardown();
}

/* ------------------------------------------------------------------- facts */

START_TEST(facts)
{
	struct tls_ctx *ctx = rig_ctx(NULL);
	struct rig r;
	struct tls_info i;
	char text[200];

	rig_open(&r, &(struct rig_options){ .version = versions[_i],
			 .sni = "ftp.example.org",
			 .groups = "X25519:P-256" });
	ck_assert(!tls_info_get(&r.st, &i));
	ck_assert_str_eq(tls_info_str(&r.st, text, sizeof(text)), "no TLS");
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert(!tls_info_get(&r.st, &i));
	ck_assert(rig_handshake(&r));
	ck_assert(tls_info_get(&r.st, &i));
	ck_assert_str_eq(i.protocol, _i == 0 ? "TLSv1.2" : "TLSv1.3");
	ck_assert_str_eq(i.cipher, SSL_get_cipher_name(r.c.ssl));
	ck_assert_str_eq(i.group, "x25519");
	ck_assert_str_eq(i.sni, "ftp.example.org");
	ck_assert(!i.resumed && !i.kernel && !i.has_cert);
	ck_assert_ptr_nonnull(
	    strstr(tls_info_str(&r.st, text, sizeof(text)), " x25519"));
	ck_assert_ptr_null(strstr(text, "resumed"));
	rig_close(&r);
	tls_ctx_unref(ctx);
}
END_TEST

START_TEST(resumed)
{
	struct tls_ctx *ctx = rig_ctx(NULL);
	struct rig r, d;
	struct tls_info i;
	char text[200];
	SSL_SESSION *s;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	s = rig_session(&r);
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .resume = s });
	ck_assert(tls_info_get(&d.st, &i));
	ck_assert(i.resumed);
	ck_assert_ptr_nonnull(
	    strstr(tls_info_str(&d.st, text, sizeof(text)), " resumed"));
	SSL_SESSION_free(s);
	rig_close(&d);
	rig_close(&r);
	tls_ctx_unref(ctx);
}
END_TEST

/* ----------------------------------------------------- client certificates */

START_TEST(certificate)
{
	struct tls_ctx *ctx = rig_ctx(&set);
	struct tls_client_cert *c;
	struct tls_info i;
	struct rig r;

	rig_control(&r, ctx,
	    &(struct rig_options){ .version = versions[_i], .cert = &joe });
	ck_assert(tls_info_get(&r.st, &i));
	ck_assert(i.has_cert);
	c = tls_client_cert_get(&r.st);
	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->subject, "CN=joe,O=Example");
	ck_assert_str_eq(c->issuer, "CN=Test CA,O=Example");
	ck_assert_str_eq(c->cn, "joe");
	ck_assert_uint_eq(c->nsans, 4);
	ck_assert_int_eq(c->sans[0].kind, TLS_SAN_EMAIL);
	ck_assert_str_eq(c->sans[0].value, "joe@example.org");
	ck_assert_int_eq(c->sans[1].kind, TLS_SAN_DNS);
	ck_assert_str_eq(c->sans[1].value, "joe.example.org");
	ck_assert_int_eq(c->sans[2].kind, TLS_SAN_URI);
	ck_assert_str_eq(c->sans[2].value, "x:joe");
	ck_assert_int_eq(c->sans[3].kind, TLS_SAN_UPN);
	ck_assert_str_eq(c->sans[3].value, "joe@EXAMPLE");
	ck_assert_uint_eq(strlen(c->fingerprint), 95);
	tls_client_cert_free(c);
	rig_close(&r);
	tls_ctx_unref(ctx);
}
END_TEST

/* The certificate of a session is that of its resumption (R22.2). */
START_TEST(certificate_of_resumed_session)
{
	struct tls_ctx *ctx = rig_ctx(&set);
	struct rig_cert other =
	    rig_cert(&(struct rig_cert_spec){ .cn = "eve" }, &ca);
	struct rig r, d;
	SSL_SESSION *s;
	struct tls_client_cert *c;

	rig_control(&r, ctx,
	    &(struct rig_options){ .version = versions[_i], .cert = &joe });
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	s = rig_session(&r);
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .resume = s });
	ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_OWN);
	ck_assert(tls_same_client_cert(&r.st, &d.st));
	c = tls_client_cert_get(&d.st);
	ck_assert_str_eq(c->cn, "joe");
	tls_client_cert_free(c);
	rig_close(&d);
	SSL_SESSION_free(s);
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .cert = &joe });
	ck_assert(tls_same_client_cert(&r.st, &d.st));
	rig_close(&d);
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .cert = &other });
	ck_assert(!tls_same_client_cert(&r.st, &d.st));
	rig_close(&d);
	rig_data(&d, &r, &(struct rig_options){ .version = versions[_i] });
	ck_assert(!tls_same_client_cert(&r.st, &d.st));
	rig_close(&d);
	rig_close(&r);
	rig_cert_free(&other);
	tls_ctx_unref(ctx);
}
END_TEST

/* Requested but not there: fine. Without a request it is not even sent. */
START_TEST(no_certificate)
{
	struct tls_ctx *ctx = rig_ctx(&set);
	struct rig r;

	rig_control(&r, ctx, &(struct rig_options){ .version = versions[_i] });
	ck_assert_ptr_null(tls_client_cert_get(&r.st));
	rig_close(&r);
	tls_ctx_unref(ctx);
	set.client_certs = TLS_CERTS_NONE;
	ctx = rig_ctx(&set);
	rig_control(&r, ctx,
	    &(struct rig_options){ .version = versions[_i], .cert = &joe });
	ck_assert_ptr_null(tls_client_cert_get(&r.st));
	rig_close(&r);
	tls_ctx_unref(ctx);
}
END_TEST

static void
expect_refusal(int version, const struct rig_cert *cert, const char *words)
{
	struct tls_ctx *ctx = rig_ctx(&set);
	struct rig r;

	rig_open(&r, &(struct rig_options){ .version = version, .cert = cert });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert(!rig_handshake(&r));
	ck_assert_msg(strstr(tls_stream_error(&r.st), words) != NULL,
	    "\"%s\" lacks \"%s\"", tls_stream_error(&r.st), words);
	/* The client was told by an alert. */
	rig_pump(&r);
	ck_assert_int_le(SSL_read(r.c.ssl, &(char){ 0 }, 1), 0);
	rig_close(&r);
	tls_ctx_unref(ctx);
}

START_TEST(required_but_missing)
{
	set.client_certs = TLS_CERTS_REQUIRE;
	expect_refusal(versions[_i], NULL, "client has sent no certificate");
}
END_TEST

START_TEST(bad_certificates)
{
	struct rig_cert old = rig_cert(
	    &(struct rig_cert_spec){ .cn = "joe", .from = -900, .until = -60 },
	    &ca);
	struct rig_cert early = rig_cert(
	    &(struct rig_cert_spec){ .cn = "joe", .from = 900, .until = 9000 },
	    &ca);
	struct rig_cert self =
	    rig_cert(&(struct rig_cert_spec){ .cn = "joe" }, NULL);
	struct rig_cert ca2 = rig_cert(
	    &(struct rig_cert_spec){ .cn = "Test CA 2", .ca = true }, NULL);
	struct rig_cert wrong =
	    rig_cert(&(struct rig_cert_spec){ .cn = "joe" }, &ca2);

	expect_refusal(versions[_i], &old, "client certificate: expired");
	expect_refusal(
	    versions[_i], &early, "client certificate: not yet valid");
	expect_refusal(versions[_i], &self, "not signed by");
	expect_refusal(versions[_i], &wrong, "not signed by");
	rig_cert_free(&old);
	rig_cert_free(&early);
	rig_cert_free(&self);
	rig_cert_free(&ca2);
	rig_cert_free(&wrong);
}
END_TEST

START_TEST(revoked)
{
	struct rig_cert other =
	    rig_cert(&(struct rig_cert_spec){ .cn = "eve" }, &ca);
	struct tls_ctx *ctx;
	struct rig r;

	set.crl_file = rig_write_crl("ca.crl", &ca, &joe);
	expect_refusal(versions[_i], &joe, "client certificate: revoked");
	ctx = rig_ctx(&set);
	rig_control(&r, ctx,
	    &(struct rig_options){ .version = versions[_i], .cert = &other });
	rig_close(&r);
	ck_assert(!tls_ctx_changed(ctx));
	unlink(set.crl_file);
	rig_write_crl("ca.crl", &ca, NULL);
	ck_assert(tls_ctx_changed(ctx));
	tls_ctx_unref(ctx);
	rig_cert_free(&other);
}
END_TEST

/* Protocol 8.4: "after resumption check expiry again". */
START_TEST(expired_since)
{
	struct rig_cert brief = rig_cert(
	    &(struct rig_cert_spec){ .cn = "joe", .from = -900, .until = 60 },
	    &ca);
	struct tls_ctx *ctx = rig_ctx(&set);
	struct rig r, d;
	SSL_SESSION *s;

	rig_control(&r, ctx,
	    &(struct rig_options){ .version = versions[_i], .cert = &brief });
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	s = rig_session(&r);
	rig_pass_time(120);
	rig_data(&d, &r,
	    &(struct rig_options){ .version = versions[_i], .resume = s });
	ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_NONE);
	ck_assert_ptr_null(tls_client_cert_get(&d.st));
	rig_close(&d);
	SSL_SESSION_free(s);
	rig_close(&r);
	tls_ctx_unref(ctx);
	rig_cert_free(&brief);
}
END_TEST

/* A listener that wants no certificate hands out tickets; they must not open
 * the one that does. The same after a reload. */
START_TEST(tickets_do_not_replace_certificates)
{
	struct tls_ctx *open, *closed;
	struct rig r, again;
	SSL_SESSION *s;

	set.client_certs = TLS_CERTS_NONE;
	open = rig_ctx(&set);
	set.client_certs = TLS_CERTS_REQUIRE;
	closed = rig_ctx(&set);
	rig_control(&r, open, &(struct rig_options){ .version = versions[_i] });
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	s = rig_session(&r);
	rig_open(&again,
	    &(struct rig_options){ .version = versions[_i], .resume = s });
	tls_stream_start(&again.st, closed, &rig_addr);
	ck_assert(!rig_handshake(&again));
	ck_assert_ptr_nonnull(strstr(
	    tls_stream_error(&again.st), "client has sent no certificate"));
	rig_close(&again);
	rig_control(&again, closed,
	    &(struct rig_options){
		.version = versions[_i], .resume = s, .cert = &joe });
	ck_assert_int_eq(SSL_session_reused(again.c.ssl), 0);
	rig_close(&again);
	SSL_SESSION_free(s);
	rig_close(&r);
	tls_ctx_unref(open);
	tls_ctx_unref(closed);
}
END_TEST

/* Nor does a session with another certificate do for data, or one with none. */
START_TEST(data_resumes_the_same_certificate)
{
	struct tls_ctx *ctx = rig_ctx(&set);
	struct rig_cert eve =
	    rig_cert(&(struct rig_cert_spec){ .cn = "eve" }, &ca);
	const struct rig_cert *certs[] = { &joe, &eve, NULL };
	struct rig r[3], d;
	SSL_SESSION *s[3];
	int i, k;

	for (i = 0; i < 3; i++) {
		rig_control(&r[i], ctx,
		    &(struct rig_options){
			.version = versions[_i], .cert = certs[i] });
		tls_stream_set_account(&r[i].st, "joe");
		tls_stream_new_ticket(&r[i].st);
		rig_say(&r[i], "227 ok\r\n");
		s[i] = rig_session(&r[i]);
	}
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++) {
			rig_data(&d, &r[i],
			    &(struct rig_options){ .version = versions[_i],
				.resume = s[k],
				.cert = certs[k] });
			ck_assert_int_eq(tls_stream_reuse(&d.st),
			    i == k ? TLS_REUSE_OWN : TLS_REUSE_NONE);
			ck_assert_int_eq(
			    tls_same_client_cert(&r[i].st, &d.st), i == k);
			rig_close(&d);
		}
	for (i = 0; i < 3; i++) {
		SSL_SESSION_free(s[i]);
		rig_close(&r[i]);
	}
	rig_cert_free(&eve);
	tls_ctx_unref(ctx);
}
END_TEST

static void
expect_error(const char *words)
{
	struct tls_pair pair = { .cert = temp_path("ca.crt"),
		.key = rig_write_key("ca.key", &ca) };
	char *err = NULL;

	set.pairs = &pair;
	set.npairs = 1;
	ck_assert_ptr_null(tls_ctx_new(&set, &err));
	ck_assert_msg(
	    strstr(err, words) != NULL, "\"%s\" lacks \"%s\"", err, words);
	free(err);
}

START_TEST(bad_files)
{
	set.ca_file = NULL;
	expect_error("no file of certification authorities");
	set.ca_file = temp_path("none");
	expect_error("none: cannot open: No such file");
	set.ca_file = temp_file("junk", "junk");
	expect_error("junk: holds no CA certificate");
	set.ca_file = temp_path("ca.crt");
	set.crl_file = temp_path("none");
	expect_error("none: cannot open: No such file");
	set.crl_file = temp_path("ca.crt");
	expect_error("ca.crt: holds no revocation list");
}
END_TEST

/* The client refuses us, and says so. */
START_TEST(client_does_not_trust_us)
{
	struct tls_ctx *ctx = rig_ctx(NULL);
	struct rig r;

	rig_open(&r, &(struct rig_options){ .version = versions[_i] });
	SSL_set_verify(r.c.ssl, SSL_VERIFY_PEER, NULL);
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert(!rig_handshake(&r));
	ck_assert_str_eq(
	    tls_stream_error(&r.st), "client does not trust our certificate");
	rig_close(&r);
	tls_ctx_unref(ctx);
}
END_TEST

Suite *
suite_tls_info(void)
{
	Suite *s = suite_create("tls_info");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, facts, 0, 2);
	tcase_add_loop_test(tc, resumed, 0, 2);
	tcase_add_loop_test(tc, certificate, 0, 2);
	tcase_add_loop_test(tc, certificate_of_resumed_session, 0, 2);
	tcase_add_loop_test(tc, no_certificate, 0, 2);
	tcase_add_loop_test(tc, required_but_missing, 0, 2);
	tcase_add_loop_test(tc, bad_certificates, 0, 2);
	tcase_add_loop_test(tc, revoked, 0, 2);
	tcase_add_loop_test(tc, expired_since, 0, 2);
	tcase_add_loop_test(tc, tickets_do_not_replace_certificates, 0, 2);
	tcase_add_loop_test(tc, data_resumes_the_same_certificate, 0, 2);
	tcase_add_test(tc, bad_files);
	tcase_add_loop_test(tc, client_does_not_trust_us, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
