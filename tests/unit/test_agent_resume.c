/* SPDX-License-Identifier: ISC */
/*
 * Interrupted uploads of the agent, and two writers at once (R7.4, R30).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "server/agent/partial.h"
#include "suites.h"

/* ---------------------------------------------------------------- resume */

/* REST + STOR without a partial: the target's beginning counts (R30.1). */
START_TEST(rest_on_target)
{
	put_file("a", "0123456789");
	ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_OK);
	ck_assert_uint_eq(store_at, 4);
	feed("new");
	ck_assert_str_eq(get_file("a"), "0123456789");
	ck_assert_int_eq(commit(7), FS_OK);
	ck_assert_str_eq(get_file("a"), "0123new");
	ck_assert_int_eq(upload(STORE_REPLACE, 7, "/a", "!"), FS_OK);
	ck_assert_str_eq(get_file("a"), "0123new!");
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

/* Atomic mode resumes (R7.4): the client asks SIZE, then REST + STOR. */
START_TEST(rest_on_partial)
{
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("0123456789");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert(!is_there("a"));
	ck_assert_int_eq(size_of("/a", &partial), 10);
	ck_assert(partial);
	ck_assert_int_eq(check_only(STORE_REPLACE, 10, "/a"), FS_OK);
	ck_assert_int_eq(check_only(STORE_REPLACE, 11, "/a"), FS_BAD_OFFSET);
	ck_assert_int_eq(store(STORE_REPLACE, 10, "/a"), FS_OK);
	ck_assert_uint_eq(store_at, 10);
	feed("more");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(size_of("/a", &partial), 14);
	/* Earlier than its end: what was behind is gone. */
	ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_OK);
	feed("XY");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(size_of("/a", &partial), 6);
	ck_assert_int_eq(upload(STORE_REPLACE, 6, "/a", "Z"), FS_OK);
	ck_assert_str_eq(get_file("a"), "0123XYZ");
	ck_assert_int_eq(count_names("."), 1);
	ck_assert_int_eq(size_of("/a", &partial), 7);
	ck_assert(!partial);
}
END_TEST

/* What an older upload has left is not joined with what a newer one lacks. */
START_TEST(begun_anew)
{
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("0123456789");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(size_of("/a", &partial), 10);
	/* Broken off before its first byte. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(size_of("/a", &partial), -1);
	ck_assert_int_eq(store(STORE_REPLACE, 10, "/a"), FS_BAD_OFFSET);
	ck_assert_int_eq(count_names("."), 0);
}
END_TEST

START_TEST(appe_on_partial)
{
	bool partial;

	put_file("a", "old");
	tick();
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("0123");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_str_eq(get_file("a"), "old");
	ck_assert_int_eq(size_of("/a", &partial), 4);
	ck_assert(partial);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	ck_assert_uint_eq(store_at, 4);
	feed("4567");
	ck_assert_int_eq(commit(8), FS_OK);
	ck_assert_str_eq(get_file("a"), "01234567");
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

/* A partial older than its target is no longer what SIZE means. */
START_TEST(stale_partial)
{
	struct other first;
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	tick();
	put_file("a", "by someone else");
	ck_assert_int_eq(size_of("/a", &partial), 15);
	ck_assert(!partial);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/a", "!"), FS_OK);
	ck_assert_str_eq(get_file("a"), "by someone else!");
	/* And a whole upload removes it. */
	ck_assert_int_eq(count_names("."), 2);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "new"), FS_OK);
	ck_assert_int_eq(count_names("."), 1);
	/* Another account does not see it at all. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/b"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	strlcpy(f.acct.name, "berta", sizeof(f.acct.name));
	second_session(&first);
	ck_assert_int_eq(size_of("/b", &partial), -1);
	close_session(&first);
}
END_TEST

/* What the client believes it has uploaded it can also delete. */
START_TEST(delete_takes_partial)
{
	bool partial;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/a"), FS_OK);
	ck_assert_int_eq(count_names("."), 0);
	ck_assert_int_eq(size_of("/a", &partial), -1);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/a"), FS_MISSING);
}
END_TEST

/* A directory that looks empty to the client can be removed. */
START_TEST(rmdir_takes_partials)
{
	struct other first;

	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/d/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(count_names("d"), 1);
	put_file("d/visible", "");
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 0u), FS_NOT_EMPTY);
	ck_assert_int_eq(count_names("d"), 2);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/d/visible"), FS_OK);
	/* But not while somebody writes there. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/d/b"), FS_OK);
	second_session(&first);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 0u), FS_NOT_EMPTY);
	swap_session(&first);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 0u), FS_OK);
	close_session(&first);
}
END_TEST

/* In a shared directory anybody may create such names; ours are files. */
START_TEST(forged_partial)
{
	char tmp[TMP_NAME_SIZE];
	bool partial;

	put_file("victim", "untouched");
	tmp_name_partial(tmp, "a", f.s, "/a");
	ck_assert_int_eq(symlink("victim", host(tmp)), 0);
	ck_assert_int_eq(size_of("/a", &partial), -1);
	ck_assert_int_eq(store(STORE_REPLACE, 3, "/a"), FS_BAD_OFFSET);
	unlink(host(tmp));
	ck_assert_int_eq(link(host("victim"), host(tmp)), 0);
	ck_assert_int_eq(size_of("/a", &partial), -1);
	unlink(host(tmp));
	ck_assert_int_eq(mkfifo(host(tmp), 0666), 0);
	ck_assert_int_eq(size_of("/a", &partial), -1);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_str_eq(get_file("victim"), "untouched");
}
END_TEST

