/* SPDX-License-Identifier: ISC */
/*
 * Mounts and rights per path (R37): what is seen, what is refused, and that no
 * link and no rename leads around them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

/* A host path beside the root. */
static const char *
outside(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.300s/%.3000s", f.top, name);
	return path;
}

static void
put_outside(const char *name, const char *text)
{
	FILE *out = fopen(outside(name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static void
add_mount(const char *at, const char *host, bool has_rights, uint32_t rights)
{
	account_place_put(&f.acct,
	    &(struct account_place){ at, host, has_rights, rights, 3 });
}

static void
add_path(const char *at, uint32_t rights)
{
	add_mount(at, "", true, rights);
}

/*
 * /pub: mounted, read-only; /d/m: mounted, with the rights around it; /in:
 * upload-only; /a/b/c: nothing.
 */
static void
setup(void)
{
	fixture_dir();
	ck_assert_int_eq(mkdir(outside("pub"), 0755), 0);
	ck_assert_int_eq(mkdir(outside("m"), 0755), 0);
	ck_assert_int_eq(mkdir(outside("pub/sub"), 0755), 0);
	put_outside("secret", "secret");
	put_outside("pub/f", "pub");
	put_outside("m/f", "m");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(mkdir(host("d/m"), 0755), 0);
	ck_assert_int_eq(mkdir(host("in"), 0755), 0);
	ck_assert_int_eq(mkdir(host("a"), 0755), 0);
	ck_assert_int_eq(mkdir(host("a/b"), 0755), 0);
	ck_assert_int_eq(mkdir(host("a/b/c"), 0755), 0);
	put_file("d/m/covered", "x");
	put_file("f", "root");
	put_file("in/f", "in");
	put_file("a/b/c/f", "c");
	add_mount("/pub", outside("pub"), true, RIGHTS_READ_ONLY);
	add_mount("/d/m", outside("m"), false, 0);
	add_path("/in", RIGHTS_UPLOAD_ONLY);
	add_path("/a/b/c", 0);
	fixture_session();
}

static int
open_file(const char *path)
{
	return ask(FS_OPEN, "p", path);
}

static int
rename_it(const char *from, const char *to)
{
	return ask(FS_RENAME, "pp", from, to);
}

START_TEST(test_mounts_are_read)
{
	ck_assert_int_eq(open_file("/pub/f"), FS_OK);
	ck_assert_int_eq(open_file("/d/m/f"), FS_OK);
	ck_assert_int_eq(open_file("/d/m/covered"), FS_MISSING);
	ck_assert_int_eq(open_file("/publ"), FS_MISSING);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/pub"), FS_OK);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/pub/sub"), FS_OK);
	ck_assert_int_eq(ask(FS_STAT, "p", "/d/m"), FS_OK);
}
END_TEST

/* The rights of the longest path count. */
START_TEST(test_rights)
{
	ck_assert_int_eq(
	    upload(STORE_REPLACE, 0, "/pub/new", "x"), FS_FORBIDDEN);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/m/new", "x"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/in/new", "x"), FS_OK);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/in/f", "x"), FS_FORBIDDEN);
	ck_assert_int_eq(open_file("/in/f"), FS_FORBIDDEN);
	ck_assert_int_eq(open_file("/f"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/in/f"), FS_FORBIDDEN);
	ck_assert_int_eq(open_file("/a/b/c/f"), FS_FORBIDDEN);
	ck_assert_int_eq(ask(FS_STAT, "p", "/a/b/c/f"), FS_FORBIDDEN);
	ck_assert(is_there("in/new") && !is_there("d/m/new"));
	ck_assert_int_eq(access(outside("m/new"), F_OK), 0);
}
END_TEST

/* Mounts are directories of their parent, in whatever form it is listed. */
START_TEST(test_listings)
{
	const char *text;
	int status;

	text = list_all(LIST_NAMES, 0, 0, "/", "", &status);
	ck_assert_int_eq(status, FS_OK);
	ck_assert_str_eq(text, "a\r\nd\r\nf\r\nin\r\npub\r\n");
	text = list_all(LIST_LONG, 0, 0, "/", "", &status);
	ck_assert_ptr_nonnull(strstr(text, " pub\r\n"));
	ck_assert_int_eq(strncmp(text, "drwx", 4), 0);
	text = list_all(LIST_NAMES, 0, 0, "/d", "", &status);
	ck_assert_str_eq(text, "m\r\n");
	text = list_all(LIST_NAMES, 0, 0, "/d/m", "", &status);
	ck_assert_str_eq(text, "f\r\n");
	text = list_all(LIST_NAMES, LISTF_GLOB, 0, "/p*", "p*", &status);
	ck_assert_str_eq(text, "pub\r\n");
}
END_TEST

/* The line of a name in a listing of facts. */
static const char *
facts_of(const char *dir, const char *name)
{
	static char want[64];
	const char *text, *at;
	int status;

	text = list_all(LIST_MLSX, 0, FACT_TYPE | FACT_PERM, dir, "", &status);
	snprintf(want, sizeof(want), "; %s\r\n", name);
	at = strstr(text, want);
	ck_assert_msg(at != NULL, "%s in %s", name, text);
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

static bool
has_perm(const char *line, char perm)
{
	const char *p = strstr(line, "perm=") + 5;

	return memchr(p, perm, strcspn(p, ";")) != NULL;
}

START_TEST(test_facts)
{
	const char *line = facts_of("/", "pub");

	ck_assert_ptr_nonnull(strstr(line, "type=dir"));
	ck_assert(has_perm(line, 'l') && has_perm(line, 'e'));
	ck_assert(!has_perm(line, 'c') && !has_perm(line, 'f'));
	ck_assert(!has_perm(line, 'd'));
	line = facts_of("/", "in");
	ck_assert(has_perm(line, 'c') && !has_perm(line, 'd'));
	line = facts_of("/", "a"); /* /a/b/c is below */
	ck_assert(has_perm(line, 'c') && !has_perm(line, 'f'));
	line = facts_of("/in", "f");
	ck_assert(!has_perm(line, 'r') && !has_perm(line, 'd'));
	line = facts_of("/", "f");
	ck_assert(has_perm(line, 'r') && has_perm(line, 'd'));
	ck_assert_int_eq(ask(FS_LIST, "1444ps", LIST_MLSX, (unsigned)LISTF_SELF,
			     (unsigned)(FACT_TYPE | FACT_PERM), 0u, "/pub", ""),
	    FS_OK);
}
END_TEST

/* What others stand on cannot be taken away or covered. */
START_TEST(test_names_stay)
{
	static const char *const fixed[] = { "/pub", "/d/m", "/d", "/in", "/a",
		"/a/b", "/a/b/c" };
	size_t i;

	for (i = 0; i < NELEM(fixed); i++) {
		ck_assert_int_eq(
		    ask(FS_RMDIR, "p1", fixed[i], 0u), FS_FORBIDDEN);
		ck_assert_int_eq(
		    ask(FS_RMDIR, "p1", fixed[i], 1u), FS_FORBIDDEN);
		ck_assert_int_eq(rename_it(fixed[i], "/x"), FS_FORBIDDEN);
		ck_assert_int_eq(
		    ask(FS_RENAME_FROM, "p", fixed[i]), FS_FORBIDDEN);
		ck_assert_int_eq(ask(FS_DELETE, "p", fixed[i]), FS_FORBIDDEN);
	}
	ck_assert_int_eq(rename_it("/f", "/d/m"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d/m", 0u), FS_EXISTS);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d/m", 1u), FS_OK);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/d/m/x/y", 1u), FS_OK);
	ck_assert_int_eq(access(outside("m/x/y"), F_OK), 0);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/m", "x"), FS_IS_DIR);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "f", "/d/m"), FS_EXISTS);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0700u, "/d/m"), FS_DENIED);
}
END_TEST

/* Between mounts as between directories, with rights at both ends. */
START_TEST(test_rename)
{
	ck_assert_int_eq(rename_it("/f", "/d/m/g"), FS_OK);
	ck_assert_int_eq(access(outside("m/g"), F_OK), 0);
	ck_assert_int_eq(rename_it("/d/m/g", "/in/g"), FS_OK);
	ck_assert_int_eq(rename_it("/in/g", "/g"), FS_FORBIDDEN);
	ck_assert_int_eq(rename_it("/d/m/f", "/pub/g"), FS_FORBIDDEN);
	ck_assert_int_eq(rename_it("/pub/f", "/g"), FS_FORBIDDEN);
	ck_assert_int_eq(rename_it("/d/m/f", "/a/b/c/g"), FS_FORBIDDEN);
}
END_TEST

/* A link in a mount stays in the mount, whatever it says. */
START_TEST(test_links_in_mounts)
{
	char secret[PATH_MAX];

	strlcpy(secret, outside("secret"), sizeof(secret));
	ck_assert_int_eq(symlink("../secret", outside("m/up")), 0);
	ck_assert_int_eq(symlink(secret, outside("m/far")), 0);
	ck_assert_int_eq(symlink("/f", outside("m/top")), 0);
	ck_assert_int_eq(symlink("/new", outside("m/newlink")), 0);
	ck_assert_int_eq(open_file("/d/m/up"), FS_MISSING);
	ck_assert_int_eq(open_file("/d/m/far"), FS_MISSING);
	ck_assert_int_eq(open_file("/d/m/top"), FS_OK); /* the mount's own f */
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/m/top", "new"), FS_OK);
	ck_assert_str_eq(get_file("f"), "root");
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/m/newlink", "n"), FS_OK);
	ck_assert(!is_there("new"));
	ck_assert_int_eq(access(outside("m/new"), F_OK), 0);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/d/m"), FS_OK);
}
END_TEST

/* A link beside /in is no second way to what is in it. */
START_TEST(test_links_around_rights)
{
	ck_assert_int_eq(symlink("in", host("way")), 0);
	ck_assert_int_eq(symlink("in/f", host("file")), 0);
	ck_assert_int_eq(open_file("/way/f"), FS_LOOP);
	ck_assert_int_eq(open_file("/file"), FS_LOOP);
	ck_assert_int_eq(ask(FS_STAT, "p", "/way/f"), FS_LOOP);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/way/f", "x"), FS_LOOP);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/file", "x"), FS_LOOP);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/way/f"), FS_LOOP);
	ck_assert_int_eq(rename_it("/way/f", "/g"), FS_LOOP);
	ck_assert_ptr_nonnull(
	    strstr(facts_of("/", "way"), "type=OS.unix=slink"));
	ck_assert_int_eq(ask(FS_DELETE, "p", "/way"), FS_OK); /* itself */
	ck_assert_str_eq(get_file("in/f"), "in");
}
END_TEST

