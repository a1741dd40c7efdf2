/* SPDX-License-Identifier: ISC */
/*
 * From listen and certificate blocks to the contexts of TLS.
 *
 * Listeners with the same rules share a context. All problems are told at
 * once, each with the block it belongs to.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/tlsconf.h"
#include "server/tlsconf_priv.h"
#include "tls/tls_ctx.h"
#include "tls/tls_keyring.h"

#define DAY (24 * 60 * 60)
#define EXPIRY_DAYS 14 /* to renew in (R11.6) */

struct tlsconf {
	struct tls_ctx **ctx; /* by listener; NULL = no TLS */
	size_t n;
	struct tls_keyring *keyring; /* NULL: the contexts have the keys */
};

/* What a set is made from, while it is made. */
struct making {
	struct tlsconf *t;
	const struct config *conf;
	struct tls_pair *pairs;
	size_t npairs;
	struct tlsconf_names names;
	FILE *err;
	char *text; /* what err has collected */
	size_t len;
};

/* Of no use without TLS. */
static bool
needs_tls(const struct conf_listen *l)
{
	return l->tls == CONF_TLS_REQUIRED || l->implicit || l->tls_data;
}

/* --------------------------------------------------------- complaints */
static bool
is_about(const char *text, const char *path)
{
	return path != NULL && strncmp(text, path, strlen(path)) == 0;
}

static const struct conf_cert *
find_cert(const struct config *conf, const char *text)
{
	const struct conf_cert *c;

	ARRAY_FOREACH (c, conf->certs, conf->ncerts)
		if (is_about(text, c->file) || is_about(text, c->key) ||
		    is_about(text, c->ocsp))
			return c;
	return NULL;
}

/* The part of the configuration that a message belongs to. */
static char *
origin(const struct config *conf, const struct conf_listen *l, const char *text)
{
	const struct conf_cert *c = find_cert(conf, text);
	const struct conf_host *h;
	char *where;

	if (c != NULL) {
		xasprintf(&where, "certificate \"%s\"", c->name);
		return where;
	}
	ARRAY_FOREACH (h, conf->hosts, conf->nhosts) {
		c = find_cert(h->own, text);
		if (c == NULL)
			continue;
		xasprintf(&where, "host \"%s\": certificate \"%s\"", h->name,
		    c->name);
		return where;
	}
	if (is_about(text, conf->sni_directory))
		return xstrdup("sni_directory");
	if (conf->ncerts == 0 && is_about(text, conf->selfsigned))
		return xstrdup("selfsigned");
	xasprintf(&where, "listen \"%s\"", l->name);
	return where;
}

/* Once only: listeners share their certificates and so their mistakes. */
static void
complain(struct making *m, const struct conf_listen *l, char *text)
{
	char *where = origin(m->conf, l, text), *line;

	xasprintf(&line, "%s: %s: %s\n", m->conf->path, where, text);
	fflush(m->err);
	if (strstr(m->text, line) == NULL)
		fputs(line, m->err);
	free(line);
	free(where);
	free(text);
}

/* ----------------------------------------------------------- contexts */
static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_rules(const struct conf_listen *a, const struct conf_listen *b)
{
	return a->tls_profile == b->tls_profile && a->tls_min == b->tls_min &&
	       a->tls_max == b->tls_max && a->client_certs == b->client_certs &&
	       is_same(a->client_ca, b->client_ca) &&
	       is_same(a->client_crl, b->client_crl);
}

/* The context of an earlier listener with the same rules, or NULL. */
static struct tls_ctx *
find_same(const struct making *m, size_t i)
{
	const struct conf_listen *all = m->conf->listens;
	size_t j;

	for (j = 0; j < i; j++)
		if (m->t->ctx[j] != NULL && same_rules(&all[i], &all[j]))
			return m->t->ctx[j];
	return NULL;
}

