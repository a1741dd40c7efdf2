/* SPDX-License-Identifier: ISC */
/*
 * What an agent opens for its sandbox never waits for a network or a daemon.
 */
#include <check.h>
#include <limits.h>
#include <string.h>

#include "common/mem.h"
#include "server/agent/confine.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static const char mounts[] = "/dev/sda1 / ext4 rw 0 0\n"
			     "none /srv autofs rw 0 0\n"
			     "disk /srv/disk xfs rw 0 0\n"
			     "server:/x /srv/nfs nfs4 rw 0 0\n"
			     "server:/y /mnt nfs rw 0 0\n"
			     "/dev/sdb1 /mnt/deep/disk ext4 rw 0 0\n"
			     "/dev/sdc1 /over ext4 rw 0 0\n"
			     "me@there:/ /over fuse.sshfs rw 0 0\n"
			     "/dev/sdd1 /with\\040blank ext3 rw 0 0\n";

static const struct {
	const char *path, *local;
} cuts[] = {
	{ "/home/anna", "/home/anna" },
	{ "/srv/disk/anna", "/srv/disk/anna" },
	{ "/srv/nfs/anna", "/" },
	{ "/srv/other", "/" },
	{ "/mnt/anna", "/" },
	{ "/mnt", "/" },
	{ "/mntx/anna", "/mntx/anna" },
	{ "/mnt/deep/disk/anna", "/mnt/deep/disk/anna" },
	{ "/over/anna", "/" },
	{ "/with blank/anna", "/with blank/anna" },
	{ "/", "/" },
};

START_TEST(paths_are_cut_to_what_is_local)
{
	char path[PATH_MAX];

	strlcpy(path, cuts[_i].path, sizeof(path));
	confine_local_part(temp_file("mounts", mounts), path);
	ck_assert_str_eq(path, cuts[_i].local);
}
END_TEST

START_TEST(without_mounts_a_path_is_whole)
{
	char path[PATH_MAX] = "/home/anna";

	confine_local_part("/nonexistent", path);
	ck_assert_str_eq(path, "/home/anna");
}
END_TEST

Suite *
suite_agent_confine(void)
{
	Suite *s = suite_create("agent_confine");
	TCase *tc = tcase_create("local");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, paths_are_cut_to_what_is_local, 0, NELEM(cuts));
	tcase_add_test(tc, without_mounts_a_path_is_whole);
	suite_add_tcase(s, tc);
	return s;
}
