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

#define ACCOUNT_NAME_MAX 256

struct account {
	char name[ACCOUNT_NAME_MAX];
	bool anonymous;
	struct ident ident; /* who touches the files */
	char root[PATH_MAX]; /* host path that is the client's "/" */
	char start_dir[VPATH_MAX]; /* virtual path after login */
	uint32_t rights; /* enum right */
	uint32_t umask;
	uint32_t idle_timeout; /* seconds; 0 = the listener's */
	bool tls_data; /* transfers need PROT P */
};

void account_put(struct wbuf *, const struct account *);
void account_get(struct rbuf *, struct account *);

#endif
