/* SPDX-License-Identifier: ISC */
/*
 * Agents: who gets which, when they go, and what their death means.
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

/* ------------------------------------------------------------------ agents */
START_TEST(one_agent_per_identity)
{
	uint64_t other, third;
	struct fake *w, *a;
	int c2, c3;

	m->privileged = true;
	c2 = fake_session(&w, &other);
	c3 = fake_session(&w, &third);
	a = login_whole(login_sid, "ann", 1000);
	ck_assert_ptr_eq(login_whole(other, "bob", 1000), a);
	ck_assert_ptr_ne(login_whole(third, "eve", 1001), a);
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 2);
	close(c2);
	close(c3);
}
END_TEST

START_TEST(full_agent_is_not_the_last)
{
	uint64_t other;
	struct fake *w, *a;
	int c2;

	c2 = fake_session(&w, &other);
	m->sessions_per_process = 1;
	a = login_whole(login_sid, "ann", 1000);
	ck_assert_ptr_ne(login_whole(other, "ann", 1000), a);
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 2);
	close(c2);
}
END_TEST

START_TEST(refused_grant_is_an_error)
{
	struct fake *agent;

	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	fake_expect(agent, MG_GRANT);
	login_granted_by(agent, login_sid, ENOENT, "home-missing");
	login_expect(login_sid, 1, V_ERROR, "home-missing");
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	ck_assert_int_eq(agent->killed, 0);
	ck_assert_ptr_eq(login_whole(login_sid, "ann", 1000), agent);
}
END_TEST

/* One that cannot reach a home is outdated; a new one can. */
START_TEST(another_agent_is_asked_for_what_one_cannot_reach)
{
	struct fake *first, *second;

	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	first = fake_get(ROLE_AGENT, 0);
	fake_expect(first, MG_GRANT);
	login_granted_by(first, login_sid, ESTALE, "home-missing");
	second = fake_get(ROLE_AGENT, 1);
	fake_expect(second, MG_GRANT);
	login_granted_by(second, login_sid, ESTALE, "home-missing");
	login_expect(login_sid, 1, V_ERROR, "home-missing");
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 2);
}
END_TEST

START_TEST(agent_death_answers_what_is_pending)
{
	struct fake *agent;

	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	fake_expect(agent, MG_GRANT);
	fake_die(agent);
	/* It may have been dead before the login came; a second one was not. */
	agent = fake_get(ROLE_AGENT, 1);
	fake_expect(agent, MG_GRANT);
	fake_die(agent);
	login_expect(login_sid, 1, V_ERROR, "agent-failed");
	ck_assert_ptr_ne(login_whole(login_sid, "ann", 1000), agent);
}
END_TEST

START_TEST(agent_death_before_the_login)
{
	struct fake *agent;

	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	fake_die(fake_get(ROLE_AGENT, 0));
	agent = fake_get(ROLE_AGENT, 1);
	fake_expect(agent, MG_GRANT);
	login_granted_by(agent, login_sid, 0, "");
	login_expect(login_sid, 1, V_OK, "");
}
END_TEST

START_TEST(agent_death_leaves_sessions_to_workers)
{
	struct fake *agent = login_whole(login_sid, "ann", 1000);

	fake_die(agent);
	fake_expect_nothing(login_worker);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, login_sid));
	/* The next login has a new one. */
	login_logout(login_sid);
	ck_assert_ptr_ne(login_whole(login_sid, "ann", 1000), agent);
}
END_TEST

START_TEST(idle_agent_is_let_go)
{
	struct fake *agent = login_whole(login_sid, "ann", 1000);

	fake_clock_start();
	fake_clock_add(100000);
	ck_assert_int_eq(m->agents.tqh_first->pid, agent->pid);
	login_logout(login_sid);
	login_closed_by(agent, login_sid);
	fake_clock_add(29999);
	fake_expect_nothing(agent);
	fake_clock_add(1);
	fake_expect_closed(agent);
	ck_assert(TAILQ_EMPTY(&m->agents));
}
END_TEST

START_TEST(login_keeps_idle_agent)
{
	struct fake *agent = login_whole(login_sid, "ann", 1000);

	fake_clock_start();
	login_logout(login_sid);
	login_closed_by(agent, login_sid);
	fake_clock_add(20000);
	ck_assert_ptr_eq(login_whole(login_sid, "ann", 1000), agent);
	fake_clock_add(20000);
	fake_expect_nothing(agent);
}
END_TEST

