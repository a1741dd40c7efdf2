/* SPDX-License-Identifier: ISC */
/*
 * Login, deadlines and the monitor's orders (protocol 4, 13.3, 14; R6, R16,
 * R18).
 */
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/reply.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"
#include "tls/tls_keys.h"

#define ASK "331 Password required for anna.\r\n"
#define INCORRECT "530 Login incorrect.\r\n"
#define PLEASE "530 Please log in with USER and PASS.\r\n"
#define NOOP_OK "200 NOOP ok.\r\n"
#define IDLE "421 Idle timeout, closing control connection.\r\n"
#define DOWN "421 Service going down.\r\n"

static struct ctrl_rig rig;

static void
setup(void)
{
	crig_start(&rig);
	crig_fake_clock();
}

static void
teardown(void)
{
	crig_stop(&rig);
}

static void
say(const char *cmd, const char *reply)
{
	crig_say(&rig, cmd, reply);
}

static void
expect_reply(const char *text)
{
	ck_assert_str_eq(crig_reply(&rig), text);
}

static void
expect_end(const char *reason)
{
	char text[256];

	get_str(crig_told(&rig, WM_END), text, sizeof(text));
	ck_assert_str_eq(text, reason);
}

/* The agent's end of the session's channel is closed. */
static bool
agent_is_gone(void)
{
	char c;

	crig_turn(&rig);
	return recv(rig.agent, &c, 1, MSG_DONTWAIT) == 0;
}

/* ------------------------------------------------------------------- login */

/* A space at the end belongs to the password; nothing else of it is logged. */
START_TEST(test_login_asks)
{
	char user[256], password[256], names[256];
	struct rbuf *b;

	crig_connect(&rig);
	say("USER anna", ASK);
	say("PASS se cret ", "");
	b = crig_told(&rig, WM_LOGIN);
	ck_assert_uint_eq(get_u32(b), 1);
	ck_assert_uint_eq(get_u8(b), ASK_PASSWORD);
	get_str(b, user, sizeof(user));
	get_str(b, password, sizeof(password));
	ck_assert_str_eq(user, "anna");
	ck_assert_str_eq(password, "se cret ");
	ck_assert_uint_eq(get_u8(b), 0);
	get_str(b, names, sizeof(names));
	ck_assert_str_eq(names, "");
	ck_assert_int_eq(rbuf_end(b), 0);
}
END_TEST

START_TEST(test_login_ok)
{
	struct session *s = crig_login(&rig);

	ck_assert_int_eq(s->login, LOGIN_IN);
	say("PWD", "257 \"/home\" is the current directory.\r\n");
	say("PASS x", "503 Already logged in.\r\n");
	say("SITE UMASK", "200 Current UMASK is 022\r\n");
}
END_TEST

/* Commands behind PASS wait, and all replies are one send. */
START_TEST(test_login_pipelined)
{
	crig_connect(&rig);
	crig_text(&rig, "USER anna\r\nPASS x\r\nNOOP\r\n");
	expect_reply(ASK);
	(void)crig_told(&rig, WM_LOGIN);
	expect_reply("");
	crig_verdict(&rig, 1, V_LIMIT, -1);
	expect_reply(
	    "530 Too many connections of this user, try later.\r\n" NOOP_OK);
}
END_TEST

/* T20: what is allowed before login. */
static const struct {
	const char *cmd, *reply;
} before_login[] = {
	{ "PASS x", "503 Login with USER first.\r\n" },
	{ "ACCT x", "202 ACCT not needed.\r\n" },
	{ "USER", "501 USER needs a name of at most 255 bytes.\r\n" },
	{ "USER Anonymous",
	    "331 Anonymous login ok, send your e-mail address as "
	    "password.\r\n" },
	{ "USER ftp", "331 Anonymous login ok, send your e-mail address as "
		      "password.\r\n" },
	{ "SYST", "215 UNIX Type: L8\r\n" },
	{ "NOOP", NOOP_OK },
	{ "OPTS UTF8 ON", "200 UTF8 is always on.\r\n" },
	{ "CLNT x", "200 Noted.\r\n" },
	{ "LANG", "200 Language is EN.\r\n" },
	{ "ABOR", "226 ABOR command successful.\r\n" },
	{ "REIN", "220 Service ready for new user.\r\n" },
	{ "HELP NOOP", "214 Syntax: NOOP\r\n" },
	{ "FEAT x", "501 FEAT takes no argument.\r\n" },
	{ "STAT x", PLEASE },
	{ "PWD", PLEASE },
	{ "RNTO x", PLEASE },
	{ "TYPE I", PLEASE },
	{ "SMNT x", PLEASE },
	{ "RETR", PLEASE }, /* before the argument is looked at */
	{ "HOST x", "502 HOST not implemented.\r\n" },
	{ "ADAT x", "502 ADAT not implemented.\r\n" },
};

