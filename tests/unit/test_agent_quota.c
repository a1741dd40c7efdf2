/* SPDX-License-Identifier: ISC */
/*
 * Quotas in the agent (R19): what counts, what is lent, what is refused when.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/timer.h"
#include "server/usage.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/suites.h"

static struct usage *usage;
static uint64_t now;

static uint64_t
still_clock(void)
{
	return now;
}

/* A session with so much quota, in a directory that holds 600 bytes. */
static void
quota(uint64_t bytes, uint64_t files)
{
	f.acct.quota = bytes;
	f.acct.quota_files = files;
	f.conf.quota_rescan = 3600;
	f.acct.usage_slot = (uint16_t)usage_take("anna");
	usage = usage_slot(f.acct.usage_slot);
	ck_assert_ptr_nonnull(usage);
	memset(usage, 0, sizeof(*usage));
	fixture_session();
}

static void
setup(void)
{
	char text[601];

	now = 1000000;
	ck_assert_int_eq(usage_share(), 0);
	fixture_setup();
	clock_set(still_clock);
	memset(text, 'x', 600);
	text[600] = '\0';
	put_file("old", text);
}

static void
teardown(void)
{
	fixture_teardown();
	clock_set(NULL);
}

static const char *
some(size_t n)
{
	static char text[4096];

	memset(text, 'y', n);
	text[n] = '\0';
	return text;
}

static int64_t
bytes(void)
{
	return atomic_load(&usage->bytes);
}

static int64_t
files(void)
{
	return atomic_load(&usage->files);
}

static uint64_t
space(void)
{
	ck_assert_int_eq(ask(FS_SPACE, "p", "/"), FS_OK);
	return get_u64(&f.m.body);
}

START_TEST(uploads_are_counted)
{
	quota(1000, 0);
	ck_assert_uint_eq(space(), 400);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_uint_eq(store_limit, 400);
	ck_assert_int_eq(bytes(), 1000); /* lent */
	ck_assert_int_eq(write(store_fd, some(300), 300), 300);
	ck_assert_int_eq(commit(300), FS_OK);
	ck_assert_int_eq(bytes(), 900);
	ck_assert_int_eq(files(), 2);
	/* A smaller one in its place. */
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/old", some(50)), FS_OK);
	ck_assert_int_eq(bytes(), 350);
	ck_assert_int_eq(files(), 2);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/old", some(50)), FS_OK);
	ck_assert_int_eq(bytes(), 400);
	ck_assert_int_eq(upload(STORE_REPLACE, 20, "/old", some(10)), FS_OK);
	ck_assert_int_eq(bytes(), 330);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/old"), FS_OK);
	ck_assert_int_eq(bytes(), 300);
	ck_assert_int_eq(files(), 1);
	ck_assert_uint_eq(space(), 700);
}
END_TEST

/* R19.1: before anything is created. */
START_TEST(full_is_refused_at_once)
{
	quota(600, 0);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/old"), FS_QUOTA);
	ck_assert_int_eq(store(STORE_UNIQUE, 0, "/old"), FS_QUOTA);
	ck_assert_int_eq(count_names(""), 1);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/old"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/new", some(1)), FS_OK);
}
END_TEST

START_TEST(files_are_counted)
{
	quota(0, 2);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/new", some(50)), FS_OK);
	ck_assert_uint_eq(store_limit, UINT64_MAX);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/third"), FS_QUOTA_FILES);
	/* What is there already may be replaced. */
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/new", some(70)), FS_OK);
	ck_assert_int_eq(files(), 2);
}
END_TEST

/* R19.2: remembered for 10 minutes, as long as it cannot fit. */
START_TEST(crossing_is_remembered)
{
	quota(1000, 0);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(write(store_fd, some(400), 400), 400);
	ck_assert_int_eq(ask(FS_GROW, ""), FS_QUOTA);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(bytes(), 600);
	ck_assert_int_eq(count_names(""), 1);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/other"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/old", some(10)), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/old", some(700)), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	now += 600 * 1000;
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_OK);
}
END_TEST

