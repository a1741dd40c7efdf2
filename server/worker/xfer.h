/* SPDX-License-Identifier: ISC */
/*
 * Transfers: from the command's acceptance to its final reply.
 *
 *   OPENING (agent) -> CONNECTING -> MOVING -> FINISHING (agent) -> done
 *
 * xfer.c owns the machine and says every reply after the command was accepted;
 * xfer_send.c, xfer_recv.c and xfer_list.c move the bytes.
 */
#ifndef SERVER_WORKER_XFER_H
#define SERVER_WORKER_XFER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/proto.h"

struct session;

/* Is a transfer command unfinished? */
bool xfer_is_active(const struct session *);
/*
 * ABOR: resets the data connection, says 426 and lets the command end; the
 * caller adds the 226. False if the final reply was already said.
 */
bool xfer_abort(struct session *);
/* The session ends: as ABOR, silently. Keeps what an upload has received. */
void xfer_drop(struct session *);
/* Bytes moved so far, and in all (UINT64_MAX: unknown), for STAT. */
bool xfer_progress(
    const struct session *, uint64_t *moved_r, uint64_t *total_r);
/* "RETR /pub/a.iso" for STAT and the log, into out. */
const char *xfer_str(const struct session *, char *out, size_t size);

/* What is told of it to who looks. */
struct xfer_view {
	enum status_direction direction;
	const char *path; /* virtual */
	uint64_t moved, total; /* as xfer_progress() */
	uint64_t ms; /* since it began */
};
bool xfer_look(const struct session *, struct xfer_view *);

/* The worker ends: closes the pipes that are kept for uploads. */
void xfer_pipes_clear(void);

#endif
