/* SPDX-License-Identifier: ISC */
/*
 * The table of banned addresses: how long, how often, and the file that
 * remembers it.
 */
#include "server/monitor/bans.h"

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_event.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/monitor/hosts.h"
#include "server/monitor/monitor.h"
#include "server/rule.h"

#define LEVELS 16 /* doublings that are counted */
#define SAVE_MS 1000
#define LOG_MS 60000 /* refusals of an address are told once in so long */
#define MS UINT64_C(1000)

struct ban {
	struct host host;
	uint64_t until; /* clock_ms(); what is past counts for the next */
	unsigned count;
	uint64_t refused, logged;
	char reason[BAN_REASON_MAX];
};

struct bans {
	struct monitor *m;
	struct hosts table;
	struct timer save;
};

static uint32_t
seconds_left(const struct ban *b)
{
	uint64_t now = clock_ms();

	return b->until <= now ? 0 : (uint32_t)((b->until - now + 999) / MS);
}

/* What a count has become when the last ban ended so many seconds ago. */
static unsigned
faded(const struct config *conf, unsigned count, uint64_t seconds)
{
	uint64_t steps = conf->ban_forget == 0 ? 0 : seconds / conf->ban_forget;

	return steps < count ? count - (unsigned)steps : 0;
}

/* How long the next one is: doubled for each before. */
static uint32_t
earned(const struct config *conf, const struct ban *b)
{
	uint64_t s = (uint64_t)conf->ban_time
		     << (b->count < LEVELS ? b->count : LEVELS);

	return s < conf->ban_max ? (uint32_t)s : conf->ban_max;
}

bool
bans_allowed(const struct bans *bs, const struct addr *addr)
{
	return networks_contain(&bs->m->conf->allow, addr);
}

static void
changed(struct bans *bs)
{
	if (bs->m->conf->state_dir != NULL && !timer_is_set(&bs->save))
		timer_set(&bs->save, SAVE_MS);
}

/* What banned it: a reason that the server knows, or an administrator's word.
 */
static void
tell(const struct bans *bs, enum event_id id, const struct addr *addr,
    const struct ban *b, uint64_t count)
{
	enum reason why = reason_find(b->reason);
	char rule[RULE_MAX];
	struct log_event e = { .id = id,
		.reason = id == EVENT_REFUSE ? REASON_BANNED : why,
		.peer = addr,
		.seconds = seconds_left(b),
		.count = count };

	if (why == REASON_LOGIN_FAILURES)
		e.rule = rule_key(bs->m->conf, "limits.ban_after", rule);
	if (why != e.reason || why == REASON_OTHER)
		e.detail = b->reason;
	if (id == EVENT_REFUSE)
		e.reply = 421;
	log_event(&e);
}

uint32_t
bans_add(struct bans *bs, const struct addr *addr, uint32_t seconds,
    const char *reason)
{
	const struct config *conf = bs->m->conf;
	uint64_t now = clock_ms();
	struct ban *b;

	if (bans_allowed(bs, addr))
		return 0;
	b = hosts_get(&bs->table, addr, 0);
	if (b->until < now)
		b->count = faded(conf, b->count, (now - b->until) / MS);
	if (seconds == 0)
		seconds = earned(conf, b);
	b->count++;
	b->until = now + seconds * MS;
	b->refused = b->logged = 0;
	(void)strlcpy(b->reason, reason, sizeof(b->reason));
	tell(bs, EVENT_BAN, &b->host.addr, b, b->count);
	changed(bs);
	return seconds;
}

void
bans_kick(struct bans *bs, const struct addr *addr, bool all)
{
	struct addr key = addr_client_key(addr), peer;
	struct client *c;
	struct wproc *w;

	TAILQ_FOREACH (w, &bs->m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker) {
			peer = addr_client_key(&c->peer);
			if (c->state != CLIENT_PROXY && /* may be another's */
			    addr_ip_equal(&peer, &key) &&
			    (all || c->state != CLIENT_IN))
				client_kick(c, "Your address is banned");
		}
}

bool
bans_remove(struct bans *bs, const struct addr *addr)
{
	struct ban *b = hosts_find(&bs->table, addr, 0);

	if (b == NULL || seconds_left(b) == 0)
		return false;
	tell(bs, EVENT_UNBAN, &b->host.addr, b, b->refused);
	hosts_remove(&bs->table, b);
	changed(bs);
	return true;
}

/* A banned client that goes on must not fill the log. */
uint32_t
bans_refuse(struct bans *bs, const struct addr *addr)
{
	struct ban *b;
	uint32_t left;

	if (bs->table.n == 0)
		return 0;
	b = hosts_find(&bs->table, addr, 0);
	left = b == NULL ? 0 : seconds_left(b);
	if (left == 0 || bans_allowed(bs, addr))
		return 0;
	b->refused++;
	if (b->logged == 0 || clock_ms() - b->logged >= LOG_MS) {
		b->logged = clock_ms();
		tell(bs, EVENT_REFUSE, addr, b, b->refused);
	}
	return left;
}

