/* SPDX-License-Identifier: ISC */
/*
 * Loading and freeing a configuration, and what no single key can tell.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_value.h"

bool
conf_any_listen(
    const struct config *conf, bool (*is)(const struct conf_listen *))
{
	size_t i;

	for (i = 0; i < conf->nlistens; i++)
		if (is(&conf->listens[i]))
			return true;
	return false;
}

bool
conf_listen_has_tls(const struct conf_listen *l)
{
	return l->tls != CONF_TLS_OFF;
}

bool
conf_listen_has_proxy(const struct conf_listen *l, const struct addr *peer)
{
	return l->proxy != CONF_PROXY_OFF &&
	       networks_contain(&l->proxy_from, peer);
}

static void
check_listens(struct conf_load *l)
{
	const struct conf_listen *a = l->conf->listens, *b;
	size_t i, j;

	for (i = 1; i < l->conf->nlistens; i++)
		for (j = 0; j < i; j++) {
			b = &a[j];
			if (strcmp(a[i].name, b->name) == 0)
				conf_complain(l, &l->listens[i],
				    "there is a "
				    "listen block \"%s\" at line %d already; "
				    "give one another name",
				    b->name, l->listens[j].line);
			else if (addr_ip_equal(&a[i].addr, &b->addr) &&
				 a[i].addr.port == b->addr.port &&
				 b->addr.port != 0)
				conf_complain(l, &l->listens[i],
				    "listen "
				    "\"%s\" has the address and port of "
				    "\"%s\"; change one",
				    a[i].name, b->name);
		}
}

static void
check_pairs(struct conf_load *l)
{
	const struct config *conf = l->conf;

	if (conf->anonymous && conf->anonymous_rules.root == NULL)
		conf_complain(l,
		    conf_where_key(l, SECTION_ANONYMOUS, "enabled"),
		    "guests are let in but have no root; write root = "
		    "\"/srv/ftp\" in the block anonymous");
	if (conf->directory_message != NULL &&
	    (strchr(conf->directory_message, '/') != NULL ||
		conf->directory_message[0] == '\0'))
		conf_complain(l,
		    conf_where_key(l, SECTION_TOP, "directory_message"),
		    "directory_message is the name of a file in each "
		    "directory; write it without any /, such as .message");
	if (conf->idle_timeout > conf->max_idle_timeout)
		conf_complain(l, conf_where_key(l, SECTION_TIMEOUTS, "idle"),
		    "idle (%u) is longer than max_idle (%u); raise max_idle",
		    conf->idle_timeout, conf->max_idle_timeout);
}

/* Without a listen block there is one on port 21 of every address. */
static void
default_listen(struct config *conf)
{
	if (conf->nlistens > 0)
		return;
	conf->listens = xcalloc(1, sizeof(*conf->listens));
	conf->nlistens = 1;
	conf_defaults(SECTION_LISTEN, &conf->listens[0], "");
	conf->listens[0].name = xstrdup("ftp");
}

/* -------------------------------------------------------- life of one */
static void
plain_defaults(struct config *conf)
{
	char *dir = xstrdup(conf->path), *slash = strrchr(dir, '/');
	int id;

	(void)strlcpy(slash != NULL ? slash : dir, slash != NULL ? "" : ".", 2);
	for (id = 0; id < SECTION_COUNT; id++)
		if (!conf_sections[id].titled)
			conf_defaults((enum conf_section_id)id, conf, dir);
	free(dir);
}

static struct config *
conf_new(const char *path)
{
	struct config *conf = xcalloc(1, sizeof(*conf));
	char cwd[PATH_MAX];

	/* Not realpath(): a link may lead to another file at a reload. */
	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		conf->path = xstrdup(path);
	else
		xasprintf(&conf->path, "%s/%s", cwd, path);
	plain_defaults(conf);
	return conf;
}

