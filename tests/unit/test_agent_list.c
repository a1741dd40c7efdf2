/* SPDX-License-Identifier: ISC */
/*
 * Listings of the agent (R13, R27, R interop 20-36; protocol 7.6, 9).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

#define NAMES(...) names_are((const char *const[]){ __VA_ARGS__, NULL }, text)

static int status;

/* NLST. */
static const char *
nlst(unsigned flags, const char *path, const char *arg)
{
	return list_all(LIST_NAMES, flags, 0, path, arg, &status);
}

static const char *
list(unsigned flags, const char *path, const char *arg)
{
	return list_all(LIST_LONG, flags, 0, path, arg, &status);
}

static const char *
mlsd(unsigned flags, unsigned facts, const char *path)
{
	return list_all(LIST_MLSX, flags, facts, path, "", &status);
}

/* Is text exactly these lines? */
static void
names_are(const char *const *names, const char *text)
{
	char want[4096] = "";

	for (; *names != NULL; names++) {
		strlcat(want, *names, sizeof(want));
		strlcat(want, "\r\n", sizeof(want));
	}
	ck_assert_int_eq(status, FS_OK);
	ck_assert_str_eq(text, want);
}

static void
setup_tree(void)
{
	fixture_setup();
	put_file("b.c", "22");
	put_file("a.c", "1");
	put_file("Z", "");
	put_file(".dot", "");
	put_file("[x]", "");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	put_file("d/one", "");
	put_file("d/two", "");
	ck_assert_int_eq(symlink("a.c", host("link")), 0);
	ck_assert_int_eq(symlink("none", host("dangling")), 0);
	/* Never listed: */
	put_file(".a.01234567.part", "");
	put_file(".a.0123456789abcdef.part", "");
	put_file(".a.stou.part", "");
	put_file("a\nb", "");
	put_file("a\rb", "");
}

/* ------------------------------------------------------------------ names */

