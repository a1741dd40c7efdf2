/* SPDX-License-Identifier: ISC */
/*
 * The key process over its channels: what it signs, and what a worker that is
 * not to be trusted can do to it, which is to lose its channel.
 */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/keymsg.h"
#include "server/proto.h"
#include "server/roles.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_keyring.h"

static struct config conf;
static struct rig_cert cert;
static struct tls_keyring *ring;
static pid_t pid;
static int monitor, worker; /* our ends */
static uint8_t in[IPC_MAX];

static void
send_to(int fd, uint16_t type, int passed)
{
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	ck_assert_int_eq(ipc_send(fd, &b, passed), IPC_OK);
}

static enum ipc_result
receive(int fd, struct ipc_msg *m)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	return ipc_recv(fd, in, m);
}

/* A worker's channel. */
static void
give_channel(void)
{
	int fds[2];

	fd_close(&worker);
	ck_assert_int_eq(ipc_pair(fds), 0);
	send_to(monitor, MK_WORKER, fds[0]);
	close(fds[0]);
	worker = fds[1];
}

static void
make_ring(void)
{
	struct tls_pair pair;
	char *err = NULL;
	struct tls_ctx *ctx;

	cert = rig_cert(&(struct rig_cert_spec){ .cn = "server" }, NULL);
	pair = (struct tls_pair){ .cert = rig_write_cert("k.crt", &cert, NULL),
		.key = rig_write_key("k.key", &cert) };
	ring = tls_keyring_new(&err);
	ctx = rig_ctx(&(struct tls_settings){
	    .pairs = &pair, .npairs = 1, .keyring = ring });
	ck_assert_int_eq(tls_keyring_seal(ring, &err), 0);
	tls_ctx_unref(ctx);
}

static void
setup(void)
{
	static char nobody[] = "nobody"; /* for root */
	int fds[2];

	temp_dir_setup();
	conf.service_user = nobody;
	make_ring();
	ck_assert_int_eq(ipc_pair(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(fds[0]);
		log_open("none");
		keys_main(&conf, fds[1]);
	}
	close(fds[1]);
	monitor = fds[0];
	worker = -1;
	send_to(monitor, MK_RING, tls_keyring_fd(ring));
	give_channel();
}

/* It ends with the monitor, whatever went on before. */
static void
teardown(void)
{
	int status;

	fd_close(&monitor);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	fd_close(&worker);
	rig_cert_free(&cert);
	tls_keyring_unref(ring);
	temp_dir_teardown();
}

/* What TLS 1.3 signs, with a transcript of zeros. */
static struct tls_keyop
certificate_verify(void)
{
	static const char label[] = "TLS 1.3, server CertificateVerify";
	static uint8_t text[64 + sizeof(label) + 32];

	memset(text, ' ', 64);
	memcpy(text + 64, label, sizeof(label));
	return (struct tls_keyop){ .kind = TLS_OP_ECDSA,
		.hash = TLS_HASH_SHA256,
		.in = text,
		.len = sizeof(text) };
}

static void
ask(const struct tls_keyop *op)
{
	uint8_t mem[IPC_MAX];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), KW_DO);
	keymsg_put_request(&b, op);
	ck_assert_int_eq(ipc_send(worker, &b, -1), IPC_OK);
}

static struct keymsg_reply
answer(char why[KEYMSG_WHY_MAX])
{
	struct keymsg_reply reply;
	struct ipc_msg m;

	ck_assert_int_eq(receive(worker, &m), IPC_OK);
	ck_assert_uint_eq(m.type, KW_DONE);
	ck_assert_int_eq(m.fd, -1);
	ck_assert_int_eq(keymsg_get_reply(&m.body, &reply, why), 0);
	return reply;
}

static void
expect_signature(void)
{
	struct tls_keyop op = certificate_verify();
	char why[KEYMSG_WHY_MAX];
	struct keymsg_reply reply;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ask(&op);
	reply = answer(why);
	ck_assert_uint_gt(reply.len, 0);
	ck_assert_int_eq(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
			     X509_get0_pubkey(cert.x)),
	    1);
	ck_assert_int_eq(
	    EVP_DigestVerify(ctx, reply.out, reply.len, op.in, op.len), 1);
	EVP_MD_CTX_free(ctx);
}

START_TEST(signs)
{
	expect_signature();
	expect_signature();
}
END_TEST

START_TEST(refuses_and_serves_on)
{
	struct tls_keyop op = certificate_verify();
	char why[KEYMSG_WHY_MAX];

	op.key = 7;
	ask(&op);
	ck_assert_uint_eq(answer(why).len, 0);
	ck_assert_str_eq(why, "there is no such key");
	op = certificate_verify();
	op.len = 5;
	ask(&op);
	ck_assert_uint_eq(answer(why).len, 0);
	ck_assert_str_eq(why, "this is no part of a handshake");
	expect_signature();
}
END_TEST

/* What is malformed costs the worker its channel, and nothing else. */
static void
send_malformed(unsigned how)
{
	struct tls_keyop op = certificate_verify();

	switch (how) {
	case 0:
		op.kind = TLS_OP_COUNT;
		ask(&op);
		break;
	case 1:
		op.hash = TLS_HASH_NONE;
		ask(&op);
		break;
	case 2:
		op.in = in;
		op.len = TLS_KEYOP_IN_MAX + 1;
		ask(&op);
		break;
	case 3:
		send_to(worker, KW_DO, -1);
		break;
	case 4:
		send_to(worker, KW_DONE, -1);
		break;
	case 5:
		send_to(worker, MK_RING, tls_keyring_fd(ring));
		break;
	case 6:
		ck_assert_int_eq(write(worker, "", 1), 1);
		break;
	}
}

START_TEST(malformed)
{
	struct ipc_msg m;

	send_malformed((unsigned)_i);
	ck_assert_int_eq(receive(worker, &m), IPC_EOF);
	give_channel();
	expect_signature();
}
END_TEST

/* Who does not read its answers cannot make the process wait. */
START_TEST(does_not_read)
{
	struct tls_keyop op = certificate_verify();
	uint8_t mem[KEYMSG_MAX];
	struct pollfd p = { .fd = worker, .events = POLLOUT };
	struct wbuf b;
	struct ipc_msg m;

	ipc_begin(&b, mem, sizeof(mem), KW_DO);
	keymsg_put_request(&b, &op);
	while (ipc_send(worker, &b, -1) != IPC_EOF)
		ck_assert_int_eq(poll(&p, 1, 20000), 1);
	send_to(monitor, MK_PING, -1);
	ck_assert_int_eq(receive(monitor, &m), IPC_OK);
	ck_assert_uint_eq(m.type, KM_PONG);
	give_channel();
	expect_signature();
}
END_TEST

START_TEST(answers_the_monitor)
{
	struct ipc_msg m;

	send_to(monitor, MK_PING, -1);
	ck_assert_int_eq(receive(monitor, &m), IPC_OK);
	ck_assert_uint_eq(m.type, KM_PONG);
	ck_assert_int_eq(rbuf_end(&m.body), 0);
	/* A worker that leaves does not end it. */
	fd_close(&worker);
	give_channel();
	expect_signature();
}
END_TEST

Suite *
suite_keys_process(void)
{
	Suite *s = suite_create("keys_process");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, signs);
	tcase_add_test(tc, refuses_and_serves_on);
	tcase_add_loop_test(tc, malformed, 0, 7);
	tcase_add_test(tc, does_not_read);
	tcase_add_test(tc, answers_the_monitor);
	suite_add_tcase(s, tc);
	return s;
}
