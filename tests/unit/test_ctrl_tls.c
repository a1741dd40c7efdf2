/* SPDX-License-Identifier: ISC */
/*
 * Sessions in TLS whose client does what no good client does (issue 3, "Bad
 * input"): the worker's side of it, with a client of OpenSSL's.
 */
#include <check.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "server/tlsconf.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"

static struct ctrl_rig rig;
static struct rig tls; /* its client; the worker has the other end */
static struct tlsconf *certs;

static void
setup(void)
{
	char *err, *warn;

	temp_dir_setup();
	crig_start(&rig);
	rig.conf.path = (char[]){ "ftpd.conf" };
	rig.conf.selfsigned = (char *)(uintptr_t)temp_path("self.crt");
	rig.conf.handshake_timeout = 30;
	rig.conf.listens->tls = CONF_TLS_OPTIONAL;
	certs = tlsconf_new(&rig.conf, true, &err, &warn);
	ck_assert_msg(certs != NULL, "%s", err);
	rig.w->tls = certs;
}

static void
teardown(void)
{
	rig_close(&tls);
	crig_stop(&rig);
	tlsconf_free(certs);
	temp_dir_teardown();
}

/* What the client has to send goes to the worker, and back. */
static void
talk(void)
{
	rig_pump(&tls);
	crig_turn(&rig);
	rig_pump(&tls);
}

/* A session after AUTH TLS; the worker's socket buffer is small. */
static void
connect_auth(int version)
{
	int size = 4096;
	char text[256];

	rig_open(&tls, &(struct rig_options){ .version = version });
	ck_assert_int_eq(
	    setsockopt(tls.st.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
	    0);
	crig_give(&rig, tls.st.fd);
	tls.st.fd = -1;
	rig_raw(&tls, "AUTH TLS\r\n", 10);
	crig_turn(&rig);
	ck_assert_int_gt(recv(tls.c.fd, text, sizeof(text), 0), 0);
}

static void
connect_secure(int version)
{
	int i, ret = 0;

	connect_auth(version);
	for (i = 0; i < 10 && ret != 1; i++) {
		ret = SSL_do_handshake(tls.c.ssl);
		talk();
	}
	ck_assert_int_eq(ret, 1);
	rig_put(&tls, "NOOP\r\n");
	crig_turn(&rig);
	ck_assert_str_eq(rig_get(&tls), "200 NOOP ok.\r\n");
}

static void
expect_end(const char *reason)
{
	char text[64];

	(void)get_str(crig_told(&rig, WM_END), text, sizeof(text));
	ck_assert_str_eq(text, reason);
}

static void
on_moment(evutil_socket_t fd, short what, void *arg)
{
	*(bool *)arg = true;
}

/* The first thing that happens is that a moment is over. */
static void
expect_idle(void)
{
	const struct timeval moment = { 0, 100000 };
	bool over = false;
	struct event *ev = evtimer_new(rig.base, on_moment, &over);

	event_add(ev, &moment);
	event_base_loop(rig.base, EVLOOP_ONCE);
	event_free(ev);
	ck_assert(over);
}

/* Has the worker read all that was sent? */
static bool
is_read(void)
{
	int unread;

	ck_assert_int_eq(ioctl(tls.c.fd, SIOCOUTQ, &unread), 0);
	return unread == 0;
}

/* Key updates that ask for answers, from a client that reads none of them:
 * the worker stops reading and waits. */
static void
flood(void)
{
	int i;

	connect_secure(TLS1_3_VERSION);
	tls.c.mute = true;
	for (i = 0; i < 5000 && is_read(); i++) {
		ck_assert_int_eq(
		    SSL_key_update(tls.c.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(tls.c.ssl), 1);
		talk();
	}
	ck_assert(!is_read());
	expect_idle();
}

START_TEST(test_flood_then_heard)
{
	int i;

	flood();
	rig_put(&tls, "NOOP\r\n");
	expect_idle();
	tls.c.mute = false;
	for (i = 0; i < 1000 && strcmp(rig_get(&tls), "200 NOOP ok.\r\n") != 0;
	     i++)
		talk();
	ck_assert_int_lt(i, 1000);
	expect_idle();
}
END_TEST

START_TEST(test_flood_never_heard)
{
	crig_fake_clock();
	flood();
	crig_wait(&rig, rig.conf.output_timeout * UINT64_C(1000));
	expect_end("output-timeout");
}
END_TEST

/* Nothing is lost, and who stops in a handshake must not delay it. */
START_TEST(test_shutdown_in_handshake)
{
	char c;

	connect_auth(TLS1_3_VERSION);
	crig_order(&rig, MW_SHUTDOWN);
	expect_end("shutdown");
	ck_assert_int_eq(recv(tls.c.fd, &c, 1, 0), 0);
}
END_TEST

Suite *
suite_ctrl_tls(void)
{
	Suite *suite = suite_create("ctrl_tls");
	TCase *tc = tcase_create("clients");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_flood_then_heard);
	tcase_add_test(tc, test_flood_never_heard);
	tcase_add_test(tc, test_shutdown_in_handshake);
	suite_add_tcase(suite, tc);
	return suite;
}
