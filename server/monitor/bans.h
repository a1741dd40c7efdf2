/* SPDX-License-Identifier: ISC */
/*
 * Client addresses (IPv6: /64 networks) that are not served for a while.
 *
 * Each further ban of an address is twice as long as the last one, and with
 * every `ban_forget` without one a step is forgotten. Networks of `allow` are
 * never banned. The table outlives reloads, and with `state_dir` restarts.
 */
#ifndef SERVER_MONITOR_BANS_H
#define SERVER_MONITOR_BANS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sockutil.h"

#define BANS_MAX 16384 /* addresses */
#define BAN_REASON_MAX 32

struct bans;
struct monitor;

/* A ban as ternctl shows it. */
struct ban_info {
	struct addr addr; /* IPv6: the first of the /64 */
	uint32_t left; /* seconds */
	unsigned count; /* bans that are not forgotten, with this one */
	uint64_t refused; /* connections during it */
	const char *reason;
};

struct bans *bans_new(struct monitor *);
void bans_free(struct bans *);
/* Reads those of state_dir, if there is one. */
void bans_load(struct bans *);
/* Writes what has changed, now; a timer does it soon. */
void bans_save(struct bans *);

/*
 * Bans an address for some seconds, or with 0 for as long as it has earned.
 * The reason is a word. Returns the seconds, 0 if `allow` forbids it. Sessions
 * are not touched: bans_kick().
 */
uint32_t bans_add(
    struct bans *, const struct addr *, uint32_t seconds, const char *reason);
/* Ends its sessions: all, or those that nobody is logged in to. */
void bans_kick(struct bans *, const struct addr *, bool all);
/* Ends the ban and forgets earlier ones. False if there was none. */
bool bans_remove(struct bans *, const struct addr *);
/* Seconds until it may come again, 0: now. Counts a connection. */
uint32_t bans_refuse(struct bans *, const struct addr *);
/* Is it in one of the networks that are never banned or delayed? */
bool bans_allowed(const struct bans *, const struct addr *);
/* Every ban that holds now, the latest first. */
void bans_each(
    struct bans *, void (*)(const struct ban_info *, void *arg), void *arg);

#endif
