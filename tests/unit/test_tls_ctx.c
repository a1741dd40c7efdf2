/* SPDX-License-Identifier: ISC */
/*
 * Contexts: certificates and the errors in their files, their choice, profiles,
 * changes on disk.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_ctx.h"
#include "tls/tls_keyring.h"
#include "tls/tls_info.h"
#include "tls/tls_stream.h"

/* A pair on disk, "NAME.crt" and "NAME.key". */
static struct rig_cert
on_disk(const char *name, enum rig_key kind)
{
	struct rig_cert c =
	    rig_cert(&(struct rig_cert_spec){ .cn = name, .kind = kind }, NULL);
	char file[64];

	snprintf(file, sizeof(file), "%s.crt", name);
	rig_write_cert(file, &c, NULL);
	snprintf(file, sizeof(file), "%s.key", name);
	rig_write_key(file, &c);
	return c;
}

/* The error of a pair that cannot be used. */
static void
expect_error(const struct tls_settings *set, const char *words)
{
	char *err = NULL;
	struct tls_ctx *ctx = tls_ctx_new(set, &err);

	ck_assert_ptr_null(ctx);
	ck_assert_ptr_nonnull(err);
	ck_assert_msg(
	    strstr(err, words) != NULL, "\"%s\" lacks \"%s\"", err, words);
	ck_assert_ptr_null(strchr(err, '\n'));
	ck_assert_uint_eq(ERR_peek_error(), 0);
	free(err);
}

static void
expect_pair_error(const char *cert, const char *key, const char *words)
{
	struct tls_pair pair = { .cert = cert, .key = key };

	expect_error(
	    &(struct tls_settings){ .pairs = &pair, .npairs = 1 }, words);
}

/* The CN of the certificate that a client is shown. */
static const char *
shown(struct tls_ctx *ctx, const struct rig_options *o)
{
	static char cn[64];
	struct rig r;

	rig_control(&r, ctx, o);
	X509_NAME_get_text_by_NID(
	    X509_get_subject_name(SSL_get0_peer_certificate(r.c.ssl)),
	    NID_commonName, cn, sizeof(cn));
	rig_close(&r);
	return cn;
}

/* -------------------------------------------------------------------- files */

START_TEST(errors_of_pairs)
{
	struct rig_cert a = on_disk("a", RIG_EC), b = on_disk("b", RIG_EC);
	const char *crt = temp_path("a.crt"), *key = temp_path("a.key");

	expect_pair_error(temp_path("none.crt"), key,
	    "none.crt: cannot open: "
	    "No such file");
	expect_pair_error(
	    crt, temp_path("none.key"), "none.key: cannot open: No such file");
	expect_pair_error(
	    crt, temp_path("b.key"), "does not belong to the key in");
	expect_pair_error(key, key, "holds no certificate in PEM form");
	expect_pair_error(crt, crt, "holds no private key in PEM form");
	expect_pair_error(crt, NULL, "holds no private key in PEM form");
	expect_pair_error(temp_file("empty", ""), key, "holds no certificate");
	expect_pair_error(temp_path(""), key, "cannot read: Is a directory");
	expect_error(&(struct tls_settings){ .npairs = 0 }, "no certificate");
	rig_cert_free(&a);
	rig_cert_free(&b);
}
END_TEST

START_TEST(key_with_passphrase)
{
	struct rig_cert a = on_disk("a", RIG_EC);
	BIO *bio = BIO_new_file(temp_path("locked.key"), "w");

	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, a.key,
			     EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
	    1);
	BIO_free(bio);
	expect_pair_error(temp_path("a.crt"), temp_path("locked.key"),
	    "protected by a passphrase; remove it with: openssl pkey");
	rig_cert_free(&a);
}
END_TEST

