/* SPDX-License-Identifier: ISC */
/*
 * Changes to the text of a users file, or ftpd.conf, that leave everything else
 * as it is: comments, order, blanks, other blocks. Pure functions from text to
 * text. The kind of a block is its word: user, group, host.
 */
#ifndef SERVER_USERS_EDIT_H
#define SERVER_USERS_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "server/conf_text.h"

/* A block KIND "name" { ... } or KIND { ... } in a text. */
struct users_block {
	char *name; /* unquoted; users_block_clear(); NULL: it has none */
	const char *start, *open, *end; /* the word, the {, past the } */
};

/* A line of a block; the value is written as it is, so it comes quoted. NULL
 * takes the line away. */
struct users_field {
	const char *key;
	char *value;
};

/* The next block, if there is one; *sc stands at the start or past a block. */
bool users_block_next(
    struct conf_scanner *sc, const char *kind, struct users_block *);
void users_block_clear(struct users_block *);
/* The block of that name; NULL: the one without. */
bool users_block_find(
    const char *text, const char *kind, const char *name, struct users_block *);
/* A key of the block itself, none of the blocks in it, and its value. */
bool users_block_value(const struct users_block *, const char *key,
    struct conf_token *name_r, struct conf_token *value_r);

/* A change of what stands inside a block; NULL: it is not possible. */
typedef char *users_edit(const char *inside, void *arg);
/* The text with it; NULL also if there is no such block. */
char *users_edit_inside(const char *text, const char *kind, const char *name,
    users_edit *how, void *arg);
/* What stands inside a block with an empty one more at its end, which is so
 * deep inside. */
char *users_edit_nest(
    const char *inside, const char *kind, const char *name, unsigned depth);

/* All return a new text; NULL if there is no such block (del, set). */
char *users_edit_add(const char *text, const char *kind, const char *name,
    const struct users_field *, size_t nfields);
char *users_edit_del(const char *text, const char *kind, const char *name);
char *users_edit_set(const char *text, const char *kind, const char *name,
    const struct users_field *);

#endif
