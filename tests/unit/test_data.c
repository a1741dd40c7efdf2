/* SPDX-License-Identifier: ISC */
/*
 * PORT, EPRT, PASV, EPSV and the data connections they make (protocol 5, 7.2,
 * 13.2; R4, R12, R34, R40).
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/data.h"
#include "tests/unit/suites.h"
#include "tests/unit/xfer_rig.h"

static struct rig rig;

static void
setup(void)
{
	rig_start(&rig);
}

static void
teardown(void)
{
	rig_stop(&rig);
}

/* -------------------------------------------------------------- replies */

static const struct {
	const char *line, *reply;
} replies[] = {
	{ "PORT 127,0,0,1,200,1", "200 PORT command successful.\r\n" },
	{ "PORT 127,0,0,1,4,0", "200 PORT command successful.\r\n" },
	{ "PORT 127,0,0,1,3,255", "504 Port below 1024 refused.\r\n" },
	{ "PORT 127,0,0,1,0,0", "501 Invalid PORT argument.\r\n" },
	{ "PORT 127,0,0,1,256,1", "501 Invalid PORT argument.\r\n" },
	{ "PORT 127,0,0,1,1", "501 Invalid PORT argument.\r\n" },
	{ "PORT 127,0,0,1,1,1,1", "501 Invalid PORT argument.\r\n" },
	{ "PORT x", "501 Invalid PORT argument.\r\n" },
	/* R40: no bouncing */
	{ "PORT 127,0,0,2,200,1", "501 PORT address must be yours.\r\n" },
	{ "EPRT |1|127.0.0.1|5000|", "200 EPRT command successful.\r\n" },
	{ "EPRT !1!127.0.0.1!5000!", "200 EPRT command successful.\r\n" },
	{ "EPRT |2|::ffff:127.0.0.1|5000|",
	    "200 EPRT command successful.\r\n" },
	{ "EPRT |1|127.0.0.1|1023|", "504 Port below 1024 refused.\r\n" },
	{ "EPRT |1|127.0.0.2|5000|", "501 EPRT address must be yours.\r\n" },
	{ "EPRT |1|127.0.0.1|5000", "501 Invalid EPRT argument.\r\n" },
	{ "EPRT |1|127.0.0.1|65536|", "501 Invalid EPRT argument.\r\n" },
	{ "EPRT |3|x|5000|",
	    "522 Network protocol not supported, use (1)\r\n" },
	{ "EPRT |2|::1|5000|",
	    "522 Network protocol not supported, use (1)\r\n" },
	{ "EPSV 2", "522 Network protocol not supported, use (1)\r\n" },
	{ "EPSV 3", "522 Network protocol not supported, use (1)\r\n" },
	{ "EPSV x", "501 Invalid EPSV argument.\r\n" },
	{ "EPSV 99999999999999999999", "501 Invalid EPSV argument.\r\n" },
	{ "EPSV all", "200 EPSV ALL command successful.\r\n" },
};

START_TEST(test_replies)
{
	size_t i;

	for (i = 0; i < NELEM(replies); i++) {
		rig_cmd(&rig, replies[i].line);
		ck_assert_msg(strcmp(rig_reply(&rig), replies[i].reply) == 0,
		    "%s: %s", replies[i].line, rig.sent);
	}
}
END_TEST

/* RFC 2428 4: after EPSV ALL nothing else makes a data connection. */
START_TEST(test_epsv_all)
{
	static const char *const lines[] = { "PORT 127,0,0,1,200,1",
		"EPRT |1|127.0.0.1|5000|", "PASV" };
	char expect[64];
	size_t i;

	rig_cmd(&rig, "EPSV ALL");
	rig_reply(&rig);
	for (i = 0; i < NELEM(lines); i++) {
		snprintf(expect, sizeof(expect),
		    "501 %.4s not allowed after EPSV ALL.\r\n", lines[i]);
		rig_cmd(&rig, lines[i]);
		ck_assert_str_eq(rig_reply(&rig), expect);
	}
	ck_assert_uint_ne(rig_epsv(&rig), 0);
	rig_cmd(&rig, "ABOR");
	rig_reply(&rig);
	rig_cmd(&rig, "PASV"); /* proftpd#2255 */
	ck_assert_str_eq(
	    rig_reply(&rig), "501 PASV not allowed after EPSV ALL.\r\n");
}
END_TEST

START_TEST(test_active_off)
{
	rig.conf.active = false;
	rig_cmd(&rig, "PORT 127,0,0,1,200,1");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "502 ", 4), 0);
	rig_cmd(&rig, "EPRT |1|127.0.0.1|5000|");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "502 ", 4), 0);
}
END_TEST