void
bans_each(struct bans *bs, void (*each)(const struct ban_info *, void *arg),
    void *arg)
{
	struct ban_info info;
	const struct ban *b;
	struct host *h;

	TAILQ_FOREACH (h, &bs->table.uses, use) {
		b = (const struct ban *)h;
		info.addr = h->addr;
		info.left = seconds_left(b);
		info.count = b->count;
		info.refused = b->refused;
		info.reason = b->reason;
		if (info.left > 0)
			each(&info, arg);
	}
}

/* --------------------------------------------------------------- the file */
/* One line each: address, end (seconds since 1970), count, reason. */
static int
write_all(struct bans *bs, FILE *out)
{
	char ip[ADDR_STRLEN];
	const struct ban *b;
	struct host *h;
	int64_t end;

	fputs("# bans of ternftpd: address, end, count, reason\n", out);
	TAILQ_FOREACH_REVERSE(h, &bs->table.uses, host_queue, use)
	{
		b = (const struct ban *)h;
		end = (int64_t)time(NULL) +
		      ((int64_t)b->until - (int64_t)clock_ms()) / (int64_t)MS;
		fprintf(out, "%s %" PRId64 " %u %s\n",
		    addr_ip_str(&h->addr, ip, sizeof(ip)), end, b->count,
		    b->reason);
	}
	return fflush(out) == EOF || ferror(out) ? -1 : fsync(fileno(out));
}

/* Whole or not at all: a full disk leaves the old file. */
static int
replace(struct bans *bs, const char *path, const char *tmp)
{
	FILE *out = fopen(tmp, "we");
	int ok;

	if (out == NULL)
		return -1;
	ok = fchmod(fileno(out), 0600) == 0 && write_all(bs, out) == 0;
	ok = fclose(out) == 0 && ok && rename(tmp, path) == 0;
	if (!ok)
		(void)unlink(tmp);
	return ok ? 0 : -1;
}

static char *
file_path(const struct bans *bs, const char *end)
{
	char *path;

	if (bs->m->conf->state_dir == NULL)
		return NULL;
	xasprintf(&path, "%s/bans%s", bs->m->conf->state_dir, end);
	return path;
}

void
bans_save(struct bans *bs)
{
	char *path = file_path(bs, ""), *tmp = file_path(bs, ".new");

	timer_cancel(&bs->save);
	if (path != NULL && tmp != NULL && replace(bs, path, tmp) == -1)
		log_warn("cannot write %s", path);
	free(path);
	free(tmp);
}

/* A line that makes no sense is not worth more than a word in the log. */
static bool
take_line(struct bans *bs, char *line)
{
	const char *ip = strsep(&line, " "), *end_word = strsep(&line, " "),
		   *count_word = strsep(&line, " "), *reason = line;
	struct addr addr;
	struct ban *b;
	uint64_t end, count;
	int64_t left;

	if (reason == NULL || reason[0] == '\0' ||
	    addr_parse_ip(&addr, ip) == -1 ||
	    parse_u64(end_word, INT64_MAX, &end) == -1 ||
	    parse_u64(count_word, UINT_MAX, &count) == -1)
		return false;
	left = (int64_t)end - (int64_t)time(NULL);
	if (left > (int64_t)UINT32_MAX || left < -(int64_t)UINT32_MAX)
		return false;
	b = hosts_get(&bs->table, &addr, 0);
	b->count = (unsigned)count;
	if (left < 0)
		b->count = faded(bs->m->conf, b->count, (uint64_t)-left);
	b->until = clock_ms() + (left < 0 ? 0 : (uint64_t)left * MS);
	(void)strlcpy(b->reason, reason, sizeof(b->reason));
	return true;
}

void
bans_load(struct bans *bs)
{
	char *path = file_path(bs, ""), *line = NULL;
	size_t size = 0;
	unsigned bad = 0;
	FILE *in = path == NULL ? NULL : fopen(path, "re");

	if (in == NULL && path != NULL && errno != ENOENT)
		log_warn("cannot read %s", path);
	while (in != NULL && getline(&line, &size, in) != -1) {
		line[strcspn(line, "\n")] = '\0';
		bad += line[0] != '#' && !take_line(bs, line);
	}
	if (bad > 0)
		log_warnx("%s: %u lines make no sense", path, bad);
	if (in != NULL)
		fclose(in);
	free(line);
	free(path);
}

/* -------------------------------------------------------------- lifetime */
static void
save_cb(void *arg)
{
	bans_save(arg);
}

struct bans *
bans_new(struct monitor *m)
{
	struct bans *bs = xcalloc(1, sizeof(*bs));

	bs->m = m;
	hosts_init(&bs->table, sizeof(struct ban), BANS_MAX);
	timer_init(&bs->save, save_cb, bs);
	return bs;
}

void
bans_free(struct bans *bs)
{
	if (bs == NULL)
		return;
	if (timer_is_set(&bs->save))
		bans_save(bs);
	hosts_clear(&bs->table);
	free(bs);
}
