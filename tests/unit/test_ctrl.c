/* SPDX-License-Identifier: ISC */
/*
 * The control connection: lines, turns, groups of replies, back-pressure, ends
 * (protocol 2, 12; R interop 4, 46, 49, 52).
 */
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/ctrl.h"
#include "server/worker/reply.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"

#define NOOP_OK "200 NOOP ok.\r\n"
#define SYNTAX "500 Syntax error, command unrecognized.\r\n"
#define MSS 512

static struct ctrl_rig rig;
static int mss_wanted; /* of tcp_session() */

static void
setup(void)
{
	crig_start(&rig);
	mss_wanted = MSS;
}

static void
teardown(void)
{
	crig_stop(&rig);
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
	ck_assert_ptr_null(worker_find(rig.w, rig.sid));
}

/* ------------------------------------------------------------------- lines */

/* T3: what came together is answered together. */
START_TEST(test_pipelined)
{
	crig_connect(&rig);
	crig_text(&rig, "NOOP\r\nSYST\r\nNOOP\r\n");
	expect_reply(NOOP_OK "215 UNIX Type: L8\r\n" NOOP_OK);
}
END_TEST

/* T2 */
START_TEST(test_byte_by_byte)
{
	const char *p;

	crig_connect(&rig);
	for (p = "noop\r\n"; p[1] != '\0'; p++) {
		crig_send(&rig, p, 1);
		expect_reply("");
	}
	crig_send(&rig, p, 1);
	expect_reply(NOOP_OK);
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	const char *reply;
} odd_lines[] = {
#define ODD(in, reply)                    \
	{                                 \
		in, sizeof(in) - 1, reply \
	}
	ODD("NOOP\n", NOOP_OK), /* T4 */
	ODD("\r\n\r\nNOOP\r\n", NOOP_OK),
	ODD("NOOP and more\r\n", NOOP_OK),
	ODD(" NOOP\r\n", SYNTAX),
	ODD("N\x1b[2JOOP\r\n", SYNTAX),
	ODD("L\xcdST\r\n", SYNTAX),
	ODD("Noop2\r\n", "500 'Noop2': command not understood.\r\n"),
	/* T6: a NUL makes no shorter line, and costs no session. */
	ODD("NOOP\0x\r\nNOOP\r\n",
	    "500 Invalid character in command.\r\n" NOOP_OK),
	/* Telnet, T9: answers come with the replies. */
	ODD("\xff\xfb\x01\xff\xf4\xff\xf2NO\xff\xf1OP\r\n",
	    "\xff\xfe\x01" NOOP_OK),
	ODD("\xff\xfd\x03", "\xff\xfc\x03"),
};

START_TEST(test_odd_lines)
{
	crig_connect(&rig);
	crig_send(&rig, odd_lines[_i].in, odd_lines[_i].len);
	expect_reply(odd_lines[_i].reply);
}
END_TEST

/* R interop 52: exactly one reply, and the session stays. */
START_TEST(test_overlong)
{
	static char line[3 * LINE_MAX_LEN];

	memset(line, 'x', sizeof(line));
	crig_connect(&rig);
	crig_send(&rig, line, sizeof(line));
	expect_reply("");
	crig_text(&rig, "\r\nNOOP\r\n");
	expect_reply("500 Command line too long.\r\n" NOOP_OK);
}
END_TEST

/* ------------------------------------------------------- who is no client */

static const struct {
	const char *in, *reply, *reason;
} strangers[] = {
	{ "GET / HTTP/1.0\r\nHost: x\r\n\r\n", "500 This is an FTP server.\r\n",
	    "not-ftp" },
	{ "EHLO x\r\n", "500 This is an FTP server.\r\n", "not-ftp" },
	{ "Host: x\r\n", "500 This is an FTP server.\r\n", "not-ftp" },
	{ "SSH-2.0-x\r\n", "EOF", "not-ftp" },
	/* No line end ever comes of this one. */
	{ "\x16\x03\x01\x02", "EOF", "not-ftp" },
};

/* Protocol 2.3 */
START_TEST(test_strangers)
{
	crig_connect(&rig);
	crig_text(&rig, strangers[_i].in);
	expect_reply(strangers[_i].reply);
	fd_close(&rig.client);
	expect_end(strangers[_i].reason);
}
END_TEST

