/* SPDX-License-Identifier: ISC */
/*
 * What two configurations differ in.
 */
#ifndef SERVER_CONF_DIFF_H
#define SERVER_CONF_DIFF_H

#include <stdbool.h>
#include <stdio.h>

struct config;

enum conf_diff {
	CONF_DIFF_USERS = 1 << 0, /* accounts: only auth processes look at it */
	CONF_DIFF_REST = 1 << 1,
};

/*
 * Returns a set of enum conf_diff. Each difference is a line of out (NULL:
 * nowhere): the block, the key, the old value and the new one. Values that are
 * secret are not told.
 */
unsigned conf_diff(const struct config *old, const struct config *now, FILE *);

struct conf_user;
/* Is anything different, the password too? */
bool conf_user_differs(const struct conf_user *, const struct conf_user *);

#endif
