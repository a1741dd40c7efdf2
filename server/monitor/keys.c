/* SPDX-License-Identifier: ISC */
/*
 * The key processes: one for each worker, so that all cores can sign and no
 * worker can do harm to the handshakes of another. It has the keys of the
 * certificates that the worker was started with, and no others.
 *
 * One that dies is replaced, and so is one that does not answer us when its
 * worker has complained; a worker's word alone ends nothing.
 */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"
#include "tls/tls_keyring.h"

#define ANSWER_MS 2000 /* to a ping */
#define PAUSE_MS 1000 /* between two channels for the same worker */

static void
keys_order(struct kproc *k, uint16_t type, int fd)
{
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	(void)chan_send(k->chan, &b, fd);
}

/* Introduces the two to each other. */
static void
keys_connect(struct wproc *w)
{
	uint8_t mem[16];
	struct wbuf b;
	int fds[2];

	if (ipc_pair(fds) == -1) {
		log_error("cannot make a channel between worker and keys");
		return;
	}
	keys_order(&w->keys, MK_WORKER, fds[0]);
	ipc_begin(&b, mem, sizeof(mem), MW_KEYS);
	worker_send(w, &b, fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static void
keys_drop(struct kproc *k)
{
	timer_cancel(&k->timer);
	k->pinged = k->wanted = false;
	if (k->chan == NULL)
		return;
	chan_free(k->chan);
	k->chan = NULL;
	child_leave(k->m, k->pid);
}

static void
keys_replace(struct wproc *w)
{
	keys_drop(&w->keys);
	if (w->m->state != RUN_CLOSING && w->m->state != RUN_OVER)
		respawn_after(&w->keys.respawn, w->keys.born);
}

static void
keys_kill(struct wproc *w, const char *why)
{
	log_errorx("keys[%ld] %s: killing it", (long)w->keys.pid, why);
	child_kill(w->m, w->keys.pid);
	keys_replace(w);
}

/* The only thing it says is that it is there. */
static void
keys_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct wproc *w = arg;
	struct kproc *k = &w->keys;

	if (msg == NULL) {
		keys_replace(w);
		return;
	}
	if (msg->type != KM_PONG || msg->fd != -1 ||
	    rbuf_end(&msg->body) == -1 || !k->pinged) {
		keys_kill(w, "sent a message that it must not");
		return;
	}
	k->pinged = false;
	keys_connect(w);
	timer_set(&k->timer, PAUSE_MS);
}

static void
keys_ping(struct kproc *k)
{
	k->wanted = false;
	k->pinged = true;
	keys_order(k, MK_PING, -1);
	timer_set(&k->timer, ANSWER_MS);
}

static void
keys_timer_cb(void *arg)
{
	struct wproc *w = arg;

	if (w->keys.pinged)
		keys_kill(w, "does not answer");
	else if (w->keys.wanted)
		keys_ping(&w->keys);
}

int
keys_wanted(struct wproc *w, struct rbuf *b)
{
	struct kproc *k = &w->keys;

	if (rbuf_end(b) == -1)
		return -1;
	k->wanted = true;
	if (k->chan != NULL && !timer_is_set(&k->timer))
		keys_ping(k);
	return 0;
}

static void
keys_spawn(struct wproc *w)
{
	struct kproc *k = &w->keys;
	int fd;

	k->born = clock_ms();
	k->pid = child_start(k->m, ROLE_KEYS, NULL, &fd);
	if (k->pid == -1) {
		respawn_after(&k->respawn, k->born);
		return;
	}
	k->chan = chan_new(k->m->base, fd, keys_cb, w);
	keys_order(k, MK_RING, tls_keyring_fd(k->ring));
	keys_connect(w);
}

static void
keys_spawn_cb(void *arg)
{
	keys_spawn(arg);
}

void
keys_start(struct wproc *w)
{
	struct kproc *k = &w->keys;

	k->m = w->m;
	timer_init(&k->timer, keys_timer_cb, w);
	timer_init(&k->respawn.timer, keys_spawn_cb, w);
	k->ring = tls_keyring_ref(tlsconf_keyring(w->m->tls));
	if (k->ring != NULL)
		keys_spawn(w);
}

void
keys_end(struct wproc *w)
{
	keys_drop(&w->keys);
	timer_cancel(&w->keys.respawn.timer);
	tls_keyring_unref(w->keys.ring);
	w->keys.ring = NULL;
}

void
keys_log(struct wproc *w, enum log_sink sink)
{
	if (w->keys.chan != NULL)
		child_send_log(w->keys.chan, MK_LOG, sink);
}
