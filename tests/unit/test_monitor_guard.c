/* SPDX-License-Identifier: ISC */
/*
 * Guessing (R15.1): delays that grow, attempts that queue, bans, and what is
 * not counted.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/monitor/bans.h"
#include "tests/unit/monitor_login.h"
#include "tests/unit/suites.h"

static struct monitor *const m = &fake_monitor;
static bool banned;

static struct addr
ip(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse_ip(&a, text), 0);
	return a;
}

static struct guess
take(const char *from, const char *user, const char *password)
{
	struct addr a = ip(from);
	struct guess guess;

	guard_take(m->guard, &a, user, password, &guess);
	return guess;
}

static uint32_t
wrong(const char *from, const char *user, const char *password)
{
	struct guess guess = take(from, user, password);
	struct addr a = ip(from);

	return guard_wrong(m->guard, &a, &guess, &banned);
}

static uint32_t
hold(const char *from, const char *user)
{
	struct guess guess = take(from, user, "x");
	struct addr a = ip(from);

	return guard_hold(m->guard, &a, &guess);
}

static void
use_limits(void)
{
	m->conf->login_delay = 1;
	m->conf->login_delay_max = 10;
	m->conf->login_forget = 900;
	m->conf->ban_after = 20;
	m->conf->ban_time = 60;
	m->conf->ban_max = 600;
	m->conf->ban_forget = 1000;
}

static void
setup(void)
{
	fake_setup(1, 1);
	fake_clock_start();
	use_limits();
}

/* ----------------------------------------------------------------- delays */
START_TEST(delay_doubles)
{
	const uint32_t delays[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
	char password[8];
	size_t i;

	for (i = 0; i < NELEM(delays); i++) {
		snprintf(password, sizeof(password), "%zu", i);
		ck_assert_uint_eq(
		    wrong("192.0.2.1", "ann", password), delays[i]);
	}
	/* Neither she elsewhere nor somebody else here. */
	ck_assert_uint_eq(wrong("192.0.2.2", "ann", "x"), 1000);
	m->conf->login_delay = 0;
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "y"), 0);
}
END_TEST

/* Many users, one password each. */
START_TEST(address_is_delayed)
{
	char user[8];
	uint32_t i;

	for (i = 1; i <= 7; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		ck_assert_uint_eq(
		    wrong("192.0.2.1", user, "x"), i < 7 ? 1000 : 2000);
	}
	ck_assert_uint_eq(wrong("192.0.2.1", "v", "x"), 4000);
}
END_TEST

START_TEST(same_password_counts_once)
{
	int i;

	for (i = 0; i < 100; i++) {
		ck_assert_uint_eq(wrong("192.0.2.1", "ann", "old"), 1000);
		ck_assert(!banned);
	}
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "other"), 2000);
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "old"), 2000);
}
END_TEST

START_TEST(time_forgets)
{
	wrong("192.0.2.1", "ann", "1");
	wrong("192.0.2.1", "ann", "2");
	fake_clock_add(899 * 1000);
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "3"), 4000);
	fake_clock_add(900 * 1000);
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "1"), 1000);
}
END_TEST

START_TEST(right_one_forgives)
{
	struct addr a = ip("192.0.2.1");
	struct guess guess = take("192.0.2.1", "ann", "right");

	wrong("192.0.2.1", "ann", "1");
	wrong("192.0.2.1", "ann", "2");
	guard_right(m->guard, &a, &guess);
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "ann", "3"), 1000);
}
END_TEST

/* Guesses over many sessions at once gain nothing. */
START_TEST(parallel_attempts_queue)
{
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 0);
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 0);
	wrong("192.0.2.1", "ann", "1");
	wrong("192.0.2.1", "ann", "2"); /* 2 s each from now on */
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 2000);
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 4000);
	ck_assert_uint_eq(hold("192.0.2.1", "bob"), 0);
	ck_assert_uint_eq(hold("192.0.2.2", "ann"), 0);
	fake_clock_add(5000);
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 1000);
	fake_clock_add(20000);
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 0);
}
END_TEST

/* ------------------------------------------------------------------- bans */
START_TEST(too_many_are_a_ban)
{
	char user[8];
	unsigned i;

	for (i = 1; i <= 20; i++) {
		ck_assert(!banned);
		snprintf(user, sizeof(user), "u%u", i);
		wrong("2001:db8::1", user, "x");
	}
	ck_assert(banned);
	m->conf->ban_after = 0;
	for (i = 1; i <= 100; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		wrong("2001:db8::1", user, "x");
		ck_assert(!banned);
	}
}
END_TEST

