/* SPDX-License-Identifier: ISC */
/*
 * Identities, and dropping to one for good. What needs root is left out
 * without it, and says so.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <check.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/privdrop.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

static const struct ident somebody = {
	.uid = 65533, .gid = 65532, .ngroups = 2, .groups = { 65531, 65532 }
};

START_TEST(self_is_who_we_are)
{
	struct ident a, b;

	ident_self(&a);
	ident_self(&b);
	ck_assert_uint_eq(a.uid, geteuid());
	ck_assert_uint_eq(a.gid, getegid());
	ck_assert(ident_equal(&a, &b));
}
END_TEST

START_TEST(equality_is_of_all_ids)
{
	struct ident a = somebody;

	ck_assert(ident_equal(&a, &somebody));
	a.groups[40] = 1; /* beyond ngroups */
	ck_assert(ident_equal(&a, &somebody));
	a.groups[1] = 1;
	ck_assert(!ident_equal(&a, &somebody));
	a = somebody;
	a.ngroups = 1;
	ck_assert(!ident_equal(&a, &somebody));
	a = somebody;
	a.uid++;
	ck_assert(!ident_equal(&a, &somebody));
	a = somebody;
	a.gid++;
	ck_assert(!ident_equal(&a, &somebody));
}
END_TEST

/* Whoever we are: an ordinary user from now on. */
static void
become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	CHILD_ASSERT(setgroups(0, NULL) == 0);
	CHILD_ASSERT(setresgid(65534, 65534, 65534) == 0);
	CHILD_ASSERT(setresuid(65534, 65534, 65534) == 0);
}

/* The hexadecimal sets of /proc: Inh, Prm, Eff, Bnd, Amb. */
static unsigned
capability_sets(int with_bounding)
{
	FILE *f = fopen("/proc/self/status", "r");
	char text[256];
	unsigned n = 0;

	CHILD_ASSERT(f != NULL);
	while (fgets(text, sizeof(text), f) != NULL)
		if (strncmp(text, "Cap", 3) == 0 &&
		    (with_bounding || strncmp(text, "CapBnd", 6) != 0)) {
			CHILD_ASSERT(strtoull(text + 7, NULL, 16) == 0);
			n++;
		}
	(void)fclose(f);
	return n;
}

static void
ordinary_stays(void)
{
	struct ident self;

	become_ordinary();
	ident_self(&self);
	privdrop(&self, "/nonexistent"); /* the root is ignored */
	CHILD_ASSERT(geteuid() == self.uid);
	CHILD_ASSERT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHILD_ASSERT(capability_sets(0) >= 3);
	CHILD_ASSERT(access("/proc", F_OK) == 0);
}

