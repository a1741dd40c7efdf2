/* SPDX-License-Identifier: ISC */
/*
 * Lines of LIST, NLST and MLSx: protocol chapter 9, rules 22 to 32.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/listfmt.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

#define NOW 1767323045 /* 2026-01-02 03:04:05 */
#define HALF_YEAR 15778476

static const struct list_entry plain = {
	.name = "old.bin",
	.namelen = 7,
	.mode = S_IFREG | 0644,
	.size = 1048576,
	.mtime = 1735646400, /* 2024-12-31 12:00 */
	.nlink = 1,
	.dev = 0xfd01,
	.ino = 0x2a3f,
	.uid = 1000,
	.gid = 100,
	.perm = "adfrw",
};

static void
set_name(struct list_entry *e, const char *name)
{
	e->name = name;
	e->namelen = strlen(name);
}

/* Formats into memory of exactly the promised size. */
static void
check_line(const struct list_entry *e, enum list_style style, unsigned facts,
    const char *want)
{
	size_t target = e->target != NULL ? strlen(e->target) : 0;
	char *out = xmalloc(LIST_LINE_MAX(e->namelen, target));
	size_t n = list_format(out, style, facts, e, NOW);

	ck_assert_uint_ge(n, 2);
	ck_assert_mem_eq(out + n - 2, "\r\n", 2);
	out[n - 2] = '\0';
	ck_assert_str_eq(out, want);
	free(out);
}

START_TEST(long_line_of_a_file)
{
	check_line(&plain, LIST_LONG, 0,
	    "-rw-r--r--    1 1000     100       1048576 Dec 31  2024 old.bin");
}
END_TEST

START_TEST(long_line_of_a_directory)
{
	struct list_entry e = plain;

	set_name(&e, "some dir");
	e.mode = S_IFDIR | 0755;
	e.size = 4096;
	e.nlink = 3;
	e.owner = e.group = "ftp";
	e.mtime = NOW;
	check_line(&e, LIST_LONG, 0,
	    "drwxr-xr-x    3 ftp      ftp          4096 Jan  2 03:04 some dir");
}
END_TEST

START_TEST(long_line_of_a_link)
{
	struct list_entry e = plain;

	set_name(&e, "link");
	e.mode = S_IFLNK | 0777;
	e.size = 6;
	e.target = "target";
	e.mtime = NOW - 86400 * 3;
	check_line(&e, LIST_LONG, 0,
	    "lrwxrwxrwx    1 1000     100             6 Dec 30 03:04 link -> "
	    "target");
	e.target = "a\r\n226 b"; /* cannot be said */
	check_line(&e, LIST_LONG, 0,
	    "lrwxrwxrwx    1 1000     100             6 Dec 30 03:04 link");
}
END_TEST

static const struct mode_case {
	mode_t mode;
	const char *want;
} modes[] = {
	{ S_IFREG | 0000, "----------" }, { S_IFREG | 0777, "-rwxrwxrwx" },
	{ S_IFREG | 0421, "-r---w---x" }, { S_IFREG | 04755, "-rwsr-xr-x" },
	{ S_IFREG | 02755, "-rwxr-sr-x" }, { S_IFREG | 07777, "-rwsrwsrwt" },
	{ S_IFREG | 07666, "-rwSrwSrwT" }, { S_IFDIR | 01777, "drwxrwxrwt" },
	{ S_IFIFO | 0600, "prw-------" }, { S_IFSOCK | 0600, "srw-------" },
	{ S_IFBLK | 0600, "brw-------" }, { S_IFCHR | 0600, "crw-------" },
	{ S_IFLNK | 0777, "lrwxrwxrwx" },
	{ 0, "----------" }, /* parsers know no other letter */
};

START_TEST(mode_is_ten_characters)
{
	struct list_entry e = plain;
	char out[LIST_LINE_MAX(7, 0)];

	e.mode = modes[_i].mode;
	list_format(out, LIST_LONG, 0, &e, NOW);
	out[10] = '\0';
	ck_assert_str_eq(out, modes[_i].want);
}
END_TEST

/* Rule 22: the time of day for recent files only, else the year. */
static const struct date_case {
	time_t mtime;
	const char *want;
} dates[] = {
	{ NOW, "Jan  2 03:04" }, { NOW - HALF_YEAR + 1, "Jul  3 12:09" },
	{ NOW - HALF_YEAR, "Jul  3  2025" }, { NOW + 3600, "Jan  2 04:04" },
	{ NOW + 3601, "Jan  2  2026" }, { 0, "Jan  1  1970" },
	{ -1, "Dec 31  1969" }, { 951782400, "Feb 29  2000" },
	{ 4102444800, "Jan  1  2100" },
	{ 300000000000, "Aug 20  9999" }, /* held */
};

