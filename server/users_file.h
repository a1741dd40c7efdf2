/* SPDX-License-Identifier: ISC */
/*
 * One change of a users file on the disk: locked, checked, whole or not at all.
 */
#ifndef SERVER_USERS_FILE_H
#define SERVER_USERS_FILE_H

#include <stdbool.h>

struct config;

struct users_place {
	const char *path; /* a users file, ftpd.conf, or what that includes */
	/* The ftpd.conf that goes with it: both must be right together. NULL =
	 * not known: it is a users file. */
	const char *conf_path;
	bool nowait; /* for nobody else's change: fails instead */
	void (*say)(const char *text); /* what goes wrong; NULL: to stderr */
};

/* Returns the new text, or NULL after saying why there is none. */
typedef char *users_change(const char *text, void *arg);

/*
 * Reads the file ("" if there is none), lets change() make the new text, and
 * puts that in its place. 0, or -1 after saying why.
 */
int users_file_change(
    const struct users_place *, users_change *change, void *arg);

/*
 * The users in the file, or NULL after saying on stderr what is wrong with it.
 */
struct config *users_file_load(const char *path);

#endif