START_TEST(ordinary_user_stays_itself)
{
	char log[512];

	ck_assert_int_eq(child_run(ordinary_stays, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
ordinary_wants_more(void)
{
	become_ordinary();
	privdrop(&somebody, NULL);
}

START_TEST(ordinary_user_cannot_become_another)
{
	char log[512];

	ck_assert_int_eq(child_run(ordinary_wants_more, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "only root can become uid 65533"));
}
END_TEST

/* ---------------------------------------------------------------- as root */
static char dir[] = "/tmp/ternftpd-root.XXXXXX";

static void
root_drops(void)
{
	gid_t groups[8];

	privdrop(&somebody, NULL);
	CHILD_ASSERT(getuid() == 65533 && geteuid() == 65533);
	CHILD_ASSERT(getgid() == 65532 && getegid() == 65532);
	CHILD_ASSERT(getgroups(8, groups) == 2);
	CHILD_ASSERT(setuid(0) == -1 && seteuid(0) == -1);
	CHILD_ASSERT(setgid(0) == -1);
	CHILD_ASSERT(setgroups(0, NULL) == -1);
	CHILD_ASSERT(chroot("/") == -1);
	CHILD_ASSERT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHILD_ASSERT(capability_sets(1) >= 4);
	CHILD_ASSERT(access("/etc/shadow", R_OK) == -1);
}

START_TEST(root_becomes_somebody_for_good)
{
	char log[512];

	ck_assert_int_eq(child_run(root_drops, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
root_enters(void)
{
	struct stat a, b;
	char cwd[64];

	CHILD_ASSERT(chdir("/tmp") == 0);
	CHILD_ASSERT(stat(dir, &a) == 0);
	privdrop(&somebody, dir);
	CHILD_ASSERT(stat("/", &b) == 0);
	CHILD_ASSERT(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHILD_ASSERT(getcwd(cwd, sizeof(cwd)) != NULL);
	CHILD_ASSERT(strcmp(cwd, "/") == 0);
	CHILD_ASSERT(access("/etc", F_OK) == -1);
	CHILD_ASSERT(access("../../etc", F_OK) == -1);
}

START_TEST(root_directory_is_entered)
{
	char log[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0555), 0);
	ck_assert_int_eq(child_run(root_enters, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* The set of /proc under this name, "CapEff" and the like. */
static uint64_t
capability_set(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char text[256];
	uint64_t set = 0;
	bool found = false;

	CHILD_ASSERT(f != NULL);
	while (fgets(text, sizeof(text), f) != NULL)
		if (strncmp(text, name, 6) == 0) {
			set = strtoull(text + 7, NULL, 16);
			found = true;
		}
	(void)fclose(f);
	CHILD_ASSERT(found);
	return set;
}

static void
root_keeps(void)
{
	static const unsigned two[] = { CAP_KILL, CAP_SETPCAP };
	uint64_t want = UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SETPCAP;

	CHILD_ASSERT(privdrop_keep(two, 2) == 0);
	CHILD_ASSERT(capability_set("CapPrm") == want);
	CHILD_ASSERT(capability_set("CapEff") == want);
	CHILD_ASSERT(capability_set("CapBnd") == want);
	CHILD_ASSERT(capability_set("CapInh") == 0);
	CHILD_ASSERT(setuid(1) == -1 && chroot("/") == -1);
	/* What was given up is not among what is kept. */
	CHILD_ASSERT(
	    privdrop_keep((const unsigned[]){ CAP_KILL, CAP_SETUID }, 2) == 0);
	want = UINT64_C(1) << CAP_KILL;
	CHILD_ASSERT(capability_set("CapEff") == want);
	CHILD_ASSERT(capability_set("CapBnd") == want);
	/* Without CAP_SETPCAP the bounding set stays as it is. */
	CHILD_ASSERT(privdrop_keep(NULL, 0) == 0);
	CHILD_ASSERT(capability_set("CapPrm") == 0);
	CHILD_ASSERT(capability_set("CapBnd") == want);
}

START_TEST(root_keeps_what_is_named)
{
	char log[512];

	ck_assert_int_eq(child_run(root_keeps, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
root_enters_nothing(void)
{
	privdrop(&somebody, "/nonexistent");
}

START_TEST(missing_root_directory_is_fatal)
{
	char log[512];

	ck_assert_int_eq(child_run(root_enters_nothing, log, sizeof(log)), 1);
	ck_assert_ptr_nonnull(strstr(log, "chroot"));
}
END_TEST

Suite *
suite_privdrop(void)
{
	Suite *s = suite_create("privdrop");
	TCase *tc = tcase_create("anybody"), *tr = tcase_create("root");

	tcase_add_test(tc, self_is_who_we_are);
	tcase_add_test(tc, equality_is_of_all_ids);
	tcase_add_test(tc, ordinary_user_stays_itself);
	tcase_add_test(tc, ordinary_user_cannot_become_another);
	suite_add_tcase(s, tc);
	if (geteuid() == 0) {
		tcase_add_test(tr, root_becomes_somebody_for_good);
		tcase_add_test(tr, root_keeps_what_is_named);
		tcase_add_test(tr, root_directory_is_entered);
		tcase_add_test(tr, missing_root_directory_is_fatal);
	} else {
		puts("SKIP: privdrop as root (this is not root)");
	}
	suite_add_tcase(s, tr);
	return s;
}
