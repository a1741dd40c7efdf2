/* SPDX-License-Identifier: ISC */
/*
 * Uploads of the agent: atomic, resumable, appended, unique, in place (R7,
 * R30; protocol 5.3, 7.3).
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "server/agent/partial.h"
#include "suites.h"

/* -------------------------------------------------------------- replace */

START_TEST(new_file)
{
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	ck_assert_str_eq(store_path, "/a");
	ck_assert_uint_eq(store_at, 0);
	feed("text");
	ck_assert(!is_there("a"));
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(read(store_fd, store_path, 1), -1); /* write-only */
	ck_assert_int_ne(fcntl(store_fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(commit(4), FS_OK);
	ck_assert_str_eq(get_file("a"), "text");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(mode_of("a"), 0644);
}
END_TEST

START_TEST(empty_file)
{
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", ""), FS_OK);
	ck_assert_str_eq(get_file("a"), "");
}
END_TEST

START_TEST(replaces_at_once)
{
	put_file("a", "old and longer");
	ck_assert_int_eq(chmod(host("a"), 0600), 0);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("new");
	ck_assert_str_eq(get_file("a"), "old and longer");
	ck_assert_int_eq(commit(3), FS_OK);
	ck_assert_str_eq(get_file("a"), "new");
	ck_assert_int_eq(mode_of("a"), 0600); /* kept */
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

START_TEST(fsync_works_too)
{
	f.conf.upload_fsync = true;
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "one"), FS_OK);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/a", "two"), FS_OK);
	ck_assert_str_eq(get_file("a"), "onetwo");
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/a", "u"), FS_OK);
	ck_assert_str_eq(get_file("a.1"), "u");
}
END_TEST

/* R7: an abort never touches an older good file. */
START_TEST(abandoned)
{
	put_file("a", "old");
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("new");
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_str_eq(get_file("a"), "old");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(count_names("."), 1);
	/* Nothing arrived: nothing is kept either. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

START_TEST(session_dies)
{
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("half");
	fixture_session();
	ck_assert(!is_there("a"));
	ck_assert_int_eq(size_of("/a", &partial), 4);
	ck_assert(partial);
	f.conf.upload_resume = false;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	feed("half");
	fixture_session();
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(size_of("/a", &partial), -1);
}
END_TEST

/* The worker says how long the file is, and it is so. */
START_TEST(commit_sizes)
{
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("123456");
	ck_assert_int_eq(commit(3), FS_OK);
	ck_assert_str_eq(get_file("a"), "123");
	f.conf.upload_resume = false;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("45");
	ck_assert_int_eq(commit(5), FS_IO);
	ck_assert_str_eq(get_file("a"), "123");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "again"), FS_OK);
}
END_TEST

/* A commit that fails leaves what was there and keeps the upload. */
START_TEST(commit_fails)
{
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("text");
	ck_assert_int_eq(mkdir(host("a"), 0755), 0);
	ck_assert_int_eq(commit(4), FS_IS_DIR);
	ck_assert_int_eq(rmdir(host("a")), 0);
	ck_assert_int_eq(size_of("/a", &partial), 4);
	ck_assert(partial);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	feed("text");
	ck_assert_int_eq(chmod(f.dir, 0555), 0);
	ck_assert_int_eq(commit(4), FS_DENIED);
	ck_assert_int_eq(chmod(f.dir, 0755), 0);
	ck_assert(!is_there("b"));
}
END_TEST

/* ---------------------------------------------------------------- checks */

START_TEST(check_creates_nothing)
{
	put_file("f", "12345");
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/a"), FS_OK);
	ck_assert_str_eq(store_path, "/a");
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/f"), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 5, "/f"), FS_OK);
	ck_assert_int_eq(check_only(STORE_APPEND, 0, "/f"), FS_OK);
	ck_assert_int_eq(check_only(STORE_UNIQUE, 0, "/f"), FS_OK);
	ck_assert_str_eq(store_path, "/f.1");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_str_eq(get_file("f"), "12345");
}
END_TEST

