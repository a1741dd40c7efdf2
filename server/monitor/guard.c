/* SPDX-License-Identifier: ISC */
/*
 * Records of wrong logins and of connections, in tables of bounded size.
 */
#include "server/monitor/guard.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "server/monitor/bans.h"
#include "server/monitor/hosts.h"
#include "server/monitor/monitor.h"
#include "tls/tls_mac.h"

#define RECORDS_MAX 16384
#define PASSWORDS 8 /* that are remembered of one record */
#define FREE_FROM_ADDRESS 5 /* wrong logins before its others are delayed */
#define DOUBLINGS 16
#define MINUTE_MS 60000
#define MS UINT64_C(1000)

/* Wrong logins of an address (sub 0), or of one of its users. */
struct record {
	struct host host;
	unsigned count;
	uint64_t last; /* clock_ms() of the last one */
	uint64_t next; /* no attempt is checked before */
	uint64_t passwords[PASSWORDS];
	unsigned npasswords; /* in all; the oldest one is overwritten */
};

struct arrivals {
	struct host host;
	uint64_t full; /* clock_ms() at which all of the rate is there again */
};

struct guard {
	struct monitor *m;
	uint8_t key[TLS_MAC_LEN];
	struct hosts records, arrivals;
};

/* ---------------------------------------------------------------- guesses */
/* From a secret start: whoever made two names collide would only slow
 * himself down. */
static uint64_t
name_digest(const struct guard *g, const char *name)
{
	uint64_t h;

	memcpy(&h, g->key, sizeof(h));
	return str_hash(h, name) | 1;
}

static uint64_t
password_digest(const struct guard *g, const char *password)
{
	uint8_t mac[TLS_MAC_LEN];
	uint64_t h;

	tls_mac(g->key, password, strlen(password), mac);
	memcpy(&h, mac, sizeof(h));
	return h;
}

void
guard_take(struct guard *g, const struct addr *addr, const char *user,
    const char *password, struct guess *guess)
{
	const struct config *conf = g->m->conf;

	memset(guess, 0, sizeof(*guess));
	if ((conf->login_delay == 0 && conf->ban_after == 0) ||
	    bans_allowed(g->m->bans, addr))
		return;
	guess->user = name_digest(g, user);
	guess->password = password_digest(g, password) ^ guess->user;
}

/* ---------------------------------------------------------------- records */
/* Forgotten when there was no other for long enough. */
static void
refresh(const struct guard *g, struct record *r)
{
	if (clock_ms() - r->last < g->m->conf->login_forget * MS)
		return;
	r->count = r->npasswords = 0;
	r->next = 0;
}

static bool
knows(const struct record *r, uint64_t password)
{
	unsigned i, n = r->npasswords < PASSWORDS ? r->npasswords : PASSWORDS;

	for (i = 0; i < n; i++)
		if (r->passwords[i] == password)
			return true;
	return false;
}

/* Is it another one than those before? */
static bool
count(struct guard *g, struct record *r, uint64_t password)
{
	refresh(g, r);
	r->last = clock_ms();
	if (knows(r, password))
		return false;
	r->passwords[r->npasswords++ % PASSWORDS] = password;
	r->count++;
	return true;
}

/* Doubles with every wrong one after the first of so many that are free. */
static uint32_t
delay(const struct config *conf, const struct record *r, unsigned nfree)
{
	unsigned n = r->count <= nfree ? 0 : r->count - nfree;
	uint64_t ms = conf->login_delay * MS, max = conf->login_delay_max * MS;

	if (n == 0)
		return 0;
	ms <<= n - 1 < DOUBLINGS ? n - 1 : DOUBLINGS;
	return (uint32_t)(ms < max ? ms : max);
}

/* One more wrong one: how long the next has to wait. */
static uint32_t
put_off(struct guard *g, struct record *r, unsigned nfree)
{
	uint32_t ms = delay(g->m->conf, r, nfree);

	if (r->next < clock_ms() + ms)
		r->next = clock_ms() + ms;
	return ms;
}

uint32_t
guard_wrong(struct guard *g, const struct addr *addr, const struct guess *guess,
    bool *ban_r)
{
	const struct config *conf = g->m->conf;
	uint32_t of_user, of_address;
	struct record *r;

	*ban_r = false;
	if (guess->user == 0)
		return 0;
	r = hosts_get(&g->records, addr, guess->user);
	(void)count(g, r, guess->password);
	of_user = put_off(g, r, 0);

	r = hosts_get(&g->records, addr, 0);
	*ban_r = count(g, r, guess->password) && conf->ban_after != 0 &&
		 r->count >= conf->ban_after;
	of_address = put_off(g, r, FREE_FROM_ADDRESS);
	if (*ban_r) /* what was earned by then begins anew after it */
		hosts_remove(&g->records, r);
	return of_user > of_address ? of_user : of_address;
}

/* The next one after this waits as long again. */
static uint64_t
reserve(struct guard *g, struct record *r, unsigned nfree)
{
	uint64_t now = clock_ms(), at;

	if (r == NULL)
		return 0;
	refresh(g, r);
	at = r->next > now ? r->next : now;
	r->next = at + delay(g->m->conf, r, nfree);
	return at - now;
}

uint32_t
guard_hold(struct guard *g, const struct addr *addr, const struct guess *guess)
{
	uint64_t ms, of_address;

	if (guess->user == 0)
		return 0;
	ms = reserve(g, hosts_find(&g->records, addr, guess->user), 0);
	of_address =
	    reserve(g, hosts_find(&g->records, addr, 0), FREE_FROM_ADDRESS);
	if (of_address > ms)
		ms = of_address;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void
guard_right(struct guard *g, const struct addr *addr, const struct guess *guess)
{
	struct record *r;

	if (guess->user == 0)
		return;
	r = hosts_find(&g->records, addr, guess->user);
	if (r != NULL)
		hosts_remove(&g->records, r);
}

/* ------------------------------------------------------------ connections */
/* A bucket of a minute's worth, as the time at which it is full again. */
bool
guard_connection(struct guard *g, const struct addr *addr)
{
	uint32_t rate = g->m->conf->connections_per_minute;
	uint64_t now = clock_ms();
	struct arrivals *a;

	if (rate == 0 || bans_allowed(g->m->bans, addr))
		return true;
	a = hosts_get(&g->arrivals, addr, 0);
	if (a->full < now)
		a->full = now;
	if (a->full + MINUTE_MS / rate > now + MINUTE_MS)
		return false;
	a->full += MINUTE_MS / rate;
	return true;
}

/* --------------------------------------------------------------- lifetime */
struct guard *
guard_new(struct monitor *m)
{
	struct guard *g = xcalloc(1, sizeof(*g));

	g->m = m;
	arc4random_buf(g->key, sizeof(g->key));
	hosts_init(&g->records, sizeof(struct record), RECORDS_MAX);
	hosts_init(&g->arrivals, sizeof(struct arrivals), RECORDS_MAX);
	return g;
}

void
guard_free(struct guard *g)
{
	if (g == NULL)
		return;
	hosts_clear(&g->records);
	hosts_clear(&g->arrivals);
	free_secret(g, sizeof(*g));
}
