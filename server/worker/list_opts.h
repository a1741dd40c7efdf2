/* SPDX-License-Identifier: ISC */
/*
 * The `ls` options that clients put before the path of LIST, NLST and STAT.
 */
#ifndef SERVER_WORKER_LIST_OPTS_H
#define SERVER_WORKER_LIST_OPTS_H

#include <stdint.h>

#include "common/listfmt.h"
#include "server/conf.h"

struct list_opts {
	enum list_style style;
	uint32_t flags; /* enum list_flag */
	const char *path; /* inside arg; "" if there was none */
};

/*
 * Reads arg for a command of this style: LIST_LONG for LIST and STAT,
 * LIST_NAMES for NLST (which `-l` turns into LIST_LONG). Unknown letters are
 * ignored, as every server does. Patterns are allowed where the configuration
 * says so.
 */
void list_opts_parse(struct list_opts *, const struct config *,
    enum list_style style, const char *arg);

#endif
