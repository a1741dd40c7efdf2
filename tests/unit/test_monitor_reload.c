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
#include "tests/unit/monitor_fake.h"
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
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	msg = fake_expect(fake_get(ROLE_WORKER, 0), MW_LOG);
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
	suite_add_tcase(s, tc);
	return s;
}
