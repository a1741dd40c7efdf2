/* SPDX-License-Identifier: ISC */
/*
 * Bans (R15.2): who is refused, for how long, and what is remembered of it.
 */
#include "config.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/monitor/bans.h"
#include "server/monitor/hosts.h"
#include "tests/unit/monitor_login.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct monitor *const m = &fake_monitor;

static struct addr
ip(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse_ip(&a, text), 0);
	return a;
}

static uint32_t
ban(const char *text)
{
	struct addr a = ip(text);

	return bans_add(m->bans, &a, 0, "test");
}

static uint32_t
left(const char *text)
{
	struct addr a = ip(text);

	return bans_refuse(m->bans, &a);
}

static bool
unban(const char *text)
{
	struct addr a = ip(text);

	return bans_remove(m->bans, &a);
}

static void
use_bans(void)
{
	m->conf->ban_time = 60;
	m->conf->ban_max = 300;
	m->conf->ban_forget = 1000;
}

static void
setup(void)
{
	fake_setup(1, 1);
	use_bans();
	fake_clock_start();
}

/* ---------------------------------------------------------------- how long */
START_TEST(ban_ends)
{
	ck_assert_uint_eq(left("192.0.2.1"), 0);
	ck_assert_uint_eq(ban("192.0.2.1"), 60);
	ck_assert_uint_eq(left("192.0.2.1"), 60);
	ck_assert_uint_eq(left("192.0.2.2"), 0);
	fake_clock_add(59999);
	ck_assert_uint_eq(left("192.0.2.1"), 1);
	fake_clock_add(1);
	ck_assert_uint_eq(left("192.0.2.1"), 0);
}
END_TEST

START_TEST(each_is_twice_as_long)
{
	const uint32_t times[] = { 60, 120, 240, 300, 300, 300 };
	size_t i;

	for (i = 0; i < NELEM(times); i++) {
		ck_assert_uint_eq(ban("192.0.2.1"), times[i]);
		fake_clock_add(times[i] * 1000);
	}
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(ban("192.0.2.1"), 300);
	ck_assert_uint_eq(ban("192.0.2.2"), 60);
}
END_TEST

START_TEST(good_behaviour_is_rewarded)
{
	ban("192.0.2.1");
	fake_clock_add(60 * 1000);
	ban("192.0.2.1");
	fake_clock_add(120 * 1000 + 999 * 1000);
	ck_assert_uint_eq(ban("192.0.2.1"), 240);
	fake_clock_add(240 * 1000 + 2000 * 1000);
	ck_assert_uint_eq(ban("192.0.2.1"), 120);
	fake_clock_add(120 * 1000 + 9000 * 1000);
	ck_assert_uint_eq(ban("192.0.2.1"), 60);
}
END_TEST

START_TEST(seconds_can_be_said)
{
	struct addr a = ip("192.0.2.1");

	ck_assert_uint_eq(bans_add(m->bans, &a, 7, "administrator"), 7);
	ck_assert_uint_eq(left("192.0.2.1"), 7);
	/* A later one replaces it. */
	ck_assert_uint_eq(bans_add(m->bans, &a, 3, "administrator"), 3);
	ck_assert_uint_eq(left("192.0.2.1"), 3);
}
END_TEST

START_TEST(ban_is_lifted)
{
	ck_assert(!unban("192.0.2.1"));
	ban("192.0.2.1");
	ck_assert(unban("192.0.2.1"));
	ck_assert_uint_eq(left("192.0.2.1"), 0);
	ck_assert(!unban("192.0.2.1"));
	ck_assert_uint_eq(ban("192.0.2.1"), 60);
}
END_TEST

/* --------------------------------------------------------------------- who */
START_TEST(networks_of_ipv6)
{
	ban("2001:db8:1:2::1");
	ck_assert_uint_eq(left("2001:db8:1:2:ffff::1"), 60);
	ck_assert_uint_eq(left("2001:db8:1:3::1"), 0);
}
END_TEST

