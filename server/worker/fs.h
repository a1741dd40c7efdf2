/* SPDX-License-Identifier: ISC */
/*
 * Requests to the session's file agent; the answers come to a callback.
 *
 * One request is on its way at a time, further ones wait in a queue here, in
 * order. A callback runs inside a turn of the session. fs_cancel() makes the
 * callbacks of everything asked so far silent (their descriptors are closed);
 * what is asked after it is answered as usual: ABOR cancels, then abandons.
 *
 * The functions have the names of the agent's answer functions.
 */
#ifndef SERVER_WORKER_FS_H
#define SERVER_WORKER_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/buf.h"
#include "common/listfmt.h"
#include "server/proto.h"

struct session;
struct fs;

/*
 * A reply. body stands behind the status; a callback that got FS_OK reads its
 * fields and checks rbuf_end(). fd is -1 or the callback's to keep or close.
 */
struct fs_reply {
	enum fs_status status;
	struct rbuf body;
	int fd;
};
typedef void fs_cb(struct session *, struct fs_reply *);

/*
 * Were all fields of an FS_OK read, and no more there? If not, the agent is
 * broken: says 421 and closes.
 */
bool fs_end(struct session *, const struct fs_reply *)
    __attribute__((warn_unused_result));

/* Takes over the channel's descriptor. A dead agent ends the session (421). */
struct fs *fs_new(struct session *, int fd);
void fs_free(struct fs *);
void fs_cancel(struct session *);
bool fs_is_busy(const struct session *);

void fs_stat(struct session *, const char *path, fs_cb *);
void fs_chdir(struct session *, const char *path, fs_cb *);
void fs_message(struct session *, const char *path, fs_cb *);
void fs_open(struct session *, const char *path, fs_cb *);
void fs_keep(struct session *, int file, fs_cb *); /* file stays the caller's */
void fs_read(struct session *, uint64_t offset, uint32_t length, fs_cb *);
void fs_warm(struct session *, uint64_t offset, uint32_t length, fs_cb *);
void fs_close(struct session *, fs_cb *);
struct fs_list {
	enum list_style style;
	uint32_t flags; /* enum list_flag */
	uint32_t facts;
	uint32_t max;
	const char *path, *arg;
};
void fs_list(struct session *, const struct fs_list *, fs_cb *);
void fs_list_next(struct session *, fs_cb *);
void fs_store(struct session *, enum store_mode, int check_only,
    uint64_t offset, const char *path, fs_cb *);
/* len bytes, at most FS_WRITE_MAX */
void fs_write(
    struct session *, uint64_t offset, const void *, size_t len, fs_cb *);
/* The upload has reached its limit: what is the next one? */
void fs_grow(struct session *, fs_cb *);
void fs_usage(struct session *, fs_cb *);
void fs_commit(struct session *, uint64_t size, fs_cb *);
void fs_abandon(struct session *, int keep, fs_cb *);
void fs_mkdir(struct session *, const char *path, int with_parents, fs_cb *);
void fs_rmdir(struct session *, const char *path, int recursive, fs_cb *);
void fs_delete(struct session *, const char *path, fs_cb *);
void fs_rename_from(struct session *, const char *path, fs_cb *);
void fs_rename(struct session *, const char *from, const char *to, fs_cb *);
void fs_chmod(struct session *, uint32_t mode, const char *path, fs_cb *);
void fs_utime(struct session *, time_t mtime, const char *path, fs_cb *);
void fs_symlink(
    struct session *, const char *target, const char *path, fs_cb *);
void fs_space(struct session *, const char *path, fs_cb *);
void fs_umask(struct session *, uint32_t mask, fs_cb *);
void fs_facts(
    struct session *, time_t mtime, uint32_t mode, const char *path, fs_cb *);

/* "No such file or directory" and so on: the words clients look for. */
const char *fs_strstatus(enum fs_status);
/*
 * The reply code of a refusal: 550 for most; creating (STOR, MKD, RNTO target)
 * says 553 for names and rights, 452 for space, 450 for busy, 451 for I/O.
 * A missing object is always 550 (R0b G).
 */
int fs_code(enum fs_status, int creating);
/* Replies "code name: text" as above. */
void fs_refuse(
    struct session *, enum fs_status, int creating, const char *name);

#endif