/* A mount that is not there is missing, and nothing else. */
START_TEST(test_missing_mount)
{
	f.acct.places_len = 0;
	add_mount("/gone", outside("gone"), false, 0);
	fixture_session();
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/gone"), FS_MISSING);
	ck_assert_int_eq(open_file("/gone/f"), FS_MISSING);
	ck_assert_int_eq(open_file("/f"), FS_OK);
	ck_assert_int_eq(mkdir(outside("gone"), 0755), 0);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/gone"), FS_OK);
}
END_TEST

/* A right that an account has in a mount alone is enough to read there. */
START_TEST(test_rights_in_mount_only)
{
	f.acct.places_len = 0;
	f.acct.rights = 0;
	add_mount("/pub", outside("pub"), true, RIGHTS_READ_ONLY);
	fixture_session();
	ck_assert_int_eq(open_file("/pub/f"), FS_OK);
	ck_assert_int_eq(open_file("/f"), FS_FORBIDDEN);
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", LIST_NAMES, 0u, 0u, 0u, "/", ""),
	    FS_FORBIDDEN);
}
END_TEST

/* Forced permissions: the umask is not asked. */
START_TEST(test_forced_modes)
{
	f.acct.file_mode = 0604;
	f.acct.dir_mode = 0705;
	fixture_session();
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/new", "x"), FS_OK);
	ck_assert_int_eq(upload(STORE_APPEND, 0, "/app", "x"), FS_OK);
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/dir", 0u), FS_OK);
	ck_assert_uint_eq(mode_of("new"), 0604);
	ck_assert_uint_eq(mode_of("app"), 0604);
	ck_assert_uint_eq(mode_of("dir"), 0705);
}
END_TEST

