/* SPDX-License-Identifier: ISC */
/*
 * Addresses: R34 (IPv4-mapped is IPv4), client keys, and the messages that
 * carry them.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "tests/unit/suites.h"

static const struct parse {
	const char *text;
	uint8_t family; /* 0: refused */
	const char *ip, *full; /* with port 21 */
} parses[] = {
	{ "192.0.2.1", 4, "192.0.2.1", "192.0.2.1:21" },
	{ "0.0.0.0", 4, "0.0.0.0", "0.0.0.0:21" },
	{ "255.255.255.255", 4, "255.255.255.255", "255.255.255.255:21" },
	{ "2001:db8::1", 6, "2001:db8::1", "[2001:db8::1]:21" },
	{ "2001:DB8:0:0::1", 6, "2001:db8::1", "[2001:db8::1]:21" },
	{ "::", 6, "::", "[::]:21" },
	{ "::ffff:192.0.2.1", 4, "192.0.2.1", "192.0.2.1:21" },
	{ "::FFFF:c000:201", 4, "192.0.2.1", "192.0.2.1:21" },
	{ "::192.0.2.1", 6, "::192.0.2.1", "[::192.0.2.1]:21" },
	{ "", 0, NULL, NULL },
	{ "192.0.2", 0, NULL, NULL },
	{ "192.0.2.256", 0, NULL, NULL },
	{ "192.0.2.1 ", 0, NULL, NULL },
	{ "0x7f.0.0.1", 0, NULL, NULL },
	{ "localhost", 0, NULL, NULL },
	{ "[::1]", 0, NULL, NULL },
	{ "fe80::1%lo", 0, NULL, NULL },
	{ ":::1", 0, NULL, NULL },
};

START_TEST(text_is_parsed_and_printed)
{
	const struct parse *p;
	char out[ADDR_STRLEN];
	struct addr a;

	for (p = parses; p < parses + NELEM(parses); p++) {
		ck_assert_msg(
		    addr_parse_ip(&a, p->text) == (p->family ? 0 : -1),
		    "\"%s\"", p->text);
		ck_assert_uint_eq(a.family, p->family);
		if (p->family == 0)
			continue;
		a.port = 21;
		ck_assert_str_eq(addr_ip_str(&a, out, sizeof(out)), p->ip);
		ck_assert_str_eq(addr_str(&a, out, sizeof(out)), p->full);
	}
}
END_TEST

START_TEST(no_address_prints_as_a_dash)
{
	struct addr a = { .family = 0 };
	char out[ADDR_STRLEN];

	ck_assert_str_eq(addr_ip_str(&a, out, sizeof(out)), "-");
}
END_TEST

static struct addr
parsed(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse_ip(&a, text), 0);
	return a;
}

static bool
equal(const char *x, const char *y)
{
	struct addr a = parsed(x), b = parsed(y);

	a.port = 1;
	b.port = 2;
	return addr_ip_equal(&a, &b) && addr_ip_equal(&b, &a);
}

START_TEST(equality_is_of_the_address_alone)
{
	ck_assert(equal("192.0.2.1", "192.0.2.1"));
	ck_assert(equal("192.0.2.1", "::ffff:192.0.2.1"));
	ck_assert(!equal("192.0.2.1", "192.0.2.2"));
	ck_assert(equal("2001:db8::1", "2001:db8:0::1"));
	ck_assert(!equal("2001:db8::1", "2001:db8::2"));
	ck_assert(!equal("192.0.2.1", "c000:201::")); /* same first bytes */
}
END_TEST

START_TEST(loopback_is_known)
{
	static const char *const yes[] = { "127.0.0.1", "127.255.0.9", "::1",
		"::ffff:127.0.0.1" };
	static const char *const no[] = { "128.0.0.1", "126.0.0.1", "::", "::2",
		"2001::1", "::127.0.0.1" };
	struct addr a, none = { .family = 0 };
	size_t i;

	for (i = 0; i < NELEM(yes); i++) {
		a = parsed(yes[i]);
		ck_assert(addr_is_loopback(&a));
	}
	for (i = 0; i < NELEM(no); i++) {
		a = parsed(no[i]);
		ck_assert(!addr_is_loopback(&a));
	}
	ck_assert(!addr_is_loopback(&none));
}
END_TEST

