/* SPDX-License-Identifier: ISC */
/*
 * The rights matrix: each request with each right it needs missing, and with
 * nothing but what it needs. A broken worker can do no more than the user may.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

static int
do_stat(void)
{
	return ask(FS_STAT, "p", "/f");
}

static int
do_chdir(void)
{
	return ask(FS_CHDIR, "p", "/d");
}

static int
do_open(void)
{
	return ask(FS_OPEN, "p", "/f");
}

static int
do_list(void)
{
	return ask(FS_LIST, "1444ps", LIST_LONG, 0u, 0u, 0u, "/", "");
}

static int
do_mlst(void)
{
	return ask(FS_LIST, "1444ps", LIST_MLSX, (unsigned)LISTF_SELF, 0xffu,
	    0u, "/f", "");
}

static int
do_store_new(void)
{
	return upload(STORE_REPLACE, 0, "/new", "x");
}

static int
do_store_over(void)
{
	return upload(STORE_REPLACE, 0, "/f", "x");
}

static int
do_store_check(void)
{
	return ask(FS_STORE, "118p", STORE_REPLACE, 1u, (uint64_t)0, "/f");
}

static int
do_store_end(void)
{
	return upload(STORE_REPLACE, 4, "/f", "x");
}

static int
do_store_middle(void)
{
	return upload(STORE_REPLACE, 2, "/f", "x");
}

static int
do_append(void)
{
	return upload(STORE_APPEND, 0, "/f", "x");
}

static int
do_append_new(void)
{
	return upload(STORE_APPEND, 0, "/new", "x");
}

static int
do_unique(void)
{
	return upload(STORE_UNIQUE, 0, "/f", "x");
}

static int
do_mkdir(void)
{
	return ask(FS_MKDIR, "p1", "/new", 0u);
}

static int
do_rmdir(void)
{
	return ask(FS_RMDIR, "p1", "/d", 0u);
}

static int
do_rmtree(void)
{
	return ask(FS_RMDIR, "p1", "/d", 1u);
}

static int
do_delete(void)
{
	return ask(FS_DELETE, "p", "/f");
}

static int
do_rename_from(void)
{
	return ask(FS_RENAME_FROM, "p", "/f");
}

static int
do_rename(void)
{
	return ask(FS_RENAME, "pp", "/f", "/new");
}

static int
do_rename_over(void)
{
	return ask(FS_RENAME, "pp", "/f", "/g");
}

static int
do_chmod(void)
{
	return ask(FS_CHMOD, "4p", 0600u, "/f");
}

static int
do_utime(void)
{
	return ask(FS_UTIME, "8p", (uint64_t)1, "/f");
}

static int
do_facts_mode(void)
{
	return ask(FS_FACTS, "84p", UINT64_MAX, 0600u, "/f");
}

static int
do_facts_time(void)
{
	return ask(FS_FACTS, "84p", (uint64_t)1, UINT32_MAX, "/f");
}

static int
do_facts_both(void)
{
	return ask(FS_FACTS, "84p", (uint64_t)1, 0600u, "/f");
}

static int
do_symlink(void)
{
	return ask(FS_SYMLINK, "sp", "f", "/new");
}

static int
do_umask(void)
{
	return ask(FS_UMASK, "4", 077u);
}

static const struct row {
	int (*run)(void);
	uint32_t all; /* each of these is needed */
	uint32_t any; /* and one of these */
} rows[] = {
	{ do_stat, 0, RIGHT_LIST | RIGHT_READ },
	{ do_chdir, 0, 0 },
	{ do_open, RIGHT_READ, 0 },
	{ do_list, RIGHT_LIST, 0 },
	{ do_mlst, RIGHT_LIST, 0 },
	{ do_store_new, RIGHT_WRITE, 0 },
	{ do_store_over, RIGHT_OVERWRITE, 0 },
	{ do_store_check, RIGHT_OVERWRITE, 0 },
	{ do_store_end, RIGHT_APPEND, 0 },
	{ do_store_middle, RIGHT_APPEND | RIGHT_OVERWRITE, 0 },
	{ do_append, RIGHT_APPEND, 0 },
	{ do_append_new, RIGHT_APPEND | RIGHT_WRITE, 0 },
	{ do_unique, RIGHT_WRITE, 0 },
	{ do_mkdir, RIGHT_MKDIR, 0 },
	{ do_rmdir, RIGHT_RMDIR, 0 },
	{ do_rmtree, RIGHT_RMDIR | RIGHT_DELETE, 0 },
	{ do_delete, RIGHT_DELETE, 0 },
	{ do_rename_from, RIGHT_RENAME, 0 },
	{ do_rename, RIGHT_RENAME, 0 },
	{ do_rename_over, RIGHT_RENAME | RIGHT_OVERWRITE, 0 },
	{ do_chmod, RIGHT_CHMOD, 0 },
	{ do_utime, RIGHT_MTIME, 0 },
	{ do_facts_mode, RIGHT_CHMOD, 0 },
	{ do_facts_time, RIGHT_MTIME, 0 },
	{ do_facts_both, RIGHT_CHMOD | RIGHT_MTIME, 0 },
	{ do_symlink, RIGHT_WRITE, 0 },
	{ do_umask, 0, 0 },
};

