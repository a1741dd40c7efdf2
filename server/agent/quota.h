/* SPDX-License-Identifier: ISC */
/*
 * Quotas (R19): what an account may store under its root. Mounts do not count.
 *
 * Regular files count with their length, unfinished ones too. An upload is lent
 * some bytes at a time; they are counted when they are lent, so several
 * sessions and several agents of an account can never store more than its
 * quota. What an upload really was is settled when it is over.
 */
#ifndef SERVER_AGENT_QUOTA_H
#define SERVER_AGENT_QUOTA_H

#include "server/agent/session.h"
#include "server/agent/upload.h"

/* Takes the account's quota, and sees to it that its usage is known soon. */
void quota_open(struct agent_session *, const struct account *);
/* May this upload begin? FS_OK, FS_QUOTA, FS_QUOTA_FILES, or FS_BUSY if nobody
 * knows. */
enum fs_status quota_check(struct agent_session *, const struct upload *);
/* It has begun: counts it and lends it the first bytes. */
void quota_begin(struct agent_session *, struct upload *);
/* Lends it more. FS_QUOTA: there is no more. */
enum fs_status quota_lend(struct agent_session *, struct upload *);
/* It wants to be of this size. */
enum fs_status quota_commit(
    struct agent_session *, struct upload *, uint64_t size);
/* It was committed: what it replaced has gone, what it was appended to grew. */
void quota_committed(
    struct agent_session *, const struct upload *, uint64_t size);
/* It is over, its file still open: counts what there is of it. */
void quota_settle(struct agent_session *, struct upload *);
/* A regular file of this length has gone from this virtual path. */
void quota_removed(
    struct agent_session *, const char *path, const struct stat *);
/* Something has gone or moved that was not counted. */
void quota_doubt(struct agent_session *);
/* Bytes that are left at path; UINT64_MAX: no limit. */
uint64_t quota_left(struct agent_session *, const char *path);

/* quota_scan.c: counts the regular files under a directory and their bytes.
 * 0, or -1 with errno. */
int quota_scan(int root, int64_t *bytes_r, int64_t *files_r);

#endif
