/* SPDX-License-Identifier: ISC */
/*
 * Key processes as the monitor sees them: one for each worker, with the keys of
 * its certificates, replaced when it dies or hangs.
 */
#include <check.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/tlsconf.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"

static struct monitor *const m = &fake_monitor;

static struct tlsconf *
certificates(void)
{
	struct rig_cert c =
	    rig_cert(&(struct rig_cert_spec){ .cn = "server" }, NULL);
	struct tlsconf *tls;

	rig_write_cert("a.crt", &c, NULL);
	rig_write_key("a.key", &c);
	rig_cert_free(&c);
	tls = certs_load(m->conf, stderr);
	ck_assert_ptr_nonnull(tls);
	return tls;
}

/* One certificate, "a.crt", for one listener. */
static void
setup(void)
{
	struct conf_cert *cert = xcalloc(1, sizeof(*cert));

	temp_dir_setup();
	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	m->conf->path = xstrdup("ftpd.conf");
	m->conf->listens[0].tls = CONF_TLS_OPTIONAL;
	cert->name = xstrdup("a");
	cert->file = xstrdup(temp_path("a.crt"));
	cert->key = xstrdup(temp_path("a.key"));
	m->conf->certs = cert;
	m->conf->ncerts = 1;
}

static void
start(void)
{
	m->tls = certificates();
	fake_start();
	fake_clock_start();
}

static void
teardown(void)
{
	fake_teardown();
	temp_dir_teardown();
}

/* The descriptor that comes with the next message of this type. */
static int
take(struct fake *f, uint16_t type)
{
	struct ipc_msg *msg = fake_expect(f, type);
	int fd = msg->fd;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	msg->fd = -1;
	return fd;
}

static ino_t
inode(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	return st.st_ino;
}

/* Worker and key process have each an end of the same channel. */
static void
expect_channel(struct fake *worker, struct fake *keys)
{
	int a = take(worker, MW_KEYS), b = take(keys, MK_WORKER);
	char byte;

	ck_assert_int_eq(write(a, "x", 1), 1);
	ck_assert_int_eq(read(b, &byte, 1), 1);
	close(a);
	close(b);
}

/* A key process with its ring and its worker; the ring's number. */
static ino_t
expect_start(struct fake *worker, struct fake *keys)
{
	ino_t ring = inode(take(keys, MK_RING));

	expect_channel(worker, keys);
	return ring;
}

static void
say(struct fake *f, uint16_t type)
{
	struct wbuf b;

	fake_begin(&b, type);
	fake_send(f, &b);
}

START_TEST(none_without_tls)
{
	m->conf->listens[0].tls = CONF_TLS_OFF;
	start();
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
	ck_assert_uint_eq(fake_count(ROLE_KEYS), 0);
	fake_expect_nothing(fake_get(ROLE_WORKER, 0));
	/* A worker that complains all the same gets nothing. */
	say(fake_get(ROLE_WORKER, 0), WM_KEYS);
	fake_expect_nothing(fake_get(ROLE_WORKER, 0));
}
END_TEST

START_TEST(one_for_each_worker)
{
	ino_t ring;

	m->conf->workers = 2;
	start();
	ck_assert_uint_eq(fake_count(ROLE_KEYS), 2);
	ring = expect_start(fake_get(ROLE_WORKER, 0), fake_get(ROLE_KEYS, 0));
	ck_assert_uint_eq(ring,
	    expect_start(fake_get(ROLE_WORKER, 1), fake_get(ROLE_KEYS, 1)));
	/* It goes with its worker. */
	fake_die(fake_get(ROLE_WORKER, 0));
	fake_expect_closed(fake_get(ROLE_KEYS, 0));
	fake_expect_nothing(fake_get(ROLE_KEYS, 1));
}
END_TEST

START_TEST(replaced)
{
	struct fake *worker;
	ino_t ring;

	start();
	worker = fake_get(ROLE_WORKER, 0);
	ring = expect_start(worker, fake_get(ROLE_KEYS, 0));
	fake_die(fake_get(ROLE_KEYS, 0));
	fake_clock_add(200); /* who dies young is not replaced at once */
	ck_assert_uint_eq(fake_count(ROLE_KEYS), 2);
	ck_assert_uint_eq(ring, expect_start(worker, fake_get(ROLE_KEYS, 1)));
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
}
END_TEST