/* Certificate, chain and key in one file (R21.3). */
START_TEST(one_file_with_chain)
{
	struct rig_cert ca =
	    rig_cert(&(struct rig_cert_spec){ .cn = "CA", .ca = true }, NULL);
	struct rig_cert a = rig_cert(&(struct rig_cert_spec){ .cn = "a" }, &ca);
	struct tls_pair pair = { .cert = rig_write_cert("all.pem", &a, &ca) };
	struct tls_ctx *ctx;
	struct rig r;
	FILE *f = fopen(pair.cert, "a");

	ck_assert_int_eq(
	    PEM_write_PrivateKey(f, a.key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	ctx = rig_ctx(&(struct tls_settings){ .pairs = &pair, .npairs = 1 });
	rig_control(&r, ctx, &(struct rig_options){ .version = 0 });
	ck_assert_int_eq(sk_X509_num(SSL_get_peer_cert_chain(r.c.ssl)), 2);
	rig_close(&r);
	tls_ctx_unref(ctx);
	/* The other way round it is a common mistake. */
	rig_write_cert("wrong.crt", &ca, &a);
	rig_write_key("a.key", &a);
	expect_pair_error(temp_path("wrong.crt"), temp_path("a.key"),
	    "must be the first in its file");
	rig_cert_free(&a);
	rig_cert_free(&ca);
}
END_TEST

START_TEST(damaged_chain)
{
	struct rig_cert a = on_disk("a", RIG_EC);
	FILE *f = fopen(temp_path("a.crt"), "a");

	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    f);
	fclose(f);
	expect_pair_error(temp_path("a.crt"), temp_path("a.key"),
	    "damaged certificate in the chain");
	rig_cert_free(&a);
}
END_TEST

/* RSA and ECDSA at once: each client gets what it can use. */
START_TEST(two_kinds_of_keys)
{
	struct rig_cert a = on_disk("ecdsa", RIG_EC),
			b = on_disk("rsa", RIG_RSA);
	struct tls_pair pairs[3] = {
		{ .cert = temp_path("ecdsa.crt"),
		    .key = temp_path("ecdsa.key") },
		{ .cert = temp_path("rsa.crt"), .key = temp_path("rsa.key") },
	};
	struct tls_settings set = { .pairs = pairs, .npairs = 2 };
	struct tls_ctx *ctx = rig_ctx(&set);

	ck_assert_str_eq(
	    shown(ctx, &(struct rig_options){ .version = TLS1_2_VERSION,
			   .ciphers = "ECDHE-RSA-AES128-GCM-SHA256" }),
	    "rsa");
	ck_assert_str_eq(
	    shown(ctx, &(struct rig_options){ .version = TLS1_2_VERSION,
			   .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" }),
	    "ecdsa");
	ck_assert_ptr_nonnull(tls_ctx_fingerprint(ctx, 1));
	ck_assert_ptr_null(tls_ctx_fingerprint(ctx, 2));
	ck_assert_str_ne(
	    tls_ctx_fingerprint(ctx, 0), tls_ctx_fingerprint(ctx, 1));
	tls_ctx_unref(ctx);
	pairs[2] = pairs[1];
	set.npairs = 3;
	expect_error(&set, "there is already a certificate with this kind");
	rig_cert_free(&a);
	rig_cert_free(&b);
}
END_TEST

/* --------------------------------------------------------------------- names
 */

/* R21.1: exact, wildcard, unknown (the default one, no alert), none. */
START_TEST(certificates_by_name)
{
	static const struct {
		const char *asked, *shown;
	} rows[] = {
		{ "ftp.example.org", "ftp.example.org" },
		{ "FTP.Example.ORG", "ftp.example.org" },
		{ "other.example.org", "*.example.org" },
		{ "a.b.example.org", "server" },
		{ "example.org", "server" },
		{ "unknown", "server" },
		{ "*.example.org", "server" },
		{ NULL, "server" },
	};
	struct tls_settings set = { .sni_dir = temp_path("names") };
	struct rig_cert a, b;
	struct tls_ctx *ctx;
	size_t i;

	ck_assert_int_eq(mkdir(set.sni_dir, 0700), 0);
	a = on_disk("names/ftp.example.org", RIG_RSA);
	b = on_disk("names/*.example.org", RIG_EC);
	rig_cert_free(&a);
	rig_cert_free(&b);
	/* The names in the certificates are of no account here: on_disk() put
	 * the file's there, and shown() cuts the directory off. */
	ctx = rig_ctx(&set);
	for (i = 0; i < NELEM(rows); i++) {
		const char *cn =
		    shown(ctx, &(struct rig_options){ .sni = rows[i].asked });

		if (strncmp(cn, "names/", 6) == 0)
			cn += 6;
		ck_assert_str_eq(cn, rows[i].shown);
	}
	tls_ctx_unref(ctx);
}
END_TEST

/* Names of one host have one certificate, which is loaded once. */
START_TEST(aliases_share)
{
	struct rig_cert a = on_disk("a.example", RIG_EC);
	struct rig_cert b = on_disk("b.example", RIG_EC);
	const struct tls_pair of_a = { .cert = temp_path("a.example.crt"),
		.key = temp_path("a.example.key") };
	const struct tls_pair of_b = { .cert = temp_path("b.example.crt"),
		.key = temp_path("b.example.key") };
	const struct tls_named named[] = {
		{ "a.example", &of_a, 1 },
		{ "*.a.example", &of_a, 1 },
		{ "also.example", &of_a, 1 },
		{ "b.example", &of_b, 1 },
	};
	struct tls_settings set = { .named = named, .nnamed = NELEM(named) };
	struct tls_ctx *ctx;
	char *err = NULL;

	set.keyring = tls_keyring_new(&err);
	ck_assert_ptr_nonnull(set.keyring);
	ctx = rig_ctx(&set);
	ck_assert_uint_eq(tls_keyring_count(set.keyring), 3);
	tls_ctx_unref(ctx);
	tls_keyring_unref(set.keyring);

	set.keyring = NULL;
	ctx = rig_ctx(&set);
	ck_assert_str_eq(
	    shown(ctx, &(struct rig_options){ .sni = "also.example" }),
	    "a.example");
	ck_assert_str_eq(
	    shown(ctx, &(struct rig_options){ .sni = "x.a.example" }),
	    "a.example");
	ck_assert_str_eq(
	    shown(ctx, &(struct rig_options){ .sni = "b.example" }),
	    "b.example");
	tls_ctx_unref(ctx);
	rig_cert_free(&a);
	rig_cert_free(&b);
}
END_TEST

START_TEST(name_without_key)
{
	struct rig_cert a = on_disk("x.example", RIG_EC);
	struct tls_pair pair = { .cert = temp_path("x.example.crt"),
		.key = temp_path("x.example.key") };
	struct tls_settings set = {
		.sni_dir = temp_path("names"), .pairs = &pair, .npairs = 1
	};

	expect_error(&set, "names: cannot open the directory");
	ck_assert_int_eq(mkdir(set.sni_dir, 0700), 0);
	rig_write_cert("names/y.example.crt", &a, NULL);
	expect_error(&set, "y.example.key: cannot open");
	rig_cert_free(&a);
}
END_TEST

/* ------------------------------------------------------------------- changes
 */

static void
replace(const char *name, const struct rig_cert *c)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "%s.new", name);
	snprintf(to, sizeof(to), "%s", name);
	rig_write_cert(from, c, NULL);
	ck_assert_int_eq(rename(temp_path(from), temp_path(to)), 0);
}

START_TEST(changes)
{
	struct rig_cert a = on_disk("a", RIG_EC), b = on_disk("b", RIG_EC);
	struct tls_pair pair = { .cert = temp_path("live.crt"),
		.key = temp_path("a.key") };
	struct tls_settings set = {
		.pairs = &pair, .npairs = 1, .sni_dir = temp_path("names")
	};
	struct timespec times[2];
	struct tls_ctx *ctx;
	struct stat sb;

	ck_assert_int_eq(mkdir(set.sni_dir, 0700), 0);
	ck_assert_int_eq(symlink("a.crt", pair.cert), 0);
	ctx = rig_ctx(&set);
	ck_assert(!tls_ctx_changed(ctx));
	/* A link to another file, as Let's Encrypt does it (R11.2). */
	ck_assert_int_eq(symlink("b.crt", temp_path("swap")), 0);
	ck_assert_int_eq(rename(temp_path("swap"), pair.cert), 0);
	ck_assert(tls_ctx_changed(ctx));
	ck_assert(!tls_ctx_changed(ctx)); /* told once */
	/* The pair does not match now: there is no new context. */
	expect_error(&set, "does not belong to the key in");
	/* Another file under the same name, the same content even. */
	replace("b.crt", &b);
	ck_assert(tls_ctx_changed(ctx));
	/* A copy of another time's file keeps size and time: the inode tells.
	 */
	ck_assert_int_eq(stat(temp_path("b.crt"), &sb), 0);
	times[0] = times[1] = sb.st_mtim;
	rig_write_cert("b.copy", &b, NULL);
	ck_assert_int_eq(utimensat(AT_FDCWD, temp_path("b.copy"), times, 0), 0);
	ck_assert_int_eq(rename(temp_path("b.copy"), temp_path("b.crt")), 0);
	ck_assert(tls_ctx_changed(ctx));
	ck_assert(!tls_ctx_changed(ctx));
	/* Gone, and there again. */
	ck_assert_int_eq(rename(pair.key, temp_path("away")), 0);
	ck_assert(tls_ctx_changed(ctx));
	ck_assert(!tls_ctx_changed(ctx));
	ck_assert_int_eq(rename(temp_path("away"), pair.key), 0);
	ck_assert(tls_ctx_changed(ctx));
	/* A new name. */
	rig_write_cert("names/x.crt", &b, NULL);
	ck_assert(tls_ctx_changed(ctx));
	ck_assert(!tls_ctx_changed(ctx));
	tls_ctx_unref(ctx);
	rig_cert_free(&a);
	rig_cert_free(&b);
}
END_TEST

/* What was begun with the old certificates goes on; references count. */
START_TEST(connections_keep_their_context)
{
	struct tls_ctx *ctx = rig_ctx(NULL);
	struct rig r, d;

	rig_control(&r, ctx, &(struct rig_options){ .version = 0 });
	tls_ctx_unref(ctx);
	rig_data(&d, &r, &(struct rig_options){ .version = 0 });
	rig_close(&r);
	rig_put(&d, "data");
	ck_assert_str_eq(rig_hear(&d, NULL), "data");
	rig_close(&d);
}
END_TEST

START_TEST(expiry)
{
	struct rig_cert_spec late = {
		.cn = "late", .from = -100, .until = 9000
	};
	struct rig_cert_spec soon = {
		.cn = "soon", .from = -100, .until = 500
	};
	struct rig_cert a = rig_cert(&late, NULL), b = rig_cert(&soon, NULL);
	struct tls_settings set = { .sni_dir = temp_path("names") };
	struct tls_pair pair = { .cert = rig_write_cert("a.crt", &a, NULL),
		.key = rig_write_key("a.key", &a) };
	struct tls_ctx *ctx;
	int64_t now = (int64_t)time(NULL);

	set.pairs = &pair;
	set.npairs = 1;
	ck_assert_int_eq(mkdir(set.sni_dir, 0700), 0);
	ctx = rig_ctx(&set);
	ck_assert_int_ge(tls_ctx_not_after(ctx), now + 8900);
	ck_assert_int_le(tls_ctx_not_after(ctx), now + 9100);
	tls_ctx_unref(ctx);
	rig_write_cert("names/b.crt", &b, NULL);
	rig_write_key("names/b.key", &b);
	ctx = rig_ctx(&set);
	ck_assert_int_le(tls_ctx_not_after(ctx), now + 600);
	ck_assert_ptr_nonnull(strstr(tls_ctx_not_after_file(ctx), "b.crt"));
	tls_ctx_unref(ctx);
	rig_cert_free(&a);
	rig_cert_free(&b);
}
END_TEST

/* -------------------------------------------------------------- self-signed */

/* Longer than the 64 bytes that a common name may have. */
#define LONG_NAME                                       \
	"a-host-with-a-long-name.in-a-department-with-" \
	"a-long-name.example.org"

START_TEST(self_signed)
{
	struct tls_pair pair = { .cert = temp_path("new.crt"),
		.key = temp_path("new.key") };
	char fp[TLS_FINGERPRINT_LEN], *err = NULL;
	const char *names[] = { "ftp.example.org", "192.0.2.1", "2001:db8::1",
		LONG_NAME };
	struct tls_ctx *ctx;
	struct stat sb;
	struct rig r;
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		ck_assert_msg(
		    tls_selfsigned(pair.cert, pair.key, names[i], &err) == 0,
		    "%s", err);
		ck_assert_int_eq(stat(pair.key, &sb), 0);
		ck_assert_uint_eq(sb.st_mode & 0777, 0600);
		ctx = rig_ctx(
		    &(struct tls_settings){ .pairs = &pair, .npairs = 1 });
		ck_assert_int_eq(tls_file_fingerprint(pair.cert, fp), 0);
		ck_assert_str_eq(fp, tls_ctx_fingerprint(ctx, 0));
		ck_assert_uint_eq(strlen(fp), 95);
		rig_control(&r, ctx, &(struct rig_options){ .version = 0 });
		ck_assert_int_eq(
		    i == 0 || i == 3
			? X509_check_host(SSL_get0_peer_certificate(r.c.ssl),
			      names[i], 0, 0, NULL)
			: X509_check_ip_asc(
			      SSL_get0_peer_certificate(r.c.ssl), names[i], 0),
		    1);
		rig_close(&r);
		ck_assert_int_gt(tls_ctx_not_after(ctx),
		    (int64_t)time(NULL) + 3600L * 24 * 3600);
		tls_ctx_unref(ctx);
	}
	ck_assert_int_eq(tls_file_fingerprint(pair.key, fp), -1);
}
END_TEST

