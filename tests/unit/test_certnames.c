/* SPDX-License-Identifier: ISC */
/*
 * Names of client certificates (R22.1): how they are written, when they are
 * the same, and what of a certificate becomes one.
 */
#include "server/certnames.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_ctx.h"

#define PRINT_1                                      \
	"sha256:00:11:22:33:44:55:66:77:88:99:AA:BB" \
	":CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define PRINT_2                                      \
	"sha256:00:11:22:33:44:55:66:77:88:99:aa:bb" \
	":cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"

static const char names[] = PRINT_1 "\n"
				    "cn:joe\n"
				    "subject:CN=joe,O=Example\n"
				    "email:Joe@Example.org\n"
				    "dns:host.example.org\n"
				    "uri:urn:x:Joe\n"
				    "upn:joe@EXAMPLE\n";

static const char *const ours[] = { PRINT_1, PRINT_2, "cn:joe",
	"subject:CN=joe,O=Example", "email:joe@example.org",
	"email:JOE@EXAMPLE.ORG", "dns:HOST.example.org", "uri:urn:x:Joe",
	"upn:joe@EXAMPLE" };

START_TEST(match)
{
	ck_assert(certnames_match(names, ours[_i]));
	ck_assert(!certnames_match("", ours[_i]));
	/* The last line need not end. */
	ck_assert(certnames_match(ours[_i], ours[_i]));
}
END_TEST

static const char *const others[] = { "cn:Joe", "cn:jo", "cn:joey", "cn:oe",
	"cn:", "joe", "", "CN:joe", "subject:CN=joe",
	"subject:O=Example,CN=joe", "subject:CN=joe,O=example", "email:cn:joe",
	"email:jo@example.org", "dns:example.org", "dns:*.example.org",
	"uri:urn:x:joe", "upn:joe@example", "upn:Joe@Example.org", "serial:1",
	"cn:joe\nsubject:CN=joe,O=Example", "\n", "cn:joe\n" };

START_TEST(no_match)
{
	ck_assert(!certnames_match(names, others[_i]));
}
END_TEST

/* No name matches within another, or over the end of a line. */
START_TEST(lines_are_whole)
{
	ck_assert(!certnames_match("email:x,cn:joe\n", "cn:joe"));
	ck_assert(!certnames_match("subject:CN=cn:joe\n", "cn:joe"));
	ck_assert(!certnames_match("cn:j\noe\n", "cn:joe"));
	ck_assert(certnames_match("\n\ncn:joe\n\n", "cn:joe"));
	ck_assert(!certnames_match("cn:\n", "cn:"));
}
END_TEST

START_TEST(valid)
{
	char longest[CERTNAMES_MAX];
	size_t i;

	for (i = 0; i < NELEM(ours); i++)
		ck_assert_msg(certnames_valid(ours[i]), "%s", ours[i]);
	ck_assert(certnames_valid("cn:J\xc3\xb6 \"x\""));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "cn:", 3);
	longest[sizeof(longest) - 2] = '\0';
	ck_assert(certnames_valid(longest));
}
END_TEST

static const char *const invalid[] = { "", "joe", "cn:", "cn",
	"email:", "CN:joe", "serial:5", "cn:jo\ne", "cn:joe\x7f", "dns:\x01",
	"sha256:AB:CD", "sha256:", PRINT_1 ":00", PRINT_1 "0",
	"sha256:00112233445566778899AABBCCDDEEFF"
	"00112233445566778899AABBCCDDEEFF",
	"sha256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:"
	"55:66:77:88:99:AA:BB:CC:DD:EE:FG",
	"sha256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:"
	"55:66:77:88:99:AA:BB:CC:DD:EE-FF" };

START_TEST(not_valid)
{
	char toolong[CERTNAMES_MAX];

	ck_assert_msg(!certnames_valid(invalid[_i]), "%s", invalid[_i]);
	memset(toolong, 'x', sizeof(toolong));
	memcpy(toolong, "cn:", 3);
	toolong[sizeof(toolong) - 1] = '\0';
	ck_assert(!certnames_valid(toolong));
}
END_TEST

/* --------------------------------------------- from real certificates */

