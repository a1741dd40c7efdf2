/* SPDX-License-Identifier: ISC */
/*
 * The door: listeners, limits, refusals, and how reloads change the set.
 */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/monitor_fake.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;

static void
setup(void)
{
	fake_setup(2, 1);
	fake_listen("127.0.0.1", 0);
}

/* ---------------------------------------------------------------- handing */
START_TEST(connection_goes_to_a_worker)
{
	struct addr peer, local, mine;
	struct ipc_msg *msg;
	char text[16];
	int fd;

	fake_start();
	fd = fake_connect(0);
	msg = fake_expect(fake_get(ROLE_WORKER, 0), MW_SESSION);
	ck_assert_uint_eq(get_u64(&msg->body), 1);
	addr_get(&msg->body, &peer);
	addr_get(&msg->body, &local);
	ck_assert_uint_eq(get_u16(&msg->body), 0);
	ck_assert_uint_eq(get_u8(&msg->body), 0);
	ck_assert_int_eq(rbuf_end(&msg->body), 0);

	ck_assert_int_eq(sock_local(fd, &mine), 0);
	ck_assert(addr_ip_equal(&peer, &mine) && peer.port == mine.port);
	ck_assert_int_eq(sock_peer(fd, &mine), 0);
	ck_assert(addr_ip_equal(&local, &mine) && local.port == mine.port);
	ck_assert_int_ne(msg->fd, -1);
	ck_assert_int_ne(fcntl(msg->fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(write(msg->fd, "220 hi\r\n", 8), 8);
	fd_close(&msg->fd);
	/* Nobody else holds it open: the end is the end. */
	ck_assert_uint_eq(fake_read(fd, text, sizeof(text)), 8);
	close(fd);
}
END_TEST

START_TEST(least_loaded_worker_gets_it)
{
	struct fake *w0, *w1, *w;
	uint64_t s0, s1, sid;
	struct wbuf b;
	int fds[3];

	fake_start();
	fds[0] = fake_session(&w0, &s0);
	fds[1] = fake_session(&w1, &s1);
	ck_assert_ptr_ne(w0, w1);
	fake_begin(&b, WM_END);
	put_u64(&b, s1);
	put_str(&b, "quit");
	fake_send(w1, &b);
	fds[2] = fake_session(&w, &sid);
	ck_assert_ptr_eq(w, w1);
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
}
END_TEST

/* R34: a client over IPv4 is an IPv4 client, whatever the socket's family. */
START_TEST(dual_stack_listener_takes_ipv4)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct listener *l;
	struct ipc_msg *msg;
	struct addr peer;
	int fd;

	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd == -1)
		return; /* no IPv6 here */
	close(fd);
	m->conf->nlistens = 0;
	free(m->conf->listens[0].name);
	fake_listen("::", 0);
	fake_start();
	l = TAILQ_FIRST(&m->listeners);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(l->bound.port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	msg = fake_expect(fake_get(ROLE_WORKER, 0), MW_SESSION);
	(void)get_u64(&msg->body);
	addr_get(&msg->body, &peer);
	ck_assert_uint_eq(peer.family, 4);
	close(fd);
}
END_TEST

START_TEST(mss_is_set)
{
	int fd, mss = 0;
	socklen_t len = sizeof(mss);

	fd = listener_bind(&m->conf->listens[0].addr, 524);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &len), 0);
	ck_assert_int_eq(mss, 524);
	close(fd);
}
END_TEST

/* ----------------------------------------------------------------- limits */
static void
expect_refusal(const char *text)
{
	char got[256];
	int fd = fake_connect(0);

	fake_read(fd, got, sizeof(got));
	ck_assert_str_eq(got, text);
	close(fd);
}

/* R16.2: lftp looks for "Too many connections". */
START_TEST(total_limit)
{
	struct fake *w;
	uint64_t sid;
	struct wbuf b;
	int fd;

	m->conf->max_sessions = 1;
	fake_start();
	fd = fake_session(&w, &sid);
	expect_refusal("421 Too many connections (max 1), try later\r\n");
	/* The dead are looked for, once. */
	expect_refusal("421 Too many connections (max 1), try later\r\n");
	ck_assert_uint_eq(get_u64(&fake_expect(w, MW_PROBE)->body), sid);
	fake_expect_nothing(w);
	fake_begin(&b, WM_END);
	put_u64(&b, sid);
	put_str(&b, "quit");
	fake_send(w, &b);
	close(fd);
	fd = fake_session(&w, &sid);
	ck_assert_uint_eq(m->sessions.count, 1);
	close(fd);
}
END_TEST

