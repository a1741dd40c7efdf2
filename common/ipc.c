/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes: one message = one send = at most one descriptor.
 */
#include "common/ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sockutil.h"

/* Room for more descriptors than are legal, so that all can be closed. */
#define IPC_FDS_SEEN 8

/*
 * Makes room for at least one message of IPC_MAX. The kernel doubles what it
 * is asked for, to count its own overhead, and reports the double.
 */
static int
set_send_buffer(int sock)
{
	int want = 2 * IPC_MAX, have = 0;
	socklen_t len = sizeof(have);

	if (getsockopt(sock, SOL_SOCKET, SO_SNDBUF, &have, &len) == -1)
		return -1;
	if (have >= want)
		return 0;
	if (setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want)) ==
		-1 ||
	    getsockopt(sock, SOL_SOCKET, SO_SNDBUF, &have, &len) == -1)
		return -1;
	if (have > IPC_MAX + IPC_MAX / 2)
		return 0;
	errno = ENOBUFS; /* net.core.wmem_max is too small */
	return -1;
}

int
ipc_pair(int fds_r[2])
{
	int saved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, fds_r) == -1)
		return -1;
	if (set_send_buffer(fds_r[0]) == 0 && set_send_buffer(fds_r[1]) == 0)
		return 0;
	saved = errno;
	fd_close(&fds_r[0]);
	fd_close(&fds_r[1]);
	errno = saved;
	return -1;
}

void
ipc_begin(struct wbuf *w, void *mem, size_t cap, uint16_t type)
{
	wbuf_init(w, mem, cap < IPC_MAX ? cap : IPC_MAX);
	put_u16(w, type);
}

static enum ipc_result
send_error(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS: /* descriptors in flight; they will arrive */
		return IPC_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return IPC_EOF;
	default:
		/* EMSGSIZE, EBADF: ours, but a peer less is all it costs. */
		log_warn("cannot send a message");
		return IPC_EOF;
	}
}

enum ipc_result
ipc_send(int sock, const struct wbuf *w, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl;
	struct iovec iov = { .iov_base = w->p, .iov_len = w->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (w->err)
		bug("ipc_send: message did not fit");
	if (fd != -1) {
		memset(&ctl, 0, sizeof(ctl));
		msg.msg_control = ctl.space;
		msg.msg_controllen = sizeof(ctl.space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? send_error() : IPC_OK;
}

/*
 * Takes the descriptors out of the control data: the first is returned, any
 * further one is closed and counted.
 */
static int
take_fds(struct msghdr *msg, int *extra_r)
{
	struct cmsghdr *c;
	int fd, first = -1;
	size_t i, n;

	*extra_r = 0;
	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (first == -1) {
				first = fd;
				continue;
			}
			(void)close(fd);
			(*extra_r)++;
		}
	}
	return first;
}

/* recvmsg(2) that comes back with data, an end or a real error. */
static ssize_t
receive(int sock, struct msghdr *msg)
{
	ssize_t n;

	/*
	 * ECONNRESET is reported once, and before what the peer sent last: it
	 * ended with messages of ours unread. The next call reads on.
	 */
	do
		n = recvmsg(sock, msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

enum ipc_result
ipc_recv(int sock, void *mem, struct ipc_msg *m)
{
	union {
		char space[CMSG_SPACE(IPC_FDS_SEEN * sizeof(int))];
		struct cmsghdr align;
	} ctl;
	struct iovec iov = { .iov_base = mem, .iov_len = IPC_MAX };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.space,
		.msg_controllen = sizeof(ctl.space) };
	int extra;
	ssize_t n;

	memset(m, 0, sizeof(*m));
	m->fd = -1;
	n = receive(sock, &msg);
	if (n == -1)
		return errno == EAGAIN ? IPC_AGAIN : IPC_EOF;
	m->fd = take_fds(&msg, &extra);
	if (n == 0 && m->fd == -1)
		return IPC_EOF;
	rbuf_init(&m->body, mem, (size_t)n);
	m->type = get_u16(&m->body);
	/* No descriptor at all, although one was sent: our table is full. */
	m->fd_lost = m->fd == -1 && (msg.msg_flags & MSG_CTRUNC) != 0;
	if (m->body.err || extra > 0 || (msg.msg_flags & MSG_TRUNC) != 0 ||
	    ((msg.msg_flags & MSG_CTRUNC) != 0 && !m->fd_lost)) {
		ipc_msg_done(m);
		return IPC_BAD;
	}
	return IPC_OK;
}

int
ipc_take_fd(struct ipc_msg *m)
{
	int fd = m->fd;

	m->fd = -1;
	return fd;
}

void
ipc_msg_done(struct ipc_msg *m)
{
	fd_close(&m->fd);
}
