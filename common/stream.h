/* SPDX-License-Identifier: ISC */
/*
 * A byte stream to a peer, plain or TLS: non-blocking steps that return what
 * they wait for.
 *
 * Everything above moves bytes through these operations only; turning a
 * connection into a TLS one swaps the ops and nothing else. No operation ever
 * blocks, sets a socket option that delays or hurries segments, or sends more
 * than it was given.
 */
#ifndef COMMON_STREAM_H
#define COMMON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum io_want {
	IO_DONE, /* did (some of) it; *n_r bytes moved */
	IO_WANT_READ,
	IO_WANT_WRITE,
	IO_EOF, /* the peer ended its side in an orderly way */
	IO_ERR, /* errno says why; the stream is dead */
};

struct stream;

struct stream_ops {
	/* Reads up to len bytes (len > 0). */
	enum io_want (*read)(struct stream *, void *, size_t len, size_t *n_r);
	/* Writes as much of the vector as goes now. */
	enum io_want (*writev)(
	    struct stream *, const struct iovec *, int cnt, size_t *n_r);
	/*
	 * Sends up to len bytes of a regular file from *off, advancing it.
	 * NULL where the bytes must pass through user space. IO_EOF: the file
	 * ended early.
	 */
	enum io_want (*sendfile)(
	    struct stream *, int fd, off_t *off, size_t len, size_t *n_r);
	/* Handshake; IO_DONE at once for plain streams. */
	enum io_want (*handshake)(struct stream *);
	/* Ends our side: close_notify if TLS, then FIN. IO_DONE or a want. */
	enum io_want (*shutdown)(struct stream *);
	/* Bytes already decrypted or buffered, that poll(2) cannot see. */
	bool (*pending)(const struct stream *);
	/* May the descriptor be spliced from directly (plain upload)? */
	bool splices;
	/* Frees impl; does not close fd. */
	void (*clear)(struct stream *);
};

struct stream {
	const struct stream_ops *ops;
	int fd; /* owned by the stream's owner */
	void *impl; /* of the ops */
};

void stream_init_plain(struct stream *, int fd);
/* clear() and close(fd); fd becomes -1. */
void stream_close(struct stream *);
/* clear(); gives fd, which becomes -1. */
int stream_take_fd(struct stream *);
/* As stream_close, with an RST instead of a FIN: what was sent is not whole. */
void stream_reset(struct stream *);

#endif
