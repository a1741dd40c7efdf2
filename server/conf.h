/* SPDX-License-Identifier: ISC */
/*
 * The configuration: one immutable struct config per load.
 *
 * conf_load() parses ftpd.conf and the users file with libConfuse, checks
 * everything and either returns a complete configuration or an error text with
 * file, line, what is wrong and how to mend it. It is never serialised:
 * children of the monitor inherit it. Nobody changes a loaded one.
 */
#ifndef SERVER_CONF_H
#define SERVER_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/network.h"
#include "common/privdrop.h"
#include "common/sandbox.h"
#include "common/sockutil.h"
#include "common/watch.h"
#include "server/nat.h"
#include "server/rates.h"

/* Where something was written; file is NULL if it was not. */
struct conf_where {
	const char *file;
	int line;
};

#define CONF_NAME_MAX 256 /* bytes of a user's name, with NUL */
#define CONF_CONTROL_SOCKET "/run/ternftpd/control"

enum conf_tls {
	CONF_TLS_OFF, /* AUTH is 502 */
	CONF_TLS_OPTIONAL,
	CONF_TLS_REQUIRED, /* for USER, so for everything that needs a login */
};
enum conf_reuse { /* of the control connection's TLS session by data ones */
	CONF_REUSE_OFF, /* not looked at */
	CONF_REUSE_PREFER, /* resumed: ours; else from the client's address */
	CONF_REUSE_REQUIRE, /* of this session or account and address */
	CONF_REUSE_STRICT, /* of this session */
};
enum conf_eof { /* an upload that ends without close_notify */
	CONF_EOF_ACCEPT,
	CONF_EOF_REFUSE
};

enum conf_proxy { /* whether connections begin with a PROXY header */
	CONF_PROXY_OFF,
	CONF_PROXY_OPTIONAL, /* those from proxy_from do */
	CONF_PROXY_REQUIRED, /* and there are no others */
};

#define CONF_LISTEN_MAX 32 /* keys */

struct conf_listen { /* listen "name" { ... } */
	char *name;
	const char *file; /* where it was defined; NULL: nowhere */
	int line;
	int lines[CONF_LISTEN_MAX]; /* of its keys, 0 = not there */
	struct addr addr; /* IPv6 "::" listens on both families */

	enum conf_tls tls;
	bool tls_data; /* transfers need PROT P */
	bool implicit; /* TLS from the first byte */
	enum conf_reuse session_reuse;
	enum conf_eof unclean_eof;
	bool ccc; /* CCC is allowed */
	enum conf_proxy proxy;
	struct networks proxy_from; /* of the proxies */
	bool proxy_data; /* their data connections have a header, too */
	/* the enums of tls/tls_ctx.h, with the same values */
	unsigned tls_profile, tls_min, tls_max, client_certs;
	char *client_ca, *client_crl; /* NULL = none */
};

struct conf_cert { /* certificate "name" { ... } */
	char *name;
	char *file; /* PEM, leaf first */
	char *key; /* NULL = in file */
	char *ocsp; /* DER, or NULL */
	int line; /* where it was defined */
};

/*
 * host "ftp.example.org" { ... }: the server under another name (RFC 7151).
 * It has either accounts of its own and no others, or the server's.
 */
struct conf_host {
	char *name;
	char *names; /* more of them, patterns too; NULL = none */
	struct networks addresses; /* of ours, where it is; none = all */
	char *listens; /* names of listen blocks where it is; NULL = all */
	char *banner, *login_message, *goodbye; /* NULL = the server's */
	char *users_file;
	uint32_t max_sessions, max_per_ip, max_per_user; /* 0 = the server's */
	bool has_accounts; /* of its own */
	struct config *own; /* what its block says: accounts, certificates */
	/* The configuration as it is on this host, which owns nothing. NULL
	 * until all is loaded. */
	struct config *conf;
	char *file; /* where it was defined, for messages */
	int line;
};

/* What must be shown to log in; how a certificate names its owner is
 * server/certnames.h's. */
