/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes: AF_UNIX SOCK_SEQPACKET pairs, one message = one
 * send = at most one descriptor, never cut, never merged.
 *
 * A message is a 16-bit type followed by fields (common/buf.h). It is at most
 * IPC_MAX bytes. A peer that sends anything longer, empty, or with more than
 * one descriptor is broken.
 */
#ifndef COMMON_IPC_H
#define COMMON_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define IPC_MAX (80 * 1024) /* a page of listing text and its header */

/* A received message; the fields stand in m.body. */
struct ipc_msg {
	uint16_t type;
	int fd; /* what came along, or -1; the receiver owns it */
	bool fd_lost; /* one came, but this process may have no more (EMFILE) */
	struct rbuf body;
};

enum ipc_result {
	IPC_OK,
	IPC_AGAIN, /* would block */
	IPC_EOF, /* the peer is gone (EOF, ECONNRESET, EPIPE) */
	IPC_BAD, /* the peer sent what it must not */
};

/* A connected pair, both ends close-on-exec and non-blocking. 0 or -1. */
int ipc_pair(int fds_r[2]);

/* Starts a message of this type in mem. */
void ipc_begin(struct wbuf *, void *mem, size_t cap, uint16_t type);

/*
 * Sends one message, with a descriptor unless fd is -1. The caller keeps the
 * ownership of fd. A wbuf with its error set is a bug of ours.
 */
enum ipc_result ipc_send(int sock, const struct wbuf *, int fd);

/*
 * Receives one message into mem (of at least IPC_MAX bytes). Descriptors of a
 * bad message are closed. Received descriptors are close-on-exec.
 */
enum ipc_result ipc_recv(int sock, void *mem, struct ipc_msg *m_r);

/* The descriptor, from now on the caller's; -1 if there is none. */
int ipc_take_fd(struct ipc_msg *);
/* Receives and throws away nothing: closes m->fd if still there. */
void ipc_msg_done(struct ipc_msg *);

#endif
