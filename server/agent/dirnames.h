/* SPDX-License-Identifier: ISC */
/*
 * The names in a directory, filtered and ordered, with bounded memory.
 */
#ifndef SERVER_AGENT_DIRNAMES_H
#define SERVER_AGENT_DIRNAMES_H

#include <stdbool.h>
#include <stddef.h>

struct dirnames;

enum dir_order {
	ORDER_NONE,
	ORDER_NAME,
	ORDER_TIME,
	ORDER_SIZE
};

struct dirnames_how {
	const char *pattern; /* NULL: all */
	/* Directories that are there whether the directory says so or not. */
	const char *const *more;
	size_t nmore;
	bool dots; /* names that begin with a dot too */
	bool specials; /* "." and "..", first of all */
	enum dir_order order;
	bool reverse;
	size_t sort_max; /* a directory with more is left in its own order */
	/* Hears of each temporary name, which is none of those listed. */
	void (*temporary)(void *arg, int dir, const char *name);
	void *arg;
};

struct dirname {
	const char *name; /* valid until the next call */
	unsigned char type; /* as readdir(3)'s d_type */
};

/*
 * Takes over a readable directory descriptor. NULL with errno; the descriptor
 * is closed then too.
 */
struct dirnames *dirnames_new(int fd, const struct dirnames_how *);
void dirnames_free(struct dirnames *);
/* The next name. False at the end; *err_r is then 0 or an errno. */
bool dirnames_next(struct dirnames *, struct dirname *, int *err_r);
int dirnames_fd(const struct dirnames *);

#endif
