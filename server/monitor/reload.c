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
#include "server/conf_diff.h"
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
	struct control_socket control;
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
	if (control_open(m, p->conf, &p->control, err, sizeof(err)) == -1 ||
	    listeners_apply(m, p->conf, err, sizeof(err)) == -1) {
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
	control_socket_close(&p->control);
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
	control_use(m, &p->control);
	listeners_start(m);
	log_info("config generation %u active", m->generation);
}

static int
reload_try(struct monitor *m, FILE *out)
{
	struct parts parts = { .control.fd = -1 };
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
monitor_reload_dry(struct monitor *m, FILE *out)
{
	struct config *conf = reload_read(m, out);
	int problems;

	if (conf == NULL)
		return -1;
	problems = tlsconf_check(conf, out);
	if (problems == 0)
		fprintf(out, "%s is in order\n", conf->path);
	if (problems == 0 && conf_diff(m->conf, conf, out) == 0)
		fputs("nothing would change\n", out);
	conf_free(conf);
	return problems == 0 ? 0 : -1;
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
