/* SPDX-License-Identifier: ISC */
/*
 * Listings: FS_LIST and FS_LIST_NEXT.
 */
#ifndef SERVER_AGENT_LIST_H
#define SERVER_AGENT_LIST_H

struct agent_session;

/* Closes the session's listing if one is open. */
void list_close(struct agent_session *);

#endif
