/* SPDX-License-Identifier: ISC */
/*
 * Certificates that are renewed under a running monitor (R11.2), their end
 * (R11.6), and the keys of tickets (R1.6).
 */
#include "config.h"

#include <sys/stat.h>

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/tlsconf.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"

#define LOOK 11000 /* ms: a look at the files, and time to settle */
#define DAY (24L * 60 * 60)

static struct monitor *const m = &fake_monitor;

/* ------------------------------------------------------------------- files */
/* The name becomes a link to the target, in one step. */
static void
point(const char *name, const char *target)
{
	const char *tmp = temp_path("link");

	ck_assert_int_eq(symlink(target, tmp), 0);
	ck_assert_int_eq(rename(tmp, temp_path(name)), 0);
}

/* A pair of its own, for so many seconds from now. */
static void
make_pair(const char *crt, const char *key, long until)
{
	struct rig_cert c = rig_cert(
	    &(struct rig_cert_spec){
		.cn = "server", .from = -DAY, .until = until },
	    NULL);

	rig_write_cert(crt, &c, NULL);
	rig_write_key(key, &c);
	rig_cert_free(&c);
}

static unsigned
log_count(const char *words)
{
	char *text = temp_read("log"), *p;
	unsigned n = 0;

	for (p = text; (p = strstr(p, words)) != NULL; p++)
		n++;
	free(text);
	return n;
}

/* A monitor that has begun with such a certificate. */
static void
start(long until)
{
	make_pair("1.crt", "1.key", until);
	point("live.crt", "1.crt");
	point("live.key", "1.key");
	m->tls = certs_load(m->conf, stderr);
	ck_assert_ptr_nonnull(m->tls);
	fake_start();
	fake_clock_start();
	certs_start(m);
}

static void
setup(void)
{
	struct conf_cert *c = xcalloc(1, sizeof(*c));

	temp_dir_setup();
	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	m->conf->path = xstrdup("ftpd.conf");
	m->conf->listens[0].tls = CONF_TLS_OPTIONAL;
	m->conf->certs = c;
	m->conf->ncerts = 1;
	c->name = xstrdup("main");
	c->file = xstrdup(temp_path("live.crt"));
	c->key = xstrdup(temp_path("live.key"));
	ck_assert_int_eq(log_open(temp_path("log")), 0);
}

static void
teardown(void)
{
	fake_teardown();
	log_open("none");
	temp_dir_teardown();
}

/* ----------------------------------------------------------------- renewal */
START_TEST(renewed_pair_is_a_new_generation)
{
	char old[TLS_FINGERPRINT_LEN];
	struct fake *w;
	uint64_t sid;
	int conn;

	start(90 * DAY);
	strlcpy(old, tlsconf_fingerprint(m->tls), sizeof(old));
	ck_assert_uint_eq(log_count(old), 1);
	conn = fake_session(&w, &sid);
	fake_clock_add(3 * LOOK);
	fake_expect_nothing(w);

	make_pair("2.crt", "2.key", 90 * DAY);
	point("live.crt", "2.crt");
	point("live.key", "2.key");
	fake_clock_add(10000);
	fake_clock_add(1000);
	fake_expect(w, MW_DRAIN);
	ck_assert_str_ne(tlsconf_fingerprint(m->tls), old);
	ck_assert_uint_eq(log_count(tlsconf_fingerprint(m->tls)), 1);
	ck_assert_uint_eq(log_count("generation 2 active"), 1);
	ck_assert_uint_eq(m->generation, 2);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 2);
	/* The session stays; the configuration and its processes do, too. */
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sid));
	ck_assert_uint_eq(m->conf_since, 1);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 1);
	close(conn);
	conn = fake_session(&w, &sid);
	ck_assert_ptr_eq(w, fake_get(ROLE_WORKER, 1));
	fake_clock_add(3 * LOOK);
	fake_expect_nothing(w);
	close(conn);
}
END_TEST

/* Nothing is done while files still change. */
START_TEST(rest_of_the_files_is_awaited)
{
	start(90 * DAY);
	make_pair("2.crt", "2.key", 90 * DAY);
	point("live.crt", "2.crt");
	fake_clock_add(10000);
	point("live.key", "2.key");
	fake_clock_add(1000);
	ck_assert_uint_eq(m->generation, 1);
	fake_clock_add(1000);
	ck_assert_uint_eq(m->generation, 2);
	ck_assert_uint_eq(log_count("old certificates stay"), 0);
}
END_TEST

/* Half a pair, and what there is instead of one. */
static const struct {
	const char *name, *target; /* what is swapped */
	const char *words; /* that tell what is wrong */
} mistakes[] = {
	{ "live.crt", "2.crt", "does not belong to the key" },
	{ "live.key", "2.key", "does not belong to the key" },
	{ "live.key", "nowhere", "live.key: cannot open: No such file" },
	{ "live.crt", "junk", "live.crt: holds no certificate" },
};

