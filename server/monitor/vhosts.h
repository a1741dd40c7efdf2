/* SPDX-License-Identifier: ISC */
/*
 * Clients of virtual hosts: how many there are, and whose accounts theirs are.
 */
#ifndef SERVER_MONITOR_VHOSTS_H
#define SERVER_MONITOR_VHOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/reason.h"
#include "server/account.h"
#include "server/conf.h"

struct client;
struct monitor;
struct sessions;
struct tally;

/* The host whose client it is from now on, or NULL. */
void sessions_set_host(
    struct sessions *, struct client *, const struct conf_host *);
/* What the host's sessions, and those from this address, are counted by. */
const struct tally *sessions_tally_host(
    struct sessions *, const struct conf_host *);
const struct tally *sessions_tally_host_from(
    struct sessions *, const struct conf_host *, const struct addr *);
/*
 * The key of an account in the tables: its name, and where its host has
 * accounts of its own, that before it.
 */
#define ACCOUNT_KEY_MAX (ACCOUNT_NAME_MAX + CONF_NAME_MAX + 2)
const char *client_account_key(
    const struct client *, const char *name, char out[ACCOUNT_KEY_MAX]);
/* Back to the name, of the account that a client has. */
const char *client_account(const struct client *);
/* The configuration that this account is from, or NULL if it has no longer such
 * a host. */
const struct config *client_conf(const struct client *, const struct config *);
unsigned tally_count(const struct tally *);
/* Why a client is refused, and what it is told. */
struct refusal {
	enum reason reason;
	const char *message; /* with the macros of ftpd.conf's texts */
	uint32_t number; /* for them */
};
/* Is a limit of this host used up, for a session from this address? mine: it
 * counts already. */
bool host_is_full(struct monitor *, const struct conf_host *,
    const struct addr *, bool mine, struct refusal *);

#endif
