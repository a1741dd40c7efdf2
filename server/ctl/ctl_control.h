/* SPDX-License-Identifier: ISC */
/*
 * Options that the commands to a running server share. Private to this folder.
 */
#ifndef SERVER_CTL_CTL_CONTROL_H
#define SERVER_CTL_CTL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct control_options {
	bool json, dry_run, now, wait;
	const char *reason; /* NULL: none was given */
};

/* Said to those who are kicked, if nothing else is. */
#define CONTROL_KICKED "Disconnected by the administrator"

/* Parses the options whose letters are allowed: j(son), n (dry-run), N(ow),
 * w(ait), r(eason). The index of the first argument behind them, or -1. */
int control_options(
    int argc, char **argv, const char *allowed, struct control_options *);

/* "15m" as in ftpd.conf; 0 or -1. */
int control_parse_time(const char *text, uint32_t *seconds);
/* Bytes per second, "500k", "2M"; 0: no limit. 0 or -1. */
int control_parse_rate(const char *text, uint64_t *rate);

#endif