START_TEST(allowed_are_left_alone)
{
	char bad[8], password[8];
	int i;

	ck_assert_int_eq(
	    networks_parse(&m->conf->allow, "192.0.2.0/24", bad, sizeof(bad)),
	    0);
	for (i = 0; i < 100; i++) {
		snprintf(password, sizeof(password), "%d", i);
		ck_assert_uint_eq(wrong("192.0.2.1", "ann", password), 0);
		ck_assert(!banned);
	}
	ck_assert_uint_eq(hold("192.0.2.1", "ann"), 0);
}
END_TEST

/* ------------------------------------------------------------ connections */
static bool
arrive(const char *from)
{
	struct addr a = ip(from);

	return guard_connection(m->guard, &a);
}

START_TEST(connections_have_a_rate)
{
	int i;

	ck_assert(arrive("192.0.2.1")); /* no limit */
	m->conf->connections_per_minute = 6;
	for (i = 0; i < 6; i++)
		ck_assert(arrive("192.0.2.1"));
	ck_assert(!arrive("192.0.2.1"));
	ck_assert(arrive("192.0.2.2"));
	fake_clock_add(9999);
	ck_assert(!arrive("192.0.2.1"));
	fake_clock_add(1);
	ck_assert(arrive("192.0.2.1"));
	ck_assert(!arrive("192.0.2.1"));
	fake_clock_add(3600 * 1000);
	for (i = 0; i < 6; i++)
		ck_assert(arrive("192.0.2.1"));
	ck_assert(!arrive("192.0.2.1"));
}
END_TEST

/* -------------------------------------------------------------- the whole */
START_TEST(refusal_says_its_delay)
{
	use_limits();
	fake_clock_start();
	login_ask(login_sid, 1, "ann");
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	login_expect(login_sid, 1, V_DENIED, "no");
	ck_assert_uint_eq(login_delay, 1000);
	/* One that comes before that time is not checked yet. */
	login_ask(login_sid, 2, "ann");
	fake_expect_nothing(login_auth);
	fake_clock_add(999);
	fake_expect_nothing(login_auth);
	fake_clock_add(1);
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	login_expect(login_sid, 2, V_DENIED, "no");
	ck_assert_uint_eq(login_delay, 1000); /* the same password */
}
END_TEST

START_TEST(attempt_on_hold_is_cancelled)
{
	use_limits();
	fake_clock_start();
	login_ask(login_sid, 1, "ann");
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	login_expect(login_sid, 1, V_DENIED, "no");
	login_ask(login_sid, 2, "ann");
	login_logout(login_sid);
	fake_clock_add(60000);
	fake_expect_nothing(login_auth);
	login_whole(login_sid, "ann", 1000);
}
END_TEST

START_TEST(ban_ends_the_session)
{
	struct ipc_msg *msg;
	char text[128];
	int fd;

	use_limits();
	m->conf->ban_after = 1;
	login_ask(login_sid, 1, "ann");
	login_result(
	    login_auth, login_checked_by(login_auth, "ann"), V_DENIED, "no");
	login_expect(login_sid, 1, V_DENIED, "no");
	msg = fake_expect(login_worker, MW_KICK);
	ck_assert_uint_eq(get_u64(&msg->body), login_sid);
	/* What crosses the news is not checked. */
	login_ask(login_sid, 2, "ann");
	login_expect(login_sid, 2, V_DENIED, "banned");
	fake_expect_nothing(login_auth);
	fd = fake_connect(0);
	ck_assert_uint_gt(fake_read(fd, text, sizeof(text)), 0);
	ck_assert_int_eq(strncmp(text, "421 Your address is banned", 26), 0);
	close(fd);
}
END_TEST

Suite *
suite_monitor_guard(void)
{
	Suite *s = suite_create("monitor_guard");
	TCase *tc = tcase_create("counts");

	tcase_add_checked_fixture(tc, setup, fake_teardown);
	tcase_add_test(tc, delay_doubles);
	tcase_add_test(tc, address_is_delayed);
	tcase_add_test(tc, same_password_counts_once);
	tcase_add_test(tc, time_forgets);
	tcase_add_test(tc, right_one_forgives);
	tcase_add_test(tc, parallel_attempts_queue);
	tcase_add_test(tc, too_many_are_a_ban);
	tcase_add_test(tc, allowed_are_left_alone);
	tcase_add_test(tc, connections_have_a_rate);
	suite_add_tcase(s, tc);

	tc = tcase_create("logins");
	tcase_add_checked_fixture(tc, login_setup, login_teardown);
	tcase_add_test(tc, refusal_says_its_delay);
	tcase_add_test(tc, attempt_on_hold_is_cancelled);
	tcase_add_test(tc, ban_ends_the_session);
	suite_add_tcase(s, tc);
	return s;
}
