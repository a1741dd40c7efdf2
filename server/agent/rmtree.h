/* SPDX-License-Identifier: ISC */
/*
 * Removes a directory with everything in it (SITE RMDIR).
 */
#ifndef SERVER_AGENT_RMTREE_H
#define SERVER_AGENT_RMTREE_H

#include "server/proto.h"

#define RMTREE_DEPTH 100 /* directories inside each other */
#define RMTREE_ENTRIES 1000000 /* objects in all */

/*
 * Removes (dir, name), which must be a directory, not a link to one. Links
 * inside are removed, never followed. Stops at the first failure or bound;
 * what was removed until then is gone. On FS_IO *err_r says why.
 */
enum fs_status rmtree(int dir, const char *name, int *err_r);

#endif
