/* SPDX-License-Identifier: ISC */
/*
 * Where the log goes: files and their rotation, syslog, the journal, the
 * transfer log; and that none of them can hold anybody up.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_event.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

static char line[65536 + 1];

/* ------------------------------------------------------------------- files */
static char dir[] = "/tmp/ternftpd-log.XXXXXX";
static char file[64], moved[64];

static void
setup_file(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/log", dir);
	(void)snprintf(moved, sizeof(moved), "%s/log.1", dir);
	umask(0);
}

static void
teardown_file(void)
{
	log_open("stderr");
	log_set_socket(NULL);
	log_set_format(LOG_FORMAT_TEXT);
	(void)unlink(file);
	(void)unlink(moved);
	(void)rmdir(dir);
}

static unsigned
lines_of(const char *name)
{
	FILE *f = fopen(name, "r");
	unsigned n = 0;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		n++;
	(void)fclose(f);
	return n;
}

START_TEST(file_is_appended_to)
{
	struct stat st;

	ck_assert_int_eq(log_open(file), 0);
	log_info("one");
	ck_assert_int_eq(log_open(file), 0);
	log_info("two");
	ck_assert_uint_eq(lines_of(file), 2);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(reopen_follows_a_rotation)
{
	ck_assert_int_eq(log_open(file), 0);
	log_info("old");
	ck_assert_int_eq(rename(file, moved), 0);
	log_info("old");
	ck_assert_int_eq(log_reopen(), 0);
	log_info("new");
	ck_assert_uint_eq(lines_of(moved), 2);
	ck_assert_uint_eq(lines_of(file), 1);
}
END_TEST

/* As a process does that was sent the new file. */
START_TEST(sent_file_is_adopted)
{
	unsigned before;
	int fd;

	ck_assert_int_eq(log_open(file), 0);
	fd = log_fd(LOG_MAIN);
	before = child_count_fds();
	log_info("old");
	ck_assert_int_eq(rename(file, moved), 0);
	log_adopt(LOG_MAIN,
	    open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
	log_info("new");
	ck_assert_uint_eq(lines_of(moved), 1);
	ck_assert_uint_eq(lines_of(file), 1);
	ck_assert_int_eq(
	    log_fd(LOG_MAIN), fd); /* threads may hold the number */
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_eq(child_count_fds(), before);
	/* Of no use where lines go elsewhere. */
	log_open("none");
	log_adopt(LOG_MAIN, open(file, O_WRONLY | O_CLOEXEC));
	ck_assert_uint_eq(child_count_fds(), before - 1);
	ck_assert_int_eq(log_fd(LOG_MAIN), -1);
}
END_TEST

START_TEST(wishes_are_told)
{
	log_set_level(LOG_LV_WARN);
	ck_assert(!log_wants(LOG_LV_INFO));
	ck_assert(log_wants(LOG_LV_WARN));
	ck_assert(log_wants(LOG_LV_ERROR));
	log_open("none");
	ck_assert(!log_wants(LOG_LV_ERROR));
}
END_TEST

START_TEST(failed_open_keeps_the_old)
{
	unsigned before;

	ck_assert_int_eq(log_open(file), 0);
	before = child_count_fds();
	ck_assert_int_eq(log_open("/nonexistent/dir/log"), -1);
	ck_assert_int_eq(errno, ENOENT);
	log_info("here");
	ck_assert_int_eq(rename(dir, "/tmp/ternftpd-log.gone"), 0);
	ck_assert_int_eq(log_reopen(), -1);
	ck_assert_int_eq(rename("/tmp/ternftpd-log.gone", dir), 0);
	log_info("here");
	ck_assert_uint_eq(lines_of(file), 2);
	ck_assert_uint_eq(child_count_fds(), before);
}
END_TEST

START_TEST(fifo_without_reader_does_not_hang)
{
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_int_eq(log_open(file), -1);
	ck_assert_int_eq(errno, ENXIO);
}
END_TEST

START_TEST(descriptor_is_told)
{
	ck_assert_int_eq(log_fd(LOG_MAIN), STDERR_FILENO);
	ck_assert_int_eq(log_open("none"), 0);
	ck_assert_int_eq(log_fd(LOG_MAIN), -1);
	log_info("nowhere");
	ck_assert_int_eq(log_open(file), 0);
	ck_assert_int_gt(log_fd(LOG_MAIN), 2);
	ck_assert_int_ne(fcntl(log_fd(LOG_MAIN), F_GETFD) & FD_CLOEXEC, 0);
	log_set_socket("/nonexistent/log");
	ck_assert_int_eq(log_open("syslog"), 0);
	ck_assert_int_eq(log_fd(LOG_MAIN), -1);
	ck_assert_int_eq(log_reopen(), 0);
}
END_TEST

/* Bytes in a file: the monitor renames it when they are too many. */
START_TEST(full_file_is_renamed)
{
	ck_assert_int_eq(log_open(file), 0);
	ck_assert_uint_eq(log_size(LOG_MAIN), 0);
	log_info("old");
	ck_assert_uint_gt(log_size(LOG_MAIN), 4);
	ck_assert(!log_is_stale(LOG_MAIN));
	ck_assert_int_eq(log_rotate(LOG_MAIN), 0);
	ck_assert(log_is_stale(LOG_MAIN));
	ck_assert_int_eq(log_reopen(), 0);
	ck_assert(!log_is_stale(LOG_MAIN));
	log_info("new");
	ck_assert_uint_eq(lines_of(moved), 1);
	ck_assert_uint_eq(lines_of(file), 1);
	log_open("stderr");
	ck_assert(!log_is_stale(LOG_MAIN));
	ck_assert_uint_eq(log_size(LOG_MAIN), 0);
}
END_TEST

/* A directory that went away, and came back. */
START_TEST(lost_file_is_looked_for)
{
	ck_assert_int_eq(log_open(file), 0);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	log_info("lost");
	ck_assert(log_is_stale(LOG_MAIN));
	ck_assert_int_eq(log_reopen(), -1);
	ck_assert(log_is_stale(LOG_MAIN));
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(log_reopen(), 0);
	ck_assert(!log_is_stale(LOG_MAIN));
	log_info("found");
	ck_assert_uint_eq(lines_of(file), 1);
}
END_TEST

/* R14.5 */
START_TEST(full_disk_disturbs_nobody)
{
	ck_assert_int_eq(log_open("/dev/full"), 0);
	errno = EAGAIN;
	log_info("lost");
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_eq(log_size(LOG_MAIN), 0);
	ck_assert(!log_is_stale(LOG_MAIN));
}
END_TEST

/* ----------------------------------------------------------------- sockets */
/* A daemon of the system at file, which reads when it likes. */
static int
daemon_start(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)strlcpy(sun.sun_path, file, sizeof(sun.sun_path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	log_set_socket(file);
	return fd;
}

static const char *
received(int fd)
{
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

static void
expect_received(int fd, const char *re)
{
	regex_t r;

	ck_assert_int_eq(regcomp(&r, re, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&r, received(fd), 0, NULL, 0) == 0,
	    "not \"%s\": \"%s\"", re, line);
	regfree(&r);
}

#define SYSLOG_HEAD \
	"^<9[0-9]>[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} ternftpd\\[[0-9]+\\]: "

START_TEST(syslog_gets_its_form)
{
	int fd = daemon_start();

	ck_assert_int_eq(log_open("syslog"), 0);
	log_set_role("test");
	log_info("hello\nthere");
	expect_received(fd, SYSLOG_HEAD "test: hello\\?there$");
	ck_assert_int_eq(strncmp(line, "<94>", 4), 0); /* ftp.info */
	log_errorx("bad");
	ck_assert_int_eq(strncmp(received(fd), "<91>", 4), 0);
	log_event(&(struct log_event){ .id = EVENT_MKDIR, .path = "/a b" });
	expect_received(fd, SYSLOG_HEAD "test: mkdir path=\"/a b\"$");
	log_set_format(LOG_FORMAT_JSON);
	log_info("hello");
	expect_received(
	    fd, SYSLOG_HEAD "\\{\"time\".*\"message\":\"hello\"\\}$");
	close(fd);
}
END_TEST

START_TEST(journal_gets_fields)
{
	int fd = daemon_start();

	ck_assert_int_eq(log_open("journal"), 0);
	log_set_role("test");
	log_warnx("hello\nthere");
	ck_assert_str_eq(received(fd),
	    "PRIORITY=4\nSYSLOG_IDENTIFIER=ternftpd\nSYSLOG_FACILITY=11\n"
	    "MESSAGE=test: hello?there\nTERNFTPD_PROCESS=test\n");
	log_event(&(struct log_event){
	    .id = EVENT_MKDIR, .user = "j\no", .path = "/a b" });
	ck_assert_str_eq(received(fd),
	    "PRIORITY=6\nSYSLOG_IDENTIFIER=ternftpd\nSYSLOG_FACILITY=11\n"
	    "MESSAGE=test: mkdir user=\"j\\012o\" path=\"/a b\"\n"
	    "TERNFTPD_PROCESS=test\nTERNFTPD_EVENT=mkdir\n"
	    "TERNFTPD_USER=j\\012o\nTERNFTPD_PATH=/a b\n");
	close(fd);
}
END_TEST

/* As systemd's JOURNAL_STREAM tells; a name left over from it is no proof. */
START_TEST(journal_is_known)
{
	char name[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", name, 1), 0);
	ck_assert(log_stderr_is_journal());
	(void)strlcat(name, "1", sizeof(name));
	ck_assert_int_eq(setenv("JOURNAL_STREAM", name, 1), 0);
	ck_assert(!log_stderr_is_journal());
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
	ck_assert(!log_stderr_is_journal());
}
END_TEST

/* syslog(3) would wait here for ever. */
START_TEST(daemon_that_sleeps_holds_nobody)
{
	int fd = daemon_start(), i;

	ck_assert_int_eq(log_open("syslog"), 0);
	errno = 0;
	for (i = 0; i < 5000; i++)
		log_info("line %d", i);
	ck_assert_int_eq(errno, 0);
	ck_assert_ptr_nonnull(strstr(received(fd), "line 0"));
	close(fd);
}
END_TEST

/* It comes later, goes, and comes back. */
START_TEST(daemon_is_found_again)
{
	int fd;

	log_set_socket(file);
	ck_assert_int_eq(log_open("syslog"), 0);
	ck_assert_int_eq(log_fd(LOG_MAIN), -1);
	log_info("lost");
	ck_assert(!log_is_stale(LOG_MAIN));
	fd = daemon_start();
	ck_assert(log_is_stale(LOG_MAIN));
	ck_assert_int_eq(log_reopen(), 0);
	log_info("one");
	ck_assert_ptr_nonnull(strstr(received(fd), "one"));
	close(fd);
	(void)unlink(file);
	log_info("lost");
	fd = daemon_start();
	ck_assert(log_is_stale(LOG_MAIN));
	ck_assert_int_eq(log_reopen(), 0);
	log_info("two");
	ck_assert_ptr_nonnull(strstr(received(fd), "two"));
	close(fd);
}
END_TEST

/* --------------------------------------------------------------- transfers */
static void
transfer(enum event_id id, enum reason reason, const char *path)
{
	struct addr peer = { .family = 4, .ip = { 192, 0, 2, 1 } };

	log_event(&(struct log_event){ .id = id,
	    .reason = reason,
	    .peer = &peer,
	    .user = "joe s",
	    .path = path,
	    .bytes = 5,
	    .ms = 1001 });
}

START_TEST(transfer_log_is_an_xferlog)
{
	FILE *f;

	ck_assert_int_eq(log_open("none"), 0);
	transfer(EVENT_STORE, REASON_NONE, "/lost");
	ck_assert_int_eq(log_open_sink(LOG_TRANSFERS, file), 0);
	transfer(EVENT_RETRIEVE, REASON_NONE, "/a b\nc");
	transfer(EVENT_APPEND, REASON_ABORTED, "/d");
	transfer(EVENT_LIST, REASON_NONE, "/");
	ck_assert_int_eq(log_open_sink(LOG_TRANSFERS, "none"), 0);
	f = fopen(file, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_uint_gt(strlen(line), 24);
	ck_assert_str_eq(
	    line + 24, " 2 192.0.2.1 5 /a_b_c b _ o r joe_s ftp 0 * c\n");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_str_eq(
	    line + 24, " 2 192.0.2.1 5 /d b _ i r joe_s ftp 0 * i\n");
	ck_assert_ptr_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
}
END_TEST

Suite *
suite_log_sink(void)
{
	Suite *s = suite_create("log_sink");
	TCase *tc = tcase_create("sinks");

	tcase_add_checked_fixture(tc, setup_file, teardown_file);
	tcase_add_test(tc, full_file_is_renamed);
	tcase_add_test(tc, lost_file_is_looked_for);
	tcase_add_test(tc, full_disk_disturbs_nobody);
	tcase_add_test(tc, syslog_gets_its_form);
	tcase_add_test(tc, journal_gets_fields);
	tcase_add_test(tc, journal_is_known);
	tcase_add_test(tc, daemon_that_sleeps_holds_nobody);
	tcase_add_test(tc, daemon_is_found_again);
	tcase_add_test(tc, transfer_log_is_an_xferlog);
	tcase_add_test(tc, file_is_appended_to);
	tcase_add_test(tc, reopen_follows_a_rotation);
	tcase_add_test(tc, sent_file_is_adopted);
	tcase_add_test(tc, wishes_are_told);
	tcase_add_test(tc, failed_open_keeps_the_old);
	tcase_add_test(tc, fifo_without_reader_does_not_hang);
	tcase_add_test(tc, descriptor_is_told);
	suite_add_tcase(s, tc);
	return s;
}