enum conf_login {
	CONF_LOGIN_PASSWORD,
	CONF_LOGIN_CERTIFICATE,
	CONF_LOGIN_BOTH,
	CONF_LOGIN_EITHER
};

struct conf_id { /* of a system user or group */
	uint32_t id;
	bool set;
};

#define CONF_MOUNTS_MAX 32 /* of one account */
#define CONF_PATHS_MAX 64
#define CONF_PLACES_TEXT 16384 /* bytes of both in all */

/* mount "/pub" { ... } and path "/incoming" { ... } in the block of accounts */
struct conf_place {
	char *at; /* virtual path, normal */
	bool is_mount;
	char *path; /* of a mount: the host directory */
	bool has_rights; /* a mount without has those of around it */
	uint32_t rights;
	const char *file; /* where it was defined */
	int line;
	bool of_group; /* in its block */
};

#define CONF_RULES_MAX 48 /* keys */

/*
 * What users, groups, guests and system accounts can all say; the keys are in
 * server/conf_rules.h. Of a user's, those that the user's block leaves out are
 * the group's.
 */
struct conf_rules {
	char *root; /* NULL = not set */
	char *start_dir; /* "/" if unset */
	uint32_t rights;
	struct conf_id uid, gid;
	uint32_t umask;
	uint32_t idle_timeout; /* 0 = the server's */
	bool tls; /* logs in under TLS only */
	bool tls_data; /* transfers need PROT P */
	char *networks, *hours, *expires; /* NULL = not set */
	uint32_t file_mode, dir_mode; /* 0 = the umask decides */
	bool create_home;
	struct conf_place *places;
	size_t nplaces;
	uint32_t max_sessions; /* 0 = limits.sessions_per_user */
	uint64_t quota, quota_files; /* bytes, files; 0 = no limit */
	uint64_t rates[RATE_SCOPES][RATE_WAYS]; /* bytes/s; 0 = no limit */

	/* Where the block says so; 0 = it does not, negative = it is in file2,
	 * which is the group's. Of each key, in the order of their rows. */
	int lines[CONF_RULES_MAX];
	const char *file, *file2;
};

struct conf_group { /* group "name" { ... } in the users file or ftpd.conf */
	char *name;
	struct conf_rules rules;
	bool in_users_file;
	char *file; /* where it was defined, for messages */
	int line;
};

struct conf_user { /* user "name" { ... } in the users file or ftpd.conf */
	char *name;
	char *password; /* crypt(3) hash; "*" or "!" never matches */
	char *group; /* NULL = none */
	char *totp; /* key in base32, of the digits behind the password */
	struct conf_rules rules;
	enum conf_login login;
	char *certificate; /* "cn:joe", NULL = "cn:" and the user's name */
	bool disabled;
	int disabled_line, login_line; /* where it says so, 0 = nowhere */
	bool in_users_file;
	char *file; /* where it was defined, for messages */
	int line;
};

enum conf_upload {
	CONF_UPLOAD_ATOMIC,
	CONF_UPLOAD_IN_PLACE
};
enum conf_ascii {
	CONF_ASCII_BINARY,
	CONF_ASCII_CONVERT
};
enum conf_peer {
	CONF_PEER_IP,
	CONF_PEER_NET24,
	CONF_PEER_OFF
};
enum conf_mlsd_links {
	CONF_LINKS_FOLLOW,
	CONF_LINKS_SLINK
};

struct conf_text { /* of a file that was read */
	char *path, *text;
	size_t len;
};

enum conf_reload_ends { /* whose sessions end by a reload */
	CONF_ENDS_NONE,
	CONF_ENDS_REMOVED,
	CONF_ENDS_CHANGED,
};

struct config {
	char *path; /* of ftpd.conf */
	/* What it was loaded from: ftpd.conf and what it includes, and the
	 * users file and what that includes, as they were before reading. */
	struct conf_text *texts;
	size_t ntexts;
	struct conf_where *seen; /* by row of conf_keys; not of titled blocks */
	char **files; /* names that every conf_where points to */
	size_t nfiles;
	struct watch users_watch;