static struct tls_ctx *
make_ctx(struct making *m, const struct conf_listen *l,
    const struct tls_pair *pairs, size_t npairs)
{
	struct tls_settings set = {
		.pairs = pairs,
		.npairs = npairs,
		.named = m->names.v,
		.nnamed = m->names.n,
		.sni_dir = m->conf->sni_directory,
		.profile = (enum tls_profile)l->tls_profile,
		.min = (enum tls_version)l->tls_min,
		.max = (enum tls_version)l->tls_max,
		.client_certs = (enum tls_client_certs)l->client_certs,
		.ca_file = l->client_ca,
		.crl_file = l->client_crl,
		.keyring = m->t->keyring,
		.ktls = m->conf->ktls,
	};
	struct tls_ctx *ctx;
	char *err = NULL;

	ctx = tls_ctx_new(&set, &err);
	if (ctx == NULL)
		complain(m, l, err);
	return ctx;
}

/* After a failure: a context ends with its first mistake, so each certificate
 * is tried alone. */
static void
try_each(struct making *m, const struct conf_listen *l)
{
	size_t i;

	for (i = 0; m->npairs > 1 && i < m->npairs; i++)
		tls_ctx_unref(make_ctx(m, l, &m->pairs[i], 1));
}

static void
make_all(struct making *m)
{
	const struct conf_listen *l;
	struct tls_ctx *ctx;
	size_t i;

	for (i = 0; i < m->conf->nlistens; i++) {
		l = &m->conf->listens[i];
		if (!conf_listen_has_tls(l))
			continue;
		ctx = find_same(m, i);
		if (ctx != NULL)
			m->t->ctx[i] = tls_ctx_ref(ctx);
		else {
			m->t->ctx[i] = make_ctx(m, l, m->pairs, m->npairs);
			if (m->t->ctx[i] == NULL)
				try_each(m, l);
		}
	}
}

/* 0, or -1 with the complaints in *err_r. */
static int
load(struct tlsconf *t, const struct config *conf, struct tls_pair *pairs,
    size_t npairs, char **err_r)
{
	struct making m = {
		.t = t, .conf = conf, .pairs = pairs, .npairs = npairs
	};

	m.err = open_memstream(&m.text, &m.len);
	if (m.err == NULL)
		die("open_memstream");
	tlsconf_names_make(&m.names, conf);
	make_all(&m);
	tlsconf_names_clear(&m.names);
	fclose(m.err);
	if (m.len == 0) {
		free(m.text);
		return 0;
	}
	*err_r = m.text;
	return -1;
}

/* ------------------------------------------------------- certificates */
static int
load_certs(struct tlsconf *t, const struct config *conf, char **err_r)
{
	struct tls_pair *pairs = tlsconf_pairs(conf);
	int rc;

	rc = load(t, conf, pairs, conf->ncerts, err_r);
	free(pairs);
	return rc;
}

/* Without a certificate: bad where TLS is needed, else it is only off. */
static int
do_without(const struct config *conf, char *why, char **err_r, char **warn_r)
{
	bool needed = conf_any_listen(conf, needs_tls);
	char *text;

	xasprintf(&text,
	    "no certificate is configured, and a self-signed one cannot be "
	    "made: %s; write a certificate block, or set selfsigned in the "
	    "block tls to another place",
	    why);
	if (needed)
		xasprintf(err_r, "%s: %s\n", conf->path, text);
	else
		xasprintf(warn_r, "TLS is off: %s", text);
	free(text);
	free(why);
	return needed ? -1 : 0;
}

static int
load_selfsigned(struct tlsconf *t, const struct config *conf, bool create,
    char **err_r, char **warn_r)
{
	char *key = selfsigned_key_path(conf->selfsigned), *why = NULL;
	struct tls_pair pair = { conf->selfsigned, key, NULL };
	int rc = 0;

	switch (selfsigned_ensure(conf->selfsigned, key, create, &why)) {
	case SELFSIGNED_THERE:
		rc = load(t, conf, &pair, 1, err_r);
		break;
	case SELFSIGNED_TO_COME:
		xasprintf(warn_r,
		    "no certificate is configured; a self-signed one will be "
		    "made at the start: %s",
		    conf->selfsigned);
		break;
	case SELFSIGNED_FAILED:
		rc = do_without(conf, why, err_r, warn_r);
		break;
	}
	free(key);
	return rc;
}