START_TEST(check_refuses)
{
	put_file("f", "12345");
	put_file("ro", "");
	ck_assert_int_eq(chmod(host("ro"), 0444), 0);
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("rod"), 0555), 0);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/"), FS_IS_DIR);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/d"), FS_IS_DIR);
	ck_assert_int_eq(check_only(STORE_APPEND, 0, "/d"), FS_IS_DIR);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/n/x"), FS_NO_PARENT);
	ck_assert_int_eq(check_only(STORE_UNIQUE, 0, "/n/x"), FS_NO_PARENT);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/f/x"), FS_NOT_DIR);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/rod/x"), FS_DENIED);
	ck_assert_int_eq(check_only(STORE_UNIQUE, 0, "/rod/x"), FS_DENIED);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/ro"), FS_DENIED);
	ck_assert_int_eq(check_only(STORE_REPLACE, 6, "/f"), FS_BAD_OFFSET);
	ck_assert_int_eq(check_only(STORE_REPLACE, 1, "/a"), FS_BAD_OFFSET);
	ck_assert_int_eq(
	    check_only(STORE_REPLACE, INT64_MAX, "/f"), FS_BAD_OFFSET);
	ck_assert_int_eq(
	    check_only(STORE_REPLACE, UINT64_MAX, "/f"), FS_BAD_OFFSET);
	/* What a check says the upload says too. */
	ck_assert_int_eq(store(STORE_REPLACE, 6, "/f"), FS_BAD_OFFSET);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/ro"), FS_DENIED);
	ck_assert_int_eq(count_names("."), 4);
}
END_TEST

