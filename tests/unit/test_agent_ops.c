/* SPDX-License-Identifier: ISC */
/*
 * The simple requests of the agent: what they do and what they refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

/* 255 bytes, the longest name there is. */
static const char *
long_name(char *out, size_t n)
{
	out[0] = '/';
	memset(out + 1, 'n', n);
	out[n + 1] = '\0';
	return out;
}

/* ------------------------------------------------------------- looking */

START_TEST(stat_file)
{
	struct timespec ts[2] = { { .tv_sec = 5 }, { .tv_sec = 1234567890 } };
	struct stat st;

	put_file("a b", "12345");
	utimensat(AT_FDCWD, host("a b"), ts, 0);
	ck_assert_int_eq(stat(host("a b"), &st), 0);
	ck_assert_int_eq(ask(FS_STAT, "p", "/a b"), FS_OK);
	ck_assert_int_eq(get_u32(&f.m.body), st.st_mode);
	ck_assert_int_eq(get_u64(&f.m.body), 5);
	ck_assert_int_eq(get_i64(&f.m.body), 1234567890);
	ck_assert_int_eq(get_u8(&f.m.body), 0);
	ask_end();
}
END_TEST

START_TEST(stat_refusals)
{
	char name[300];

	put_file("file", "");
	ck_assert_int_eq(ask(FS_STAT, "p", "/none"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/none/x"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/file/x"), FS_NOT_DIR);
	ck_assert_int_eq(
	    ask(FS_STAT, "p", long_name(name, 256)), FS_NAME_TOO_LONG);
	ck_assert_int_eq(mkdir(host("locked"), 0), 0);
	ck_assert_int_eq(ask(FS_STAT, "p", "/locked/x"), FS_DENIED);
	ck_assert_int_eq(ask(FS_STAT, "p", "/"), FS_OK);
}
END_TEST

START_TEST(stat_large)
{
	int fd = open(host("big"), O_WRONLY | O_CREAT, 0644);

	ck_assert_int_eq(ftruncate(fd, 5000000000), 0); /* over 4 GiB */
	close(fd);
	ck_assert_int_eq(ask(FS_STAT, "p", "/big"), FS_OK);
	get_u32(&f.m.body);
	ck_assert_uint_eq(get_u64(&f.m.body), 5000000000);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/big"), FS_OK);
	ck_assert_uint_eq(get_u64(&f.m.body), 5000000000);
}
END_TEST

START_TEST(chdir_dirs)
{
	put_file("file", "");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("nox"), 0644), 0);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/"), FS_OK);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/d"), FS_OK);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/file"), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/none"), FS_MISSING);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/nox"), FS_DENIED);
}
END_TEST

