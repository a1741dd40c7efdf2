/* SPDX-License-Identifier: ISC */
/*
 * Becoming somebody else for good, and proving it.
 */
#include "common/privdrop.h"

#include <cap-ng.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"

void
ident_self(struct ident *id)
{
	int n;

	memset(id, 0, sizeof(*id));
	id->uid = geteuid();
	id->gid = getegid();
	n = getgroups(IDENT_GROUPS, id->groups);
	id->ngroups = n < 0 ? 0 : n;
}

int
ident_equal(const struct ident *a, const struct ident *b)
{
	return a->uid == b->uid && a->gid == b->gid &&
	       a->ngroups == b->ngroups &&
	       memcmp(a->groups, b->groups,
		   (size_t)a->ngroups * sizeof(a->groups[0])) == 0;
}

static void
enter_root(const char *root)
{
	if (chroot(root) == -1 || chdir("/") == -1)
		die("chroot to %s", root);
}

static void
switch_user(const struct ident *id)
{
	if (setgroups((size_t)id->ngroups, id->groups) == -1)
		die("setgroups");
	if (setresgid(id->gid, id->gid, id->gid) == -1)
		die("setresgid %u", (unsigned)id->gid);
	/* Needs CAP_SETPCAP, so before the user id goes. */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
		log_warnx("cannot empty the capability bounding set");
	if (setresuid(id->uid, id->uid, id->uid) == -1)
		die("setresuid %u", (unsigned)id->uid);
}

/* Everything that would be a way back must fail now. */
static void
verify(const struct ident *id)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) == -1 || r != id->uid || e != id->uid ||
	    s != id->uid)
		diex("privdrop: user id is not %u", (unsigned)id->uid);
	if (getresgid(&rg, &eg, &sg) == -1 || rg != id->gid || eg != id->gid ||
	    sg != id->gid)
		diex("privdrop: group id is not %u", (unsigned)id->gid);
	if (id->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		diex("privdrop: root can be regained");
	if (capng_get_caps_process() != 0)
		diex("privdrop: cannot read capabilities");
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		diex("privdrop: capabilities are left");
}

void
privdrop(const struct ident *id, const char *root)
{
	struct ident self;

	if (geteuid() == 0) {
		if (root != NULL)
			enter_root(root);
		switch_user(id);
	} else {
		ident_self(&self);
		if (self.uid != id->uid || self.gid != id->gid)
			diex("privdrop: only root can become uid %u",
			    (unsigned)id->uid);
	}
	/* Also for a process that had capabilities without being root. */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		diex("privdrop: cannot drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		die("PR_SET_NO_NEW_PRIVS");
	verify(id);
}