/* ----------------------------------------------------------- two writers */

START_TEST(two_writers_of_one_name)
{
	struct other first;
	int fd;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("first");
	fd = store_fd;
	store_fd = -1;
	second_session(&first);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("second");
	ck_assert_int_eq(commit(6), FS_OK);
	ck_assert_str_eq(get_file("a"), "second");
	swap_session(&first);
	ck_assert_int_eq(commit(5), FS_OK);
	ck_assert_str_eq(get_file("a"), "first");
	ck_assert_int_eq(count_names("."), 1);
	close(fd);
	close_session(&first);
}
END_TEST

/*
 * A connection is lost, its client comes back and uploads the whole file; when
 * the old session ends at last, what it has is older than the file. With `part`
 * it had resumed.
 */
static void
late_end(bool part)
{
	struct other first;
	bool partial;
	int fd;

	put_file("a", "old");
	tick();
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("half");
	if (part) {
		ck_assert_int_eq(abandon(1), FS_OK);
		ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_OK);
	}
	fd = store_fd;
	store_fd = -1;
	second_session(&first);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/a", "the whole"), FS_OK);
	tick();
	swap_session(&first);
	ck_assert_int_eq(write(fd, "!", 1), 1);
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(size_of("/a", &partial), 9);
	ck_assert(!partial);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/a", "!"), FS_OK);
	ck_assert_str_eq(get_file("a"), "the whole!");
	ck_assert_int_eq(count_names("."), 1);
	close(fd);
	close_session(&first);
}

START_TEST(end_comes_late)
{
	late_end(false);
}
END_TEST

START_TEST(end_of_resume_comes_late)
{
	late_end(true);
}
END_TEST

START_TEST(two_writers_of_one_partial)
{
	struct other first;
	int fd;

	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("part");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_OK);
	fd = store_fd;
	store_fd = -1;
	second_session(&first);
	ck_assert_int_eq(store(STORE_REPLACE, 4, "/a"), FS_BUSY);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_BUSY);
	/* One who starts anew gets a file of his own, kept beside it. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_OK);
	feed("other");
	ck_assert_int_eq(abandon(1), FS_OK);
	ck_assert_int_eq(count_names("."), 1);
	swap_session(&first);
	ck_assert_int_eq(write(fd, "ial", 3), 3);
	ck_assert_int_eq(commit(7), FS_OK);
	ck_assert_str_eq(get_file("a"), "partial");
	/* The lock ends with the upload, also while the worker has its fd. */
	swap_session(&first);
	ck_assert_int_eq(store(STORE_REPLACE, 7, "/a"), FS_OK);
	close(fd);
	close_session(&first);
}
END_TEST

START_TEST(two_in_place)
{
	struct other first;
	int fd;

	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	put_file("a", "old");
	ck_assert_int_eq(store(STORE_APPEND, 0, "/a"), FS_OK);
	fd = store_fd;
	store_fd = -1;
	second_session(&first);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_BUSY);
	ck_assert_str_eq(get_file("a"), "old");
	swap_session(&first);
	ck_assert_int_eq(write(fd, "!", 1), 1);
	ck_assert_int_eq(commit(4), FS_OK);
	ck_assert_str_eq(get_file("a"), "old!");
	close(fd);
	close_session(&first);
}
END_TEST

Suite *
suite_agent_resume(void)
{
	Suite *s = suite_create("agent_resume");
	TCase *t = tcase_create("resume");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, rest_on_target);
	tcase_add_test(t, rest_on_partial);
	tcase_add_test(t, begun_anew);
	tcase_add_test(t, appe_on_partial);
	tcase_add_test(t, stale_partial);
	tcase_add_test(t, delete_takes_partial);
	tcase_add_test(t, rmdir_takes_partials);
	tcase_add_test(t, forged_partial);
	tcase_add_test(t, two_writers_of_one_name);
	tcase_add_test(t, end_comes_late);
	tcase_add_test(t, end_of_resume_comes_late);
	tcase_add_test(t, two_writers_of_one_partial);
	tcase_add_test(t, two_in_place);
	suite_add_tcase(s, t);
	return s;
}
