/* SPDX-License-Identifier: ISC */
/*
 * What users, groups, guests and system accounts can all say: the rows of
 * struct conf_rules in the table of keys, and settings that come from a group.
 * Private to conf and ctl.
 *
 * A key of an account is one row here and one line in auth_account_fill()
 * (server/auth/auth_account.c), and stands in four sections.
 */
#ifndef SERVER_CONF_RULES_H
#define SERVER_CONF_RULES_H

#include "server/conf_keys.h"
#include "server/conf_parse.h"

struct conf_rules;

/* S: the section; AT(m): where its struct conf_rules has the member m; RIGHTS:
 * the default of rights. */
/* clang-format off */
#define CONF_RULES_ROWS(S, AT, RIGHTS) \
	{ S, "root", &conf_path, AT(root), NULL, 0, 0, NULL, \
	    "Directory that is seen as /; system accounts without one have their home directory." }, \
	{ S, "start_dir", &conf_vpath, AT(start_dir), "/", 0, 0, NULL, \
	    "Where a session begins, as the client sees it." }, \
	{ S, "rights", &conf_rights, AT(rights), RIGHTS, 0, 0, NULL, \
	    "What the account may do: full, read-only, upload-only, none, or names." }, \
	{ S, "uid", &conf_uid, AT(uid), NULL, 1, UINT32_MAX - 1, NULL, \
	    "System user who touches the files, by name or number; goes with gid." }, \
	{ S, "gid", &conf_gid, AT(gid), NULL, 0, UINT32_MAX - 1, NULL, \
	    "System group that touches the files, by name or number." }, \
	{ S, "umask", &conf_mode, AT(umask), "022", 0, 0777, NULL, \
	    "Permission bits that new files and directories never have, in octal." }, \
	{ S, "idle_timeout", &conf_seconds, AT(idle_timeout), "0", 0, YEAR, NULL, \
	    "The account's own idle timeout; 0 means the server's." }, \
	{ S, "tls", &conf_bool, AT(tls), "optional", 0, 0, demands, \
	    "Whether the account needs TLS to log in." }, \
	{ S, "tls_data", &conf_bool, AT(tls_data), "optional", 0, 0, demands, \
	    "Whether its transfers and listings need TLS too (PROT P)." }, \
	{ S, "sessions", &conf_count, AT(max_sessions), "0", 0, MILLION, NULL, \
	    "Sessions of the account at once; 0 means limits.sessions_per_user." }, \
	{ S, "quota", &conf_size, AT(quota), "0", 0, INT64_MAX, NULL, \
	    "Bytes that the account may have stored under its root; 0 means no limit." }, \
	{ S, "quota_files", &conf_size, AT(quota_files), "0", 0, INT64_MAX, NULL, \
	    "Files that it may have there; 0 means no limit." }, \
	{ S, "rate_down", &conf_size, AT(rates[RATE_SESSION][RATE_DOWN]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that each session may download; 0 means no limit." }, \
	{ S, "rate_up", &conf_size, AT(rates[RATE_SESSION][RATE_UP]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that each session may upload; 0 means no limit." }, \
	{ S, "user_rate_down", &conf_size, AT(rates[RATE_USER][RATE_DOWN]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that all sessions of a user may download together." }, \
	{ S, "user_rate_up", &conf_size, AT(rates[RATE_USER][RATE_UP]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that all sessions of a user may upload together." }, \
	{ S, "group_rate_down", &conf_size, AT(rates[RATE_GROUP][RATE_DOWN]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that all users of the group may download together." }, \
	{ S, "group_rate_up", &conf_size, AT(rates[RATE_GROUP][RATE_UP]), "0", 0, INT64_MAX, NULL, \
	    "Bytes a second that all users of the group may upload together." }, \
	{ S, "networks", &conf_netlist, AT(networks), NULL, 0, 0, NULL, \
	    "Networks and addresses that may log in; not set means all." }, \
	{ S, "hours", &conf_hours, AT(hours), NULL, 0, 0, NULL, \
	    "When logins are let in, in local time; not set means always." }, \
	{ S, "expires", &conf_date, AT(expires), NULL, 0, 0, NULL, \
	    "The last day of the account, in local time, or never." }, \
	{ S, "file_mode", &conf_mode, AT(file_mode), "000", 0, 0777, NULL, \
	    "Permissions of each new file, in octal; 000 leaves them to the umask." }, \
	{ S, "dir_mode", &conf_mode, AT(dir_mode), "000", 0, 0777, NULL, \
	    "Permissions of each new directory, in octal; 000 leaves them to the umask." }, \
	{ S, "create_home", &conf_bool, AT(create_home), "no", 0, 0, NULL, \
	    "Makes the root at the login if it is missing, as the user who touches the files." }
/* clang-format on */

/* The row's place in conf_rules.lines, or -1 if it is none of these keys. */
int conf_rules_index(const struct conf_key *);
/* The rules in what a section fills (base), NULL if it has none. */
struct conf_rules *conf_rules_of(enum conf_section_id, void *base);
/* Notes that a block of this section said so there. */
void conf_rules_seen(
    const struct conf_key *, void *base, const struct conf_where *);
/* The blocks mount and path. */
void conf_places_clear(struct conf_rules *);
void conf_places_inherit(struct conf_rules *, const struct conf_rules *from);
void conf_places_print(
    const struct conf_rules *, const char *indent, FILE *out);
/* Are there too many of them for an account? */
void conf_places_check(struct conf_load *, const struct conf_where *,
    const char *who, const struct conf_rules *);

#endif
