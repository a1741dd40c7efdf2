/* SPDX-License-Identifier: ISC */
/*
 * Whether a worker, which serves many sessions and must not wait, may read or
 * write an open file itself (docs/design.md, "Who waits for the disk").
 */
#ifndef SERVER_AGENT_ACCESS_H
#define SERVER_AGENT_ACCESS_H

#include "server/proto.h"

/* One system call or two, so ask once for a file system. */
enum file_access access_to_read(int fd);
/* FILE_READY or FILE_KEPT; one system call. */
enum file_access access_to_write(int fd);

#endif
