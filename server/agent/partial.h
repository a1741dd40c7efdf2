/* SPDX-License-Identifier: ISC */
/*
 * The names of files that are not whole yet, and the interrupted uploads that
 * wait under such names to be resumed (R7.3, R7.4).
 *
 *   .NAME.XXXXXXXX.part          being written; 8 random hex digits
 *   .NAME.KEY.part               interrupted; KEY are 16 hex digits that stand
 *                                for account and virtual path
 *   .NAME.stou.part              reserves NAME for a STOU
 *
 * NAME is cut where it would be too long. Names of these shapes are never
 * listed and no client may create one; by its name a client can still read or
 * delete one. A file that is being written is locked with flock(2), so one
 * without a lock is a leftover.
 */
#ifndef SERVER_AGENT_PARTIAL_H
#define SERVER_AGENT_PARTIAL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "server/agent/resolve.h"

#define TMP_NAME_SIZE (NAME_MAX + 1)

/* All write to out, TMP_NAME_SIZE bytes. */
void tmp_name_random(char *out, const char *name);
void tmp_name_stou(char *out, const char *name);
void tmp_name_partial(char *out, const char *name, const struct agent_session *,
    const char *path);
/* Does the name have one of the three shapes? */
bool tmp_name_is(const char *name);
/* May a client create something of this virtual path's name? */
bool name_is_creatable(const char *path);

/*
 * Does an interrupted upload of this path wait beside its target, newer than
 * it? Sets its name and status.
 */
bool partial_find(const struct agent_session *, const char *path,
    const struct target *, char *name_r, struct stat *st_r);
/* The same by path alone; *st_r stays as it was if there is none. */
bool partial_stat(
    const struct agent_session *, const char *path, struct stat *st_r);
/*
 * Removes it; its name is computed from (dir, name, path). 1: it is removed; 0:
 * there is none, or somebody is writing it; -1: it cannot be removed.
 */
int partial_remove(
    const struct agent_session *, int dir, const char *name, const char *path);
/*
 * Removes our leftovers from a directory (a readable descriptor) that has
 * nothing else in it. False if something else is there.
 */
bool partial_clear_dir(const struct agent_session *, int dir);

/* Removes a leftover that nobody has touched for longer than conf's
 * resume_keep, wherever one is met. True if it has gone. */
bool partial_expire(const struct agent_session *, int dir, const char *name);

/* Takes the lock of a file being written. 0, or -1 with EAGAIN: another has. */
int partial_lock(int fd);
/* Is (dir, name) still the file of this status, or the one behind fd? */
bool partial_is_named(int dir, const char *name, const struct stat *);
bool partial_is_same(int dir, const char *name, int fd);

#endif