START_TEST(open_reads)
{
	char buf[16];

	put_file("f", "hello");
	ck_assert_int_eq(ask(FS_OPEN, "p", "/f"), FS_OK);
	ck_assert_uint_eq(get_u64(&f.m.body), 5);
	get_i64(&f.m.body);
	get_u8(&f.m.body);
	ask_end();
	ck_assert_int_eq(read(opened(), buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "hello", 5);
	/* for reading only, and never inherited */
	ck_assert_int_eq(write(opened(), "x", 1), -1);
	ck_assert_int_ne(fcntl(opened(), F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(chmod(host("f"), 0), 0);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/f"), FS_DENIED);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/none"), FS_MISSING);
}
END_TEST

/* No descriptor stays behind, whatever is asked. */
START_TEST(no_descriptor_leaks)
{
	int before, after, i;

	put_file("f", "hello");
	put_file("d", "");
	before = dup(0);
	close(before);
	for (i = 0; i < 50; i++) {
		ask(FS_OPEN, "p", "/f");
		ask(FS_OPEN, "p", "/");
		ask(FS_STAT, "p", "/none");
		ask(FS_RENAME, "pp", "/f", "/none/x");
		ask(FS_RENAME, "pp", "/none", "/g");
		ask(FS_CHMOD, "4p", 0644u, "/f");
		ask(FS_FACTS, "84p", (uint64_t)9, 0644u, "/f");
		ask(FS_MKDIR, "p1", "/x/y/z", 1u);
		ask(FS_RMDIR, "p1", "/x", 1u);
		store(STORE_REPLACE, 0, "/none/x");
		store(STORE_REPLACE, 9, "/f");
		upload(STORE_REPLACE, 0, "/f", "hello");
		upload(STORE_REPLACE, 3, "/f", "lo");
		upload(STORE_APPEND, 0, "/f", "!");
		store(STORE_UNIQUE, 0, "/f");
		abandon(1);
		ask(FS_LIST, "1444ps", LIST_LONG, 0u, 0u, 0u, "/", "");
		ask(FS_LIST, "1444ps", LIST_MLSX, 0u, 0xffu, 1u, "/", "");
		ask(FS_LIST, "1444ps", LIST_MLSX, (unsigned)LISTF_SELF, 0xffu,
		    1u, "/f", "");
		ask(FS_STAT, "p", "/");
	}
	close(store_fd);
	store_fd = -1;
	after = dup(0);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(space_and_umask)
{
	put_file("file", "");
	ck_assert_int_eq(ask(FS_SPACE, "p", "/"), FS_OK);
	ck_assert_uint_gt(get_u64(&f.m.body), 0);
	ask_end();
	ck_assert_int_eq(ask(FS_SPACE, "p", "/file"), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_UMASK, "4", 027u), FS_OK);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d", 0u), FS_OK);
	ck_assert_int_eq(mode_of("d"), 0750);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/f", ""), FS_OK);
	ck_assert_int_eq(mode_of("f"), 0640); /* R10.2 */
}
END_TEST

/* --------------------------------------------------- making, removing */

START_TEST(mkdir_makes)
{
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d", 0u), FS_OK);
	ask_end();
	ck_assert_int_eq(mode_of("d"), 0755);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d", 0u), FS_EXISTS);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/", 0u), FS_EXISTS);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/x/y", 0u), FS_NO_PARENT);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d/\xc3\xa4 \"q\"", 0u), FS_OK);
	put_file("file", "");
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/file/x", 0u), FS_NOT_DIR);
	ck_assert_int_eq(chmod(host("d"), 0555), 0);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d/x", 0u), FS_DENIED);
}
END_TEST

START_TEST(mkdir_parents)
{
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/b/c", 1u), FS_OK);
	ck_assert(is_there("a/b/c"));
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/b/d", 1u), FS_OK);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/b", 1u), FS_OK);
	put_file("a/file", "");
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/file", 1u), FS_EXISTS);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/file/x", 1u), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/a/n\n/x", 1u), FS_BAD_NAME);
	ck_assert(!is_there("a/n\n"));
}
END_TEST

/* Protocol 2.4: what is created has no control characters in its name. */
START_TEST(bad_names)
{
	static const char *const bad[] = { "/a\nb", "/a\rb", "/\001", "/x\x7f",
		"/\t", "/.x.part.stou.part", "/.x.01234567.part",
		"/.x.0123456789abcdef.part", "/d/.x.01234567.part" };
	const char *name = bad[_i];

	put_file("f", "");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", name, 0u), FS_BAD_NAME);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/f", name), FS_BAD_NAME);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "f", name), FS_BAD_NAME);
	ck_assert_int_eq(store(STORE_REPLACE, 0, name), FS_BAD_NAME);
	ck_assert_int_eq(store(STORE_UNIQUE, 0, name), FS_BAD_NAME);
	ck_assert_int_eq(count_names("."), 2);
}
END_TEST

