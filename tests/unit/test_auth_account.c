/* SPDX-License-Identifier: ISC */
/*
 * Settings of accounts at a login: who is let in from where and when, and what
 * the account gets of them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "server/auth/auth.h"
#include "server/rights.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

/* 2026-11-27 was a Friday. */
#define NOON 1795780800 /* 2026-11-27 12:00:00 UTC */
#define HOUR 3600
#define DAY (24 * HOUR)

static struct config *conf;

static const struct conf_rules *
rules(const char *text)
{
	char *err = NULL, *all;

	xasprintf(&all, "anonymous { %s }", text);
	conf_free(conf);
	conf = conf_load(temp_file("ftpd.conf", all), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	free(all);
	return &conf->anonymous_rules;
}

static const char *
objection(const struct conf_rules *r, const char *from, time_t now)
{
	struct auth_request req = { .user = "x", .password = "", .names = "" };
	const char *why;

	ck_assert_int_eq(addr_parse_ip(&req.peer, from), 0);
	why = auth_account_objection(r, &req, now);
	return why != NULL ? why : "none";
}

START_TEST(test_networks)
{
	const struct conf_rules *r = rules("networks = \"192.0.2.0/24, ::1\"");

	ck_assert_str_eq(objection(r, "192.0.2.7", NOON), "none");
	ck_assert_str_eq(objection(r, "::1", NOON), "none");
	ck_assert_str_eq(objection(r, "192.0.3.7", NOON), "ip-denied");
	ck_assert_str_eq(objection(r, "::2", NOON), "ip-denied");
	r = rules("networks = \"\"");
	ck_assert_str_eq(objection(r, "192.0.3.7", NOON), "none");
}
END_TEST

/* The last day is whole, where the server is. */
START_TEST(test_expires)
{
	const struct conf_rules *r = rules("expires = 2026-11-27");

	ck_assert_str_eq(objection(r, "::1", NOON), "none");
	ck_assert_str_eq(objection(r, "::1", NOON + 12 * HOUR - 1), "none");
	ck_assert_str_eq(
	    objection(r, "::1", NOON + 12 * HOUR), "account-expired");
	ck_assert_str_eq(
	    objection(r, "::1", NOON + 400 * DAY), "account-expired");
	ck_assert_int_eq(setenv("TZ", "XXX+5", 1), 0);
	tzset();
	ck_assert_str_eq(objection(r, "::1", NOON + 12 * HOUR), "none");
	r = rules("expires = never");
	ck_assert_str_eq(objection(r, "::1", NOON + 4000LL * DAY), "none");
}
END_TEST

START_TEST(test_hours)
{
	const struct conf_rules *r = rules("hours = \"mon-fri 08:00-18:00\"");

	ck_assert_str_eq(objection(r, "::1", NOON), "none");
	ck_assert_str_eq(objection(r, "::1", NOON + 6 * HOUR), "outside-hours");
	ck_assert_str_eq(objection(r, "::1", NOON + DAY), "outside-hours");
	ck_assert_str_eq(objection(r, "::1", NOON + 3 * DAY), "none");
}
END_TEST

START_TEST(test_fill)
{
	struct auth a = { 0 };
	struct account *out = xmalloc(sizeof(*out));
	const struct conf_rules *r =
	    rules("root = /r start_dir = /s rights = none umask = 7\n"
		  "file_mode = 640 dir_mode = 750 sessions = 9\n"
		  "create_home = yes idle_timeout = 5 uid = 5 gid = 6\n"
		  "mount /m { path = /x }");

	memset(out, 0xff, sizeof(*out));
	auth_account_init(&a, out, "joe");
	auth_account_fill(&a, out, r);
	ck_assert_str_eq(out->name, "joe");
	ck_assert_str_eq(out->root, "/r");
	ck_assert_str_eq(out->start_dir, "/s");
	ck_assert_uint_eq(out->rights, 0);
	ck_assert_uint_eq(out->umask, 07);
	ck_assert_uint_eq(out->file_mode, 0640);
	ck_assert_uint_eq(out->dir_mode, 0750);
	ck_assert_uint_eq(out->max_sessions, 9);
	ck_assert_uint_eq(out->idle_timeout, 5);
	ck_assert(out->create_home && !out->tls_data && !out->anonymous);
	ck_assert_uint_eq(out->ident.uid, 0); /* nobody else without root */
	ck_assert_uint_gt(out->places_len, 0);
	a.privileged = true;
	a.service = (struct ident){ .uid = 9, .gid = 9 };
	auth_account_init(&a, out, "joe");
	auth_account_fill(&a, out, r);
	ck_assert_uint_eq(out->ident.uid, 5);
	ck_assert_uint_eq(out->ident.gid, 6);
	/* A gid alone is a forced group. */
	auth_account_init(&a, out, "joe");
	auth_account_fill(&a, out, rules("gid = 6"));
	ck_assert_uint_eq(out->ident.uid, 9);
	ck_assert_uint_eq(out->ident.gid, 6);
	free(out);
}
END_TEST

static void
setup(void)
{
	temp_dir_setup();
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void
teardown(void)
{
	conf_free(conf);
	conf = NULL;
	temp_dir_teardown();
}

Suite *
suite_auth_account(void)
{
	Suite *s = suite_create("auth_account");
	TCase *tc = tcase_create("account");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_networks);
	tcase_add_test(tc, test_expires);
	tcase_add_test(tc, test_hours);
	tcase_add_test(tc, test_fill);
	suite_add_tcase(s, tc);
	return s;
}