START_TEST(test_ipv6)
{
	ck_assert_int_eq(addr_parse_ip(&rig.s->peer, "::1"), 0);
	ck_assert_int_eq(addr_parse_ip(&rig.s->local, "::1"), 0);
	rig_cmd(&rig, "PASV");
	ck_assert_str_eq(rig_reply(&rig), "501 Use EPSV on IPv6.\r\n");
	rig_cmd(&rig, "PORT 127,0,0,1,200,1");
	ck_assert_str_eq(rig_reply(&rig), "501 Use EPRT on IPv6.\r\n");
	rig_cmd(&rig, "EPRT |1|127.0.0.1|5000|");
	ck_assert_str_eq(
	    rig_reply(&rig), "522 Network protocol not supported, use (2)\r\n");
	/* K: addresses are compared as addresses */
	rig_cmd(&rig, "EPRT |2|0:0:0:0:0:0:0:1|5000|");
	ck_assert_str_eq(rig_reply(&rig), "200 EPRT command successful.\r\n");
	rig_cmd(&rig, "EPSV 1");
	ck_assert_str_eq(
	    rig_reply(&rig), "522 Network protocol not supported, use (2)\r\n");
}
END_TEST

static uint16_t
pasv(const char *address)
{
	unsigned hi = 0, lo = 0;
	char start[64];
	int len = snprintf(
	    start, sizeof(start), "227 Entering Passive Mode (%s,", address);

	rig_cmd(&rig, "PASV");
	ck_assert_int_eq(strncmp(rig_reply(&rig), start, (size_t)len), 0);
	ck_assert_int_eq(sscanf(rig.sent + len, "%u,%u).", &hi, &lo), 2);
	return (uint16_t)(hi << 8 | lo);
}

START_TEST(test_pasv)
{
	uint16_t port = pasv("127,0,0,1");

	ck_assert_uint_ge(port, rig.conf.passive_min);
	ck_assert_uint_le(port, rig.conf.passive_max);
	rig_connect(&rig, port);
	rig_turn(&rig);
	ck_assert_int_eq(data_state(rig.s), DATA_UP);
}
END_TEST

/* R4.1: 227 announces the outer address, the listener stays local. */
START_TEST(test_passive_address)
{
	char why[128];

	ck_assert_int_eq(nat_parse(&rig.conf.passive_address,
			     "10.0.0.0/8 10.0.0.1, 127.0.0.0/8 192.0.2.7, "
			     "local",
			     why, sizeof(why)),
	    0);
	rig_connect(&rig, pasv("192,0,2,7"));
	rig_turn(&rig);
	ck_assert_int_eq(data_state(rig.s), DATA_UP);
}
END_TEST

/* ------------------------------------------------------------- listeners */

static bool
can_connect(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0;

	close(fd);
	return can;
}

/* ftpserverlib#412: the second PASV frees the first port. */
START_TEST(test_one_listener)
{
	uint16_t first = rig_epsv(&rig);

	rig.conf.passive_min = rig.conf.passive_max = first;
	ck_assert_uint_eq(rig_epsv(&rig), first);
	rig.conf.passive_min = 40000;
	rig.conf.passive_max = 60000;
	while (rig_epsv(&rig) == first)
		;
	ck_assert(!can_connect(first));
}
END_TEST

static int
occupy(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

/* Two neighbouring ports nobody uses; not listening. */
static uint16_t
free_pair(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint16_t port;
	int fd, ok;

	for (port = 20000; port < 30000; port += 2) {
		for (ok = 0; ok < 2; ok++) {
			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
			in.sin_port = htons((uint16_t)(port + ok));
			if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0) {
				close(fd);
				break;
			}
			close(fd);
		}
		if (ok == 2)
			return port;
	}
	ck_abort_msg("no free ports");
}

/*
 * R4.5: never outside the range, and every port of a small one is tried. A
 * port that can be bound but not listened on counts as busy (R12.1).
 */
START_TEST(test_range)
{
	uint16_t port = free_pair();
	char expect[80];
	int busy = occupy(port), i;

	ck_assert_int_eq(listen(busy, 1), 0);
	rig.conf.passive_min = port;
	rig.conf.passive_max = port + 1;
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(rig_epsv(&rig), port + 1);
	rig.conf.passive_max = port;
	snprintf(expect, sizeof(expect),
	    "425 No passive port free (range %u-%u in use).\r\n", port, port);
	rig_cmd(&rig, "EPSV");
	ck_assert_str_eq(rig_reply(&rig), expect);
	rig_cmd(&rig, "PASV");
	ck_assert_str_eq(rig_reply(&rig), expect);
	ck_assert_int_eq(data_state(rig.s), DATA_NONE);
	close(busy);
	ck_assert_uint_eq(rig_epsv(&rig), port);
}
END_TEST

