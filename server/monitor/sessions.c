/* SPDX-License-Identifier: ISC */
/*
 * The table of sessions: who is connected from where, in which worker, as
 * whom; and how many of them one address or one account has.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"

static int
client_cmp(const struct client *a, const struct client *b)
{
	return a->sid < b->sid ? -1 : a->sid > b->sid;
}

static int
tally_cmp(const struct tally *a, const struct tally *b)
{
	return strcmp(a->key, b->key);
}

RB_GENERATE_INTERNAL(
    clients, client, entry, client_cmp, static __attribute__((unused)))
RB_GENERATE_INTERNAL(
    tallies, tally, entry, tally_cmp, static __attribute__((unused)))

/* ---------------------------------------------------------------- tallies */
static struct tally *
tally_find(struct tallies *all, const char *key)
{
	struct tally *t;
	int cmp;

	for (t = RB_ROOT(all); t != NULL;
	     t = cmp < 0 ? RB_LEFT(t, entry) : RB_RIGHT(t, entry)) {
		cmp = strcmp(key, t->key);
		if (cmp == 0)
			break;
	}
	return t;
}

static struct tally *
tally_up(struct tallies *all, const char *key)
{
	struct tally *t = tally_find(all, key);
	size_t len = strlen(key) + 1;

	if (t == NULL) {
		t = xcalloc(1, sizeof(*t) + len);
		memcpy(t->key, key, len);
		RB_INSERT(tallies, all, t);
	}
	t->n++;
	return t;
}

static void
tally_down(struct tallies *all, struct tally *t)
{
	if (t == NULL || --t->n > 0)
		return;
	RB_REMOVE(tallies, all, t);
	rates_give_back(t->slot);
	free(t);
}

/* The rates of all who are counted here; those of the last login hold. */
static void
tally_set_rates(struct tally *t, const uint64_t limits[RATE_WAYS])
{
	if (t->slot != 0)
		rates_change(t->slot, limits);
	else if (limits[RATE_DOWN] != 0 || limits[RATE_UP] != 0) {
		t->slot = rates_take(limits);
		if (t->slot == 0)
			log_warnx("no room for the rates of %s", t->key);
	}
}

uint16_t
tally_slot(const struct tally *t)
{
	return t == NULL ? 0 : (uint16_t)t->slot;
}

static const char *
address_key(const struct addr *peer, char *out, size_t size)
{
	struct addr key = addr_client_key(peer);

	return addr_ip_str(&key, out, size);
}

/* ---------------------------------------------------------------- clients */
void
sessions_init(struct sessions *ss)
{
	memset(ss, 0, sizeof(*ss));
	RB_INIT(&ss->clients);
	RB_INIT(&ss->from);
	RB_INIT(&ss->accounts);
	RB_INIT(&ss->groups);
	RB_INIT(&ss->hosts);
}

void
sessions_clear(struct sessions *ss)
{
	struct client *c;

	while ((c = RB_ROOT(&ss->clients)) != NULL)
		sessions_remove(ss, c);
}

struct client *
sessions_add_proxied(struct sessions *ss, const struct addr *peer,
    const struct addr *local, uint16_t listener)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->sid = ++ss->last_sid;
	c->peer = *peer;
	c->local = c->sock_local = *local;
	c->listener = listener;
	c->since = time(NULL);
	c->state = CLIENT_PROXY;
	RB_INSERT(clients, &ss->clients, c);
	ss->count++;
	return c;
}

struct client *
sessions_add(struct sessions *ss, const struct addr *peer,
    const struct addr *local, uint16_t listener)
{
	struct client *c = sessions_add_proxied(ss, peer, local, listener);

	c->state = CLIENT_NEW;
	sessions_count_from(ss, c);
	return c;
}

void
sessions_count_from(struct sessions *ss, struct client *c)
{
	char key[ADDR_STRLEN];

	c->from = tally_up(&ss->from, address_key(&c->peer, key, sizeof(key)));
}

struct client *
sessions_find(struct sessions *ss, uint64_t sid)
{
	struct client key = { .sid = sid };

	return RB_FIND(clients, &ss->clients, &key);
}

struct client *
sessions_next(struct sessions *ss, uint64_t sid)
{
	struct client key = { .sid = sid + 1 };

	return RB_NFIND(clients, &ss->clients, &key);
}

void
sessions_remove(struct sessions *ss, struct client *c)
{
	tally_down(&ss->from, c->from);
	sessions_set_account(ss, c, NULL);
	sessions_set_host(ss, c, NULL);
	RB_REMOVE(clients, &ss->clients, c);
	ss->count--;
	free(c->status);
	free(c);
}

const struct tally *
sessions_tally_from(struct sessions *ss, const struct addr *peer)
{
	char key[ADDR_STRLEN];

	return tally_find(&ss->from, address_key(peer, key, sizeof(key)));
}

