/* SPDX-License-Identifier: ISC */
/*
 * The monitor's side of TLS: it reads certificates and keys, and workers
 * inherit what became of them.
 *
 * Whoever renews a certificate need not tell: files that have become others,
 * also by a symbolic link on the way to them, are read again, and a new
 * generation of workers takes over as after a reload (R11.2). Until both files
 * of a pair are there and belong together, the old ones stay in use.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"
#include "tls/tls_reuse.h"

#define LOOK_MS 10000 /* between looks at the files */
#define SETTLE_MS 1000 /* for the rest of the files that were renewed */
#define DAY_MS 86400000 /* between looks at their age */

struct tlsconf *
certs_load(const struct config *conf, FILE *out)
{
	struct tlsconf *tls;
	char *err = NULL, *warn = NULL;

	tls = tlsconf_new_serving(conf, true, &err, &warn);
	if (tls == NULL)
		fputs(err, out);
	else if (warn != NULL)
		fprintf(out, "%s: warning: %s\n", conf->path, warn);
	free(err);
	free(warn);
	return tls;
}

/* ---------------------------------------------------------------- telling */
static void
tell_certificate(const struct monitor *m)
{
	const struct config *conf = m->conf;

	log_info("certificate %s, SHA-256 %s",
	    conf->ncerts > 0 ? conf->certs[0].file : conf->selfsigned,
	    tlsconf_fingerprint(m->tls));
}

static void
tell_expiry(const struct monitor *m)
{
	char text[PATH_MAX + 128];

	switch (tlsconf_age(m->tls, text, sizeof(text))) {
	case TLSCONF_EXPIRED:
		log_errorx("%s", text);
		break;
	case TLSCONF_OLD:
		log_warnx("%s", text);
		break;
	case TLSCONF_FRESH:
		break;
	}
}

static void
expiry_cb(void *arg)
{
	struct monitor *m = arg;

	tell_expiry(m);
	timer_set(&m->certs_expiry, DAY_MS);
}

/* --------------------------------------------------------------- changing */
static void
complain(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (*line != '\0')
			log_warnx("the old certificates stay in use: %s", line);
}

/*
 * What would only be a warning at the start, that TLS is off without a
 * certificate, is no reason to give up those there are. Nor is one made in
 * place of a self-signed one that is just being replaced.
 */
static void
renew(struct monitor *m)
{
	char *err = NULL, *warn = NULL;
	struct tlsconf *tls = tlsconf_new_serving(m->conf, false, &err, &warn);

	if (tls != NULL && warn == NULL) {
		certs_use(m, tls);
		workers_replace(m);
		log_info("certificates have changed: generation %u active",
		    m->generation);
	} else {
		complain(err != NULL ? err : warn);
		tlsconf_free(tls);
	}
	free(err);
	free(warn);
}

static void
look_cb(void *arg)
{
	struct monitor *m = arg;

	if (m->state != RUN_UP)
		return;
	timer_set(&m->certs_look, LOOK_MS);
	if (tlsconf_changed(m->tls)) {
		m->certs_changed = true;
		timer_set(&m->certs_look, SETTLE_MS);
	} else if (m->certs_changed) {
		m->certs_changed = false;
		renew(m);
	}
}

/* ------------------------------------------------------------------- life */
void
certs_start(struct monitor *m)
{
	m->certs_changed = false;
	timer_cancel(&m->certs_look);
	timer_cancel(&m->certs_expiry);
	if (tlsconf_fingerprint(m->tls) == NULL)
		return; /* TLS is off */
	tell_certificate(m);
	expiry_cb(m);
	timer_set(&m->certs_look, LOOK_MS);
}

void
certs_use(struct monitor *m, struct tlsconf *tls)
{
	tlsconf_free(m->tls);
	m->tls = tls;
	certs_start(m);
}

void
certs_init(struct monitor *m)
{
	timer_init(&m->certs_look, look_cb, m);
	timer_init(&m->certs_expiry, expiry_cb, m);
}

void
certs_forget(struct monitor *m)
{
	tlsconf_free(m->tls);
	m->tls = NULL;
	tls_keys_set(NULL);
	tls_reuse_forget();
}

void
certs_clear(struct monitor *m)
{
	timer_cancel(&m->certs_look);
	timer_cancel(&m->certs_expiry);
	certs_forget(m);
}
