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

static struct config *
reload_read(struct monitor *m, FILE *out)
{
	struct config *conf;
	char *err = NULL;

	conf = conf_load(m->conf_path, &err);
	if (conf == NULL) {
		fputs(err, out);
		free(err);
		return NULL;
	}
	if (conf_check(conf, !m->inetd, out) > 0) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}

/* What a generation is made of. */
struct parts {
	struct config *conf;
	struct tlsconf *tls;
	struct tls_keys tickets;
};

/* 0, or -1 after saying why. */
static int
parts_make(struct monitor *m, struct parts *p, FILE *out)
{
	char err[256];

	p->conf = reload_read(m, out);
	if (p->conf == NULL)
		return -1;
	p->tls = certs_load(p->conf, out);
	if (p->tls == NULL || tickets_load(m, p->conf, &p->tickets, out) == -1)
		return -1;
	if (listeners_apply(m, p->conf, err, sizeof(err)) == -1) {
		fprintf(out, "%s: %s\n", p->conf->path, err);
		return -1;
	}
	return 0;
}

static void
parts_free(struct parts *p)
{
	conf_free(p->conf);
	tlsconf_free(p->tls);
	explicit_bzero(&p->tickets, sizeof(p->tickets));
}

static void
take_over(struct monitor *m, struct parts *p)
{
	struct config *old = m->conf;

	m->conf = p->conf;
	p->conf = old;
	monitor_open_log(m, m->conf);
	tickets_use(m, &p->tickets);
	certs_use(m, p->tls);
	p->tls = NULL;
	workers_replace(m);
	m->conf_since = m->generation;
	auths_replace(m->auths);
	agents_retire(m);
	listeners_start(m);
	log_info("config generation %u active", m->generation);
}

static int
reload_try(struct monitor *m, FILE *out)
{
	struct parts parts = { NULL, NULL, { .current.made = 0 } };
	int result = parts_make(m, &parts, out);

	if (result == 0)
		take_over(m, &parts);
	else
		fprintf(out,
		    "configuration not reloaded: generation %u stays\n",
		    m->generation);
	parts_free(&parts);
	return result;
}

int
monitor_reload(struct monitor *m, FILE *out)
{
	struct report report;
	int result;

	if (m->state != RUN_UP || m->inetd)
		return -1;
	notify_reloading();
	report_begin(&report);
	result = reload_try(m, report.to);
	report_end(&report, out);
	notify_ready();
	return result;
}
