/* SPDX-License-Identifier: ISC */
/*
 * Landlock: what is below the places works, all else is refused by the kernel.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/landlock.h"
#include "common/mem.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

static char top[] = "/tmp/ternftpd-landlock.XXXXXX";
static struct sockaddr_in nobody = { .sin_family = AF_INET };
static int listener;

#define REFUSED(call) ((call) == -1 && errno == EACCES)

/* top/mine can be changed, top/seen looked at, top/other neither. */
static void
setup(void)
{
	socklen_t len = sizeof(nobody);

	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("mine", 0700), 0);
	ck_assert_int_eq(mkdir("mine/sub", 0700), 0);
	ck_assert_int_eq(mkdir("seen", 0700), 0);
	ck_assert_int_eq(mkdir("other", 0700), 0);
	close(open("seen/file", O_CREAT | O_WRONLY, 0700));
	close(open("other/file", O_CREAT | O_WRONLY, 0700));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&nobody, sizeof(nobody)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(
	    getsockname(listener, (struct sockaddr *)&nobody, &len), 0);
}

static void
teardown(void)
{
	close(listener);
	(void)unlink("mine/a");
	(void)unlink("mine/sub/b");
	(void)unlink("mine/link");
	(void)rmdir("mine/sub");
	(void)rmdir("mine/new");
	(void)rmdir("mine");
	(void)unlink("seen/file");
	(void)rmdir("seen");
	(void)unlink("other/file");
	(void)rmdir("other");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(top), 0);
}

static void
enter(bool tcp)
{
	static const struct landlock_place places[] = { { "seen", false },
		{ "nothing-here", true }, { "mine", true } };

	CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_ASSERT(landlock_enter(places, NELEM(places), tcp) == 0);
}

static void
works_inside(void)
{
	int fd;

	enter(false);
	CHILD_ASSERT((fd = open("mine/a", O_CREAT | O_RDWR, 0600)) != -1);
	CHILD_ASSERT(write(fd, "text", 4) == 4);
	CHILD_ASSERT(ftruncate(fd, 1) == 0 && truncate("mine/a", 0) == 0);
	CHILD_ASSERT(mkdir("mine/new", 0700) == 0);
	CHILD_ASSERT(symlink("a", "mine/link") == 0);
	CHILD_ASSERT(rename("mine/a", "mine/sub/b") == 0);
	CHILD_ASSERT(link("mine/sub/b", "mine/a") == 0);
	CHILD_ASSERT(unlink("mine/a") == 0 && rmdir("mine/new") == 0);
	CHILD_ASSERT(open("seen/file", O_RDONLY) != -1);
	CHILD_ASSERT(open("seen", O_RDONLY | O_DIRECTORY) != -1);
}

START_TEST(places_can_be_used)
{
	ck_assert_int_eq(child_run(works_inside, NULL, 0), 0);
}
END_TEST

static void
tries_outside(void)
{
	char *const none[] = { NULL };

	enter(false);
	CHILD_ASSERT(REFUSED(open("other/file", O_RDONLY)));
	CHILD_ASSERT(REFUSED(open("other", O_RDONLY | O_DIRECTORY)));
	CHILD_ASSERT(REFUSED(open("/etc/passwd", O_RDONLY)));
	CHILD_ASSERT(REFUSED(open("mine/../other/file", O_RDONLY)));
	CHILD_ASSERT(REFUSED(open("other/new", O_CREAT | O_WRONLY, 0600)));
	CHILD_ASSERT(REFUSED(unlink("other/file")));
	CHILD_ASSERT(REFUSED(mkdir("other/new", 0700)));
	CHILD_ASSERT(REFUSED(open("seen/file", O_WRONLY)));
	CHILD_ASSERT(REFUSED(open("seen/new", O_CREAT | O_WRONLY, 0600)));
	CHILD_ASSERT(REFUSED(unlink("seen/file")));
	CHILD_ASSERT(rename("other/file", "mine/file") == -1);
	CHILD_ASSERT(link("seen/file", "mine/file") == -1);
	CHILD_ASSERT(REFUSED(execve("seen/file", none, none)));
	CHILD_ASSERT(REFUSED(mkfifo("other/fifo", 0600)));
}

START_TEST(nothing_else_can)
{
	ck_assert_int_eq(child_run(tries_outside, NULL, 0), 0);
}
END_TEST

static int
connects(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&nobody, sizeof(nobody));
}

static void
without_tcp(void)
{
	enter(false);
	CHILD_ASSERT(REFUSED(connects()));
}

static void
with_tcp(void)
{
	enter(true);
	CHILD_ASSERT(connects() == 0);
}

START_TEST(tcp_is_refused)
{
	if (landlock_version() < 4) {
		puts("SKIP: Landlock for TCP (not in this kernel)");
		return;
	}
	ck_assert_int_eq(child_run(without_tcp, NULL, 0), 0);
	ck_assert_int_eq(child_run(with_tcp, NULL, 0), 0);
}
END_TEST

static void
needs_no_new_privs(void)
{
	CHILD_ASSERT(geteuid() == 0 || landlock_enter(NULL, 0, true) == -1);
}

START_TEST(failure_is_told)
{
	ck_assert_int_eq(child_run(needs_no_new_privs, NULL, 0), 0);
}
END_TEST

Suite *
suite_landlock(void)
{
	Suite *s = suite_create("landlock");
	TCase *tc = tcase_create("landlock");

	suite_add_tcase(s, tc);
	if (landlock_version() < LANDLOCK_VERSION_MIN) {
		puts("SKIP: Landlock (not in this kernel)");
		return s;
	}
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, places_can_be_used);
	tcase_add_test(tc, nothing_else_can);
	tcase_add_test(tc, tcp_is_refused);
	tcase_add_test(tc, failure_is_told);
	return s;
}