/* Protocol 13.3 */
START_TEST(test_too_many_errors)
{
	int i;

	crig_connect(&rig);
	/* Commands that exist do not count, clients try several. */
	for (i = 0; i < 10; i++) {
		crig_say(&rig, "AUTH TLS", "502 AUTH not implemented.\r\n");
		crig_say(
		    &rig, "PWD", "530 Please log in with USER and PASS.\r\n");
	}
	for (i = 0; i < 4; i++)
		crig_say(&rig, "FOO", "500 'FOO': command not understood.\r\n");
	crig_say(&rig, "FOO",
	    "500 'FOO': command not understood.\r\n421 Too many errors.\r\n");
	expect_reply("EOF");
}
END_TEST

/* ------------------------------------------------------------------- sends */

/* T73: 227 and 229 start a segment, and nothing stands behind them in it. */
START_TEST(test_passive_alone)
{
	crig_login(&rig);
	crig_text(&rig, "TYPE I\r\nEPSV\r\nNOOP\r\n");
	expect_reply("200 Type set to I.\r\n");
	ck_assert_int_eq(strncmp(crig_reply(&rig), "229 ", 4), 0);
	ck_assert_ptr_eq(
	    strchr(rig.sent, '\n'), rig.sent + strlen(rig.sent) - 1);
	expect_reply(NOOP_OK);
}
END_TEST

/* ... also when what is before it cannot leave at once. */
START_TEST(test_passive_alone_blocked)
{
	struct session *s = crig_login(&rig);
	char name[60000];
	int i;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	session_enter(s);
	for (i = 0; !s->blocked; i++) {
		reply(s, 200, "%s", name);
		ctrl_flush(s);
	}
	s->blocked = false;
	reply_alone(s, 227, "alone");
	session_leave(s);
	while (--i >= 0)
		ck_assert_int_eq(strncmp(crig_reply(&rig), "200 xx", 6), 0);
	expect_reply("227 alone\r\n");
}
END_TEST

/* FEAT, HELP and STAT fit one segment of a small MSS, with all features on. */
static const char *const infos[] = { "FEAT", "HELP", "STAT", "SITE HELP" };

START_TEST(test_one_segment)
{
	crig_login(&rig);
	crig_cmd(&rig, infos[_i]);
	ck_assert_uint_lt(strlen(crig_reply(&rig)), 500);
	expect_reply("");
}
END_TEST

/* A connection over TCP; returns the client's end. */
static int
tcp_session(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int l, c, fd;

	l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(l, IPPROTO_TCP, TCP_MAXSEG, &mss_wanted, sizeof(mss_wanted));
	ck_assert_int_eq(bind(l, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(getsockname(l, (struct sockaddr *)&in, &len), 0);
	ck_assert_int_eq(connect(c, (struct sockaddr *)&in, len), 0);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(l);
	crig_give(&rig, fd);
	return c;
}

/* Reads up to the line that begins with 226; returns its length. */
static size_t
read_final(int c, char *line, size_t size)
{
	FILE *in = fdopen(dup(c), "r");
	size_t len;

	do
		ck_assert_ptr_nonnull(fgets(line, (int)size, in));
	while (strncmp(line, "226", 3) != 0);
	len = strlen(line);
	fclose(in);
	return len;
}

/* A lone reply, and while nobody has acknowledged it the final one. */
static size_t
reply_twice(struct session *s, int c, char *line, size_t size)
{
	session_enter(s);
	reply(s, 150, "Opening.");
	ctrl_flush(s);
	reply_final(s, 226, "Transfer complete.");
	session_leave(s);
	return read_final(c, line, size);
}

/*
 * The final reply fills a segment when something before it is unacknowledged.
 * That is the usual case here, but the kernel may be quicker once.
 */
START_TEST(test_padding)
{
	int c = tcp_session(), mss, i;
	struct session *s = worker_find(rig.w, rig.sid);
	socklen_t len = sizeof(mss);
	size_t n = 0, blanks;
	char line[2 * MSS];

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(
	    getsockopt(s->ctl.fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &len), 0);
	for (i = 0; i < 100 && n < 100; i++)
		n = reply_twice(s, c, line, sizeof(line));
	/* Alone in its segment, or with the held 150. */
	if (n != (size_t)mss)
		ck_assert_uint_eq(n + strlen("150 Opening.\r\n"), mss);
	blanks = n - strlen("226 Transfer complete.\r\n");
	ck_assert_uint_eq(strspn(line + 22, " "), blanks);
	ck_assert_str_eq(line + n - 2, "\r\n");
	rig.conf.pad_replies = false;
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(reply_twice(s, c, line, sizeof(line)), 24);
	close(c);
}
END_TEST

/* Segments of a usual size are not worth filling. */
START_TEST(test_no_padding_large)
{
	int c, i;
	char line[128];
	struct session *s;

	mss_wanted = 1400;
	c = tcp_session();
	s = worker_find(rig.w, rig.sid);
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(reply_twice(s, c, line, sizeof(line)), 24);
	close(c);
}
END_TEST

START_TEST(test_no_padding)
{
	struct session *s = crig_connect(&rig);

	session_enter(s);
	reply_final(s, 226, "Transfer complete.");
	session_leave(s);
	expect_reply("226 Transfer complete.\r\n");
}
END_TEST

/* The 150 that waits for its 226. */
START_TEST(test_hold)
{
	struct session *s = crig_connect(&rig);

	session_enter(s);
	s->hold = true;
	reply(s, 150, "Opening.");
	session_leave(s);
	expect_reply("");
	session_enter(s);
	s->hold = false;
	reply_final(s, 226, "Done.");
	session_leave(s);
	expect_reply("150 Opening.\r\n226 Done.\r\n");
}
END_TEST

/* A turn inside a turn sends nothing of its own. */
START_TEST(test_nested)
{
	struct session *s = crig_connect(&rig);

	session_enter(s);
	reply(s, 200, "one");
	session_enter(s);
	reply(s, 200, "two");
	session_leave(s);
	expect_reply("");
	reply(s, 200, "three");
	session_leave(s);
	expect_reply("200 one\r\n200 two\r\n200 three\r\n");
}
END_TEST

/* ------------------------------------------------------------ back-pressure */

/* A stream to the session, as a network has it. */
static struct session *
stream_session(void)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
	    0);
	rig.client = fds[1];
	crig_give(&rig, fds[0]);
	return worker_find(rig.w, rig.sid);
}