START_TEST(address_limit)
{
	struct fake *w;
	uint64_t sid;
	int fds[2];

	m->conf->max_per_ip = 2;
	fake_start();
	fds[0] = fake_session(&w, &sid);
	fds[1] = fake_session(&w, &sid);
	expect_refusal("421 Too many connections from your address (max 2), "
		       "try later\r\n");
	ck_assert_uint_eq(m->sessions.count, 2);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* No clear text where TLS is expected: an alert, fatal, access denied. */
START_TEST(implicit_listeners_refuse_in_tls)
{
	static const char alert[] = "\x15\x03\x01\x00\x02\x02\x31";
	char got[64];
	int fd;

	m->conf->listens[0].implicit = true;
	m->conf->max_sessions = 1;
	m->sessions.count = 1;
	fake_start();
	fd = fake_connect(0);
	ck_assert_uint_eq(fake_read(fd, got, sizeof(got)), sizeof(alert) - 1);
	ck_assert_mem_eq(got, alert, sizeof(alert) - 1);
	m->sessions.count = 0;
	close(fd);
}
END_TEST

START_TEST(no_worker_is_a_421)
{
	fake_start();
	fake_clock_start();
	fake_die(fake_get(ROLE_WORKER, 0));
	fake_die(fake_get(ROLE_WORKER, 1));
	if (workers_choose(m) != NULL)
		ck_abort_msg("a worker is left");
	expect_refusal("421 Service not available, try later\r\n");
}
END_TEST

/* A worker without a descriptor left would lose all its sessions. */
START_TEST(worker_has_no_more_than_it_can_hold)
{
	struct fake *w;
	uint64_t sid;
	int fds[4], i;

	m->sessions_per_process = 2;
	fake_start();
	for (i = 0; i < 4; i++)
		fds[i] = fake_session(&w, &sid);
	expect_refusal("421 Too many connections (max 4), try later\r\n");
	for (i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

/* While all workers are behind, connections wait in the backlog. */
START_TEST(slow_workers_are_waited_for)
{
	int fds[1500], i, j;

	fake_start();
	fake_clock_start();
	for (i = 0; i < 1500 && !workers_are_behind(m); i++) {
		fds[i] = fake_connect(0);
		fake_turn();
	}
	ck_assert_int_lt(i, 1500);
	ck_assert_uint_eq(m->sessions.count, (unsigned)i);
	fds[i++] = fake_connect(0);
	fake_turn();
	ck_assert_uint_eq(m->sessions.count, (unsigned)i - 1);
	/* One reads what it has: the waiting connection is admitted. */
	for (j = 0; j < i / 2 - 1; j++)
		fake_expect(fake_get(ROLE_WORKER, 0), MW_SESSION);
	fake_turn();
	fake_clock_add(2);
	ck_assert_uint_eq(m->sessions.count, (unsigned)i);
	while (i-- > 0)
		close(fds[i]);
}
END_TEST

START_TEST(refused_connections_are_bounded)
{
	int fds[300], i;
	char text[64];

	fake_start();
	m->conf->max_sessions = 1;
	m->sessions.count = 1;
	for (i = 0; i < 300; i++) {
		fds[i] = fake_connect(0);
		fake_turn();
	}
	ck_assert_uint_gt(fake_read(fds[299], text, sizeof(text)), 0);
	ck_assert_uint_eq(m->nrefusals, 256);
	m->sessions.count = 0;
	fake_clock_start();
	fake_clock_add(1000000000);
	ck_assert_uint_eq(m->nrefusals, 0);
	for (i = 0; i < 300; i++)
		close(fds[i]);
}
END_TEST

/* The last descriptors are not for connections; we go on when some are free. */
START_TEST(few_descriptors)
{
	struct fake *w;
	uint64_t sid;
	char text[64];
	int fd;

	fake_start();
	fake_clock_start();
	m->fd_ceiling = 3;
	fd = fake_connect(0);
	fake_turn();
	ck_assert_uint_gt(fake_read(fd, text, sizeof(text)), 0);
	text[24] = '\0';
	ck_assert_str_eq(text, "421 Too many connections");
	close(fd);
	m->fd_ceiling = 1000000;
	fd = fake_connect(0);
	fake_turn();
	ck_assert_uint_eq(m->sessions.count, 0); /* a pause */
	fake_clock_add(100);
	close(fake_session(&w, &sid));
	ck_assert_uint_eq(m->sessions.count, 2);
	close(fd);
}
END_TEST

/* ---------------------------------------------------------------- reloads */
static struct listener *
nth(unsigned n)
{
	struct listener *l = TAILQ_FIRST(&m->listeners);

	while (n-- > 0 && l != NULL)
		l = TAILQ_NEXT(l, entry);
	return l;
}

static int
apply(const char *const ips[], const uint16_t ports[], unsigned n)
{
	struct conf_listen listens[4] = { 0 };
	struct config conf = { .listens = listens, .nlistens = n };
	char err[256] = "";
	unsigned i;
	int r;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(addr_parse_ip(&listens[i].addr, ips[i]), 0);
		listens[i].addr.port = ports[i];
	}
	r = listeners_apply(m, &conf, err, sizeof(err));
	if (r == -1)
		ck_assert_ptr_nonnull(strstr(err, "cannot listen on 127."));
	listeners_start(m);
	return r;
}

/* A free port, for a moment. */
static uint16_t
free_port(const char *ip)
{
	struct addr addr;
	int fd;

	ck_assert_int_eq(addr_parse_ip(&addr, ip), 0);
	fd = listener_bind(&addr, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sock_local(fd, &addr), 0);
	close(fd);
	return addr.port;
}

/* R11.5: unchanged sockets are kept, removed ones go, new ones come. */
START_TEST(reload_keeps_same_listeners)
{
	const char *const ips[] = { "127.0.0.2", "127.0.0.1" };
	const uint16_t ports[] = { 0, 0 };
	struct addr before;
	int fd;

	fake_start();
	fd = nth(0)->fd;
	before = nth(0)->bound;
	ck_assert_int_eq(apply(ips, ports, 2), 0);
	ck_assert_int_eq(nth(0)->fd, fd);
	ck_assert_uint_eq(nth(0)->bound.port, before.port);
	ck_assert_uint_eq(nth(0)->index, 1);
	ck_assert_uint_eq(nth(1)->index, 0);
	ck_assert_ptr_null(nth(2));
	close(fake_connect(1));

	ck_assert_int_eq(apply(ips, ports, 1), 0);
	ck_assert_ptr_null(nth(1));
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* One address and every address cannot be had at once, but one after another
 * without a gap; another server's port is another matter. */
START_TEST(wildcard_takes_over_and_back)
{
	const char *const all[] = { "::" }, *const one[] = { "127.0.0.1" };
	const char *const two[] = { "127.0.0.2" };
	uint16_t ports[] = { 0 };
	struct addr second;
	int waiting, other;

	fake_start();
	ports[0] = nth(0)->bound.port;
	waiting = fake_connect(0);
	ck_assert_int_eq(apply(all, ports, 1), 0);
	ck_assert_uint_eq(nth(0)->bound.family, 6);
	ck_assert_ptr_null(nth(1));
	close(fake_connect(0));
	ck_assert_int_eq(apply(one, ports, 1), 0);
	ck_assert_uint_eq(nth(0)->bound.family, 4);
	close(fake_connect(0));
	close(waiting);

	ck_assert_int_eq(addr_parse_ip(&second, two[0]), 0);
	second.port = ports[0];
	other = listener_bind(&second, 0);
	ck_assert_int_ne(other, -1);
	ck_assert_int_eq(apply(two, ports, 1), -1);
	close(fake_connect(0));
	close(other);
}
END_TEST

START_TEST(failed_bind_changes_nothing)
{
	const char *const ips[] = { "127.0.0.2", "127.0.0.3" };
	uint16_t ports[] = { 0, 0 };
	struct listener *l;
	struct addr taken;
	int other, fd;

	fake_start();
	l = nth(0);
	fd = l->fd;
	ck_assert_int_eq(addr_parse_ip(&taken, "127.0.0.3"), 0);
	other = listener_bind(&taken, 0);
	ck_assert_int_ne(other, -1);
	ck_assert_int_eq(sock_local(other, &taken), 0);
	ports[0] = free_port("127.0.0.2");
	ports[1] = taken.port;
	ck_assert_int_eq(apply(ips, ports, 2), -1);
	ck_assert_ptr_eq(nth(0), l);
	ck_assert_int_eq(l->fd, fd);
	ck_assert_ptr_null(nth(1));
	close(fake_connect(0));
	/* The first new one was bound and is free again. */
	ck_assert_int_eq(apply(ips, ports, 1), 0);
	close(other);
}
END_TEST

START_TEST(inherited_sockets_stay)
{
	const char *const ips[] = { "127.0.0.2" };
	const uint16_t ports[] = { 0 };
	int fd;

	fake_start();
	nth(0)->inherited = true;
	fd = nth(0)->fd;
	ck_assert_int_eq(apply(ips, ports, 1), 0);
	ck_assert_int_eq(nth(0)->fd, fd);
	ck_assert_ptr_null(nth(1));
}
END_TEST

Suite *
suite_monitor_listener(void)
{
	Suite *s = suite_create("monitor_listener");
	TCase *tc = tcase_create("door");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_test(tc, connection_goes_to_a_worker);
	tcase_add_test(tc, least_loaded_worker_gets_it);
	tcase_add_test(tc, dual_stack_listener_takes_ipv4);
	tcase_add_test(tc, mss_is_set);
	tcase_add_test(tc, total_limit);
	tcase_add_test(tc, address_limit);
	tcase_add_test(tc, implicit_listeners_refuse_in_tls);
	tcase_add_test(tc, no_worker_is_a_421);
	tcase_add_test(tc, worker_has_no_more_than_it_can_hold);
	tcase_add_test(tc, slow_workers_are_waited_for);
	tcase_add_test(tc, refused_connections_are_bounded);
	tcase_add_test(tc, few_descriptors);
	tcase_add_test(tc, reload_keeps_same_listeners);
	tcase_add_test(tc, wildcard_takes_over_and_back);
	tcase_add_test(tc, failed_bind_changes_nothing);
	tcase_add_test(tc, inherited_sockets_stay);
	suite_add_tcase(s, tc);
	return s;
}