/* A worker that serves on after a renewal keeps the keys it began with. */
START_TEST(generations)
{
	struct fake *old, *new;
	ino_t first, second;
	uint64_t sid;
	int client;

	start();
	old = fake_get(ROLE_WORKER, 0);
	first = expect_start(old, fake_get(ROLE_KEYS, 0));
	client = fake_session(&old, &sid);
	certs_use(m, certificates());
	workers_replace(m);
	fake_expect(old, MW_DRAIN);
	new = fake_get(ROLE_WORKER, 1);
	second = expect_start(new, fake_get(ROLE_KEYS, 1));
	ck_assert_uint_ne(first, second);
	fake_die(fake_get(ROLE_KEYS, 0));
	fake_die(fake_get(ROLE_KEYS, 1));
	fake_clock_add(200);
	ck_assert_uint_eq(fake_count(ROLE_KEYS), 4);
	ck_assert_uint_eq(first, expect_start(old, fake_get(ROLE_KEYS, 2)));
	ck_assert_uint_eq(second, expect_start(new, fake_get(ROLE_KEYS, 3)));
	close(client);
}
END_TEST

START_TEST(complaints)
{
	struct fake *worker, *keys;
	int i;

	start();
	worker = fake_get(ROLE_WORKER, 0);
	keys = fake_get(ROLE_KEYS, 0);
	expect_start(worker, keys);
	/* The process is asked itself, once. */
	for (i = 0; i < 5; i++)
		say(worker, WM_KEYS);
	fake_expect(keys, MK_PING);
	fake_expect_nothing(keys);
	say(keys, KM_PONG);
	expect_channel(worker, keys);
	/* The other complaints make one more, not at once. */
	say(worker, WM_KEYS);
	fake_expect_nothing(keys);
	fake_clock_add(1100);
	fake_expect(keys, MK_PING);
	/* Now it hangs. */
	fake_clock_add(1900);
	ck_assert_int_eq(keys->killed, 0);
	fake_clock_add(200);
	ck_assert_int_eq(keys->killed, SIGKILL);
	fake_clock_add(200);
	expect_start(worker, fake_get(ROLE_KEYS, 1));
	ck_assert_int_eq(worker->killed, 0);
}
END_TEST

START_TEST(says_what_it_must_not)
{
	static const uint16_t types[] = { KM_PONG, WM_LOGIN, 0 };
	struct fake *keys;

	start();
	keys = fake_get(ROLE_KEYS, 0);
	expect_start(fake_get(ROLE_WORKER, 0), keys);
	say(keys, types[_i]); /* a PONG that nobody has asked for, too */
	ck_assert_int_eq(keys->killed, SIGKILL);
	fake_clock_add(200);
	ck_assert_uint_eq(fake_count(ROLE_KEYS), 2);
	ck_assert_int_eq(fake_get(ROLE_WORKER, 0)->killed, 0);
}
END_TEST

START_TEST(malformed_complaint)
{
	struct wbuf b;

	start();
	expect_start(fake_get(ROLE_WORKER, 0), fake_get(ROLE_KEYS, 0));
	fake_begin(&b, WM_KEYS);
	put_u8(&b, 0);
	fake_send(fake_get(ROLE_WORKER, 0), &b);
	ck_assert_int_eq(fake_get(ROLE_WORKER, 0)->killed, SIGKILL);
}
END_TEST

Suite *
suite_monitor_keys(void)
{
	Suite *s = suite_create("monitor_keys");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, none_without_tls);
	tcase_add_test(tc, one_for_each_worker);
	tcase_add_test(tc, replaced);
	tcase_add_test(tc, generations);
	tcase_add_test(tc, complaints);
	tcase_add_loop_test(tc, says_what_it_must_not, 0, 3);
	tcase_add_test(tc, malformed_complaint);
	suite_add_tcase(s, tc);
	return s;
}