START_TEST(key_is_the_net_of_a_client)
{
	struct addr a = parsed("2001:db8:1:2:3:4:5:6"), k;
	char out[ADDR_STRLEN];

	a.port = 1234;
	k = addr_client_key(&a);
	ck_assert_str_eq(addr_str(&k, out, sizeof(out)), "[2001:db8:1:2::]:0");
	a = parsed("192.0.2.77");
	a.port = 1234;
	k = addr_client_key(&a);
	ck_assert_str_eq(addr_str(&k, out, sizeof(out)), "192.0.2.77:0");
}
END_TEST

START_TEST(sockaddr_comes_back)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1",
		"fe80::1" };
	struct sockaddr_storage ss;
	struct addr a, b;
	size_t i;

	for (i = 0; i < NELEM(texts); i++) {
		a = parsed(texts[i]);
		a.port = 50000;
		a.scope = a.family == 6 ? 3 : 0;
		ck_assert_uint_eq(addr_to_sockaddr(&a, &ss),
		    a.family == 4 ? sizeof(struct sockaddr_in)
				  : sizeof(struct sockaddr_in6));
		ck_assert_int_eq(
		    addr_from_sockaddr(&b, (struct sockaddr *)&ss), 0);
		ck_assert(addr_ip_equal(&a, &b));
		ck_assert_uint_eq(b.port, 50000);
		ck_assert_uint_eq(b.scope, a.scope);
	}
}
END_TEST

/* R34: what a dual-stack listener sees. */
START_TEST(mapped_sockaddr_is_ipv4)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(21),
		.sin6_scope_id = 7 };
	char out[ADDR_STRLEN];
	struct addr a;

	ck_assert_int_eq(
	    inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr), 1);
	ck_assert_int_eq(addr_from_sockaddr(&a, (struct sockaddr *)&in6), 0);
	ck_assert_str_eq(addr_str(&a, out, sizeof(out)), "192.0.2.1:21");
	ck_assert_uint_eq(a.scope, 0);
}
END_TEST

START_TEST(no_address_cannot_be_bound)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct addr none = { .family = 0 };
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&none, &ss);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), -1);
	close(fd);
}
END_TEST

/* --------------------------------------------------------------- messages */
static int
decode(struct addr *out, uint8_t family, const void *ip, size_t len)
{
	uint8_t mem[64];
	struct wbuf w;
	struct rbuf r;

	wbuf_init(&w, mem, sizeof(mem));
	put_u8(&w, family);
	put_bytes(&w, ip, len);
	put_u16(&w, 21);
	put_u32(&w, 9);
	rbuf_init(&r, mem, w.len);
	addr_get(&r, out);
	return rbuf_end(&r);
}

START_TEST(message_carries_an_address)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	struct addr a, b, none = { .family = 0 };
	uint8_t mem[64];
	struct wbuf w;
	struct rbuf r;
	size_t i;

	for (i = 0; i < NELEM(texts); i++) {
		a = parsed(texts[i]);
		a.port = 2121;
		wbuf_init(&w, mem, sizeof(mem));
		addr_put(&w, &a);
		addr_put(&w, &none);
		rbuf_init(&r, mem, w.len);
		addr_get(&r, &b);
		ck_assert(addr_ip_equal(&a, &b));
		ck_assert_uint_eq(b.port, 2121);
		addr_get(&r, &b);
		ck_assert_uint_eq(b.family, 0);
		ck_assert_int_eq(rbuf_end(&r), 0);
	}
}
END_TEST

