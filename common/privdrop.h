/* SPDX-License-Identifier: ISC */
/*
 * Becoming somebody else for good, and proving it.
 */
#ifndef COMMON_PRIVDROP_H
#define COMMON_PRIVDROP_H

#include <stddef.h>
#include <sys/types.h>

struct ident {
	uid_t uid;
	gid_t gid;
	int ngroups; /* supplementary groups, at most IDENT_GROUPS */
#define IDENT_GROUPS 64
	gid_t groups[IDENT_GROUPS];
};

/* The identity this process has now. */
void ident_self(struct ident *);
int ident_equal(const struct ident *, const struct ident *);

/*
 * Irrevocably becomes id: groups, gid, uid (real, effective, saved), no
 * capability in any set, no_new_privs. If root is not NULL, chroots there
 * first (needs privilege). Verifies that no way back exists. When this
 * process has no privilege, id must be its own identity and root is ignored.
 * Dies when anything fails: a process that is more than it should be must not
 * go on.
 */
void privdrop(const struct ident *id, const char *root);

/*
 * Keeps of the capabilities it has these (CAP_*), and gives up all others for
 * good: no program that it runs can have them (the bounding set, if this
 * process may change it). 0, or -1 if that is not possible.
 */
int privdrop_keep(const unsigned *caps, size_t n);

#endif
