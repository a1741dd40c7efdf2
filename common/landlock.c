/* SPDX-License-Identifier: ISC */
/*
 * See the header. What the kernel's headers may be too old for stands here.
 */
#include "common/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/mem.h"

#ifndef SYS_landlock_create_ruleset /* the same everywhere */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* Of the kernel's interface, which never changes. */
#define CREATE_VERSION 1u
#define RULE_BENEATH 1
struct ruleset {
	uint64_t fs, net, scoped;
};
struct beneath {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
};
#define FS_READ (FS_READ_FILE | FS_READ_DIR)
/* All but executing. Special files may be renamed, which is as making them. */
#define FS_CHANGE (2 * FS_IOCTL_DEV - 1 - FS_EXECUTE - FS_IOCTL_DEV)
#define NET_TCP 3 /* bind, connect */
#define SCOPE_ALL 3 /* abstract UNIX sockets, signals */

/* What each version brought, and its attribute's size. */
static const struct {
	uint64_t fs, net, scoped;
	size_t size;
} versions[] = {
	{ 0, 0, 0, 0 },
	{ FS_REFER - 1, 0, 0, 8 },
	{ FS_TRUNCATE - 1, 0, 0, 8 },
	{ FS_IOCTL_DEV - 1, 0, 0, 8 },
	{ FS_IOCTL_DEV - 1, NET_TCP, 0, 16 },
	{ 2 * FS_IOCTL_DEV - 1, NET_TCP, 0, 16 },
	{ 2 * FS_IOCTL_DEV - 1, NET_TCP, SCOPE_ALL, 24 },
};

int
landlock_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return v > 0 ? (int)v : 0;
}

static int
allow(int rules, const struct landlock_place *p, uint64_t handled)
{
	struct beneath b = {
		.access = (FS_READ | (p->changes ? FS_CHANGE : 0)) & handled,
		.parent = open(p->path, O_PATH | O_CLOEXEC),
	};
	long rc;

	if (b.parent == -1)
		return 0;
	rc = syscall(SYS_landlock_add_rule, rules, RULE_BENEATH, &b, 0);
	close(b.parent);
	return (int)rc;
}

int
landlock_enter(const struct landlock_place *places, size_t n, bool tcp)
{
	size_t i, v = (size_t)landlock_version();
	struct ruleset set;
	int rules, rc = 0;

	if (v >= NELEM(versions))
		v = NELEM(versions) - 1;
	set = (struct ruleset){ versions[v].fs, tcp ? 0 : versions[v].net,
		versions[v].scoped };
	rules = (int)syscall(
	    SYS_landlock_create_ruleset, &set, versions[v].size, 0);
	if (rules == -1)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		rc = allow(rules, &places[i], set.fs);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return rc;
}
