/* SPDX-License-Identifier: ISC */
/*
 * Against guessing (R15.1): wrong logins are counted by address, and by address
 * and user; each makes the next one slower, and too many are a ban.
 *
 * The same wrong password counts once: a program that has saved an old one is
 * no attacker. Nothing is counted from networks of `allow`. Passwords are known
 * here by a keyed digest only.
 */
#ifndef SERVER_MONITOR_GUARD_H
#define SERVER_MONITOR_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sockutil.h"

struct guard;
struct monitor;

/* What is remembered of an attempt until its result is known. */
struct guess {
	uint64_t user; /* 0: not to be counted */
	uint64_t password;
};

struct guard *guard_new(struct monitor *);
void guard_free(struct guard *);

/* An attempt: who, and with which password. */
void guard_take(struct guard *, const struct addr *, const char *user,
    const char *password, struct guess *);
/* How long it must wait before it is checked, in ms: those that come at the
 * same time are checked one after another. */
uint32_t guard_hold(struct guard *, const struct addr *, const struct guess *);
/* It was wrong: after how many ms the client may hear so, and whether its
 * address is to be banned. */
uint32_t guard_wrong(
    struct guard *, const struct addr *, const struct guess *, bool *ban_r);
/* It was right: its user's wrong ones are forgotten. */
void guard_right(struct guard *, const struct addr *, const struct guess *);
/* Counts a connection; false if its address makes too many a minute. */
bool guard_connection(struct guard *, const struct addr *);

#endif
