/* SPDX-License-Identifier: ISC */
/*
 * Private keys outside of contexts: handshakes that ask for their use, and what
 * a signer does and refuses. Asker and signer are one process here; what they
 * say goes through their messages.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_keyop.h"
#include "tls/tls_keyring.h"
#include "tls/tls_stream.h"

static struct tls_keyring *ring;
static struct tls_signer *signer;
static unsigned asked;
static bool deaf; /* the signer does not answer */
static uint8_t message[TLS_KEYOP_IN_MAX + 64]; /* the last one */
static size_t message_len;

/* What arrives of an operation at the other end. */
static int
read_message(size_t len, struct tls_keyop *op)
{
	struct rbuf r;

	rbuf_init(&r, message, len);
	tls_keyop_get(&r, op);
	return rbuf_end(&r);
}

static ssize_t
ask(void *arg, const struct tls_keyop *asks, uint8_t *out, size_t size)
{
	struct tls_keyop op;
	struct wbuf w;
	const char *why;
	ssize_t n;

	ck_assert_ptr_eq(arg, &ring);
	asked++;
	wbuf_init(&w, message, sizeof(message));
	tls_keyop_put(&w, asks);
	message_len = w.len;
	ck_assert(!w.err);
	ck_assert_int_eq(read_message(w.len, &op), 0);
	if (deaf)
		return -1;
	n = tls_signer_do(signer, &op, out, size, &why);
	ck_assert_msg(n != -1, "%s", why);
	return n;
}

static void
setup(void)
{
	char *err = NULL;

	log_open("none");
	temp_dir_setup();
	ring = tls_keyring_new(&err);
	ck_assert_msg(ring != NULL, "%s", err);
	tls_keyop_use(ask, &ring);
	asked = 0;
	deaf = false;
}

static void
teardown(void)
{
	tls_signer_free(signer);
	signer = NULL;
	tls_keyring_unref(ring);
	temp_dir_teardown();
}

/* A certificate on disk, and a context that gave its key away. */
static struct tls_ctx *
make_ctx(enum rig_key kind, enum tls_profile profile)
{
	struct rig_cert c = rig_cert(
	    &(struct rig_cert_spec){ .cn = "server", .kind = kind }, NULL);
	struct tls_pair pair = { .cert = rig_write_cert("k.crt", &c, NULL),
		.key = rig_write_key("k.key", &c) };

	rig_cert_free(&c);
	return rig_ctx(&(struct tls_settings){
	    .pairs = &pair, .npairs = 1, .profile = profile, .keyring = ring });
}

static void
start_signer(void)
{
	char *err = NULL;

	ck_assert_int_eq(tls_keyring_seal(ring, &err), 0);
	signer = tls_signer_new(tls_keyring_fd(ring), &err);
	ck_assert_msg(signer != NULL, "%s", err);
}

static bool
shakes_hands(struct tls_ctx *ctx, int version, const char *ciphers)
{
	struct rig r;
	bool ok;

	rig_open(&r,
	    &(struct rig_options){ .version = version, .ciphers = ciphers });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ok = rig_handshake(&r);
	rig_close(&r);
	return ok;
}

/* -------------------------------------------------------------- handshakes */

