/* SPDX-License-Identifier: ISC */
/*
 * Which file systems can make who uses them wait.
 *
 * Reading waits wherever the bytes are not in the page cache; Linux can tell
 * for some file systems. Writing goes to the page cache, so on a local disk it
 * waits for a moment at most; over a network or in a FUSE process it can take
 * forever. What is not known is taken for the latter.
 */
#include "server/agent/access.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include "common/mem.h"

/* Numbers that linux/magic.h does not have everywhere. */
#define BCACHEFS 0xca451a4eu
#define EXFAT 0x2011bab0u
#define F2FS 0xf2f52010u
#define HFSPLUS 0x482bu
#define JFS 0x3153464au
#define NTFS3 0x7366746eu
#define UBIFS 0x24051905u
#define XFS 0x58465342u
#define ZFS 0x2fc12fc1u

static const unsigned long in_memory[] = { TMPFS_MAGIC, RAMFS_MAGIC };
static const unsigned long on_disk[] = { EXT4_SUPER_MAGIC, XFS,
	BTRFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, ZFS, F2FS, BCACHEFS,
	MSDOS_SUPER_MAGIC, EXFAT, NTFS3, JFS, HFSPLUS, UBIFS };

struct kinds {
	const unsigned long *v;
	size_t n;
};
static const struct kinds memory = { in_memory, NELEM(in_memory) };
static const struct kinds disk = { on_disk, NELEM(on_disk) };

static bool
is_one_of(const struct kinds *kinds, unsigned long type)
{
	size_t i;

	for (i = 0; i < kinds->n; i++)
		if (kinds->v[i] == type)
			return true;
	return false;
}

/* The number of the file system; 0, which is none, if that is not known. */
static unsigned long
type_of(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 ? (unsigned long)fs.f_type & 0xffffffffu
				     : 0;
}

/* File systems that cannot tell what is in memory say so to any such read. */
enum file_access
access_to_read(int fd)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	if (is_one_of(&memory, type_of(fd)))
		return FILE_READY;
	if (preadv2(fd, &iov, 1, 0, RWF_NOWAIT) == -1 && errno == EOPNOTSUPP)
		return FILE_KEPT;
	return FILE_PROBE;
}

enum file_access
access_to_write(int fd)
{
	unsigned long type = type_of(fd);

	return is_one_of(&memory, type) || is_one_of(&disk, type) ? FILE_READY
								  : FILE_KEPT;
}
