/* SPDX-License-Identifier: ISC */
/*
 * Logins from the question to the answer: checks, limits, the queue, and auth
 * processes that die or lie.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/monitor_login.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;

/* -------------------------------------------------------------- the whole */
START_TEST(channel_connects_worker_and_agent)
{
	char name[ACCOUNT_NAME_MAX], dir[VPATH_MAX], text[8];
	char rules[RULE_LINES][RULE_MAX];
	struct account account;
	struct ipc_msg *msg;
	struct fake *agent;
	struct addr peer;
	int agent_end, i;

	login_ask(login_sid, 3, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1234);
	fake_expect_nothing(login_worker);
	agent = fake_get(ROLE_AGENT, 0);
	msg = fake_expect(agent, MG_GRANT);
	ck_assert_uint_eq(get_u64(&msg->body), login_sid);
	account_get(&msg->body, &account);
	addr_get(&msg->body, &peer);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(account.name, "ann");
	ck_assert_str_eq(account.root, "/srv/ann");
	agent_end = msg->fd;
	msg->fd = -1;
	ck_assert_int_ne(agent_end, -1);

	login_granted_by(agent, login_sid, 0, "");
	msg = fake_expect(login_worker, MW_LOGIN);
	ck_assert_uint_eq(get_u64(&msg->body), login_sid);
	ck_assert_uint_eq(get_u32(&msg->body), 3);
	ck_assert_uint_eq(get_u8(&msg->body), V_OK);
	get_str(&msg->body, text, sizeof(text));
	ck_assert_uint_eq(get_u32(&msg->body), 0);
	get_str(&msg->body, text, sizeof(text));
	ck_assert_str_eq(text, "");
	get_str(&msg->body, name, sizeof(name));
	ck_assert_str_eq(name, "ann");
	ck_assert_uint_eq(get_u8(&msg->body), 0);
	get_str(&msg->body, dir, sizeof(dir));
	ck_assert_str_eq(dir, "/in");
	ck_assert_uint_eq(get_u32(&msg->body), 0x5);
	ck_assert_uint_eq(get_u32(&msg->body), 027);
	ck_assert_uint_eq(get_u32(&msg->body), 77);
	ck_assert_uint_eq(get_u8(&msg->body), 1);
	ck_assert_uint_eq(get_u64(&msg->body), 1000);
	ck_assert_uint_eq(get_u64(&msg->body), 2000);
	ck_assert_uint_eq(get_u8(&msg->body), 0);
	ck_assert_uint_eq(get_u16(&msg->body), 0);
	ck_assert_uint_eq(get_u16(&msg->body), 0);
	ck_assert_uint_eq(get_u16(&msg->body), 0);
	for (i = 0; i < RULE_LINES; i++)
		get_str(&msg->body, rules[i], sizeof(rules[i]));
	ck_assert_str_eq(rules[RULE_TLS_DATA], "/etc/users:9: tls_data");
	ck_assert_str_eq(
	    rules[RULE_IDLE_TIMEOUT], "/etc/groups:3: idle_timeout");
	ck_assert_str_eq(rules[RULE_QUOTA], "");
	ck_assert_int_eq(rbuf_end(&msg->body), 0);

	ck_assert_int_eq(write(agent_end, "hello", 5), 5);
	ck_assert_int_eq(read(msg->fd, text, sizeof(text)), 5);
	/* The monitor has kept no end of it. */
	fd_close(&agent_end);
	ck_assert_int_eq(read(msg->fd, text, sizeof(text)), 0);
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 1);
}
END_TEST

/* R9.2: the reason is for the log, whatever the client is told. */
START_TEST(denied)
{
	login_ask(login_sid, 1, "ann");
	login_result(login_auth, login_checked_by(login_auth, "ann"), V_DENIED,
	    "bad-password");
	login_expect(login_sid, 1, V_DENIED, "bad-password");
	ck_assert_str_eq(login_rule, "ftpd.conf:7: key");
	/* And again. */
	login_ask(login_sid, 2, "ann");
	login_result(login_auth, login_checked_by(login_auth, "ann"), V_DENIED,
	    "bad-password");
	login_expect(login_sid, 2, V_DENIED, "bad-password");
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
}
END_TEST

/* --------------------------------------------------------- certificates */
/* R22.1: the certificate is enough: all as with a password. */
START_TEST(certificate_is_enough)
{
	struct fake *agent;
	uint64_t id;

	login_ask_certificate(login_sid, 1, "ann");
	id = login_checked_by(login_auth, "ann");
	login_result_ok(login_auth, id, "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	fake_expect(agent, MG_GRANT);
	login_granted_by(agent, login_sid, 0, "");
	login_expect(login_sid, 1, V_OK, "");
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 1);
}
END_TEST

