/* SPDX-License-Identifier: ISC */
/*
 * The messages between the processes: types, fields and who may send what.
 *
 * Fields are listed in the order they are put. Sockets are passed as the one
 * descriptor of a message. A receiver dispatches by a table whose rows say in
 * which state of the peer a type is legal; anything else, or a message whose
 * rbuf_end() fails, closes that peer and nobody else (from the monitor to a
 * worker: it is fatal to the worker).
 *
 *   monitor <-> worker    one channel per worker       MW_ down, WM_ up
 *   monitor <-> auth      one channel per process      MA_ down, AM_ up
 *   monitor <-> agent     one channel per agent        MG_ down, GM_ up
 *   monitor <-> keys      one channel per process      MK_ down, KM_ up
 *   worker  <-> agent     one channel per session      FS_ request and reply
 *   worker  <-> keys      one channel per worker       KW_ request and reply
 */
#ifndef SERVER_PROTO_H
#define SERVER_PROTO_H

#include <stdint.h>

#define PROTO_USER_MAX 256 /* bytes of a user name, with NUL */
#define PROTO_PASS_MAX 1024 /* bytes of a password, with NUL */
#define PROTO_REASON_MAX 128

/* ------------------------------------------------------ monitor to worker */
enum proto_mw {
	/* u64 sid, addr peer, addr local, u16 listener, u8 it begins with a
	 * PROXY header (WM_PROXY, then MW_ADMIT); fd = the connection */
	MW_SESSION = 1,
	/*
	 * u64 sid, u32 attempt, u8 enum verdict, str reason (for the log), u32
	 * ms before a refusal is told, str rule (server/rule.h) or "".
	 * If V_OK: str account name, u8 anonymous, str start_dir, u32 rights,
	 * u32 umask, u32 idle_timeout, u8 tls_data, u64 rate down, u64 up, u8
	 * has a quota, u16 slots of the rates of its user, group and server
	 * (server/rates.h), str for each enum rule_line, "" = the server's;
	 * fd = the session's channel to its agent.
	 */
	MW_LOGIN = 2,
	/* u64 sid, u32 serial, i64 errno or 0; fd = socket bound to the source
	 * port for an active connection, if 0 */
	MW_SOURCE_PORT = 3,
	/* u64 sid, str reason: end this session with a 421 */
	MW_KICK = 4,
	/* no fields: serve what you have, take nothing new, exit when empty */
	MW_DRAIN = 5,
	/* no fields: idle sessions 421 now, transfers may finish, then exit */
	MW_SHUTDOWN = 6,
	/* u32 serial: WM_STATUS of every session, once */
	MW_STATUS = 7,
	/* u8 enum log_sink; fd = its file, reopened: log_adopt() */
	MW_LOG = 8,
	/* tls_keys_put(): the ticket keys from now on */
	MW_TICKET_KEYS = 9,
	/* u64 sid, str reason: as MW_KICK, once its transfer or command is done
	 */
	MW_RETIRE = 10,
	/* an addr for each of the NAT_MAX rules of passive_address (nat.h):
	 * what its name is now */
	MW_NAMES = 14,
	/* u64 sid, u64 rate down, u64 rate up, u16 user slot, u16 group slot,
	 * u16 server slot: the session's from now on */
	MW_RATE = 11,
	/* u32 serial: WM_STATS, once */
	MW_STATS = 12,
	/* u8 on, u64 sid (0: all): WM_LINES until it is off */
	MW_WATCH = 13,
	/* u64 sid: find out soon whether its client is still there: WM_ALIVE */
	MW_PROBE = 15,
	/* u64 sid, u8 enum verdict: to WM_PASSWORD */
	MW_PASSWORD = 16,
	/* no fields; fd = channel to its key process, in place of any other */
	MW_KEYS = 17,
	/* u64 sid, u8 admitted; if not: str reason, str message of the
	 * configuration, u32 its number. To WM_PROXY */
	MW_ADMIT = 18,
};

