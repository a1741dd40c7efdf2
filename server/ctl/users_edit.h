/* SPDX-License-Identifier: ISC */
/*
 * Changes to the text of a users file that leave everything else as it is:
 * comments, order, blanks, other users. Pure functions from text to text.
 */
#ifndef SERVER_CTL_USERS_EDIT_H
#define SERVER_CTL_USERS_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "server/conf_text.h"

/* A block user "name" { ... } in a text. */
struct users_block {
	char *name; /* unquoted; users_block_clear() */
	const char *start, *open, *end; /* the word user, the {, past the } */
};

/* A line of a block; the value is written as it is, so it comes quoted. */
struct users_field {
	const char *key;
	char *value;
};

/* The next block, if there is one; *sc stands at the start or past a block. */
bool users_block_next(struct conf_scanner *sc, struct users_block *);
void users_block_clear(struct users_block *);
/* The block of that name. */
bool users_block_find(const char *text, const char *name, struct users_block *);

/* All return a new text; NULL if there is no such user (del, set). */
char *users_edit_add(const char *text, const char *name,
    const struct users_field *, size_t nfields);
char *users_edit_del(const char *text, const char *name);
char *users_edit_set(
    const char *text, const char *name, const struct users_field *);

#endif