/* A worker that writes more than it was lent gains nothing. */
START_TEST(commit_is_checked)
{
	quota(1000, 0);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(write(store_fd, some(401), 401), 401);
	ck_assert_int_eq(commit(401), FS_QUOTA);
	ck_assert(!is_there("new"));
	ck_assert_int_eq(count_names(""), 1);
	ck_assert_int_eq(bytes(), 600);
	ck_assert_int_eq(files(), 1);
}
END_TEST

/* What an interrupted upload has left counts, and counts once. */
START_TEST(partials_count)
{
	quota(1000, 0);
	f.conf.upload_resume = true;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(write(store_fd, some(100), 100), 100);
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(bytes(), 700);
	ck_assert_int_eq(files(), 2);
	ck_assert_int_eq(store(STORE_REPLACE, 60, "/new"), FS_OK);
	ck_assert_uint_eq(store_limit, 400);
	ck_assert_int_eq(write(store_fd, some(100), 100), 100);
	ck_assert_int_eq(commit(160), FS_OK);
	ck_assert_int_eq(bytes(), 760);
	ck_assert_int_eq(files(), 2);
}
END_TEST

START_TEST(in_place)
{
	quota(1000, 0);
	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/old"), FS_OK);
	ck_assert_uint_eq(store_limit, 1000);
	ck_assert_int_eq(write(store_fd, some(900), 900), 900);
	ck_assert_int_eq(commit(900), FS_OK);
	ck_assert_int_eq(bytes(), 900);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/old"), FS_OK);
	ck_assert_uint_eq(store_limit, 1000);
	ck_assert_int_eq(ask(FS_GROW, ""), FS_QUOTA);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(bytes(), 900);
	ck_assert_int_eq(files(), 1);
}
END_TEST

/* Sessions share what is left; nothing is lent twice. */
START_TEST(lending)
{
	uint64_t all = 64 << 20, limit;

	quota(all + 600, 0);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/new"), FS_OK);
	limit = store_limit;
	ck_assert_uint_eq(limit, all / 16);
	while (ask(FS_GROW, "") == FS_OK) {
		limit = get_u64(&f.m.body);
		ck_assert_int_eq(bytes(), (int64_t)limit + 600);
	}
	ck_assert_uint_eq(limit, all);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(bytes(), 600);
}
END_TEST

/* R19.3: what was removed behind our back is found before one is refused. */
START_TEST(doubt_is_cleared)
{
	quota(1000, 0);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d", 0u), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/f", some(400)), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 1u), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(bytes(), 600);
	usage_distrust();
	atomic_fetch_add(&usage->bytes, 400); /* of an agent that died */
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/another"), FS_OK);
	ck_assert_int_eq(bytes(), 600);
}
END_TEST

/* A count that nobody has made is not 0. */
START_TEST(unknown_is_not_empty)
{
	quota(600, 0);
	atomic_store(&usage->state, USAGE_UNKNOWN);
	atomic_store(&usage->bytes, 0);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_QUOTA);
	ck_assert_int_eq(bytes(), 600);
}
END_TEST

START_TEST(usage_is_told)
{
	quota(1000, 5);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/new"), FS_OK);
	ck_assert_int_eq(ask(FS_USAGE, ""), FS_OK);
	ck_assert_uint_eq(get_u64(&f.m.body), 600);
	ck_assert_uint_eq(get_u64(&f.m.body), 1000);
	ck_assert_uint_eq(get_u64(&f.m.body), 1);
	ck_assert_uint_eq(get_u64(&f.m.body), 5);
	ask_end();
}
END_TEST

Suite *
suite_agent_quota(void)
{
	Suite *s = suite_create("agent_quota");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, uploads_are_counted);
	tcase_add_test(tc, full_is_refused_at_once);
	tcase_add_test(tc, files_are_counted);
	tcase_add_test(tc, crossing_is_remembered);
	tcase_add_test(tc, commit_is_checked);
	tcase_add_test(tc, partials_count);
	tcase_add_test(tc, in_place);
	tcase_add_test(tc, lending);
	tcase_add_test(tc, doubt_is_cleared);
	tcase_add_test(tc, unknown_is_not_empty);
	tcase_add_test(tc, usage_is_told);
	suite_add_tcase(s, tc);
	return s;
}