static const struct {
	enum rig_key kind;
	int version;
	const char *ciphers;
	enum tls_profile profile;
	enum tls_keyop_kind op;
} handshakes[] = {
	{ RIG_EC, TLS1_3_VERSION, NULL, TLS_MODERN, TLS_OP_ECDSA },
	{ RIG_EC, TLS1_2_VERSION, NULL, TLS_MODERN, TLS_OP_ECDSA },
	{ RIG_RSA, TLS1_3_VERSION, NULL, TLS_MODERN, TLS_OP_RSA_PSS },
	{ RIG_RSA, TLS1_2_VERSION, NULL, TLS_MODERN, TLS_OP_RSA_PSS },
	{ RIG_RSA_PSS, TLS1_3_VERSION, NULL, TLS_MODERN, TLS_OP_RSA_PSS },
	{ RIG_RSA_PSS, TLS1_2_VERSION, NULL, TLS_MODERN, TLS_OP_RSA_PSS },
	{ RIG_ED25519, TLS1_3_VERSION, NULL, TLS_MODERN, TLS_OP_EDDSA },
	{ RIG_ED25519, TLS1_2_VERSION, NULL, TLS_MODERN, TLS_OP_EDDSA },
	{ RIG_ED448, TLS1_3_VERSION, NULL, TLS_MODERN, TLS_OP_EDDSA },
	{ RIG_EC, TLS1_VERSION, NULL, TLS_LEGACY, TLS_OP_ECDSA },
	{ RIG_RSA, TLS1_VERSION, NULL, TLS_LEGACY, TLS_OP_RSA_PKCS1 },
	{ RIG_RSA, TLS1_1_VERSION, "DHE-RSA-AES128-SHA:@SECLEVEL=0", TLS_LEGACY,
	    TLS_OP_RSA_PKCS1 },
	{ RIG_RSA, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0", TLS_LEGACY,
	    TLS_OP_RSA_DECRYPT },
	{ RIG_RSA, TLS1_2_VERSION, "AES128-GCM-SHA256:@SECLEVEL=0", TLS_LEGACY,
	    TLS_OP_RSA_DECRYPT },
};

START_TEST(handshake)
{
	struct tls_ctx *ctx =
	    make_ctx(handshakes[_i].kind, handshakes[_i].profile);
	struct tls_keyop op;

	start_signer();
	ck_assert(
	    shakes_hands(ctx, handshakes[_i].version, handshakes[_i].ciphers));
	ck_assert_uint_eq(asked, 1);
	ck_assert_int_eq(read_message(message_len, &op), 0);
	ck_assert_uint_eq(op.kind, handshakes[_i].op);
	ck_assert(
	    shakes_hands(ctx, handshakes[_i].version, handshakes[_i].ciphers));
	ck_assert_uint_eq(asked, 2);
	tls_ctx_unref(ctx);
}
END_TEST

START_TEST(fails_without_an_answer)
{
	struct tls_ctx *ctx = make_ctx(RIG_EC, TLS_MODERN);

	start_signer();
	deaf = true;
	ck_assert(!shakes_hands(ctx, TLS1_3_VERSION, NULL));
	ck_assert(!shakes_hands(ctx, TLS1_2_VERSION, NULL));
	deaf = false;
	ck_assert(shakes_hands(ctx, TLS1_3_VERSION, NULL));
	tls_keyop_use(NULL, NULL);
	ck_assert(!shakes_hands(ctx, TLS1_3_VERSION, NULL));
	tls_ctx_unref(ctx);
}
END_TEST

/* Each gets the key that belongs to it, also by name. */
START_TEST(several_certificates)
{
	static const char *const names[] = { "a", "b", "c" };
	struct rig_cert c;
	struct tls_pair pair = { .cert = temp_path("a.crt"),
		.key = temp_path("a.key") };
	struct tls_settings set = { .pairs = &pair,
		.npairs = 1,
		.sni_dir = temp_path(""),
		.keyring = ring };
	struct tls_ctx *ctx, *again;
	struct rig r;
	char file[16];
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		c = rig_cert(&(struct rig_cert_spec){ .cn = names[i],
				 .kind = i == 1 ? RIG_RSA : RIG_EC },
		    NULL);
		snprintf(file, sizeof(file), "%s.crt", names[i]);
		rig_write_cert(file, &c, NULL);
		snprintf(file, sizeof(file), "%s.key", names[i]);
		rig_write_key(file, &c);
		rig_cert_free(&c);
	}
	ctx = rig_ctx(&set);
	ck_assert_uint_eq(tls_keyring_count(ring), 3); /* a stands twice */
	again = rig_ctx(&set);
	ck_assert_uint_eq(tls_keyring_count(ring), 3);
	start_signer();
	for (i = 0; i < 2 * NELEM(names); i++) {
		rig_control(&r, i % 2 == 0 ? ctx : again,
		    &(struct rig_options){ .sni = names[i / 2] });
		rig_close(&r);
	}
	ck_assert_uint_eq(asked, 2 * NELEM(names));
	tls_ctx_unref(again);
	tls_ctx_unref(ctx);
}
END_TEST

