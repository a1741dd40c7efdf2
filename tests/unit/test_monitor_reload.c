/* SPDX-License-Identifier: ISC */
/*
 * SIGHUP: a new configuration whole, or the old one as it was (R11).
 */
#include "config.h"

#include <sys/stat.h>

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/monitor_login.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;
static char dir[] = "/tmp/ternftpd-reload-XXXXXX";
static char path[64], log_path[64], empty[64];

static void write_conf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* The text is put behind what every configuration here needs. */
static void
write_conf(const char *fmt, ...)
{
	FILE *f = fopen(path, "w");
	va_list ap;

	ck_assert_ptr_nonnull(f);
	fprintf(f,
	    "log = \"%s\"\nworkers = 1\nservice_user = \"nobody\"\n"
	    "empty_dir = \"%s\"\n",
	    log_path, empty);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	ck_assert_int_eq(fclose(f), 0);
}

/* A port that was free a moment ago. */
static unsigned
free_port(void)
{
	struct addr addr;
	int fd;

	ck_assert_int_eq(addr_parse_ip(&addr, "127.0.0.1"), 0);
	fd = listener_bind(&addr, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sock_local(fd, &addr), 0);
	close(fd);
	return addr.port;
}

static const char *
log_text(void)
{
	static char text[8192];
	FILE *f = fopen(log_path, "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static char told[4096]; /* to who asked for the last reload */

static int
reload(void)
{
	FILE *out = fmemopen(told, sizeof(told), "w");
	int result;

	ck_assert_ptr_nonnull(out);
	memset(told, 0, sizeof(told));
	result = monitor_reload(m, out);
	fclose(out);
	return result;
}

static void
setup(void)
{
	memset(dir + strlen(dir) - 6, 'X', 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ftpd.conf", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(empty, sizeof(empty), "%s/empty", dir);
	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	ck_assert_int_eq(log_open(log_path), 0);
	m->conf_path = xstrdup(path);
	fake_start();
}

static void
teardown(void)
{
	fake_teardown();
	log_open("none");
	unlink(path);
	unlink(log_path);
	rmdir(empty);
	rmdir(dir);
}

START_TEST(good_configuration_takes_over)
{
	unsigned port = free_port();
	struct fake *old;
	uint64_t sid;
	int conn;

	conn = fake_session(&old, &sid);
	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n"
		   "limits { sessions_per_ip = 33 }\n",
	    port);
	ck_assert_int_eq(monitor_reload(m, NULL), 0);
	ck_assert_uint_eq(m->generation, 2);
	ck_assert_uint_eq(m->conf->max_per_ip, 33);
	ck_assert_uint_eq(TAILQ_FIRST(&m->listeners)->bound.port, port);
	ck_assert_ptr_null(TAILQ_NEXT(TAILQ_FIRST(&m->listeners), entry));
	/* The session stays where it is, the next goes to the new worker. */
	fake_expect(old, MW_DRAIN);
	ck_assert_ptr_nonnull(sessions_find(&m->sessions, sid));
	close(conn);
	conn = fake_session(&old, &sid);
	ck_assert_ptr_eq(old, fake_get(ROLE_WORKER, 1));
	fake_expect_closed(fake_get(ROLE_AUTH, 0));
	ck_assert_ptr_nonnull(strstr(log_text(), "config generation 2 active"));
	close(conn);
}
END_TEST

/* Who asked is told what the log says (R11.1). */
START_TEST(bad_configuration_changes_nothing)
{
	struct config *conf = m->conf;
	int fd = TAILQ_FIRST(&m->listeners)->fd;

	write_conf("no_such_key = 3\n");
	ck_assert_int_eq(reload(), -1);
	ck_assert_ptr_nonnull(strstr(told, "ftpd.conf:5: unknown key"));
	ck_assert_ptr_nonnull(strstr(told, "not reloaded: generation 1 stays"));
	ck_assert_ptr_eq(m->conf, conf);
	ck_assert_int_eq(TAILQ_FIRST(&m->listeners)->fd, fd);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 1);
	ck_assert_ptr_nonnull(strstr(log_text(), "ftpd.conf:5:"));
	ck_assert_ptr_nonnull(strstr(log_text(), "generation 1 stays"));
}
END_TEST

/* What parses may still be impossible: conf_check() decides. */
START_TEST(unsound_configuration_changes_nothing)
{
	struct config *conf = m->conf;

	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n"
		   "users_file = \"%s/missing\"\n",
	    free_port(), dir);
	ck_assert_int_eq(monitor_reload(m, NULL), -1);
	ck_assert_ptr_eq(m->conf, conf);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
	ck_assert_ptr_nonnull(strstr(log_text(), "/missing"));
}
END_TEST

