/* SPDX-License-Identifier: ISC */
/*
 * Every key of ftpd.conf, one row each.
 */
#include "config.h"

#include <string.h>

#include "common/log.h"
#include "server/conf.h"
#include "server/conf_keys.h"
#include "server/conf_rules.h"
#include "server/conf_value.h"
#include "tls/tls_ctx.h"

#define DAY 86400
#define YEAR (365 * (uint64_t)DAY)
#define MILLION 1000000

static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const log_formats[] = {
	[LOG_FORMAT_TEXT] = "text",
	[LOG_FORMAT_JSON] = "json",
	NULL,
};
static const char *const peers[] = { "ip", "net24", "off", NULL };
static const char *const sandboxes[] = { "best", "require", "off", NULL };
static const char *const uploads[] = { "atomic", "in-place", NULL };
static const char *const types[] = { "binary", "ascii", NULL };
static const char *const asciis[] = { "binary", "convert", NULL };
static const char *const links[] = { "follow", "slink", NULL };
static const char *const demands[] = { "optional", "required", NULL };

/* The enums of conf.h and tls_ctx.h by their names. */
static const char *const tls_modes[] = {
	[CONF_TLS_OFF] = "off",
	[CONF_TLS_OPTIONAL] = "optional",
	[CONF_TLS_REQUIRED] = "required",
	NULL,
};
static const char *const reuses[] = {
	[CONF_REUSE_OFF] = "off",
	[CONF_REUSE_PREFER] = "prefer",
	[CONF_REUSE_REQUIRE] = "require",
	[CONF_REUSE_STRICT] = "strict",
	NULL,
};
static const char *const eofs[] = {
	[CONF_EOF_ACCEPT] = "accept",
	[CONF_EOF_REFUSE] = "refuse",
	NULL,
};
static const char *const proxies[] = {
	[CONF_PROXY_OFF] = "off",
	[CONF_PROXY_OPTIONAL] = "optional",
	[CONF_PROXY_REQUIRED] = "required",
	NULL,
};
static const char *const off_or_required[] = { "off", "required", NULL };
static const char *const profiles[] = {
	[TLS_MODERN] = "modern",
	[TLS_LEGACY] = "legacy",
	NULL,
};
static const char *const versions[] = {
	[TLS_V_DEFAULT] = "default",
	[TLS_V_1_0] = "1.0",
	[TLS_V_1_1] = "1.1",
	[TLS_V_1_2] = "1.2",
	[TLS_V_1_3] = "1.3",
	NULL,
};
static const char *const client_certs[] = {
	[TLS_CERTS_NONE] = "none",
	[TLS_CERTS_REQUEST] = "request",
	[TLS_CERTS_REQUIRE] = "require",
	NULL,
};
static const char *const ends[] = {
	[CONF_ENDS_NONE] = "none",
	[CONF_ENDS_REMOVED] = "removed",
	[CONF_ENDS_CHANGED] = "changed",
	NULL,
};
static const char *const logins[] = {
	[CONF_LOGIN_PASSWORD] = "password",
	[CONF_LOGIN_CERTIFICATE] = "certificate",
	[CONF_LOGIN_BOTH] = "both",
	[CONF_LOGIN_EITHER] = "either",
	NULL,
};

