/* SPDX-License-Identifier: ISC */
/*
 * Log lines: their form, that they cannot be forged, and that a log which
 * cannot be written disturbs nobody.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
#include "common/log_event.h"
#include "common/mem.h"
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

/* ----------------------------------------------------------------- log_vis */
static const struct vis {
	const char *in;
	size_t len;
	const char *out;
} vis[] = {
	{ "", 0, "" },
	{ "plain ~ text", 12, "plain ~ text" },
	{ "a\"b\\c", 5, "a\\\"b\\\\c" },
	{ "\r\n\t", 3, "\\015\\012\\011" },
	{ "\0x", 2, "\\000x" },
	{ "\033[31m", 5, "\\033[31m" },
	{ "\177", 1, "\\177" },
	{ "\xc3\xa4", 2, "\xc3\xa4" }, /* UTF-8 stays */
	{ "\xe2\x82\xac", 3, "\xe2\x82\xac" },
	{ "\xf0\x9f\x90\xa6", 4, "\xf0\x9f\x90\xa6" },
	{ "\xe4", 1, "\xe4" }, /* Latin-1 stays */
	{ "\xff\xfe", 2, "\xff\xfe" },
	{ "\x9b"
	  "2J",
	    3, "\\2332J" }, /* CSI of C1 */
	{ "\xc2\x9b"
	  "2J",
	    4, "\\302\\2332J" }, /* the same in UTF-8 */
	{ "\xc2\xa0", 2, "\xc2\xa0" }, /* the first that is no C1 */
	{ "\xc3", 1, "\xc3" }, /* begun, never ended */
	{ "\xe2\x82", 2, "\xe2\\202" },
	{ "\xc0\x9b", 2, "\xc0\\233" }, /* overlong */
	{ "\xe0\x82\x9b", 3, "\xe0\\202\\233" },
	{ "\xed\xa0\x80", 3, "\xed\xa0\\200" }, /* a surrogate */
	{ "\xf4\x90\x80\x80", 4, "\xf4\\220\\200\\200" },
	{ "\xc3\xa4\x84", 3, "\xc3\xa4\\204" },
};

START_TEST(text_is_made_visible)
{
	const struct vis *v;
	char out[64];

	for (v = vis; v < vis + NELEM(vis); v++)
		ck_assert_str_eq(
		    log_vis(out, sizeof(out), v->in, v->len), v->out);
}
END_TEST

/* In a buffer of 8: what fits stays whole, what does not ends in "...". */
static const char *const cuts[][2] = {
	{ "1234567", "1234567" },
	{ "12345678", "1234..." },
	{ "123\n", "123\\012" },
	{ "1234\n", "1234..." },
	{ "1\n34567", "1..." }, /* \012 is not split */
	{ "12345\xc3\xa4", "12345\xc3\xa4" },
	{ "123\xc3\xa4"
	  "678",
	    "123..." },
	{ "\n\n", "\\012..." },
};

START_TEST(cut_is_marked_between_units)
{
	char out[8];
	size_t i;

	for (i = 0; i < NELEM(cuts); i++) {
		log_vis(out, sizeof(out), cuts[i][0], strlen(cuts[i][0]));
		ck_assert_str_eq(out, cuts[i][1]);
	}
}
END_TEST

START_TEST(small_buffers_are_respected)
{
	char *out;
	size_t size;

	for (size = 0; size < 8; size++) {
		out = malloc(size + 1);
		out[0] = 'x';
		ck_assert_ptr_eq(log_vis(out, size, "\n\n\n\n", 4), out);
		if (size > 0)
			ck_assert_uint_lt(strlen(out), size);
		else
			ck_assert_int_eq(out[0], 'x');
		free(out);
	}
}
END_TEST

Suite *
suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("lines"), *tf = tcase_create("files"),
	      *tv = tcase_create("log_vis");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, line_has_time_level_role_and_pid);
	tcase_add_test(tc, errno_is_appended_and_kept);
	tcase_add_test(tc, lower_levels_are_silent);
	tcase_add_test(tc, line_ends_cannot_be_forged);
	tcase_add_test(tc, long_line_is_cut);
	tcase_add_test(tc, full_pipe_does_not_block);
	tcase_add_test(tc, closed_pipe_does_not_kill);
	tcase_add_test(tc, lines_of_processes_do_not_mix);
	tcase_add_test(tc, death_is_logged);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tf, setup_file, teardown_file);
	tcase_add_test(tf, full_file_is_renamed);
	tcase_add_test(tf, lost_file_is_looked_for);
	tcase_add_test(tf, full_disk_disturbs_nobody);
	tcase_add_test(tf, syslog_gets_its_form);
	tcase_add_test(tf, journal_gets_fields);
	tcase_add_test(tf, daemon_that_sleeps_holds_nobody);
	tcase_add_test(tf, daemon_is_found_again);
	tcase_add_test(tf, transfer_log_is_an_xferlog);
	tcase_add_test(tf, file_is_appended_to);
	tcase_add_test(tf, reopen_follows_a_rotation);
	tcase_add_test(tf, sent_file_is_adopted);
	tcase_add_test(tf, wishes_are_told);
	tcase_add_test(tf, failed_open_keeps_the_old);
	tcase_add_test(tf, fifo_without_reader_does_not_hang);
	tcase_add_test(tf, descriptor_is_told);
	suite_add_tcase(s, tf);
	tcase_add_test(tv, text_is_made_visible);
	tcase_add_test(tv, cut_is_marked_between_units);
	tcase_add_test(tv, small_buffers_are_respected);
	suite_add_tcase(s, tv);
	return s;
}
