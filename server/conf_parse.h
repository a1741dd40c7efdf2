/* SPDX-License-Identifier: ISC */
/*
 * From files to a struct config, through libConfuse. Private to the conf files.
 */
#ifndef SERVER_CONF_PARSE_H
#define SERVER_CONF_PARSE_H

#include <stdbool.h>
#include <stdio.h>

#include "server/conf.h"
#include "server/conf_keys.h"

struct conf_host;
struct conf_rules;

/* One load: what is being filled and what went wrong. */
struct conf_load {
	struct config *conf;
	struct config *into; /* gets the blocks: conf, or what a host owns */
	FILE *err; /* lines "file:line: what; hint" */
	unsigned nerrors;
	const struct config *frozen; /* ftpd.conf is as it was then, or NULL */
	const char *instead_of, *read; /* another file than its name says */
	bool users_only; /* what is parsed now is a users file */
	struct conf_rules *outer; /* of the block around the one that ended */
	struct conf_where *seen; /* conf->seen */
	struct conf_where *listens; /* by index of conf->listens */
	struct conf_where *seen_in_host; /* the same, of anonymous in it */
};

void conf_load_init(struct conf_load *, struct config *, FILE *err);
void conf_load_clear(struct conf_load *);

/* Parses a file into l->conf; users_only allows what a users file may have. */
void conf_parse_file(struct conf_load *, const char *path, bool users_only);

/* One more line of complaint, at a place or about the whole (NULL). */
void conf_complain(struct conf_load *, const struct conf_where *,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Where a key was set. */
const struct conf_where *conf_where_key(
    const struct conf_load *, enum conf_section_id, const char *name);

/* A block of the kind has ended: it is checked, it becomes an element of its
 * array, and what is on the heap goes with it. */
typedef void conf_block_end(struct conf_load *, const struct conf_where *,
    const char *name, void *block);
conf_block_end conf_user_end, conf_group_end, conf_listen_end, conf_cert_end,
    conf_host_end, conf_mount_end, conf_path_end;
/*
 * All blocks were read: sorts users and groups, looks for two of one name and
 * gives users what their group says. whole: nothing stands in another file.
 */
void conf_accounts_end(struct conf_load *, struct config *, bool whole);
/* What the block of a host fills with accounts and certificates. */
struct config *conf_host_own(struct conf_host *);
/* All blocks were read: looks for what cannot be. */
void conf_hosts_check(struct conf_load *);
/* All is in order: makes what the configuration is on each host. */
void conf_hosts_complete(struct config *);
void conf_hosts_free(struct config *);
void conf_accounts_free(struct config *);
/* The text of a file to parse, or NULL with errno; it is remembered. */
char *conf_source(struct conf_load *, const char *path, size_t *len_r);
/* The file that it is really in. */
const char *conf_source_path(const struct conf_load *, const char *path);
/* Room for one more than n elements: doubles at every power of two. */
void *conf_grow(void *array, size_t n, size_t size);

#endif
