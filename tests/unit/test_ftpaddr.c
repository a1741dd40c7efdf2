/* SPDX-License-Identifier: ISC */
/*
 * PORT and EPRT arguments (RFC 959, RFC 2428; R34, rule K: addresses are
 * compared as addresses).
 */
#include <check.h>
#include <string.h>

#include "common/ftpaddr.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static const char *const bad_ports[] = {
	"", ",", "1", "1,2,3,4,5", "1,2,3,4,5,", "1,2,3,4,,6", ",1,2,3,4,5,6",
	"1,2,3,4,5,6,7", "256,2,3,4,5,6", "1,2,3,4,256,6", "1,2,3,4,5,256",
	"1,2,3,4,0,0", /* port 0 */
	"1,2,3,4,5,0006", "1,2,3,4,5,99999999999999999999", "-1,2,3,4,5,6",
	"+1,2,3,4,5,6", "1, 2,3,4,5,6", " 1,2,3,4,5,6", "1,2,3,4,5,6x",
	"1,2,3,4,5,6 7", "1.2.3.4.5.6", "a,b,c,d,e,f", "0x1,2,3,4,5,6",
	"\xd9\xa1,2,3,4,5,6", /* a digit elsewhere */
};

static const struct good_eprt {
	const char *arg, *ip;
	unsigned port;
} good_eprts[] = {
	{ "|1|132.235.1.2|6275|", "132.235.1.2", 6275 },
	{ "|1|132.235.1.2|6275| ", "132.235.1.2", 6275 },
	{ "!1!10.0.0.1!65535!", "10.0.0.1", 65535 },
	{ "#1#10.0.0.1#1#", "10.0.0.1", 1 },
	{ "|2|1080::8:800:200C:417A|5282|", "1080::8:800:200c:417a", 5282 },
	{ "|2|0:0:0:0:0:0:0:1|5282|", "::1", 5282 }, /* as Java writes it */
	{ "~2~::~80~", "::", 80 },
	{ "|2|::ffff:192.0.2.7|5282|", "192.0.2.7", 5282 }, /* R34 */
	{ "|2|::FFFF:C000:207|5282|", "192.0.2.7", 5282 },
};

static const char *const bad_eprts[] = {
	"",
	"|",
	"||||",
	"|1|1.2.3.4|5",
	"|1|1.2.3.4|5|x",
	"|1|1.2.3.4|5||",
	"1|1.2.3.4|5|",
	" |1|1.2.3.4|5|",
	"|1|1.2.3.4|0|", /* port 0 */
	"|1|1.2.3.4|65536|",
	"|1|1.2.3.4|-5|",
	"|1|1.2.3.4| 5|",
	"|1|1.2.3.4|99999999|",
	"|1|1.2.3.4||",
	"|1||5|",
	"||1.2.3.4|5|",
	"|x|1.2.3.4|5|",
	"|-1|1.2.3.4|5|",
	"|1|1.2.3|5|",
	"|1|1.2.3.256|5|",
	"|1|::1|5|", /* the notation of the other protocol */
	"|2|1.2.3.4|5|",
	"|2|:::1|5|",
	"|2|fe80::1%eth0|5|", /* scope */
	"|2|fe80::1%1|5|",
	"|2|localhost|5|",
	"|1|localhost|5|",
	"11112341511", /* delimiters that would be ambiguous */
	":1:1.2.3.4:5:",
	".1.1.2.3.4.5.",
	"\x7f"
	"1\x7f"
	"1.2.3.4\x7f"
	"5\x7f",
	"\xe9"
	"1\xe9"
	"1.2.3.4\xe9"
	"5\xe9",
	"|2|0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001|5|",
};

