/* SPDX-License-Identifier: ISC */
/*
 * Workers: what they may say, what happens when they say something else or
 * die, and how the end of the server reaches them.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;

static void
setup(void)
{
	fake_setup(2, 1);
	fake_listen("127.0.0.1", 0);
	fake_start();
}

/* ------------------------------------------------------- malformed, untimely
 */
enum wrong {
	UNKNOWN_TYPE,
	TYPE_OF_OURS,
	UNKNOWN_SID,
	OTHERS_SID,
	NO_FIELDS,
	LOGIN_CUT,
	LOGIN_LONG_USER,
	LOGIN_UNKNOWN_ASK,
	LOGIN_TRAILING,
	LOGIN_TWICE,
	END_NO_REASON,
	STATUS_CUT,
	PORT_BEFORE_LOGIN,
	WRONGS
};

static void
say_wrong(enum wrong what, struct wbuf *b, uint64_t mine, uint64_t others)
{
	static const uint16_t types[WRONGS] = { [UNKNOWN_TYPE] = 999,
		[TYPE_OF_OURS] = MW_SESSION,
		[UNKNOWN_SID] = WM_LOGOUT,
		[OTHERS_SID] = WM_LOGOUT,
		[NO_FIELDS] = WM_LOGOUT,
		[LOGIN_CUT] = WM_LOGIN,
		[LOGIN_LONG_USER] = WM_LOGIN,
		[LOGIN_UNKNOWN_ASK] = WM_LOGIN,
		[LOGIN_TRAILING] = WM_LOGIN,
		[LOGIN_TWICE] = WM_LOGIN,
		[END_NO_REASON] = WM_END,
		[STATUS_CUT] = WM_STATUS,
		[PORT_BEFORE_LOGIN] = WM_SOURCE_PORT };
	char name[PROTO_USER_MAX + 1];

	fake_begin(b, types[what]);
	if (what == NO_FIELDS)
		return;
	if (what == STATUS_CUT) { /* serial, last */
		put_u32(b, 1);
		put_u8(b, 1);
	}
	put_u64(b, what == UNKNOWN_SID  ? 999999
		   : what == OTHERS_SID ? others
					: mine);
	if (types[what] == WM_LOGIN) {
		memset(name, 'x', sizeof(name));
		name[what == LOGIN_LONG_USER ? sizeof(name) - 1 : 3] = '\0';
		put_u32(b, 1);
		put_u8(b, what == LOGIN_UNKNOWN_ASK ? 2 : ASK_PASSWORD);
		put_str(b, name);
		put_str(b, "secret");
		put_u8(b, 0);
		if (what != LOGIN_CUT)
			put_str(b, "");
		if (what == LOGIN_TRAILING)
			put_u8(b, 0);
	}
	if (what == STATUS_CUT)
		put_str(b, "RETR /x");
	if (what == PORT_BEFORE_LOGIN) {
		struct client *c = sessions_find(&m->sessions, mine);

		put_u32(b, 1);
		addr_put(b, &c->local);
		put_u8(b, 0);
	}
}

/* Only that worker dies, with its own sessions; another takes its place. */
START_TEST(wrong_message_kills_that_worker)
{
	struct fake *a, *b;
	uint64_t sa, sb;
	struct wbuf msg;
	int ca, cb;

	ca = fake_session(&a, &sa);
	cb = fake_session(&b, &sb);
	say_wrong(_i, &msg, sa, sb);
	fake_send(a, &msg);
	if (_i == LOGIN_TWICE) {
		ck_assert_int_eq(a->killed, 0);
		fake_send(a, &msg);
	}
	ck_assert_int_eq(a->killed, SIGKILL);
	ck_assert_int_eq(b->killed, 0);
	ck_assert_ptr_null(sessions_find(&m->sessions, sa));
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sb));
	ck_assert_uint_eq(m->sessions.count, 1);
	close(ca);
	close(cb);
}
END_TEST

START_TEST(descriptor_from_worker_kills_it)
{
	struct fake *w;
	struct wbuf b;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	fake_begin(&b, WM_LOGOUT);
	put_u64(&b, sid);
	ck_assert_int_eq(ipc_send(w->fd, &b, conn), IPC_OK);
	fake_turn();
	ck_assert_int_eq(w->killed, SIGKILL);
	close(conn);
}
END_TEST

START_TEST(garbage_kills_it)
{
	struct fake *w = fake_get(ROLE_WORKER, 0);

	ck_assert_int_eq(write(w->fd, "x", 1), 1);
	fake_turn();
	fake_expect_closed(w);
	ck_assert_int_eq(fake_get(ROLE_WORKER, 1)->killed, 0);
}
END_TEST

/* ------------------------------------------------------------ life and death
 */
