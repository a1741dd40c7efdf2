/* SPDX-License-Identifier: ISC */
/*
 * What a client is told when the file agent refuses.
 */
#include "server/worker/fs.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"

/* The words clients look for (R interop 9), and the codes (protocol 3). */
static const struct {
	const char *text;
	int code, creating;
} refusals[FS_STATUS_COUNT] = {
	[FS_OK] = { "Success", 250, 250 },
	[FS_MISSING] = { "No such file or directory", 550, 550 },
	[FS_NO_PARENT] = { "No such file or directory", 550, 550 },
	[FS_DENIED] = { "Permission denied", 550, 553 },
	[FS_FORBIDDEN] = { "Permission denied", 550, 553 },
	[FS_EXISTS] = { "File exists", 550, 553 },
	[FS_NOT_DIR] = { "Not a directory", 550, 550 },
	[FS_IS_DIR] = { "Is a directory", 550, 553 },
	[FS_NOT_REGULAR] = { "Not a regular file", 550, 553 },
	[FS_NOT_EMPTY] = { "Directory not empty", 550, 550 },
	[FS_BAD_NAME] = { "File name not allowed", 550, 553 },
	[FS_NAME_TOO_LONG] = { "File name too long", 550, 553 },
	[FS_NO_SPACE] = { "Insufficient storage space", 452, 452 },
	[FS_QUOTA] = { "Quota exceeded", 552, 552 },
	[FS_READ_ONLY] = { "Read-only file system", 550, 553 },
	[FS_BUSY] = { "File busy", 450, 450 },
	[FS_CROSS_DEVICE] = { "Cannot rename across file systems", 553, 553 },
	[FS_LOOP] = { "Too many levels of symbolic links", 550, 553 },
	[FS_INSIDE_ITSELF] = { "Cannot move a directory into itself", 553,
	    553 },
	[FS_BAD_OFFSET] = { "Restart offset beyond end of file", 554, 554 },
	[FS_NO_MATCH] = { "No files found", 550, 550 },
	[FS_IO] = { "Local error in processing", 451, 451 },
	[FS_TOO_LARGE] = { "Too large to be done in one command", 550, 553 },
	[FS_QUOTA_FILES] = { "Quota exceeded", 552, 552 },
};

const char *
fs_strstatus(enum fs_status status)
{
	return refusals[status].text;
}

int
fs_code(enum fs_status status, int creating)
{
	return creating ? refusals[status].creating : refusals[status].code;
}

void
fs_refuse(
    struct session *s, enum fs_status status, int creating, const char *name)
{
	int code = fs_code(status, creating);

	refusal_of_agent(s, status, code, name);
	if (status == FS_NO_MATCH || name[0] == '\0')
		reply(s, code, "%s.", fs_strstatus(status));
	else
		reply(s, code, "%s: %s.", name, fs_strstatus(status));
}
