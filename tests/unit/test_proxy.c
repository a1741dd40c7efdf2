/* SPDX-License-Identifier: ISC */
/*
 * Headers of the PROXY protocol: what is one, what is none, and that not a byte
 * behind it is taken.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/proxy.h"
#include "tests/unit/suites.h"

#define START "\r\n\r\n\0\r\nQUIT\n"
/* A literal that may have NULs in it, and its length. */
#define BYTES(s) (s), sizeof(s) - 1

static enum proxy_result
parse(const void *p, size_t n, struct proxy_header *h)
{
	const char *why = NULL;
	enum proxy_result result = proxy_parse(p, n, h, &why);

	ck_assert_int_eq(why != NULL, result == PROXY_BAD);
	return result;
}

static const struct good {
	const char *bytes;
	size_t len;
	const char *client, *server; /* NULL: the socket's */
} goods[] = {
	{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.7 40001 21\r\n"),
	    "192.0.2.1:40001", "198.51.100.7:21" },
	{ BYTES("PROXY TCP4 223.255.255.254 1.2.3.4 65535 0\r\n"),
	    "223.255.255.254:65535", "1.2.3.4:0" },
	{ BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 1 990\r\n"),
	    "[2001:db8::1]:1", "[2001:db8::2]:990" },
	/* R34: as haproxy writes a client over IPv4 if it must */
	{ BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n"),
	    "192.0.2.1:1", "192.0.2.2:2" },
	{ BYTES("PROXY UNKNOWN\r\n"), NULL, NULL },
	{ BYTES("PROXY UNKNOWN 1 2 3 whatever  it is\r\n"), NULL, NULL },
	{ BYTES(START "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15"),
	    "192.0.2.1:40001", "198.51.100.7:21" },
	{ BYTES(START "\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15"
		      "\x04\0\1x"), /* a field behind them */
	    "192.0.2.1:40001", "198.51.100.7:21" },
	{ BYTES(START "\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
		      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\1\3\xde"),
	    "[2001:db8::1]:1", "[2001:db8::2]:990" },
	{ BYTES(START "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
		      "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\2\0\1\0\2"),
	    "192.0.2.1:1", "192.0.2.2:2" },
	{ BYTES(START "\x20\0\0\0"), NULL, NULL }, /* LOCAL */
	/* LOCAL: whatever else it says does not count */
	{ BYTES(START "\x20\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15"),
	    NULL, NULL },
	{ BYTES(START "\x20\x11\0\0"), NULL, NULL },
	{ BYTES(START "\x21\0\0\0"), NULL, NULL }, /* UNSPEC */
	{ BYTES(START "\x21\0\0\5abcde"), NULL, NULL },
	/* UDP over IPv4: not ours */
	{ BYTES(START "\x21\x12\0\x0c\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15"),
	    NULL, NULL },
};

START_TEST(headers)
{
	const struct good *g = &goods[_i];
	struct proxy_header h;
	char text[ADDR_STRLEN], all[128];
	size_t n;

	for (n = 0; n < g->len; n++)
		ck_assert_int_eq(parse(g->bytes, n, &h), PROXY_MORE);
	memcpy(all, g->bytes, g->len);
	memcpy(all + g->len, "USER", 4);
	ck_assert_int_eq(parse(all, g->len + 4, &h), PROXY_OK);
	ck_assert_uint_eq(h.len, g->len);
	ck_assert_int_eq(h.has_addresses, g->client != NULL);
	if (g->client == NULL)
		return;
	ck_assert_str_eq(addr_str(&h.client, text, sizeof(text)), g->client);
	ck_assert_str_eq(addr_str(&h.server, text, sizeof(text)), g->server);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} bads[] = {
	{ BYTES("USER joe\r\n") },
	{ BYTES("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXX") },
	{ BYTES("\x16\3\1") }, /* TLS */
	{ BYTES("\n") },
	{ BYTES("\r\n\r\n\r") },
	{ BYTES("PROXY\r\n") },
	{ BYTES("PROXY \r\n") },
	{ BYTES("PROXY \n") },
	{ BYTES("PROXY TCP4\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n") },
	{ BYTES("PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\0\r\n") },
	{ BYTES("PROXY UNKNOWN\0 x\r\n") },
	{ BYTES("PROXY UNKNOWN\n") },
	{ BYTES("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 ::1 ::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP6 ::1 ::ffff:1.2.3.4 1 2\r\n") },
	{ BYTES("PROXY TCP6 fe80::1%lo ::1 1 2\r\n") },
	{ BYTES("PROXY TCP4 0.0.0.0 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 224.0.0.1 2.2.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP6 :: ::1 1 2\r\n") },
	{ BYTES("PROXY TCP6 ff02::1 ::1 1 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 -2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n") },
	{ BYTES("PROXY TCP4 1.1.1.1 2.2.2.2 1 0x2\r\n") },
	{ BYTES("PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n") },
	{ BYTES(
	    START "\x11\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15") },
	{ BYTES(
	    START "\x22\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\x07\x9c\x41\0\x15") },
	{ BYTES(START "\x21\x13\0\0") },
	{ BYTES(START "\x21\x41\0\0") },
	{ BYTES(START "\x21\x10\0\0") },
	{ BYTES(START "\x20\xff\0\0") },
	{ BYTES(START "\x21\x11\0\x0b") },
	{ BYTES(START "\x21\x21\0\x23") },
	{ BYTES(START "\x21\x31\0\x24") },
	{ BYTES(START "\x21\x11\xff\xff") }, /* longer than we read */
	{ BYTES(START "\x21\x11\x0f\xf1") },
	{ BYTES(START "\x21\x11\0\x0c\0\0\0\0\xc6\x33\x64\x07\x9c\x41\0\x15") },
	{ BYTES(START "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\2") },
};

START_TEST(no_headers)
{
	struct proxy_header h;

	ck_assert_int_eq(parse(bads[_i].bytes, bads[_i].len, &h), PROXY_BAD);
}
END_TEST

/* The longest line of the description has 107 bytes with its end. */
START_TEST(line_is_bounded)
{
	struct proxy_header h;
	char line[200];

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(parse(line, 106, &h), PROXY_MORE);
	ck_assert_int_eq(parse(line, 107, &h), PROXY_BAD);
	ck_assert_int_eq(parse(line, 200, &h), PROXY_BAD);
	memcpy(line + 105, "\r\n", 2);
	ck_assert_int_eq(parse(line, 200, &h), PROXY_OK);
	ck_assert_uint_eq(h.len, 107);
}
END_TEST

START_TEST(length_is_bounded)
{
	static uint8_t bytes[PROXY_HEADER_MAX];
	struct proxy_header h;

	memcpy(bytes, START "\x20\0", 14);
	bytes[14] = (PROXY_HEADER_MAX - 16) >> 8;
	bytes[15] = (PROXY_HEADER_MAX - 16) & 0xff;
	ck_assert_int_eq(parse(bytes, sizeof(bytes) - 1, &h), PROXY_MORE);
	ck_assert_int_eq(parse(bytes, sizeof(bytes), &h), PROXY_OK);
	ck_assert_uint_eq(h.len, PROXY_HEADER_MAX);
}
END_TEST

START_TEST(begins)
{
	ck_assert(proxy_begins((const uint8_t *)"PROXY TCP4", 10));
	ck_assert(proxy_begins((const uint8_t *)START, 12));
	ck_assert(!proxy_begins((const uint8_t *)"PROXY", 5));
	ck_assert(!proxy_begins((const uint8_t *)START, 11));
	ck_assert(!proxy_begins((const uint8_t *)"PWD\r\n\r\n", 7));
	ck_assert(!proxy_begins((const uint8_t *)"", 0));
}
END_TEST

/* ---------------------------------------------------------------- reading */
static struct proxy_reader reader;
static int fds[2];

static void
connect_both(void)
{
	reader.len = 0;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static void
close_both(void)
{
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

static void
put(const char *bytes, size_t n)
{
	ck_assert_int_eq(send(fds[1], bytes, n, 0), (ssize_t)n);
}

static enum proxy_result
take(struct proxy_header *h)
{
	const char *why = NULL;
	enum proxy_result r = proxy_read(&reader, fds[0], h, &why);

	ck_assert_int_eq(why != NULL, r == PROXY_BAD || r == PROXY_END);
	return r;
}

/* What follows, a client hello perhaps, stays for who comes next. */
START_TEST(nothing_behind_it_is_taken)
{
	const struct good *g = &goods[_i];
	struct proxy_header h;
	char rest[32];

	put(g->bytes, g->len);
	put("\x16\3\1hello", 8);
	ck_assert_int_eq(take(&h), PROXY_OK);
	ck_assert_uint_eq(h.len, g->len);
	ck_assert_int_eq(recv(fds[0], rest, sizeof(rest), 0), 8);
	ck_assert_mem_eq(rest, "\x16\3\1hello", 8);
}
END_TEST

START_TEST(byte_by_byte)
{
	const struct good *g = &goods[_i];
	struct proxy_header h;
	size_t i;

	ck_assert_int_eq(take(&h), PROXY_MORE);
	for (i = 0; i < g->len; i++) {
		put(g->bytes + i, 1);
		ck_assert_int_eq(
		    take(&h), i + 1 < g->len ? PROXY_MORE : PROXY_OK);
	}
	ck_assert_uint_eq(reader.len, g->len);
}
END_TEST

START_TEST(the_end_comes_first)
{
	struct proxy_header h;

	put("PROXY TC", 8);
	ck_assert_int_eq(take(&h), PROXY_MORE);
	fd_close(&fds[1]);
	ck_assert_int_eq(take(&h), PROXY_END);
}
END_TEST

START_TEST(something_else_comes)
{
	struct proxy_header h;

	put("PRO", 3);
	ck_assert_int_eq(take(&h), PROXY_MORE);
	put("FTPD\r\n", 6);
	ck_assert_int_eq(take(&h), PROXY_BAD);
}
END_TEST

Suite *
suite_proxy(void)
{
	Suite *s = suite_create("proxy");
	TCase *tc = tcase_create("parse");

	tcase_add_loop_test(tc, headers, 0, NELEM(goods));
	tcase_add_loop_test(tc, no_headers, 0, NELEM(bads));
	tcase_add_test(tc, line_is_bounded);
	tcase_add_test(tc, length_is_bounded);
	tcase_add_test(tc, begins);
	suite_add_tcase(s, tc);

	tc = tcase_create("read");
	tcase_add_checked_fixture(tc, connect_both, close_both);
	tcase_add_loop_test(tc, nothing_behind_it_is_taken, 0, NELEM(goods));
	tcase_add_loop_test(tc, byte_by_byte, 0, NELEM(goods));
	tcase_add_test(tc, the_end_comes_first);
	tcase_add_test(tc, something_else_comes);
	suite_add_tcase(s, tc);
	return s;
}
