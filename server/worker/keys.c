/* SPDX-License-Identifier: ISC */
/*
 * Asks the key process for what handshakes need a private key for, which this
 * process does not have.
 *
 * OpenSSL is in the middle of a handshake then, so we wait for the answer, as
 * long as the operation itself would take here. A process that is gone, slow
 * or talks nonsense costs that handshake, and those that follow until the
 * monitor has sent another channel; all else goes on.
 */
#include "server/worker/keys.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/log.h"
#include "common/sockutil.h"
#include "common/timer.h"
#include "server/keymsg.h"
#include "server/proto.h"
#include "server/worker/mon.h"
#include "server/worker/worker.h"

#define PATIENCE_MS 3000 /* RSA of 4,096 bits on a very busy machine */

static void
give_up(struct worker *w, const char *why)
{
	struct wbuf b;

	log_errorx(
	    "the key process %s: handshakes fail until there is another", why);
	fd_close(&w->keys);
	ipc_begin(&b, w->msg, sizeof(w->msg), WM_KEYS);
	mon_tell(w, &b);
}

/* NULL when there is something to read, else what is wrong. */
static const char *
await(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t until = clock_ms() + PATIENCE_MS, now;

	while ((now = clock_ms()) < until) {
		int n = poll(&p, 1, (int)(until - now));

		if (n == 1)
			return NULL;
		if (n == 0)
			break;
		if (errno != EINTR)
			return "cannot be waited for";
	}
	return "does not answer";
}

/* Sends it and waits for the reply, which is in *m. NULL, or what is wrong. */
static const char *
exchange(struct worker *w, const struct tls_keyop *op, struct ipc_msg *m)
{
	uint8_t mem[KEYMSG_MAX];
	struct wbuf b;
	const char *why;

	m->fd = -1;
	ipc_begin(&b, mem, sizeof(mem), KW_DO);
	keymsg_put_request(&b, op);
	if (ipc_send(w->keys, &b, -1) != IPC_OK)
		return "is gone";
	why = await(w->keys);
	if (why != NULL)
		return why;
	return ipc_recv(w->keys, w->msg, m) == IPC_OK ? NULL : "is gone";
}

/* The length of what came out, or -1 after saying why not. */
static ssize_t
take_reply(struct worker *w, struct ipc_msg *m, uint8_t *out, size_t size)
{
	char why[KEYMSG_WHY_MAX], shown[LOG_VIS_MAX];
	struct keymsg_reply reply;

	if (m->type != KW_DONE || m->fd != -1 ||
	    keymsg_get_reply(&m->body, &reply, why) == -1 || reply.len > size) {
		give_up(w, "sent nonsense");
		return -1;
	}
	if (reply.why != NULL) {
		log_errorx("the key process refuses: %s",
		    log_vis(shown, sizeof(shown), why, strlen(why)));
		return -1;
	}
	memcpy(out, reply.out, reply.len);
	return (ssize_t)reply.len;
}

static ssize_t
ask(void *arg, const struct tls_keyop *op, uint8_t *out, size_t size)
{
	struct worker *w = arg;
	struct ipc_msg m;
	const char *why;
	ssize_t n;

	if (w->keys == -1) {
		log_warnx("a handshake fails, as there is no key process now");
		return -1;
	}
	if (op->len > TLS_KEYOP_IN_MAX) {
		log_errorx(
		    "a handshake message of %zu bytes is not signed", op->len);
		return -1;
	}
	why = exchange(w, op, &m);
	if (why != NULL) {
		give_up(w, why);
		return -1;
	}
	n = take_reply(w, &m, out, size);
	ipc_msg_done(&m);
	explicit_bzero(w->msg, KEYMSG_MAX);
	return n;
}

void
keys_take(struct worker *w, struct ipc_msg *m)
{
	if (rbuf_end(&m->body) == -1 || (m->fd == -1 && !m->fd_lost))
		bug("a channel to the key process without a descriptor");
	fd_close(&w->keys);
	w->keys = ipc_take_fd(m);
}

void
keys_use(struct worker *w)
{
	tls_keyop_use(ask, w);
}