START_TEST(test_before_login)
{
	crig_connect(&rig);
	say(before_login[_i].cmd, before_login[_i].reply);
}
END_TEST

/* One, then two seconds, then the end; the reason stays with us. */
START_TEST(test_login_wrong)
{
	uint32_t n;

	crig_connect(&rig);
	for (n = 1; n <= 3; n++) {
		say("USER anna", ASK);
		say("PASS x", "");
		(void)crig_told(&rig, WM_LOGIN);
		crig_verdict(&rig, n, V_DENIED, -1);
		crig_wait(&rig, n * 1000 - 1);
		expect_reply("");
		crig_wait(&rig, 1);
		expect_reply(
		    n < 3 ? INCORRECT : "421 Too many login failures.\r\n");
	}
	expect_reply("EOF");
}
END_TEST

START_TEST(test_login_error)
{
	crig_connect(&rig);
	say("USER anna", ASK);
	say("PASS x", "");
	(void)crig_told(&rig, WM_LOGIN);
	crig_verdict(&rig, 1, V_ERROR, -1);
	expect_reply(INCORRECT);
	say("PASS x", "503 Login with USER first.\r\n");
}
END_TEST

START_TEST(test_login_busy)
{
	crig_connect(&rig);
	say("USER anna", ASK);
	say("PASS x", "");
	(void)crig_told(&rig, WM_LOGIN);
	crig_verdict(&rig, 1, V_BUSY, -1);
	expect_reply("421 Too many logins at once, try later.\r\n");
}
END_TEST

/* The descriptor got lost: the monitor must hear that nobody is logged in. */
START_TEST(test_login_without_channel)
{
	crig_connect(&rig);
	say("USER anna", ASK);
	say("PASS x", "");
	(void)crig_told(&rig, WM_LOGIN);
	crig_verdict(&rig, 1, V_OK, -1);
	expect_reply(INCORRECT);
	(void)crig_told(&rig, WM_LOGOUT);
	say("PWD", PLEASE);
}
END_TEST

/* An answer nobody waits for changes nothing, and its descriptor is closed. */
START_TEST(test_login_stale)
{
	int fds[2];
	char c;

	crig_connect(&rig);
	say("USER anna", ASK);
	say("PASS x", "");
	(void)crig_told(&rig, WM_LOGIN);
	ck_assert_int_eq(ipc_pair(fds), 0);
	crig_verdict(&rig, 7, V_OK, fds[0]);
	close(fds[0]);
	expect_reply("");
	ck_assert_int_eq(recv(fds[1], &c, 1, 0), 0);
	close(fds[1]);
}
END_TEST

static const size_t lengths[] = { PROTO_USER_MAX - 1, PROTO_USER_MAX };

START_TEST(test_login_long_name)
{
	char cmd[PROTO_USER_MAX + 16] = "USER ";

	memset(cmd + 5, 'x', lengths[_i]);
	crig_connect(&rig);
	crig_cmd(&rig, cmd);
	ck_assert_int_eq(
	    strncmp(crig_reply(&rig), _i == 0 ? "331" : "501", 3), 0);
}
END_TEST

START_TEST(test_login_long_password)
{
	char cmd[PROTO_PASS_MAX + 16] = "PASS ";

	memset(cmd + 5, 'x', PROTO_PASS_MAX);
	crig_connect(&rig);
	say("USER anna", ASK);
	say(cmd, "501 Password too long.\r\n");
	crig_told_nothing(&rig);
}
END_TEST

