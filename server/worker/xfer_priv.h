/* SPDX-License-Identifier: ISC */
/*
 * The inside of a transfer, shared by xfer*.c and cmd_xfer.c.
 *
 * xfer.c is the machine; a struct xfer_ops is one kind of transfer. A step of
 * an operation says what it waits for, and one driver in xfer.c arms events
 * and ends the transfer accordingly.
 */
#ifndef SERVER_WORKER_XFER_PRIV_H
#define SERVER_WORKER_XFER_PRIV_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/ascii.h"
#include "common/stream.h"
#include "common/timer.h"
#include "common/vpath.h"
#include "server/proto.h"
#include "server/worker/fs.h"
#include "server/worker/session.h"
#include "server/worker/xfer.h"

/*
 * Bytes one transfer may move before the loop serves others: about a quarter
 * of a millisecond, and few enough system calls per GiB not to be measurable.
 */
#define XFER_SLICE (1024 * 1024)

enum xfer_state {
	XFER_OPENING, /* the agent looks at the file */
	XFER_CONNECTING, /* 150 said, no data connection yet */
	XFER_HANDSHAKE, /* it is there and begins with TLS */
	XFER_MOVING,
	XFER_FINISHING, /* the agent commits an upload */
	XFER_DONE,
};

enum xfer_step {
	STEP_AGAIN, /* did something: call again */
	STEP_DONE, /* all moved */
	STEP_READ, /* wait until the connection can be read */
	STEP_WRITE, /* ... can be written */
	STEP_AGENT, /* ... until the agent answers */
	STEP_PAUSE, /* ... until its rate allows more */
	STEP_FAILED, /* xfer->error says why */
};

/* Why a transfer failed after the 150; one row of a table in xfer.c each. */
enum xfer_error {
	XE_ABORTED,
	XE_NO_ENDPOINT,
	XE_CONNECT,
	XE_TLS, /* no TLS on it; xfer->detail says why */
	XE_TLS_REUSE, /* not by the session it should have resumed */
	XE_TLS_CERT, /* not by the client that logged in */
	XE_UNCLEAN, /* an upload without close_notify */
	XE_RESET,
	XE_STALLED,
	XE_READ,
	XE_SHRANK,
	XE_WRITE,
	XE_FULL,
	XE_QUOTA,
	XE_AGENT, /* xfer->refusal says why */
};

struct xfer;

struct xfer_ops {
	/* The data connection is up, in xfer->st. */
	void (*connected)(struct xfer *);
	/* Moves a slice. */
	enum xfer_step (*move)(struct xfer *);
	/* move() said STEP_DONE. */
	void (*finish)(struct xfer *);
	bool upload;
};

struct xfer {
	struct session *s;
	const struct xfer_ops *ops;
	enum xfer_state state;
	enum xfer_error error;
	enum fs_status refusal;
	bool asked; /* an answer of the agent is on its way */
	bool stored; /* the agent has, or will have, an upload of ours open */
	bool begun; /* 150 was said */
	bool private; /* PROT P when it began */
	const char *tls; /* for the log: NULL, or "TLSv1.3" */
	bool resumed; /* ... and how it came up */
	char *detail; /* for the log: more than the error's reason */

	struct stream st; /* fd -1 until connected */
	struct event ev;
	short watched; /* EV_READ, EV_WRITE or 0 */
	struct timer timer; /* MOVING: stall; HANDSHAKE: its timeout;
			     * FINISHING: held replies */
	struct timer pause; /* STEP_PAUSE */
	uint32_t pause_ms;
	uint64_t began, progress; /* clock_ms() */

	uint64_t moved, total; /* bytes on the wire; UINT64_MAX: unknown */
	int file;
	off_t offset; /* in the file */
	uint64_t left; /* download: bytes of the file still to send */
	bool convert; /* TYPE A is to be converted */
	bool copy; /* the kernel cannot move it: through buf */
	enum file_access access;
	bool kept; /* download: the agent has it open, alone or too */
	off_t warm; /* FILE_PROBE: up to here it is in the page cache */
	struct ascii ascii;

	/* what is read and still to be sent, in buf or in an agent's message */
	const char *text;
	size_t text_len;
	bool last; /* nothing follows it */
	char *buf; /* our own memory, if any */
	size_t buf_cap;
	enum list_more more; /* listing: is this the last page? */