/* ------------------------------------------------------------------ signer */

/* What is told about an operation that is refused. */
static const char *
refusal(const struct tls_keyop *op)
{
	uint8_t out[TLS_KEYOP_OUT_MAX];
	const char *why;

	ck_assert_int_eq(tls_signer_do(signer, op, out, sizeof(out), &why), -1);
	return why;
}

/* The last operation that a handshake asked for. */
static struct tls_keyop
last_operation(void)
{
	struct tls_keyop op;

	ck_assert_int_eq(read_message(message_len, &op), 0);
	return op;
}

START_TEST(signer_refuses)
{
	struct tls_ctx *ctx = make_ctx(RIG_EC, TLS_MODERN);
	struct tls_keyop good, op;
	uint8_t out[TLS_KEYOP_OUT_MAX], in[256];
	const char *why;

	start_signer();
	ck_assert(shakes_hands(ctx, TLS1_3_VERSION, NULL));
	good = op = last_operation();
	ck_assert_int_gt(tls_signer_do(signer, &op, out, sizeof(out), &why), 0);
	ck_assert_int_eq(tls_signer_do(signer, &op, out, 8, &why), -1);

	op.key = 1;
	ck_assert_str_eq(refusal(&op), "there is no such key");
	op.key = UINT16_MAX;
	ck_assert_str_eq(refusal(&op), "there is no such key");
	op = good;
	op.kind = TLS_OP_RSA_PSS;
	ck_assert_str_eq(refusal(&op), "the key is not one for this");
	op.kind = TLS_OP_EDDSA;
	op.hash = TLS_HASH_NONE;
	ck_assert_str_eq(refusal(&op), "the key is not one for this");
	op.kind = TLS_OP_RSA_DECRYPT;
	ck_assert_str_eq(refusal(&op), "the key is not one for this");

	/* Anything that is not a handshake's. */
	op = good;
	op.len--;
	ck_assert_str_eq(refusal(&op), "this is no part of a handshake");
	memcpy(in, good.in, good.len);
	op = good;
	op.in = in;
	in[63] = '.';
	ck_assert_str_eq(refusal(&op), "this is no part of a handshake");
	in[63] = ' ';
	in[90] ^= 1;
	ck_assert_str_eq(refusal(&op), "this is no part of a handshake");
	tls_ctx_unref(ctx);
}
END_TEST

START_TEST(decrypts_for_the_legacy_profile_only)
{
	struct tls_ctx *ctx = make_ctx(RIG_RSA, _i ? TLS_LEGACY : TLS_MODERN);
	uint8_t in[256] = { 1 }, out[TLS_KEYOP_OUT_MAX];
	struct tls_keyop op = { .kind = TLS_OP_RSA_DECRYPT,
		.version = TLS1_VERSION,
		.in = in,
		.len = sizeof(in) };
	const char *why;

	start_signer();
	if (_i == 0)
		ck_assert_str_eq(refusal(&op), "the key is not one for this");
	else /* no oracle: what is no good looks good */
		ck_assert_int_eq(
		    tls_signer_do(signer, &op, out, sizeof(out), &why), 48);
	tls_ctx_unref(ctx);
}
END_TEST

START_TEST(what_is_signed)
{
	static const uint8_t ecdh[] = { 3, 0, 29, 2, 1, 2 };
	static const uint8_t dh[] = { 0, 2, 9, 9, 0, 1, 2, 0, 2, 8, 8 };
	uint8_t in[128] = { 0 };
	struct tls_keyop op = { .kind = TLS_OP_ECDSA, .in = in };

	memcpy(in + 64, ecdh, sizeof(ecdh));
	op.len = 64 + sizeof(ecdh);
	ck_assert(tls_keyop_is_handshake(&op));
	op.len--;
	ck_assert(!tls_keyop_is_handshake(&op));
	op.len += 2;
	ck_assert(!tls_keyop_is_handshake(&op));
	op.len--;
	in[64] = 1; /* explicit curves */
	ck_assert(!tls_keyop_is_handshake(&op));
	memcpy(in + 64, dh, sizeof(dh));
	op.len = 64 + sizeof(dh);
	ck_assert(tls_keyop_is_handshake(&op));
	op.len++;
	ck_assert(!tls_keyop_is_handshake(&op));
	for (op.len = 64 + sizeof(dh) - 1; op.len > 0; op.len--)
		ck_assert(!tls_keyop_is_handshake(&op));
}
END_TEST

