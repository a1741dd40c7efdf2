/* SPDX-License-Identifier: ISC */
/*
 * Connections that got a 421 (where TLS is expected, an alert): they stay open
 * for a moment, so that it arrives before a reset that bytes of the client
 * might cause. Nothing is read from them. Their number is bounded; the oldest
 * goes first.
 */
#include "config.h"

#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/message.h"
#include "server/monitor/monitor.h"

#define LINGER_MS 1000
#define REFUSALS_MAX 256

static void
refusal_end(struct monitor *m, struct refused *r)
{
	TAILQ_REMOVE(&m->refusals, r, entry);
	m->nrefusals--;
	close(r->fd);
	free(r);
}

/* All linger equally long, so the list is in the order of their ends. */
static void
refusals_cb(void *arg)
{
	struct monitor *m = arg;
	struct refused *r;
	uint64_t now = clock_ms();

	while ((r = TAILQ_FIRST(&m->refusals)) != NULL && r->until <= now)
		refusal_end(m, r);
	if (r != NULL)
		timer_set(&m->refusal_timer, r->until - now);
}

void
refusals_init(struct monitor *m)
{
	TAILQ_INIT(&m->refusals);
	m->nrefusals = 0;
	timer_init(&m->refusal_timer, refusals_cb, m);
}

void
refusals_clear(struct monitor *m)
{
	struct refused *r;

	timer_cancel(&m->refusal_timer);
	while ((r = TAILQ_FIRST(&m->refusals)) != NULL)
		refusal_end(m, r);
}

/* A fresh connection takes it at once, or it never will. */
static void
say(const struct monitor *m, int fd, uint16_t listener, const char *message,
    uint32_t number)
{
	const struct config *conf = m->conf;
	struct addr peer = { 0 }, local = { 0 };
	const struct message_values v = {
		.peer = &peer, .local = &local, .number = number
	};
	char text[2 * MESSAGE_SIZE];
	bool implicit =
	    listener < conf->nlistens && conf->listens[listener].implicit;
	size_t len;

	(void)sock_peer(fd, &peer);
	(void)sock_local(fd, &local);
	len = message_refusal(implicit, message, &v, text, sizeof(text));
	(void)send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
client_refuse(struct monitor *m, int fd, uint16_t listener, const char *message,
    uint32_t number)
{
	struct refused *r;

	say(m, fd, listener, message, number);
	(void)shutdown(fd, SHUT_WR);

	if (m->nrefusals == REFUSALS_MAX)
		refusal_end(m, TAILQ_FIRST(&m->refusals));
	r = xcalloc(1, sizeof(*r));
	r->fd = fd;
	r->until = clock_ms() + LINGER_MS;
	TAILQ_INSERT_TAIL(&m->refusals, r, entry);
	m->nrefusals++;
	if (!timer_is_set(&m->refusal_timer))
		timer_set(&m->refusal_timer, LINGER_MS);
}
