/* SPDX-License-Identifier: ISC */
/*
 * Large listings of the agent, page by page (R27).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

static int status;

#define MANY 5000

static void
make_many(void)
{
	char name[64];
	int i;

	ck_assert_int_eq(mkdir(host("many"), 0755), 0);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/entry-%05d", i);
		put_file(name, "");
	}
}

/* Every entry once, in order, in whole lines; the first page is small. */
START_TEST(many_in_pages)
{
	char want[64];
	const char *text, *p;
	size_t n;
	int i;

	f.conf.list_sort_max = MANY;
	make_many();
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", LIST_LONG, 0u, 0u, 0u, "/many", "many"),
	    FS_OK);
	ck_assert_int_eq(get_u8(&f.m.body), LIST_MORE);
	p = get_bytes(&f.m.body, &n);
	ck_assert_uint_ge(n, 8 * 1024);
	ck_assert_uint_lt(n, 10 * 1024);
	ck_assert_mem_eq(p + n - 2, "\r\n", 2);
	text = list_all(LIST_LONG, 0, 0, "/many", "", &status);
	ck_assert_int_eq(status, FS_OK);
	for (i = 0, p = text; i < MANY; i++) {
		snprintf(want, sizeof(want), " entry-%05d\r\n", i);
		p = strstr(p, "\r\n");
		ck_assert_ptr_nonnull(p);
		p += 2;
		ck_assert_mem_eq(p - strlen(want), want, strlen(want));
	}
	ck_assert_str_eq(p, "");
}
END_TEST

static int
by_name(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

/* Above the bound the order is the directory's, and nothing is missing. */
START_TEST(many_unsorted)
{
	static char names[MANY][12];
	const char *text;
	char want[32];
	int i;

	make_many();
	f.conf.list_sort_max = 100;
	text = list_all(LIST_NAMES, 0, 0, "/many", "", &status);
	ck_assert_int_eq(status, FS_OK);
	ck_assert_uint_eq(strlen(text), MANY * 13);
	for (i = 0; i < MANY; i++)
		memcpy(names[i], text + i * 13, 11);
	qsort(names, MANY, sizeof(names[0]), by_name);
	for (i = 0; i < MANY; i++) {
		snprintf(want, sizeof(want), "entry-%05d", i);
		ck_assert_mem_eq(names[i], want, 11);
	}
	text = list_all(LIST_MLSX, 0, FACT_TYPE, "/many", "", &status);
	ck_assert_uint_eq(strlen(text), MANY * (13 + 11));
	/* For an order that was asked for ten times as many are read. */
	f.conf.list_sort_max = MANY / 10;
	text = list_all(LIST_NAMES, LISTF_REVERSE, 0, "/many", "", &status);
	ck_assert_mem_eq(text, "entry-04999\r\n", 13);
}
END_TEST

/* Names are compared where they differ: behind what all begin with. */
START_TEST(sorted_by_name)
{
	static const char *const names[] = { "report", "report 1", "report-10",
		"report-2", "report-20260101-a", "report-20260101-b",
		"reporter", "report\xc3\xa4" };
	char want[256] = "", name[64];
	size_t i;

	ck_assert_int_eq(mkdir(host("r"), 0755), 0);
	for (i = NELEM(names); i-- > 0;) {
		snprintf(name, sizeof(name), "r/%s", names[i]);
		put_file(name, "");
	}
	for (i = 0; i < NELEM(names); i++) {
		strlcat(want, names[i], sizeof(want));
		strlcat(want, "\r\n", sizeof(want));
	}
	ck_assert_str_eq(list_all(LIST_NAMES, 0, 0, "/r", "", &status), want);
	ck_assert_int_eq(mkdir(host("one"), 0755), 0);
	put_file("one/only", "");
	ck_assert_str_eq(
	    list_all(LIST_NAMES, 0, 0, "/one", "", &status), "only\r\n");
}
END_TEST

START_TEST(max_entries)
{
	size_t n;

	put_file("a", "");
	put_file("b", "");
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", LIST_NAMES, 0u, 0u, 2u, "/", ""), FS_OK);
	ck_assert_int_eq(get_u8(&f.m.body), LIST_TRUNCATED);
	ck_assert_mem_eq(get_bytes(&f.m.body, &n), "a\r\nb\r\n", 6);
	ck_assert_uint_eq(n, 6);
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", LIST_NAMES, 0u, 0u, 3u, "/", ""), FS_OK);
	ck_assert_int_eq(get_u8(&f.m.body), LIST_END);
}
END_TEST

/* What vanishes between two pages is left out, and nothing breaks. */
START_TEST(entries_vanish)
{
	char name[64];
	size_t n, len = 0;
	int more, i;

	make_many();
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", LIST_LONG, 0u, 0u, 0u, "/many", "many"),
	    FS_OK);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/entry-%05d", i);
		unlink(host(name));
	}
	do {
		more = get_u8(&f.m.body);
		get_bytes(&f.m.body, &n);
		len += n;
	} while (more == LIST_MORE && ask(FS_LIST_NEXT, "") == FS_OK);
	ck_assert_int_eq(more, LIST_END);
	ck_assert_uint_lt(len, 10 * 1024);
}
END_TEST

/* The longest prefix, name and target there are. */
START_TEST(longest_line)
{
	char path[VPATH_MAX], name[256], target[PATH_MAX];
	const char *text;
	int i;

	memset(name, 'n', 255);
	name[255] = '\0';
	memset(target, 't', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	snprintf(path, sizeof(path), "%s", name);
	for (i = 0; i < 20; i++) {
		name[0] = (char)('a' + i);
		ck_assert_int_eq(
		    symlinkat(target, AT_FDCWD,
			host((
			    snprintf(path, sizeof(path), "d/%s", name), path))),
		    0);
	}
	memset(path, '/', sizeof(path) - 1);
	path[0] = 'd';
	path[sizeof(path) - 1] = '\0';
	text = list_all(LIST_NAMES, 0, 0, "/d", path, &status);
	ck_assert_int_eq(status, FS_OK);
	ck_assert_uint_gt(strlen(text), 20 * (4095 + 255));
	text = list_all(LIST_LONG, 0, 0, "/d", "d", &status);
	ck_assert_int_eq(status, FS_OK);
	ck_assert_uint_gt(strlen(text), 20 * (4095 + 255));
}
END_TEST

static void
pages_setup(void)
{
	fixture_setup();
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
}

Suite *
suite_agent_pages(void)
{
	Suite *s = suite_create("agent_pages");
	TCase *t = tcase_create("pages");

	tcase_add_checked_fixture(t, pages_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, many_in_pages);
	tcase_add_test(t, many_unsorted);
	tcase_add_test(t, sorted_by_name);
	tcase_add_test(t, max_entries);
	tcase_add_test(t, entries_vanish);
	tcase_add_test(t, longest_line);
	suite_add_tcase(s, t);
	return s;
}