START_TEST(taken_port_changes_nothing)
{
	struct config *conf = m->conf;
	struct addr addr;
	int other;

	ck_assert_int_eq(addr_parse_ip(&addr, "127.0.0.1"), 0);
	other = listener_bind(&addr, 0);
	ck_assert_int_eq(sock_local(other, &addr), 0);
	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n",
	    addr.port);
	ck_assert_int_eq(monitor_reload(m, NULL), -1);
	ck_assert_ptr_eq(m->conf, conf);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 1);
	ck_assert_ptr_nonnull(strstr(log_text(), "cannot listen on 127.0.0.1"));
	close(other);
}
END_TEST

START_TEST(missing_file_changes_nothing)
{
	struct config *conf = m->conf;

	ck_assert_int_eq(monitor_reload(m, NULL), -1);
	ck_assert_ptr_eq(m->conf, conf);
}
END_TEST

/* --------------------------------------------------------------- users */
/* As login_whole() has it. */
#define RATES "rate_down = 1000 rate_up = 2000 "
#define JOE "user joe { password = \"*\" root = / " RATES "}\n"
#define ANN "user ann { password = \"*\" root = / " RATES "}\n"
#define GUESTS "anonymous { enabled = yes root = / " RATES "}\n"

static unsigned port; /* of the listener in all of these */

static void
write_users(const char *users)
{
	write_conf("auth_processes = 1\n"
		   "listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n%s",
	    port, users);
}

/* A monitor that has taken over these users. */
static void
begin_with(const char *users)
{
	port = free_port();
	write_users(users);
	ck_assert_int_eq(reload(), 0);
	fake_expect(fake_get(ROLE_WORKER, 0), MW_DRAIN);
	login_auth = fake_get(ROLE_AUTH, 1);
	login_worker = fake_get(ROLE_WORKER, 1);
}

START_TEST(users_alone_replace_nothing_but_auth)
{
	begin_with(JOE);
	write_users(JOE ANN);
	ck_assert_int_eq(reload(), 0);
	ck_assert_str_eq(told,
	    "user \"ann\" is new\n"
	    "config generation 2 goes on with other users\n");
	ck_assert_ptr_nonnull(strstr(log_text(), "user \"ann\" is new"));
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "ann"));
	ck_assert_uint_eq(m->generation, 2);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 2);
	fake_expect_nothing(login_worker);
	fake_expect_closed(login_auth);
	ck_assert_uint_eq(fake_count(ROLE_AUTH), 3);
}
END_TEST

/* Somebody may have a reason that is not in the files. */
START_TEST(same_configuration_is_a_new_generation)
{
	begin_with(JOE);
	ck_assert_int_eq(reload(), 0);
	ck_assert_str_eq(told, "config generation 3 active\n");
	fake_expect(login_worker, MW_DRAIN);
}
END_TEST

static void
expect_retired(uint64_t sid, const char *why)
{
	struct ipc_msg *msg = fake_expect(login_worker, MW_RETIRE);
	char reason[PROTO_REASON_MAX];

	ck_assert_uint_eq(get_u64(&msg->body), sid);
	get_str(&msg->body, reason, sizeof(reason));
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(reason, why);
}