/* ---------------------------------------------------------------- messages */

START_TEST(messages_are_strict)
{
	static const uint8_t in[TLS_KEYOP_IN_MAX + 1];
	static const struct {
		uint8_t kind, hash;
		size_t len;
		int result;
	} rows[] = {
		{ TLS_OP_ECDSA, TLS_HASH_SHA256, 1, 0 },
		{ TLS_OP_ECDSA, TLS_HASH_SHA256, TLS_KEYOP_IN_MAX, 0 },
		{ TLS_OP_ECDSA, TLS_HASH_SHA256, TLS_KEYOP_IN_MAX + 1, -1 },
		{ TLS_OP_ECDSA, TLS_HASH_SHA256, 0, -1 },
		{ TLS_OP_ECDSA, TLS_HASH_NONE, 1, -1 },
		{ TLS_OP_ECDSA, TLS_HASH_MD5_SHA1, 1, -1 },
		{ TLS_OP_ECDSA, TLS_HASH_COUNT, 1, -1 },
		{ TLS_OP_RSA_PKCS1, TLS_HASH_MD5_SHA1, 1, 0 },
		{ TLS_OP_RSA_PSS, TLS_HASH_SHA1, 1, -1 },
		{ TLS_OP_EDDSA, TLS_HASH_NONE, 1, 0 },
		{ TLS_OP_EDDSA, TLS_HASH_SHA256, 1, -1 },
		{ TLS_OP_RSA_DECRYPT, TLS_HASH_NONE, 1, 0 },
		{ TLS_OP_COUNT, TLS_HASH_NONE, 1, -1 },
		{ 255, 255, 1, -1 },
	};
	struct tls_keyop op;
	struct wbuf w;
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		wbuf_init(&w, message, sizeof(message));
		tls_keyop_put(&w, &(struct tls_keyop){ .kind = rows[i].kind,
				      .hash = rows[i].hash,
				      .in = in,
				      .len = rows[i].len });
		ck_assert(!w.err);
		ck_assert_int_eq(read_message(w.len, &op), rows[i].result);
		ck_assert_int_eq(read_message(w.len - 1, &op), -1);
	}
}
END_TEST

/* ------------------------------------------------------------------- rings */

START_TEST(ring_is_sealed)
{
	struct tls_ctx *ctx = make_ctx(RIG_EC, TLS_MODERN);
	int fd = tls_keyring_fd(ring);

	start_signer();
	ck_assert_int_eq((int)write(fd, "x", 1), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	tls_ctx_unref(ctx);
}
END_TEST

START_TEST(damaged_ring)
{
	int fd = open(temp_file("ring", "\1\377\377\377\377"), O_RDONLY);
	char *err = NULL;

	ck_assert_ptr_null(tls_signer_new(fd, &err));
	ck_assert_str_eq(err, "damaged keys");
	free(err);
	close(fd);
	fd = open(temp_file("ring", ""), O_RDONLY);
	ck_assert_ptr_null(tls_signer_new(fd, &err));
	ck_assert_ptr_nonnull(strstr(err, "cannot read the keys"));
	free(err);
	close(fd);
}
END_TEST

Suite *
suite_tls_keyring(void)
{
	Suite *s = suite_create("tls_keyring");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, handshake, 0, NELEM(handshakes));
	tcase_add_test(tc, fails_without_an_answer);
	tcase_add_test(tc, several_certificates);
	tcase_add_test(tc, signer_refuses);
	tcase_add_loop_test(tc, decrypts_for_the_legacy_profile_only, 0, 2);
	tcase_add_test(tc, what_is_signed);
	tcase_add_test(tc, messages_are_strict);
	tcase_add_test(tc, ring_is_sealed);
	tcase_add_test(tc, damaged_ring);
	suite_add_tcase(s, tc);
	return s;
}