START_TEST(date_has_twelve_columns)
{
	struct list_entry e = plain;
	char out[LIST_LINE_MAX(7, 0)];
	const char *date = out + 43;

	e.mtime = dates[_i].mtime;
	list_format(out, LIST_LONG, 0, &e, NOW);
	out[55] = '\0';
	if (_i == (int)NELEM(dates) - 1)
		ck_assert_str_eq(date + 8, dates[_i].want + 8);
	else
		ck_assert_str_eq(date, dates[_i].want);
}
END_TEST

START_TEST(wide_fields_grow)
{
	struct list_entry e = plain;

	e.size = UINT64_MAX;
	e.nlink = 4294967295;
	e.uid = e.gid = UINT32_MAX;
	check_line(&e, LIST_LONG, 0,
	    "-rw-r--r-- 4294967295 4294967295 4294967295 18446744073709551615 "
	    "Dec 31  2024 old.bin");
}
END_TEST

START_TEST(owner_has_no_blanks_and_an_end)
{
	struct list_entry e = plain;

	e.owner = "domain users";
	e.group = "0123456789012345678901234567890123456789";
	check_line(&e, LIST_LONG, 0,
	    "-rw-r--r--    1 domain_users 01234567890123456789012345678901  "
	    "1048576 Dec 31  2024 old.bin");
	e.owner = ""; /* never an empty column */
	e.group = NULL;
	check_line(&e, LIST_LONG, 0,
	    "-rw-r--r--    1 1000     100       1048576 Dec 31  2024 old.bin");
}
END_TEST

START_TEST(devices_have_size_zero_and_a_link)
{
	struct list_entry e = plain;

	e.mode = S_IFCHR | 0600;
	e.nlink = 0;
	check_line(&e, LIST_LONG, 0,
	    "crw-------    1 1000     100             0 Dec 31  2024 old.bin");
}
END_TEST

START_TEST(names_are_bytes)
{
	static const char *const names[] = { " lead", "trail ", "a -> b",
		"\xff\xfe", "tab\there", "-x", "a;b=c", "   " };
	struct list_entry e = plain;
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		char want[64] = " ";

		set_name(&e, names[i]);
		check_line(&e, LIST_NAMES, 0, names[i]);
		strlcat(want, names[i], sizeof(want));
		check_line(&e, LIST_MLSX, 0, want);
	}
}
END_TEST

START_TEST(line_ends_cannot_be_expressed)
{
	static const char *const names[] = { "a\nb", "a\rb", "\r", "x\n" };
	struct list_entry e = plain;
	char out[LIST_LINE_MAX(8, 0)] = "untouched";
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		set_name(&e, names[i]);
		ck_assert_uint_eq(list_format(out, LIST_LONG, 0, &e, NOW), 0);
		ck_assert_uint_eq(list_format(out, LIST_NAMES, 0, &e, NOW), 0);
		ck_assert_uint_eq(
		    list_format(out, LIST_MLSX, FACT_ALL, &e, NOW), 0);
	}
	ck_assert_str_eq(out, "untouched");
}
END_TEST

START_TEST(suffix_is_for_names_only)
{
	struct list_entry e = plain;

	e.suffix = '*';
	check_line(&e, LIST_NAMES, 0, "old.bin*");
	check_line(&e, LIST_LONG, 0,
	    "-rw-r--r--    1 1000     100       1048576 Dec 31  2024 old.bin");
}
END_TEST

START_TEST(all_facts_in_order)
{
	check_line(&plain, LIST_MLSX, FACT_ALL,
	    "type=file;size=1048576;modify=20241231120000;perm=adfrw;"
	    "unique=fd01U2a3f;UNIX.mode=0644;UNIX.owner=1000;UNIX.group=100; "
	    "old.bin");
}
END_TEST

START_TEST(facts_can_be_chosen)
{
	check_line(&plain, LIST_MLSX, FACT_SIZE | FACT_MODE,
	    "size=1048576;UNIX.mode=0644; old.bin");
	check_line(&plain, LIST_MLSX, 0, " old.bin");
}
END_TEST

