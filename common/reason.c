/* SPDX-License-Identifier: ISC */
/*
 * The table of reasons. A new one is a new row, here and in docs/logs.md (a
 * test compares them).
 */
#include "common/reason.h"

#include <string.h>

#define D LOG_LV_DEBUG
#define I LOG_LV_INFO

/* The level is that of a refusal: what clients try all day is no news. */
/* clang-format off */
static const struct {
	const char *code;
	enum log_level level;
	const char *help;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "", D, "" },

	[REASON_MAX_SESSIONS] = { "max-sessions", I, "The server has as many sessions as limits.sessions allows." },
	[REASON_MAX_PER_IP] = { "max-per-ip", I, "The address has as many sessions as limits.sessions_per_ip allows." },
	[REASON_MAX_PER_HOST] = { "max-per-host", I, "The host has as many sessions, in all or from this address, as its block allows." },
	[REASON_CONNECTION_RATE] = { "connection-rate", I, "The address connects more often than limits.connections_per_minute allows." },
	[REASON_NO_WORKER] = { "no-worker", I, "No worker process takes sessions at the moment." },
	[REASON_BANNED] = { "banned", I, "The address is banned." },
	[REASON_PROXY_REQUIRED] = { "proxy-required", I, "The listener is for proxies, and the address is none of proxy_from." },
	[REASON_PROXY_UNTRUSTED] = { "proxy-untrusted", I, "A PROXY header came where none is accepted from this address (proxy, proxy_from)." },
	[REASON_PROXY_HEADER] = { "proxy-header", I, "The proxy has sent no proper PROXY header; detail says what is wrong with it." },
	[REASON_PROXY_TIMEOUT] = { "proxy-timeout", I, "The proxy has sent no PROXY header within timeouts.proxy." },

	[REASON_BAD_PASSWORD] = { "bad-password", I, "The password is wrong." },
	[REASON_NO_SUCH_USER] = { "no-such-user", I, "There is no such user." },
	[REASON_DISABLED] = { "disabled", I, "The account is disabled." },
	[REASON_TLS_REQUIRED] = { "tls-required", I, "The account or the listener needs TLS, and this connection is in clear text." },
	[REASON_CERTIFICATE_REQUIRED] = { "certificate-required", I, "The account needs a client certificate, and none that is its own was shown." },
	[REASON_TOO_MANY_TRIES] = { "too-many-tries", I, "PAM: too many tries." },
	[REASON_ACCOUNT_EXPIRED] = { "account-expired", I, "The account has expired." },
	[REASON_PASSWORD_EXPIRED] = { "password-expired", I, "The password has expired." },
	[REASON_ACCOUNT_REFUSED] = { "account-refused", I, "PAM does not let this account in." },
	[REASON_IP_DENIED] = { "ip-denied", I, "The account may not log in from this address (networks)." },
	[REASON_OUTSIDE_HOURS] = { "outside-hours", I, "The account may not log in at this time (hours)." },
	[REASON_BAD_TOTP] = { "bad-totp", I, "The password is right, the one-time password behind it is not." },
	[REASON_TOTP_REUSED] = { "totp-reused", I, "The one-time password was used before." },
	[REASON_PROGRAM_FAILED] = { "program-failed", I, "auth_program has failed; another line says how." },
	[REASON_BAD_PROGRAM_ANSWER] = { "bad-program-answer", I, "auth_program has given no proper answer; another line says what is wrong with it." },
	[REASON_UID_TOO_LOW] = { "uid-too-low", I, "The system account's number is below system.min_uid." },
	[REASON_ROOT_LOGIN] = { "root-login", I, "root never logs in." },
	[REASON_HOME_MISSING] = { "home-missing", I, "The account's directory is missing or cannot be entered." },
	[REASON_MAX_PER_USER] = { "max-per-user", I, "The user has as many sessions as limits.sessions_per_user allows." },
	[REASON_NO_SUCH_HOST] = { "no-such-host", I, "A reload took the host away that the client had chosen." },
	[REASON_LOGIN_QUEUE_FULL] = { "login-queue-full", I, "More logins wait than limits.auth_queue allows." },
	[REASON_NO_FILE_AGENT] = { "no-file-agent", I, "No process could be started that touches the user's files." },
	[REASON_ACCOUNT_REMOVED] = { "account-removed", I, "A reload took the account away during the login." },
	[REASON_PAM_ERROR] = { "pam-error", I, "PAM has failed; another line says how." },
	[REASON_WEAK_PASSWORD] = { "weak-password", I, "SITE PSWD: the new password is too short, or the old one." },
	[REASON_NO_HASH] = { "no-hash", I, "SITE PSWD: no hash could be made of the new password." },

	[REASON_QUIT] = { "quit", I, "The client said QUIT." },
	[REASON_CLIENT_CLOSED] = { "client-closed", I, "The client closed the connection." },
	[REASON_CONNECTION_LOST] = { "connection-lost", I, "The connection broke." },
	[REASON_IDLE_TIMEOUT] = { "idle-timeout", I, "No command for timeouts.idle." },
	[REASON_SESSION_TIMEOUT] = { "session-timeout", I, "The session has lasted for timeouts.session." },
	[REASON_LOGIN_TIMEOUT] = { "login-timeout", I, "No login within timeouts.login." },
	[REASON_OUTPUT_TIMEOUT] = { "output-timeout", I, "The client does not read its replies (timeouts.output)." },
	[REASON_TLS_TIMEOUT] = { "tls-timeout", I, "The TLS handshake took longer than timeouts.handshake." },
	[REASON_TLS_FAILED] = { "tls-failed", I, "The TLS handshake failed." },
	[REASON_NO_CERTIFICATE] = { "no-certificate", I, "TLS is not possible: the server has no certificate." },
	[REASON_OTHER_HOST] = { "other-host", I, "TLS was begun for another host than the one that HOST had named." },
	[REASON_NOT_FTP] = { "not-ftp", I, "The client speaks another protocol." },
	[REASON_INPUT_BEHIND_AUTH] = { "input-behind-auth", I, "Commands in clear text came behind AUTH, as somebody between would inject them." },
	[REASON_TOO_MANY_ERRORS] = { "too-many-errors", I, "Too many unknown commands before the login." },
	[REASON_EARLY_COMMANDS] = { "early-commands", I, "More commands before the login than limits.commands_before_login allows." },
	[REASON_LOGIN_FAILURES] = { "login-failures", I, "As many failed logins as limits.login_attempts allows." },
	[REASON_KICKED] = { "kicked", I, "The administrator ended the session." },
	[REASON_RETIRED] = { "retired", I, "A reload took the account or its rights away; detail says which." },
	[REASON_SHUTDOWN] = { "shutdown", I, "The server stops, or replaces this process." },
	[REASON_AGENT_FAILED] = { "agent-failed", I, "The process that touches the user's files has failed." },
	[REASON_NO_DESCRIPTOR] = { "no-descriptor", I, "The process has no file descriptor left." },

	[REASON_NOT_LOGGED_IN] = { "not-logged-in", D, "The command needs a login." },
	[REASON_UNKNOWN_COMMAND] = { "unknown-command", D, "There is no such command." },
	[REASON_BAD_ARGUMENT] = { "bad-argument", D, "The argument of the command is wrong." },
	[REASON_BAD_SEQUENCE] = { "bad-sequence", D, "Another command must come first." },
	[REASON_NOT_AVAILABLE] = { "not-available", D, "The command or its variant is not implemented, or switched off." },
	[REASON_DATA_TLS_REQUIRED] = { "data-tls-required", I, "The account or the listener needs TLS for transfers (PROT P)." },
	[REASON_ACTIVE_OFF] = { "active-off", I, "Active mode is switched off (data.active)." },
	[REASON_LOW_PORT] = { "low-port", I, "An active data connection to a port below 1024 was asked for." },
	[REASON_FOREIGN_ADDRESS] = { "foreign-address", I, "A data connection to or from another address than the client's." },
	[REASON_NO_PASSIVE_PORT] = { "no-passive-port", I, "No port of data.passive_ports is free, or none can be opened." },

	[REASON_NO_RIGHT] = { "no-right", I, "The account's rights do not allow it; detail names the right." },
	[REASON_PERMISSION_DENIED] = { "permission-denied", I, "The file system does not allow it." },
	[REASON_NO_SUCH_FILE] = { "no-such-file", D, "There is no such file or directory." },
	[REASON_EXISTS] = { "exists", D, "There is something of this name already." },
	[REASON_NOT_A_DIRECTORY] = { "not-a-directory", D, "It is no directory." },
	[REASON_IS_A_DIRECTORY] = { "is-a-directory", D, "It is a directory." },
	[REASON_NOT_A_FILE] = { "not-a-file", D, "It is no regular file." },
	[REASON_NOT_EMPTY] = { "not-empty", D, "The directory is not empty." },
	[REASON_BAD_NAME] = { "bad-name", I, "Such a name may not be given." },
	[REASON_NAME_TOO_LONG] = { "name-too-long", D, "The name is too long." },
	[REASON_QUOTA] = { "quota", I, "A quota is used up." },
	[REASON_READ_ONLY] = { "read-only", I, "The file system is mounted read-only." },
	[REASON_IN_USE] = { "in-use", D, "The file or directory is in use." },
	[REASON_OTHER_FILE_SYSTEM] = { "other-file-system", D, "A directory cannot be moved to another file system." },
	[REASON_TOO_MANY_LINKS] = { "too-many-links", D, "The name leads through too many symbolic links." },
	[REASON_INSIDE_ITSELF] = { "inside-itself", D, "A directory cannot be moved into itself." },
	[REASON_BAD_OFFSET] = { "bad-offset", D, "REST is beyond the end of the file." },
	[REASON_IO_ERROR] = { "io-error", I, "The system reported an error; another line says which." },
	[REASON_TOO_LARGE] = { "too-large", I, "Too much to be done in one command." },

	[REASON_ABORTED] = { "aborted", I, "The client said ABOR." },
	[REASON_NO_DATA_CONNECTION] = { "no-data-connection", I, "The data connection did not come about." },
	[REASON_TLS_NOT_RESUMED] = { "tls-not-resumed", I, "The data connection does not resume the TLS session that it must (session_reuse)." },
	[REASON_OTHER_CERTIFICATE] = { "other-certificate", I, "The data connection shows another client certificate than the control connection." },
	[REASON_NO_CLOSE_NOTIFY] = { "no-close-notify", I, "The upload ended without TLS's end mark (unclean_eof)." },
	[REASON_STALL_TIMEOUT] = { "stall-timeout", I, "No byte moved for timeouts.stall." },
	[REASON_READ_ERROR] = { "read-error", I, "The file could not be read." },
	[REASON_FILE_CHANGED] = { "file-changed", I, "The file became shorter while it was sent." },
	[REASON_WRITE_ERROR] = { "write-error", I, "The file could not be written." },
	[REASON_DISK_FULL] = { "disk-full", I, "There is no space left for the file." },
	[REASON_AGENT_REFUSED] = { "agent-refused", I, "The file could not be finished; detail says why." },
	[REASON_SESSION_ENDED] = { "session-ended", I, "The session ended in the middle of the transfer." },

	[REASON_OTHER] = { "other", I, "Something else; detail says what." },
};
/* clang-format on */

#undef D
#undef I

const char *
reason_code(enum reason reason)
{
	return reasons[reason].code;
}

enum log_level
reason_level(enum reason reason)
{
	return reasons[reason].level;
}

const char *
reason_help(enum reason reason)
{
	return reasons[reason].help;
}

enum reason
reason_find(const char *text)
{
	size_t n = strcspn(text, ":"), i;

	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		if (strlen(reasons[i].code) == n &&
		    memcmp(reasons[i].code, text, n) == 0)
			return (enum reason)i;
	return REASON_OTHER;
}