/* R11.3 */
START_TEST(sessions_of_removed_users_are_retired)
{
	struct fake *w;
	uint64_t joe, ann, other;
	int fds[3];

	begin_with(GUESTS JOE ANN);
	fds[0] = fake_session(&w, &joe);
	fds[1] = fake_session(&w, &ann);
	fds[2] = fake_session(&w, &other);
	(void)login_whole(joe, "joe", 1001);
	(void)login_whole(ann, "ann", 1002);
	(void)login_whole(other, "anonymous", 1003);
	write_users(GUESTS ANN);
	ck_assert_int_eq(reload(), 0);
	expect_retired(joe, "Account removed");
	fake_expect_nothing(w);
	write_users(GUESTS "user ann { password = \"*\" root = / " RATES
			   "disabled = yes }");
	ck_assert_int_eq(reload(), 0);
	/* He whose session has not ended yet is told again. */
	expect_retired(ann, "Account disabled");
	expect_retired(joe, "Account removed");
	fake_expect_nothing(w);
	write_users("user ann { password = \"*\" root = / " RATES "}");
	ck_assert_int_eq(reload(), 0);
	expect_retired(other, "Guests are not let in");
	expect_retired(joe, "Account removed");
	fake_expect(w, MW_DRAIN);
	fake_expect_nothing(w);
	for (joe = 0; joe < NELEM(fds); joe++)
		close(fds[joe]);
}
END_TEST

START_TEST(reload_ends_nobody_or_who_changed)
{
	uint64_t joe, ann;
	int a, b;

	begin_with("reload_ends = none\n" JOE ANN);
	a = fake_session(&login_worker, &joe);
	b = fake_session(&login_worker, &ann);
	(void)login_whole(joe, "joe", 1001);
	(void)login_whole(ann, "ann", 1002);
	write_users("reload_ends = none\n" ANN);
	ck_assert_int_eq(reload(), 0);
	fake_expect_nothing(login_worker);
	write_users("reload_ends = changed\n"
		    "user ann { password = \"!\" root = / " RATES "}\n" JOE);
	ck_assert_int_eq(reload(), 0);
	expect_retired(ann, "Account changed");
	fake_expect(login_worker, MW_DRAIN);
	fake_expect_nothing(login_worker);
	close(a);
	close(b);
}
END_TEST

/* Rates hold at once, for who is there, too; of all rules only they do. */
START_TEST(rates_are_told)
{
	uint64_t joe, ann;
	struct ipc_msg *msg;
	int a, b;

	begin_with(JOE ANN);
	a = fake_session(&login_worker, &joe);
	b = fake_session(&login_worker, &ann);
	(void)login_whole(joe, "joe", 1001);
	(void)login_whole(ann, "ann", 1002);
	write_users(
	    "user joe { password = \"*\" root = / " RATES "user_rate_up = 7 }\n"
	    "user ann { password = \"*\" root = / rate_up = 5 }\n");
	ck_assert_int_eq(reload(), 0);
	msg = fake_expect(login_worker, MW_RATE);
	ck_assert_uint_eq(get_u64(&msg->body), ann);
	ck_assert_uint_eq(get_u64(&msg->body), 0);
	ck_assert_uint_eq(get_u64(&msg->body), 5);
	ck_assert_uint_eq(get_u32(&msg->body), 0);
	ck_assert_uint_eq(get_u16(&msg->body), 0);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	msg = fake_expect(login_worker, MW_RATE);
	ck_assert_uint_eq(get_u64(&msg->body), joe);
	ck_assert_uint_eq(get_u64(&msg->body), 1000);
	ck_assert_uint_eq(get_u64(&msg->body), 2000);
	ck_assert_uint_ne(get_u16(&msg->body), 0); /* a rate that is shared */
	ck_assert_uint_eq(get_u32(&msg->body), 0);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	fake_expect_nothing(login_worker);
	close(a);
	close(b);
}
END_TEST

/* The auth process answered from the configuration before. */
START_TEST(login_of_a_user_removed_meanwhile_is_refused)
{
	struct fake *w;
	uint64_t sid, id;
	int conn;

	begin_with(JOE);
	conn = fake_session(&w, &sid);
	login_ask(sid, 1, "joe");
	id = login_checked_by(login_auth, "joe");
	write_users(ANN);
	ck_assert_int_eq(reload(), 0);
	login_result_ok_as(login_auth, id, "joe", 1001, ACCOUNT_USER);
	login_expect(sid, 1, V_DENIED, "account-removed");
	close(conn);
}
END_TEST

