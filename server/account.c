/* SPDX-License-Identifier: ISC */
/*
 * Accounts in messages.
 */
#include <string.h>

#include "server/account.h"
#include "server/rights.h"

static void
put_ident(struct wbuf *w, const struct ident *id)
{
	int i;

	put_u32(w, id->uid);
	put_u32(w, id->gid);
	put_u16(w, (uint16_t)id->ngroups);
	for (i = 0; i < id->ngroups; i++)
		put_u32(w, id->groups[i]);
}

static void
get_ident(struct rbuf *r, struct ident *id)
{
	int i;

	id->uid = get_u32(r);
	id->gid = get_u32(r);
	id->ngroups = get_u16(r);
	if (id->ngroups > IDENT_GROUPS) {
		id->ngroups = 0;
		r->err = 1;
	}
	for (i = 0; i < id->ngroups; i++)
		id->groups[i] = get_u32(r);
}

static void
put_rates(struct wbuf *w, const struct account *a)
{
	int scope, way;

	for (scope = 0; scope < RATE_SCOPES; scope++)
		for (way = 0; way < RATE_WAYS; way++)
			put_u64(w, a->rates[scope][way]);
}

static void
get_rates(struct rbuf *r, struct account *a)
{
	int scope, way;

	for (scope = 0; scope < RATE_SCOPES; scope++)
		for (way = 0; way < RATE_WAYS; way++)
			a->rates[scope][way] = get_u64(r);
}

static void
put_rules(struct wbuf *w, const struct rule_lines *l)
{
	int i;

	put_str(w, l->files[0]);
	put_str(w, l->files[1]);
	for (i = 0; i < RULE_LINES; i++)
		put_u32(w, (uint32_t)l->lines[i]);
}

static void
get_rules(struct rbuf *r, struct rule_lines *l)
{
	int i;

	get_str(r, l->files[0], sizeof(l->files[0]));
	get_str(r, l->files[1], sizeof(l->files[1]));
	for (i = 0; i < RULE_LINES; i++)
		l->lines[i] = (int32_t)get_u32(r);
}

void
account_put(struct wbuf *w, const struct account *a)
{
	put_str(w, a->name);
	put_u8(w, (uint8_t)a->source);
	put_u8(w, a->anonymous);
	put_ident(w, &a->ident);
	put_str(w, a->root);
	put_str(w, a->start_dir);
	put_u32(w, a->rights);
	put_u32(w, a->umask);
	put_u32(w, a->idle_timeout);
	put_u8(w, a->tls_data);
	put_str(w, a->group);
	put_u32(w, a->max_sessions);
	put_u64(w, a->quota);
	put_u64(w, a->quota_files);
	put_u16(w, a->usage_slot);
	put_rates(w, a);
	put_u8(w, a->create_home);
	put_u32(w, a->file_mode);
	put_u32(w, a->dir_mode);
	put_rules(w, &a->rules);
	put_bytes(w, a->places, a->places_len);
}

void
account_place_put(struct account *a, const struct account_place *p)
{
	struct wbuf w;

	wbuf_init(
	    &w, a->places + a->places_len, sizeof(a->places) - a->places_len);
	put_str(&w, p->at);
	put_str(&w, p->host);
	put_u8(&w, p->has_rights);
	put_u32(&w, p->rights);
	put_u32(&w, (uint32_t)p->line);
	if (!w.err)
		a->places_len += w.len;
}

bool
account_place_get(struct rbuf *r, struct account_place *p, char *at, char *host)
{
	unsigned has_rights;
	uint32_t rights;

	if (r->err || rbuf_end(r) == 0)
		return false;
	get_str(r, at, VPATH_MAX);
	get_str(r, host, PATH_MAX);
	has_rights = get_u8(r);
	rights = get_u32(r);
	*p = (struct account_place){ at, host, has_rights == 1, rights,
		(int32_t)get_u32(r) };
	if (at[0] != '/' || (host[0] != '/' && host[0] != '\0') ||
	    has_rights > 1 || (p->rights & ~RIGHTS_FULL) != 0)
		r->err = 1;
	return !r->err;
}

static void
get_places(struct rbuf *r, struct account *a)
{
	static const size_t max = sizeof(a->places);
	char at[VPATH_MAX], host[PATH_MAX];
	struct account_place place;
	struct rbuf places;
	const void *p = get_bytes(r, &a->places_len);

	if (p == NULL || a->places_len > max) {
		a->places_len = 0;
		r->err = 1;
		return;
	}
	memcpy(a->places, p, a->places_len);
	rbuf_init(&places, a->places, a->places_len);
	while (account_place_get(&places, &place, at, host))
		;
	if (places.err)
		r->err = 1;
}

/* Can a peer that is not broken have meant this? */
static bool
is_sane(const struct account *a, unsigned anonymous, unsigned tls_data)
{
	return a->source < ACCOUNT_SOURCE_COUNT && anonymous <= 1 &&
	       tls_data <= 1 && a->name[0] != '\0' && a->root[0] == '/' &&
	       a->start_dir[0] == '/' && (a->rights & ~RIGHTS_FULL) == 0 &&
	       a->umask <= 0777 && a->file_mode <= 0777 && a->dir_mode <= 0777;
}

void
account_get(struct rbuf *r, struct account *a)
{
	unsigned anonymous, tls_data, create_home;

	memset(a, 0, offsetof(struct account, places));
	get_str(r, a->name, sizeof(a->name));
	a->source = get_u8(r);
	anonymous = get_u8(r);
	a->anonymous = anonymous == 1;
	get_ident(r, &a->ident);
	get_str(r, a->root, sizeof(a->root));
	get_str(r, a->start_dir, sizeof(a->start_dir));
	a->rights = get_u32(r);
	a->umask = get_u32(r);
	a->idle_timeout = get_u32(r);
	tls_data = get_u8(r);
	a->tls_data = tls_data == 1;
	get_str(r, a->group, sizeof(a->group));
	a->max_sessions = get_u32(r);
	a->quota = get_u64(r);
	a->quota_files = get_u64(r);
	a->usage_slot = get_u16(r);
	get_rates(r, a);
	create_home = get_u8(r);
	a->create_home = create_home == 1;
	a->file_mode = get_u32(r);
	a->dir_mode = get_u32(r);
	get_rules(r, &a->rules);
	get_places(r, a);
	if (!is_sane(a, anonymous, tls_data) || create_home > 1)
		r->err = 1;
}
