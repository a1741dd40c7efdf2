/* SPDX-License-Identifier: ISC */
/*
 * An account as a login decided it: who, as which identity, where, and with
 * which rights. Made by an auth process, checked by the monitor, granted to a
 * file agent; the worker gets only what it must show or obey.
 */
#ifndef SERVER_ACCOUNT_H
#define SERVER_ACCOUNT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/privdrop.h"
#include "common/vpath.h"
#include "server/rates.h"
#include "server/rule.h"

#define ACCOUNT_NAME_MAX 256
#define ACCOUNT_PLACES 16384 /* bytes; CONF_PLACES_TEXT fits */

enum account_source {
	ACCOUNT_USER, /* a user block */
	ACCOUNT_GUEST,
	ACCOUNT_SYSTEM,
	ACCOUNT_PROGRAM, /* known to auth_program */
	ACCOUNT_SOURCE_COUNT
};

struct account {
	char name[ACCOUNT_NAME_MAX];
	enum account_source source;
	bool anonymous;
	struct ident ident; /* who touches the files */
	char root[PATH_MAX]; /* host path that is the client's "/" */
	char start_dir[VPATH_MAX]; /* virtual path after login */
	uint32_t rights; /* enum right */
	uint32_t umask;
	uint32_t idle_timeout; /* seconds; 0 = the listener's */
	bool tls_data; /* transfers need PROT P */
	bool create_home; /* root is made if it is missing */
	uint32_t file_mode, dir_mode; /* of what is new; 0 = the umask's */
	char group[ACCOUNT_NAME_MAX]; /* whose rates it shares; "" = none */
	uint32_t max_sessions; /* at once; 0 = no limit */
	uint64_t quota, quota_files; /* bytes, files; 0 = no limit */
	uint16_t usage_slot; /* server/usage.h; from the monitor */
	uint64_t rates[RATE_SCOPES][RATE_WAYS]; /* bytes a second; 0 = none */
	struct rule_lines rules;
	/* Last, as it is not zeroed: mounts and rights per path, one
	 * account_place_put() after the other; for the agent alone. */
	size_t places_len;
	uint8_t places[ACCOUNT_PLACES];
};

struct account_place {
	const char *at; /* virtual path */
	const char *host; /* of a mount: the directory; "": rights alone */
	bool has_rights;
	uint32_t rights;
	int32_t line; /* as those in rules */
};

/* What does not fit is left out: conf_load() sees to it that all does. */
void account_place_put(struct account *, const struct account_place *);
/* The next one; false at the end, or if it is malformed: r->err. at and host
 * have room for VPATH_MAX and PATH_MAX bytes. */
bool account_place_get(
    struct rbuf *r, struct account_place *, char *at, char *host);

void account_put(struct wbuf *, const struct account *);
void account_get(struct rbuf *, struct account *);

#endif
