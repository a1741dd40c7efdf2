/* SPDX-License-Identifier: ISC */
/*
 * From errno to the refusals that workers know: one table.
 */
#include <errno.h>

#include "common/mem.h"
#include "server/agent/ops.h"

static const struct {
	int err;
	enum fs_status status;
} table[] = {
	{ ENOENT, FS_MISSING },
	{ EACCES, FS_DENIED },
	{ EPERM, FS_DENIED },
	{ EEXIST, FS_EXISTS },
	{ ENOTDIR, FS_NOT_DIR },
	{ EISDIR, FS_IS_DIR },
	{ ENXIO, FS_NOT_REGULAR },
	{ ENODEV, FS_NOT_REGULAR },
	{ ENOTEMPTY, FS_NOT_EMPTY },
	{ EILSEQ, FS_BAD_NAME },
	{ EINVAL, FS_BAD_NAME }, /* what vfat says to '?' in a name */
	{ ENAMETOOLONG, FS_NAME_TOO_LONG },
	{ ENOSPC, FS_NO_SPACE },
	{ EDQUOT, FS_QUOTA },
	{ EROFS, FS_READ_ONLY },
	{ EBUSY, FS_BUSY },
	{ ETXTBSY, FS_BUSY },
	{ EAGAIN, FS_BUSY },
	{ EXDEV, FS_CROSS_DEVICE },
	{ ELOOP, FS_LOOP },
	{ EFBIG, FS_TOO_LARGE },
};

enum fs_status
fs_status_of(int err)
{
	size_t i;

	for (i = 0; i < NELEM(table); i++) {
		if (table[i].err == err)
			return table[i].status;
	}
	return FS_IO;
}

enum fs_status
req_errno(struct agent_req *r)
{
	r->err = errno;
	return fs_status_of(r->err);
}