START_TEST(port_is_parsed)
{
	struct addr a;
	char text[24];

	memset(&a, 0xee, sizeof(a));
	ck_assert_int_eq(ftpaddr_parse_port("192,0,2,9,200,1", &a), FTPADDR_OK);
	ck_assert_uint_eq(a.family, 4);
	ck_assert_mem_eq(a.ip, "\xc0\x00\x02\x09", 4);
	ck_assert_uint_eq(a.port, 51201);
	ck_assert_uint_eq(a.scope, 0);
	ftpaddr_format_port(text, sizeof(text), &a);
	ck_assert_str_eq(text, "192,0,2,9,200,1");
}
END_TEST

START_TEST(port_tolerates_a_trailing_blank_and_zeros)
{
	struct addr a;

	ck_assert_int_eq(
	    ftpaddr_parse_port("010,0,02,001,0,21 ", &a), FTPADDR_OK);
	ck_assert_mem_eq(a.ip, "\x0a\x00\x02\x01", 4);
	ck_assert_uint_eq(a.port, 21);
}
END_TEST

START_TEST(bad_port_is_a_syntax_error)
{
	struct addr a;

	ck_assert_int_eq(ftpaddr_parse_port(bad_ports[_i], &a), FTPADDR_SYNTAX);
}
END_TEST

START_TEST(longest_port_fits)
{
	struct addr a;
	char text[24];

	ck_assert_int_eq(
	    ftpaddr_parse_port("255,255,255,255,255,255", &a), FTPADDR_OK);
	ftpaddr_format_port(text, sizeof(text), &a);
	ck_assert_str_eq(text, "255,255,255,255,255,255");
}
END_TEST

START_TEST(eprt_is_parsed)
{
	const struct good_eprt *g = &good_eprts[_i];
	struct addr a, want;

	memset(&a, 0xee, sizeof(a));
	memset(&want, 0, sizeof(want));
	ck_assert_int_eq(ftpaddr_parse_eprt(g->arg, &a), FTPADDR_OK);
	ck_assert_int_eq(addr_parse_ip(&want, g->ip), 0);
	ck_assert_uint_eq(a.family, strchr(g->ip, ':') != NULL ? 6 : 4);
	ck_assert(addr_ip_equal(&a, &want));
	ck_assert_uint_eq(a.port, g->port);
	ck_assert_uint_eq(a.scope, 0);
}
END_TEST

START_TEST(bad_eprt_is_a_syntax_error)
{
	struct addr a;

	ck_assert_int_eq(ftpaddr_parse_eprt(bad_eprts[_i], &a), FTPADDR_SYNTAX);
}
END_TEST

/* 522, and not 501, so that the client tries another protocol. */
START_TEST(unknown_protocol_is_told_apart)
{
	struct addr a;

	ck_assert_int_eq(
	    ftpaddr_parse_eprt("|3|whatever|5|", &a), FTPADDR_FAMILY);
	ck_assert_int_eq(
	    ftpaddr_parse_eprt("|0|1.2.3.4|5|", &a), FTPADDR_FAMILY);
	ck_assert_int_eq(
	    ftpaddr_parse_eprt("|12|1.2.3.4|5|", &a), FTPADDR_FAMILY);
}
END_TEST

Suite *
suite_ftpaddr(void)
{
	Suite *s = suite_create("ftpaddr");
	TCase *tc = tcase_create("ftpaddr");

	tcase_add_test(tc, port_is_parsed);
	tcase_add_test(tc, port_tolerates_a_trailing_blank_and_zeros);
	tcase_add_loop_test(
	    tc, bad_port_is_a_syntax_error, 0, (int)NELEM(bad_ports));
	tcase_add_test(tc, longest_port_fits);
	tcase_add_loop_test(tc, eprt_is_parsed, 0, (int)NELEM(good_eprts));
	tcase_add_loop_test(
	    tc, bad_eprt_is_a_syntax_error, 0, (int)NELEM(bad_eprts));
	tcase_add_test(tc, unknown_protocol_is_told_apart);
	suite_add_tcase(s, tc);
	return s;
}
