/* SPDX-License-Identifier: ISC */
/*
 * Uploads: FS_STORE, FS_COMMIT, FS_ABANDON (R7).
 *
 * Atomic (the default): bytes go to a file of another name in the same
 * directory (partial.h); commit renames it. Until then the old file is
 * untouched and nothing of the new one is visible. What comes of an upload is
 * fixed when it begins:
 *
 *   FRESH     a new file, from its start
 *   PARTIAL   an interrupted upload goes on where it stopped
 *   PREFIX    a new file that begins with a copy of the target's first bytes
 *   TAIL      bytes that commit appends to the target
 *   UNIQUE    a new file under a name nobody has; commit never replaces
 *   IN_PLACE  the target itself, where the configuration wants that
 *
 * In place of a replaced file there is a new one: it gets the old one's
 * permission bits and, where possible, its group; its owner is the uploader,
 * and further hard links keep the old contents.
 */
#ifndef SERVER_AGENT_UPLOAD_H
#define SERVER_AGENT_UPLOAD_H

#include "server/agent/ops.h"
#include "server/agent/partial.h"
#include "server/agent/resolve.h"

enum upload_kind {
	UP_FRESH,
	UP_PARTIAL,
	UP_PREFIX,
	UP_TAIL,
	UP_UNIQUE,
	UP_IN_PLACE,
};

/*
 * One upload: planned (nothing exists yet), then begun (fd is open), then
 * committed or abandoned.
 */
struct upload {
	/* What was asked for. */
	enum store_mode mode;
	uint64_t at;
	char asked[VPATH_MAX];
	/* What became of it. */
	enum upload_kind kind;
	char path[VPATH_MAX]; /* final virtual path */
	struct target t; /* where that is; what was there */
	char tmp[TMP_NAME_SIZE]; /* the name being written, in t.dir */
	int fd; /* write-only; the worker has a duplicate */
	uint64_t offset; /* where writing starts */
	uint64_t prefix; /* bytes to copy from the target */
	bool created; /* in place: the file was not there before */
	enum file_access access; /* FILE_KEPT: the worker has no descriptor */
	int err; /* errno of a write of ours that failed: no commit */
	/* quota.c */
	uint64_t had; /* bytes that its file had before */
	uint64_t counted; /* ... that it is counted with now */
	uint64_t limit; /* no byte may be written at or behind it */
	bool is_counted;
};

/*
 * upload_plan.c: decides kind, names and offset, and whether the account and
 * the file system allow it. Creates nothing. up is cleared by upload_clear(),
 * also after a refusal.
 */
enum fs_status upload_plan(
    struct agent_session *, struct agent_req *, struct upload *up);
/* upload_begin.c: opens up->fd. On failure nothing is left behind. */
enum fs_status upload_begin(
    struct agent_session *, struct agent_req *, struct upload *up);
/* upload_commit.c: makes it visible. On failure the target is untouched. */
enum fs_status upload_commit(struct agent_session *, struct agent_req *,
    struct upload *up, uint64_t size);
/* upload_commit.c: removes what was written, or keeps it for a resume. */
void upload_abandon(struct agent_session *, struct upload *up, bool keep);

void upload_clear(struct upload *);
/* Forgets what was checked and not begun. */
void upload_forget(struct agent_session *);
/* Abandons the session's upload if there is one. */
void upload_end(struct agent_session *, bool keep);

/*
 * Copies n bytes between files, sharing blocks where the file system can.
 * 0, or -1 with errno (ENODATA: the source is shorter).
 */
int copy_range(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n);

#endif