/* But what exists can be used and removed (R33: names are bytes). */
START_TEST(odd_names_work)
{
	static const char *const odd[] = { "a\nb", "a\rb", "\001", " lead",
		"trail ", "-rf", "~", "a\\b", "\xff\xfe", "[x]", "*", "\"",
		"%s%n", ".part", "..x", ".01234567.part", ".x.0123456.part",
		".x.0123456G.part" };
	char path[64];

	put_file(odd[_i], "text");
	snprintf(path, sizeof(path), "/%s", odd[_i]);
	ck_assert_int_eq(ask(FS_STAT, "p", path), FS_OK);
	ck_assert_int_eq(ask(FS_OPEN, "p", path), FS_OK);
	ck_assert_int_eq(ask(FS_RENAME_FROM, "p", path), FS_OK);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0600u, path), FS_OK);
	ck_assert_int_eq(ask(FS_RENAME, "pp", path, "/plain"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/plain"), FS_OK);
	ck_assert_int_eq(count_names("."), 0);
}
END_TEST

START_TEST(long_names)
{
	char a[300], b[300];

	long_name(a, 255);
	long_name(b, 256);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", a, 0u), FS_OK);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", a, 0u), FS_OK);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", b, 0u), FS_NAME_TOO_LONG);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, a, "1"), FS_OK);
	ck_assert_int_eq(upload(STORE_APPEND, 0, a, "2"), FS_OK);
	ck_assert_str_eq(get_file(a), "12");
	ck_assert_int_eq(store(STORE_REPLACE, 0, b), FS_NAME_TOO_LONG);
	ck_assert_int_eq(ask(FS_RENAME, "pp", a, b), FS_NAME_TOO_LONG);
	ck_assert_int_eq(ask(FS_DELETE, "p", b), FS_NAME_TOO_LONG);
	ck_assert_int_eq(ask(FS_DELETE, "p", a), FS_OK);
}
END_TEST

START_TEST(rmdir_removes)
{
	put_file("file", "");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	put_file("d/x", "");
	ck_assert_int_eq(symlink("d", host("link")), 0);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 0u), FS_NOT_EMPTY);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/file", 0u), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/link", 0u), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/none", 0u), FS_MISSING);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/", 0u), FS_DENIED);
	unlink(host("d/x"));
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 0u), FS_OK);
	ck_assert(!is_there("d"));
}
END_TEST

START_TEST(rmdir_recursive)
{
	ck_assert_int_eq(mkdir(host("keep"), 0755), 0);
	put_file("keep/x", "kept");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("d/e"), 0755), 0);
	put_file("d/e/x", "");
	put_file("d/e/y\n", "");
	ck_assert_int_eq(symlink("../keep", host("d/link")), 0);
	ck_assert_int_eq(symlink("../../../keep", host("d/e/link")), 0);
	ck_assert_int_eq(mkfifo(host("d/fifo"), 0600), 0);
	ck_assert_int_eq(symlink("d", host("link")), 0);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/link", 1u), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/keep/x", 1u), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 1u), FS_OK);
	ck_assert(!is_there("d"));
	ck_assert_str_eq(get_file("keep/x"), "kept");
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/", 1u), FS_DENIED);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/none", 1u), FS_MISSING);
}
END_TEST

START_TEST(rmdir_recursive_bounds)
{
	char path[PATH_MAX];
	int i;

	strlcpy(path, "/d", sizeof(path));
	for (i = 0; i < 120; i++)
		strlcat(path, "/d", sizeof(path));
	ck_assert_int_eq(ask(FS_MKDIR, "p1", path, 1u), FS_OK);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 1u), FS_TOO_LARGE);
	strlcpy(path, "/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d",
	    sizeof(path));
	ck_assert_int_eq(ask(FS_RMDIR, "p1", path, 1u), FS_OK);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/d", 1u), FS_OK);
	ck_assert_int_eq(count_names("."), 0);
}
END_TEST