/* R15.1 */
START_TEST(allow_list)
{
	char bad[8];

	ban("192.0.2.1");
	ck_assert_int_eq(networks_parse(&m->conf->allow,
			     "192.0.2.0/24 2001:db8::/32", bad, sizeof(bad)),
	    0);
	ck_assert_uint_eq(ban("192.0.2.7"), 0);
	ck_assert_uint_eq(left("192.0.2.7"), 0);
	ck_assert_uint_eq(ban("2001:db8::1"), 0);
	ck_assert_uint_eq(ban("198.51.100.1"), 60);
	/* One that was banned before the list allowed it. */
	ck_assert_uint_eq(left("192.0.2.1"), 0);
}
END_TEST

START_TEST(flood_is_bounded)
{
	struct addr a = ip("10.0.0.0");
	unsigned i;

	for (i = 0; i < BANS_MAX + 100; i++) {
		a.ip[1] = (uint8_t)(i >> 16);
		a.ip[2] = (uint8_t)(i >> 8);
		a.ip[3] = (uint8_t)i;
		ck_assert_uint_eq(bans_add(m->bans, &a, 0, "test"), 60);
	}
	ck_assert_uint_eq(bans_refuse(m->bans, &a), 60);
	ck_assert_uint_eq(left("10.0.0.0"), 0); /* forgotten */
	ck_assert_uint_eq(left("10.0.1.0"), 60);
}
END_TEST

static unsigned shown;

static void
show(const struct ban_info *info, void *arg)
{
	char text[ADDR_STRLEN];

	shown++;
	ck_assert_str_eq(
	    addr_ip_str(&info->addr, text, sizeof(text)), "2001:db8::");
	ck_assert_uint_eq(info->left, 60);
	ck_assert_uint_eq(info->count, 1);
	ck_assert_uint_eq(info->refused, 2);
	ck_assert_str_eq(info->reason, "test");
	ck_assert_ptr_eq(arg, &shown);
}

START_TEST(bans_are_listed)
{
	ban("192.0.2.1");
	fake_clock_add(60000); /* over */
	ban("2001:db8::1");
	left("2001:db8::1");
	left("2001:db8::2");
	shown = 0;
	bans_each(m->bans, show, &shown);
	ck_assert_uint_eq(shown, 1);
}
END_TEST

/* -------------------------------------------------------------- the door */
/* R15.2: 421 at accept; no worker hears of it. */
START_TEST(banned_client_is_refused)
{
	char text[128];
	int fd;

	use_bans();
	ban("127.0.0.1");
	fd = fake_connect(0);
	ck_assert_uint_gt(fake_read(fd, text, sizeof(text)), 0);
	ck_assert_str_eq(
	    text, "421 Your address is banned, try again in 1 minutes\r\n");
	fake_expect_nothing(login_worker);
	close(fd);
}
END_TEST

static void
expect_kick(uint64_t sid)
{
	struct ipc_msg *msg = fake_expect(login_worker, MW_KICK);
	char text[PROTO_REASON_MAX];

	ck_assert_uint_eq(get_u64(&msg->body), sid);
	get_str(&msg->body, text, sizeof(text));
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(text, "Your address is banned");
}

/* Who is logged in from the same address is not who is banned. */
START_TEST(sessions_are_kicked)
{
	struct addr here = ip("127.0.0.1"), there = ip("127.0.0.2");
	struct fake *w;
	uint64_t other;
	int fd = fake_session(&w, &other);

	login_whole(login_sid, "ann", 1000);
	bans_kick(m->bans, &there, true);
	fake_expect_nothing(login_worker);
	bans_kick(m->bans, &here, false);
	expect_kick(other);
	fake_expect_nothing(login_worker);
	bans_kick(m->bans, &here, true);
	expect_kick(other); /* the newest first */
	expect_kick(login_sid);
	close(fd);
}
END_TEST

/* ---------------------------------------------------------------- the file */
static void
file_setup(void)
{
	setup();
	temp_dir_setup();
	m->conf->state_dir = xstrdup(temp_path(""));
}

static void
file_teardown(void)
{
	fake_teardown();
	temp_dir_teardown();
}

/* As after a restart. */
static void
restart(void)
{
	bans_free(m->bans);
	m->bans = bans_new(m);
	bans_load(m->bans);
}

