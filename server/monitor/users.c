/* SPDX-License-Identifier: ISC */
/*
 * Whoever edits the users file need not tell: it is looked at, read when it has
 * changed and come to rest, and taken over as by a reload, with ftpd.conf as it
 * was read last.
 */
#include "config.h"

#include "common/log.h"
#include "server/monitor/monitor.h"

#define LOOK_MS 2000 /* between looks at the file */
#define SETTLE_MS 1000 /* for an editor to finish writing */

/*
 * An editor empties a file before it writes it. If it never comes to write,
 * because the disk is full, that is no reason to send everybody away.
 */
static bool
is_emptied(const struct monitor *m)
{
	const struct watch *w = &m->conf->users_watch;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (!w->files[i].missing && w->files[i].size == 0)
			return m->conf->nusers > 0;
	return false;
}

static void
look_cb(void *arg)
{
	struct monitor *m = arg;

	if (m->state != RUN_UP)
		return;
	timer_set(&m->users_look, LOOK_MS);
	if (watch_changed(&m->conf->users_watch) && !m->users_whole) {
		m->users_changed = true;
		timer_set(&m->users_look, SETTLE_MS);
	} else if (m->users_changed) {
		m->users_changed = m->users_whole = false;
		if (is_emptied(m))
			log_warnx("the users file is empty: the users stay as "
				  "they were; a reload takes that over");
		else
			monitor_reload_users(m);
	}
}

void
users_init(struct monitor *m)
{
	timer_init(&m->users_look, look_cb, m);
}

void
users_look_now(struct monitor *m)
{
	if (m->state != RUN_UP)
		return;
	m->users_changed = m->users_whole = true;
	timer_set(&m->users_look, 0);
}

void
users_clear(struct monitor *m)
{
	timer_cancel(&m->users_look);
}

void
users_start(struct monitor *m)
{
	m->users_changed = false;
	if (m->conf->users_watch.n > 0)
		timer_set(&m->users_look, LOOK_MS);
	else
		timer_cancel(&m->users_look);
}
