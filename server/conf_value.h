/* SPDX-License-Identifier: ISC */
/*
 * The types a key can have: each knows how to parse, print and free a value.
 * Private to conf and ctl.
 */
#ifndef SERVER_CONF_VALUE_H
#define SERVER_CONF_VALUE_H

#include <stddef.h>
#include <stdio.h>

#include "server/conf_keys.h"

struct conf_load; /* conf_parse.h */

struct conf_input {
	const char *text; /* as written, unquoted */
	const char *dir; /* relative paths start here */
	struct conf_load *load; /* remembers files that are read, or NULL */
	char why[256]; /* on failure: "what is wrong; how to mend it" */
};

struct conf_type {
	const char *name; /* as --keys and the manual call it */
	int (*parse)(const struct conf_key *, struct conf_input *, void *dst);
	/* Writes it as it would be written in ftpd.conf, quoted if need be. */
	void (*print)(const struct conf_key *, const void *src, FILE *);
	size_t size; /* of the member */
	bool heap; /* the member is a char * on the heap, NULL = not set */
};

extern const struct conf_type conf_bool, conf_count, conf_seconds, conf_bytes,
    conf_size, conf_port, conf_ports, conf_enum, conf_string, conf_path,
    conf_vpath, conf_mode, conf_rights, conf_netlist, conf_hours, conf_date,
    conf_totp, conf_ip, conf_networks, conf_uid, conf_gid, conf_socket,
    conf_certname, conf_nat, conf_message, conf_words, conf_hostnames;

#define CONF_WORD_MAX 256 /* with NUL */
/* The next word of a value of conf_words or conf_hostnames; false: no more. */
bool conf_words_next(const char **rest, char *word, size_t size);

/* The value's place in the section's struct. */
static inline void *
conf_value_at(const struct conf_key *k, void *base)
{
	return (char *)base + k->offset;
}

/* Parses into the struct at base; an old heap value is freed. 0 or -1. */
int conf_value_set(const struct conf_key *, struct conf_input *, void *base);
bool conf_value_is_set(const struct conf_key *, const void *base);
/* "1 to 86400", "yes or no", the names of an enum ...; into out. */
const char *conf_value_range(const struct conf_key *, char *out, size_t size);

/* Every key of the section at its default, relative paths from dir; base is
 * zeroed memory. */
void conf_defaults(enum conf_section_id, void *base, const char *dir);
/* Frees the heap values of the section. */
void conf_values_clear(enum conf_section_id, void *base);

#endif