/* RFC 2577: the next port cannot be guessed. */
START_TEST(test_random)
{
	uint16_t last = rig_epsv(&rig), port;
	int i, steps = 0;

	for (i = 0; i < 50; i++, last = port) {
		port = rig_epsv(&rig);
		steps += port - last == 1 || last - port == 1;
	}
	ck_assert_int_le(steps, 2);
}
END_TEST

/* Accepted before any command, the listener is gone at once. */
START_TEST(test_early_accept)
{
	uint16_t port = rig_epsv(&rig);

	rig_connect(&rig, port);
	rig_turn(&rig);
	ck_assert_int_eq(data_state(rig.s), DATA_UP);
	ck_assert(!can_connect(port));
}
END_TEST

static int
connect_from(const char *ip, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	in.sin_port = htons(port);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static bool
was_closed(int fd)
{
	char c;
	int i;

	ck_assert_int_eq(fd_set_nonblock(fd, true), 0);
	for (i = 0; i < 50; i++) {
		ssize_t n = recv(fd, &c, 1, 0);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		rig_turn(&rig);
	}
	return false;
}

/* T32, proftpd#2272: a stranger is closed, the listener stays. */
START_TEST(test_stranger)
{
	uint16_t port = rig_epsv(&rig);
	int stranger = connect_from("127.0.0.9", port);

	ck_assert(was_closed(stranger));
	close(stranger);
	ck_assert_int_eq(data_state(rig.s), DATA_LISTENING);
	rig_connect(&rig, port);
	rig_turn(&rig);
	ck_assert_int_eq(data_state(rig.s), DATA_UP);
}
END_TEST

static const struct {
	enum conf_peer check;
	const char *from;
	bool admitted;
} peers[] = {
	{ CONF_PEER_IP, "127.0.0.1", true },
	{ CONF_PEER_IP, "127.0.0.2", false },
	{ CONF_PEER_NET24, "127.0.0.2", true },
	{ CONF_PEER_NET24, "127.0.1.1", false },
	{ CONF_PEER_OFF, "127.9.9.9", true },
};

START_TEST(test_peer_check)
{
	int fd;

	rig.conf.peer_check = peers[_i].check;
	fd = connect_from(peers[_i].from, rig_epsv(&rig));
	ck_assert_int_eq(was_closed(fd), !peers[_i].admitted);
	close(fd);
}
END_TEST

static void
allow_descriptors(int n)
{
	struct rlimit lim;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = n < 0 ? lim.rlim_max : (rlim_t)n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
}

/* A client that connects when there is no descriptor left waits for one. */
START_TEST(test_no_descriptor)
{
	uint16_t port;
	int next;

	log_set_level(LOG_LV_ERROR + 1);
	rig_fake_clock();
	rig.agent_silent = true;
	port = rig_epsv(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert(rig_is_quiet(&rig));
	rig_connect(&rig, port);
	next = dup(rig.data);
	close(next);
	allow_descriptors(next);
	rig_turn(&rig);
	ck_assert_int_eq(data_state(rig.s), DATA_LISTENING);
	allow_descriptors(next + 1); /* for the file, not for the connection */
	rig_agent_wake(&rig);
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	allow_descriptors(-1);
	rig_wait(&rig, 200);
	ck_assert_str_eq(rig_reply(&rig), "226 Transfer complete.\r\n");
}
END_TEST

/* R12.1: unused for a minute, the listener goes; its client is told. */
START_TEST(test_unused)
{
	uint16_t port;

	rig.conf.default_data_port = true;
	rig_fake_clock();
	port = rig_epsv(&rig);
	rig_wait(&rig, 59 * 1000);
	ck_assert_int_eq(data_state(rig.s), DATA_LISTENING);
	rig_wait(&rig, 1000);
	ck_assert_int_eq(data_state(rig.s), DATA_NONE);
	ck_assert(!can_connect(port));
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(
	    rig_reply(&rig), "425 Use PASV, EPSV, PORT or EPRT first.\r\n");
	ck_assert_str_eq(rig.log, "");
}
END_TEST

/* T31: 150 at once, 425 after accept_timeout. */
START_TEST(test_nobody_connects)
{
	uint16_t port;

	rig_fake_clock();
	port = rig_epsv(&rig);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig_wait(&rig, 29 * 1000);
	ck_assert(rig_is_quiet(&rig));
	rig_wait(&rig, 1000);
	ck_assert_str_eq(
	    rig_reply(&rig), "425 Can't open data connection.\r\n");
	ck_assert(!can_connect(port));
}
END_TEST

/* ----------------------------------------------------------------- active */

static void
port_to(uint16_t port)
{
	char line[64];

	snprintf(
	    line, sizeof(line), "PORT 127,0,0,1,%d,%d", port >> 8, port & 255);
	rig_cmd(&rig, line);
	ck_assert_str_eq(rig_reply(&rig), "200 PORT command successful.\r\n");
}

START_TEST(test_active)
{
	uint16_t port;
	int listener = rig_listen(&port);
	char buf[64];

	ck_assert_int_eq(write(rig.file, "hello", 5), 5);
	port_to(port);
	rig_cmd(&rig, "RETR a");
	/* a near client: connected at once, so all in one send */
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for a (5 bytes).\r\n"
	    "226 Transfer complete.\r\n");
	rig.data = accept(listener, NULL, NULL);
	ck_assert_int_eq(rig_read_all(&rig, buf, sizeof(buf)), 5);
	close(listener);
	/* the endpoint is used up */
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "425 ", 4), 0);
}
END_TEST