START_TEST(end_of_session_is_counted)
{
	struct fake *w;
	struct wbuf b;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	fake_begin(&b, WM_END);
	put_u64(&b, sid);
	put_str(&b, "quit");
	fake_send(w, &b);
	ck_assert_uint_eq(m->sessions.count, 0);
	ck_assert_int_eq(w->killed, 0);
	close(conn);
}
END_TEST

START_TEST(dead_worker_is_replaced)
{
	fake_clock_start();
	m->workers.tqh_first->born = clock_ms() - 5000;
	fake_die(fake_get(ROLE_WORKER, 0));
	fake_clock_add(1);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 3);
}
END_TEST

/* Young deaths are waited for longer and longer, 10 s at most. */
START_TEST(young_deaths_back_off)
{
	uint64_t waited, last = 0;
	unsigned i;

	fake_clock_start();
	fake_die(fake_get(ROLE_WORKER, 1));
	fake_clock_add(20000);
	m->worker_respawn.delay = 0;
	for (i = 0; i < 12; i++) {
		struct fake *w =
		    fake_get(ROLE_WORKER, fake_count(ROLE_WORKER) - 1);
		unsigned before = fake_count(ROLE_WORKER);

		TAILQ_LAST(&m->workers, wprocs)->born = clock_ms();
		fake_die(w);
		for (waited = 0; fake_count(ROLE_WORKER) == before;
		     waited += 50) {
			ck_assert_uint_le(waited, 10050);
			fake_clock_add(50);
		}
		ck_assert_uint_ge(waited, last);
		last = waited;
	}
	ck_assert_uint_ge(last, 9000);
}
END_TEST

START_TEST(old_generation_drains)
{
	struct fake *w;
	struct wbuf b;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	workers_replace(m);
	fake_expect(w, MW_DRAIN);
	workers_fill(m);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 4);
	ck_assert_uint_eq(workers_choose(m)->generation, 2);
	/* Asked once, and it keeps its session. */
	workers_replace(m);
	fake_expect_nothing(w);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sid));
	/* Empty, it exits, and nobody takes its place. */
	fake_begin(&b, WM_END);
	put_u64(&b, sid);
	put_str(&b, "quit");
	fake_send(w, &b);
	fake_clock_start();
	fake_die(w);
	fake_clock_add(20000);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 6);
	close(conn);
}
END_TEST

/* -------------------------------------------------------------- source port */
static void
ask_source_port(struct fake *w, uint64_t sid, const struct addr *local)
{
	struct wbuf b;

	sessions_find(&m->sessions, sid)->state = CLIENT_IN;
	fake_begin(&b, WM_SOURCE_PORT);
	put_u64(&b, sid);
	put_u32(&b, 7);
	addr_put(&b, local);
	put_u8(&b, 0);
	fake_send(w, &b);
}

START_TEST(source_port_needs_configuration)
{
	struct ipc_msg *msg;
	struct fake *w;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	ask_source_port(w, sid, &sessions_find(&m->sessions, sid)->local);
	msg = fake_expect(w, MW_SOURCE_PORT);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	ck_assert_uint_eq(get_u32(&msg->body), 7);
	ck_assert_int_eq(get_i64(&msg->body), EACCES);
	ck_assert_int_eq(msg->fd, -1);
	sessions_find(&m->sessions, sid)->state = CLIENT_NEW;
	close(conn);
}
END_TEST

/* Port 20 for those who may bind it, else the error; never a crash. */
START_TEST(source_port_is_bound)
{
	struct ipc_msg *msg;
	struct addr local;
	struct fake *w;
	uint64_t sid;
	int64_t err;
	int conn;

	conn = fake_session(&w, &sid);
	TAILQ_FIRST(&m->workers)->source_port = true;
	TAILQ_NEXT(TAILQ_FIRST(&m->workers), entry)->source_port = true;
	ask_source_port(w, sid, &sessions_find(&m->sessions, sid)->local);
	msg = fake_expect(w, MW_SOURCE_PORT);
	(void)get_u64(&msg->body);
	(void)get_u32(&msg->body);
	err = get_i64(&msg->body);
	if (err == 0) {
		ck_assert_int_eq(sock_local(msg->fd, &local), 0);
		ck_assert_uint_eq(local.port, 20);
		ck_assert(addr_is_loopback(&local));
	} else {
		ck_assert_int_eq(err, EACCES);
		ck_assert_int_eq(msg->fd, -1);
	}
	sessions_find(&m->sessions, sid)->state = CLIENT_NEW;
	close(conn);
}
END_TEST

START_TEST(source_port_of_foreign_address_kills)
{
	struct addr other;
	struct fake *w;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	ck_assert_int_eq(addr_parse_ip(&other, "127.0.0.9"), 0);
	ask_source_port(w, sid, &other);
	ck_assert_int_eq(w->killed, SIGKILL);
	close(conn);
}
END_TEST

