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

#include "common/heap.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/conf_diff.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"

#define LOGGED_LINES 50 /* of what has changed */

/* As its files are now (users_only: as only the users file is now), or NULL
 * after saying why not. */
static struct config *
reload_read(struct monitor *m, bool users_only, FILE *out)
{
	struct config *conf;
	char *err = NULL;

	conf = users_only ? conf_load_again(m->conf, &err)
			  : conf_load(m->conf_path, &err);
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

/* ------------------------------------------------------- a new generation */
/* What a generation is made of. */
struct parts {
	struct config *conf;
	struct tlsconf *tls;
	struct tls_keys tickets;
	struct control_socket control;
};

/* All but the configuration. 0, or -1 after saying why. */
static int
parts_make(struct monitor *m, struct parts *p, FILE *out)
{
	char err[256];

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
swap_conf(struct monitor *m, struct parts *p)
{
	struct config *old = m->conf;

	m->conf = p->conf;
	p->conf = old;
}

/*
 * Before anything is forked: a child forgets the secrets of the configuration
 * that it is given, and would keep those that it knows nothing of, also those
 * that were only freed.
 */
static void
forget_old(struct monitor *m, struct parts *p)
{
	sessions_revoke(m, p->conf, m->conf, NULL);
	conf_free(p->conf);
	p->conf = NULL;
	explicit_bzero(&p->tickets, sizeof(p->tickets));
	heap_wipe_free();
}

static void
take_all(struct monitor *m, struct parts *p, FILE *err)
{
	swap_conf(m, p);
	monitor_open_log(m, m->conf, err);
	tickets_use(m, &p->tickets);
	certs_use(m, p->tls);
	p->tls = NULL;
	monitor_share(m->conf);
	names_move(m, p->conf);
	forget_old(m, p);
	workers_replace(m);
	m->conf_since = m->generation;
	names_start(m);
	auths_replace(m->auths);
	agents_retire(m);
	control_use(m, &p->control);
	listeners_start(m);
}

/* Nothing else has changed. */
static void
take_users(struct monitor *m, struct parts *p)
{
	swap_conf(m, p);
	forget_old(m, p);
	auths_replace(m->auths);
}

/* --------------------------------------------------------------- telling */
/* What has changed goes to who asked, and the first of it to the log. */
static void
tell_difference(const struct config *old, const struct config *now, FILE *copy)
{
	char *text = NULL, *rest, *line;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned n;

	if (out == NULL)
		die("open_memstream");
	(void)conf_diff(old, now, out);
	fclose(out);
	if (copy != NULL)
		fputs(text, copy);
	rest = text;
	for (n = 0; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; n++)
		if (n < LOGGED_LINES)
			log_info("reload: %s", line);
	if (n > LOGGED_LINES)
		log_info("reload: and %u changes more", n - LOGGED_LINES);
	free(text);
}

static void
tell_result(const struct monitor *m, unsigned kinds, FILE *copy)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "config generation %u %s",
	    m->generation,
	    kinds == CONF_DIFF_USERS ? "goes on with other users" : "active");
	log_info("%s", line);
	if (copy != NULL)
		fprintf(copy, "%s\n", line);
}

/* ------------------------------------------------------------- reloading */
/* Certificates that were renewed, perhaps not all of them yet, make a reload
 * more than one of users. */
static bool
certs_have_changed(const struct monitor *m)
{
	return m->certs_changed || (m->tls != NULL && tlsconf_changed(m->tls));
}

static int
take(struct monitor *m, struct parts *p, FILE *err, FILE *out)
{
	unsigned kinds = conf_diff(m->conf, p->conf, NULL);

	if (certs_have_changed(m))
		kinds |= CONF_DIFF_REST;
	if (kinds != CONF_DIFF_USERS && parts_make(m, p, err) == -1)
		return -1;
	tell_difference(m->conf, p->conf, out);
	if (kinds == CONF_DIFF_USERS)
		take_users(m, p);
	else
		take_all(m, p, err);
	tell_result(m, kinds, out);
	users_start(m);
	sessions_rerate(m);
	return 0;
}

static int
reload_try(struct monitor *m, bool users_only, FILE *err, FILE *out)
{
	struct parts parts = { .control.fd = -1 };
	int result = -1;

	parts.conf = reload_read(m, users_only, err);
	if (parts.conf != NULL)
		result = users_only && conf_diff(m->conf, parts.conf, NULL) == 0
			     ? 0
			     : take(m, &parts, err, out);
	if (result == -1)
		fprintf(err,
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
	result = reload_try(m, false, report.to, out);
	report_end(&report, out);
	notify_ready();
	return result;
}

void
monitor_reload_users(struct monitor *m)
{
	struct report report;

	report_begin(&report);
	(void)reload_try(m, true, report.to, NULL);
	report_end(&report, NULL);
}

/* --------------------------------------------------------------- dry run */
static void
plan_sessions(
    struct monitor *m, const struct config *conf, unsigned kinds, FILE *out)
{
	unsigned n = sessions_revoke(m, m->conf, conf, out);

	fprintf(out, "%u of %u sessions end, %s\n", n, m->sessions.count,
	    kinds == CONF_DIFF_USERS
		? "the others are not touched"
		: "the others go on with the old configuration");
}

int
monitor_reload_dry(struct monitor *m, FILE *out)
{
	struct config *conf = reload_read(m, false, out);
	unsigned kinds;
	int result;

	if (conf == NULL)
		return -1;
	result = tlsconf_check(conf, out) == 0 ? 0 : -1;
	kinds = conf_diff(m->conf, conf, out);
	if (kinds == 0)
		fputs("nothing would change\n", out);
	if (listeners_plan(m, conf, out) == -1)
		result = -1;
	plan_sessions(m, conf, kinds, out);
	if (result == 0)
		fprintf(out, "%s is in order\n", conf->path);
	conf_free(conf);
	return result;
}
