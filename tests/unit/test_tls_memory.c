/* SPDX-License-Identifier: ISC */
/*
 * What an idle connection in TLS costs. OpenSSL's memory is counted by its own
 * hooks, and only while our side is at work.
 */
#include <check.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

/* A chunk of the C library's with its bookkeeping. */
#define CHUNK(size) (((size) + 8 + 15) / 16 * 16)

static bool counting;
static long held;

struct block {
	size_t size;
	size_t counted; /* bool, but keeps what follows aligned */
};

static void *
count_malloc(size_t size, const char *file, int line)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (b == NULL)
		return NULL;
	b->size = size;
	b->counted = counting;
	if (counting)
		held += (long)CHUNK(size);
	return b + 1;
}

static void
count_free(void *p, const char *file, int line)
{
	struct block *b = p;

	if (p == NULL)
		return;
	if ((--b)->counted)
		held -= (long)CHUNK(b->size);
	free(b);
}

static void *
count_realloc(void *p, size_t size, const char *file, int line)
{
	void *q = count_malloc(size, file, line);
	struct block *b = p;

	if (q != NULL && p != NULL) {
		b--;
		memcpy(q, p, b->size < size ? b->size : size);
		count_free(p, file, line);
	}
	return q;
}

static void
setup(void)
{
	/* Works only before OpenSSL's first allocation: tests are forked. */
	ck_assert_int_eq(
	    CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free),
	    1);
	temp_dir_setup();
}

static enum io_want
our_handshake(struct rig *r)
{
	enum io_want want;

	counting = true;
	want = r->st.ops->handshake(&r->st);
	counting = false;
	return want;
}

static void
connect_one(struct rig *r, struct tls_ctx *ctx, const struct rig_options *o)
{
	enum io_want want = IO_WANT_READ;
	int i, ret = 0;

	rig_open(r, o);
	counting = true;
	tls_stream_start(&r->st, ctx, &rig_addr);
	counting = false;
	for (i = 0; i < 10 && (ret != 1 || want != IO_DONE); i++) {
		ret = SSL_do_handshake(r->c.ssl);
		rig_pump(r);
		want = our_handshake(r);
		rig_pump(r);
	}
	ck_assert(ret == 1 && want == IO_DONE);
}

static void
talk(struct rig *r)
{
	rig_put(r, "USER joe\r\n");
	counting = true;
	rig_hear(r, NULL);
	tls_stream_new_ticket(&r->st);
	rig_say(r, "331 Password?\r\n");
	counting = false;
	rig_get(r);
}

/* Design section 12: at most 20 KiB in all, the rest of the session has 3. From
 * OpenSSL 3.2 on its two record layers alone have 9 KiB. */
#if OPENSSL_VERSION_NUMBER < 0x30200000L
#define IDLE_MAX (16 * 1024)
#else
#define IDLE_MAX (24 * 1024)
#endif
/* OpenSSL keeps the client's key of ML-KEM, a matrix, to the end. */
#define HYBRID_MAX (IDLE_MAX + 6 * 1024)

START_TEST(idle)
{
	static const struct {
		const char *name;
		struct rig_options client;
		long max;
	} rows[] = {
		{ "TLS 1.2", { .version = TLS1_2_VERSION }, IDLE_MAX },
		{ "TLS 1.3", { .groups = "X25519:P-256" }, IDLE_MAX },
		{ RIG_HYBRID, { .groups = RIG_HYBRID }, HYBRID_MAX },
	};
	const struct rig_options *o = &rows[_i].client;
	struct tls_ctx *ctx;
	struct rig first, r;
	long before;

	if (rows[_i].max == HYBRID_MAX && !rig_knows_hybrid())
		return;
	ctx = rig_ctx(NULL);
	connect_one(&first, ctx, o); /* what all of them share */
	talk(&first);
	before = held;
	connect_one(&r, ctx, o);
	/* The client may be silent from here on. */
	ck_assert_int_lt(held - before, rows[_i].max);
	talk(&r);
	printf("idle connection, %s: %ld bytes of OpenSSL's\n", rows[_i].name,
	    held - before);
	fflush(stdout);
	ck_assert_int_lt(held - before, rows[_i].max);
	rig_close(&r);
	rig_close(&first);
	tls_ctx_unref(ctx);
}
END_TEST

Suite *
suite_tls_memory(void)
{
	Suite *s = suite_create("tls_memory");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, temp_dir_teardown);
	tcase_add_loop_test(tc, idle, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}
