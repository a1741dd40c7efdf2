/* SPDX-License-Identifier: ISC */
/*
 * Logins: worker, auth process and agent as fakes around the real monitor.
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
static struct fake *worker, *auth;
static uint64_t sid;
static int conn;

static void
setup(void)
{
	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	fake_start();
	conn = fake_session(&worker, &sid);
	auth = fake_get(ROLE_AUTH, 0);
}

static void
teardown(void)
{
	close(conn);
	fake_teardown();
}

/* ------------------------------------------------------------------ speech */
static void
ask(uint64_t who, uint32_t attempt, const char *user)
{
	struct wbuf b;

	fake_begin(&b, WM_LOGIN);
	put_u64(&b, who);
	put_u32(&b, attempt);
	put_str(&b, user);
	put_str(&b, "s3cret");
	put_u8(&b, 1);
	fake_send(worker, &b);
}

/* The id of the check that the auth process is asked for. */
static uint64_t
checked(struct fake *a, const char *user)
{
	char name[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	struct ipc_msg *msg = fake_expect(a, MA_CHECK);
	struct addr peer;
	uint64_t id;

	id = get_u64(&msg->body);
	get_str(&msg->body, name, sizeof(name));
	get_str(&msg->body, password, sizeof(password));
	addr_get(&msg->body, &peer);
	ck_assert_uint_eq(get_u8(&msg->body), 1);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(name, user);
	ck_assert_str_eq(password, "s3cret");
	ck_assert(addr_is_loopback(&peer));
	return id;
}

static void
account_fill(struct account *a, const char *name, uid_t uid)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->ident.uid = uid;
	a->ident.gid = uid;
	snprintf(a->root, sizeof(a->root), "/srv/%s", name);
	snprintf(a->start_dir, sizeof(a->start_dir), "/in");
	a->rights = 0x5;
	a->umask = 027;
	a->idle_timeout = 77;
}

static void
result(struct fake *a, uint64_t id, enum verdict verdict, const char *reason)
{
	struct wbuf b;

	fake_begin(&b, AM_RESULT);
	put_u64(&b, id);
	put_u8(&b, verdict);
	put_str(&b, reason);
	fake_send(a, &b);
}

static void
result_ok(struct fake *a, uint64_t id, const char *name, uid_t uid)
{
	struct account account;
	struct wbuf b;

	account_fill(&account, name, uid);
	fake_begin(&b, AM_RESULT);
	put_u64(&b, id);
	put_u8(&b, V_OK);
	put_str(&b, "");
	account_put(&b, &account);
	fake_send(a, &b);
}

static void
granted(struct fake *agent, uint64_t who, int64_t err, const char *reason)
{
	struct wbuf b;

	fake_begin(&b, GM_GRANTED);
	put_u64(&b, who);
	put_i64(&b, err);
	put_str(&b, reason);
	fake_send(agent, &b);
}

static void
closed(struct fake *agent, uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, GM_CLOSED);
	put_u64(&b, who);
	fake_send(agent, &b);
}

static void
logout(uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, WM_LOGOUT);
	put_u64(&b, who);
	fake_send(worker, &b);
}

/* What the worker is told: the verdict and the reason. */
static void
expect_answer(
    uint64_t who, uint32_t attempt, enum verdict verdict, const char *reason)
{
	struct ipc_msg *msg = fake_expect(worker, MW_LOGIN);
	char text[PROTO_REASON_MAX];

	ck_assert_uint_eq(get_u64(&msg->body), who);
	ck_assert_uint_eq(get_u32(&msg->body), attempt);
	ck_assert_uint_eq(get_u8(&msg->body), verdict);
	get_str(&msg->body, text, sizeof(text));
	ck_assert_str_eq(text, reason);
	if (verdict != V_OK) {
		ck_assert_int_eq(rbuf_end(&msg->body), 0);
		ck_assert_int_eq(msg->fd, -1);
	}
}

/* The one started last that serves this user. */
static struct fake *
living_agent(uid_t uid)
{
	struct fake *agent;
	unsigned i;

	for (i = fake_count(ROLE_AGENT); i-- > 0;) {
		agent = fake_get(ROLE_AGENT, i);
		if (agent->fd != -1 && (!m->privileged || agent->id.uid == uid))
			return agent;
	}
	ck_abort_msg("no agent serves uid %lu", (unsigned long)uid);
	return NULL;
}

