/* SPDX-License-Identifier: ISC */
/*
 * The host names of passive_address: a process of their own looks them up now
 * and then, so that nobody waits; the last good address of each is kept.
 */
#include "config.h"

#include <string.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

#define AGAIN_MS                                                    \
	60000 /* between two looks; also the most that one may take \
	       */

static bool
has_names(const struct config *conf)
{
	unsigned i;

	for (i = 0; i < conf->passive_address.n; i++)
		if (conf->passive_address.rule[i].kind == NAT_NAME)
			return true;
	return false;
}

void
worker_tell_names(struct wproc *w)
{
	const struct monitor *m = w->m;
	uint8_t mem[NAT_MAX * 32 + 64];
	struct wbuf b;
	unsigned i;

	if (!has_names(m->conf))
		return;
	ipc_begin(&b, mem, sizeof(mem), MW_NAMES);
	for (i = 0; i < NAT_MAX; i++)
		addr_put(&b, &m->names.addr[i]);
	(void)chan_send(w->chan, &b, -1);
}

/* A generation before has rules of its own. */
static void
tell_workers(struct monitor *m)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		if (w->generation >= m->conf_since)
			worker_tell_names(w);
}

static void
take(struct monitor *m, unsigned i, const struct addr *addr, const char *why)
{
	const char *name = m->conf->passive_address.rule[i].name;
	char text[ADDR_STRLEN];

	if (addr->family != 4) {
		if (!m->names.failed[i])
			log_warnx("passive_address: %s: %s; %s", name, why,
			    m->names.addr[i].family == 4
				? "the last address stays"
				: "PASV announces our own address");
		m->names.failed[i] = true;
		return;
	}
	m->names.failed[i] = false;
	if (addr_ip_equal(addr, &m->names.addr[i]))
		return;
	m->names.addr[i] = *addr;
	log_info("passive_address: %s is %s", name,
	    addr_ip_str(addr, text, sizeof(text)));
	tell_workers(m);
}

static void
resolver_gone(struct monitor *m)
{
	if (m->names.chan == NULL)
		return;
	chan_free(m->names.chan);
	m->names.chan = NULL;
	child_leave(m, m->names.pid);
}

static void
resolver_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct monitor *m = arg;
	char why[PROTO_REASON_MAX], shown[LOG_VIS_MAX];
	struct addr addr;
	unsigned i;

	if (msg == NULL) {
		resolver_gone(m);
		return;
	}
	i = get_u16(&msg->body);
	addr_get(&msg->body, &addr);
	get_str(&msg->body, why, sizeof(why));
	if (msg->type != RM_ADDRESS || msg->fd != -1 ||
	    rbuf_end(&msg->body) == -1 || i >= m->conf->passive_address.n) {
		child_kill(m, m->names.pid);
		resolver_gone(m);
		return;
	}
	take(m, i, &addr, log_vis(shown, sizeof(shown), why, strlen(why)));
}

static void
resolve_cb(void *arg)
{
	struct monitor *m = arg;
	int fd;

	if (m->state != RUN_UP)
		return;
	timer_set(&m->names.timer, AGAIN_MS);
	if (m->names.chan != NULL) { /* still at it */
		child_kill(m, m->names.pid);
		resolver_gone(m);
	}
	m->names.pid = child_start(m, ROLE_RESOLVER, NULL, &fd);
	if (m->names.pid != -1)
		m->names.chan = chan_new(m->base, fd, resolver_cb, m);
}

void
names_init(struct monitor *m)
{
	timer_init(&m->names.timer, resolve_cb, m);
}

void
names_clear(struct monitor *m)
{
	timer_cancel(&m->names.timer);
	if (m->names.chan != NULL)
		child_kill(m, m->names.pid);
	resolver_gone(m);
}

void
names_start(struct monitor *m)
{
	names_clear(m);
	if (has_names(m->conf))
		resolve_cb(m);
}

/* What is known of a name stays, wherever its rule stands now. */
void
names_move(struct monitor *m, const struct config *old)
{
	const struct nat *a = &old->passive_address;
	const struct nat *b = &m->conf->passive_address;
	struct names was = m->names;
	unsigned i, j;

	memset(m->names.addr, 0, sizeof(m->names.addr));
	memset(m->names.failed, 0, sizeof(m->names.failed));
	for (i = 0; i < b->n; i++)
		for (j = 0; j < a->n; j++)
			if (b->rule[i].kind == NAT_NAME &&
			    strcmp(a->rule[j].name, b->rule[i].name) == 0)
				m->names.addr[i] = was.addr[j];
}
