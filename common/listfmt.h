/* SPDX-License-Identifier: ISC */
/*
 * Formats one directory entry as a line of LIST, NLST or MLSx, without printf
 * and without a locale (protocol: RFC 959 LIST, RFC 3659 7.5).
 *
 * The caller fills a struct list_entry from statx(2); nothing here touches the
 * file system. Lines end in CRLF.
 */
#ifndef COMMON_LISTFMT_H
#define COMMON_LISTFMT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum list_style {
	LIST_LONG,
	LIST_NAMES,
	LIST_MLSX
};

/* Facts of MLSx, in the order they are printed. */
enum list_fact {
	FACT_TYPE = 1 << 0,
	FACT_SIZE = 1 << 1,
	FACT_MODIFY = 1 << 2,
	FACT_PERM = 1 << 3,
	FACT_UNIQUE = 1 << 4,
	FACT_MODE = 1 << 5, /* UNIX.mode */
	FACT_OWNER = 1 << 6, /* UNIX.owner, numeric */
	FACT_GROUP = 1 << 7, /* UNIX.group, numeric */
};
#define FACT_ALL 0xffu
/* Name of a single fact as FEAT prints it: "type" ... "UNIX.group"; or NULL. */
const char *list_fact_name(enum list_fact);
/* The fact of this name (any case, len bytes), or 0. */
unsigned list_fact_find(const char *name, size_t len);

struct list_entry {
	const char *name; /* as it is to be printed */
	size_t namelen;
	const char *target; /* of a symbolic link (LONG and MLSX), or NULL */
	mode_t mode; /* with its type bits */
	uint64_t size;
	time_t mtime;
	unsigned long nlink;
	uint64_t dev, ino;
	uint32_t uid, gid;
	const char *owner, *group; /* names for LIST_LONG, NULL = numeric */
	const char *perm; /* perm fact, "" if none */
	char special; /* 0, 'c' for type=cdir, 'p' for type=pdir */
	char suffix; /* 0, or the character of `ls -F`, for LIST_NAMES */
};

/* Longest line for a name of n bytes and a target of t bytes. */
#define LIST_LINE_MAX(n, t) ((n) + (t) + 320)

/*
 * Writes the line to out (which has room for LIST_LINE_MAX) and returns its
 * length. now decides between "HH:MM" and the year in LIST_LONG. facts is used
 * by LIST_MLSX only; with none of them the line is a blank and the name.
 * A name with CR or LF cannot be expressed: returns 0 and writes nothing.
 *
 * LIST_LONG prints mtime as it is, that is in UTC. For a listing in local time
 * the caller adds the zone's offset to both mtime and now.
 */
size_t list_format(char *out, enum list_style, unsigned facts,
    const struct list_entry *, time_t now);

#endif
