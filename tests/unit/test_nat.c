/* SPDX-License-Identifier: ISC */
/*
 * Which address is announced to which client (R4.1, R4.2).
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/nat.h"
#include "tests/unit/suites.h"

static struct nat nat;
static char why[160];

static struct addr
ip(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse_ip(&a, text), 0);
	return a;
}

static const struct {
	const char *text, *client, *announced;
} rows[] = {
	{ "192.0.2.1", "198.51.100.7", "192.0.2.1" },
	{ "10.0.0.0/8 local,192.0.2.1", "10.1.2.3", "10.0.0.5" },
	{ "10.0.0.0/8 local, 192.0.2.1", "11.1.2.3", "192.0.2.1" },
	{ "10.9.0.0/16 192.0.2.9, 10.0.0.0/8 192.0.2.8", "10.9.1.1",
	    "192.0.2.9" },
	{ "10.9.0.0/16 192.0.2.9, 10.0.0.0/8 192.0.2.8", "10.8.1.1",
	    "192.0.2.8" },
	{ "10.9.0.0/16 192.0.2.9", "198.51.100.7", "10.0.0.5" },
	{ "local", "198.51.100.7", "10.0.0.5" },
	{ "10.0.0.0/8 known.example, ftp.example.org", "10.1.1.1",
	    "203.0.113.1" },
	{ "10.0.0.0/8 known.example, ftp.example.org", "11.1.1.1",
	    "10.0.0.5" }, /* not known yet */
};

START_TEST(first_match_wins)
{
	struct addr names[NAT_MAX] = { 0 }, addr = ip("10.0.0.5");
	struct addr client = ip(rows[_i].client);
	char text[512];

	names[0] = ip("203.0.113.1");
	addr.port = 1234;
	ck_assert_int_eq(nat_parse(&nat, rows[_i].text, why, sizeof(why)), 0);
	nat_announce(&nat, names, &client, &addr);
	ck_assert_str_eq(
	    addr_ip_str(&addr, text, sizeof(text)), rows[_i].announced);
	ck_assert_uint_eq(addr.port, 1234);
	/* What is printed means the same. */
	nat_str(&nat, text, sizeof(text));
	ck_assert_int_eq(nat_parse(&nat, text, why, sizeof(why)), 0);
}
END_TEST

static const struct {
	const char *text, *start;
} wrong[] = {
	{ "", "\"\" is nothing" },
	{ "192.0.2", "\"192.0.2\" is nothing" },
	{ "::1", "PASV can announce IPv4" },
	{ "10.0.0.0/8", "\"10.0.0.0/8\" is nothing" },
	{ "10.0.0.1/8 local", "\"10.0.0.1/8\" is no network" },
	{ "fe80::/10 local", "\"fe80::/10\" is no network" },
	{ "local,", "\"\" is nothing" },
	{ "10.0.0.0/8 a b", "\"a b\" is nothing" },
	{ "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "there are more than 16" },
};

START_TEST(wrong_ones_are_refused)
{
	ck_assert_int_eq(nat_parse(&nat, wrong[_i].text, why, sizeof(why)), -1);
	ck_assert_msg(
	    strncmp(why, wrong[_i].start, strlen(wrong[_i].start)) == 0, "%s",
	    why);
}
END_TEST

START_TEST(private_addresses_are_out_of_reach)
{
	struct addr in = ip("172.18.0.2"), out = ip("203.0.113.9");

	ck_assert(nat_is_unreachable(&in, &out));
	ck_assert(!nat_is_unreachable(&in, &in));
	ck_assert(!nat_is_unreachable(&out, &in));
}
END_TEST

Suite *
suite_nat(void)
{
	Suite *s = suite_create("nat");
	TCase *tc = tcase_create("nat");

	tcase_add_loop_test(tc, first_match_wins, 0, (int)NELEM(rows));
	tcase_add_loop_test(tc, wrong_ones_are_refused, 0, (int)NELEM(wrong));
	tcase_add_test(tc, private_addresses_are_out_of_reach);
	suite_add_tcase(s, tc);
	return s;
}