START_TEST(nlst_dir)
{
	const char *text = nlst(0, "/", "");

	NAMES(".dot", "Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
	f.conf.show_dotfiles = false;
	text = nlst(0, "/", "");
	NAMES("Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
	text = nlst(LISTF_ALL, "/", "");
	NAMES(".dot", "Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
	text = nlst(LISTF_ALMOST_ALL, "/", "");
	NAMES(".dot", "Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
}
END_TEST

/* Names begin as the argument did (R interop 31). */
START_TEST(nlst_prefix)
{
	const char *text = nlst(0, "/d", "d");

	NAMES("d/one", "d/two");
	text = nlst(0, "/d", "d/");
	NAMES("d/one", "d/two");
	text = nlst(0, "/d", "/d");
	NAMES("/d/one", "/d/two");
	text = nlst(0, "/d", ".");
	NAMES("one", "two");
	text = nlst(0, "/d", "../d");
	NAMES("../d/one", "../d/two");
	text = nlst(0, "/a.c", "./a.c");
	NAMES("./a.c");
	text = nlst(LISTF_GLOB, "/d/*", "d/*");
	NAMES("d/one", "d/two");
	text = nlst(LISTF_GLOB, "/d/*", "*");
	NAMES("one", "two");
	text = nlst(LISTF_SELF, "/d", "");
	NAMES(".");
	text = nlst(LISTF_SELF, "/d", "/d");
	NAMES("/d");
}
END_TEST

START_TEST(nlst_classify)
{
	const char *text;

	ck_assert_int_eq(chmod(host("Z"), 0755), 0);
	text = nlst(LISTF_CLASSIFY, "/", "");
	NAMES(".dot", "Z*", "[x]", "a.c", "b.c", "d/", "dangling@", "link@");
}
END_TEST

START_TEST(order)
{
	struct timespec ts[2] = { { 0 }, { 0 } };
	const char *text;

	ts[1].tv_sec = 100;
	utimensat(AT_FDCWD, host("d/one"), ts, 0);
	ts[1].tv_sec = 200;
	utimensat(AT_FDCWD, host("d/two"), ts, 0);
	put_file("d/big", "12345");
	ts[1].tv_sec = 50;
	utimensat(AT_FDCWD, host("d/big"), ts, 0);
	text = nlst(0, "/d", "");
	NAMES("big", "one", "two");
	text = nlst(LISTF_REVERSE, "/d", "");
	NAMES("two", "one", "big");
	text = nlst(LISTF_BY_TIME, "/d", "");
	NAMES("two", "one", "big");
	text = nlst(LISTF_BY_TIME | LISTF_REVERSE, "/d", "");
	NAMES("big", "one", "two");
	text = nlst(LISTF_BY_SIZE, "/d", "");
	NAMES("big", "one", "two");
	text = nlst(LISTF_BY_SIZE | LISTF_REVERSE, "/d", "");
	NAMES("two", "one", "big");
	text = nlst(LISTF_UNSORTED, "/d", "");
	ck_assert_uint_eq(strlen(text), 15);
}
END_TEST

START_TEST(empty_dir)
{
	ck_assert_int_eq(mkdir(host("e"), 0755), 0);
	ck_assert_str_eq(nlst(0, "/e", "e"), "");
	ck_assert_int_eq(status, FS_OK);
	ck_assert_str_eq(list(0, "/e", "e"), "");
	ck_assert_int_eq(status, FS_OK);
	ck_assert_str_eq(mlsd(0, FACT_ALL, "/e"), "");
	ck_assert_int_eq(status, FS_OK);
}
END_TEST

START_TEST(names_are_bytes)
{
	const char *text;

	ck_assert_int_eq(mkdir(host("n"), 0755), 0);
	put_file("n/ lead", "");
	put_file("n/trail ", "");
	put_file("n/\xff\xfe", "");
	put_file("n/\xc3\xa4", "");
	put_file("n/-rf", "");
	put_file("n/a;b=c", "");
	text = nlst(0, "/n", "");
	NAMES(" lead", "-rf", "a;b=c", "trail ", "\xc3\xa4", "\xff\xfe");
}
END_TEST

/* ---------------------------------------------------------------- globbing */

START_TEST(globs)
{
	const char *text = nlst(LISTF_GLOB, "/*.c", "*.c");

	NAMES("a.c", "b.c");
	text = nlst(LISTF_GLOB, "/[ab].c", "[ab].c");
	NAMES("a.c", "b.c");
	text = nlst(LISTF_GLOB, "/*", "*");
	NAMES("Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
	text = nlst(LISTF_GLOB | LISTF_ALL, "/*", "*");
	NAMES(".dot", "Z", "[x]", "a.c", "b.c", "d", "dangling", "link");
	text = nlst(LISTF_GLOB, "/.*", ".*");
	NAMES(".dot");
	/* A name that exists is that name (R interop 30). */
	text = nlst(LISTF_GLOB, "/[x]", "[x]");
	NAMES("[x]");
	text = nlst(LISTF_GLOB, "/\\[x]", "\\[x]");
	NAMES("[x]");
	nlst(LISTF_GLOB, "/*.none", "*.none");
	ck_assert_int_eq(status, FS_NO_MATCH);
	nlst(LISTF_GLOB, "/none", "none");
	ck_assert_int_eq(status, FS_MISSING);
	nlst(0, "/*.c", "*.c");
	ck_assert_int_eq(status, FS_MISSING);
	/* Only the last component is a pattern. */
	nlst(LISTF_GLOB, "/*/one", "*/one");
	ck_assert_int_eq(status, FS_MISSING);
	nlst(LISTF_GLOB, "/*/*", "*/*");
	ck_assert_int_eq(status, FS_MISSING);
}
END_TEST

START_TEST(glob_dirs_are_not_entered)
{
	const char *text;

	text = list(LISTF_GLOB, "/d*", "d*");
	ck_assert_int_eq(status, FS_OK);
	ck_assert_ptr_nonnull(strstr(text, " d\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " dangling -> none\r\n"));
	ck_assert_ptr_null(strstr(text, " one\r\n"));
}
END_TEST

/* -------------------------------------------------------------- LIST lines */

START_TEST(list_lines)
{
	const char *text;
	char line[256];

	f.conf.hide_ids = true;
	text = list(0, "/a.c", "a.c");
	ck_assert_int_eq(status, FS_OK);
	ck_assert_mem_eq(
	    text, "-rw-r--r--    1 ftp      ftp             1 ", 42);
	ck_assert_str_eq(text + strlen(text) - 6, " a.c\r\n");
	f.conf.hide_ids = false;
	text = list(LISTF_NUMERIC, "/a.c", "a.c");
	snprintf(line, sizeof(line), "-rw-r--r--    1 %-8u %-8u ",
	    (unsigned)f.ident.uid, (unsigned)f.ident.gid);
	ck_assert_mem_eq(text, line, strlen(line));
	text = list(0, "/", "");
	ck_assert_ptr_nonnull(strstr(text, " link -> a.c\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " dangling -> none\r\n"));
	ck_assert_ptr_null(strstr(text, "total"));
	ck_assert_ptr_null(strstr(text, " .\r\n"));
	ck_assert_ptr_null(strstr(text, ".part"));
	text = list(LISTF_FOLLOW, "/", "");
	ck_assert_ptr_nonnull(strstr(text, " link\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " dangling -> none\r\n"));
}
END_TEST

START_TEST(list_all_has_dots)
{
	const char *text = list(LISTF_ALL, "/", "");
	char self[256];

	ck_assert_int_eq(status, FS_OK);
	ck_assert_ptr_nonnull(strstr(text, " .\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " ..\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " .dot\r\n"));
	/* Above the root is the root: both lines say the same. */
	strlcpy(self, text, sizeof(self));
	*strstr(self, ".\r\n") = '\0';
	text = strstr(text, "\r\n") + 2;
	ck_assert_mem_eq(self, text, strlen(self));
}
END_TEST

START_TEST(list_of_one)
{
	const char *text;

	text = list(0, "/d", "d");
	ck_assert_ptr_nonnull(strstr(text, " one\r\n"));
	text = list(LISTF_SELF, "/d", "d");
	ck_assert_ptr_nonnull(strstr(text, " d\r\n"));
	ck_assert_ptr_null(strstr(text, "one"));
	text = list(LISTF_SELF, "/", "");
	ck_assert_ptr_nonnull(strstr(text, " .\r\n"));
	text = list(0, "/dangling", "dangling");
	ck_assert_ptr_nonnull(strstr(text, " dangling -> none\r\n"));
	list(0, "/none", "none");
	ck_assert_int_eq(status, FS_MISSING);
	list(0, "/none/x", "none/x");
	ck_assert_int_eq(status, FS_MISSING);
	ck_assert_int_eq(mkdir(host("locked"), 0300), 0);
	list(0, "/locked", "locked");
	ck_assert_int_eq(status, FS_DENIED);
}
END_TEST

/* Readable but not searchable: the names are there all the same. */
START_TEST(list_without_search)
{
	const char *text;

	ck_assert_int_eq(chmod(host("d"), 0644), 0);
	text = nlst(0, "/d", "");
	NAMES("one", "two");
	text = list(0, "/d", "d");
	ck_assert_ptr_nonnull(strstr(text, "---------"));
	ck_assert_ptr_nonnull(strstr(text, " one\r\n"));
	ck_assert_int_eq(chmod(host("d"), 0755), 0);
}
END_TEST

/* proftpd#2146: a link whose text has 1100 bytes; and one with a newline. */
START_TEST(long_link_target)
{
	char target[1200], want[1300];
	const char *text;

	memset(target, 't', 1100);
	target[1100] = '\0';
	ck_assert_int_eq(symlink(target, host("d/long")), 0);
	ck_assert_int_eq(symlink("x\r\ny", host("d/forged")), 0);
	text = list(0, "/d", "d");
	snprintf(want, sizeof(want), " long -> %s\r\n", target);
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_ptr_nonnull(strstr(text, " forged\r\n"));
	ck_assert_ptr_null(strstr(text, "\r\ny"));
	text = mlsd(0, FACT_ALL, "/d");
	ck_assert_ptr_nonnull(strstr(text, " long\r\n"));
}
END_TEST

/* ------------------------------------------------------------------ MLSx */

START_TEST(mlsd_facts)
{
	const char *text;

	text = mlsd(0, FACT_TYPE, "/d");
	ck_assert_ptr_nonnull(strstr(text, "type=file; one\r\n"));
	text = mlsd(0, FACT_TYPE | FACT_SIZE, "/");
	ck_assert_ptr_nonnull(strstr(text, "type=dir; d\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "type=file;size=2; b.c\r\n"));
	/* A link is its target, or says what it is (R interop 24). */
	ck_assert_ptr_nonnull(strstr(text, "type=file;size=1; link\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "type=OS.unix=slink:none; dangling\r\n"));
	ck_assert_ptr_nonnull(strstr(text, " .dot\r\n"));
	ck_assert_ptr_null(strstr(text, "cdir"));
	ck_assert_ptr_null(strstr(text, ".part"));
	f.conf.mlsd_links = CONF_LINKS_SLINK;
	text = mlsd(0, FACT_TYPE, "/");
	ck_assert_ptr_nonnull(strstr(text, "type=OS.unix=slink:a.c; link\r\n"));
	text = mlsd(0, 0, "/d");
	ck_assert_ptr_nonnull(strstr(text, " one\r\n"));
	ck_assert_uint_eq(strlen(text), 12);
}
END_TEST

/* A link out of the root is not described by what it points at. */
START_TEST(mlsd_outside)
{
	const char *text;

	put_file("../secret", "outside");
	ck_assert_int_eq(symlink("../../secret", host("d/out")), 0);
	text = mlsd(0, FACT_TYPE | FACT_SIZE, "/d");
	ck_assert_ptr_nonnull(
	    strstr(text, "type=OS.unix=slink:../../secret; out\r\n"));
	put_file("secret", "in");
	text = mlsd(0, FACT_TYPE | FACT_SIZE, "/d");
	ck_assert_ptr_nonnull(strstr(text, "type=file;size=2; out\r\n"));
}
END_TEST

START_TEST(mlsd_refusals)
{
	mlsd(LISTF_DIR_ONLY, FACT_ALL, "/a.c");
	ck_assert_int_eq(status, FS_NOT_DIR);
	mlsd(LISTF_DIR_ONLY, FACT_ALL, "/none");
	ck_assert_int_eq(status, FS_MISSING);
	mlsd(LISTF_DIR_ONLY, FACT_ALL, "/dangling");
	ck_assert_int_eq(status, FS_MISSING);
	/* No patterns in MLSD (R interop 30). */
	mlsd(LISTF_DIR_ONLY, FACT_ALL, "/d*");
	ck_assert_int_eq(status, FS_MISSING);
}
END_TEST

START_TEST(mlst)
{
	const char *text = mlsd(LISTF_SELF, FACT_TYPE | FACT_SIZE, "/b.c");

	ck_assert_str_eq(text, "type=file;size=2; /b.c\r\n");
	text = mlsd(LISTF_SELF, FACT_TYPE, "/d");
	ck_assert_str_eq(text, "type=dir; /d\r\n");
	text = mlsd(LISTF_SELF, FACT_TYPE, "/d/one");
	ck_assert_str_eq(text, "type=file; /d/one\r\n");
	text = mlsd(LISTF_SELF, FACT_TYPE | FACT_PERM, "/");
	ck_assert_str_eq(text, "type=dir;perm=celmp; /\r\n");
	text = mlsd(LISTF_SELF, FACT_TYPE, "/link");
	ck_assert_str_eq(text, "type=file; /link\r\n");
	text = mlsd(LISTF_SELF, 0, "/d");
	ck_assert_str_eq(text, " /d\r\n");
	mlsd(LISTF_SELF, FACT_TYPE, "/none");
	ck_assert_int_eq(status, FS_MISSING);
	mlsd(LISTF_SELF, FACT_TYPE, "/none/x");
	ck_assert_int_eq(status, FS_MISSING);
}
END_TEST

START_TEST(mlsd_perm)
{
	const char *text;

	put_file("ro", "");
	ck_assert_int_eq(chmod(host("ro"), 0444), 0);
	ck_assert_int_eq(mkdir(host("rod"), 0555), 0);
	text = mlsd(0, FACT_PERM, "/");
	ck_assert_ptr_nonnull(strstr(text, "perm=adfrw; a.c\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "perm=dfr; ro\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "perm=cdeflmp; d\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "perm=defl; rod\r\n"));
	ck_assert_int_eq(chmod(f.dir, 0555), 0);
	text = mlsd(0, FACT_PERM, "/");
	ck_assert_int_eq(chmod(f.dir, 0755), 0);
	ck_assert_ptr_nonnull(strstr(text, "perm=arw; a.c\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "perm=celmp; d\r\n"));
}
END_TEST

static void
put_old(const char *name)
{
	struct timespec ts[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	put_file(name, "old");
	ck_assert_int_eq(utimensat(AT_FDCWD, host(name), ts, 0), 0);
}

static bool
stays_after_nlst(const char *name, uint32_t rights, uint32_t keep)
{
	f.acct.rights = rights;
	f.conf.resume_keep = keep;
	fixture_session();
	(void)nlst(0, "/", "");
	ck_assert_int_eq(status, FS_OK);
	return is_there(name);
}

/* R7.4: who may upload removes what was left behind for long. */
START_TEST(old_leftovers_go)
{
	static const char left[] = ".x.0123456789abcdef.part";
	static const char written[] = ".x.89abcdef.part";
	int fd;

	put_old(left);
	put_old(written);
	fd = open(host(written), O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert(stays_after_nlst(left, RIGHTS_READ_ONLY, 3600));
	ck_assert(stays_after_nlst(left, RIGHTS_FULL, 0));
	ck_assert(!stays_after_nlst(left, RIGHTS_FULL, 3600));
	ck_assert(is_there(written));
	ck_assert(is_there(".a.0123456789abcdef.part"));
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

Suite *
suite_agent_list(void)
{
	Suite *s = suite_create("agent_list");
	TCase *t = tcase_create("list");

	tcase_add_checked_fixture(t, setup_tree, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, old_leftovers_go);
	tcase_add_test(t, nlst_dir);
	tcase_add_test(t, nlst_prefix);
	tcase_add_test(t, nlst_classify);
	tcase_add_test(t, order);
	tcase_add_test(t, empty_dir);
	tcase_add_test(t, names_are_bytes);
	tcase_add_test(t, globs);
	tcase_add_test(t, glob_dirs_are_not_entered);
	tcase_add_test(t, list_lines);
	tcase_add_test(t, list_all_has_dots);
	tcase_add_test(t, list_of_one);
	tcase_add_test(t, list_without_search);
	tcase_add_test(t, long_link_target);
	tcase_add_test(t, mlsd_facts);
	tcase_add_test(t, mlsd_outside);
	tcase_add_test(t, mlsd_refusals);
	tcase_add_test(t, mlst);
	tcase_add_test(t, mlsd_perm);
	suite_add_tcase(s, t);
	return s;
}
