/* SPDX-License-Identifier: ISC */
/*
 * From settings of an account (struct conf_rules) to the account that a login
 * gets: the same for all back ends.
 */
#include <string.h>
#include <time.h>

#include "common/hours.h"
#include "common/mem.h"
#include "common/network.h"
#include "server/auth/auth.h"

void
auth_account_init(const struct auth *a, struct account *out, const char *name)
{
	memset(out, 0, offsetof(struct account, places));
	(void)strlcpy(out->name, name, sizeof(out->name));
	out->ident = a->service;
}

static void
fill_places(const struct conf_rules *r, struct account *out)
{
	const struct conf_place *p;
	struct account_place place;

	ARRAY_FOREACH (p, r->places, r->nplaces) {
		place = (struct account_place){ .at = p->at,
			.host = p->is_mount ? p->path : "",
			.has_rights = p->has_rights,
			.rights = p->rights,
			.line = rule_place_line(r, p) };
		account_place_put(out, &place);
	}
}

void
auth_account_fill(
    const struct auth *a, struct account *out, const struct conf_rules *r)
{
	if (a->privileged)
		conf_rules_ident(r, &out->ident);
	if (r->root != NULL)
		(void)strlcpy(out->root, r->root, sizeof(out->root));
	(void)strlcpy(out->start_dir, r->start_dir, sizeof(out->start_dir));
	out->rights = r->rights;
	out->umask = r->umask;
	out->idle_timeout = r->idle_timeout;
	out->tls_data = r->tls_data;
	out->create_home = r->create_home;
	out->file_mode = r->file_mode;
	out->dir_mode = r->dir_mode;
	rule_lines_take(&out->rules, r);
	fill_places(r, out);
	out->max_sessions = r->max_sessions;
	out->quota = r->quota;
	out->quota_files = r->quota_files;
	memcpy(out->rates, r->rates, sizeof(out->rates));
}

static bool
is_expired(const char *last, const struct tm *now)
{
	char today[16];

	(void)strftime(today, sizeof(today), "%Y-%m-%d", now);
	return strcmp(today, last) > 0;
}

/* The texts were checked when they were read. */
static bool
is_inside(const char *text, const struct addr *peer)
{
	struct networks list;
	char bad[NETWORK_STRLEN];

	return networks_parse(&list, text, bad, sizeof(bad)) == 0 &&
	       (list.n == 0 || networks_contain(&list, peer));
}

const char *
auth_account_objection(
    const struct conf_rules *r, const struct auth_request *req, time_t now)
{
	struct tm tm;

	if (r->tls && !req->tls)
		return "tls-required";
	if (r->networks != NULL && !is_inside(r->networks, &req->peer))
		return "ip-denied";
	if (r->expires == NULL && r->hours == NULL)
		return NULL;
	if (localtime_r(&now, &tm) == NULL)
		return "outside-hours";
	if (r->expires != NULL && is_expired(r->expires, &tm))
		return "account-expired";
	if (r->hours != NULL && !hours_include(r->hours, &tm))
		return "outside-hours";
	return NULL;
}
