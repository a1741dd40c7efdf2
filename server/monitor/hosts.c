/* SPDX-License-Identifier: ISC */
/*
 * A tree of records for finding one, and a queue of them for forgetting.
 */
#include "server/monitor/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static int
host_cmp(const struct host *a, const struct host *b)
{
	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	if (a->sub != b->sub)
		return a->sub < b->sub ? -1 : 1;
	return memcmp(a->addr.ip, b->addr.ip, sizeof(a->addr.ip));
}

RB_GENERATE_INTERNAL(
    host_tree, host, entry, host_cmp, static __attribute__((unused)))

void
hosts_init(struct hosts *hs, size_t size, size_t max)
{
	RB_INIT(&hs->tree);
	TAILQ_INIT(&hs->uses);
	hs->size = size;
	hs->max = max;
	hs->n = 0;
}

void
hosts_clear(struct hosts *hs)
{
	struct host *h;

	while ((h = TAILQ_FIRST(&hs->uses)) != NULL)
		hosts_remove(hs, h);
}

void *
hosts_find(struct hosts *hs, const struct addr *addr, uint64_t sub)
{
	struct host key = { .addr = addr_client_key(addr), .sub = sub }, *h;

	h = RB_FIND(host_tree, &hs->tree, &key);
	if (h != NULL) {
		TAILQ_REMOVE(&hs->uses, h, use);
		TAILQ_INSERT_HEAD(&hs->uses, h, use);
	}
	return h;
}

void *
hosts_get(struct hosts *hs, const struct addr *addr, uint64_t sub)
{
	struct host *h = hosts_find(hs, addr, sub);

	if (h != NULL)
		return h;
	if (hs->n == hs->max)
		hosts_remove(hs, TAILQ_LAST(&hs->uses, host_queue));
	h = xcalloc(1, hs->size);
	h->addr = addr_client_key(addr);
	h->sub = sub;
	RB_INSERT(host_tree, &hs->tree, h);
	TAILQ_INSERT_HEAD(&hs->uses, h, use);
	hs->n++;
	return h;
}

void
hosts_remove(struct hosts *hs, void *record)
{
	struct host *h = record;

	RB_REMOVE(host_tree, &hs->tree, h);
	TAILQ_REMOVE(&hs->uses, h, use);
	hs->n--;
	free(h);
}