/* Logs this session in; the agent that serves it. */
static struct fake *
log_in(uint64_t who, const char *name, uid_t uid)
{
	struct fake *agent;

	ask(who, 1, name);
	result_ok(auth, checked(auth, name), name, uid);
	agent = living_agent(uid);
	fake_expect(agent, MG_GRANT);
	granted(agent, who, 0, "");
	expect_answer(who, 1, V_OK, "");
	return agent;
}

/* -------------------------------------------------------------- the whole */
START_TEST(channel_connects_worker_and_agent)
{
	char name[ACCOUNT_NAME_MAX], dir[VPATH_MAX], text[8];
	struct account account;
	struct ipc_msg *msg;
	struct fake *agent;
	struct addr peer;
	int agent_end;

	ask(sid, 3, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1234);
	fake_expect_nothing(worker);
	agent = fake_get(ROLE_AGENT, 0);
	msg = fake_expect(agent, MG_GRANT);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	account_get(&msg->body, &account);
	addr_get(&msg->body, &peer);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(account.name, "ann");
	ck_assert_str_eq(account.root, "/srv/ann");
	agent_end = msg->fd;
	msg->fd = -1;
	ck_assert_int_ne(agent_end, -1);

	granted(agent, sid, 0, "");
	msg = fake_expect(worker, MW_LOGIN);
	ck_assert_uint_eq(get_u64(&msg->body), sid);
	ck_assert_uint_eq(get_u32(&msg->body), 3);
	ck_assert_uint_eq(get_u8(&msg->body), V_OK);
	get_str(&msg->body, text, sizeof(text));
	get_str(&msg->body, name, sizeof(name));
	ck_assert_str_eq(name, "ann");
	ck_assert_uint_eq(get_u8(&msg->body), 0);
	get_str(&msg->body, dir, sizeof(dir));
	ck_assert_str_eq(dir, "/in");
	ck_assert_uint_eq(get_u32(&msg->body), 0x5);
	ck_assert_uint_eq(get_u32(&msg->body), 027);
	ck_assert_uint_eq(get_u32(&msg->body), 77);
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
	ask(sid, 1, "ann");
	result(auth, checked(auth, "ann"), V_DENIED, "bad-password");
	expect_answer(sid, 1, V_DENIED, "bad-password");
	/* And again. */
	ask(sid, 2, "ann");
	result(auth, checked(auth, "ann"), V_DENIED, "bad-password");
	expect_answer(sid, 2, V_DENIED, "bad-password");
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
}
END_TEST

/* ------------------------------------------------------- identity, limits */
START_TEST(root_is_refused)
{
	m->privileged = true;
	ask(sid, 1, "root");
	result_ok(auth, checked(auth, "root"), "root", 0);
	expect_answer(sid, 1, V_DENIED, "root may not log in");
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 0);
}
END_TEST

