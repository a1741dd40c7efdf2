/* SPDX-License-Identifier: ISC */
/*
 * Reasons: why something was refused or came to its end. Each has a code, one
 * word that programs can rely on, and a sentence for people.
 */
#ifndef COMMON_REASON_H
#define COMMON_REASON_H

#include "common/log.h"

/* reason.c has the codes. */
enum reason {
	REASON_NONE,

	/* connections */
	REASON_MAX_SESSIONS,
	REASON_MAX_PER_IP,
	REASON_CONNECTION_RATE,
	REASON_NO_WORKER,
	REASON_BANNED,

	/* logins */
	REASON_BAD_PASSWORD,
	REASON_NO_SUCH_USER,
	REASON_DISABLED,
	REASON_TLS_REQUIRED,
	REASON_CERTIFICATE_REQUIRED,
	REASON_TOO_MANY_TRIES,
	REASON_ACCOUNT_EXPIRED,
	REASON_PASSWORD_EXPIRED,
	REASON_ACCOUNT_REFUSED,
	REASON_IP_DENIED,
	REASON_OUTSIDE_HOURS,
	REASON_BAD_TOTP,
	REASON_TOTP_REUSED,
	REASON_PROGRAM_FAILED,
	REASON_BAD_PROGRAM_ANSWER,
	REASON_UID_TOO_LOW,
	REASON_ROOT_LOGIN,
	REASON_HOME_MISSING,
	REASON_MAX_PER_USER,
	REASON_LOGIN_QUEUE_FULL,
	REASON_NO_FILE_AGENT,
	REASON_PAM_ERROR,

	/* ends of sessions */
	REASON_QUIT,
	REASON_CLIENT_CLOSED,
	REASON_CONNECTION_LOST,
	REASON_IDLE_TIMEOUT,
	REASON_LOGIN_TIMEOUT,
	REASON_OUTPUT_TIMEOUT,
	REASON_TLS_TIMEOUT,
	REASON_TLS_FAILED,
	REASON_NO_CERTIFICATE,
	REASON_NOT_FTP,
	REASON_INPUT_BEHIND_AUTH,
	REASON_TOO_MANY_ERRORS,
	REASON_EARLY_COMMANDS,
	REASON_LOGIN_FAILURES,
	REASON_KICKED,
	REASON_RETIRED,
	REASON_SHUTDOWN,
	REASON_AGENT_FAILED,
	REASON_NO_DESCRIPTOR,

	/* transfers */
	REASON_ABORTED,
	REASON_NO_DATA_CONNECTION,
	REASON_TLS_NOT_RESUMED,
	REASON_OTHER_CERTIFICATE,
	REASON_NO_CLOSE_NOTIFY,
	REASON_STALL_TIMEOUT,
	REASON_READ_ERROR,
	REASON_FILE_CHANGED,
	REASON_WRITE_ERROR,
	REASON_DISK_FULL,
	REASON_AGENT_REFUSED,
	REASON_SESSION_ENDED,

	REASON_OTHER, /* detail has the words */
	REASON_COUNT
};

/* "bad-password" */
const char *reason_code(enum reason);
/* That of the line about a refusal: what clients try all day is no news. */
enum log_level reason_level(enum reason);
/* One sentence, as docs/logs.md has it. */
const char *reason_help(enum reason);
/*
 * The one whose code text begins with, before its end or a ':'. REASON_OTHER if
 * there is none.
 */
enum reason reason_find(const char *text);

#endif
