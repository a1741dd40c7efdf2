/* SPDX-License-Identifier: ISC */
/*
 * From virtual paths to descriptors, never outside the session's root.
 */
#ifndef SERVER_AGENT_RESOLVE_H
#define SERVER_AGENT_RESOLVE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "server/agent/session.h"

/*
 * Opens a path below the root as the kernel resolves it there: links may lead
 * anywhere inside and nowhere outside. flags as for open(2), O_CLOEXEC is
 * added; nothing is ever created. -1 with errno.
 */
int resolve_open(const struct agent_session *, const char *path, int flags);
/*
 * Opens a regular file (R8, R37): anything else is ENXIO, or EISDIR, and is
 * never opened for real, so a FIFO cannot hang us and a device is not touched.
 */
int resolve_regular(const struct agent_session *, const char *path, int flags,
    struct stat *st_r);
/*
 * Opens the directory (O_PATH) that holds the path's last component and copies
 * that component to name (NAME_MAX + 1 bytes): something that *at() calls can
 * take, never "", "." or "..". "/" is in no directory: EPERM.
 */
int resolve_parent(const struct agent_session *, const char *path, char *name);

/* Where a file is or would be, after following links at the path's end. */
struct target {
	int dir; /* O_PATH */
	char name[NAME_MAX + 1];
	bool exists;
	struct stat st; /* if it exists; never a link */
};
/* 0, or -1 with errno (ENOENT: the directory is missing) and nothing open. */
int target_open(
    const struct agent_session *, const char *path, struct target *);
void target_clear(struct target *);

/* "/proc/self/fd/N" for calls that take no O_PATH descriptor. */
#define PROC_FD_MAX 32
const char *proc_fd_path(char *out, int fd);

#endif
