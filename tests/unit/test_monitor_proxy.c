/* SPDX-License-Identifier: ISC */
/*
 * Connections of proxies: who is asked for a header, that limits and bans are
 * about the address in it, and that a worker may say it once and only then.
 */
#include "config.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/monitor/bans.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;
static struct fake *worker;
static uint64_t sid;
static int conn;

static void
setup(void)
{
	struct conf_listen *l;
	char bad[8];

	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	l = &m->conf->listens[0];
	l->proxy = CONF_PROXY_REQUIRED;
	ck_assert_int_eq(
	    networks_parse(&l->proxy_from, "127.0.0.1", bad, sizeof(bad)), 0);
	m->conf->max_per_ip = 1;
	fake_start();
}

static void
connect_one(void)
{
	conn = fake_session(&worker, &sid);
}

static void
introduce(struct wbuf *b, const char *peer, const char *local)
{
	struct addr addr = { 0 };

	fake_begin(b, WM_PROXY);
	put_u64(b, sid);
	put_u8(b, peer != NULL);
	if (peer != NULL)
		ck_assert_int_eq(addr_parse_ip(&addr, peer), 0);
	addr.port = 40001;
	addr_put(b, &addr);
	if (peer != NULL)
		ck_assert_int_eq(addr_parse_ip(&addr, local), 0);
	addr.port = 21;
	addr_put(b, &addr);
	put_str(b, "");
}

static void
ask(const char *peer)
{
	struct wbuf b;

	introduce(&b, peer, "198.51.100.7");
	fake_send(worker, &b);
}

/* What the monitor answers: NULL, or the reason. */
static const char *
hear(void)
{
	static char reason[64];
	char message[64];
	struct ipc_msg *msg;

	msg = fake_expect(worker, MW_ADMIT);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	if (get_u8(&msg->body) == 1) {
		ck_assert_int_eq(rbuf_end(&msg->body), 0);
		return NULL;
	}
	get_str(&msg->body, reason, sizeof(reason));
	get_str(&msg->body, message, sizeof(message));
	(void)get_u32(&msg->body);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_ptr_nonnull(strchr(message, '%')); /* the worker fills it */
	return reason;
}

static const char *
answer(const char *peer)
{
	ask(peer);
	return hear();
}

/* ------------------------------------------------------------------ whose */
START_TEST(worker_is_told_to_read_it)
{
	struct ipc_msg *msg;
	struct addr addr;

	conn = fake_connect(0);
	worker = fake_get(ROLE_WORKER, 0);
	msg = fake_expect(worker, MW_SESSION);
	sid = get_u64(&msg->body);
	addr_get(&msg->body, &addr);
	addr_get(&msg->body, &addr);
	(void)get_u16(&msg->body);
	ck_assert_uint_eq(get_u8(&msg->body), 1);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_int_eq(sessions_find(&m->sessions, sid)->state, CLIENT_PROXY);
	ck_assert_uint_eq(sessions_from(&m->sessions, &addr), 0);
	ck_assert_uint_eq(m->sessions.count, 1);
	close(conn);
}
END_TEST

START_TEST(others_are_refused)
{
	char text[64];

	m->conf->listens[0].proxy_from.net[0].ip[3] = 2;
	conn = fake_connect(0);
	ck_assert_uint_gt(fake_read(conn, text, sizeof(text)), 0);
	ck_assert_mem_eq(text, "421 ", 4);
	ck_assert_uint_eq(m->sessions.count, 0);
	close(conn);
}
END_TEST

START_TEST(others_are_served_if_optional)
{
	m->conf->listens[0].proxy = CONF_PROXY_OPTIONAL;
	m->conf->listens[0].proxy_from.net[0].ip[3] = 2;
	connect_one();
	ck_assert_int_eq(sessions_find(&m->sessions, sid)->state, CLIENT_NEW);
	close(conn);
}
END_TEST

START_TEST(address_is_that_of_the_header)
{
	struct client *c;
	struct addr addr;
	char ip[ADDR_STRLEN];

	connect_one();
	ck_assert_ptr_null(answer("203.0.113.9"));
	c = sessions_find(&m->sessions, sid);
	ck_assert_int_eq(c->state, CLIENT_NEW);
	ck_assert_str_eq(
	    addr_str(&c->peer, ip, sizeof(ip)), "203.0.113.9:40001");
	ck_assert_str_eq(
	    addr_str(&c->local, ip, sizeof(ip)), "198.51.100.7:21");
	ck_assert_str_eq(
	    addr_ip_str(&c->sock_local, ip, sizeof(ip)), "127.0.0.1");
	ck_assert_uint_eq(sessions_from(&m->sessions, &c->peer), 1);
	(void)addr_parse_ip(&addr, "127.0.0.1");
	ck_assert_uint_eq(sessions_from(&m->sessions, &addr), 0);
	close(conn);
}
END_TEST

START_TEST(proxy_for_itself)
{
	struct addr addr;

	connect_one();
	ck_assert_ptr_null(answer(NULL));
	(void)addr_parse_ip(&addr, "127.0.0.1");
	ck_assert_uint_eq(sessions_from(&m->sessions, &addr), 1);
	close(conn);
}
END_TEST

