/* SPDX-License-Identifier: ISC */
/*
 * Changes to one block of a users file or of ftpd.conf. Private to this folder.
 */
#ifndef SERVER_CTL_CTL_BLOCK_H
#define SERVER_CTL_CTL_BLOCK_H

#include <stdbool.h>

#include "server/ctl/ctl.h"
#include "server/users_edit.h"
#include "server/users_file.h"

#define BLOCK_FIELDS 64
#define BLOCK_DEPTH 4

struct block_step { /* to a block inside */
	const char *kind, *name; /* NULL: it has none */
};

struct block_change {
	const char *kind; /* "user", "group" or "host" */
	const char *name;
	struct users_place where;
	struct block_step steps[BLOCK_DEPTH]; /* to what is changed */
	size_t nsteps;
	char *path; /* of where */
	struct users_field fields[BLOCK_FIELDS];
	size_t nfields;
};

/* Finds the file that has such blocks. 0, or -1 after saying why not. */
int block_open(struct block_change *, const struct ctl *, const char *kind,
    const char *name);
void block_clear(struct block_change *);
/* A line with a value that is quoted already and is taken over; NULL: none. 0,
 * or -1 after a message. */
int block_field(struct block_change *, const char *key, char *value);
/* The same with a value as one would say it, checked by the key. what: how to
 * call it in messages. */
int block_value(
    struct block_change *, const char *what, const char *key, const char *text);
/* BLOCK [NAME] of what is changed in it: how many of the words it took, or -1
 * after a message. */
int block_step(struct block_change *, int argc, char **argv);
/* KEY=VALUE, or KEY= for none. */
int block_argument(struct block_change *, const char *arg);
bool block_has(const struct block_change *, const char *key);
/* Is that a name? Says so if not. */
bool block_name_is_good(const char *kind, const char *name);
/* Says that there is such a block already, or that there is none. */
void block_complain(const struct block_change *, bool exists);

users_change block_add, block_set, block_del; /* arg: struct block_change */
/* Makes the change, tells a running server, says how it went and forgets it.
 * Returns the exit status. */
int block_apply(struct block_change *, const struct ctl *, users_change *,
    const char *done);

#endif