/* Rights are gone with USER, not only with the next PASS (4.2). */
START_TEST(test_user_again)
{
	crig_login(&rig);
	say("SITE IDLE 60", "200 Maximum IDLE time set to 60 seconds\r\n");
	say("USER anna", ASK);
	(void)crig_told(&rig, WM_LOGOUT);
	ck_assert(agent_is_gone());
	say("PWD", PLEASE);
	ck_assert_uint_eq(worker_find(rig.w, rig.sid)->idle_timeout, 900);
}
END_TEST

/* T21: REIN is as after connecting. */
START_TEST(test_rein)
{
	struct session *s = crig_login(&rig);

	say("TYPE A", "200 Type set to A.\r\n");
	say("EPSV ALL", "200 EPSV ALL command successful.\r\n");
	say("REST 5",
	    "350 Restarting at 5. Send STOR or RETR to initiate transfer.\r\n");
	say("OPTS MLST size;", "200 MLST OPTS size;\r\n");
	say("REIN", "220 Service ready for new user.\r\n");
	(void)crig_told(&rig, WM_LOGOUT);
	ck_assert(agent_is_gone());
	ck_assert_int_eq(s->login, LOGIN_NONE);
	ck_assert_int_eq(s->type, TYPE_IMAGE);
	ck_assert_uint_eq(s->facts, FACT_ALL);
	ck_assert_uint_eq(s->restart, 0);
	ck_assert(!s->epsv_all);
	ck_assert_str_eq(s->cwd, "/");
	say("PWD", PLEASE);
}
END_TEST

/* --------------------------------------------------------------- deadlines */

START_TEST(test_login_timeout)
{
	crig_connect(&rig);
	crig_wait(&rig, 50 * 1000);
	say("USER anna", ASK); /* is no way to stay */
	say("REIN", "220 Service ready for new user.\r\n");
	say("NOOP", NOOP_OK);
	crig_wait(&rig, 10 * 1000 - 1);
	expect_reply("");
	crig_wait(&rig, 1);
	expect_reply("421 Login timeout.\r\n");
	expect_reply("EOF");
	crig_wait(&rig, 2000);
	expect_end("login-timeout");
}
END_TEST

/* A refused login that is still to be answered, when time is up. */
START_TEST(test_login_timeout_in_delay)
{
	crig_connect(&rig);
	say("USER anna", ASK);
	crig_wait(&rig, 59 * 1000 + 500);
	say("PASS x", "");
	(void)crig_told(&rig, WM_LOGIN);
	crig_verdict(&rig, 1, V_DENIED, -1);
	crig_wait(&rig, 500);
	expect_reply("421 Login timeout.\r\n");
	expect_reply("EOF");
	crig_wait(&rig, 500);
	crig_told_nothing(&rig);
	crig_wait(&rig, 1500);
	expect_end("login-timeout");
}
END_TEST

/* T28: any command counts (R6.3). */
START_TEST(test_idle)
{
	crig_login(&rig);
	crig_wait(&rig, 899 * 1000);
	say("NOOP", NOOP_OK);
	crig_wait(&rig, 1000);
	expect_reply("");
	crig_wait(&rig, 899 * 1000 - 1);
	expect_reply("");
	crig_wait(&rig, 1);
	expect_reply("421 Idle timeout, closing control connection.\r\n");
	crig_wait(&rig, 2000);
	expect_end("idle-timeout");
}
END_TEST

START_TEST(test_site_idle)
{
	crig_login(&rig);
	say("SITE IDLE 7201",
	    "501 IDLE time limit must be 1 to 7200 seconds.\r\n");
	say("SITE IDLE 10", "200 Maximum IDLE time set to 10 seconds\r\n");
	crig_wait(&rig, 10 * 1000);
	expect_reply(IDLE);
}
END_TEST