START_TEST(old_generation_agent_gets_no_grants)
{
	struct fake *old = login_whole(login_sid, "ann", 1000), *new;
	uint64_t other;
	struct fake *w;
	int c2;

	fake_clock_start();
	c2 = fake_session(&w, &other);
	m->conf_since = ++m->generation;
	agents_retire(m);
	fake_clock_add(60000);
	fake_expect_nothing(old); /* it has a session */
	new = login_whole(other, "ann", 1000);
	ck_assert_ptr_ne(new, old);
	login_closed_by(old, login_sid);
	fake_clock_add(1);
	fake_expect_closed(old);
	fake_expect_nothing(new);
	close(c2);
}
END_TEST

/* The session ends between the question and the agent's answer. */
START_TEST(cancelled_grant)
{
	struct fake *agent;
	struct ipc_msg *msg;
	char c;
	int fd;

	login_ask(login_sid, 1, "ann");
	login_result_ok(
	    login_auth, login_checked_by(login_auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	msg = fake_expect(agent, MG_GRANT);
	fd = msg->fd;
	msg->fd = -1;
	login_logout(login_sid);
	ck_assert_int_eq(read(fd, &c, 1), 0); /* the channel is closed */
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	login_granted_by(agent, login_sid, 0, "");
	login_closed_by(agent, login_sid);
	fake_expect_nothing(login_worker);
	ck_assert_int_eq(agent->killed, 0);
	ck_assert_uint_eq(m->agents.tqh_first->nsessions, 0);
	close(fd);
}
END_TEST

enum agent_wrong {
	GRANTED_UNASKED,
	CLOSED_UNASKED,
	GRANTED_CUT,
	AGENT_TYPE,
	AGENT_WRONGS
};

START_TEST(wrong_agent_message_kills_it)
{
	struct fake *agent = login_whole(login_sid, "ann", 1000);
	struct wbuf b;

	if (_i == CLOSED_UNASKED)
		login_closed_by(agent, login_sid);
	fake_begin(&b, _i == CLOSED_UNASKED ? GM_CLOSED
		       : _i == AGENT_TYPE   ? MG_GRANT
					    : GM_GRANTED);
	put_u64(&b, login_sid);
	if (_i == GRANTED_UNASKED || _i == GRANTED_CUT)
		put_i64(&b, 0);
	if (_i == GRANTED_UNASKED)
		put_str(&b, "");
	fake_send(agent, &b);
	ck_assert_int_eq(agent->killed, SIGKILL);
	ck_assert_int_eq(login_worker->killed, 0);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, login_sid));
}
END_TEST

START_TEST(worker_death_frees_everything)
{
	uint64_t other;
	struct fake *w;
	int c2;

	c2 = fake_session(&w, &other);
	login_whole(login_sid, "ann", 1000);
	login_ask(other, 1, "ann");
	fake_die(login_worker);
	ck_assert_uint_eq(m->sessions.count, 0);
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	ck_assert_int_eq(login_auth->killed, 0);
	close(c2);
}
END_TEST

Suite *
suite_monitor_agents(void)
{
	Suite *s = suite_create("monitor_agents");
	TCase *tc = tcase_create("agents");

	tcase_add_checked_fixture(tc, login_setup, login_teardown);
	tcase_add_test(tc, one_agent_per_identity);
	tcase_add_test(tc, full_agent_is_not_the_last);
	tcase_add_test(tc, refused_grant_is_an_error);
	tcase_add_test(tc, another_agent_is_asked_for_what_one_cannot_reach);
	tcase_add_test(tc, agent_death_answers_what_is_pending);
	tcase_add_test(tc, agent_death_before_the_login);
	tcase_add_test(tc, agent_death_leaves_sessions_to_workers);
	tcase_add_test(tc, idle_agent_is_let_go);
	tcase_add_test(tc, login_keeps_idle_agent);
	tcase_add_test(tc, old_generation_agent_gets_no_grants);
	tcase_add_test(tc, cancelled_grant);
	tcase_add_loop_test(tc, wrong_agent_message_kills_it, 0, AGENT_WRONGS);
	tcase_add_test(tc, worker_death_frees_everything);
	suite_add_tcase(s, tc);
	return s;
}