START_TEST(self_signed_fails)
{
	char *err = NULL;

	ck_assert_int_eq(tls_selfsigned(temp_path("x.crt"),
			     temp_path("none/x.key"), "x", &err),
	    -1);
	ck_assert_ptr_nonnull(strstr(err, "x.key: cannot create: No such"));
	free(err);
	/* No half of a pair appears. */
	ck_assert_int_eq(access(temp_path("x.crt"), F_OK), -1);
	ck_assert_int_eq(
	    tls_selfsigned(temp_path("x.crt"), temp_path("x.key"), "", &err),
	    -1);
	ck_assert_ptr_nonnull(strstr(err, "cannot make a certificate"));
	free(err);
	ck_assert_int_eq(access(temp_path("x.key"), F_OK), -1);
}
END_TEST

/* ------------------------------------------------------------------ profiles
 */

static bool
accepts(struct tls_ctx *ctx, int version, const char *ciphers, char *words)
{
	struct rig r;
	bool ok;

	rig_open(&r,
	    &(struct rig_options){ .version = version, .ciphers = ciphers });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ok = rig_handshake(&r);
	strlcpy(words, tls_stream_error(&r.st), 256);
	rig_close(&r);
	return ok;
}

START_TEST(modern_profile)
{
	struct tls_ctx *ctx = rig_ctx(NULL);
	char words[256];

	ck_assert(accepts(ctx, TLS1_3_VERSION, NULL, words));
	ck_assert(accepts(ctx, TLS1_2_VERSION, NULL, words));
	ck_assert(!accepts(ctx, TLS1_1_VERSION, NULL, words));
	ck_assert_ptr_nonnull(strstr(words, "client offers only TLS 1.1"));
	ck_assert(!accepts(ctx, TLS1_VERSION, NULL, words));
	ck_assert_ptr_nonnull(strstr(words, "client offers only TLS 1.0"));
	ck_assert(!accepts(ctx, TLS1_2_VERSION,
	    "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", words));
	ck_assert_ptr_nonnull(strstr(words, "no shared cipher"));
	tls_ctx_unref(ctx);
}
END_TEST

