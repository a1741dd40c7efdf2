/* SPDX-License-Identifier: ISC */
/*
 * One load of a configuration: its complaints, and the blocks that may stand
 * more than once as elements of their arrays.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "tls/tls_ctx.h"

#define IMPLICIT_PORT 990

void
conf_load_init(struct conf_load *l, struct config *conf, FILE *err)
{
	if (err == NULL)
		die("open_memstream");
	memset(l, 0, sizeof(*l));
	l->conf = l->into = conf;
	l->err = err;
	l->seen = conf->seen = xcalloc(conf_nkeys, sizeof(*l->seen));
	l->seen_in_host = xcalloc(conf_nkeys, sizeof(*l->seen));
}

void
conf_load_clear(struct conf_load *l)
{
	free(l->listens);
	free(l->seen_in_host);
}

void
conf_complain(
    struct conf_load *l, const struct conf_where *w, const char *fmt, ...)
{
	va_list ap;

	if (w != NULL && w->file != NULL)
		fprintf(l->err, "%s:%d: ", w->file, w->line);
	va_start(ap, fmt);
	vfprintf(l->err, fmt, ap);
	va_end(ap);
	putc('\n', l->err);
	l->nerrors++;
}

const struct conf_where *
conf_where_key(
    const struct conf_load *l, enum conf_section_id id, const char *name)
{
	return &l->seen[conf_key_find(id, name) - conf_keys];
}

static bool
is_seen(const struct conf_load *l, enum conf_section_id id, const char *name)
{
	return conf_where_key(l, id, name)->file != NULL;
}

/* Makes room for one more element at every power of two. */
void *
conf_grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return xrealloc(array, (n == 0 ? 1 : 2 * n) * size);
}

static void
check_name(struct conf_load *l, const struct conf_where *w, const char *kind,
    const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			break;
	if (*p != '\0' || p == name || p - name >= CONF_NAME_MAX)
		conf_complain(l, w,
		    "the name of this %s is empty, too "
		    "long or has a control character in it; give it another",
		    kind);
}

/* Who shows a certificate instead of a password needs none of his own. */
static void
check_password(struct conf_load *l, const struct conf_where *w,
    struct conf_user *u, const char *name)
{
	if (u->password != NULL)
		return;
	if (u->login == CONF_LOGIN_CERTIFICATE)
		u->password = xstrdup("*");
	else
		conf_complain(l, w,
		    "user %s has no password; make one "
		    "with ternctl user passwd, or write \"*\" for none",
		    name);
}

void
conf_user_end(struct conf_load *l, const struct conf_where *w, const char *name,
    void *block)
{
	struct config *conf = l->into;
	struct conf_user *u = block;

	check_name(l, w, "user", name);
	check_password(l, w, u, name);
	u->in_users_file = l->users_only;
	u->name = xstrdup(name);
	u->file = xstrdup(w->file);
	u->line = w->line;
	u->disabled_line = conf_where_key(l, SECTION_USER, "disabled")->line;
	u->login_line = conf_where_key(l, SECTION_USER, "login")->line;
	conf->users = conf_grow(conf->users, conf->nusers, sizeof(*u));
	conf->users[conf->nusers++] = *u;
}

void
conf_group_end(struct conf_load *l, const struct conf_where *w,
    const char *name, void *block)
{
	struct config *conf = l->into;
	struct conf_group *g = block;

	check_name(l, w, "group", name);
	g->in_users_file = l->users_only;
	g->name = xstrdup(name);
	g->file = xstrdup(w->file);
	g->line = w->line;
	conf->groups = conf_grow(conf->groups, conf->ngroups, sizeof(*g));
	conf->groups[conf->ngroups++] = *g;
}

/* ------------------------------------------------------------- listen */
/* The place of a key of this block, or of the block. */
static const struct conf_where *
where_in(const struct conf_load *l, enum conf_section_id id, const char *key,
    const struct conf_where *block)
{
	const struct conf_where *w = conf_where_key(l, id, key);

	return w->file != NULL ? w : block;
}

static void
check_versions(struct conf_load *l, const struct conf_where *w,
    const struct conf_listen *listen)
{
	unsigned floor =
	    listen->tls_profile == TLS_LEGACY ? TLS_V_1_0 : TLS_V_1_2;
	unsigned min =
	    listen->tls_min != TLS_V_DEFAULT ? listen->tls_min : floor;
	unsigned max =
	    listen->tls_max != TLS_V_DEFAULT ? listen->tls_max : TLS_V_1_3;

	if (min < floor || max < floor)
		conf_complain(l,
		    where_in(l, SECTION_LISTEN,
			min < floor ? "tls_min" : "tls_max", w),
		    "TLS 1.0 and 1.1 are too weak for tls_profile = modern; "
		    "write tls_profile = legacy, or a version from 1.2 on");
	else if (min > max)
		conf_complain(l, where_in(l, SECTION_LISTEN, "tls_max", w),
		    "tls_max is below tls_min; exchange them, or leave one "
		    "out");
}