START_TEST(unprivileged_everybody_is_the_starter)
{
	struct fake *agent;

	m->self.uid = 4321;
	agent = log_in(sid, "ann", 0);
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
	log_in(sid, "ann", 1000);
	ask(other, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	expect_answer(other, 1, V_LIMIT, "max-sessions");
	log_in(third, "bob", 1000);
	/* A logout makes room. */
	logout(sid);
	log_in(other, "ann", 1000);
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
	ask(sid, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	ask(other, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	expect_answer(other, 1, V_LIMIT, "max-sessions");
	close(c2);
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
		ask(sids[i], 1, "ann");
	fake_expect_nothing(worker);
	ask(sids[3], 1, "ann");
	expect_answer(sids[3], 1, V_BUSY, "login-queue-full");
	/* In the order of their coming, one at a time. */
	for (i = 0; i < 3; i++) {
		uint64_t id = checked(auth, "ann");

		fake_expect_nothing(auth);
		result(auth, id, V_DENIED, "bad-password");
		expect_answer(sids[i], 1, V_DENIED, "bad-password");
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
	ask(sid, 1, "ann");
	ask(other, 1, "bob");
	id = checked(auth, "ann");
	logout(sid);
	logout(other);
	result(auth, id, V_DENIED, "bad-password");
	fake_expect_nothing(worker);
	fake_expect_nothing(auth); /* bob's was still queued */
	/* The next one of the same session is another attempt. */
	ask(sid, 2, "ann");
	result(auth, checked(auth, "ann"), V_DENIED, "no");
	expect_answer(sid, 2, V_DENIED, "no");
	close(c2);
}
END_TEST

START_TEST(dead_auth_process_is_an_error)
{
	fake_clock_start();
	ask(sid, 1, "ann");
	checked(auth, "ann");
	fake_die(auth);
	expect_answer(sid, 1, V_ERROR, "auth-process-died");
	fake_clock_add(20000);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 2);
	auth = fake_get(ROLE_AUTH, 1);
	log_in(sid, "ann", 1000);
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
	ask(sid, 1, "ann");
	ask(other, 1, "bob");
	fake_die(auth);
	expect_answer(sid, 1, V_ERROR, "auth-process-died");
	fake_clock_add(20000);
	checked(fake_get(ROLE_AUTH, 1), "bob");
	close(c2);
}
END_TEST

START_TEST(stuck_auth_process_is_killed)
{
	fake_clock_start();
	ask(sid, 1, "ann");
	checked(auth, "ann");
	fake_clock_add(59999);
	ck_assert_int_eq(auth->killed, 0);
	fake_clock_add(1);
	ck_assert_int_eq(auth->killed, SIGKILL);
	expect_answer(sid, 1, V_ERROR, "auth-process-died");
}
END_TEST

enum wrong {
	WRONG_ID,
	WRONG_VERDICT,
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
		ask(sid, 1, "ann");
		id = checked(auth, "ann");
	}
	fake_begin(&b, _i == WRONG_TYPE ? MA_CHECK : AM_RESULT);
	put_u64(&b, _i == WRONG_ID ? id + 1 : id);
	put_u8(&b, _i == WRONG_VERDICT ? 99
		   : _i == NO_ACCOUNT  ? V_OK
				       : V_DENIED);
	put_str(&b, "no");
	fake_send(auth, &b);
	ck_assert_int_eq(auth->killed, SIGKILL);
	if (_i != UNASKED)
		expect_answer(sid, 1, V_ERROR, "auth-process-died");
	ck_assert_int_eq(worker->killed, 0);
}
END_TEST

START_TEST(new_generation_of_auth)
{
	uint64_t id;

	ask(sid, 1, "ann");
	id = checked(auth, "ann");
	auths_replace(m->auths);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 2);
	result(auth, id, V_DENIED, "no");
	expect_answer(sid, 1, V_DENIED, "no");
	fake_expect_closed(auth);
	auth = fake_get(ROLE_AUTH, 1);
	log_in(sid, "ann", 1000);
}
END_TEST

/* ------------------------------------------------------------------ agents */
START_TEST(one_agent_per_identity)
{
	uint64_t other, third;
	struct fake *w, *a;
	int c2, c3;

	m->privileged = true;
	c2 = fake_session(&w, &other);
	c3 = fake_session(&w, &third);
	a = log_in(sid, "ann", 1000);
	ck_assert_ptr_eq(log_in(other, "bob", 1000), a);
	ck_assert_ptr_ne(log_in(third, "eve", 1001), a);
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
	a = log_in(sid, "ann", 1000);
	ck_assert_ptr_ne(log_in(other, "ann", 1000), a);
	ck_assert_uint_eq(fake_count(ROLE_AGENT), 2);
	close(c2);
}
END_TEST

START_TEST(refused_grant_is_an_error)
{
	struct fake *agent;

	ask(sid, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	fake_expect(agent, MG_GRANT);
	granted(agent, sid, ENOENT, "home-missing");
	expect_answer(sid, 1, V_ERROR, "home-missing");
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	ck_assert_int_eq(agent->killed, 0);
	ck_assert_ptr_eq(log_in(sid, "ann", 1000), agent);
}
END_TEST

START_TEST(agent_death_answers_what_is_pending)
{
	struct fake *agent;

	ask(sid, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	fake_expect(agent, MG_GRANT);
	fake_die(agent);
	expect_answer(sid, 1, V_ERROR, "agent-died");
	ck_assert_ptr_ne(log_in(sid, "ann", 1000), agent);
}
END_TEST

START_TEST(agent_death_leaves_sessions_to_workers)
{
	struct fake *agent = log_in(sid, "ann", 1000);

	fake_die(agent);
	fake_expect_nothing(worker);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sid));
	/* The next login has a new one. */
	logout(sid);
	ck_assert_ptr_ne(log_in(sid, "ann", 1000), agent);
}
END_TEST

START_TEST(idle_agent_is_let_go)
{
	struct fake *agent = log_in(sid, "ann", 1000);

	fake_clock_start();
	fake_clock_add(100000);
	ck_assert_int_eq(m->agents.tqh_first->pid, agent->pid);
	logout(sid);
	closed(agent, sid);
	fake_clock_add(29999);
	fake_expect_nothing(agent);
	fake_clock_add(1);
	fake_expect_closed(agent);
	ck_assert(TAILQ_EMPTY(&m->agents));
}
END_TEST

START_TEST(login_keeps_idle_agent)
{
	struct fake *agent = log_in(sid, "ann", 1000);

	fake_clock_start();
	logout(sid);
	closed(agent, sid);
	fake_clock_add(20000);
	ck_assert_ptr_eq(log_in(sid, "ann", 1000), agent);
	fake_clock_add(20000);
	fake_expect_nothing(agent);
}
END_TEST

START_TEST(old_generation_agent_gets_no_grants)
{
	struct fake *old = log_in(sid, "ann", 1000), *new;
	uint64_t other;
	struct fake *w;
	int c2;

	fake_clock_start();
	c2 = fake_session(&w, &other);
	m->conf->generation++;
	agents_retire(m);
	fake_clock_add(60000);
	fake_expect_nothing(old); /* it has a session */
	new = log_in(other, "ann", 1000);
	ck_assert_ptr_ne(new, old);
	closed(old, sid);
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

	ask(sid, 1, "ann");
	result_ok(auth, checked(auth, "ann"), "ann", 1000);
	agent = fake_get(ROLE_AGENT, 0);
	msg = fake_expect(agent, MG_GRANT);
	fd = msg->fd;
	msg->fd = -1;
	logout(sid);
	ck_assert_int_eq(read(fd, &c, 1), 0); /* the channel is closed */
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	granted(agent, sid, 0, "");
	closed(agent, sid);
	fake_expect_nothing(worker);
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
	struct fake *agent = log_in(sid, "ann", 1000);
	struct wbuf b;

	if (_i == CLOSED_UNASKED)
		closed(agent, sid);
	fake_begin(&b, _i == CLOSED_UNASKED ? GM_CLOSED
		       : _i == AGENT_TYPE   ? MG_GRANT
					    : GM_GRANTED);
	put_u64(&b, sid);
	if (_i == GRANTED_UNASKED || _i == GRANTED_CUT)
		put_i64(&b, 0);
	if (_i == GRANTED_UNASKED)
		put_str(&b, "");
	fake_send(agent, &b);
	ck_assert_int_eq(agent->killed, SIGKILL);
	ck_assert_int_eq(worker->killed, 0);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sid));
}
END_TEST

