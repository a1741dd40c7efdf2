/* SPDX-License-Identifier: ISC */
/*
 * Places of a session where something else is in force than at its root:
 * mounts, which are roots of their own, and paths with rights of their own.
 */
#ifndef SERVER_AGENT_PLACES_H
#define SERVER_AGENT_PLACES_H

#include "server/agent/session.h"

struct place {
	char *at; /* virtual path */
	size_t len; /* of it */
	char *host; /* the mounted directory; NULL: rights alone */
	bool has_rights;
	uint32_t rights;
	int32_t line; /* as in struct rule_lines */
	int fd; /* of a mount, O_PATH; -1 = not opened yet */
	bool complained; /* that it cannot be */
	bool no_links; /* as in struct agent_session */
};

/* Takes the account's. 0, or -1 if they are malformed. */
int places_load(struct agent_session *, const struct account *);
void places_free(struct agent_session *);

/* The mount that holds path, or NULL: the root does. */
struct place *places_mount(const struct agent_session *, const char *path);
/* Opened when it is first needed. -1 with errno; why is in the log. */
int place_open(const struct agent_session *, struct place *);
/* The rights in force at path; at "", all that are in force anywhere. */
uint32_t places_rights(const struct agent_session *, const char *path);
/* What decides about them there (server/rule.h); out has RULE_MAX bytes. */
const char *places_rule(
    const struct agent_session *, const char *path, char *out);
/* The same of one place. */
const char *place_rule(
    const struct agent_session *, const struct place *, char *out);
/* A place at path or below it, whose name must stay; or NULL. */
const struct place *places_hold(const struct agent_session *, const char *path);
/* Is path "/" or that of a mount, and so in no directory? */
bool places_is_root(const struct agent_session *, const char *path);
/* The mount with this name in the directory dir, or NULL. */
const struct place *places_entry(
    const struct agent_session *, const char *dir, const char *name);

/* Opens a directory that is somebody's root. -1 with errno. */
int root_open(const char *path);

#endif