/* ------------------------------------------------------------------ the end */
/* R18.1: stop accepting, drain, and exit when the last has gone. */
START_TEST(stop_drains)
{
	unsigned i;

	fake_clock_start();
	monitor_stop(m);
	ck_assert(TAILQ_EMPTY(&m->listeners));
	fake_expect(fake_get(ROLE_WORKER, 0), MW_SHUTDOWN);
	fake_expect(fake_get(ROLE_WORKER, 1), MW_SHUTDOWN);
	fake_die(fake_get(ROLE_WORKER, 0));
	fake_clock_add(1);
	ck_assert_int_eq(m->state, RUN_DRAINING);
	fake_die(fake_get(ROLE_WORKER, 1));
	fake_clock_add(1);
	ck_assert_int_eq(m->state, RUN_CLOSING);
	fake_expect_closed(fake_get(ROLE_AUTH, 0));
	for (i = 0; i < nfakes; i++)
		child_reaped(m, fakes[i].pid, 0);
	monitor_step(m);
	fake_clock_add(1);
	ck_assert_int_eq(m->state, RUN_OVER);
	for (i = 0; i < nfakes; i++)
		ck_assert_int_eq(fakes[i].killed, 0);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 2);
}
END_TEST

START_TEST(second_stop_kills)
{
	unsigned i;

	monitor_stop(m);
	monitor_stop(m);
	ck_assert_int_eq(m->state, RUN_OVER);
	for (i = 0; i < nfakes; i++)
		ck_assert_int_eq(fakes[i].killed, SIGKILL);
	monitor_stop(m);
}
END_TEST

START_TEST(drain_timeout_kicks_then_kills)
{
	struct ipc_msg *msg;
	struct fake *w;
	char reason[128];
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	fake_clock_start();
	monitor_stop(m);
	fake_expect(w, MW_SHUTDOWN);
	fake_clock_add(59999);
	fake_expect_nothing(w);
	fake_clock_add(1);
	msg = fake_expect(w, MW_KICK);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	get_str(&msg->body, reason, sizeof(reason));
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(reason, "Service going down");
	ck_assert_int_eq(w->killed, 0);
	fake_clock_add(3000);
	ck_assert_int_eq(w->killed, SIGKILL);
	ck_assert_int_eq(m->state, RUN_OVER);
	close(conn);
}
END_TEST

/* inetd: one connection is all there is. */
START_TEST(inetd_ends_with_its_session)
{
	struct fake *w;
	struct wbuf b;
	uint64_t sid;
	int conn;

	conn = fake_session(&w, &sid);
	fake_clock_start();
	m->inetd = true;
	monitor_step(m);
	fake_clock_add(1);
	ck_assert_int_eq(m->state, RUN_UP);
	fake_begin(&b, WM_END);
	put_u64(&b, sid);
	put_str(&b, "quit");
	fake_send(w, &b);
	fake_clock_add(1);
	ck_assert_int_eq(m->state, RUN_DRAINING);
	fake_expect(w, MW_SHUTDOWN);
	close(conn);
}
END_TEST

START_TEST(child_that_lingers_is_killed)
{
	struct fake *auth = fake_get(ROLE_AUTH, 0);

	fake_clock_start();
	auths_replace(m->auths);
	fake_expect_closed(auth);
	ck_assert_int_eq(auth->killed, 0);
	fake_clock_add(5000);
	ck_assert_int_eq(auth->killed, SIGKILL);
}
END_TEST

Suite *
suite_monitor_workers(void)
{
	Suite *s = suite_create("monitor_workers");
	TCase *tc = tcase_create("workers");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_loop_test(tc, wrong_message_kills_that_worker, 0, WRONGS);
	tcase_add_test(tc, descriptor_from_worker_kills_it);
	tcase_add_test(tc, garbage_kills_it);
	tcase_add_test(tc, end_of_session_is_counted);
	tcase_add_test(tc, dead_worker_is_replaced);
	tcase_add_test(tc, young_deaths_back_off);
	tcase_add_test(tc, old_generation_drains);
	tcase_add_test(tc, source_port_needs_configuration);
	tcase_add_test(tc, source_port_is_bound);
	tcase_add_test(tc, source_port_of_foreign_address_kills);
	tcase_add_test(tc, stop_drains);
	tcase_add_test(tc, second_stop_kills);
	tcase_add_test(tc, drain_timeout_kicks_then_kills);
	tcase_add_test(tc, inetd_ends_with_its_session);
	tcase_add_test(tc, child_that_lingers_is_killed);
	suite_add_tcase(s, tc);
	return s;
}