static void
rights_setup(void)
{
	fixture_setup();
	put_file("f", "text");
	put_file("g", "other");
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
}

static void
set_rights(uint32_t rights)
{
	f.acct.rights = rights;
	fixture_session();
}

static void
check_nothing_happened(void)
{
	ck_assert_int_eq(count_names("."), 3);
	ck_assert_str_eq(get_file("f"), "text");
	ck_assert_str_eq(get_file("g"), "other");
	ck_assert_int_eq(mode_of("f"), 0644);
}

START_TEST(enough)
{
	const struct row *r = &rows[_i];
	uint32_t bit;

	for (bit = 1; bit <= RIGHTS_FULL && (bit & r->any) == 0; bit <<= 1)
		;
	set_rights(r->all | (r->any != 0 ? bit : 0));
	ck_assert_int_eq(r->run(), FS_OK);
}
END_TEST

START_TEST(missing)
{
	const struct row *r = &rows[_i];
	uint32_t bit;

	for (bit = 1; bit <= RIGHTS_FULL; bit <<= 1) {
		if ((r->all & bit) == 0)
			continue;
		set_rights(RIGHTS_FULL & ~bit);
		ck_assert_int_eq(r->run(), FS_FORBIDDEN);
		check_nothing_happened();
	}
	if (r->any != 0) {
		set_rights(RIGHTS_FULL & ~r->any);
		ck_assert_int_eq(r->run(), FS_FORBIDDEN);
	}
	if ((r->any | r->all) != 0) {
		set_rights(0);
		ck_assert_int_eq(r->run(), FS_FORBIDDEN);
		check_nothing_happened();
	}
}
END_TEST

/* In-place uploads ask for the same rights. */
START_TEST(in_place)
{
	const struct row *r = &rows[_i];

	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	set_rights(RIGHTS_FULL & ~r->all);
	ck_assert_int_eq(r->run(), FS_FORBIDDEN);
	check_nothing_happened();
	set_rights(r->all);
	ck_assert_int_eq(r->run(), FS_OK);
}
END_TEST

/* The perm fact says what the rights allow (R interop 27). */
START_TEST(perm_fact)
{
	static const struct {
		uint32_t rights;
		const char *file, *dir;
	} cases[] = {
		{ RIGHTS_FULL, "adfrw", "cdeflmp" },
		{ RIGHTS_READ_ONLY, "r", "el" },
		{ RIGHTS_UPLOAD_ONLY, "", "celm" },
		{ RIGHT_LIST | RIGHT_DELETE, "d", "elp" },
	};
	char file[64], dir[64];
	const char *text;
	int status;

	set_rights(cases[_i].rights);
	text = list_all(LIST_MLSX, 0, FACT_PERM, "/", "", &status);
	ck_assert_int_eq(status, FS_OK);
	snprintf(file, sizeof(file), "perm=%s; f\r\n", cases[_i].file);
	snprintf(dir, sizeof(dir), "perm=%s; d\r\n", cases[_i].dir);
	ck_assert_ptr_nonnull(strstr(text, file));
	ck_assert_ptr_nonnull(strstr(text, dir));
}
END_TEST

Suite *
suite_agent_rights(void)
{
	Suite *s = suite_create("agent_rights");
	TCase *t = tcase_create("rights");

	tcase_add_checked_fixture(t, rights_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, enough, 0, NELEM(rows));
	tcase_add_loop_test(t, missing, 0, NELEM(rows));
	tcase_add_loop_test(t, in_place, 5, 13);
	tcase_add_loop_test(t, perm_fact, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
