/* SPDX-License-Identifier: ISC */
/*
 * The log's files and sockets: opened for all processes, and opened anew after
 * SIGUSR1, when a file has grown too large, and when its name leads elsewhere
 * or a daemon of the system has come back.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

#define LOOK_MS 5000

/* To the log as it is, or to who has asked, who tells the log too. */
static void
complain(const struct config *conf, const char *path, FILE *out)
{
	if (out == NULL)
		log_warn("cannot open the log %s: it stays where it was", path);
	else
		fprintf(out,
		    "%s: warning: cannot open the log %s: %s; it stays where "
		    "it was\n",
		    conf->path, path, strerror(errno));
}

void
monitor_open_log(struct monitor *m, const struct config *conf, FILE *out)
{
	const char *target = conf->log;

	if (target == NULL || m->verbose)
		target = "stderr";
	/* Where stderr is nobody's, or the client's. */
	if ((m->background || m->inetd) && strcmp(target, "stderr") == 0)
		target = "syslog";
	/* It can tell levels and fields, and knows the time. */
	if (strcmp(target, "stderr") == 0 && log_stderr_is_journal())
		target = "journal";
	log_set_level(
	    m->verbose ? LOG_LV_DEBUG : (enum log_level)conf->log_level);
	log_set_format(conf->log_format);
	if (log_open(target) == -1)
		complain(conf, target, out);
	target = conf->transfer_log != NULL ? conf->transfer_log : "none";
	if (log_open_sink(LOG_TRANSFERS, target) == -1)
		complain(conf, target, out);
}

void
logs_reopen(struct monitor *m)
{
	if (log_reopen() == -1)
		log_warn("cannot reopen the log");
	children_log(m);
}

/* A name that cannot be opened is complained of once, not every time. */
static void
follow(struct monitor *m, enum log_sink id)
{
	if (log_reopen() == 0)
		m->logs_lost = false;
	else if (!m->logs_lost) {
		m->logs_lost = true;
		log_warn("cannot open the log %s, which was moved",
		    log_file_name(id));
	}
	children_log(m);
}

static void
look(struct monitor *m, enum log_sink id)
{
	uint32_t max = m->conf->log_max_size;

	if (log_is_stale(id)) {
		follow(m, id);
	} else if (max != 0 && log_size(id) >= max) {
		if (log_rotate(id) == 0)
			logs_reopen(m);
		else if (!m->logs_lost) {
			m->logs_lost = true;
			log_warn("cannot rename the log %s", log_file_name(id));
		}
	}
}

static void
on_look(void *arg)
{
	struct monitor *m = arg;
	unsigned id;

	for (id = 0; id < LOG_SINKS; id++)
		look(m, id);
	timer_set(&m->logs_timer, LOOK_MS);
}

void
logs_init(struct monitor *m)
{
	timer_init(&m->logs_timer, on_look, m);
}

void
logs_start(struct monitor *m)
{
	timer_set(&m->logs_timer, LOOK_MS);
}
