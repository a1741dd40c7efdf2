/* SPDX-License-Identifier: ISC */
/*
 * A configuration as the list of its blocks. Private to conf.
 */
#ifndef SERVER_CONF_PRINT_H
#define SERVER_CONF_PRINT_H

#include <stdio.h>

#include "server/conf_keys.h"

struct conf_host;
struct config;

struct conf_block {
	enum conf_section_id id;
	const char *title; /* NULL: it has none */
	const void *base; /* of the offsets of its keys */
	const struct conf_host *host; /* whose block it stands in, or NULL */
	bool in_users_file;
};

/* All of them in the order of -T, in fresh memory. */
struct conf_block *conf_blocks(const struct config *, size_t *n_r);
/* What stands before its brace: user "joe", with the host that it is in. */
void conf_print_title(const struct conf_block *, FILE *out);
/* Every key of the section as it would be written, those not set as comments.
 */
void conf_print_section(enum conf_section_id, const void *base, FILE *out);

#endif
