/* SPDX-License-Identifier: ISC */
/*
 * ternctl's end of the control socket.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "common/timer.h"
#include "server/conf.h"
#include "server/ctl/ctl.h"
#include "server/ctl/link.h"

#define ANSWER_MS 120000 /* a reload reads many files */

struct link {
	int fd;
	uint64_t patience; /* ms */
	struct wbuf request;
	struct link_reply reply;
	uint8_t out[4 * CONTROL_WORD_MAX];
	uint8_t in[IPC_MAX];
};

static const char gone[] = "the server has closed the connection";

/* The socket of the running server, in fresh memory. */
static char *
socket_path(const struct ctl *ctl)
{
	return ctl->socket_path != NULL
		   ? xstrdup(ctl->socket_path)
		   : conf_find_control_socket(ctl->conf_path);
}

static void
complain(const char *path)
{
	if (errno == ECONNREFUSED || errno == ENOENT)
		warnx("no server answers at %s; is it running, and does its "
		      "ftpd.conf have this control_socket? (-s names another)",
		    path);
	else
		warn("%s", path);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	fd_close(&fd);
	return -1;
}

static struct link *
link_new(int fd)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->fd = fd;
	l->patience = ANSWER_MS;
	return l;
}

struct link *
link_find(const struct ctl *ctl)
{
	char *path = socket_path(ctl);
	int fd = strcmp(path, "none") != 0 ? connect_to(path) : -1;

	free(path);
	return fd != -1 ? link_new(fd) : NULL;
}

struct link *
link_open(const struct ctl *ctl)
{
	char *path = socket_path(ctl);
	int fd = -1;

	if (strcmp(path, "none") == 0) {
		warnx("%s turns the control socket off", ctl->conf_path);
	} else {
		fd = connect_to(path);
		if (fd == -1)
			complain(path);
	}
	free(path);
	return fd != -1 ? link_new(fd) : NULL;
}

void
link_close(struct link *l)
{
	if (l != NULL)
		fd_close(&l->fd);
	free(l);
}

void
link_be_patient(struct link *l, uint64_t ms)
{
	l->patience = ms;
}

struct wbuf *
link_ask(struct link *l, enum control_request type)
{
	control_ask(&l->request, l->out, sizeof(l->out), type);
	return &l->request;
}

static const char *
read_reply(struct link *l, struct ipc_msg *msg)
{
	struct link_reply *r = &l->reply;

	if (msg->type != CT_REPLY)
		return "the server's reply is none";
	r->ok = get_u8(&msg->body) == CONTROL_OK;
	r->more = get_u8(&msg->body) == CONTROL_MORE;
	get_str(&msg->body, r->text, sizeof(r->text));
	r->rows = msg->body;
	return msg->body.err ? "the server's reply is broken" : NULL;
}

/* A window that changes its size interrupts, but ends nothing. */
static bool
wait_for_reply(const struct link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	uint64_t now = clock_ms(), until = now + l->patience;
	int n;

	do {
		n = poll(&p, 1, (int)(until - now));
		now = clock_ms();
	} while (n == -1 && errno == EINTR && now < until);
	return n == 1;
}

static const char *
exchange(struct link *l)
{
	struct ipc_msg msg;

	if (l->request.err)
		return "an argument is too long";
	if (ipc_send(l->fd, &l->request, -1) != IPC_OK)
		return gone;
	if (!wait_for_reply(l))
		return "the server does not answer";
	if (ipc_recv(l->fd, l->in, &msg) != IPC_OK)
		return gone;
	ipc_msg_done(&msg);
	return read_reply(l, &msg);
}

struct link_reply *
link_try(struct link *l, const char **why_r)
{
	*why_r = exchange(l);
	return *why_r == NULL ? &l->reply : NULL;
}

struct link_reply *
link_answer(struct link *l)
{
	const char *why;
	struct link_reply *r = link_try(l, &why);

	if (r == NULL)
		warnx("%s", why);
	return r;
}

void
link_wait_end(struct link *l)
{
	struct ipc_msg msg;

	while (ipc_recv(l->fd, l->in, &msg) == IPC_OK)
		ipc_msg_done(&msg);
}