/* R38: cameras. */
START_TEST(legacy_profile)
{
	struct rig_cert c = on_disk("old", RIG_RSA);
	struct tls_pair pair = { .cert = temp_path("old.crt"),
		.key = temp_path("old.key") };
	struct tls_settings set = {
		.pairs = &pair, .npairs = 1, .profile = TLS_LEGACY
	};
	struct tls_ctx *ctx = rig_ctx(&set);
	char words[256];

	ck_assert_msg(accepts(ctx, TLS1_VERSION, NULL, words), "%s", words);
	ck_assert_msg(
	    accepts(ctx, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0", words), "%s",
	    words);
	ck_assert_msg(
	    accepts(ctx, TLS1_VERSION, "DHE-RSA-AES128-SHA:@SECLEVEL=0", words),
	    "%s", words);
	ck_assert(accepts(ctx, TLS1_1_VERSION, NULL, words));
	ck_assert(accepts(ctx, TLS1_3_VERSION, NULL, words));
	ck_assert(!accepts(ctx, TLS1_2_VERSION, "NULL:@SECLEVEL=0", words));
	ck_assert(!accepts(ctx, TLS1_2_VERSION, "aNULL:@SECLEVEL=0", words));
	tls_ctx_unref(ctx);
	rig_cert_free(&c);
}
END_TEST

START_TEST(versions_can_be_limited)
{
	struct tls_ctx *ctx;
	char words[256];
	struct tls_settings set = { .min = TLS_V_1_3 };

	ctx = rig_ctx(&set);
	ck_assert(!accepts(ctx, TLS1_2_VERSION, NULL, words));
	ck_assert_ptr_nonnull(strstr(words, "client offers only TLS 1.2"));
	tls_ctx_unref(ctx);
	set.min = TLS_V_DEFAULT;
	set.max = TLS_V_1_2;
	ctx = rig_ctx(&set);
	ck_assert(!accepts(ctx, TLS1_3_VERSION, NULL, words));
	ck_assert(accepts(ctx, TLS1_2_VERSION, NULL, words));
	tls_ctx_unref(ctx);
	set.min = TLS_V_1_3;
	expect_error(&set, "highest TLS version is below the lowest");
}
END_TEST

/* The group that a client and this context agree on. */
static const char *
agreed(struct tls_ctx *ctx, const struct rig_options *o)
{
	static char name[64];
	struct rig r;

	rig_control(&r, ctx, o);
	strlcpy(name,
	    SSL_group_to_name(r.c.ssl, SSL_get_negotiated_group(r.c.ssl)),
	    sizeof(name));
	rig_close(&r);
	return name;
}

/* P-256 is the curve of the certificate, which TLS 1.2 asks for, too. */
START_TEST(groups)
{
	static const struct {
		int version;
		const char *offered, *chosen;
	} rows[] = {
		{ TLS1_3_VERSION, "X25519:P-256", "x25519" },
		{ TLS1_3_VERSION, "P-256:X25519", "secp256r1" },
		{ TLS1_3_VERSION, "P-384", "secp384r1" },
		{ TLS1_2_VERSION, "X25519:P-256", "x25519" },
		{ TLS1_2_VERSION, "P-256", "secp256r1" },
	};
	struct tls_settings set = { .profile = _i ? TLS_LEGACY : TLS_MODERN };
	struct tls_ctx *ctx = rig_ctx(&set);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	for (size_t i = 0; i < NELEM(rows); i++)
		ck_assert_str_eq(
		    agreed(
			ctx, &(struct rig_options){ .version = rows[i].version,
				 .groups = rows[i].offered }),
		    rows[i].chosen);
	tls_ctx_unref(ctx);
}
END_TEST

/* Where both know it, unless the client would have to be asked again. */
START_TEST(hybrid)
{
	static const struct {
		enum tls_version max;
		int version;
		const char *offered, *chosen;
	} rows[] = {
		{ 0, TLS1_3_VERSION, RIG_HYBRID, RIG_HYBRID },
		{ 0, 0, RIG_HYBRID ":X25519:P-256", RIG_HYBRID },
		{ 0, 0, "X25519:P-256:" RIG_HYBRID, "x25519" },
		{ 0, TLS1_2_VERSION, RIG_HYBRID ":X25519:P-256", "x25519" },
		{ TLS_V_1_2, 0, RIG_HYBRID ":X25519:P-256", "x25519" },
	};
	struct tls_settings set = { .profile = _i ? TLS_LEGACY : TLS_MODERN };
	struct tls_ctx *ctx;

	for (size_t i = 0; rig_knows_hybrid() && i < NELEM(rows); i++) {
		set.max = rows[i].max;
		ctx = rig_ctx(&set);
		ck_assert_str_eq(
		    agreed(
			ctx, &(struct rig_options){ .version = rows[i].version,
				 .groups = rows[i].offered }),
		    rows[i].chosen);
		tls_ctx_unref(ctx);
	}
}
END_TEST

/* ---------------------------------------------------------- OCSP and ALPN */

START_TEST(stapling)
{
	struct rig_cert c = on_disk("a", RIG_EC);
	struct tls_pair pair = { .cert = temp_path("a.crt"),
		.key = temp_path("a.key"),
		.ocsp = temp_file("a.ocsp", "0abc") };
	struct tls_settings set = { .pairs = &pair, .npairs = 1 };
	struct tls_ctx *ctx = rig_ctx(&set);
	unsigned char *p = NULL;
	struct rig r;

	rig_open(&r, &(struct rig_options){ .version = 0 });
	SSL_set_tlsext_status_type(r.c.ssl, TLSEXT_STATUSTYPE_ocsp);
	tls_stream_start(&r.st, ctx, &rig_addr);
	ck_assert(rig_handshake(&r));
	ck_assert_int_eq(SSL_get_tlsext_status_ocsp_resp(r.c.ssl, &p), 4);
	ck_assert(memcmp(p, "0abc", 4) == 0);
	rig_close(&r);
	tls_ctx_unref(ctx);
	temp_file("a.ocsp", "no DER");
	expect_error(&set, "holds no OCSP response in DER form");
	rig_cert_free(&c);
}
END_TEST

START_TEST(alpn)
{
	static const struct {
		const char *offered, *chosen;
	} rows[] = {
		{ "\3ftp", "ftp" },
		{ "\17x-filezilla-ftp\3ftp", "ftp" },
		{ "\10http/1.1", "" },
		{ "\4ftps\2ft", "" },
	};
	struct tls_ctx *ctx = rig_ctx(NULL);
	const unsigned char *p;
	struct rig r;
	unsigned len;
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		rig_open(&r, &(struct rig_options){ .version = 0 });
		SSL_set_alpn_protos(r.c.ssl,
		    (const unsigned char *)rows[i].offered,
		    (unsigned)strlen(rows[i].offered));
		tls_stream_start(&r.st, ctx, &rig_addr);
		ck_assert(rig_handshake(&r));
		SSL_get0_alpn_selected(r.c.ssl, &p, &len);
		ck_assert_uint_eq(len, strlen(rows[i].chosen));
		ck_assert(len == 0 || memcmp(p, rows[i].chosen, len) == 0);
		rig_close(&r);
	}
	tls_ctx_unref(ctx);
}
END_TEST

Suite *
suite_tls_ctx(void)
{
	Suite *s = suite_create("tls_ctx");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, errors_of_pairs);
	tcase_add_test(tc, key_with_passphrase);
	tcase_add_test(tc, one_file_with_chain);
	tcase_add_test(tc, damaged_chain);
	tcase_add_test(tc, two_kinds_of_keys);
	tcase_add_test(tc, certificates_by_name);
	tcase_add_test(tc, aliases_share);
	tcase_add_test(tc, name_without_key);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, connections_keep_their_context);
	tcase_add_test(tc, expiry);
	tcase_add_test(tc, self_signed);
	tcase_add_test(tc, self_signed_fails);
	tcase_add_test(tc, modern_profile);
	tcase_add_test(tc, legacy_profile);
	tcase_add_test(tc, versions_can_be_limited);
	tcase_add_loop_test(tc, groups, 0, 2);
	tcase_add_loop_test(tc, hybrid, 0, 2);
	tcase_add_test(tc, stapling);
	tcase_add_test(tc, alpn);
	suite_add_tcase(s, tc);
	return s;
}
