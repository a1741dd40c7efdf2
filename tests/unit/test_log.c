/* SPDX-License-Identifier: ISC */
/*
 * Log lines: their form, that they cannot be forged, and that a log which
 * cannot be written disturbs nobody.
 */
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

#define LINE_RE                                                    \
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z " \
	"%s test\\[%d\\] %s\n$"

static int fds[2];
static char line[65536 + 1];

static void
setup(void)
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_ne(fcntl(fds[0], F_SETFL, O_NONBLOCK), -1);
	log_set_role("test");
	log_set_level(LOG_LV_INFO);
	log_set_fd(fds[1]);
}

static void
teardown(void)
{
	log_set_fd(-1);
	close(fds[0]);
	close(fds[1]);
}

/* All that was logged since, into line. */
static const char *
logged(void)
{
	ssize_t n = read(fds[0], line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

static void
expect_line(const char *level, const char *text)
{
	char re[512];
	regex_t r;

	(void)snprintf(re, sizeof(re), LINE_RE, level, (int)getpid(), text);
	ck_assert_int_eq(regcomp(&r, re, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&r, logged(), 0, NULL, 0) == 0,
	    "not \"%s\": \"%s\"", re, line);
	regfree(&r);
}

START_TEST(line_has_time_level_role_and_pid)
{
	log_info("hello %d", 1);
	expect_line("info", "hello 1");
	log_warnx("careful");
	expect_line("warn", "careful");
	log_errorx("broken");
	expect_line("error", "broken");
	log_set_level(LOG_LV_DEBUG);
	log_debug("detail");
	expect_line("debug", "detail");
}
END_TEST

START_TEST(errno_is_appended_and_kept)
{
	errno = ENOENT;
	log_warn("open %s", "x");
	ck_assert_int_eq(errno, ENOENT);
	expect_line("warn", "open x: No such file or directory");
	errno = EACCES;
	log_error("open");
	ck_assert_int_eq(errno, EACCES);
	expect_line("error", "open: Permission denied");
	errno = EPERM;
	log_info("plain");
	ck_assert_int_eq(errno, EPERM);
	expect_line("info", "plain");
}
END_TEST

START_TEST(lower_levels_are_silent)
{
	log_debug("no");
	ck_assert_str_eq(logged(), "");
	log_set_level(LOG_LV_ERROR);
	log_info("no");
	log_warnx("no");
	ck_assert_str_eq(logged(), "");
	log_errorx("yes");
	expect_line("error", "yes");
}
END_TEST

/* Whatever comes in: one line, and nothing a terminal obeys. */
START_TEST(line_ends_cannot_be_forged)
{
	log_info("a\nb\r\tc\033[2Jd\177");
	expect_line("info", "a\\?b\\?\\?c\\?\\[2Jd\\?");
}
END_TEST

/* Also not by bytes that 8-bit terminals obey; UTF-8 stays. */
START_TEST(terminals_are_not_moved)
{
	log_info("a\033[2Jb\x9b"
		 "2Jc\xc2\x9b"
		 "d\xc3\xa9");
	expect_line("info", "a\\?\\[2Jb\\?2Jc.\\?d..?");
	ck_assert_ptr_nonnull(strstr(line, "\xc2?d\xc3\xa9\n"));
}
END_TEST

/* Longer than a pipe takes at once; errno's text is not what is lost. */
START_TEST(long_line_is_cut)
{
	char big[20000];
	size_t len;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	errno = ENOENT;
	log_warn("%s", big);
	len = strlen(logged());
	ck_assert_uint_le(len, PIPE_BUF);
	ck_assert_uint_gt(len, PIPE_BUF - 16);
	ck_assert_ptr_nonnull(strstr(line, "x...: No such file or directory"));
	ck_assert_int_eq(line[len - 1], '\n');
	ck_assert_ptr_eq(strchr(line, '\n'), line + len - 1);
}
END_TEST

static void
fill_pipe(void)
{
	char junk[4096];

	memset(junk, 'j', sizeof(junk));
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], junk, sizeof(junk)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
}

/* The reader sleeps: the line is lost, not our time. */
START_TEST(full_pipe_does_not_block)
{
	fill_pipe();
	errno = 0;
	log_info("lost");
	ck_assert_int_eq(errno, 0);
	ck_assert_ptr_null(strstr(logged(), "lost"));
	ck_assert_ptr_null(strstr(logged(), "lost"));
	log_info("found");
	expect_line("info", "found");
}
END_TEST

START_TEST(closed_pipe_does_not_kill)
{
	close(fds[0]);
	fds[0] = -1;
	log_info("nobody hears this");
	ck_assert_int_eq(kill(getpid(), 0), 0);
}
END_TEST

/* Several processes on one pipe: every line is whole. */
static void
talk(char c)
{
	char text[1500];
	int i;

	memset(text, c, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 50; i++)
		log_info("%s", text);
	_exit(0);
}

static void
check_whole(const char *p)
{
	const char *text = strstr(p, "] ");

	ck_assert_ptr_nonnull(text);
	text += 2;
	ck_assert_uint_eq(strlen(text), 1499);
	ck_assert_uint_eq(strspn(text, (char[]){ text[0], '\0' }), 1499);
}

START_TEST(lines_of_processes_do_not_mix)
{
	unsigned n = 0;
	FILE *in;
	int i;

	for (i = 0; i < 2; i++)
		if (fork() == 0)
			talk((char)('A' + i));
	close(fds[1]);
	fds[1] = -1;
	log_set_fd(-1);
	fcntl(fds[0], F_SETFL, 0);
	in = fdopen(dup(fds[0]), "r");
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		check_whole(line);
		n++;
	}
	ck_assert_uint_gt(n, 0);
	(void)fclose(in);
	for (i = 0; i < 2; i++)
		ck_assert_int_gt(wait(NULL), 0);
}
END_TEST

/* ----------------------------------------------------------------- the end */
static void
do_die(void)
{
	errno = ENOENT;
	die("cannot %s", "live");
}

static void
do_diex(void)
{
	errno = ENOENT;
	diex("enough");
}

static void
do_bug(void)
{
	bug("impossible %d", 1);
}

START_TEST(death_is_logged)
{
	char log[512];

	ck_assert_int_eq(child_run(do_die, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(
	    strstr(log, "] cannot live: No such file or directory\n"));
	ck_assert_int_eq(child_run(do_diex, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "] enough\n"));
	ck_assert_int_eq(child_run(do_bug, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(
	    strstr(log, "] this is a bug in ternftpd: impossible 1\n"));
}
END_TEST

Suite *
suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, line_has_time_level_role_and_pid);
	tcase_add_test(tc, errno_is_appended_and_kept);
	tcase_add_test(tc, lower_levels_are_silent);
	tcase_add_test(tc, line_ends_cannot_be_forged);
	tcase_add_test(tc, terminals_are_not_moved);
	tcase_add_test(tc, long_line_is_cut);
	tcase_add_test(tc, full_pipe_does_not_block);
	tcase_add_test(tc, closed_pipe_does_not_kill);
	tcase_add_test(tc, lines_of_processes_do_not_mix);
	tcase_add_test(tc, death_is_logged);
	suite_add_tcase(s, tc);
	return s;
}