static void
check_listen_tls(struct conf_load *l, const struct conf_where *w,
    const struct conf_listen *listen)
{
	if (listen->implicit && listen->tls == CONF_TLS_OFF)
		conf_complain(l, where_in(l, SECTION_LISTEN, "implicit", w),
		    "implicit is TLS from the first byte, and tls = off "
		    "forbids it; write tls = required, or implicit = no");
	if (listen->tls_data && listen->tls == CONF_TLS_OFF)
		conf_complain(l, where_in(l, SECTION_LISTEN, "tls_data", w),
		    "with tls = off no transfer can have the TLS that "
		    "tls_data demands; change one of them");
	if (listen->client_certs == TLS_CERTS_NONE)
		return;
	if (listen->tls == CONF_TLS_OFF)
		conf_complain(l, where_in(l, SECTION_LISTEN, "client_certs", w),
		    "with tls = off no client can show a certificate; write "
		    "tls = required, or client_certs = none");
	if (listen->client_ca == NULL)
		conf_complain(l, where_in(l, SECTION_LISTEN, "client_certs", w),
		    "nothing says who may sign the certificates of clients; "
		    "write client_ca = \"/the/ca.pem\"");
}

static void
check_listen_proxy(struct conf_load *l, const struct conf_where *w,
    const struct conf_listen *listen)
{
	if (listen->proxy != CONF_PROXY_OFF && listen->proxy_from.n == 0)
		conf_complain(l, where_in(l, SECTION_LISTEN, "proxy", w),
		    "nothing says which proxies are believed; write "
		    "proxy_from = \"10.0.0.7\"");
	if (listen->proxy == CONF_PROXY_OFF && listen->proxy_from.n > 0)
		conf_complain(l, where_in(l, SECTION_LISTEN, "proxy_from", w),
		    "proxy_from is of no use without proxy; write proxy = "
		    "required, or proxy = optional");
	if (listen->proxy == CONF_PROXY_OFF && listen->proxy_data)
		conf_complain(l, where_in(l, SECTION_LISTEN, "proxy_data", w),
		    "only who came through a proxy has data connections "
		    "through one; write proxy = required, or proxy_data = "
		    "off");
}

/* What other keys decide where one was not written. */
static void
listen_defaults(const struct conf_load *l, struct conf_listen *listen)
{
	if (listen->implicit && !is_seen(l, SECTION_LISTEN, "port"))
		listen->addr.port = IMPLICIT_PORT;
	if (listen->session_reuse == CONF_REUSE_STRICT &&
	    !is_seen(l, SECTION_LISTEN, "unclean_eof"))
		listen->unclean_eof = CONF_EOF_REFUSE;
}

/* What is not there has no line. */
static void
note_lines(const struct conf_load *l, const struct conf_where *w,
    struct conf_listen *listen)
{
	size_t i;

	listen->file = w->file;
	listen->line = w->line;
	for (i = 0; i < conf_nkeys; i++)
		if (conf_keys[i].section == SECTION_LISTEN)
			listen->lines[conf_key_row(&conf_keys[i])] =
			    l->seen[i].line;
}

void
conf_listen_end(struct conf_load *l, const struct conf_where *w,
    const char *name, void *block)
{
	struct config *conf = l->conf;
	struct conf_listen *listen = block;

	check_name(l, w, "listen block", name);
	check_listen_tls(l, w, listen);
	check_listen_proxy(l, w, listen);
	check_versions(l, w, listen);
	listen_defaults(l, listen);
	note_lines(l, w, listen);
	listen->name = xstrdup(name);
	conf->listens =
	    conf_grow(conf->listens, conf->nlistens, sizeof(*listen));
	l->listens = conf_grow(l->listens, conf->nlistens, sizeof(*w));
	l->listens[conf->nlistens] = *w;
	conf->listens[conf->nlistens++] = *listen;
}

/* -------------------------------------------------------- certificate */
static void
check_cert_name(
    struct conf_load *l, const struct conf_where *w, const char *name)
{
	const struct conf_cert *c;

	ARRAY_FOREACH (c, l->into->certs, l->into->ncerts)
		if (strcmp(c->name, name) == 0)
			conf_complain(l, w,
			    "there is a certificate \"%s\" at line %d already; "
			    "give one another name",
			    name, c->line);
}

void
conf_cert_end(struct conf_load *l, const struct conf_where *w, const char *name,
    void *block)
{
	struct config *conf = l->into;
	struct conf_cert *cert = block;

	check_name(l, w, "certificate", name);
	check_cert_name(l, w, name);
	if (cert->file == NULL)
		conf_complain(l, w,
		    "certificate \"%s\" has no file; write file = "
		    "\"/the/fullchain.pem\"",
		    name);
	cert->name = xstrdup(name);
	cert->line = w->line;
	conf->certs = conf_grow(conf->certs, conf->ncerts, sizeof(*cert));
	conf->certs[conf->ncerts++] = *cert;
}