/* The agent may take long: that is not the client's idleness. */
START_TEST(test_waiting_is_not_idle)
{
	crig_login(&rig);
	crig_cmd(&rig, "DELE a");
	ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
	crig_wait(&rig, 5000 * 1000);
	expect_reply("");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n");
	crig_wait(&rig, 899 * 1000);
	expect_reply("");
	crig_wait(&rig, 1000);
	expect_reply(IDLE);
}
END_TEST

/* ------------------------------------------------------- the monitor's word */

static void
kick(void)
{
	struct wbuf *b = crig_begin(MW_KICK);

	put_u64(b, rig.sid);
	put_str(b, "Service going down");
	crig_tell(&rig, -1);
}

START_TEST(test_kick)
{
	crig_login(&rig);
	kick();
	expect_reply("421 Service going down, closing control connection.\r\n");
	expect_reply("EOF");
	crig_wait(&rig, 2000);
	expect_end("kicked");
	kick(); /* the monitor does not know yet */
	crig_told_nothing(&rig);
}
END_TEST

static void
limit(uint64_t rate)
{
	struct wbuf *b = crig_begin(MW_RATE);

	put_u64(b, rig.sid);
	put_u64(b, rate);
	put_u64(b, rate);
	put_u32(b, 0); /* slots */
	put_u16(b, 0);
	crig_tell(&rig, -1);
}

START_TEST(test_limit)
{
	struct session *s = crig_login(&rig);

	ck_assert_ptr_null(s->pace);
	limit(1000);
	ck_assert_ptr_nonnull(s->pace);
}
END_TEST

/* There is nothing to slow down, and the login brings its own rate. */
START_TEST(test_limit_before_login)
{
	struct session *s = crig_connect(&rig);

	say("USER joe", "331 Password required for joe.\r\n");
	limit(1000);
	ck_assert_ptr_null(s->pace);
}
END_TEST

/* A command that is under way answers nobody any more. */
START_TEST(test_kick_while_waiting)
{
	crig_login(&rig);
	crig_cmd(&rig, "DELE a");
	ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
	kick();
	expect_reply("421 Service going down, closing control connection.\r\n");
	crig_answer(&rig, FS_OK, "");
	expect_reply("EOF");
	crig_wait(&rig, 2000);
	expect_end("kicked");
}
END_TEST

/* R18.1 */
START_TEST(test_shutdown)
{
	int idle, waiting;

	crig_connect(&rig);
	idle = rig.client;
	rig.client = -1;
	crig_login(&rig);
	waiting = rig.client;
	crig_text(&rig, "DELE a\r\nNOOP\r\n");
	ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
	crig_order(&rig, MW_SHUTDOWN);
	rig.client = idle;
	expect_reply(DOWN);
	close(idle);
	rig.client = waiting;
	expect_reply("");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n" DOWN);
	ck_assert(!event_base_got_break(rig.base));
	fd_close(&rig.client);
	event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert(event_base_got_break(rig.base));
}
END_TEST

/* An old generation serves what it has and goes with its last session. */
START_TEST(test_drain)
{
	crig_login(&rig);
	crig_order(&rig, MW_DRAIN);
	say("NOOP", NOOP_OK);
	fd_close(&rig.client);
	event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert(event_base_got_break(rig.base));
}
END_TEST

START_TEST(test_drain_empty)
{
	(void)crig_begin(MW_DRAIN);
	crig_tell(&rig, -1);
	ck_assert(rig.w->draining);
	ck_assert_ptr_null(TAILQ_FIRST(&rig.w->sessions));
}
END_TEST

/* R1.6: new ticket keys disturb nobody; half of them is a mistake of ours. */
START_TEST(test_ticket_keys)
{
	struct tls_keys keys;
	struct wbuf *b;

	crig_login(&rig);
	tls_keys_make(&keys);
	b = crig_begin(MW_TICKET_KEYS);
	tls_keys_put(b, &keys);
	crig_tell(&rig, -1);
	say("NOOP", NOOP_OK);
}
END_TEST

START_TEST(test_ticket_keys_cut)
{
	struct tls_keys keys;
	struct wbuf *b;

	log_open("none");
	crig_connect(&rig);
	tls_keys_make(&keys);
	b = crig_begin(MW_TICKET_KEYS);
	tls_keys_put(b, &keys);
	b->len--;
	crig_tell(&rig, -1);
	ck_abort_msg("the worker goes on");
}
END_TEST