START_TEST(test_active_refused)
{
	uint16_t port;

	close(rig_listen(&port));
	port_to(port);
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(rig_reply(&rig),
	    "150 Opening BINARY mode data connection for a (0 bytes).\r\n"
	    "425 Can't open data connection.\r\n");
}
END_TEST

/* Interop 53: no port 20, then any. */
START_TEST(test_port_20_unavailable)
{
	uint16_t port;
	int listener = rig_listen(&port);
	uint32_t serial;
	char buf[64];

	rig.conf.active_port_20 = true;
	port_to(port);
	ck_assert_int_eq(write(rig.file, "hello", 5), 5);
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	/* whichever serial was asked for: the monitor has no port */
	for (serial = 0; serial < 100; serial++) {
		session_enter(rig.s);
		data_source_port(rig.s, serial, EACCES, -1);
		session_leave(rig.s);
	}
	ck_assert_str_eq(rig_reply(&rig), "226 Transfer complete.\r\n");
	rig.data = accept(listener, NULL, NULL);
	ck_assert_int_eq(rig_read_all(&rig, buf, sizeof(buf)), 5);
	close(listener);
}
END_TEST

/* RFC 959 3.2: the default data port is the control connection's own. */
START_TEST(test_default_port)
{
	int listener = rig_listen(&rig.s->peer.port);

	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(
	    rig_reply(&rig), "425 Use PASV, EPSV, PORT or EPRT first.\r\n");
	rig.conf.default_data_port = true;
	rig_cmd(&rig, "RETR a");
	ck_assert_int_eq(strncmp(rig_reply(&rig), "150 ", 4), 0);
	rig.data = accept(listener, NULL, NULL);
	close(listener);
	rig.s->epsv_all = true;
	rig_cmd(&rig, "RETR a");
	ck_assert_str_eq(
	    rig_reply(&rig), "425 Use PASV, EPSV, PORT or EPRT first.\r\n");
}
END_TEST

/* ------------------------------------------------------------------ ABOR */

/* RFC 2428 3 relies on it. */
START_TEST(test_abor_closes_listener)
{
	uint16_t port = rig_epsv(&rig);

	rig_cmd(&rig, "ABOR");
	ck_assert_str_eq(rig_reply(&rig), "226 ABOR command successful.\r\n");
	ck_assert(!can_connect(port));
	rig_passive(&rig);
	rig_cmd(&rig, "ABOR");
	rig_reply(&rig);
	ck_assert(was_closed(rig.data));
}
END_TEST

Suite *
suite_data(void)
{
	Suite *s = suite_create("data");
	TCase *tc = tcase_create("endpoints");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_replies);
	tcase_add_test(tc, test_epsv_all);
	tcase_add_test(tc, test_active_off);
	tcase_add_test(tc, test_ipv6);
	tcase_add_test(tc, test_pasv);
	tcase_add_test(tc, test_passive_address);
	tcase_add_test(tc, test_one_listener);
	tcase_add_test(tc, test_range);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_early_accept);
	tcase_add_test(tc, test_stranger);
	tcase_add_loop_test(tc, test_peer_check, 0, NELEM(peers));
	tcase_add_test(tc, test_no_descriptor);
	tcase_add_test(tc, test_unused);
	tcase_add_test(tc, test_nobody_connects);
	tcase_add_test(tc, test_active);
	tcase_add_test(tc, test_active_refused);
	tcase_add_test(tc, test_port_20_unavailable);
	tcase_add_test(tc, test_default_port);
	tcase_add_test(tc, test_abor_closes_listener);
	suite_add_tcase(s, tc);
	return s;
}