/* ------------------------------------------------------ worker to monitor */
enum proto_wm {
	/* u64 sid, u32 attempt, u8 enum login_ask, str user, str password, u8
	 * tls, str names of the client certificate (server/certnames.h) */
	WM_LOGIN = 33,
	/* u64 sid: the user was dropped (USER, REIN, AUTH); still connected */
	WM_LOGOUT = 34,
	/* u64 sid, str reason: the session is gone */
	WM_END = 35,
	/* u64 sid, u32 serial, addr local, u8 implicit (989 instead of 20) */
	WM_SOURCE_PORT = 36,
	/*
	 * u32 serial, u8 last, then for each session: u64 sid, str user, str
	 * TLS version or "", str directory, str last command, u8 it runs, u32
	 * idle seconds, u8 enum status_direction; unless that is STATUS_NONE:
	 * str path, u64 bytes moved, u64 bytes in all (UINT64_MAX: unknown),
	 * u64 ms since it began. Texts are escaped, of at most STATUS_TEXT_MAX.
	 */
	WM_STATUS = 37,
	/* u32 serial (0: before it exits), u64 for each enum counter */
	WM_STATS = 38,
	/* u32 dropped before, bytes lines; each line is u64 sid, u8 enum
	 * dialogue_kind, str user, str text (escaped, as above) */
	WM_LINES = 39,
	/* u64 sid, str old, str new: the user wants another password */
	WM_PASSWORD = 40,
	/* no fields: the channel to the key process is of no use any more */
	WM_KEYS = 41,
	/* u64 sid, str name of a host block, "": none. Its client wants to log
	 * in there, which chooses the accounts that are looked at. */
	WM_HOST = 42,
	/* u64 sid, u8 it has addresses, addr client, addr server, str name of a
	 * host block or "": the header that the connection began with */
	WM_PROXY = 43,
	/* u64 sid: to MW_PROBE, its client is there; if it is not, WM_END comes
	 */
	WM_ALIVE = 44,
};

#define STATUS_TEXT_MAX 512 /* with NUL */

enum status_direction {
	STATUS_NONE, /* no transfer */
	STATUS_DOWN,
	STATUS_UP,
	STATUS_LIST,
	STATUS_DIRECTION_COUNT
};

enum dialogue_kind {
	DIALOGUE_COMMAND,
	DIALOGUE_REPLY,
	DIALOGUE_EVENT,
	DIALOGUE_KIND_COUNT
};

enum verdict {
	V_OK,
	V_DENIED, /* wrong password, unknown user, no right to log in: 530 */
	V_LIMIT, /* too many sessions of this user: 530 */
	V_BUSY, /* the queue of attempts is full: 421 */
	V_ERROR, /* our side failed (agent, home directory): 530 */
	V_PASSWORD, /* to ASK_CERTIFICATE only: a password is needed, 331 */
};

enum login_ask {
	ASK_PASSWORD, /* is it right? */
	ASK_CERTIFICATE, /* USER: is the certificate enough (232)? */
	/* From the monitor to auth only: the password is right, and what stands
	 * for the names is to be the new one. The reason of V_OK is its hash.
	 */
	ASK_NEW_PASSWORD,
};

/* ------------------------------------------------------- monitor and auth */
enum proto_ma {
	/* u64 id, u8 enum login_ask, str user, str password, addr peer, u8 tls,
	 * str names of the client certificate, str name of the host block or ""
	 */
	MA_CHECK = 65,
	/* as MW_LOG */
	MA_LOG = 66,
};
enum proto_am {
	/* u64 id, u8 enum verdict, str reason, str rule or ""; if V_OK: account
	 * (account.h) */
	AM_RESULT = 81,
};

/* --------------------------------------------------- resolver to monitor */
enum proto_rm {
	/* u16 rule of passive_address, addr (none: it was not found), str why
	 */
	RM_ADDRESS = 90,
};

/* ------------------------------------------------------ monitor and agent */
enum proto_mg {
	/* u64 sid, account (account.h), addr peer; fd = the agent's end */
	MG_GRANT = 97,
	/* as MW_LOG */
	MG_LOG = 98,
};
enum proto_gm {
	/* u64 sid, i64 errno or 0 (0 = granted), str reason */
	GM_GRANTED = 113,
	/* u64 sid: the worker closed the session's channel */
	GM_CLOSED = 114,
};