/* The upload goes on from the check, unless something came between. */
START_TEST(check_then_store)
{
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/a"), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/b"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "1"), FS_OK);
	ck_assert_str_eq(get_file("a"), "1");
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/b"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/b", "2"), FS_OK);
	ck_assert_str_eq(get_file("b"), "2");
	ck_assert_int_eq(check_only(STORE_APPEND, 0, "/b"), FS_OK);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/b", "3"), FS_OK);
	ck_assert_str_eq(get_file("b"), "23");
	ck_assert_int_eq(check_only(STORE_UNIQUE, 0, "/b"), FS_OK);
	ck_assert_str_eq(store_path, "/b.1");
	put_file("b.1", "taken meanwhile");
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/b", "4"), FS_OK);
	ck_assert_str_eq(get_file("b.2"), "4");
	ck_assert_int_eq(check_only(STORE_REPLACE, 2, "/b"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/b"), FS_OK);
	ck_assert_int_eq(store(STORE_REPLACE, 2, "/b"), FS_BAD_OFFSET);
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/c"), FS_OK);
}
END_TEST

/* Without the right to overwrite nothing is, whenever it appeared. */
START_TEST(appears_meanwhile)
{
	f.acct.rights = RIGHTS_UPLOAD_ONLY;
	f.conf.upload_resume = false;
	fixture_session();
	ck_assert_int_eq(check_only(STORE_REPLACE, 0, "/a"), FS_OK);
	put_file("a", "mine");
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	ck_assert_int_eq(commit(0), FS_EXISTS);
	ck_assert_str_eq(get_file("a"), "mine");
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_FORBIDDEN);
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

/* ---------------------------------------------------------------- append */

START_TEST(append)
{
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/a", "one"), FS_OK);
	ck_assert_str_eq(get_file("a"), "one");
	ck_assert_int_eq(chmod(host("a"), 0600), 0);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	ck_assert_uint_eq(store_at, 0);
	feed("two");
	ck_assert_str_eq(get_file("a"), "one"); /* not visible yet */
	put_file("a", "1");
	ck_assert_int_eq(commit(3), FS_OK);
	ck_assert_str_eq(get_file("a"), "1two");
	ck_assert_int_eq(mode_of("a"), 0600);
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

START_TEST(append_abandoned)
{
	bool partial;

	put_file("a", "one");
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	feed("two");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_str_eq(get_file("a"), "one");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(size_of("/a", &partial), 3);
	ck_assert(!partial);
}
END_TEST

/* APPE with an offset is STOR at it (RFC 3659 5.3). */
START_TEST(append_at)
{
	put_file("a", "0123456789");
	ck_assert_int_eq(upload(STORE_APPEND, 4, "/a", "x"), FS_OK);
	ck_assert_str_eq(get_file("a"), "0123x");
	ck_assert_int_eq(store(STORE_APPEND, 6, "/a"), FS_BAD_OFFSET);
}
END_TEST

START_TEST(append_target_gone)
{
	put_file("a", "one");
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	feed("two");
	unlink(host("a"));
	ck_assert_int_eq(commit(3), FS_OK);
	ck_assert_str_eq(get_file("a"), "two");
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

/* ---------------------------------------------------------------- unique */

START_TEST(unique)
{
	ck_assert_int_eq(upload(STORE_UNIQUE, 9, "/d", "0"), FS_OK);
	ck_assert_str_eq(store_path, "/d");
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/d", "1"), FS_OK);
	ck_assert_str_eq(store_path, "/d.1");
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/d", "2"), FS_OK);
	ck_assert_str_eq(store_path, "/d.2");
	ck_assert_str_eq(get_file("d"), "0");
	ck_assert_str_eq(get_file("d.1"), "1");
	ck_assert_str_eq(get_file("d.2"), "2");
	ck_assert_int_eq(mkdir(host("x"), 0755), 0);
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/x", "3"), FS_OK);
	ck_assert_str_eq(get_file("x.1"), "3");
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/x/y", "4"), FS_OK);
	ck_assert_str_eq(store_path, "/x/y");
	ck_assert_int_eq(count_names("."), 5);
}
END_TEST

START_TEST(unique_reserves)
{
	struct other first;
	int fd;

	ck_assert_int_eq(store(STORE_UNIQUE, 0, "/a"), FS_OK);
	ck_assert_str_eq(store_path, "/a");
	ck_assert(!is_there("a"));
	fd = store_fd;
	store_fd = -1;
	second_session(&first);
	ck_assert_int_eq(store(STORE_UNIQUE, 0, "/a"), FS_OK);
	ck_assert_str_eq(store_path, "/a.1");
	ck_assert_int_eq(commit(0), FS_OK);
	/* Someone else takes the name: nothing is replaced. */
	put_file("a", "mine");
	swap_session(&first);
	ck_assert_int_eq(commit(0), FS_EXISTS);
	ck_assert_str_eq(get_file("a"), "mine");
	ck_assert_int_eq(count_names("."), 2);
	ck_assert_int_eq(store(STORE_UNIQUE, 0, "/b"), FS_OK);
	feed("x");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(count_names("."), 2);
	close(fd);
	close_session(&first);
}
END_TEST

START_TEST(unique_long_name)
{
	char path[300];

	memset(path, 'u', 256);
	path[0] = '/';
	path[256] = '\0';
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, path, "0"), FS_OK);
	ck_assert_str_eq(store_path, path);
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, path, "1"), FS_OK);
	ck_assert_uint_eq(strlen(store_path), 254);
	ck_assert_str_eq(store_path + 252, ".1");
	ck_assert_int_eq(count_names("."), 2);
}
END_TEST

/* -------------------------------------------------------------- in place */

START_TEST(in_place)
{
	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "0123456789"), FS_OK);
	ck_assert_str_eq(get_file("a"), "0123456789");
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "new"), FS_OK);
	ck_assert_str_eq(get_file("a"), "new");
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/a", "er"), FS_OK);
	ck_assert_str_eq(get_file("a"), "newer");
	ck_assert_int_eq(upload(STORE_REPLACE, 2, "/a", "t"), FS_OK);
	ck_assert_str_eq(get_file("a"), "net");
	ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_BAD_OFFSET);
	ck_assert_int_eq(upload(STORE_UNIQUE, 0, "/a", "u"), FS_OK);
	ck_assert_str_eq(get_file("a.1"), "u");
	ck_assert_int_eq(count_names("."), 2);
}
END_TEST

START_TEST(in_place_abandoned)
{
	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_str_eq(get_file("a"), "part");
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	ck_assert_uint_eq(store_at, 4);
	feed("ial");
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_str_eq(get_file("a"), "partial");
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	feed("x");
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert(!is_there("b"));
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert(!is_there("b"));
}
END_TEST