START_TEST(delete_removes)
{
	put_file("f", "text");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(symlink("f", host("link")), 0);
	ck_assert_int_eq(symlink("d", host("dlink")), 0);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/link"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/dlink"), FS_OK);
	ck_assert_str_eq(get_file("f"), "text");
	ck_assert(is_there("d"));
	ck_assert_int_eq(ask(FS_DELETE, "p", "/d"), FS_IS_DIR);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/f"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/f"), FS_MISSING);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/x/f"), FS_MISSING);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/"), FS_DENIED);
}
END_TEST

START_TEST(symlink_makes)
{
	char text[64];

	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "../f", "/d/l"), FS_OK);
	ck_assert_int_eq(readlink(host("d/l"), text, sizeof(text)), 4);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "/f", "/l"), FS_OK);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "d/../f", "/l2"), FS_OK);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "./d//..//f", "/l3"), FS_OK);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "x", "/l"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "x", "/"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "x", "/n/l"), FS_NO_PARENT);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "..", "/c1"), FS_DENIED);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "../../f", "/d/c2"), FS_DENIED);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "x/../..", "/c3"), FS_DENIED);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "", "/c4"), FS_BAD_NAME);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "a\nb", "/c5"), FS_BAD_NAME);
	ck_assert_int_eq(count_names("."), 4);
	/* What was made leads inside. */
	put_file("f", "text");
	ck_assert_int_eq(ask(FS_OPEN, "p", "/d/l"), FS_OK);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/l3"), FS_OK);
}
END_TEST

/* ------------------------------------------------------------ renaming */

START_TEST(rename_from_looks)
{
	ck_assert_int_eq(symlink("nowhere", host("dangling")), 0);
	ck_assert_int_eq(ask(FS_RENAME_FROM, "p", "/dangling"), FS_OK);
	ask_end();
	ck_assert_int_eq(ask(FS_RENAME_FROM, "p", "/none"), FS_MISSING);
	ck_assert_int_eq(ask(FS_RENAME_FROM, "p", "/none/x"), FS_MISSING);
	ck_assert_int_eq(ask(FS_RENAME_FROM, "p", "/"), FS_DENIED);
}
END_TEST

/* R35 */
START_TEST(rename_moves)
{
	put_file("a", "A");
	put_file("b", "B");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("e"), 0755), 0);
	ck_assert_int_eq(symlink("b", host("link")), 0);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/a", "/d/a2"), FS_OK);
	ck_assert_str_eq(get_file("d/a2"), "A");
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/d/a2", "/b"), FS_OK);
	ck_assert_str_eq(get_file("b"), "A");
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/link", "/link2"), FS_OK);
	ck_assert(S_ISLNK(mode_of("link2") | S_IFLNK));
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/d", "/e/d"), FS_OK);
	ck_assert(is_there("e/d"));
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/b", "/b"), FS_OK);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/e", "/e"), FS_OK);
	ck_assert_str_eq(get_file("b"), "A");
}
END_TEST

START_TEST(rename_refusals)
{
	put_file("a", "A");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("e"), 0755), 0);
	ck_assert_int_eq(symlink("d", host("l")), 0);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/none", "/x"), FS_MISSING);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/a", "/x/a"), FS_NO_PARENT);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/a", "/d"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/d", "/a"), FS_NOT_DIR);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/e", "/d"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/a", "/"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/", "/x"), FS_DENIED);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/d", "/d/x"), FS_INSIDE_ITSELF);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/d", "/l/x"), FS_INSIDE_ITSELF);
	ck_assert_int_eq(count_names("."), 4);
}
END_TEST

/* ---------------------------------------------------------- attributes */

