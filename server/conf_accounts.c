/* SPDX-License-Identifier: ISC */
/*
 * Users and groups of a configuration, once all of its blocks were read.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_rules.h"
#include "server/conf_value.h"

static int
compare_users(const void *a, const void *b)
{
	const struct conf_user *u = a, *v = b;

	return strcmp(u->name, v->name);
}

static int
compare_groups(const void *a, const void *b)
{
	const struct conf_group *g = a, *h = b;

	return strcmp(g->name, h->name);
}

const struct conf_user *
conf_find_user(const struct config *conf, const char *name)
{
	struct conf_user key = { .name = (char *)(uintptr_t)name };

	if (conf->nusers == 0)
		return NULL;
	return bsearch(
	    &key, conf->users, conf->nusers, sizeof(key), compare_users);
}

const struct conf_group *
conf_find_group(const struct config *conf, const char *name)
{
	struct conf_group key = { .name = (char *)(uintptr_t)name };

	if (conf->ngroups == 0)
		return NULL;
	return bsearch(
	    &key, conf->groups, conf->ngroups, sizeof(key), compare_groups);
}

bool
conf_any_totp(const struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nusers; i++)
		if (conf->users[i].totp != NULL)
			return true;
	for (i = 0; i < conf->nhosts; i++)
		if (conf_any_totp(conf->hosts[i].own))
			return true;
	return false;
}

static void
sort_users(struct conf_load *l, struct config *conf)
{
	const struct conf_user *u;
	size_t i;

	if (conf->nusers == 0)
		return;
	qsort(conf->users, conf->nusers, sizeof(*conf->users), compare_users);
	for (i = 1; i < conf->nusers; i++) {
		struct conf_where w;

		u = &conf->users[i];
		w = (struct conf_where){ u->file, u->line };
		if (strcmp(u->name, u[-1].name) == 0)
			conf_complain(l, &w,
			    "user %s stands at %s:%d too; "
			    "keep one of them",
			    u->name, u[-1].file, u[-1].line);
	}
}

static void
sort_groups(struct conf_load *l, struct config *conf)
{
	const struct conf_group *g;
	size_t i;

	if (conf->ngroups == 0)
		return;
	qsort(
	    conf->groups, conf->ngroups, sizeof(*conf->groups), compare_groups);
	for (i = 1; i < conf->ngroups; i++) {
		struct conf_where w;

		g = &conf->groups[i];
		w = (struct conf_where){ g->file, g->line };
		if (strcmp(g->name, g[-1].name) == 0)
			conf_complain(l, &w,
			    "group %s stands at %s:%d too; "
			    "keep one of them",
			    g->name, g[-1].file, g[-1].line);
	}
}

/* Takes what the group says. false if the group is not known. */
static bool
join_group(const struct config *conf, struct conf_user *u)
{
	const struct conf_group *g;

	if (u->group == NULL)
		return true;
	g = conf_find_group(conf, u->group);
	if (g != NULL)
		conf_rules_inherit(&u->rules, &g->rules);
	return g != NULL;
}

static void
check_rules(struct conf_load *l, const struct conf_where *w, const char *who,
    const struct conf_rules *r)
{
	if (r->uid.set && !r->gid.set)
		conf_complain(l, w, "%s has a uid and no gid; write both", who);
	conf_places_check(l, w, who, r);
}

static void
end_user(struct conf_load *l, const struct config *conf, struct conf_user *u,
    bool whole)
{
	struct conf_where w = { u->file, u->line };
	char who[CONF_NAME_MAX + 8];

	snprintf(who, sizeof(who), "user %s", u->name);
	if (!join_group(conf, u)) {
		if (whole)
			conf_complain(l, &w,
			    "%s is in group \"%s\", which does not exist; "
			    "write a block group \"%s\" { }, or leave it out",
			    who, u->group, u->group);
		return;
	}
	if (u->rules.root == NULL)
		conf_complain(l, &w,
		    "%s has no root; write root = \"/the/directory\"", who);
	check_rules(l, &w, who, &u->rules);
}

void
conf_accounts_end(struct conf_load *l, struct config *conf, bool whole)
{
	const struct conf_where *w;
	size_t i;

	sort_groups(l, conf);
	sort_users(l, conf);
	for (i = 0; i < conf->nusers; i++)
		end_user(l, conf, &conf->users[i], whole);
	if (!whole)
		return;
	w = conf == l->conf ? conf_where_key(l, SECTION_ANONYMOUS, "uid")
			    : NULL;
	check_rules(l, w, "anonymous", &conf->anonymous_rules);
	w = conf == l->conf ? conf_where_key(l, SECTION_SYSTEM, "uid") : NULL;
	check_rules(l, w, "system", &conf->system_rules);
}

void
conf_accounts_free(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nusers; i++) {
		conf_values_clear(SECTION_USER, &conf->users[i]);
		free(conf->users[i].name);
		free(conf->users[i].file);
	}
	for (i = 0; i < conf->ngroups; i++) {
		conf_values_clear(SECTION_GROUP, &conf->groups[i]);
		free(conf->groups[i].name);
		free(conf->groups[i].file);
	}
	free(conf->users);
	free(conf->groups);
}