void
conf_free(struct config *conf)
{
	size_t i;

	if (conf == NULL)
		return;
	conf_forget_texts(conf);
	watch_clear(&conf->users_watch);
	for (i = 0; i < SECTION_COUNT; i++)
		if (!conf_sections[i].titled)
			conf_values_clear((enum conf_section_id)i, conf);
	for (i = 0; i < conf->nlistens; i++) {
		conf_values_clear(SECTION_LISTEN, &conf->listens[i]);
		free(conf->listens[i].name);
	}
	for (i = 0; i < conf->ncerts; i++) {
		conf_values_clear(SECTION_CERTIFICATE, &conf->certs[i]);
		free(conf->certs[i].name);
	}
	conf_accounts_free(conf);
	conf_hosts_free(conf);
	for (i = 0; i < conf->nfiles; i++)
		free(conf->files[i]);
	free(conf->files);
	free(conf->seen);
	free(conf->listens);
	free(conf->certs);
	free(conf->path);
	free(conf);
}

/* A users file that does not exist yet has no users; conf_check() tells. */
static void
load_users_file(struct conf_load *l, const char *path, struct config *into)
{
	const char *read = conf_source_path(l, path);

	if (access(read, F_OK) == -1 && errno == ENOENT)
		return;
	l->into = into;
	conf_parse_file(l, path, true);
	l->into = l->conf;
}

static void
load_users_files(struct conf_load *l)
{
	struct config *conf = l->conf;
	size_t i;

	if (conf->users_file != NULL)
		load_users_file(l, conf->users_file, conf);
	for (i = 0; i < conf->nhosts; i++)
		if (conf->hosts[i].users_file != NULL)
			load_users_file(
			    l, conf->hosts[i].users_file, conf->hosts[i].own);
}

static void
accounts_end(struct conf_load *l)
{
	size_t i;

	conf_accounts_end(l, l->conf, true);
	for (i = 0; i < l->conf->nhosts; i++)
		conf_accounts_end(l, l->conf->hosts[i].own, true);
}

static struct config *
finish(struct conf_load *l, char **err_r, char **err)
{
	struct config *conf = l->conf;
	unsigned nerrors = l->nerrors;

	fclose(l->err);
	conf_load_clear(l);
	if (nerrors > 0) {
		*err_r = *err;
		conf_free(conf);
		return NULL;
	}
	free(*err);
	*err_r = NULL;
	return conf;
}

static struct config *
load(const char *path, const struct config *frozen, const char *instead_of,
    const char *read, char **err_r)
{
	struct config *conf = conf_new(path);
	struct conf_load l;
	size_t len;
	char *err = NULL;

	conf_load_init(&l, conf, open_memstream(&err, &len));
	l.frozen = frozen;
	l.instead_of = instead_of;
	l.read = read;
	conf_parse_file(&l, conf->path, false);
	if (l.nerrors == 0)
		load_users_files(&l);
	accounts_end(&l);
	check_listens(&l);
	check_pairs(&l);
	default_listen(conf);
	conf_hosts_check(&l);
	conf_hosts_complete(conf);
	return finish(&l, err_r, &err);
}

struct config *
conf_load(const char *path, char **err_r)
{
	return load(path, NULL, NULL, NULL, err_r);
}

struct config *
conf_load_again(const struct config *conf, char **err_r)
{
	return load(conf->path, conf, NULL, NULL, err_r);
}

struct config *
conf_load_with(
    const char *path, const char *instead_of, const char *read, char **err_r)
{
	return load(path, NULL, instead_of, read, err_r);
}

struct config *
conf_load_users(const char *path, char **err_r)
{
	struct config *conf = conf_new(path);
	struct conf_load l;
	size_t len;
	char *err = NULL;

	conf_load_init(&l, conf, open_memstream(&err, &len));
	conf_parse_file(&l, path, true);
	conf_accounts_end(&l, conf, false);
	return finish(&l, err_r, &err);
}
