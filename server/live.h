/* SPDX-License-Identifier: ISC */
/*
 * What a server that runs with this configuration knows, asked over its control
 * socket (server/ctl). Nobody need answer.
 */
#ifndef SERVER_LIVE_H
#define SERVER_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sockutil.h"
#include "server/conf.h"

struct live {
	bool asked; /* a server has answered */
	uint32_t ban_left; /* seconds; 0: not banned */
	char ban_reason[64];
	unsigned sessions, from_address, of_user;
	unsigned of_host, of_host_from; /* 0 without a host */
};

/* About this address, and this user on this host (NULL: none). */
void live_look(const struct config *, const struct conf_host *,
    const struct addr *peer, const char *user, struct live *);
enum live_port {
	LIVE_NO_PORT,
	LIVE_SAME, /* it listens there */
	LIVE_PORT, /* ... on this port of other addresses */
};
/* Does it listen there? */
enum live_port live_listens(const struct config *, const struct addr *);

#endif