/* What the server makes of a client with such a certificate. */
static void
names_of(const struct rig_cert_spec *spec, char out[CERTNAMES_MAX])
{
	struct rig_cert ca, cert = { 0 };
	struct tls_settings set;
	struct tls_ctx *ctx;
	struct rig r;

	ca = rig_cert(
	    &(struct rig_cert_spec){ .cn = "Test CA", .ca = true }, NULL);
	memset(&set, 0, sizeof(set));
	set.client_certs = TLS_CERTS_REQUEST;
	set.ca_file = rig_write_cert("ca.crt", &ca, NULL);
	ctx = rig_ctx(&set);
	if (spec != NULL)
		cert = rig_cert(spec, &ca);
	rig_control(&r, ctx,
	    &(struct rig_options){ .cert = spec != NULL ? &cert : NULL });
	certnames_make(&r.st, out);
	rig_close(&r);
	tls_ctx_unref(ctx);
	if (spec != NULL)
		rig_cert_free(&cert);
	rig_cert_free(&ca);
}

START_TEST(made)
{
	char out[CERTNAMES_MAX];

	names_of(
	    &(struct rig_cert_spec){ .cn = "joe",
		.san = "email:joe@example.org,DNS:joe.example.org,URI:x:joe,"
		       "otherName:msUPN;UTF8:joe@EXAMPLE" },
	    out);
	ck_assert_int_eq(strncmp(out, "sha256:", 7), 0);
	ck_assert_str_eq(strchr(out, '\n') + 1,
	    "cn:joe\nsubject:CN=joe,O=Example\n"
	    "email:joe@example.org\ndns:joe.example.org\nuri:x:joe\n"
	    "upn:joe@EXAMPLE\n");
	*strchr(out, '\n') = '\0';
	ck_assert(certnames_valid(out));
}
END_TEST

START_TEST(none)
{
	char out[CERTNAMES_MAX] = "x";
	struct stream plain;

	names_of(NULL, out);
	ck_assert_str_eq(out, "");
	memset(&plain, 0, sizeof(plain));
	stream_init_plain(&plain, -1);
	strlcpy(out, "x", sizeof(out));
	certnames_make(&plain, out);
	ck_assert_str_eq(out, "");
}
END_TEST

/* A CA that signs anything must not let one name become two. */
START_TEST(line_end_in_a_name)
{
	char out[CERTNAMES_MAX];

	names_of(&(struct rig_cert_spec){ .cn = "x\ncn:root" }, out);
	ck_assert(!certnames_match(out, "cn:root"));
	ck_assert(!certnames_match(out, "cn:x"));
	/* The subject stands there with its control characters escaped. */
	ck_assert_ptr_nonnull(strstr(out, "\nsubject:CN=x\\0Acn:root,"));
}
END_TEST

/* What does not fit is left out, the rest is whole. */
START_TEST(too_much)
{
	char out[CERTNAMES_MAX], san[2600], *p = san;
	int i;

	for (i = 0; i < 9; i++)
		p += snprintf(p, sizeof(san) - (size_t)(p - san),
		    "%sDNS:%d.%0230d.example.org", i == 0 ? "" : ",", i, 0);
	(void)snprintf(
	    p, sizeof(san) - (size_t)(p - san), ",email:joe@example.org");
	names_of(&(struct rig_cert_spec){ .cn = "joe", .san = san }, out);
	ck_assert(certnames_match(out, "cn:joe"));
	ck_assert(certnames_match(out, "email:joe@example.org"));
	ck_assert_ptr_nonnull(strstr(out, "\ndns:6."));
	ck_assert_ptr_null(strstr(out, "\ndns:8."));
	ck_assert_int_eq(out[strlen(out) - 1], '\n');
}
END_TEST

Suite *
suite_certnames(void)
{
	Suite *s = suite_create("certnames");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, match, 0, (int)NELEM(ours));
	tcase_add_loop_test(tc, no_match, 0, (int)NELEM(others));
	tcase_add_test(tc, lines_are_whole);
	tcase_add_test(tc, valid);
	tcase_add_loop_test(tc, not_valid, 0, (int)NELEM(invalid));
	suite_add_tcase(s, tc);
	tc = tcase_create("made");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, made);
	tcase_add_test(tc, none);
	tcase_add_test(tc, line_end_in_a_name);
	tcase_add_test(tc, too_much);
	suite_add_tcase(s, tc);
	return s;
}
