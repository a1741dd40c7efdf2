/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: the rights that a command needs, those in force where it
 * would act, and the quota. Files are looked at, and nothing is changed.
 */
#include "server/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "server/agent/ops.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"
#include "server/agent/quota.h"

/* The request that a command becomes, what else it needs where its name is new
 * or taken, and the code of a refusal. */
static const struct verb {
	const char *verb;
	uint16_t op;
	uint32_t fresh, taken; /* all of these; 0: what the request needs */
	int code;
} verbs[] = {
	{ "APPE", FS_STORE, RIGHT_APPEND | RIGHT_WRITE, RIGHT_APPEND, 553 },
	{ "AVBL", FS_SPACE, 0, 0, 550 },
	{ "CWD", FS_CHDIR, 0, 0, 550 },
	{ "DELE", FS_DELETE, 0, 0, 550 },
	{ "LIST", FS_LIST, 0, 0, 550 },
	{ "MDTM", FS_STAT, 0, 0, 550 },
	{ "MFMT", FS_UTIME, 0, 0, 550 },
	{ "MKD", FS_MKDIR, 0, 0, 550 },
	{ "MLSD", FS_LIST, 0, 0, 550 },
	{ "MLST", FS_LIST, 0, 0, 550 },
	{ "NLST", FS_LIST, 0, 0, 550 },
	{ "RETR", FS_OPEN, 0, 0, 550 },
	{ "RMD", FS_RMDIR, 0, 0, 550 },
	{ "RNFR", FS_RENAME_FROM, 0, 0, 550 },
	{ "RNTO", FS_RENAME, 0, 0, 553 },
	{ "SITE CHMOD", FS_CHMOD, 0, 0, 550 },
	{ "SITE MKDIR", FS_MKDIR, 0, 0, 550 },
	{ "SITE RMDIR", FS_RMDIR, 0, 0, 550 },
	{ "SITE SYMLINK", FS_SYMLINK, 0, 0, 550 },
	{ "SITE UTIME", FS_UTIME, 0, 0, 550 },
	{ "SIZE", FS_STAT, 0, 0, 550 },
	{ "STAT", FS_LIST, 0, 0, 550 },
	{ "STOR", FS_STORE, RIGHT_WRITE, RIGHT_OVERWRITE, 553 },
	{ "STOU", FS_STORE, RIGHT_WRITE, RIGHT_WRITE, 553 },
};

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(verbs); i++)
		if (ascii_casecmp(verbs[i].verb, name) == 0)
			return &verbs[i];
	return NULL;
}

/* Is there anything of that name? As the one who asks may see it. */
static bool
exists(const struct agent_session *s, const struct account *a, const char *path)
{
	const struct place *mount = places_mount(s, path);
	struct stat sb;
	char *host;
	bool found;

	xasprintf(&host, "%s%s", mount != NULL ? mount->host : a->root,
	    path + (mount != NULL && mount->len > 1 ? mount->len : 0));
	found = stat(host, &sb) == 0;
	free(host);
	return found;
}

/* ----------------------------------------------------------------- rights */
/* Are these, all or any one, among those in force at path? If not, that is the
 * answer. */
static bool
has_rights(const struct agent_session *s, struct explain_path *e,
    const char *path, uint32_t needed, bool any)
{
	e->has = policy_rights(s, path);
	e->any = any;
	e->needed = needed;
	(void)places_rule(s, path, e->rule);
	e->allowed = any ? needed == 0 || (e->has & needed) != 0
			 : (e->has & needed) == needed;
	return e->allowed;
}

/* Names that lead to a place of the account stay. */
static bool
may_move(
    const struct agent_session *s, struct explain_path *e, const char *path)
{
	const struct place *held = places_hold(s, path);

	e->held = held != NULL;
	e->allowed = !e->held;
	if (e->held)
		(void)place_rule(s, held, e->rule);
	return e->allowed;
}

static bool
may_rename(const struct agent_session *s, struct explain_path *e)
{
	if (e->from[0] != '\0' &&
	    !(has_rights(s, e, e->from, RIGHT_RENAME, true) &&
		may_move(s, e, e->from))) {
		e->code = 550; /* RNFR says so already */
		return false;
	}
	if (!has_rights(s, e, e->path, RIGHT_RENAME | RIGHT_WRITE, true))
		return false;
	/* Onto itself nothing is replaced. */
	return !e->exists || strcmp(e->from, e->path) == 0 ||
	       has_rights(s, e, e->path, RIGHT_OVERWRITE, true);
}

static void
decide(
    const struct agent_session *s, const struct verb *v, struct explain_path *e)
{
	uint32_t all = e->exists ? v->taken : v->fresh;

	if (v->op == FS_RENAME)
		(void)may_rename(s, e);
	else if (has_rights(s, e, e->path, all != 0 ? all : op_rights(v->op),
		     all == 0) &&
		 op_moves(v->op))
		(void)may_move(s, e, e->path);
}

/* ------------------------------------------------------------------ quota */
static bool
is_used_up(uint64_t quota, int64_t used)
{
	return quota != 0 && used >= 0 && (uint64_t)used >= quota;
}

/* What agents count, counted anew. */
static void
find_usage(const struct account *a, struct explain_path *e)
{
	int root = root_open(a->root);

	e->stores = root != -1 && quota_scan(root, &e->bytes, &e->files) == 0;
	fd_close(&root);
	e->quota =
	    is_used_up(a->quota, e->bytes) ? RULE_QUOTA : RULE_QUOTA_FILES;
	e->fits = e->quota != RULE_QUOTA &&
		  (e->exists || !is_used_up(a->quota_files, e->files));
}

int
explain_path(const struct account *a, struct explain_path *e)
{
	struct agent_session s = { .rights = a->rights, .root = -1 };
	const struct verb *v = find_verb(e->verb);

	if (v == NULL || places_load(&s, a) == -1)
		return -1;
	rules_load(&s, a);
	e->code = v->code;
	e->exists = exists(&s, a, e->path);
	decide(&s, v, e);
	if (v->op == FS_STORE && (a->quota != 0 || a->quota_files != 0) &&
	    places_mount(&s, e->path) == NULL)
		find_usage(a, e);
	places_free(&s);
	rules_free(&s);
	return 0;
}
