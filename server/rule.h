/* SPDX-License-Identifier: ISC */
/*
 * Which line of the configuration decides: for refusals in the log and for
 * ternftpd explain, which therefore say the same.
 *
 * A rule is "/etc/ftpd.conf:12: limits.sessions", or "the default of
 * limits.sessions" where no line says so.
 */
#ifndef SERVER_RULE_H
#define SERVER_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "server/conf.h"

#define RULE_FILE_MAX 256 /* of a longer name the end is kept */
#define RULE_MAX 384

/* Writes the rule into out (RULE_MAX bytes) and returns it; line 0: it is the
 * default. */
const char *rule_text(const char *file, int line, const char *what, char *out);

/* Where a key of the server as a whole was set: "limits.sessions", "banner". */
const struct conf_where *rule_where(const struct config *, const char *key);
const char *rule_key(const struct config *, const char *key, char *out);
/* Is this key, one that is yes or no, on? */
bool rule_is_on(const struct config *, const char *key);
const char *rule_listen(const struct conf_listen *, const char *key, char *out);
/* Of a virtual host's block, which says all its limits. */
const char *rule_host(const struct conf_host *, char *out);
/* Of a key of an account, that its group may have set. */
const char *rule_account(const struct conf_rules *, const char *key, char *out);
/* Of what auth_account_objection() says of these settings, or NULL. */
const char *rule_objection(
    const struct conf_rules *, const char *reason, char *out);
/* Of a refused login, from the settings of the account of that name, or NULL if
 * no line decides that. */
const char *rule_login(
    const struct config *, const char *user, const char *reason, char *out);
/* Of what a listener (or NULL) or the server as a whole refuses, or NULL. */
const char *rule_reason(
    const struct config *, const struct conf_listen *, enum reason, char *out);

/* The lines that an account takes along (server/account.h). */
enum rule_line {
	RULE_RIGHTS,
	RULE_SESSIONS,
	RULE_QUOTA,
	RULE_QUOTA_FILES,
	RULE_TLS_DATA,
	RULE_IDLE_TIMEOUT,
	RULE_LINES
};
struct rule_lines {
	char files[2][RULE_FILE_MAX]; /* the account's, its group's */
	int32_t lines[RULE_LINES]; /* in the second one if negative; 0: none */
};
/* The line of a mount or path block, likewise. */
int32_t rule_place_line(const struct conf_rules *, const struct conf_place *);
void rule_lines_take(struct rule_lines *, const struct conf_rules *);
const char *rule_lines_text(
    const struct rule_lines *, enum rule_line, char *out);

#endif