/* --------------------------------------------------------------- life */
/* Takes over the ring, if there is one. */
static struct tlsconf *
make_set(const struct config *conf, struct tls_keyring *keyring, bool create,
    char **err_r, char **warn_r)
{
	struct tlsconf *t = xcalloc(1, sizeof(*t));
	int rc;

	*err_r = *warn_r = NULL;
	t->keyring = keyring;
	t->n = conf->nlistens;
	t->ctx = xcalloc(t->n, sizeof(struct tls_ctx *));
	if (!conf_any_listen(conf, conf_listen_has_tls))
		return t;
	if (conf->ncerts > 0)
		rc = load_certs(t, conf, err_r);
	else
		rc = load_selfsigned(t, conf, create, err_r, warn_r);
	if (rc == 0)
		return t;
	tlsconf_free(t);
	return NULL;
}

struct tlsconf *
tlsconf_new(const struct config *conf, bool create, char **err_r, char **warn_r)
{
	return make_set(conf, NULL, create, err_r, warn_r);
}

struct tlsconf *
tlsconf_new_serving(
    const struct config *conf, bool create, char **err_r, char **warn_r)
{
	char *why = NULL;
	struct tls_keyring *keyring;
	struct tlsconf *t = NULL;

	if (!conf->key_process)
		return tlsconf_new(conf, create, err_r, warn_r);
	*err_r = *warn_r = NULL;
	keyring = tls_keyring_new(&why);
	if (keyring != NULL) {
		t = make_set(conf, keyring, create, err_r, warn_r);
		if (t == NULL || tls_keyring_seal(keyring, &why) == 0)
			return t;
		tlsconf_free(t);
	}
	xasprintf(err_r, "%s: %s\n", conf->path, why);
	free(why);
	return NULL;
}

void
tlsconf_free(struct tlsconf *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		tls_ctx_unref(t->ctx[i]);
	free(t->ctx);
	tls_keyring_unref(t->keyring);
	free(t);
}

struct tls_keyring *
tlsconf_keyring(const struct tlsconf *t)
{
	return t != NULL && t->keyring != NULL &&
		       tls_keyring_count(t->keyring) > 0
		   ? t->keyring
		   : NULL;
}

void
tlsconf_drop_keyring(struct tlsconf *t)
{
	if (t == NULL)
		return;
	tls_keyring_unref(t->keyring);
	t->keyring = NULL;
}

/* ------------------------------------------------------------- asking */
struct tls_ctx *
tlsconf_ctx(const struct tlsconf *t, uint16_t listener)
{
	return t != NULL && listener < t->n ? t->ctx[listener] : NULL;
}

/* Each is asked: the answer of one is true only once. */
bool
tlsconf_changed(struct tlsconf *t)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->ctx[i] != NULL && tls_ctx_changed(t->ctx[i]))
			changed = true;
	return changed;
}

int64_t
tlsconf_not_after(const struct tlsconf *t, const char **file_r)
{
	int64_t when, first = 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->ctx[i] == NULL)
			continue;
		when = tls_ctx_not_after(t->ctx[i]);
		if (first == 0 || when < first) {
			first = when;
			*file_r = tls_ctx_not_after_file(t->ctx[i]);
		}
	}
	return first;
}

enum tlsconf_age
tlsconf_age(const struct tlsconf *t, char *text, size_t size)
{
	const char *file = NULL;
	int64_t when = tlsconf_not_after(t, &file);
	int64_t left = when - (int64_t)time(NULL);
	time_t seconds = (time_t)when;
	char date[32] = "";
	struct tm tm;

	if (when == 0 || left > EXPIRY_DAYS * DAY)
		return TLSCONF_FRESH;
	if (gmtime_r(&seconds, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
	if (left < 0)
		snprintf(text, size,
		    "certificate %s has expired on %s, clients refuse it: "
		    "renew it",
		    file, date);
	else
		snprintf(text, size,
		    "certificate %s expires in %d days, on %s: renew it", file,
		    (int)(left / DAY), date);
	return left < 0 ? TLSCONF_EXPIRED : TLSCONF_OLD;
}

const char *
tlsconf_fingerprint(const struct tlsconf *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->ctx[i] != NULL)
			return tls_ctx_fingerprint(t->ctx[i], 0);
	return NULL;
}
