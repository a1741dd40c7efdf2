/* SPDX-License-Identifier: ISC */
/*
 * Networks: what is one, what is inside, and lists.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/network.h"
#include "common/sockutil.h"
#include "tests/unit/suites.h"

static const struct {
	const char *text, *str; /* str NULL: refused */
} parses[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1/32", "192.0.2.1" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "192.0.2.128/25", "192.0.2.128/25" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "::1", "::1" },
	{ "::/0", "::/0" },
	{ "10.0.0.1/8", NULL },
	{ "192.0.2.64/25", NULL },
	{ "2001:db8::1/64", NULL },
	{ "10.0.0.0/33", NULL },
	{ "::/129", NULL },
	{ "10.0.0.0/", NULL },
	{ "10.0.0.0/-1", NULL },
	{ "10.0.0.0/8/8", NULL },
	{ "10.0.0", NULL },
	{ "", NULL },
	{ "/8", NULL },
	{ "all", NULL },
};

START_TEST(text_is_parsed_and_printed)
{
	char out[NETWORK_STRLEN];
	struct network n;
	size_t i;

	for (i = 0; i < NELEM(parses); i++) {
		ck_assert_msg(network_parse(&n, parses[i].text) ==
				  (parses[i].str != NULL ? 0 : -1),
		    "\"%s\"", parses[i].text);
		if (parses[i].str != NULL)
			ck_assert_str_eq(
			    network_str(&n, out, sizeof(out)), parses[i].str);
	}
}
END_TEST

static const struct {
	const char *network, *addr;
	bool inside;
} members[] = {
	{ "10.0.0.0/8", "10.255.255.255", true },
	{ "10.0.0.0/8", "11.0.0.0", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "0.0.0.0/0", "203.0.113.9", true },
	{ "0.0.0.0/0", "::1", false },
	{ "::/0", "192.0.2.1", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
	{ "2001:db8::/47", "2001:db8:1:ffff::1", true },
	{ "2001:db8::/47", "2001:db8:2::1", false },
};

START_TEST(addresses_are_inside)
{
	struct network n;
	struct addr a;
	size_t i;

	for (i = 0; i < NELEM(members); i++) {
		ck_assert_int_eq(network_parse(&n, members[i].network), 0);
		ck_assert_int_eq(addr_parse_ip(&a, members[i].addr), 0);
		ck_assert_msg(network_contains(&n, &a) == members[i].inside,
		    "%s in %s", members[i].addr, members[i].network);
	}
}
END_TEST

START_TEST(lists)
{
	char bad[16], out[128];
	struct networks list;
	struct addr a;

	ck_assert_int_eq(networks_parse(&list, " 10.0.0.0/8,\t::1  192.0.2.1 ",
			     bad, sizeof(bad)),
	    0);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_str_eq(
	    networks_str(&list, out, sizeof(out)), "10.0.0.0/8 ::1 192.0.2.1");
	ck_assert_str_eq(networks_str(&list, out, 12), "10.0.0.0/8");
	ck_assert_int_eq(addr_parse_ip(&a, "::1"), 0);
	ck_assert(networks_contain(&list, &a));
	ck_assert_int_eq(addr_parse_ip(&a, "::2"), 0);
	ck_assert(!networks_contain(&list, &a));

	ck_assert_int_eq(networks_parse(&list, "", bad, sizeof(bad)), 0);
	ck_assert_uint_eq(list.n, 0);
	ck_assert(!networks_contain(&list, &a));
	ck_assert_int_eq(
	    networks_parse(&list, "::1 10.0.0.1/8", bad, sizeof(bad)), -1);
	ck_assert_str_eq(bad, "10.0.0.1/8");
}
END_TEST

START_TEST(too_many)
{
	char text[(NETWORKS_MAX + 1) * 4 + 1] = "", bad[16];
	struct networks list;
	int i;

	for (i = 0; i < NETWORKS_MAX; i++)
		strlcat(text, "::1 ", sizeof(text));
	ck_assert_int_eq(networks_parse(&list, text, bad, sizeof(bad)), 0);
	strlcat(text, "::1 ", sizeof(text));
	ck_assert_int_eq(networks_parse(&list, text, bad, sizeof(bad)), -1);
	ck_assert_str_eq(bad, "");
}
END_TEST

Suite *
suite_network(void)
{
	Suite *s = suite_create("network");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, text_is_parsed_and_printed);
	tcase_add_test(tc, addresses_are_inside);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	return s;
}
