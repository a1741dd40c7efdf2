/* SPDX-License-Identifier: ISC */
/*
 * SIGHUP: a new configuration, whole or not at all (R11.1).
 *
 * Everything that can fail comes first: reading, checking, binding. Then the
 * new generation of processes takes over what comes, and the old one serves
 * what it has (R11.3, R11.5).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"

/* Logs a text of several lines, one by one. */
void
log_lines(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (strstr(line, ": warning: ") != NULL)
			log_warnx("%s", line);
		else if (*line != '\0')
			log_errorx("%s", line);
}

bool
conf_is_sound(const struct config *conf, bool listens)
{
	char *text = NULL;
	size_t size = 0;
	int problems;
	FILE *out;

	out = open_memstream(&text, &size);
	if (out == NULL)
		die("open_memstream");
	problems = conf_check(conf, listens, out);
	fclose(out);
	log_lines(text);
	free(text);
	return problems == 0;
}

static struct config *
reload_read(struct monitor *m)
{
	struct config *conf;
	char *err = NULL;

	conf = conf_load(m->conf_path, &err);
	if (conf == NULL) {
		log_lines(err);
		free(err);
		return NULL;
	}
	if (!conf_is_sound(conf, !m->inetd)) {
		conf_free(conf);
		return NULL;
	}
	conf->generation = m->conf->generation + 1;
	return conf;
}

static void
reload_take_over(struct monitor *m, struct config *conf, struct tlsconf *tls)
{
	struct config *old = m->conf;

	m->conf = conf;
	tlsconf_free(m->tls);
	m->tls = tls;
	monitor_open_log(m, conf);
	workers_fill(m);
	workers_drain_old(m);
	auths_replace(m->auths);
	agents_retire(m);
	listeners_start(m);
	conf_free(old);
	log_info("config generation %u active", conf->generation);
}

static int
reload_try(struct monitor *m)
{
	struct config *conf = reload_read(m);
	struct tlsconf *tls;
	char err[256];

	if (conf == NULL)
		return -1;
	tls = certs_load(conf);
	if (tls == NULL) {
		conf_free(conf);
		return -1;
	}
	if (listeners_apply(m, conf, err, sizeof(err)) == -1) {
		log_errorx("%s", err);
		tlsconf_free(tls);
		conf_free(conf);
		return -1;
	}
	reload_take_over(m, conf, tls);
	return 0;
}

int
monitor_reload(struct monitor *m)
{
	int result;

	if (m->state != RUN_UP || m->inetd)
		return -1;
	notify_reloading();
	result = reload_try(m);
	if (result == -1)
		log_errorx("configuration not reloaded: generation %u stays",
		    m->conf->generation);
	notify_ready();
	return result;
}
