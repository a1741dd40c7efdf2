/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: the rights that a command needs and those in force where it
 * would act. Files are looked at, and nothing is opened or changed.
 */
#include "server/explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "common/str.h"
#include "server/agent/ops.h"
#include "server/agent/places.h"
#include "server/agent/policy.h"

/* The request that a command becomes, and what else it needs where its name is
 * new or taken. */
static const struct {
	const char *verb;
	uint16_t op;
	uint32_t fresh, taken; /* all of these; 0: what the request needs */
} verbs[] = {
	{ "APPE", FS_STORE, RIGHT_APPEND | RIGHT_WRITE, RIGHT_APPEND },
	{ "CWD", FS_CHDIR, 0, 0 },
	{ "DELE", FS_DELETE, 0, 0 },
	{ "LIST", FS_LIST, 0, 0 },
	{ "MDTM", FS_STAT, 0, 0 },
	{ "MFMT", FS_UTIME, 0, 0 },
	{ "MKD", FS_MKDIR, 0, 0 },
	{ "MLSD", FS_LIST, 0, 0 },
	{ "MLST", FS_LIST, 0, 0 },
	{ "NLST", FS_LIST, 0, 0 },
	{ "RETR", FS_OPEN, 0, 0 },
	{ "RMD", FS_RMDIR, 0, 0 },
	{ "RNFR", FS_RENAME_FROM, 0, 0 },
	{ "SIZE", FS_STAT, 0, 0 },
	{ "STOR", FS_STORE, RIGHT_WRITE, RIGHT_OVERWRITE },
	{ "STOU", FS_STORE, RIGHT_WRITE, RIGHT_WRITE },
};

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

/* The place whose rights places_rights() has found. */
static void
find_place(
    const struct agent_session *s, const char *path, struct explain_path *e)
{
	const struct place *p;

	e->at = "";
	ARRAY_FOREACH (p, s->places, s->nplaces)
		if (p->has_rights && vpath_is_within(path, p->at)) {
			(void)strlcpy(e->place, p->at, sizeof(e->place));
			e->at = e->place;
			return;
		}
}

static void
decide(const struct agent_session *s, size_t i, const char *path,
    struct explain_path *e)
{
	uint32_t all = e->exists ? verbs[i].taken : verbs[i].fresh;

	e->has = policy_rights(s, path);
	e->any = all == 0;
	e->needed = all != 0 ? all : op_rights(verbs[i].op);
	e->allowed = e->any ? e->needed == 0 || (e->has & e->needed) != 0
			    : (e->has & e->needed) == e->needed;
	find_place(s, path, e);
}

int
explain_path(const struct account *a, const char *verb, const char *path,
    struct explain_path *e)
{
	struct agent_session s = { .rights = a->rights, .root = -1 };
	size_t i;

	for (i = 0; i < NELEM(verbs); i++)
		if (ascii_casecmp(verbs[i].verb, verb) == 0)
			break;
	if (i == NELEM(verbs) || places_load(&s, a) == -1)
		return -1;
	e->exists = exists(&s, a, path);
	decide(&s, i, path, e);
	places_free(&s);
	return 0;
}