/* ---------------------------------------------------------- users file */
static char users_path[64];

static void
write_users_file(const char *text)
{
	FILE *f = fopen(users_path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void
begin_with_file(const char *users)
{
	snprintf(users_path, sizeof(users_path), "%s/users", dir);
	write_users_file(users);
	begin_with("users_file = users\n");
	fake_clock_start();
	users_start(m);
	ck_assert_int_eq(log_open(log_path), 0);
}

/* What was written into ftpd.conf meanwhile waits for a reload. */
START_TEST(edited_users_file_is_taken_over)
{
	begin_with_file(JOE);
	write_users_file(JOE ANN);
	write_users("users_file = nowhere\nlimits { sessions_per_ip = 7 }");
	fake_clock_add(2000);
	ck_assert_ptr_null(conf_find_user(m->conf, "ann"));
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "ann"));
	ck_assert_uint_ne(m->conf->max_per_ip, 7);
	ck_assert_uint_eq(m->generation, 2);
	fake_expect_nothing(login_worker);
	/* And again: the new one is watched. */
	write_users_file(ANN "user tim { password = \"*\" root = / }");
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "tim"));
	ck_assert_ptr_null(conf_find_user(m->conf, "joe"));
	unlink(users_path);
}
END_TEST

START_TEST(useless_users_file_keeps_the_old_one)
{
	begin_with_file(JOE ANN);
	write_users_file(JOE "user ann { password");
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "ann"));
	ck_assert_ptr_nonnull(strstr(log_text(), "/users:2:"));
	fake_clock_add(20000);
	ck_assert_ptr_null(strstr(
	    strstr(log_text(), "/users:2:") + 5, "/users:2:")); /* once */
	unlink(users_path);
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "ann"));
	write_users_file("");
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "ann"));
	ck_assert_ptr_nonnull(strstr(log_text(), "the users file is empty"));
	write_users_file(JOE);
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_null(conf_find_user(m->conf, "ann"));
	write_users_file("");
	fake_clock_add(2000);
	fake_clock_add(1000);
	ck_assert_ptr_nonnull(conf_find_user(m->conf, "joe"));
	unlink(users_path);
}
END_TEST

/* ------------------------------------------------------------- dry run */
static int
dry_run(void)
{
	FILE *out = fmemopen(told, sizeof(told), "w");
	int result;

	ck_assert_ptr_nonnull(out);
	memset(told, 0, sizeof(told));
	result = monitor_reload_dry(m, out);
	fclose(out);
	return result;
}

START_TEST(dry_run_tells_and_does_nothing)
{
	struct config *conf;
	unsigned other = free_port();
	struct fake *w;
	uint64_t sid;
	char want[256];
	int conn;

	begin_with(JOE);
	conn = fake_session(&w, &sid);
	(void)login_whole(sid, "joe", 1001);
	conf = m->conf;
	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n" ANN,
	    other);
	ck_assert_int_eq(dry_run(), 0);
	snprintf(want, sizeof(want), "listen \"ftp\": port: %u -> %u\n", port,
	    other);
	ck_assert_ptr_nonnull(strstr(told, want));
	ck_assert_ptr_nonnull(strstr(told, "user \"joe\" is gone\n"));
	snprintf(
	    want, sizeof(want), "127.0.0.1:%u will be listened on\n", other);
	ck_assert_ptr_nonnull(strstr(told, want));
	snprintf(want, sizeof(want), "127.0.0.1:%u will be closed", port);
	ck_assert_ptr_nonnull(strstr(told, want));
	ck_assert_ptr_nonnull(strstr(told, "of joe ends after its transfer"));
	ck_assert_ptr_nonnull(strstr(told, "1 of 1 sessions end, the others go "
					   "on with the old"));
	ck_assert_ptr_eq(m->conf, conf);
	fake_expect_nothing(w);
	ck_assert_uint_eq(fake_count(ROLE_WORKER), 2);
	ck_assert_uint_eq(TAILQ_FIRST(&m->listeners)->bound.port, port);
	write_users(JOE);
	ck_assert_int_eq(dry_run(), 0);
	ck_assert_ptr_nonnull(strstr(told, "nothing would change\n"));
	close(conn);
}
END_TEST