START_TEST(worker_death_frees_everything)
{
	uint64_t other;
	struct fake *w;
	int c2;

	c2 = fake_session(&w, &other);
	log_in(sid, "ann", 1000);
	ask(other, 1, "ann");
	fake_die(worker);
	ck_assert_uint_eq(m->sessions.count, 0);
	ck_assert_uint_eq(sessions_of(&m->sessions, "ann"), 0);
	result(auth, checked(auth, "ann"), V_DENIED, "no");
	ck_assert_int_eq(auth->killed, 0);
	close(c2);
}
END_TEST

Suite *
suite_monitor_login(void)
{
	Suite *s = suite_create("monitor_login");
	TCase *tc = tcase_create("login");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, channel_connects_worker_and_agent);
	tcase_add_test(tc, denied);
	tcase_add_test(tc, root_is_refused);
	tcase_add_test(tc, unprivileged_everybody_is_the_starter);
	tcase_add_test(tc, user_limit);
	tcase_add_test(tc, user_limit_counts_grants);
	tcase_add_test(tc, full_queue_is_busy);
	tcase_add_test(tc, cancelled_attempts_are_not_heard);
	tcase_add_test(tc, dead_auth_process_is_an_error);
	tcase_add_test(tc, queue_survives_the_process);
	tcase_add_test(tc, stuck_auth_process_is_killed);
	tcase_add_loop_test(tc, wrong_auth_message_kills_it, 0, WRONGS);
	tcase_add_test(tc, new_generation_of_auth);
	tcase_add_test(tc, one_agent_per_identity);
	tcase_add_test(tc, full_agent_is_not_the_last);
	tcase_add_test(tc, refused_grant_is_an_error);
	tcase_add_test(tc, agent_death_answers_what_is_pending);
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