/* It is not: nothing was granted, and the password may follow. */
START_TEST(password_is_needed)
{
	uint64_t id;

	login_ask_certificate(login_sid, 1, "ann");
	id = login_checked_by(login_auth, "ann");
	login_result(login_auth, id, V_PASSWORD, "password-required");
	login_expect(login_sid, 1, V_PASSWORD, "password-required");
	ck_assert_int_eq(
	    sessions_find(&m->sessions, login_sid)->state, CLIENT_NEW);
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 0);
	ck_assert_int_eq(login_auth->killed, 0);
	login_whole(login_sid, "ann", 1000);
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 1);
}
END_TEST

/* ------------------------------------------------------- identity, limits */
START_TEST(root_is_refused)
{
	m->privileged = true;
	login_ask(login_sid, 1, "root");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "root"), "root", 0);
	login_expect(login_sid, 1, V_DENIED, "root-login");
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 0);
}
END_TEST

START_TEST(unprivileged_everybody_is_the_starter)
{
	struct fake *agent;

	m->self.uid = 4321;
	agent = login_whole(login_sid, "ann", 0);
	ck_assert_uint_eq(agent->id.uid, 4321);
}
END_TEST

START_TEST(user_limit)
{
	uint64_t other, third;
	struct fake *w;
	int c2, c3;

	m->conf->max_per_user = 1;
	c2 = fake_session(&w, &other);
	c3 = fake_session(&w, &third);
	login_whole(login_sid, "ann", 1000);
	login_ask(other, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	/* R16.1: is the one who is in the way still there? Asked once. */
	ck_assert_uint_eq(
	    get_u64(&fake_expect(login_worker, MW_PROBE)->body), login_sid);
	fake_expect_nothing(login_worker);
	login_alive(login_sid);
	login_expect(other, 1, V_LIMIT, "max-per-user");
	login_whole(third, "bob", 1000);
	/* A logout makes room. */
	login_logout(login_sid);
	login_whole(other, "ann", 1000);
	close(c2);
	close(c3);
}
END_TEST

/* Two that are under way at once must not both slip in. */
START_TEST(user_limit_counts_grants)
{
	uint64_t other;
	struct fake *w;
	int c2;

	m->conf->max_per_user = 1;
	c2 = fake_session(&w, &other);
	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	login_ask(other, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	fake_expect(login_worker, MW_PROBE);
	login_alive(login_sid);
	login_expect(other, 1, V_LIMIT, "max-per-user");
	close(c2);
}
END_TEST

/* R16.1: who is in the way and dead is not in the way. */
START_TEST(dead_ones_make_room)
{
	uint64_t other;
	struct fake *w;
	struct fake *agent;
	int c2;

	m->conf->max_per_user = 1;
	c2 = fake_session(&w, &other);
	login_whole(login_sid, "ann", 1000);
	login_ask(other, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	fake_expect(login_worker, MW_PROBE);
	fake_expect_nothing(login_worker);
	login_end(login_sid);
	agent = login_agent(1000);
	fake_expect(agent, MG_GRANT);
	login_granted_by(agent, other, 0, "");
	login_expect(other, 1, V_OK, "");
	ck_assert_uint_eq(m->nwaiting, 0);
	close(c2);
}
END_TEST

/* Nobody waits for ever, and who leaves waits no more. */
START_TEST(patience_ends)
{
	uint64_t other, third;
	struct fake *w;
	int c2, c3;

	fake_clock_start();
	m->conf->max_per_user = 1;
	c2 = fake_session(&w, &other);
	c3 = fake_session(&w, &third);
	login_whole(login_sid, "ann", 1000);
	login_ask(other, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	fake_expect(login_worker, MW_PROBE);
	login_ask(third, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	fake_turn();
	ck_assert_uint_eq(m->nwaiting, 2);
	login_end(third);
	fake_turn();
	ck_assert_uint_eq(m->nwaiting, 1);
	fake_clock_add(9000);
	fake_expect_nothing(login_worker);
	fake_clock_add(2000);
	login_expect(other, 1, V_LIMIT, "max-per-user");
	close(c2);
	close(c3);
}
END_TEST

/* --------------------------------------------------------------- the queue */
START_TEST(full_queue_is_busy)
{
	uint64_t sids[4];
	struct fake *w;
	int c[4], i;

	m->conf->max_auth_queue = 2;
	for (i = 0; i < 4; i++)
		c[i] = fake_session(&w, &sids[i]);
	for (i = 0; i < 3; i++)
		login_ask(sids[i], 1, "ann");
	fake_expect_nothing(login_worker);
	login_ask(sids[3], 1, "ann");
	login_expect(sids[3], 1, V_BUSY, "login-queue-full");
	/* In the order of their coming, one at a time. */
	for (i = 0; i < 3; i++) {
		uint64_t id = login_checked_by(login_auth, "ann");

		fake_expect_nothing(login_auth);
		login_result(login_auth, id, V_DENIED, "bad-password");
		login_expect(sids[i], 1, V_DENIED, "bad-password");
	}
	for (i = 0; i < 4; i++)
		close(c[i]);
}
END_TEST

START_TEST(cancelled_attempts_are_not_heard)
{
	uint64_t other, id;
	struct fake *w;
	int c2;

	c2 = fake_session(&w, &other);
	login_ask(login_sid, 1, "ann");
	login_ask(other, 1, "bob");
	id = login_checked_by(login_auth, "ann");
	login_logout(login_sid);
	login_logout(other);
	login_result(login_auth, id, V_DENIED, "bad-password");
	fake_expect_nothing(login_worker);
	fake_expect_nothing(login_auth); /* bob's was still queued */
	/* The next one of the same session is another attempt. */
	login_ask(login_sid, 2, "ann");
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	login_expect(login_sid, 2, V_DENIED, "no");
	close(c2);
}
END_TEST

START_TEST(dead_auth_process_is_an_error)
{
	fake_clock_start();
	login_ask(login_sid, 1, "ann");
	login_checked_by(login_auth, "ann");
	fake_die(login_auth);
	login_expect(login_sid, 1, V_ERROR, "auth-process-died");
	fake_clock_add(20000);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 2);
	login_auth = fake_get(ROLE_AUTH, 1);
	login_whole(login_sid, "ann", 1000);
}
END_TEST

/* Who waits in the queue is served by the successor. */
START_TEST(queue_survives_the_process)
{
	uint64_t other;
	struct fake *w;
	int c2;

	fake_clock_start();
	c2 = fake_session(&w, &other);
	login_ask(login_sid, 1, "ann");
	login_ask(other, 1, "bob");
	fake_die(login_auth);
	login_expect(login_sid, 1, V_ERROR, "auth-process-died");
	fake_clock_add(20000);
	login_checked_by(fake_get(ROLE_AUTH, 1), "bob");
	close(c2);
}
END_TEST

START_TEST(stuck_auth_process_is_killed)
{
	fake_clock_start();
	login_ask(login_sid, 1, "ann");
	login_checked_by(login_auth, "ann");
	fake_clock_add(59999);
	ck_assert_int_eq(login_auth->killed, 0);
	fake_clock_add(1);
	ck_assert_int_eq(login_auth->killed, SIGKILL);
	login_expect(login_sid, 1, V_ERROR, "auth-process-died");
}
END_TEST

enum wrong {
	WRONG_ID,
	WRONG_VERDICT,
	PASSWORD_UNASKED, /* V_PASSWORD, to ASK_PASSWORD */
	NO_ACCOUNT,
	UNASKED,
	WRONG_TYPE,
	WRONGS
};

START_TEST(wrong_auth_message_kills_it)
{
	uint64_t id = 1;
	struct wbuf b;

	if (_i != UNASKED) {
		login_ask(login_sid, 1, "ann");
		id = login_checked_by(login_auth, "ann");
	}
	fake_begin(&b, _i == WRONG_TYPE ? MA_CHECK : AM_RESULT);
	put_u64(&b, _i == WRONG_ID ? id + 1 : id);
	put_u8(&b, _i == WRONG_VERDICT      ? V_PASSWORD + 1
		   : _i == PASSWORD_UNASKED ? V_PASSWORD
		   : _i == NO_ACCOUNT       ? V_OK
					    : V_DENIED);
	put_str(&b, "no");
	fake_send(login_auth, &b);
	ck_assert_int_eq(login_auth->killed, SIGKILL);
	if (_i != UNASKED)
		login_expect(login_sid, 1, V_ERROR, "auth-process-died");
	ck_assert_int_eq(login_worker->killed, 0);
}
END_TEST

START_TEST(new_generation_of_auth)
{
	uint64_t id;

	login_ask(login_sid, 1, "ann");
	id = login_checked_by(login_auth, "ann");
	auths_replace(m->auths);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 2);
	login_result(login_auth, id, V_DENIED, "no");
	login_expect(login_sid, 1, V_DENIED, "no");
	fake_expect_closed(login_auth);
	login_auth = fake_get(ROLE_AUTH, 1);
	login_whole(login_sid, "ann", 1000);
}
END_TEST

Suite *
suite_monitor_login(void)
{
	Suite *s = suite_create("monitor_login");
	TCase *tc = tcase_create("login");

	tcase_add_checked_fixture(tc, login_setup, login_teardown);
	tcase_add_test(tc, channel_connects_worker_and_agent);
	tcase_add_test(tc, denied);
	tcase_add_test(tc, certificate_is_enough);
	tcase_add_test(tc, password_is_needed);
	tcase_add_test(tc, root_is_refused);
	tcase_add_test(tc, unprivileged_everybody_is_the_starter);
	tcase_add_test(tc, user_limit);
	tcase_add_test(tc, user_limit_counts_grants);
	tcase_add_test(tc, dead_ones_make_room);
	tcase_add_test(tc, patience_ends);
	tcase_add_test(tc, full_queue_is_busy);
	tcase_add_test(tc, cancelled_attempts_are_not_heard);
	tcase_add_test(tc, dead_auth_process_is_an_error);
	tcase_add_test(tc, queue_survives_the_process);
	tcase_add_test(tc, stuck_auth_process_is_killed);
	tcase_add_loop_test(tc, wrong_auth_message_kills_it, 0, WRONGS);
	tcase_add_test(tc, new_generation_of_auth);
	suite_add_tcase(s, tc);
	return s;
}