const struct conf_section conf_sections[SECTION_COUNT] = {
	[SECTION_TOP] = { .name = "",
	    .rules = NO_RULES,
	    .help = "The server as a whole." },
	[SECTION_LISTEN] = { .name = "listen",
	    .titled = true,
	    .rules = NO_RULES,
	    .help = "An address where clients connect." },
	[SECTION_CERTIFICATE] = { .name = "certificate",
	    .titled = true,
	    .in_host = true,
	    .rules = NO_RULES,
	    .help = "A certificate of the server; one of each kind of key." },
	[SECTION_HOST] = { .name = "host",
	    .titled = true,
	    .rules = NO_RULES,
	    .help = "The server under another name, with accounts and "
		    "certificates of its own." },
	[SECTION_TLS] = { .name = "tls",
	    .rules = NO_RULES,
	    .help = "Certificates and keys of TLS." },
	[SECTION_LIMITS] = { .name = "limits",
	    .rules = NO_RULES,
	    .help = "How many sessions there may be, and who is kept out; 0 "
		    "means no limit." },
	[SECTION_TIMEOUTS] = { .name = "timeouts",
	    .rules = NO_RULES,
	    .help = "Times in seconds; 15m, 2h and 1d are understood too." },
	[SECTION_DATA] = { .name = "data",
	    .rules = NO_RULES,
	    .help = "Data connections." },
	[SECTION_FILES] = { .name = "files",
	    .rules = NO_RULES,
	    .help = "Uploads, listings and what clients may change." },
	[SECTION_ANONYMOUS] = { .name = "anonymous",
	    .in_host = true,
	    .rules = offsetof(struct config, anonymous_rules),
	    .help = "Guests: the user names anonymous and ftp." },
	[SECTION_SYSTEM] = { .name = "system",
	    .rules = offsetof(struct config, system_rules),
	    .help = "Accounts of this machine, checked by PAM." },
	[SECTION_GROUP] = { .name = "group",
	    .titled = true,
	    .in_users_file = true,
	    .in_host = true,
	    .rules = offsetof(struct conf_group, rules),
	    .help = "Settings for all users who name it; here or in "
		    "users_file." },
	[SECTION_USER] = { .name = "user",
	    .titled = true,
	    .in_users_file = true,
	    .in_host = true,
	    .rules = offsetof(struct conf_user, rules),
	    .help = "An account; stands here or in users_file." },
	[SECTION_MOUNT] = { .name = "mount",
	    .titled = true,
	    .in_users_file = true,
	    .nested = true,
	    .rules = NO_RULES,
	    .help = "A directory from elsewhere, inside the block of an "
		    "account." },
	[SECTION_PATH] = { .name = "path",
	    .titled = true,
	    .in_users_file = true,
	    .nested = true,
	    .rules = NO_RULES,
	    .help = "Rights in one directory, inside the block of an "
		    "account." },
};

/* clang-format off */
#define TOP(m) SECTION_TOP, #m
#define AT(m) offsetof(struct config, m)
#define AT_USER(m) offsetof(struct conf_user, m)
#define AT_USER_RULES(m) offsetof(struct conf_user, rules.m)
#define AT_PLACE(m) offsetof(struct conf_place, m)
#define AT_GROUP_RULES(m) offsetof(struct conf_group, rules.m)
#define AT_ANONYMOUS(m) offsetof(struct config, anonymous_rules.m)
#define AT_SYSTEM(m) offsetof(struct config, system_rules.m)
#define AT_LISTEN(m) offsetof(struct conf_listen, m)
#define AT_CERT(m) offsetof(struct conf_cert, m)
#define AT_HOST(m) offsetof(struct conf_host, m)