	/* server */
	struct conf_listen *listens;
	size_t nlistens;
	uint32_t workers; /* 0 = one per core */
	uint32_t auth_processes;
	uint32_t auth_cache; /* seconds; 0: none */
	char *service_user; /* workers and auth processes run as it */
	char *empty_dir; /* workers' root when the monitor is root */
	enum sandbox_mode sandbox;
	char *pid_file; /* NULL = none */
	char *state_dir; /* of what outlives the server; NULL = nothing */
	char *control_socket; /* NULL = CONF_CONTROL_SOCKET for root, else none;
				 or "none" */
	struct conf_id control_group;
	char *log; /* log_open() target */
	uint32_t log_level, log_format; /* enums of common/log.h */
	uint32_t log_max_size; /* bytes; 0 = any */
	char *transfer_log; /* NULL = none */
	char *banner, *login_message, *goodbye; /* server/message.h */
	/* To those who are refused at the door. */
	char *full_message, *address_message, *banned_message, *closed_message;
	char *directory_message; /* name of a file in it; NULL = none */
	bool hide_version;
	uint32_t drain_timeout; /* seconds, after SIGTERM */
	enum conf_reload_ends reload_ends;

	/* limits */
	uint32_t max_sessions, max_per_ip, max_per_user;
	uint32_t max_login_attempts;
	uint32_t max_auth_queue;
	uint32_t quota_rescan; /* seconds */
	uint64_t rates[RATE_WAYS]; /* of all together, bytes/s; 0 = none */
	uint32_t login_delay, login_delay_max, login_forget; /* seconds */
	uint32_t commands_before_login, connections_per_minute;
	uint32_t ban_after; /* wrong logins; 0 = never */
	struct networks allow; /* never banned or delayed */
	uint32_t ban_time, ban_max, ban_forget; /* seconds */

	/* timers, in seconds */
	uint32_t idle_timeout, max_idle_timeout, login_timeout;
	uint32_t session_timeout; /* 0 = none */
	uint32_t accept_timeout, connect_timeout, stall_timeout;
	uint32_t output_timeout;
	uint32_t handshake_timeout; /* of TLS, control and data */
	uint32_t proxy_timeout; /* of PROXY headers, likewise */

	/* TLS */
	struct conf_cert *certs;
	size_t ncerts;
	struct conf_host *hosts;
	size_t nhosts;
	char *selfsigned; /* made where there is no certificate; the key is
			     beside it, with .key instead of .crt */
	char *sni_directory; /* NULL = none */
	char *ticket_keys; /* file; NULL = in memory only */
	bool key_process; /* workers have no private keys */
	bool ktls;

	/* data connections */
	uint16_t passive_min, passive_max;
	struct nat passive_address; /* no rule: the connection's own */
	enum conf_peer peer_check;
	bool active; /* PORT and EPRT allowed */
	bool active_port_20;
	bool default_data_port;
	uint32_t control_mss; /* TCP_MAXSEG of control connections, 0 = none */
	bool pad_replies; /* docs/design.md, "Replies" */

	/* files */
	enum conf_upload upload_mode;
	bool upload_fsync;
	bool upload_resume; /* keep partial uploads for REST/APPE */
	uint32_t resume_keep; /* seconds; 0: for ever */
	bool initial_type_ascii;
	enum conf_ascii ascii;
	bool mdtm_set; /* MDTM with two arguments sets the time */
	bool site_chmod, site_symlink, site_rmdir, site_pswd;
	bool show_dotfiles;
	bool hide_ids; /* LIST prints "ftp ftp" */
	bool list_localtime;
	bool list_glob;
	enum conf_mlsd_links mlsd_links;
	uint32_t list_sort_max; /* entries; above it directory order */
	uint32_t stat_list_max; /* entries of STAT path */

