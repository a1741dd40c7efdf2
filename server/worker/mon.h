/* SPDX-License-Identifier: ISC */
/*
 * What a worker says to the monitor, and what it does on its words.
 */
#ifndef SERVER_WORKER_MON_H
#define SERVER_WORKER_MON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.h"
#include "server/proto.h"

struct session;
struct worker;

/* A message from the monitor (NULL: it is gone; the worker exits). */
void mon_dispatch(struct worker *, struct ipc_msg *);

/* Is the password right for s->user, or is the certificate that the client has
 * shown enough for him? login_answered() hears the answer. */
void mon_login(struct session *, enum login_ask, const char *password);
void mon_password(struct session *, const char *old, const char *new);
void mon_logout(struct session *);
/* Its client is there. */
void mon_alive(struct session *);
/* timer_cb; looks after those who were asked. arg: the worker. */
void mon_probes_look(void *worker);
/* Another host was chosen. */
void mon_host(struct session *);
/* Whose connection it is (s->peer and so on), which is told in an MW_ADMIT. */
void mon_proxy(struct session *, bool has_addresses);
void mon_end(struct session *, const char *reason);
/* Asks for a socket bound to the source port; answered by data_source_port().
 */
void mon_source_port(struct session *, uint32_t serial);
/* Sends a message that is about no single session. */
void mon_tell(struct worker *, const struct wbuf *);

#endif