START_TEST(chmod_sets)
{
	put_file("f", "");
	ck_assert_int_eq(mkdir(host("d"), 02755), 0);
	ck_assert_int_eq(chmod(host("d"), 02755), 0);
	ck_assert_int_eq(symlink("f", host("l")), 0);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0200u, "/f"), FS_OK);
	ask_end();
	ck_assert_int_eq(mode_of("f"), 0200);
	/* also when we may not read it */
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0640u, "/l"), FS_OK);
	ck_assert_int_eq(mode_of("f"), 0640);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0700u, "/d"), FS_OK);
	ck_assert_int_eq(mode_of("d"), 02700);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 04755u, "/f"), FS_DENIED);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 01000u, "/f"), FS_DENIED);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0644u, "/none"), FS_MISSING);
	ck_assert_int_eq(mode_of("f"), 0640);
}
END_TEST

START_TEST(utime_sets)
{
	struct stat st;

	put_file("f", "");
	ck_assert_int_eq(
	    ask(FS_UTIME, "8p", (uint64_t)1000000000, "/f"), FS_OK);
	ck_assert_int_eq(get_i64(&f.m.body), 1000000000);
	ask_end();
	ck_assert_int_eq(stat(host("f"), &st), 0);
	ck_assert_int_eq(st.st_mtime, 1000000000);
	ck_assert_int_eq(chmod(host("f"), 0), 0);
	ck_assert_int_eq(ask(FS_UTIME, "8p", (uint64_t)7, "/f"), FS_OK);
	ck_assert_int_eq(ask(FS_UTIME, "8p", (uint64_t)7, "/"), FS_OK);
	ck_assert_int_eq(ask(FS_UTIME, "8p", (uint64_t)7, "/x"), FS_MISSING);
}
END_TEST

START_TEST(facts_set_both)
{
	struct stat st;

	put_file("f", "");
	ck_assert_int_eq(
	    ask(FS_FACTS, "84p", (uint64_t)1000, 0600u, "/f"), FS_OK);
	ck_assert_int_eq(get_i64(&f.m.body), 1000);
	ck_assert_int_eq(get_u32(&f.m.body), 0600);
	ask_end();
	ck_assert_int_eq(ask(FS_FACTS, "84p", UINT64_MAX, 0640u, "/f"), FS_OK);
	ck_assert_int_eq(get_i64(&f.m.body), 1000);
	ck_assert_int_eq(
	    ask(FS_FACTS, "84p", (uint64_t)2000, UINT32_MAX, "/f"), FS_OK);
	ck_assert_int_eq(get_i64(&f.m.body), 2000);
	ck_assert_int_eq(get_u32(&f.m.body), 0640);
	ck_assert_int_eq(
	    ask(FS_FACTS, "84p", (uint64_t)3000, 04755u, "/f"), FS_DENIED);
	ck_assert_int_eq(stat(host("f"), &st), 0);
	ck_assert_int_eq(st.st_mtime, 2000);
}
END_TEST

Suite *
suite_agent_ops(void)
{
	Suite *s = suite_create("agent_ops");
	TCase *t = tcase_create("ops");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, stat_file);
	tcase_add_test(t, stat_refusals);
	tcase_add_test(t, stat_large);
	tcase_add_test(t, chdir_dirs);
	tcase_add_test(t, open_reads);
	tcase_add_test(t, no_descriptor_leaks);
	tcase_add_test(t, space_and_umask);
	tcase_add_test(t, mkdir_makes);
	tcase_add_test(t, mkdir_parents);
	tcase_add_loop_test(t, bad_names, 0, 9);
	tcase_add_loop_test(t, odd_names_work, 0, 18);
	tcase_add_test(t, long_names);
	tcase_add_test(t, rmdir_removes);
	tcase_add_test(t, rmdir_recursive);
	tcase_add_test(t, rmdir_recursive_bounds);
	tcase_add_test(t, delete_removes);
	tcase_add_test(t, symlink_makes);
	tcase_add_test(t, rename_from_looks);
	tcase_add_test(t, rename_moves);
	tcase_add_test(t, rename_refusals);
	tcase_add_test(t, chmod_sets);
	tcase_add_test(t, utime_sets);
	tcase_add_test(t, facts_set_both);
	suite_add_tcase(s, t);
	return s;
}
