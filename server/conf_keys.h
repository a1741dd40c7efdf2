/* SPDX-License-Identifier: ISC */
/*
 * The table of every key of ftpd.conf. Parsing, defaults, range checks, -T and
 * --keys all walk it; a new key is a new row. Private to conf and ctl.
 */
#ifndef SERVER_CONF_KEYS_H
#define SERVER_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_type; /* conf_value.h */

enum conf_section_id {
	SECTION_TOP,
	SECTION_LISTEN,
	SECTION_CERTIFICATE,
	SECTION_HOST,
	SECTION_TLS,
	SECTION_LIMITS,
	SECTION_TIMEOUTS,
	SECTION_DATA,
	SECTION_FILES,
	SECTION_ANONYMOUS,
	SECTION_SYSTEM,
	SECTION_GROUP,
	SECTION_USER,
	SECTION_MOUNT,
	SECTION_PATH,
	SECTION_COUNT
};

#define NO_RULES SIZE_MAX

struct conf_section {
	const char *name; /* "" for the top level */
	bool titled; /* stands any number of times, each with its own title */
	bool in_users_file; /* may stand there too */
	bool nested; /* stands inside the blocks that have rules */
	bool in_host; /* may stand inside a host block too */
	size_t
	    rules; /* where its struct has a struct conf_rules, or NO_RULES */
	const char *help;
};

struct conf_key {
	enum conf_section_id section;
	const char *name;
	const struct conf_type *type;
	size_t offset; /* in struct config, or the struct of a titled block */
	const char *def; /* as it would be written; NULL = not set */
	uint64_t min, max; /* of numbers */
	const char *const *names; /* of enums, and of booleans unless yes/no */
	const char *help; /* one sentence */
};

extern const struct conf_section conf_sections[SECTION_COUNT];
extern const struct conf_key conf_keys[];
extern const size_t conf_nkeys;

/* The section of that name, or SECTION_COUNT. */
enum conf_section_id conf_section_find(const char *name);
/* May blocks of id stand in those of outer? */
bool conf_section_holds(enum conf_section_id outer, enum conf_section_id id);
/* The row, or NULL. */
const struct conf_key *conf_key_find(enum conf_section_id, const char *name);
/* How many rows of its section stand before it. */
int conf_key_row(const struct conf_key *);
/* The row with that name in any section but this one, or NULL. */
const struct conf_key *conf_key_elsewhere(
    enum conf_section_id, const char *name);
/* The name of a key or section that may stand in this section and is most like
 * the given one, or NULL if none is alike. */
const char *conf_key_nearest(enum conf_section_id, const char *name);

#endif