/* ------------------------------------------------------- monitor and keys */
enum proto_mk {
	/* no fields; fd = the private keys (tls/tls_keyring.h); first of all */
	MK_RING = 161,
	/* no fields; fd = its end of the worker's channel, in place of any
	 * other */
	MK_WORKER = 162,
	/* as MW_LOG */
	MK_LOG = 163,
	/* no fields -> KM_PONG */
	MK_PING = 164,
};
enum proto_km {
	/* no fields: it is there */
	KM_PONG = 177,
};

/* -------------------------------------------------------- worker and keys */
enum proto_kw {
	/* an operation (tls/tls_keyop.h); one at a time */
	KW_DO = 193,
	/* bytes what came out (none: it was refused), str why it was refused */
	KW_DONE = 194,
};

/* ------------------------------------------- worker and agent: one session */
/*
 * Request: u16 type, fields. Reply: the same type, u8 enum fs_status, then, if
 * FS_OK, the fields after "->". One request at a time per channel. All paths
 * are normal virtual paths (common/vpath.h). The agent never trusts that: a
 * path that is not absolute and normal closes the channel.
 */
enum proto_fs {
	/* str path -> u32 mode (type and permission bits), u64 size, i64 mtime,
	 * u8 is_partial (1: size and mtime are those of an unfinished upload of
	 * this user under this name). Follows links. */
	FS_STAT = 129,
	/* str path: may the session go there? -> nothing */
	FS_CHDIR = 130,
	/* str path -> u64 size, i64 mtime, u8 enum file_access; fd, unless
	 * FILE_KEPT */
	FS_OPEN = 131,
	/*
	 * u8 enum list_style, u32 enum list_flag, u32 facts, u32 max entries (0
	 * = no limit), str path, str arg (the path as the client wrote it, ""
	 * if none: NLST prefixes names with it)
	 * -> u8 enum list_more, bytes text (the first page, whole lines).
	 */
	FS_LIST = 132,
	/* -> u8 enum list_more, bytes text; only directly after LIST_MORE: any
	 * other request ends the listing */
	FS_LIST_NEXT = 133,
	/*
	 * u8 enum store_mode, u8 check_only, u64 offset, str path
	 * -> check_only: str path (the final virtual path; STOU: a candidate)
	 *    else: str path, u64 offset where writing starts, u64 limit (of a
	 *    quota: no byte may be written at or behind it before FS_GROW has
	 *    moved it; UINT64_MAX: none), u8 enum file_access; fd
	 *    (write-only), unless FILE_KEPT
	 * The offset counts in the file behind fd, and fd is positioned there.
	 * That file need not be the target: an APPE to an existing file writes
	 * a file of its own from offset 0, which the commit appends.
	 * One upload per session: FS_COMMIT or FS_ABANDON ends it.
	 */
	FS_STORE = 134,
	/* u64 size (the length of the file behind fd: FS_STORE's offset + bytes
	 * written; what is behind it is cut off) -> nothing; the file is whole
	 * and visible when OK. The upload is over in any case. */
	FS_COMMIT = 135,
	/* u8 keep (1: keep the partial for REST/APPE) -> nothing; also when no
	 * upload is open, as who aborts cannot know */
	FS_ABANDON = 136,
	/* str path, u8 with_parents (SITE MKDIR) -> nothing */
	FS_MKDIR = 137,
	/* str path, u8 recursive (SITE RMDIR) -> nothing */
	FS_RMDIR = 138,
	/* str path -> nothing; a link is removed, never its target */
	FS_DELETE = 139,
	/* str path -> nothing: may it be renamed (RNFR)? does not follow links
	 */
	FS_RENAME_FROM = 140,
	/* str from, str to -> nothing */
	FS_RENAME = 141,
	/* u32 mode, str path -> nothing */
	FS_CHMOD = 142,
	/* i64 mtime, str path -> i64 mtime as set */
	FS_UTIME = 143,
	/* str target, str path -> nothing */
	FS_SYMLINK = 144,
	/* str path (a directory) -> u64 bytes available */
	FS_SPACE = 145,
	/* u32 umask (SITE UMASK) -> nothing */
	FS_UMASK = 146,
	/* i64 mtime or -1, u32 mode or ~0, str path (MFF: all or nothing)
	 * -> i64 mtime, u32 mode as they are now */
	FS_FACTS = 147,
	/* no fields; fd = what FS_OPEN gave -> nothing: now it is kept, too */
	FS_KEEP = 148,
	/* u64 offset, u32 length -> bytes (none: the file's end). Only while a
	 * file is kept; any other request closes it. */
	FS_READ = 149,
	/* no fields: the kept file -> nothing; also when there is none */
	FS_CLOSE = 150,
	/* u64 offset, u32 length (up to FS_WARM_MAX) -> nothing: these bytes of
	 * the kept file are in the page cache. When as FS_READ. */
	FS_WARM = 151,
	/* u64 offset, bytes (1 to FS_WRITE_MAX) -> nothing. Only while a kept
	 * file is uploaded. An error is the commit's, too. */
	FS_WRITE = 152,
	/* no fields; only if FS_STORE gave a limit and all up to it is written
	 * -> u64 limit, or FS_QUOTA */
	FS_GROW = 153,
	/* no fields; only of an account with a quota -> u64 bytes, u64 quota,
	 * u64 files, u64 quota of files (0 = none) */
	FS_USAGE = 154,
	/* str path (a directory) -> str what its file directory_message says,
	 * or "": there is none, or it was said before. Of at most MESSAGE_SIZE
	 * (server/message.h), clean. */
	FS_MESSAGE = 155,
};