static const struct type_case {
	mode_t mode;
	char special;
	const char *target, *want;
} types[] = {
	{ S_IFREG | 0644, 0, NULL, "type=file; old.bin" },
	{ S_IFDIR | 0755, 0, NULL, "type=dir; old.bin" },
	{ S_IFDIR | 0755, 'c', NULL, "type=cdir; old.bin" },
	{ S_IFDIR | 0755, 'p', NULL, "type=pdir; old.bin" },
	{ S_IFLNK | 0777, 0, "/a/b", "type=OS.unix=slink:/a/b; old.bin" },
	{ S_IFLNK | 0777, 0, "a b", "type=OS.unix=symlink; old.bin" },
	{ S_IFLNK | 0777, 0, "a;b", "type=OS.unix=symlink; old.bin" },
	{ S_IFLNK | 0777, 0, "\xc3\xa9", "type=OS.unix=symlink; old.bin" },
	{ S_IFLNK | 0777, 0, "a\x7f", "type=OS.unix=symlink; old.bin" },
	{ S_IFLNK | 0777, 0, "a\n", "type=OS.unix=symlink; old.bin" },
	{ S_IFLNK | 0777, 0, NULL, "type=OS.unix=symlink; old.bin" },
	{ S_IFCHR | 0600, 0, NULL, "type=OS.unix=chr; old.bin" },
	{ S_IFBLK | 0600, 0, NULL, "type=OS.unix=blk; old.bin" },
	{ S_IFIFO | 0600, 0, NULL, "type=OS.unix=fifo; old.bin" },
	{ S_IFSOCK | 0600, 0, NULL, "type=OS.unix=socket; old.bin" },
	{ 0, 0, NULL, "type=OS.unix=unknown; old.bin" },
};

/* Only files have a size, so the fact is asked for and left out. */
START_TEST(type_fact)
{
	struct list_entry e = plain;
	unsigned size = S_ISREG(types[_i].mode) ? 0 : FACT_SIZE;

	e.mode = types[_i].mode;
	e.special = types[_i].special;
	e.target = types[_i].target;
	check_line(&e, LIST_MLSX, FACT_TYPE | size, types[_i].want);
}
END_TEST

START_TEST(fact_values_at_their_ends)
{
	struct list_entry e = plain;

	e.mode = S_IFREG | 07777;
	e.dev = e.ino = UINT64_MAX;
	e.size = UINT64_MAX;
	e.uid = e.gid = UINT32_MAX;
	e.perm = NULL;
	e.mtime = -1;
	check_line(&e, LIST_MLSX, FACT_ALL,
	    "type=file;size=18446744073709551615;modify=19691231235959;perm=;"
	    "unique=ffffffffffffffffUffffffffffffffff;UNIX.mode=7777;"
	    "UNIX.owner=4294967295;UNIX.group=4294967295; old.bin");
	e.dev = e.ino = 0;
	check_line(&e, LIST_MLSX, FACT_UNIQUE, "unique=0U0; old.bin");
}
END_TEST

/* proftpd#2146: a link with a target of 1100 characters. */
START_TEST(long_target)
{
	char target[1101], want[1200];
	struct list_entry e = plain;

	memset(target, 't', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	e.mode = S_IFLNK | 0777;
	e.target = target;
	strlcpy(want, "type=OS.unix=slink:", sizeof(want));
	strlcat(want, target, sizeof(want));
	strlcat(want, "; old.bin", sizeof(want));
	check_line(&e, LIST_MLSX, FACT_TYPE, want);
}
END_TEST

START_TEST(fact_names_both_ways)
{
	unsigned i;

	for (i = 0; i < 8; i++) {
		const char *name = list_fact_name((enum list_fact)(1u << i));

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(list_fact_find(name, strlen(name)), 1u << i);
	}
	ck_assert_uint_eq(list_fact_find("unix.MODE", 9), FACT_MODE);
	ck_assert_uint_eq(list_fact_find("Type", 4), FACT_TYPE);
	ck_assert_uint_eq(list_fact_find("typ", 3), 0);
	ck_assert_uint_eq(list_fact_find("types", 5), 0);
	ck_assert_uint_eq(list_fact_find("", 0), 0);
	ck_assert_uint_eq(list_fact_find("media-type", 10), 0);
	ck_assert_ptr_null(list_fact_name((enum list_fact)(1u << 8)));
}
END_TEST

Suite *
suite_listfmt(void)
{
	Suite *s = suite_create("listfmt");
	TCase *tc = tcase_create("listfmt");

	tcase_add_test(tc, long_line_of_a_file);
	tcase_add_test(tc, long_line_of_a_directory);
	tcase_add_test(tc, long_line_of_a_link);
	tcase_add_loop_test(tc, mode_is_ten_characters, 0, (int)NELEM(modes));
	tcase_add_loop_test(tc, date_has_twelve_columns, 0, (int)NELEM(dates));
	tcase_add_test(tc, wide_fields_grow);
	tcase_add_test(tc, owner_has_no_blanks_and_an_end);
	tcase_add_test(tc, devices_have_size_zero_and_a_link);
	tcase_add_test(tc, names_are_bytes);
	tcase_add_test(tc, line_ends_cannot_be_expressed);
	tcase_add_test(tc, suffix_is_for_names_only);
	tcase_add_test(tc, all_facts_in_order);
	tcase_add_test(tc, facts_can_be_chosen);
	tcase_add_loop_test(tc, type_fact, 0, (int)NELEM(types));
	tcase_add_test(tc, fact_values_at_their_ends);
	tcase_add_test(tc, long_target);
	tcase_add_test(tc, fact_names_both_ways);
	suite_add_tcase(s, tc);
	return s;
}
