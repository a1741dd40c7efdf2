/* SPDX-License-Identifier: ISC */
/*
 * A worker and its key process, which is played by the test: whatever that
 * answers, or if it does not, costs a handshake and nothing more.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/keymsg.h"
#include "server/worker/keys.h"
#include "server/worker/worker.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_keyring.h"
#include "tls/tls_stream.h"

static struct ctrl_rig rig;
static struct tls_keyring *ring;
static struct tls_ctx *ctx;
static int keys; /* our end */

static void
give_channel(void)
{
	int fds[2];

	fd_close(&keys);
	ck_assert_int_eq(ipc_pair(fds), 0);
	crig_begin(MW_KEYS);
	crig_tell(&rig, fds[0]);
	close(fds[0]);
	keys = fds[1];
}

static void
setup(void)
{
	char *err = NULL;

	log_open("none");
	temp_dir_setup();
	crig_start(&rig);
	ring = tls_keyring_new(&err);
	ck_assert_msg(ring != NULL, "%s", err);
	ctx = rig_ctx(&(struct tls_settings){ .keyring = ring });
	keys_use(rig.w);
	keys = -1;
}

static void
teardown(void)
{
	tls_keyop_use(NULL, NULL);
	fd_close(&keys);
	tls_ctx_unref(ctx);
	tls_keyring_unref(ring);
	crig_stop(&rig);
	temp_dir_teardown();
}

static bool
shakes_hands(void)
{
	struct rig r;
	bool ok;

	rig_open(&r, &(struct rig_options){ .version = 0 });
	tls_stream_start(&r.st, ctx, &rig_addr);
	ok = rig_handshake(&r);
	rig_close(&r);
	return ok;
}

/* The worker has asked for a signature. */
static void
expect_request(void)
{
	struct tls_keyop op;
	struct ipc_msg m;

	ck_assert_int_eq(ipc_recv(keys, rig.mem, &m), IPC_OK);
	ck_assert_uint_eq(m.type, KW_DO);
	ck_assert_int_eq(keymsg_get_request(&m.body, &op), 0);
	ck_assert_uint_eq(op.kind, TLS_OP_ECDSA);
	ck_assert_uint_eq(op.key, 0);
	ck_assert(tls_keyop_is_handshake(&op));
}

static void
expect_given_up(void)
{
	ck_assert_int_eq(rig.w->keys, -1);
	ck_assert_int_eq(rbuf_end(crig_reported(&rig, WM_KEYS)), 0);
	/* From now on nobody is asked or told. */
	ck_assert(!shakes_hands());
	crig_told_nothing(&rig);
}

/* The answer to a question that is asked later. */
static void
put_answer(uint16_t type, size_t len, const char *why, size_t more, int fd)
{
	static const uint8_t zeros[IPC_MAX];
	static uint8_t mem[IPC_MAX];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	put_bytes(&b, zeros, len);
	put_str(&b, why);
	b.len += more;
	ck_assert_int_eq(ipc_send(keys, &b, fd), IPC_OK);
}

START_TEST(none)
{
	ck_assert(!shakes_hands());
	crig_told_nothing(&rig);
}
END_TEST

START_TEST(gone)
{
	give_channel();
	fd_close(&keys);
	ck_assert(!shakes_hands());
	expect_given_up();
}
END_TEST

START_TEST(silent)
{
	give_channel();
	ck_assert(!shakes_hands()); /* after some seconds */
	expect_request();
	expect_given_up();
}
END_TEST

static const struct {
	uint16_t type;
	size_t len;
	const char *why;
	size_t more;
} nonsense[] = {
	{ KW_DO, 70, "", 0 }, { KW_DONE, 0, "", 0 },
	{ KW_DONE, 70, "and a reason", 0 }, { KW_DONE, 70, "", 1 },
	{ KW_DONE, TLS_KEYOP_OUT_MAX + 1, "", 0 },
	{ KW_DONE, 73, "", 0 }, /* longer than any signature of the key */
};

START_TEST(talks_nonsense)
{
	give_channel();
	put_answer(nonsense[_i].type, nonsense[_i].len, nonsense[_i].why,
	    nonsense[_i].more, -1);
	ck_assert(!shakes_hands());
	expect_request();
	expect_given_up();
}
END_TEST

START_TEST(sends_a_descriptor)
{
	give_channel();
	put_answer(KW_DONE, 70, "", 0, STDERR_FILENO);
	ck_assert(!shakes_hands());
	expect_given_up();
}
END_TEST

/* It is sound, and so is the channel: only the client notices the rest. */
START_TEST(refuses)
{
	give_channel();
	put_answer(KW_DONE, 0, "no such key", 0, -1);
	ck_assert(!shakes_hands());
	expect_request();
	put_answer(KW_DONE, 70, "", 0, -1); /* a signature that is wrong */
	ck_assert(!shakes_hands());
	expect_request();
	ck_assert_int_ne(rig.w->keys, -1);
	crig_told_nothing(&rig);
}
END_TEST

START_TEST(another_channel)
{
	int old;

	give_channel();
	old = keys;
	keys = -1;
	give_channel();
	ck_assert_int_eq((int)recv(old, rig.mem, 1, MSG_DONTWAIT), 0);
	close(old);
	put_answer(KW_DONE, 0, "no such key", 0, -1);
	ck_assert(!shakes_hands());
	expect_request();
}
END_TEST

Suite *
suite_worker_keys(void)
{
	Suite *s = suite_create("worker_keys");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, none);
	tcase_add_test(tc, gone);
	tcase_add_test(tc, silent);
	tcase_add_loop_test(tc, talks_nonsense, 0, NELEM(nonsense));
	tcase_add_test(tc, sends_a_descriptor);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, another_channel);
	suite_add_tcase(s, tc);
	return s;
}
