/* SPDX-License-Identifier: ISC */
/*
 * The keys of session tickets: made here, the same in all workers of all
 * generations (R1.6), changed every TLS_KEYS_LIFETIME. With a file they also
 * outlive this process and are those of others that use the same file, as under
 * inetd.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

#define LOOK_MAX 3600 /* seconds; the clock may be set meanwhile */

/* When to look next whether they are too old, in seconds; 0: they are. */
static unsigned
lifetime(const struct tls_keys *keys)
{
	int64_t age = (int64_t)time(NULL) - keys->current.made;

	if (age < 0 || age >= TLS_KEYS_LIFETIME)
		return 0;
	if (TLS_KEYS_LIFETIME - age > LOOK_MAX)
		return LOOK_MAX;
	return (unsigned)(TLS_KEYS_LIFETIME - age);
}

static int
sync_file(const struct config *conf, struct tls_keys *keys, FILE *out)
{
	char *err = NULL;
	int result = tls_keys_sync(conf->ticket_keys, keys, &err);

	if (result == -1)
		fprintf(out, "%s: ticket_keys: %s\n", conf->path, err);
	free(err);
	return result;
}

int
tickets_load(const struct monitor *m, const struct config *conf,
    struct tls_keys *keys, FILE *out)
{
	if (conf->ticket_keys != NULL)
		return sync_file(conf, keys, out);
	if (m->tickets.current.made != 0)
		*keys = m->tickets;
	else
		tls_keys_make(keys);
	return 0;
}

/* Sets *keys to those of the next day. 0, or -1: the old ones stay. */
static int
next_keys(const struct monitor *m, struct tls_keys *keys)
{
	struct report report;
	int result;

	if (m->conf->ticket_keys != NULL) {
		report_begin(&report);
		result = sync_file(m->conf, keys, report.to);
		report_end(&report, NULL);
		return result;
	}
	*keys = m->tickets;
	tls_keys_rotate(keys);
	return 0;
}

static void
look_cb(void *arg)
{
	struct monitor *m = arg;
	struct tls_keys keys;

	if (lifetime(&m->tickets) == 0 && next_keys(m, &keys) == 0) {
		tickets_use(m, &keys);
		workers_tell_keys(m);
		log_info("new ticket keys");
	} else {
		unsigned s = lifetime(&m->tickets);

		timer_set(&m->tickets_timer,
		    (uint64_t)(s != 0 ? s : LOOK_MAX) * 1000);
	}
	explicit_bzero(&keys, sizeof(keys));
}

void
tickets_use(struct monitor *m, const struct tls_keys *keys)
{
	m->tickets = *keys;
	tls_keys_set(keys);
	timer_set(&m->tickets_timer, (uint64_t)lifetime(keys) * 1000);
}

void
tickets_init(struct monitor *m)
{
	timer_init(&m->tickets_timer, look_cb, m);
}

void
tickets_clear(struct monitor *m)
{
	timer_cancel(&m->tickets_timer);
	explicit_bzero(&m->tickets, sizeof(m->tickets));
}
