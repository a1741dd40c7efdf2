/* SPDX-License-Identifier: ISC */
/*
 * Becoming somebody else for good, and proving it.
 */
#include "common/privdrop.h"

#include <cap-ng.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"

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

static void
verify_ids(const struct ident *id)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) == -1 || r != id->uid || e != id->uid ||
	    s != id->uid)
		diex("privdrop: user id is not %u", (unsigned)id->uid);
	if (getresgid(&rg, &eg, &sg) == -1 || rg != id->gid || eg != id->gid ||
	    sg != id->gid)
		diex("privdrop: group id is not %u", (unsigned)id->gid);
}

static bool
has_group(const struct ident *id, gid_t gid)
{
	int i;

	for (i = 0; i < id->ngroups; i++)
		if (id->groups[i] == gid)
			return true;
	return false;
}

/* The groups we have now are those of id and no others. */
static void
verify_groups(const struct ident *id)
{
	struct ident now;
	int i, n = getgroups(0, NULL);

	ident_self(&now);
	if (n < 0 || n != now.ngroups)
		diex("privdrop: cannot read groups");
	for (i = 0; i < now.ngroups; i++)
		if (!has_group(id, now.groups[i]))
			diex("privdrop: group %u is left",
			    (unsigned)now.groups[i]);
	for (i = 0; i < id->ngroups; i++)
		if (!has_group(&now, id->groups[i]))
			diex("privdrop: group %u is missing",
			    (unsigned)id->groups[i]);
}

static void
verify_capabilities(void)
{
	static const capng_type_t sets[] = { CAPNG_EFFECTIVE, CAPNG_PERMITTED,
		CAPNG_INHERITABLE };
	unsigned cap;
	size_t i;

	if (capng_get_caps_process() != 0)
		diex("privdrop: cannot read capabilities");
	for (i = 0; i < NELEM(sets); i++)
		for (cap = 0; cap <= CAP_LAST_CAP; cap++)
			if (capng_have_capability(sets[i], cap) != 0)
				diex("privdrop: capability %u is left", cap);
}

/* Everything that would be a way back must fail now. */
static void
verify_no_way_back(const struct ident *id)
{
	if (id->uid != 0 &&
	    (setuid(0) == 0 || seteuid(0) == 0 || setreuid(0, 0) == 0))
		diex("privdrop: root can be regained");
	if (id->gid != 0 && (setgid(0) == 0 || setegid(0) == 0))
		diex("privdrop: group 0 can be regained");
	if (setgroups(0, NULL) == 0)
		diex("privdrop: groups can be changed");
}

void
privdrop(const struct ident *id, const char *root)
{
	bool privileged = geteuid() == 0;

	if (privileged) {
		if (root != NULL)
			enter_root(root);
		switch_user(id);
	} else if (geteuid() != id->uid || getegid() != id->gid) {
		diex(
		    "privdrop: only root can become uid %u", (unsigned)id->uid);
	}
	/* Also for a process that had capabilities without being root. */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		diex("privdrop: cannot drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		die("PR_SET_NO_NEW_PRIVS");
	verify_ids(id);
	if (privileged)
		verify_groups(id);
	verify_capabilities();
	verify_no_way_back(id);
}

/* Among those of the set: adds what it had to what is to be applied. */
static void
keep_had(capng_type_t sets, const bool *had, const unsigned *caps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (had[caps[i]])
			(void)capng_update(CAPNG_ADD, sets, caps[i]);
}

int
privdrop_keep(const unsigned *caps, size_t n)
{
	bool has[CAP_LAST_CAP + 1], bound[CAP_LAST_CAP + 1];
	unsigned cap;

	if (capng_get_caps_process() != 0)
		return -1;
	for (cap = 0; cap <= CAP_LAST_CAP; cap++) {
		has[cap] = capng_have_capability(CAPNG_EFFECTIVE, cap) != 0;
		bound[cap] =
		    capng_have_capability(CAPNG_BOUNDING_SET, cap) != 0;
	}
	capng_clear(CAPNG_SELECT_BOTH);
	keep_had(CAPNG_EFFECTIVE | CAPNG_PERMITTED, has, caps, n);
	keep_had(CAPNG_BOUNDING_SET, bound, caps, n);
	return capng_apply(has[CAP_SETPCAP] ? CAPNG_SELECT_BOTH
					    : CAPNG_SELECT_CAPS) == 0
		   ? 0
		   : -1;
}