/* ------------------------------------------------------------ large, many */

START_TEST(large_prefix)
{
	static char block[256 * 1024];
	struct stat st;
	char c;
	int fd, i;

	fd = open(host("a"), O_WRONLY | O_CREAT, 0644);
	for (i = 0; i < 8; i++) {
		memset(block, 'a' + i, sizeof(block));
		ck_assert_int_eq(
		    write(fd, block, sizeof(block)), sizeof(block));
	}
	close(fd);
	ck_assert_int_eq(
	    upload(STORE_REPLACE, 7 * sizeof(block) + 1, "/a", "X"), FS_OK);
	ck_assert_int_eq(stat(host("a"), &st), 0);
	ck_assert_int_eq(st.st_size, 7 * sizeof(block) + 2);
	fd = open(host("a"), O_RDONLY);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(pread(fd, &c, 1, i * (off_t)sizeof(block)), 1);
		ck_assert_int_eq(c, 'a' + i);
	}
	ck_assert_int_eq(pread(fd, &c, 1, 7 * sizeof(block) + 1), 1);
	ck_assert_int_eq(c, 'X');
	close(fd);
}
END_TEST

/* The three shapes, and names that only look like them. */
START_TEST(temporary_names)
{
	static const struct {
		const char *name;
		bool is;
	} cases[] = {
		{ ".a.01234567.part", true },
		{ ".a.0123456789abcdef.part", true },
		{ ".a.stou.part", true },
		{ ".a.b.c.deadbeef.part", true },
		{ "a.01234567.part", false },
		{ ".a.0123456.part", false },
		{ ".a.0123456X.part", false },
		{ ".a.01234567.par", false },
		{ ".a.01234567", false },
		{ "..01234567.part", false },
		{ ".01234567.part", false },
		{ ".stou.part", false },
		{ ".part", false },
		{ "", false },
		{ ".", false },
	};
	char name[300], tmp[TMP_NAME_SIZE];
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		ck_assert_msg(tmp_name_is(cases[i].name) == cases[i].is, "%s",
		    cases[i].name);
	/* Cut, but not inside a character. */
	memset(name, 0, sizeof(name));
	for (i = 0; i + 2 < 255; i += 2)
		memcpy(name + i, "\xc3\xa4", 2);
	tmp_name_random(tmp, name);
	ck_assert_uint_le(strlen(tmp), NAME_MAX);
	ck_assert(tmp_name_is(tmp));
	ck_assert_mem_eq(strchr(tmp + 1, '.') - 2, "\xc3\xa4.", 3);
	tmp_name_partial(tmp, name, f.s, "/x");
	ck_assert(tmp_name_is(tmp));
	tmp_name_stou(tmp, name);
	ck_assert(tmp_name_is(tmp));
}
END_TEST

Suite *
suite_agent_upload(void)
{
	Suite *s = suite_create("agent_upload");
	TCase *t = tcase_create("upload");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, new_file);
	tcase_add_test(t, empty_file);
	tcase_add_test(t, replaces_at_once);
	tcase_add_test(t, fsync_works_too);
	tcase_add_test(t, abandoned);
	tcase_add_test(t, session_dies);
	tcase_add_test(t, commit_sizes);
	tcase_add_test(t, commit_fails);
	tcase_add_test(t, check_creates_nothing);
	tcase_add_test(t, check_refuses);
	tcase_add_test(t, check_then_store);
	tcase_add_test(t, appears_meanwhile);
	tcase_add_test(t, append);
	tcase_add_test(t, append_abandoned);
	tcase_add_test(t, append_at);
	tcase_add_test(t, append_target_gone);
	tcase_add_test(t, unique);
	tcase_add_test(t, unique_reserves);
	tcase_add_test(t, unique_long_name);
	tcase_add_test(t, in_place);
	tcase_add_test(t, in_place_abandoned);
	tcase_add_test(t, large_prefix);
	tcase_add_test(t, temporary_names);
	suite_add_tcase(s, t);
	return s;
}