/* Writes commands until nobody takes them any more; how many. */
static size_t
flood(struct session *s, const char *line)
{
	size_t len = strlen(line), lines = 0, off = 0;
	ssize_t n;
	int stuck = 0;

	while (stuck < 100) {
		n = send(rig.client, line + off, len - off, 0);
		crig_turn(&rig);
		ck_assert_uint_le(s->in.cap, 3 * CTRL_INPUT_MAX);
		ck_assert_uint_le(s->out.len, 64 * 1024);
		stuck = n < 0 ? stuck + 1 : 0;
		off += n > 0 ? (size_t)n : 0;
		lines += off / len;
		off %= len;
		ck_assert_uint_lt(lines, 1000000);
	}
	return lines;
}

static size_t
count_replies(const char *end)
{
	static char text[1 << 22];
	size_t len = 0, found = 0;
	const char *p;
	ssize_t n;
	int idle = 0;

	while (idle < 100) {
		n = recv(rig.client, text + len, sizeof(text) - 1 - len, 0);
		idle = n > 0 ? 0 : idle + 1;
		len += n > 0 ? (size_t)n : 0;
		ck_assert_uint_lt(len, sizeof(text) - 1);
		crig_turn(&rig);
	}
	text[len] = '\0';
	for (p = text; (p = strstr(p, end)) != NULL; p++)
		found++;
	return found;
}

/* Who does not read is not read from; nothing is lost (protocol 2.7). */
START_TEST(test_reader_sleeps)
{
	struct session *s = stream_session();
	size_t lines = flood(s, "HELP\r\n");

	ck_assert_uint_gt(lines, 1000);
	ck_assert_uint_eq(count_replies("\r\n214 Help OK.\r\n"), lines);
	ck_assert(!s->blocked);
	ck_assert_ptr_null(s->out.p);
	ck_assert_ptr_null(s->in.p);
}
END_TEST

/*
 * Replies longer than their commands, to a client that always reads and never
 * stops asking: the input does not grow.
 */
START_TEST(test_reader_is_fast)
{
	struct session *s = stream_session();
	static char many[6 * 4096], text[65536];
	size_t got = 0, i;
	ssize_t n;

	for (i = 0; i < sizeof(many); i += 6)
		memcpy(many + i, "HELP\r\n", 6);
	for (i = 0; i < 200; i++) {
		while (send(rig.client, many, sizeof(many), 0) > 0)
			;
		crig_turn(&rig);
		ck_assert_uint_le(s->in.cap, 3 * CTRL_INPUT_MAX);
		while ((n = recv(rig.client, text, sizeof(text), 0)) > 0)
			got += (size_t)n;
	}
	ck_assert_uint_gt(got, 1000000);
}
END_TEST

START_TEST(test_output_timeout)
{
	struct session *s;

	crig_fake_clock();
	s = stream_session();
	flood(s, "HELP\r\n");
	ck_assert(s->blocked);
	crig_wait(&rig, 59 * 1000);
	crig_told_nothing(&rig);
	crig_wait(&rig, 1000);
	expect_end("output-timeout");
}
END_TEST

