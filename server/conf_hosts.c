/* SPDX-License-Identifier: ISC */
/*
 * Virtual hosts: their blocks, what the configuration is on each of them, and
 * which one a client means.
 *
 * A host's configuration is the server's with what the host says in place of
 * it, so that nobody who has one need know which it is.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/hostname.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_value.h"

/* --------------------------------------------------------------- blocks */
struct config *
conf_host_own(struct conf_host *h)
{
	if (h->own == NULL) {
		h->own = xcalloc(1, sizeof(*h->own));
		conf_defaults(SECTION_ANONYMOUS, h->own, "");
	}
	return h->own;
}

void
conf_host_end(struct conf_load *l, const struct conf_where *w, const char *name,
    void *block)
{
	struct config *conf = l->conf;
	struct conf_host *h = block;

	if (!hostname_is_good(name))
		conf_complain(l, w,
		    "\"%.60s\" is no name of a host; write one such as "
		    "ftp.example.org, and others and patterns as names",
		    name);
	(void)conf_host_own(h);
	if (h->own->nusers > 0 || h->users_file != NULL)
		h->has_accounts = true;
	h->name = xstrdup(name);
	h->file = xstrdup(w->file);
	h->line = w->line;
	conf->hosts = conf_grow(conf->hosts, conf->nhosts, sizeof(*h));
	conf->hosts[conf->nhosts++] = *h;
}

/* ------------------------------------------------------ what none can tell */
static struct conf_where
where_is(const struct conf_host *h)
{
	return (struct conf_where){ h->file, h->line };
}

static bool
stands_in(const char *word, const char *words)
{
	char other[CONF_WORD_MAX];

	while (words != NULL && conf_words_next(&words, other, sizeof(other)))
		if (ascii_casecmp(word, other) == 0)
			return true;
	return false;
}

static bool
has_written(const struct conf_host *h, const char *name)
{
	return ascii_casecmp(h->name, name) == 0 || stands_in(name, h->names);
}

/* One of its names that another host has written too, or NULL. */
static const char *
common_name(const struct conf_host *h, const struct conf_host *other,
    char word[CONF_WORD_MAX])
{
	const char *rest = h->names;

	if (has_written(other, h->name))
		return h->name;
	while (rest != NULL && conf_words_next(&rest, word, CONF_WORD_MAX))
		if (has_written(other, word))
			return word;
	return NULL;
}

static void
check_names(struct conf_load *l, const struct conf_host *h)
{
	const struct conf_host *other;
	struct conf_where w = where_is(h);
	char word[CONF_WORD_MAX];
	const char *name;

	for (other = l->conf->hosts; other < h; other++) {
		name = common_name(h, other, word);
		if (name != NULL)
			conf_complain(l, &w,
			    "the host \"%s\" stands at %s:%d too; keep one of "
			    "them",
			    name, other->file, other->line);
	}
}

static void
check_listens(struct conf_load *l, const struct conf_host *h)
{
	const struct config *conf = l->conf;
	struct conf_where w = where_is(h);
	const char *rest = h->listens;
	char word[CONF_WORD_MAX];
	size_t i;

	while (rest != NULL && conf_words_next(&rest, word, sizeof(word))) {
		for (i = 0; i < conf->nlistens; i++)
			if (strcmp(conf->listens[i].name, word) == 0)
				break;
		if (i == conf->nlistens)
			conf_complain(l, &w,
			    "host \"%s\" is at the listen block \"%s\", which "
			    "does not exist; write its name as it is there",
			    h->name, word);
	}
}

static void
check_anonymous(struct conf_load *l, const struct conf_host *h)
{
	struct conf_where w = where_is(h);

	if (h->own->anonymous && h->own->anonymous_rules.root == NULL)
		conf_complain(l, &w,
		    "guests are let in to host \"%s\" but have no root; write "
		    "root = \"/srv/ftp\" in its block anonymous",
		    h->name);
}

void
conf_hosts_check(struct conf_load *l)
{
	struct conf_host *h;

	ARRAY_FOREACH (h, l->conf->hosts, l->conf->nhosts) {
		check_names(l, h);
		check_listens(l, h);
		check_anonymous(l, h);
	}
}

/* ---------------------------------------------------------------- views */
static void
take_accounts(struct config *view, const struct conf_host *h)
{
	view->users = h->own->users;
	view->nusers = h->own->nusers;
	view->groups = h->own->groups;
	view->ngroups = h->own->ngroups;
	view->anonymous = h->own->anonymous;
	view->anonymous_rules = h->own->anonymous_rules;
	view->users_file = h->users_file;
	view->system_accounts = false;
	view->auth_program = NULL;
}

static struct config *
view_of(const struct config *conf, const struct conf_host *h)
{
	struct config *view = xmalloc(sizeof(*view));

	*view = *conf;
	view->hosts = NULL;
	view->nhosts = 0;
	if (h->banner != NULL)
		view->banner = h->banner;
	if (h->login_message != NULL)
		view->login_message = h->login_message;
	if (h->goodbye != NULL)
		view->goodbye = h->goodbye;
	if (h->max_per_user != 0)
		view->max_per_user = h->max_per_user;
	if (h->has_accounts)
		take_accounts(view, h);
	if (h->own->ncerts > 0) {
		view->certs = h->own->certs;
		view->ncerts = h->own->ncerts;
	}
	return view;
}

void
conf_hosts_complete(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nhosts; i++)
		conf->hosts[i].conf = view_of(conf, &conf->hosts[i]);
}

void
conf_hosts_free(struct config *conf)
{
	struct conf_host *h;

	ARRAY_FOREACH (h, conf->hosts, conf->nhosts) {
		free(h->conf);
		conf_free(h->own);
		conf_values_clear(SECTION_HOST, h);
		free(h->name);
		free(h->file);
	}
	free(conf->hosts);
}

/* -------------------------------------------------------------- finding */
const struct conf_host *
conf_find_host(const struct config *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nhosts; i++)
		if (ascii_casecmp(conf->hosts[i].name, name) == 0)
			return &conf->hosts[i];
	return NULL;
}

/* Does it have a place of its own? */
static bool
has_place(const struct conf_host *h)
{
	return h->addresses.n > 0 || h->listens != NULL;
}

static bool
is_at(const struct conf_host *h, const struct conf_listen *listen,
    const struct addr *local)
{
	return (h->addresses.n == 0 ||
		   networks_contain(&h->addresses, local)) &&
	       (h->listens == NULL || stands_in(listen->name, h->listens));
}

static bool
is_called(const struct conf_host *h, const char *name)
{
	const char *rest = h->names;
	char word[CONF_WORD_MAX];

	if (hostname_matches(h->name, name))
		return true;
	while (rest != NULL && conf_words_next(&rest, word, sizeof(word)))
		if (hostname_matches(word, name))
			return true;
	return false;
}

const struct conf_host *
conf_host_called(const struct config *conf, const char *name)
{
	const struct conf_host *h;

	ARRAY_FOREACH (h, conf->hosts, conf->nhosts)
		if (is_called(h, name))
			return h;
	return NULL;
}

const struct conf_host *
conf_host_at(const struct config *conf, uint16_t listener,
    const struct addr *local, const char *name)
{
	const struct conf_listen *listen = &conf->listens[listener];
	const struct conf_host *h;

	ARRAY_FOREACH (h, conf->hosts, conf->nhosts)
		if (is_at(h, listen, local) &&
		    (name != NULL ? is_called(h, name) : has_place(h)))
			return h;
	return NULL;
}

const struct config *
conf_of_host(const struct config *conf, const struct conf_host *h)
{
	return h != NULL ? h->conf : conf;
}