/* R9.3: made on request, or the login is refused. */
START_TEST(test_create_home)
{
	snprintf(f.acct.root, sizeof(f.acct.root), "%.300s/home", f.top);
	ck_assert_ptr_null(
	    agent_session_new(&f.conf, &f.ident, 1, -1, &f.acct));
	f.acct.create_home = true;
	fixture_session();
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/"), FS_OK);
	ck_assert_int_eq(access(outside("home"), F_OK), 0);
	/* Only its last part. */
	snprintf(f.acct.root, sizeof(f.acct.root), "%.300s/no/home", f.top);
	ck_assert_ptr_null(
	    agent_session_new(&f.conf, &f.ident, 1, -1, &f.acct));
}
END_TEST

Suite *
suite_agent_places(void)
{
	Suite *s = suite_create("agent_places");
	TCase *tc = tcase_create("places");

	tcase_add_checked_fixture(tc, setup, fixture_teardown);
	tcase_add_test(tc, test_mounts_are_read);
	tcase_add_test(tc, test_rights);
	tcase_add_test(tc, test_listings);
	tcase_add_test(tc, test_facts);
	tcase_add_test(tc, test_names_stay);
	tcase_add_test(tc, test_rename);
	tcase_add_test(tc, test_links_in_mounts);
	tcase_add_test(tc, test_links_around_rights);
	tcase_add_test(tc, test_missing_mount);
	tcase_add_test(tc, test_rights_in_mount_only);
	tcase_add_test(tc, test_forced_modes);
	tcase_add_test(tc, test_create_home);
	suite_add_tcase(s, tc);
	return s;
}