START_TEST(dry_run_finds_what_would_fail)
{
	struct addr addr;
	int taken;

	begin_with(JOE);
	write_users("nonsense = 1\n");
	ck_assert_int_eq(dry_run(), -1);
	ck_assert_ptr_nonnull(strstr(told, "ftpd.conf:7: unknown key"));
	ck_assert_int_eq(addr_parse_ip(&addr, "127.0.0.1"), 0);
	taken = listener_bind(&addr, 0);
	ck_assert_int_eq(sock_local(taken, &addr), 0);
	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n" JOE,
	    addr.port);
	ck_assert_int_eq(dry_run(), -1);
	ck_assert_ptr_nonnull(strstr(told, "cannot listen on 127.0.0.1"));
	write_users("certificate x { file = /nonexistent }\n" JOE);
	ck_assert_int_eq(dry_run(), -1);
	ck_assert_ptr_nonnull(strstr(told, "certificate \"x\": /nonexistent"));
	ck_assert_uint_eq(m->generation, 2);
	close(taken);
}
END_TEST

START_TEST(no_reload_while_stopping)
{
	write_conf("listen \"ftp\" { address = \"127.0.0.1\" port = %u }\n",
	    free_port());
	monitor_stop(m);
	ck_assert_int_eq(monitor_reload(m, NULL), -1);
	ck_assert(TAILQ_EMPTY(&m->listeners));
}
END_TEST

/* SIGUSR1: whoever cannot open the log is given it. */
START_TEST(reopened_log_is_sent)
{
	struct ipc_msg *msg;
	char old[80];

	snprintf(old, sizeof(old), "%s.1", log_path);
	ck_assert_int_eq(rename(log_path, old), 0);
	ck_assert_int_eq(log_reopen(), 0);
	children_log(m);
	msg = fake_expect(fake_get(ROLE_AUTH, 0), MA_LOG);
	ck_assert_uint_eq(get_u8(&msg->body), LOG_MAIN);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	msg = fake_expect(fake_get(ROLE_WORKER, 0), MW_LOG);
	ck_assert_uint_eq(get_u8(&msg->body), LOG_MAIN);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_int_eq(write(msg->fd, "hello\n", 6), 6);
	ck_assert_str_eq(log_text(), "hello\n");
	unlink(old);
}
END_TEST

Suite *
suite_monitor_reload(void)
{
	Suite *s = suite_create("monitor_reload");
	TCase *tc = tcase_create("reload");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_configuration_takes_over);
	tcase_add_test(tc, bad_configuration_changes_nothing);
	tcase_add_test(tc, unsound_configuration_changes_nothing);
	tcase_add_test(tc, taken_port_changes_nothing);
	tcase_add_test(tc, missing_file_changes_nothing);
	tcase_add_test(tc, reopened_log_is_sent);
	tcase_add_test(tc, no_reload_while_stopping);
	tcase_add_test(tc, users_alone_replace_nothing_but_auth);
	tcase_add_test(tc, same_configuration_is_a_new_generation);
	tcase_add_test(tc, sessions_of_removed_users_are_retired);
	tcase_add_test(tc, reload_ends_nobody_or_who_changed);
	tcase_add_test(tc, rates_are_told);
	tcase_add_test(tc, login_of_a_user_removed_meanwhile_is_refused);
	tcase_add_test(tc, edited_users_file_is_taken_over);
	tcase_add_test(tc, useless_users_file_keeps_the_old_one);
	tcase_add_test(tc, dry_run_tells_and_does_nothing);
	tcase_add_test(tc, dry_run_finds_what_would_fail);
	suite_add_tcase(s, tc);
	return s;
}