#define FS_WARM_MAX (16 * 1024 * 1024)
#define FS_WRITE_MAX (64 * 1024)

/* May the worker, which must not wait, read or write a file itself? */
enum file_access {
	FILE_READY, /* yes: in memory (tmpfs), or to be written to a disk */
	FILE_PROBE, /* what preadv2(RWF_NOWAIT) says is in the page cache */
	FILE_KEPT, /* no: the agent has it, for FS_READ or FS_WRITE */
	FILE_ACCESS_COUNT
};

enum list_more {
	LIST_END,
	LIST_MORE,
	LIST_TRUNCATED /* max reached */
};

enum list_flag {
	LISTF_ALL = 1 << 0, /* -a: dot names, and . .. in LIST */
	LISTF_ALMOST_ALL = 1 << 1, /* -A: dot names */
	LISTF_SELF = 1 << 2, /* -d, MLST: the object itself, not its entries */
	LISTF_CLASSIFY = 1 << 3, /* -F */
	LISTF_FOLLOW = 1 << 4, /* -L */
	LISTF_REVERSE = 1 << 5, /* -r */
	LISTF_BY_TIME = 1 << 6, /* -t */
	LISTF_BY_SIZE = 1 << 7, /* -S */
	LISTF_UNSORTED = 1 << 8, /* -U */
	LISTF_NUMERIC = 1 << 9, /* -n */
	LISTF_GLOB = 1 << 10, /* the last component may be a pattern */
	LISTF_DIR_ONLY = 1 << 11, /* MLSD: FS_NOT_DIR for anything else */
};

enum store_mode {
	STORE_REPLACE,
	STORE_APPEND,
	STORE_UNIQUE
};

/* Why the agent refused; the worker has one text for each (worker/fs.h). */
enum fs_status {
	FS_OK,
	FS_MISSING, /* No such file or directory */
	FS_NO_PARENT, /* the directory it would be in is missing */
	FS_DENIED, /* the file system says no */
	FS_FORBIDDEN, /* the account's rights say no */
	FS_EXISTS,
	FS_NOT_DIR,
	FS_IS_DIR,
	FS_NOT_REGULAR,
	FS_NOT_EMPTY,
	FS_BAD_NAME, /* control characters, "." or "..", reserved */
	FS_NAME_TOO_LONG,
	FS_NO_SPACE,
	FS_QUOTA,
	FS_READ_ONLY, /* file system mounted read-only */
	FS_BUSY,
	FS_CROSS_DEVICE,
	FS_LOOP, /* too many links */
	FS_INSIDE_ITSELF, /* rename of a directory into itself */
	FS_BAD_OFFSET, /* REST beyond the end */
	FS_NO_MATCH, /* a pattern without a match */
	FS_IO, /* read, write or unexpected error; errno is in the log */
	FS_TOO_LARGE, /* recursion or size bounds */
	FS_QUOTA_FILES, /* as FS_QUOTA, of the number of files */
	FS_STATUS_COUNT
};

#endif