const struct tally *
sessions_tally_of(struct sessions *ss, const char *key)
{
	return tally_find(&ss->accounts, key);
}

unsigned
tally_count(const struct tally *t)
{
	return t == NULL ? 0 : t->n;
}

unsigned
sessions_from(struct sessions *ss, const struct addr *peer)
{
	return tally_count(sessions_tally_from(ss, peer));
}

unsigned
sessions_of(struct sessions *ss, const char *key)
{
	return tally_count(sessions_tally_of(ss, key));
}

/* ------------------------------------------------------------------ hosts */
#define HOST_KEY_MAX (CONF_NAME_MAX + ADDR_STRLEN)

static const char *
host_from_key(
    const struct conf_host *h, const struct addr *peer, char out[HOST_KEY_MAX])
{
	char ip[ADDR_STRLEN];

	snprintf(out, HOST_KEY_MAX, "%s\n%s", h->name,
	    address_key(peer, ip, sizeof(ip)));
	return out;
}

const struct tally *
sessions_tally_host(struct sessions *ss, const struct conf_host *h)
{
	return tally_find(&ss->hosts, h->name);
}

const struct tally *
sessions_tally_host_from(
    struct sessions *ss, const struct conf_host *h, const struct addr *peer)
{
	char key[HOST_KEY_MAX];

	return tally_find(&ss->hosts, host_from_key(h, peer, key));
}

void
sessions_set_host(
    struct sessions *ss, struct client *c, const struct conf_host *h)
{
	char key[HOST_KEY_MAX];

	tally_down(&ss->hosts, c->host);
	tally_down(&ss->hosts, c->from_host);
	c->host = c->from_host = NULL;
	c->own_accounts = c->host_gone = false;
	if (h == NULL)
		return;
	c->host = tally_up(&ss->hosts, h->name);
	c->from_host = tally_up(&ss->hosts, host_from_key(h, &c->peer, key));
	c->own_accounts = h->has_accounts;
}

/* --------------------------------------------------------------- accounts */
const char *
client_account_key(
    const struct client *c, const char *name, char out[ACCOUNT_KEY_MAX])
{
	if (c->own_accounts)
		snprintf(out, ACCOUNT_KEY_MAX, "\n%s\n%s", c->host->key, name);
	else
		(void)strlcpy(out, name, ACCOUNT_KEY_MAX);
	return out;
}

const char *
client_account(const struct client *c)
{
	const char *key = c->account->key;

	return key[0] == '\n' ? strchr(key + 1, '\n') + 1 : key;
}

const struct config *
client_conf(const struct client *c, const struct config *conf)
{
	const struct conf_host *h;

	if (!c->own_accounts)
		return conf;
	h = conf_find_host(conf, c->host->key);
	return h != NULL && h->has_accounts ? h->conf : NULL;
}

void
sessions_set_account(
    struct sessions *ss, struct client *c, const struct account *account)
{
	char key[ACCOUNT_KEY_MAX];

	tally_down(&ss->accounts, c->account);
	tally_down(&ss->groups, c->group);
	c->account = c->group = NULL;
	c->limited = false;
	if (account == NULL)
		return;
	memcpy(c->rates, account->rates[RATE_SESSION], sizeof(c->rates));
	c->account =
	    tally_up(&ss->accounts, client_account_key(c, account->name, key));
	tally_set_rates(c->account, account->rates[RATE_USER]);
	if (account->group[0] == '\0')
		return;
	c->group =
	    tally_up(&ss->groups, client_account_key(c, account->group, key));
	tally_set_rates(c->group, account->rates[RATE_GROUP]);
}

const char *
client_state_name(enum client_state state)
{
	switch (state) {
	case CLIENT_NEW:
		return "new";
	case CLIENT_CHECKING:
		return "checking";
	case CLIENT_GRANTING:
		return "granting";
	case CLIENT_IN:
		return "in";
	case CLIENT_PROXY:
		return "proxy";
	case CLIENT_REFUSED:
		return "refused";
	}
	return "?";
}

void
sessions_set_rates(struct sessions *ss, struct client *c, const char *group,
    const uint64_t rates[RATE_SCOPES][RATE_WAYS])
{
	char key[ACCOUNT_KEY_MAX];

	if (!c->limited)
		memcpy(c->rates, rates[RATE_SESSION], sizeof(c->rates));
	tally_set_rates(c->account, rates[RATE_USER]);
	tally_down(&ss->groups, c->group);
	c->group = NULL;
	if (group == NULL)
		return;
	c->group = tally_up(&ss->groups, client_account_key(c, group, key));
	tally_set_rates(c->group, rates[RATE_GROUP]);
}

void
client_set_state(struct client *c, enum client_state state)
{
	log_debug("session %llu: %s -> %s", (unsigned long long)c->sid,
	    client_state_name(c->state), client_state_name(state));
	c->state = state;
}