START_TEST(restart_remembers)
{
	ban("192.0.2.1");
	fake_clock_add(60000);
	ban("192.0.2.1");
	ban("2001:db8::1");
	ban("192.0.2.3");
	restart();
	ck_assert_uint_ge(left("192.0.2.1"), 119);
	ck_assert_uint_le(left("192.0.2.1"), 121);
	ck_assert_uint_ge(left("2001:db8::2"), 59);
	unban("192.0.2.3");
	restart();
	ck_assert_uint_eq(left("192.0.2.3"), 0);
	ck_assert_uint_eq(ban("192.0.2.1"), 240);
}
END_TEST

START_TEST(file_is_written_soon)
{
	ban("192.0.2.1");
	ck_assert_int_eq(access(temp_path("bans"), F_OK), -1);
	fake_clock_add(1000);
	ck_assert_int_eq(access(temp_path("bans"), F_OK), 0);
}
END_TEST

START_TEST(nonsense_is_skipped)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "# comment\nrubbish\n192.0.2.256 1 1 x\n"
	    "192.0.2.9 99999999999999999999 1 x\n"
	    "192.0.2.7 -9223372036854775808 1 x\n"
	    "192.0.2.6 1 99999999999 x\n"
	    "192.0.2.8 %" PRId64 "\n192.0.2.1 %" PRId64 " 2 test",
	    (int64_t)time(NULL) + 50, (int64_t)time(NULL) + 50);
	temp_file("bans", text);
	bans_load(m->bans);
	ck_assert_uint_gt(left("192.0.2.1"), 0);
	ck_assert_uint_eq(left("192.0.2.8"), 0);
	ck_assert_uint_eq(left("192.0.2.9"), 0);
}
END_TEST

START_TEST(time_passes_while_it_is_down)
{
	char text[256];
	int64_t now = (int64_t)time(NULL);

	(void)snprintf(text, sizeof(text),
	    "192.0.2.1 %" PRId64 " 3 test\n192.0.2.2 %" PRId64 " 3 test\n",
	    now - 2500, now - 999999999);
	temp_file("bans", text);
	bans_load(m->bans);
	ck_assert_uint_eq(left("192.0.2.1"), 0);
	ck_assert_uint_eq(ban("192.0.2.1"), 120);
	ck_assert_uint_eq(ban("192.0.2.2"), 60);
}
END_TEST

/* A directory that cannot be written costs a line in the log. */
START_TEST(no_directory)
{
	free(m->conf->state_dir);
	m->conf->state_dir = xstrdup("/nonexistent/state");
	bans_load(m->bans);
	ban("192.0.2.1");
	fake_clock_add(1000);
	ck_assert_uint_gt(left("192.0.2.1"), 0);
}
END_TEST

Suite *
suite_monitor_bans(void)
{
	Suite *s = suite_create("monitor_bans");
	TCase *tc = tcase_create("table");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_test(tc, ban_ends);
	tcase_add_test(tc, each_is_twice_as_long);
	tcase_add_test(tc, good_behaviour_is_rewarded);
	tcase_add_test(tc, seconds_can_be_said);
	tcase_add_test(tc, ban_is_lifted);
	tcase_add_test(tc, networks_of_ipv6);
	tcase_add_test(tc, allow_list);
	tcase_add_test(tc, flood_is_bounded);
	tcase_add_test(tc, bans_are_listed);
	suite_add_tcase(s, tc);

	tc = tcase_create("door");
	tcase_add_checked_fixture(tc, login_setup, login_teardown);
	tcase_add_test(tc, banned_client_is_refused);
	tcase_add_test(tc, sessions_are_kicked);
	suite_add_tcase(s, tc);

	tc = tcase_create("file");
	tcase_add_checked_fixture(tc, file_setup, file_teardown);
	tcase_add_test(tc, restart_remembers);
	tcase_add_test(tc, file_is_written_soon);
	tcase_add_test(tc, nonsense_is_skipped);
	tcase_add_test(tc, time_passes_while_it_is_down);
	tcase_add_test(tc, no_directory);
	suite_add_tcase(s, tc);
	return s;
}