	/* upload */
	enum store_mode store;
	uint64_t restart;
	bool bulk; /* it is a large one */
	uint64_t limit; /* of a quota: offset must not pass it; UINT64_MAX */
	bool no_more; /* the limit cannot be moved */
	int pipe[2]; /* -1 unless splicing; empty between steps */
	char *unique; /* STOU: the name that the agent chose */

	const char *verb, *arg; /* as the client wrote it */
	char path[]; /* and as a normal virtual path */
};

/* -------------------------------------------------------------- xfer.c */

/* A transfer in OPENING; the session is in CTRL_TRANSFER. */
struct xfer *xfer_new(struct session *, const struct xfer_ops *,
    const char *verb, const char *path, const char *arg);
void xfer_free(struct xfer *);
void xfer_set(struct xfer *, enum xfer_state);
/* The virtual path; of a STOU the one that the agent chose. */
const char *xfer_path(const struct xfer *);
/* Says the 150 (once), then gets the data connection: ops->connected. */
void xfer_say_start(struct xfer *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void xfer_connect(struct xfer *);
/* Goes on moving bytes: after connected(), and when the agent has answered. */
void xfer_move(struct xfer *);
/* How many of so many bytes may be moved now; 0: STEP_PAUSE. */
size_t xfer_allow(struct xfer *, size_t len);
/* They were moved, on the wire. */
void xfer_moved(struct xfer *, size_t n);
/* Sets the error and returns STEP_FAILED. */
enum xfer_step xfer_failed(struct xfer *, enum xfer_error);
/* Calls the machine when the connection is ready for EV_READ or EV_WRITE. */
void xfer_watch(struct xfer *, short what);
/* Waits for nothing any more; before the connection changes hands. */
void xfer_unwatch(struct xfer *);
/* Takes the socket out of the stream. */
int xfer_take_socket(struct xfer *);

/* ---------------------------------------------------------- xfer_tls.c */

/* PROT P: the connection begins with TLS, if it has not already begun. */
void xfer_tls_start(struct xfer *);
void xfer_tls_step(struct xfer *);
void xfer_tls_timeout(struct xfer *);

/* ---------------------------------------------------------- xfer_end.c */

/*
 * Each says the final reply, lets the session go on
 * and frees x.
 */
void xfer_complete(struct xfer *, const char *text);
void xfer_fail(struct xfer *, enum xfer_error);
/* Before the 150: the agent's refusal, or a reply of our own. */
void xfer_refuse(struct xfer *, enum fs_status);
void xfer_refuse_with(struct xfer *, enum reason, int code, const char *text);

/* ---------------------------------------------- one file per direction */

/* Sends text; STEP_AGAIN when nothing is left of it. */
enum xfer_step xfer_send_text(struct xfer *);
/*
 * Makes the next n bytes of a download (at most half of XFER_BUF, and they may
 * stand in x->buf already) the text to be sent.
 */
void xfer_take_bytes(struct xfer *, const char *in, size_t n);
#define XFER_BUF (128 * 1024)
/* Everything was sent: ends our side in an orderly way. */
enum xfer_step xfer_end_sending(struct xfer *);

void xfer_retr(
    struct session *, const char *path, const char *arg, uint64_t restart);
void xfer_stor(struct session *, const char *verb, enum store_mode,
    const char *path, const char *arg, uint64_t restart);
struct list_opts;
void xfer_list(struct session *, const char *verb, const struct list_opts *,
    const char *path);

/*
 * xfer_cold.c: files that cannot be read or written without waiting. How many
 * of the next len bytes can be read so? 0: none, or who knows.
 */
size_t xfer_warm(struct xfer *, size_t len);
/* Has the agent bring the next bytes into the page cache. */
enum xfer_step xfer_warm_up(struct xfer *);
/* FILE_KEPT: asks for the next bytes. */
enum xfer_step xfer_ask_bytes(struct xfer *);
/* FILE_KEPT: has the agent write them, at most FS_WRITE_MAX. */
enum xfer_step xfer_give_bytes(struct xfer *, const char *, size_t len);
/* The same, with nothing but the commit behind it. */
void xfer_give_last(struct xfer *, const char *, size_t len);

/* xfer_pipe.c: pipes for splice(2), kept by the process. 0 or -1. */
int xfer_pipe_get(int fds[2]);
/* Takes the pipe back; one that is not empty is closed. */
void xfer_pipe_put(int fds[2], bool empty);
#define XFER_PIPE_SIZE (1024 * 1024)

#endif