const struct conf_key conf_keys[] = {
	{ TOP(workers), &conf_count, AT(workers), "0", 0, 256, NULL,
	    "Worker processes; 0 means one for each processor." },
	{ TOP(auth_processes), &conf_count, AT(auth_processes), "2", 1, 256, NULL,
	    "Processes that check passwords, one attempt at a time each." },
	{ TOP(auth_cache), &conf_seconds, AT(auth_cache), "60", 0, DAY, NULL,
	    "How long a password that was right is recognised without its slow hash; 0 turns that off." },
	{ TOP(service_user), &conf_string, AT(service_user), "ftpd", 0, 0, NULL,
	    "System user the network processes become when started by root; "
	    "guests and users without uid touch files as it." },
	{ TOP(empty_dir), &conf_path, AT(empty_dir), "/run/ternftpd/empty", 0, 0, NULL,
	    "Empty directory that is all the network processes see when started by root." },
	{ TOP(sandbox), &conf_enum, AT(sandbox), "best", 0, 0, sandboxes,
	    "How processes are confined: as far as the kernel can, or not at all where it cannot do all of it." },
	{ TOP(auth_program), &conf_path, AT(auth_program), NULL, 0, 0, NULL,
	    "Program that is asked about users who are not known here." },
	{ TOP(auth_program_timeout), &conf_seconds, AT(auth_program_timeout), "10", 1, 50, NULL,
	    "How long its answer may take." },
	{ TOP(users_file), &conf_path, AT(users_file), NULL, 0, 0, NULL,
	    "File of user blocks, edited by hand or by ternctl." },
	{ TOP(pid_file), &conf_path, AT(pid_file), NULL, 0, 0, NULL,
	    "Where a daemon in the background writes its process number." },
	{ TOP(state_dir), &conf_path, AT(state_dir), NULL, 0, 0, NULL,
	    "Directory of what the server remembers over restarts, such as bans; not set means nothing." },
	{ TOP(control_socket), &conf_socket, AT(control_socket), NULL, 0, 0, NULL,
	    "Socket where ternctl reaches the server, or none; not set means "
	    CONF_CONTROL_SOCKET " for root and none for others." },
	{ TOP(control_group), &conf_gid, AT(control_group), NULL, 0, UINT32_MAX - 1, NULL,
	    "Group whose members may use the control socket too, by name or number." },
	{ TOP(log), &conf_string, AT(log), "stderr", 0, 0, NULL,
	    "Where log lines go: stderr (under systemd the journal), syslog, journal, none or a file's absolute path." },
	{ TOP(log_level), &conf_enum, AT(log_level), "info", 0, 0, levels,
	    "The least important lines that are written." },
	{ TOP(log_format), &conf_enum, AT(log_format), "text", 0, 0, log_formats,
	    "The form of log lines: text, or json with one object a line." },
	{ TOP(log_max_size), &conf_bytes, AT(log_max_size), "0", 0, UINT32_MAX, NULL,
	    "A log file of so many bytes gets .1 behind its name and a new one is begun; 0 leaves that to others." },
	{ TOP(transfer_log), &conf_path, AT(transfer_log), NULL, 0, 0, NULL,
	    "File with a line for each upload and download, in the format of wu-ftpd's xferlog." },
	{ TOP(banner), &conf_message, AT(banner), "FTP server ready", 0, 0, NULL,
	    "Text of the greeting; with FTP in it, programs know what this is." },
	{ TOP(login_message), &conf_message, AT(login_message), "Login successful.", 0, 0, NULL,
	    "What a user is told after the login." },
	{ TOP(goodbye), &conf_message, AT(goodbye), "Goodbye.", 0, 0, NULL,
	    "What a client is told when it quits." },
	{ TOP(full_message), &conf_message, AT(full_message), "Too many connections (max %m), try later", 0, 0, NULL,
	    "What a client is told when the server has as many sessions as it may; %m is how many." },
	{ TOP(address_message), &conf_message, AT(address_message), "Too many connections from your address (max %m), try later", 0, 0, NULL,
	    "What a client is told when its address has too many, or connects too often." },
	{ TOP(banned_message), &conf_message, AT(banned_message), "Your address is banned, try again in %m minutes", 0, 0, NULL,
	    "What a banned client is told; %m is the minutes that are left." },
	{ TOP(closed_message), &conf_message, AT(closed_message), "Service not available, try later", 0, 0, NULL,
	    "What a client is told when nobody can serve it." },
	{ TOP(directory_message), &conf_string, AT(directory_message), NULL, 0, 0, NULL,
	    "Name of a file, such as .message, that is shown to who enters a directory that has it." },
	{ TOP(hide_version), &conf_bool, AT(hide_version), "no", 0, 0, NULL,
	    "Leaves the name and version of the program out of replies." },
	{ TOP(reload_ends), &conf_enum, AT(reload_ends), "removed", 0, 0, ends,
	    "Whose sessions a reload ends, after their transfer: nobody's, those of accounts that were removed or disabled, or those of changed ones too." },
	{ TOP(control_mss), &conf_bytes, AT(control_mss), "512", 0, 65495, NULL,
	    "Segment size of control connections (TCP_MAXSEG); 0 leaves it to the system." },
	{ TOP(pad_replies), &conf_bool, AT(pad_replies), "yes", 0, 0, NULL,
	    "Fills a reply that would wait for an acknowledgement up to a full segment." },

	{ SECTION_LISTEN, "address", &conf_ip, AT_LISTEN(addr), "::", 0, 0, NULL,
	    "Numeric address to listen on; :: means every address, IPv4 and IPv6." },
	{ SECTION_LISTEN, "port", &conf_port, AT_LISTEN(addr), "21", 0, 65535, NULL,
	    "Port to listen on; 0 lets the system choose one, which the log tells." },
	{ SECTION_LISTEN, "tls", &conf_enum, AT_LISTEN(tls), "optional", 0, 0, tls_modes,
	    "Whether clients may or must switch to TLS before they log in." },
	{ SECTION_LISTEN, "tls_data", &conf_bool, AT_LISTEN(tls_data), "optional", 0, 0, demands,
	    "Whether transfers and listings need TLS too (PROT P)." },
	{ SECTION_LISTEN, "implicit", &conf_bool, AT_LISTEN(implicit), "no", 0, 0, NULL,
	    "TLS begins with the connection, without AUTH, and the default port is 990." },
	{ SECTION_LISTEN, "session_reuse", &conf_enum, AT_LISTEN(session_reuse), "prefer", 0, 0, reuses,
	    "Whether data connections must resume the TLS session of their control connection." },
	{ SECTION_LISTEN, "unclean_eof", &conf_enum, AT_LISTEN(unclean_eof), "accept", 0, 0, eofs,
	    "What becomes of an upload that ends without TLS's own end mark." },
	{ SECTION_LISTEN, "ccc", &conf_bool, AT_LISTEN(ccc), "no", 0, 0, NULL,
	    "Allows CCC: the control connection goes back to plain text after the login." },
	{ SECTION_LISTEN, "tls_profile", &conf_enum, AT_LISTEN(tls_profile), "modern", 0, 0, profiles,
	    "modern: TLS 1.2 and 1.3 with ciphers of today; legacy: TLS 1.0 and weak ciphers too, for old devices." },
	{ SECTION_LISTEN, "tls_min", &conf_enum, AT_LISTEN(tls_min), "default", 0, 0, versions,
	    "The lowest TLS version; default leaves it to tls_profile." },
	{ SECTION_LISTEN, "tls_max", &conf_enum, AT_LISTEN(tls_max), "default", 0, 0, versions,
	    "The highest TLS version; default is the newest one." },
	{ SECTION_LISTEN, "client_certs", &conf_enum, AT_LISTEN(client_certs), "none", 0, 0, client_certs,
	    "Whether clients are asked for a certificate of their own, and must have one." },
	{ SECTION_LISTEN, "client_ca", &conf_path, AT_LISTEN(client_ca), NULL, 0, 0, NULL,
	    "PEM file of the authorities that may sign client certificates." },
	{ SECTION_LISTEN, "client_crl", &conf_path, AT_LISTEN(client_crl), NULL, 0, 0, NULL,
	    "PEM file of revoked client certificates." },

	{ SECTION_LISTEN, "proxy", &conf_enum, AT_LISTEN(proxy), "off", 0, 0, proxies,
	    "Whether connections begin with a PROXY header: off, optional (those from proxy_from do, others are clients), required (nobody else may connect)." },
	{ SECTION_LISTEN, "proxy_from", &conf_networks, AT_LISTEN(proxy_from), NULL, 0, 0, NULL,
	    "Networks of the proxies, which are believed what they say of their clients." },
	{ SECTION_LISTEN, "proxy_data", &conf_bool, AT_LISTEN(proxy_data), "off", 0, 0, off_or_required,
	    "Whether the passive data connections of clients who came through a proxy come through one too, each with a header." },

	{ SECTION_CERTIFICATE, "file", &conf_path, AT_CERT(file), NULL, 0, 0, NULL,
	    "PEM file: the server's certificate first, then those that lead to its authority." },
	{ SECTION_CERTIFICATE, "key", &conf_path, AT_CERT(key), NULL, 0, 0, NULL,
	    "PEM file of its key; not set means that the key is in file." },
	{ SECTION_CERTIFICATE, "ocsp", &conf_path, AT_CERT(ocsp), NULL, 0, 0, NULL,
	    "DER file of an OCSP response that is handed out with the certificate." },

	{ SECTION_TLS, "selfsigned", &conf_path, AT(selfsigned), "selfsigned.crt", 0, 0, NULL,
	    "Certificate that is used, and made at the first start, where no certificate block is; "
	    "its key is beside it." },
	{ SECTION_TLS, "sni_directory", &conf_path, AT(sni_directory), NULL, 0, 0, NULL,
	    "Directory of NAME.crt and NAME.key for clients that ask for the host NAME." },
	{ SECTION_TLS, "ticket_keys", &conf_path, AT(ticket_keys), NULL, 0, 0, NULL,
	    "File that keeps the keys of session tickets over restarts and, under inetd, from one process to the next." },
	{ SECTION_TLS, "key_process", &conf_bool, AT(key_process), "yes", 0, 0, NULL,
	    "Keeps private keys in processes of their own, which sign for the workers." },
	{ SECTION_TLS, "ktls", &conf_bool, AT(ktls), "yes", 0, 0, NULL,
	    "Lets the kernel encrypt downloads where it can." },

	{ SECTION_LIMITS, "sessions", &conf_count, AT(max_sessions), "10000", 0, MILLION, NULL,
	    "Sessions at once, all together." },
	{ SECTION_LIMITS, "sessions_per_ip", &conf_count, AT(max_per_ip), "50", 0, MILLION, NULL,
	    "Sessions at once from one IPv4 address or IPv6 /64 network." },
	{ SECTION_LIMITS, "sessions_per_user", &conf_count, AT(max_per_user), "0", 0, MILLION, NULL,
	    "Sessions at once of one account." },
	{ SECTION_LIMITS, "login_attempts", &conf_count, AT(max_login_attempts), "3", 1, 1000, NULL,
	    "Failed logins after which a session is closed." },
	{ SECTION_LIMITS, "auth_queue", &conf_count, AT(max_auth_queue), "256", 1, MILLION, NULL,
	    "Login attempts that may wait for an auth process; more are told to come again." },
	{ SECTION_LIMITS, "quota_rescan", &conf_seconds, AT(quota_rescan), "1d", 1, YEAR, NULL,
	    "What an account with a quota has stored is counted anew at a login after so long." },
	{ SECTION_LIMITS, "rate_down", &conf_size, AT(rates[RATE_DOWN]), "0", 0, INT64_MAX, NULL,
	    "Bytes a second that all sessions may download together." },
	{ SECTION_LIMITS, "rate_up", &conf_size, AT(rates[RATE_UP]), "0", 0, INT64_MAX, NULL,
	    "Bytes a second that all sessions may upload together." },
	{ SECTION_LIMITS, "commands_before_login", &conf_count, AT(commands_before_login), "100", 0, MILLION, NULL,
	    "Commands after which a session that is not logged in is closed." },
	{ SECTION_LIMITS, "connections_per_minute", &conf_count, AT(connections_per_minute), "0", 0, 60000, NULL,
	    "New connections a minute from one IPv4 address or IPv6 /64 network." },
	{ SECTION_LIMITS, "login_delay", &conf_seconds, AT(login_delay), "1", 0, 600, NULL,
	    "How long a wrong login waits for its answer; each further one of the same user from the same address waits twice as long." },
	{ SECTION_LIMITS, "login_delay_max", &conf_seconds, AT(login_delay_max), "15", 0, 600, NULL,
	    "The longest time that this grows to." },
	{ SECTION_LIMITS, "login_forget", &conf_seconds, AT(login_forget), "15m", 1, YEAR, NULL,
	    "Without another one for so long, wrong logins are forgotten." },
	{ SECTION_LIMITS, "ban_after", &conf_count, AT(ban_after), "20", 0, MILLION, NULL,
	    "Wrong logins, each with another user or password, after which an address is banned." },
	{ SECTION_LIMITS, "allow", &conf_networks, AT(allow), NULL, 0, 0, NULL,
	    "Networks that are never banned or delayed, such as 10.0.0.0/8." },
	{ SECTION_LIMITS, "ban_time", &conf_seconds, AT(ban_time), "10m", 1, YEAR, NULL,
	    "How long an address or IPv6 /64 network is banned the first time; each further time is twice as long." },
	{ SECTION_LIMITS, "ban_max", &conf_seconds, AT(ban_max), "1d", 1, YEAR, NULL,
	    "The longest time that bans grow to." },
	{ SECTION_LIMITS, "ban_forget", &conf_seconds, AT(ban_forget), "1d", 1, YEAR, NULL,
	    "One earlier ban is forgotten for so long without another." },

	{ SECTION_TIMEOUTS, "idle", &conf_seconds, AT(idle_timeout), "900", 1, YEAR, NULL,
	    "Without a command or a transfer for so long, a session is closed." },
	{ SECTION_TIMEOUTS, "max_idle", &conf_seconds, AT(max_idle_timeout), "7200", 1, YEAR, NULL,
	    "The most a client may ask for with SITE IDLE." },
	{ SECTION_TIMEOUTS, "login", &conf_seconds, AT(login_timeout), "60", 1, DAY, NULL,
	    "From the connection to a finished login." },
	{ SECTION_TIMEOUTS, "session", &conf_seconds, AT(session_timeout), "0", 0, YEAR, NULL,
	    "From the connection to its end, which waits for a running transfer; 0 means no limit." },
	{ SECTION_TIMEOUTS, "accept", &conf_seconds, AT(accept_timeout), "30", 1, DAY, NULL,
	    "For the client to connect to a passive port." },
	{ SECTION_TIMEOUTS, "connect", &conf_seconds, AT(connect_timeout), "30", 1, DAY, NULL,
	    "For our connection to an active client." },
	{ SECTION_TIMEOUTS, "stall", &conf_seconds, AT(stall_timeout), "300", 1, DAY, NULL,
	    "Without a byte moving for so long, a transfer is aborted." },
	{ SECTION_TIMEOUTS, "output", &conf_seconds, AT(output_timeout), "60", 1, DAY, NULL,
	    "Without a client taking its replies for so long, a session is closed." },
	{ SECTION_TIMEOUTS, "handshake", &conf_seconds, AT(handshake_timeout), "30", 1, DAY, NULL,
	    "For a client to finish a TLS handshake, of a control or a data connection." },
	{ SECTION_TIMEOUTS, "proxy", &conf_seconds, AT(proxy_timeout), "3", 1, 60, NULL,
	    "For a proxy to send its PROXY header, on a control or a data connection." },
	{ SECTION_TIMEOUTS, "drain", &conf_seconds, AT(drain_timeout), "30", 0, DAY, NULL,
	    "How long running transfers may go on after SIGTERM." },

	{ SECTION_DATA, "passive_ports", &conf_ports, AT(passive_min), "49152-65535", 1, 65535, NULL,
	    "Ports for passive connections; open them in the firewall." },
	{ SECTION_DATA, "passive_address", &conf_nat, AT(passive_address), NULL, 0, 0, NULL,
	    "What PASV announces, for a server behind NAT: an IPv4 address, a host name or local, each perhaps after the network of its clients; "
	    "not set means the address the client reached." },
	{ SECTION_DATA, "peer_check", &conf_enum, AT(peer_check), "ip", 0, 0, peers,
	    "Who may use a data connection: only the client's address, its /24 (IPv6 /64) network, or anybody." },
	{ SECTION_DATA, "active", &conf_bool, AT(active), "yes", 0, 0, NULL,
	    "Allows active mode: PORT and EPRT." },
	{ SECTION_DATA, "active_port_20", &conf_bool, AT(active_port_20), "no", 0, 0, NULL,
	    "Active connections come from port 20, as old firewalls expect; needs root." },
	{ SECTION_DATA, "default_data_port", &conf_bool, AT(default_data_port), "yes", 0, 0, NULL,
	    "Connects to the client's control port when it names no port at all." },

	{ SECTION_FILES, "uploads", &conf_enum, AT(upload_mode), "atomic", 0, 0, uploads,
	    "atomic: a file shows under its name when it is whole; in-place: it grows there." },
	{ SECTION_FILES, "fsync", &conf_bool, AT(upload_fsync), "no", 0, 0, NULL,
	    "Uploads are on the disk, not only in its cache, before the client is told." },
	{ SECTION_FILES, "resume", &conf_bool, AT(upload_resume), "yes", 0, 0, NULL,
	    "Keeps an interrupted upload so that the client can go on with it." },
	{ SECTION_FILES, "resume_keep", &conf_seconds, AT(resume_keep), "7d", 0, YEAR, NULL,
	    "How long; a listing of its directory then removes it; 0: for ever." },
	{ SECTION_FILES, "initial_type", &conf_bool, AT(initial_type_ascii), "binary", 0, 0, types,
	    "The TYPE of a new session." },
	{ SECTION_FILES, "ascii", &conf_enum, AT(ascii), "binary", 0, 0, asciis,
	    "What TYPE A does to files: binary leaves them alone, convert changes line ends." },
	{ SECTION_FILES, "mdtm_set", &conf_bool, AT(mdtm_set), "yes", 0, 0, NULL,
	    "MDTM with a time before the name sets the file's time." },
	{ SECTION_FILES, "site_chmod", &conf_bool, AT(site_chmod), "yes", 0, 0, NULL,
	    "Allows SITE CHMOD, within the account's rights." },
	{ SECTION_FILES, "site_symlink", &conf_bool, AT(site_symlink), "no", 0, 0, NULL,
	    "Allows SITE SYMLINK, within the account's rights." },
	{ SECTION_FILES, "site_rmdir", &conf_bool, AT(site_rmdir), "no", 0, 0, NULL,
	    "Allows SITE RMDIR, which removes a directory with all it holds." },
	{ SECTION_FILES, "site_pswd", &conf_bool, AT(site_pswd), "no", 0, 0, NULL,
	    "Allows SITE PSWD, by which users of the users file change their own password." },
	{ SECTION_FILES, "show_dotfiles", &conf_bool, AT(show_dotfiles), "yes", 0, 0, NULL,
	    "Lists names that begin with a dot even when the client does not ask for them." },
	{ SECTION_FILES, "hide_ids", &conf_bool, AT(hide_ids), "no", 0, 0, NULL,
	    "Listings show every file as owned by ftp." },
	{ SECTION_FILES, "local_time", &conf_bool, AT(list_localtime), "no", 0, 0, NULL,
	    "LIST shows local time instead of UTC." },
	{ SECTION_FILES, "glob", &conf_bool, AT(list_glob), "yes", 0, 0, NULL,
	    "LIST and NLST understand *, ? and [ ] in the last part of a path." },
	{ SECTION_FILES, "mlsd_links", &conf_enum, AT(mlsd_links), "follow", 0, 0, links,
	    "How MLSD shows a symbolic link: as what it leads to, or as OS.unix=slink." },
	{ SECTION_FILES, "sort_max", &conf_count, AT(list_sort_max), "2000", 0, 100 * MILLION, NULL,
	    "A directory with more entries is listed unsorted; ten times as many are sorted where the client asks for an order." },
	{ SECTION_FILES, "stat_max", &conf_count, AT(stat_list_max), "10000", 1, 100 * MILLION, NULL,
	    "The most entries STAT with a path lists." },

	{ SECTION_ANONYMOUS, "enabled", &conf_bool, AT(anonymous), "no", 0, 0, NULL,
	    "Lets guests in, with any password." },
	CONF_RULES_ROWS(SECTION_ANONYMOUS, AT_ANONYMOUS, "read-only"),

	{ SECTION_SYSTEM, "enabled", &conf_bool, AT(system_accounts), "no", 0, 0, NULL,
	    "Lets the accounts of this machine in; needs root." },
	{ SECTION_SYSTEM, "pam_service", &conf_string, AT(pam_service), "ternftpd", 0, 0, NULL,
	    "Name of the PAM service, a file in /etc/pam.d." },
	{ SECTION_SYSTEM, "min_uid", &conf_count, AT(system_min_uid), "1000", 1, UINT32_MAX - 1, NULL,
	    "Accounts with a smaller user number are refused." },
	CONF_RULES_ROWS(SECTION_SYSTEM, AT_SYSTEM, "full"),

	CONF_RULES_ROWS(SECTION_GROUP, AT_GROUP_RULES, "full"),

	{ SECTION_USER, "password", &conf_string, AT_USER(password), NULL, 0, 0, NULL,
	    "Hash as made by ternctl or crypt(3); \"*\" never matches." },
	{ SECTION_USER, "group", &conf_string, AT_USER(group), NULL, 0, 0, NULL,
	    "Group block that says what this block leaves out." },
	{ SECTION_USER, "totp", &conf_totp, AT_USER(totp), NULL, 0, 0, NULL,
	    "Key of one-time passwords in base32; their six digits follow the password." },
	{ SECTION_USER, "login", &conf_enum, AT_USER(login), "password", 0, 0, logins,
	    "What the user must show: a password, a client certificate, both, or either of them." },
	{ SECTION_USER, "certificate", &conf_certname, AT_USER(certificate), NULL, 0, 0, NULL,
	    "What the user's certificate is known by; not set means cn: and the user's name." },
	{ SECTION_USER, "disabled", &conf_bool, AT_USER(disabled), "no", 0, 0, NULL,
	    "Refuses the login and keeps the account." },
	CONF_RULES_ROWS(SECTION_USER, AT_USER_RULES, "full"),

	{ SECTION_HOST, "names", &conf_hostnames, AT_HOST(names), NULL, 0, 0, NULL,
	    "Other names of the host; *.example.org is every name with one label more." },
	{ SECTION_HOST, "address", &conf_networks, AT_HOST(addresses), NULL, 0, 0, NULL,
	    "Addresses of this machine where the host is, and the first of such hosts is who did not say which one; not set means all." },
	{ SECTION_HOST, "listen", &conf_words, AT_HOST(listens), NULL, 0, 0, NULL,
	    "Names of the listen blocks where it is, likewise." },
	{ SECTION_HOST, "users_file", &conf_path, AT_HOST(users_file), NULL, 0, 0, NULL,
	    "File of the host's own user blocks." },
	{ SECTION_HOST, "banner", &conf_message, AT_HOST(banner), NULL, 0, 0, NULL,
	    "Text of the greeting, and of the answer to HOST; not set means the server's." },
	{ SECTION_HOST, "login_message", &conf_message, AT_HOST(login_message), NULL, 0, 0, NULL,
	    "What a user is told after the login; not set means the server's." },
	{ SECTION_HOST, "goodbye", &conf_message, AT_HOST(goodbye), NULL, 0, 0, NULL,
	    "What a client is told when it quits; not set means the server's." },
	{ SECTION_HOST, "sessions", &conf_count, AT_HOST(max_sessions), "0", 0, MILLION, NULL,
	    "Sessions of the host at once; 0 means no limit but the server's." },
	{ SECTION_HOST, "sessions_per_ip", &conf_count, AT_HOST(max_per_ip), "0", 0, MILLION, NULL,
	    "Its sessions at once from one IPv4 address or IPv6 /64 network; 0 likewise." },
	{ SECTION_HOST, "sessions_per_user", &conf_count, AT_HOST(max_per_user), "0", 0, MILLION, NULL,
	    "Its sessions at once of one account; 0 means limits.sessions_per_user." },

	{ SECTION_MOUNT, "path", &conf_path, AT_PLACE(path), NULL, 0, 0, NULL,
	    "Directory of this machine that is seen there." },
	{ SECTION_MOUNT, "rights", &conf_rights, AT_PLACE(rights), NULL, 0, 0, NULL,
	    "What may be done there; not set means what may be done around it." },
	{ SECTION_PATH, "rights", &conf_rights, AT_PLACE(rights), NULL, 0, 0, NULL,
	    "What may be done there and below." },
};
/* clang-format on */

