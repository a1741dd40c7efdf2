/* SPDX-License-Identifier: ISC */
/*
 * The table of sessions and its counts.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "server/monitor/monitor.h"
#include "tests/unit/suites.h"

static struct sessions table;

static void
setup(void)
{
	sessions_init(&table);
}

static void
teardown(void)
{
	sessions_clear(&table);
}

static struct client *
add(const char *ip)
{
	struct addr peer, local;

	ck_assert_int_eq(addr_parse_ip(&peer, ip), 0);
	ck_assert_int_eq(addr_parse_ip(&local, "127.0.0.1"), 0);
	return sessions_add(&table, &peer, &local, 0);
}

static void
set_account(struct client *c, const char *name)
{
	struct account account = { 0 };

	strlcpy(account.name, name, sizeof(account.name));
	sessions_set_account(&table, c, &account);
}

static unsigned
from(const char *ip)
{
	struct addr peer;

	ck_assert_int_eq(addr_parse_ip(&peer, ip), 0);
	return sessions_from(&table, &peer);
}

START_TEST(sids_are_never_reused)
{
	struct client *a = add("192.0.2.1"), *b = add("192.0.2.1");
	uint64_t old = b->sid;

	ck_assert_uint_ne(a->sid, b->sid);
	ck_assert_ptr_eq(sessions_find(&table, a->sid), a);
	sessions_remove(&table, b);
	ck_assert_ptr_null(sessions_find(&table, old));
	ck_assert_uint_gt(add("192.0.2.1")->sid, old);
	ck_assert_ptr_null(sessions_find(&table, 0));
	ck_assert_ptr_null(sessions_find(&table, UINT64_MAX));
}
END_TEST

START_TEST(addresses_are_counted)
{
	struct client *a = add("192.0.2.1");

	add("192.0.2.1");
	add("192.0.2.2");
	ck_assert_uint_eq(table.count, 3);
	ck_assert_uint_eq(from("192.0.2.1"), 2);
	ck_assert_uint_eq(from("192.0.2.2"), 1);
	ck_assert_uint_eq(from("192.0.2.3"), 0);
	sessions_remove(&table, a);
	ck_assert_uint_eq(from("192.0.2.1"), 1);
	ck_assert_uint_eq(table.count, 2);
}
END_TEST

/* One client can use all addresses of its /64. */
START_TEST(ipv6_is_counted_by_64)
{
	add("2001:db8:1:2::1");
	add("2001:db8:1:2:ffff::9");
	add("2001:db8:1:3::1");
	ck_assert_uint_eq(from("2001:db8:1:2::77"), 2);
	ck_assert_uint_eq(from("2001:db8:1:3::77"), 1);
	ck_assert_uint_eq(from("2001:db8:1:4::77"), 0);
}
END_TEST

START_TEST(accounts_are_counted)
{
	struct client *a = add("192.0.2.1"), *b = add("192.0.2.2");

	ck_assert_uint_eq(sessions_of(&table, "ann"), 0);
	set_account(a, "ann");
	set_account(b, "ann");
	ck_assert_uint_eq(sessions_of(&table, "ann"), 2);
	set_account(a, "bob");
	ck_assert_uint_eq(sessions_of(&table, "ann"), 1);
	ck_assert_uint_eq(sessions_of(&table, "bob"), 1);
	set_account(a, "bob");
	ck_assert_uint_eq(sessions_of(&table, "bob"), 1);
	sessions_set_account(&table, a, NULL);
	sessions_set_account(&table, a, NULL);
	ck_assert_uint_eq(sessions_of(&table, "bob"), 0);
	sessions_remove(&table, b);
	ck_assert_uint_eq(sessions_of(&table, "ann"), 0);
}
END_TEST

START_TEST(many_come_and_go)
{
	struct client *all[2000];
	char ip[32];
	unsigned i;

	for (i = 0; i < 2000; i++) {
		snprintf(ip, sizeof(ip), "10.0.%u.%u", i % 7, i % 200);
		all[i] = add(ip);
		set_account(all[i], i % 2 ? "odd" : "even");
	}
	ck_assert_uint_eq(sessions_of(&table, "odd"), 1000);
	for (i = 0; i < 2000; i += 2)
		sessions_remove(&table, all[i]);
	ck_assert_uint_eq(sessions_of(&table, "even"), 0);
	ck_assert_uint_eq(table.count, 1000);
	for (i = 1; i < 2000; i += 2)
		ck_assert_ptr_eq(sessions_find(&table, all[i]->sid), all[i]);
}
END_TEST

Suite *
suite_monitor_sessions(void)
{
	Suite *s = suite_create("monitor_sessions");
	TCase *tc = tcase_create("table");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sids_are_never_reused);
	tcase_add_test(tc, addresses_are_counted);
	tcase_add_test(tc, ipv6_is_counted_by_64);
	tcase_add_test(tc, accounts_are_counted);
	tcase_add_test(tc, many_come_and_go);
	suite_add_tcase(s, tc);
	return s;
}
