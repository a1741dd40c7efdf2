/* SPDX-License-Identifier: ISC */
/*
 * Events: what clients did and what they were refused, one line of the log
 * each, with fields that programs can rely on (docs/logs.md).
 *
 * A caller fills in what it knows; what is 0 or NULL is not written. The text
 * form of a line is
 *
 *     auth-fail ip=192.0.2.1 user="joe" reason=bad-password session=7
 *
 * and its first fields, ip, user and reason, are a contract with fail2ban.
 */
#ifndef COMMON_LOG_EVENT_H
#define COMMON_LOG_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "common/sockutil.h"

enum event_id {
	EVENT_CONNECT,
	EVENT_TLS,
	EVENT_CLIENT_CERT,
	EVENT_TLS_END,
	EVENT_AUTH_OK,
	EVENT_AUTH_FAIL,
	EVENT_STORE,
	EVENT_APPEND,
	EVENT_RETRIEVE,
	EVENT_LIST,
	EVENT_DELETE,
	EVENT_RENAME,
	EVENT_MKDIR,
	EVENT_RMDIR,
	EVENT_CHMOD,
	EVENT_MTIME,
	EVENT_SYMLINK,
	EVENT_REFUSE,
	EVENT_BAN,
	EVENT_UNBAN,
	EVENT_END,
	EVENT_COUNT
};

struct log_event {
	enum event_id id;
	enum reason reason;
	uint64_t session;
	const struct addr *peer;
	const char *user;
	const char *rule; /* what decided: "ftpd.users:12" */
	const char *detail; /* more about the reason, for people */
	const char *command; /* "RETR" */
	const char *path, *to;
	const char *result; /* of a transfer: "complete" */
	uint64_t bytes, total, ms;
	uint64_t seconds, count; /* of a ban; its number, or connections */
	const char *tls, *resumed, *cipher; /* "TLSv1.3", "yes", ... */
	const char *name; /* that TLS was begun for (SNI) */
	const char *method; /* "certificate" */
	const char *host; /* the virtual host's block */
	const char *local; /* the address that was connected to */
	const char *via; /* the proxy's address */
	const char *subject, *sha256; /* of a certificate */
	unsigned reply, mode;
	bool anonymous, ascii; /* for the transfer log only */
};

void log_event(const struct log_event *);
/* Would it be written? For callers whose fields are costly to find. */
bool log_event_wanted(enum event_id);

const char *log_event_name(enum event_id);
/* One sentence, as docs/logs.md has it. */
const char *log_event_help(enum event_id);

#endif
