/* SPDX-License-Identifier: ISC */
/*
 * The worker's side of the channel to its key process. Private to this folder.
 */
#ifndef SERVER_WORKER_KEYS_H
#define SERVER_WORKER_KEYS_H

#include "common/ipc.h"

struct worker;

/* MW_KEYS: another channel. */
void keys_take(struct worker *, struct ipc_msg *);
/* From now on handshakes of this process ask there. */
void keys_use(struct worker *);

#endif