START_TEST(bad_pair_keeps_the_old_one)
{
	char old[TLS_FINGERPRINT_LEN];

	start(90 * DAY);
	strlcpy(old, tlsconf_fingerprint(m->tls), sizeof(old));
	make_pair("2.crt", "2.key", 90 * DAY);
	temp_file("junk", "no PEM at all\n");
	point(mistakes[_i].name, mistakes[_i].target);
	fake_clock_add(10000);
	fake_clock_add(1000);
	fake_clock_add(5 * LOOK);
	ck_assert_uint_eq(m->generation, 1);
	ck_assert_str_eq(tlsconf_fingerprint(m->tls), old);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
	/* Said once. */
	ck_assert_uint_eq(log_count("old certificates stay in use: "), 1);
	ck_assert_uint_eq(log_count(mistakes[_i].words), 1);
	/* And mended. */
	point("live.crt", "2.crt");
	point("live.key", "2.key");
	fake_clock_add(10000);
	fake_clock_add(1000);
	ck_assert_uint_eq(m->generation, 2);
	ck_assert_str_ne(tlsconf_fingerprint(m->tls), old);
}
END_TEST

/* It is made at the start only: its owner may be about to replace it. */
START_TEST(selfsigned_is_not_made_again)
{
	char old[TLS_FINGERPRINT_LEN];

	m->conf->ncerts = 0;
	m->conf->selfsigned = xstrdup(temp_path("self.crt"));
	m->tls = certs_load(m->conf, stderr);
	ck_assert_ptr_nonnull(m->tls);
	strlcpy(old, tlsconf_fingerprint(m->tls), sizeof(old));
	fake_start();
	fake_clock_start();
	certs_start(m);
	ck_assert_uint_eq(log_count("self.crt, SHA-256 "), 1);
	ck_assert_int_eq(unlink(temp_path("self.crt")), 0);
	ck_assert_int_eq(unlink(temp_path("self.key")), 0);
	fake_clock_add(10000);
	fake_clock_add(1000);
	ck_assert_int_eq(access(temp_path("self.crt"), F_OK), -1);
	ck_assert_str_eq(tlsconf_fingerprint(m->tls), old);
	ck_assert_uint_eq(m->generation, 1);
	ck_assert_uint_eq(log_count("old certificates stay in use: "), 1);
	m->conf->ncerts = 1;
}
END_TEST

START_TEST(nothing_is_looked_at_while_stopping)
{
	start(90 * DAY);
	make_pair("2.crt", "2.key", 90 * DAY);
	point("live.crt", "2.crt");
	point("live.key", "2.key");
	monitor_stop(m);
	fake_clock_add(10000);
	fake_clock_add(1000);
	ck_assert_uint_eq(m->generation, 1);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
}
END_TEST

/* --------------------------------------------------------------------- end */
/* R11.6: two weeks before, once a day. */
START_TEST(expiry_is_told)
{
	start(15 * DAY + 60);
	ck_assert_uint_eq(log_count("expires in"), 0);
	rig_pass_time(DAY + 120);
	fake_clock_add(DAY * 1000);
	ck_assert_uint_eq(log_count("live.crt expires in 13 days, on "), 1);
	rig_pass_time(DAY);
	fake_clock_add(DAY * 1000);
	ck_assert_uint_eq(log_count("live.crt expires in 12 days, on "), 1);
	ck_assert_uint_eq(log_count("expires in"), 2);
	ck_assert_uint_eq(log_count("has expired"), 0);
	rig_pass_time(13 * DAY);
	fake_clock_add(DAY * 1000);
	ck_assert_uint_eq(log_count("live.crt has expired on "), 1);
}
END_TEST

START_TEST(expiry_is_told_at_the_start)
{
	start(DAY / 2);
	ck_assert_uint_eq(log_count("live.crt expires in 0 days, on "), 1);
}
END_TEST

/* ----------------------------------------------------------------- tickets */
static void
tickets_start(void)
{
	struct tls_keys keys;

	ck_assert_int_eq(tickets_load(m, m->conf, &keys, stderr), 0);
	tickets_use(m, &keys);
}

static bool
same(const struct tls_ticket_key *a, const struct tls_ticket_key *b)
{
	return memcmp(a->name, b->name, sizeof(a->name)) == 0 &&
	       memcmp(a->aes, b->aes, sizeof(a->aes)) == 0;
}

