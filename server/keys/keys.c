/* SPDX-License-Identifier: ISC */
/*
 * A key process: it holds the private keys, and signs what the one worker that
 * it serves needs signed in handshakes. It has no files and no network, and it
 * does not trust that worker.
 *
 * One operation at a time: the worker waits for each.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/privdrop.h"
#include "common/sandbox.h"
#include "common/sockutil.h"
#include "server/keymsg.h"
#include "server/proto.h"
#include "server/roles.h"
#include "tls/tls_keyring.h"

struct keys {
	int monitor, worker; /* worker: -1 while there is none */
	struct tls_signer *signer;
	uint8_t in[IPC_MAX];
	uint8_t out[KEYMSG_MAX];
};

/* ------------------------------------------------------------- the worker */
static void
worker_drop(struct keys *k, const char *why)
{
	if (why != NULL)
		log_warnx("%s: its channel is closed", why);
	fd_close(&k->worker);
}

static void
serve_operation(struct keys *k, const struct tls_keyop *op)
{
	uint8_t result[TLS_KEYOP_OUT_MAX];
	struct keymsg_reply reply = { .out = result };
	struct wbuf w;
	ssize_t n;

	n = tls_signer_do(k->signer, op, result, sizeof(result), &reply.why);
	reply.len = n == -1 ? 0 : (size_t)n;
	ipc_begin(&w, k->out, sizeof(k->out), KW_DONE);
	keymsg_put_reply(&w, &reply);
	/* Who asks one at a time has room for the answer. */
	if (ipc_send(k->worker, &w, -1) != IPC_OK)
		worker_drop(k, NULL);
	explicit_bzero(result, sizeof(result));
	explicit_bzero(k->out, sizeof(k->out));
}

static void
serve_worker(struct keys *k)
{
	struct ipc_msg m;
	struct tls_keyop op;

	switch (ipc_recv(k->worker, k->in, &m)) {
	case IPC_AGAIN:
		return;
	case IPC_EOF:
		worker_drop(k, NULL);
		return;
	case IPC_BAD:
		worker_drop(k, "the worker sent a broken message");
		return;
	case IPC_OK:
		break;
	}
	if (m.type == KW_DO && m.fd == -1 && !m.fd_lost &&
	    keymsg_get_request(&m.body, &op) == 0)
		serve_operation(k, &op);
	else
		worker_drop(k, "the worker sent what it must not");
	ipc_msg_done(&m);
}

/* ------------------------------------------------------------ the monitor */
static void
on_ring(struct keys *k, struct ipc_msg *m)
{
	char *err = NULL;

	if (k->signer != NULL)
		bug("a second ring of keys");
	k->signer = tls_signer_new(m->fd, &err);
	if (k->signer == NULL)
		diex("%s", err);
}

/* A new channel takes the place of one that was of no use. */
static void
on_worker(struct keys *k, struct ipc_msg *m)
{
	fd_close(&k->worker);
	k->worker = ipc_take_fd(m);
}

static void
on_log(struct keys *k, struct ipc_msg *m)
{
	uint8_t sink = get_u8(&m->body);

	if (sink >= LOG_SINKS)
		bug("log %u", sink);
	log_adopt(sink, ipc_take_fd(m));
}

static void
on_ping(struct keys *k, struct ipc_msg *m)
{
	struct wbuf w;

	ipc_begin(&w, k->out, sizeof(k->out), KM_PONG);
	(void)ipc_send(k->monitor, &w, -1);
}

static const struct {
	uint16_t type;
	bool with_fd;
	void (*handler)(struct keys *, struct ipc_msg *);
} handlers[] = {
	{ MK_RING, true, on_ring },
	{ MK_WORKER, true, on_worker },
	{ MK_LOG, true, on_log },
	{ MK_PING, false, on_ping },
};

/* The monitor is trusted: anything odd is our own bug. */
static void
dispatch(struct keys *k, struct ipc_msg *m)
{
	size_t i;

	for (i = 0; i < NELEM(handlers); i++) {
		if (handlers[i].type != m->type)
			continue;
		if ((m->fd != -1) != handlers[i].with_fd)
			bug("message %u and its descriptor", m->type);
		handlers[i].handler(k, m);
		if (rbuf_end(&m->body) == -1)
			bug("malformed message %u", m->type);
		ipc_msg_done(m);
		return;
	}
	bug("unknown message %u from the monitor", m->type);
}

/* False when it is gone. */
static bool
serve_monitor(struct keys *k)
{
	struct ipc_msg m;

	switch (ipc_recv(k->monitor, k->in, &m)) {
	case IPC_OK:
		dispatch(k, &m);
		return true;
	case IPC_AGAIN:
		return true;
	case IPC_EOF:
		return false;
	case IPC_BAD:
		break;
	}
	bug("the monitor sent a broken message");
}

/* ------------------------------------------------------------------- life */
/* Nobody reads its memory: no dump, no core file, and no other process of the
 * same user. */
static void
hide_memory(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		die("PR_SET_DUMPABLE");
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		die("RLIMIT_CORE");
}

/* The ring comes first, and is locked into memory before the limits fall. */
static bool
await_ring(struct keys *k)
{
	struct pollfd p = { .fd = k->monitor, .events = POLLIN };

	while (k->signer == NULL) {
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			die("poll");
		if (p.revents != 0 && !serve_monitor(k))
			return false;
	}
	return true;
}

static void
loop(struct keys *k)
{
	struct pollfd p[2];

	for (;;) {
		p[0] = (struct pollfd){ .fd = k->worker, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = k->monitor, .events = POLLIN };
		if (poll(p, NELEM(p), -1) == -1 && errno != EINTR)
			die("poll");
		if (p[0].revents != 0)
			serve_worker(k);
		if (p[1].revents != 0 && !serve_monitor(k))
			return;
	}
}

void
keys_main(const struct config *conf, int monitor_fd)
{
	static struct keys k;
	bool privileged = geteuid() == 0;
	struct ident id;

	log_set_role("keys");
	if (conf_service_ident(conf, &id) == -1)
		diex("no such user: %s", conf->service_user);
	privdrop(&id, privileged ? conf->empty_dir : NULL);
	hide_memory();
	k.monitor = monitor_fd;
	k.worker = -1;
	if (await_ring(&k)) {
		sandbox_enter(SANDBOX_KEYS, conf->sandbox, NULL, 0);
		loop(&k);
	}
	/* Nothing at exit is ours, as in an auth process. */
	_exit(EXIT_SUCCESS);
}