	/* accounts */
	char *users_file; /* NULL = none */
	char *auth_program; /* asked about names not known here; NULL = none */
	uint32_t auth_program_timeout; /* seconds */
	struct conf_user *users; /* sorted by name, strcmp order */
	size_t nusers;
	struct conf_group *groups; /* likewise */
	size_t ngroups;
	bool anonymous;
	struct conf_rules anonymous_rules;
	bool system_accounts; /* PAM; needs root */
	char *pam_service;
	struct conf_rules system_rules; /* no root: the home directory */
	uid_t system_min_uid;
};

/*
 * Loads path. On failure returns NULL and sets *err_r to a heap string of one
 * or more lines "file:line: what is wrong; how to mend it".
 */
struct config *conf_load(const char *path, char **err_r);
/* Loads ftpd.conf as it was when this one was loaded, with the users file as it
 * is now. */
struct config *conf_load_again(const struct config *, char **err_r);
/* For processes that need no more than the values. */
void conf_forget_texts(struct config *);
/*
 * Everything more that a start would check: directories, users, ports and so
 * on; listens: whether it would listen (not under inetd). Returns the number of
 * problems, each written as a line to out.
 */
int conf_check(const struct config *, bool listens, FILE *out);
/* The same of what a start does and a reload does not. */
int conf_check_start(const struct config *, FILE *out);
/* Writes the effective configuration (-T), in the syntax of ftpd.conf. */
void conf_print(const struct config *, FILE *out);
/* Writes every key with its type, range, default and help, as a table. */
void conf_print_keys(FILE *out);
void conf_free(struct config *);

/* Where the control socket of this ftpd.conf is, or "none"; in fresh memory.
 * Also if there are mistakes in it. */
char *conf_find_control_socket(const char *path);

/* With another file in the place of ftpd.conf or one that it names: before that
 * takes the name. */
struct config *conf_load_with(
    const char *path, const char *instead_of, const char *read, char **err_r);
/* A users file alone, for ternctl: nothing but the users and groups is of any
 * use; groups may be missing, because they stand elsewhere. */
struct config *conf_load_users(const char *path, char **err_r);

/*
 * The identity of workers, auth processes, guests and users without a uid:
 * the service user if this process is root, else its own. 0, or -1 if there is
 * no such user. Looks it up, so it must be called before any chroot.
 */
int conf_service_ident(const struct config *, struct ident *);
/* What an account says of that, when this process is root: a uid takes the
 * groups of another user away. */
void conf_rules_ident(const struct conf_rules *, struct ident *);

/* Of a user whom an external program knows: what no group says. */
void conf_rules_init(struct conf_rules *);
/* A setting by its key's name, as text, that somebody at w said. 0, or -1 with
 * why. */
int conf_rules_set(struct conf_rules *, const char *key, const char *value,
    const struct conf_where *w, char *why, size_t size);
/* As if they were a group's. */
void conf_rules_inherit(struct conf_rules *, const struct conf_rules *from);
void conf_rules_clear(struct conf_rules *);

/* Does any user need a one-time password? */
bool conf_any_totp(const struct config *);
/* Is any of the listeners so? */
bool conf_any_listen(
    const struct config *, bool (*is)(const struct conf_listen *));
/* May there be TLS on it? */
bool conf_listen_has_tls(const struct conf_listen *);
/* Is this a proxy, whose connections begin with a header there? */
bool conf_listen_has_proxy(const struct conf_listen *, const struct addr *);

/* The one with this name before its block. */
const struct conf_host *conf_find_host(const struct config *, const char *name);
/* The first one that a client may call so, wherever it is. */
const struct conf_host *conf_host_called(
    const struct config *, const char *name);
/*
 * The host that a client means by name on a connection to local, of that listen
 * block; NULL: there is none. name NULL: who says nothing (NULL: the server
 * itself).
 */
const struct conf_host *conf_host_at(const struct config *, uint16_t listener,
    const struct addr *local, const char *name);
/* The configuration as it is there: the host's, or (NULL) the server's. */
const struct config *conf_of_host(
    const struct config *, const struct conf_host *);

const struct conf_user *conf_find_user(const struct config *, const char *name);
const struct conf_group *conf_find_group(
    const struct config *, const char *name);

#endif