const size_t conf_nkeys = sizeof(conf_keys) / sizeof(conf_keys[0]);

enum conf_section_id
conf_section_find(const char *name)
{
	int i;

	for (i = 0; i < SECTION_COUNT; i++)
		if (strcmp(conf_sections[i].name, name) == 0)
			break;
	return (enum conf_section_id)i;
}

bool
conf_section_holds(enum conf_section_id outer, enum conf_section_id id)
{
	if (outer == SECTION_HOST)
		return conf_sections[id].in_host;
	if (!conf_sections[id].nested)
		return outer == SECTION_TOP && id != SECTION_TOP;
	return conf_sections[outer].rules != NO_RULES;
}

const struct conf_key *
conf_key_find(enum conf_section_id id, const char *name)
{
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		if (conf_keys[i].section == id &&
		    strcmp(conf_keys[i].name, name) == 0)
			return &conf_keys[i];
	return NULL;
}

int
conf_key_row(const struct conf_key *k)
{
	const struct conf_key *first = k;

	while (first > conf_keys && first[-1].section == k->section)
		first--;
	return (int)(k - first);
}

const struct conf_key *
conf_key_elsewhere(enum conf_section_id id, const char *name)
{
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		if (conf_keys[i].section != id &&
		    strcmp(conf_keys[i].name, name) == 0)
			return &conf_keys[i];
	return NULL;
}

#define NAME_MAX_DISTANCE 32

/* How many letters must change, come or go to make one name the other
 * (Levenshtein, one row at a time). */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_DISTANCE + 1], left, above, best;
	size_t i, j, n = strlen(b);

	if (n > NAME_MAX_DISTANCE || strlen(a) > NAME_MAX_DISTANCE)
		return UINT32_MAX;
	for (j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (i = 0; a[i] != '\0'; i++) {
		left = row[0];
		row[0] = (unsigned)i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			best = left + (a[i] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			left = above;
		}
	}
	return row[n];
}

const char *
conf_key_nearest(enum conf_section_id id, const char *name)
{
	unsigned best = (unsigned)strlen(name) / 3 + 2, d;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].section != id)
			continue;
		d = distance(name, conf_keys[i].name);
		if (d < best) {
			best = d;
			found = conf_keys[i].name;
		}
	}
	for (i = 1; i < SECTION_COUNT; i++) {
		if (!conf_section_holds(id, (enum conf_section_id)i))
			continue;
		d = distance(name, conf_sections[i].name);
		if (d < best) {
			best = d;
			found = conf_sections[i].name;
		}
	}
	return found;
}
