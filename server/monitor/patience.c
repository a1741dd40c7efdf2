/* SPDX-License-Identifier: ISC */
/*
 * Logins that the limit of an account would refuse wait until it is known
 * whether those who are there are still there: a client that has lost its
 * connection is not kept out by it (R16.1). Workers ask the kernel; who is
 * alive says so at once, so that a full account is refused at once.
 */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "server/monitor/monitor.h"

#define PATIENCE_MS 10000 /* by then the kernel knows (sock_probe()) */
#define WAITING_MAX 256

struct waiting {
	TAILQ_ENTRY(waiting) entry;
	struct client *client;
	uint64_t until;
	struct account account;
};

/* Has any of them been asked, and not answered yet? */
static bool
in_doubt(struct monitor *m, const struct tally *t)
{
	const struct client *c;
	const struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			if (c->account == t && c->probed > c->alive)
				return true;
	return false;
}

bool
patience_begin(struct monitor *m, struct client *c,
    const struct account *account, const struct tally *t)
{
	struct waiting *w;

	if (t == NULL || m->nwaiting == WAITING_MAX || !in_doubt(m, t))
		return false;
	w = xmalloc(sizeof(*w));
	w->client = c;
	w->until = clock_ms() + PATIENCE_MS;
	w->account = *account;
	c->waits = w;
	TAILQ_INSERT_TAIL(&m->waiting, w, entry);
	m->nwaiting++;
	if (!timer_is_set(&m->patience))
		timer_set(&m->patience, PATIENCE_MS);
	return true;
}

void
patience_end(struct monitor *m, struct client *c)
{
	struct waiting *w = c->waits;

	if (w == NULL)
		return;
	TAILQ_REMOVE(&m->waiting, w, entry);
	m->nwaiting--;
	c->waits = NULL;
	free(w);
}

void
patience_look(struct monitor *m)
{
	if (m->nwaiting > 0)
		timer_set(&m->patience, 0);
}

/* Is it of any use to wait on? */
static bool
may_hope(struct monitor *m, const struct waiting *w)
{
	const struct tally *t = login_limit(m, w->client, &w->account);

	return t != NULL && w->until > clock_ms() && in_doubt(m, t);
}

static void
look_cb(void *arg)
{
	struct monitor *m = arg;
	struct waiting *w, *next;
	struct account account;
	struct client *c;

	TAILQ_FOREACH_SAFE (w, &m->waiting, entry, next) {
		if (may_hope(m, w))
			continue;
		c = w->client;
		account = w->account;
		patience_end(m, c);
		login_go_on(m, c, &account);
	}
	w = TAILQ_FIRST(&m->waiting);
	if (w != NULL && !timer_is_set(&m->patience))
		timer_set(&m->patience, w->until - clock_ms());
}

void
patience_init(struct monitor *m)
{
	TAILQ_INIT(&m->waiting);
	m->nwaiting = 0;
	timer_init(&m->patience, look_cb, m);
}

void
patience_clear(struct monitor *m)
{
	struct waiting *w;

	timer_cancel(&m->patience);
	while ((w = TAILQ_FIRST(&m->waiting)) != NULL)
		patience_end(m, w->client);
}
