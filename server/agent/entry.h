/* SPDX-License-Identifier: ISC */
/*
 * From a name in a directory to a struct list_entry (common/listfmt.h).
 */
#ifndef SERVER_AGENT_ENTRY_H
#define SERVER_AGENT_ENTRY_H

#include <limits.h>
#include <sys/stat.h>

#include "common/listfmt.h"
#include "server/agent/idnames.h"
#include "server/agent/session.h"

/* How one listing looks at the entries of one directory. */
struct entry_view {
	const struct agent_session *s;
	enum list_style style;
	uint32_t flags; /* enum list_flag */
	uint32_t facts;
	time_t now;
	int dirfd; /* the directory; stays the caller's */
	char dir[VPATH_MAX]; /* its virtual path */
	struct stat dirst;
	uint32_t rights; /* in force there */
	bool has_places; /* there or below: entries may have others */
	/* Strings of the entry loaded last. */
	char target[PATH_MAX];
	char perm[12];
	char owner[IDNAME_MAX], group[IDNAME_MAX];
};

/* r's fields are those of FS_LIST. dir is the directory's virtual path. */
void entry_view_init(struct entry_view *, const struct agent_session *,
    const struct agent_req *r, int dirfd, const char *dir);
/*
 * Fills e, but for the name it is printed under. d_type as in readdir(3):
 * where that is enough, nothing is asked of the file system (R27.2). 0, or -1
 * if there is no such entry (any more).
 */
int entry_load(struct entry_view *, const char *name, unsigned char d_type,
    struct list_entry *e);

#endif