/* From a broken sender: refused, or as normal as any other. */
START_TEST(strange_address_in_a_message)
{
	static const uint8_t mapped[16] = { [10] = 0xff,
		[11] = 0xff,
		[12] = 192,
		[13] = 0,
		[14] = 2,
		[15] = 1 };
	static const uint8_t dirty[16] = { 192, 0, 2, 1, 66, 66, 66 };
	struct addr a, clean = parsed("192.0.2.1");

	ck_assert_int_eq(decode(&a, 6, mapped, 16), 0);
	ck_assert(addr_ip_equal(&a, &clean));
	ck_assert_uint_eq(a.scope, 0);
	ck_assert_int_eq(decode(&a, 4, dirty, 16), 0);
	ck_assert_mem_eq(a.ip, clean.ip, sizeof(a.ip));
	ck_assert_int_eq(decode(&a, 5, mapped, 16), -1);
	ck_assert_int_eq(decode(&a, 255, mapped, 16), -1);
	ck_assert_int_eq(decode(&a, 4, mapped, 4), -1);
	ck_assert_int_eq(decode(&a, 6, mapped, 15), -1);
	ck_assert_int_eq(decode(&a, 6, mapped, 0), -1);
	ck_assert_uint_eq(a.family, 0);
}
END_TEST

/* ---------------------------------------------------------------- sockets */
START_TEST(ends_of_a_connection_are_told)
{
	struct sockaddr_storage ss;
	struct addr a = parsed("127.0.0.1"), b, c;
	int l = socket(AF_INET, SOCK_STREAM, 0), conn, fd;
	socklen_t len = addr_to_sockaddr(&a, &ss);

	ck_assert_int_eq(bind(l, (struct sockaddr *)&ss, len), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	ck_assert_int_eq(sock_local(l, &a), 0);
	ck_assert_uint_ne(a.port, 0);
	ck_assert_int_eq(sock_peer(l, &b), -1);
	len = addr_to_sockaddr(&a, &ss);
	conn = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(conn, (struct sockaddr *)&ss, len), 0);
	fd = accept(l, NULL, NULL);
	ck_assert_int_eq(sock_peer(fd, &b), 0);
	ck_assert_int_eq(sock_local(conn, &c), 0);
	ck_assert_uint_eq(b.port, c.port);
	ck_assert(addr_is_loopback(&b));
	ck_assert_int_eq(sock_peer(conn, &c), 0);
	ck_assert_uint_eq(c.port, a.port);
	close(fd);
	close(conn);
	close(l);
}
END_TEST

START_TEST(other_families_are_refused)
{
	struct addr a;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(sock_peer(fds[0], &a), -1);
	ck_assert_int_eq(errno, EAFNOSUPPORT);
	ck_assert_uint_eq(a.family, 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(nonblocking_can_be_switched)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(fd_set_nonblock(fd, true), 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fd_set_nonblock(fd, false), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	fd_close(&fd);
	ck_assert_int_eq(fd, -1);
	fd_close(&fd);
	ck_assert_int_eq(fd_set_nonblock(fd, true), -1);
}
END_TEST

Suite *
suite_sockutil(void)
{
	Suite *s = suite_create("sockutil");
	TCase *tc = tcase_create("sockutil");

	tcase_add_test(tc, text_is_parsed_and_printed);
	tcase_add_test(tc, no_address_prints_as_a_dash);
	tcase_add_test(tc, equality_is_of_the_address_alone);
	tcase_add_test(tc, loopback_is_known);
	tcase_add_test(tc, key_is_the_net_of_a_client);
	tcase_add_test(tc, sockaddr_comes_back);
	tcase_add_test(tc, mapped_sockaddr_is_ipv4);
	tcase_add_test(tc, no_address_cannot_be_bound);
	tcase_add_test(tc, message_carries_an_address);
	tcase_add_test(tc, strange_address_in_a_message);
	tcase_add_test(tc, ends_of_a_connection_are_told);
	tcase_add_test(tc, other_families_are_refused);
	tcase_add_test(tc, nonblocking_can_be_switched);
	suite_add_tcase(s, tc);
	return s;
}