/* Every day all workers get new ones; the old ones are good for a day more. */
START_TEST(keys_change_every_day)
{
	struct tls_keys keys, first;
	struct ipc_msg *msg;
	int i;

	fake_start();
	fake_clock_start();
	tickets_start();
	first = m->tickets;
	for (i = 0; i < 23; i++)
		fake_clock_add(3600 * 1000);
	rig_pass_time(TLS_KEYS_LIFETIME - 1);
	fake_clock_add(3600 * 1000);
	fake_expect_nothing(fake_get(ROLE_WORKER, 0));
	rig_pass_time(1);
	fake_clock_add(1000);
	msg = fake_expect(fake_get(ROLE_WORKER, 0), MW_TICKET_KEYS);
	tls_keys_get(&msg->body, &keys);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert(same(&keys.previous, &first.current));
	ck_assert(!same(&keys.current, &first.current));
	ck_assert(same(&keys.current, &m->tickets.current));
	fake_clock_add(3600 * 1000);
	fake_expect_nothing(fake_get(ROLE_WORKER, 0));
	/* A reload keeps them. */
	ck_assert_int_eq(tickets_load(m, m->conf, &keys, stderr), 0);
	ck_assert(same(&keys.current, &m->tickets.current));
}
END_TEST

/* A clock that is set back does not keep keys for ever. */
START_TEST(keys_from_the_future_change)
{
	fake_start();
	fake_clock_start();
	tickets_start();
	rig_pass_time(-2 * DAY);
	fake_clock_add(3600 * 1000);
	fake_expect(fake_get(ROLE_WORKER, 0), MW_TICKET_KEYS);
	rig_pass_time(2 * DAY);
}
END_TEST

START_TEST(keys_in_a_file)
{
	struct tls_keys other;
	struct stat st;

	m->conf->ticket_keys = xstrdup(temp_path("keys"));
	fake_start();
	fake_clock_start();
	tickets_start();
	ck_assert_int_eq(stat(temp_path("keys"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	/* As another process, or this one after a restart, reads them. */
	ck_assert_int_eq(tls_keys_load(temp_path("keys"), &other, NULL), 0);
	ck_assert(same(&other.current, &m->tickets.current));
	rig_pass_time(TLS_KEYS_LIFETIME);
	fake_clock_add(3600 * 1000);
	fake_expect(fake_get(ROLE_WORKER, 0), MW_TICKET_KEYS);
	ck_assert(same(&m->tickets.previous, &other.current));
	ck_assert_int_eq(tls_keys_load(temp_path("keys"), &other, NULL), 0);
	ck_assert(same(&other.current, &m->tickets.current));
}
END_TEST

/* At start an error; later the keys there are serve on, and it is retried. */
START_TEST(unusable_file)
{
	struct tls_keys first, keys;
	struct report report;

	m->conf->ticket_keys = xstrdup(temp_path("keys"));
	temp_file("keys", "rubbish");
	report_begin(&report);
	ck_assert_int_eq(tickets_load(m, m->conf, &keys, report.to), -1);
	report_end(&report, NULL);
	ck_assert_uint_eq(log_count("/keys: holds no ticket keys"), 1);
	ck_assert_int_eq(unlink(temp_path("keys")), 0);
	fake_start();
	fake_clock_start();
	tickets_start();
	first = m->tickets;
	temp_file("keys", "rubbish");
	rig_pass_time(TLS_KEYS_LIFETIME);
	fake_clock_add(3600 * 1000);
	fake_expect_nothing(fake_get(ROLE_WORKER, 0));
	ck_assert(same(&m->tickets.current, &first.current));
	ck_assert_int_eq(tls_keys_save(temp_path("keys"), &first, NULL), 0);
	fake_clock_add(3600 * 1000);
	fake_expect(fake_get(ROLE_WORKER, 0), MW_TICKET_KEYS);
	ck_assert(same(&m->tickets.previous, &first.current));
}
END_TEST

Suite *
suite_monitor_certs(void)
{
	Suite *s = suite_create("monitor_certs");
	TCase *tc = tcase_create("certificates");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, renewed_pair_is_a_new_generation);
	tcase_add_test(tc, rest_of_the_files_is_awaited);
	tcase_add_loop_test(
	    tc, bad_pair_keeps_the_old_one, 0, (int)NELEM(mistakes));
	tcase_add_test(tc, selfsigned_is_not_made_again);
	tcase_add_test(tc, nothing_is_looked_at_while_stopping);
	tcase_add_test(tc, expiry_is_told);
	tcase_add_test(tc, expiry_is_told_at_the_start);
	suite_add_tcase(s, tc);
	tc = tcase_create("tickets");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keys_change_every_day);
	tcase_add_test(tc, keys_from_the_future_change);
	tcase_add_test(tc, keys_in_a_file);
	tcase_add_test(tc, unusable_file);
	suite_add_tcase(s, tc);
	return s;
}