START_TEST(test_monitor_gone)
{
	crig_connect(&rig);
	fd_close(&rig.monitor);
	event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert(event_base_got_break(rig.base));
}
END_TEST

/* Messages of the monitor that must not be: our own bug, the worker ends. */
START_TEST(test_nonsense)
{
	log_set_level(LOG_LV_ERROR + 1);
	(void)crig_begin(99);
	crig_tell(&rig, -1);
}
END_TEST

START_TEST(test_trailing_bytes)
{
	struct wbuf *b = crig_begin(MW_DRAIN);

	log_set_level(LOG_LV_ERROR + 1);
	put_u8(b, 1);
	crig_tell(&rig, -1);
}
END_TEST

/* Without a descriptor left a session is lost, not the worker. */
START_TEST(test_no_descriptor)
{
	struct rlimit lim;
	int fds[2], next;

	log_set_level(LOG_LV_ERROR + 1);
	crig_login(&rig);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	next = dup(fds[0]);
	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = (rlim_t)next;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	crig_give(&rig, fds[0]);
	expect_end("no-descriptor");
	rig.sid--;
	lim.rlim_cur = lim.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	say("NOOP", NOOP_OK);
	close(fds[1]);
}
END_TEST

START_TEST(test_find)
{
	uint64_t sid;

	for (sid = 1; sid <= 50; sid++)
		(void)crig_connect(&rig);
	for (sid = 1; sid < 50; sid++) /* their clients have gone */
		ck_assert_ptr_null(worker_find(rig.w, sid));
	ck_assert_uint_eq(worker_find(rig.w, 50)->id, 50);
	ck_assert_ptr_null(worker_find(rig.w, 51));
	ck_assert_ptr_null(TAILQ_FIRST(&rig.w->graveyard));
}
END_TEST

static TCase *
case_login(void)
{
	TCase *tc = tcase_create("login");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_login_asks);
	tcase_add_test(tc, test_login_ok);
	tcase_add_test(tc, test_login_pipelined);
	tcase_add_loop_test(tc, test_before_login, 0, NELEM(before_login));
	tcase_add_test(tc, test_login_wrong);
	tcase_add_test(tc, test_login_error);
	tcase_add_test(tc, test_login_busy);
	tcase_add_test(tc, test_login_without_channel);
	tcase_add_test(tc, test_login_stale);
	tcase_add_loop_test(tc, test_login_long_name, 0, NELEM(lengths));
	tcase_add_test(tc, test_login_long_password);
	tcase_add_test(tc, test_user_again);
	tcase_add_test(tc, test_rein);
	return tc;
}

static TCase *
case_deadlines(void)
{
	TCase *tc = tcase_create("deadlines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_login_timeout);
	tcase_add_test(tc, test_login_timeout_in_delay);
	tcase_add_test(tc, test_idle);
	tcase_add_test(tc, test_site_idle);
	tcase_add_test(tc, test_waiting_is_not_idle);
	return tc;
}

static TCase *
case_monitor(void)
{
	TCase *tc = tcase_create("monitor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_kick);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_limit_before_login);
	tcase_add_test(tc, test_kick_while_waiting);
	tcase_add_test(tc, test_shutdown);
	tcase_add_test(tc, test_drain);
	tcase_add_test(tc, test_drain_empty);
	tcase_add_test(tc, test_ticket_keys);
	tcase_add_exit_test(tc, test_ticket_keys_cut, 1);
	tcase_add_test(tc, test_monitor_gone);
	tcase_add_exit_test(tc, test_nonsense, 1);
	tcase_add_exit_test(tc, test_trailing_bytes, 1);
	tcase_add_test(tc, test_no_descriptor);
	tcase_add_test(tc, test_find);
	return tc;
}

Suite *
suite_session(void)
{
	Suite *suite = suite_create("session");

	suite_add_tcase(suite, case_login());
	suite_add_tcase(suite, case_deadlines());
	suite_add_tcase(suite, case_monitor());
	return suite;
}