/* --------------------------------------------------------------------- ends */

/* Complete lines are executed, an incomplete one never is. */
START_TEST(test_eof)
{
	crig_connect(&rig);
	crig_text(&rig, "NOOP\r\nSYST\r\nQUI");
	shutdown(rig.client, SHUT_WR);
	expect_reply(NOOP_OK "215 UNIX Type: L8\r\n");
	expect_reply("EOF");
	expect_end("client-closed");
}
END_TEST

/* ... also behind a command that waits for its answer. */
START_TEST(test_eof_while_waiting)
{
	crig_login(&rig);
	crig_text(&rig, "DELE a\r\nNOOP\r\n");
	shutdown(rig.client, SHUT_WR);
	expect_reply("");
	ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n" NOOP_OK);
	expect_reply("EOF");
	expect_end("client-closed");
}
END_TEST

/* T70: 221 and the end; what is behind QUIT is not executed and no reason for
 * a reset, which could destroy the 221. */
START_TEST(test_quit)
{
	struct session *s = crig_connect(&rig);

	crig_text(&rig, "NOOP\r\nQUIT\r\nNOOP\r\n");
	expect_reply(NOOP_OK "221 Goodbye.\r\n");
	expect_reply("EOF");
	ck_assert(!s->ended);
	crig_text(&rig, "NOOP\r\n");
	expect_reply("EOF");
	crig_told_nothing(&rig);
	fd_close(&rig.client);
	expect_end("quit");
}
END_TEST

/* Protocol 12.6: who does not close has two seconds. */
START_TEST(test_quit_and_stay)
{
	crig_fake_clock();
	crig_connect(&rig);
	crig_say(&rig, "QUIT", "221 Goodbye.\r\n");
	crig_wait(&rig, 1999);
	crig_told_nothing(&rig);
	crig_wait(&rig, 1);
	expect_end("quit");
}
END_TEST

START_TEST(test_quit_and_flood)
{
	static char junk[16384];
	int i;

	crig_connect(&rig);
	crig_say(&rig, "QUIT", "221 Goodbye.\r\n");
	for (i = 0; i < 6 && send(rig.client, junk, sizeof(junk), 0) > 0; i++)
		crig_turn(&rig);
	expect_end("quit");
}
END_TEST

/* Passwords do not stay in the input (style of buffers: wiped, then freed). */
START_TEST(test_idle_is_small)
{
	struct session *s = crig_login(&rig);

	crig_say(&rig, "NOOP", NOOP_OK);
	ck_assert_ptr_null(s->in.p);
	ck_assert_ptr_null(s->out.p);
	ck_assert_ptr_null(s->line.buf);
	ck_assert_ptr_null(s->ev_write);
	ck_assert_ptr_null(s->ctx);
	ck_assert_uint_lt(sizeof(*s), 1024);
}
END_TEST

static TCase *
case_lines(void)
{
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_pipelined);
	tcase_add_test(tc, test_byte_by_byte);
	tcase_add_loop_test(tc, test_odd_lines, 0, NELEM(odd_lines));
	tcase_add_test(tc, test_overlong);
	tcase_add_loop_test(tc, test_strangers, 0, NELEM(strangers));
	tcase_add_test(tc, test_too_many_errors);
	return tc;
}

static TCase *
case_sends(void)
{
	TCase *tc = tcase_create("sends");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_passive_alone);
	tcase_add_test(tc, test_passive_alone_blocked);
	tcase_add_loop_test(tc, test_one_segment, 0, NELEM(infos));
	tcase_add_test(tc, test_padding);
	tcase_add_test(tc, test_no_padding);
	tcase_add_test(tc, test_no_padding_large);
	tcase_add_test(tc, test_hold);
	tcase_add_test(tc, test_nested);
	return tc;
}

static TCase *
case_ends(void)
{
	TCase *tc = tcase_create("ends");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_reader_sleeps);
	tcase_add_test(tc, test_reader_is_fast);
	tcase_add_test(tc, test_output_timeout);
	tcase_add_test(tc, test_eof);
	tcase_add_test(tc, test_eof_while_waiting);
	tcase_add_test(tc, test_quit);
	tcase_add_test(tc, test_quit_and_stay);
	tcase_add_test(tc, test_quit_and_flood);
	tcase_add_test(tc, test_idle_is_small);
	return tc;
}

Suite *
suite_ctrl(void)
{
	Suite *suite = suite_create("ctrl");

	suite_add_tcase(suite, case_lines());
	suite_add_tcase(suite, case_sends());
	suite_add_tcase(suite, case_ends());
	return suite;
}