/* ----------------------------------------------------------------- limits */
START_TEST(limit_of_an_address)
{
	int first;

	connect_one();
	ck_assert_ptr_null(answer("203.0.113.9"));
	first = conn;
	connect_one();
	ask("203.0.113.9");
	(void)fake_expect(worker, MW_PROBE); /* is the first one still there? */
	ck_assert_str_eq(hear(), "max-per-ip");
	ck_assert_int_eq(
	    sessions_find(&m->sessions, sid)->state, CLIENT_REFUSED);
	close(conn);
	connect_one();
	ck_assert_ptr_null(answer("203.0.113.10"));
	close(conn);
	close(first);
}
END_TEST

START_TEST(ban_of_an_address)
{
	struct addr addr;

	(void)addr_parse_ip(&addr, "203.0.113.9");
	ck_assert_uint_eq(bans_add(m->bans, &addr, 60, "manual"), 60);
	connect_one();
	ck_assert_str_eq(answer("203.0.113.9"), "banned");
	close(conn);
	connect_one();
	ck_assert_ptr_null(answer("203.0.113.10"));
	close(conn);
}
END_TEST

/* What the proxy itself has earned is not its clients'. */
START_TEST(ban_of_the_proxy)
{
	struct addr addr;
	int first;

	connect_one();
	first = conn;
	(void)addr_parse_ip(&addr, "127.0.0.1");
	ck_assert_uint_eq(bans_add(m->bans, &addr, 60, "manual"), 60);
	bans_kick(m->bans, &addr, true);
	fake_expect_nothing(worker);
	ck_assert_ptr_null(answer("203.0.113.9"));
	connect_one();
	ck_assert_str_eq(answer(NULL), "banned");
	close(conn);
	close(first);
}
END_TEST

START_TEST(server_is_full)
{
	char text[64];
	int first;

	m->conf->max_sessions = 1;
	connect_one();
	first = conn;
	conn = fake_connect(0);
	ck_assert_uint_gt(fake_read(conn, text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "(max 1)"));
	fake_expect(worker, MW_PROBE);
	ck_assert_ptr_null(answer("203.0.113.9")); /* counted once */
	close(conn);
	close(first);
}
END_TEST

START_TEST(end_before_it)
{
	struct wbuf b;

	connect_one();
	fake_begin(&b, WM_END);
	put_u64(&b, sid);
	put_str(&b, "proxy-header");
	fake_send(worker, &b);
	ck_assert_int_eq(worker->killed, 0);
	ck_assert_uint_eq(m->sessions.count, 0);
	close(conn);
}
END_TEST

/* ---------------------------------------------------------- wrong workers */
enum wrong {
	LOGIN_FIRST,
	LOGOUT_FIRST,
	HOST_FIRST,
	TWO_FAMILIES,
	NO_FAMILY,
	TRAILING,
	STRANGE_FLAG,
	TWICE,
	AFTER_REFUSAL,
	WRONGS
};

static void
say_wrong(enum wrong what, struct wbuf *b)
{
	if (what == LOGIN_FIRST || what == LOGOUT_FIRST || what == HOST_FIRST) {
		fake_begin(b, what == LOGIN_FIRST  ? WM_LOGIN
			      : what == HOST_FIRST ? WM_HOST
						   : WM_LOGOUT);
		put_u64(b, sid);
		if (what == HOST_FIRST)
			put_str(b, "");
		return;
	}
	introduce(b, "203.0.113.9", what == TWO_FAMILIES ? "::1" : "127.0.0.1");
	if (what == TRAILING)
		put_u8(b, 0);
	if (what == STRANGE_FLAG)
		b->p[10] = 2;
	if (what == NO_FAMILY)
		b->p[11] = 0;
}

START_TEST(wrong_words_kill_the_worker)
{
	struct addr addr;
	struct wbuf b;

	(void)addr_parse_ip(&addr, "203.0.113.9");
	connect_one();
	if (_i == AFTER_REFUSAL)
		(void)bans_add(m->bans, &addr, 60, "manual");
	if (_i == TWICE || _i == AFTER_REFUSAL)
		ck_assert_int_eq(
		    answer("203.0.113.9") != NULL, _i == AFTER_REFUSAL);
	ck_assert_int_eq(worker->killed, 0);
	say_wrong((enum wrong)_i, &b);
	fake_send(worker, &b);
	ck_assert_int_eq(worker->killed, SIGKILL);
	ck_assert_uint_eq(m->sessions.count, 0);
	close(conn);
}
END_TEST

/* What was not accepted from a proxy has no header. */
START_TEST(header_of_a_client_kills_the_worker)
{
	struct wbuf b;

	m->conf->listens[0].proxy = CONF_PROXY_OFF;
	connect_one();
	introduce(&b, "203.0.113.9", "127.0.0.1");
	fake_send(worker, &b);
	ck_assert_int_eq(worker->killed, SIGKILL);
	close(conn);
}
END_TEST

Suite *
suite_monitor_proxy(void)
{
	Suite *s = suite_create("monitor_proxy");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_test(tc, worker_is_told_to_read_it);
	tcase_add_test(tc, others_are_refused);
	tcase_add_test(tc, others_are_served_if_optional);
	tcase_add_test(tc, address_is_that_of_the_header);
	tcase_add_test(tc, proxy_for_itself);
	tcase_add_test(tc, limit_of_an_address);
	tcase_add_test(tc, ban_of_an_address);
	tcase_add_test(tc, ban_of_the_proxy);
	tcase_add_test(tc, server_is_full);
	tcase_add_test(tc, end_before_it);
	tcase_add_loop_test(tc, wrong_words_kill_the_worker, 0, WRONGS);
	tcase_add_test(tc, header_of_a_client_kills_the_worker);
	suite_add_tcase(s, tc);
	return s;
}
