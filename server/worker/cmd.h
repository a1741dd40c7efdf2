/* SPDX-License-Identifier: ISC */
/*
 * The command table: one row per verb says everything that is policy, and is
 * checked before the handler runs (RFC 959 section 4, RFC 2389 for FEAT).
 */
#ifndef SERVER_WORKER_CMD_H
#define SERVER_WORKER_CMD_H

#include "server/worker/session.h"

enum cmd_result {
	CMD_DONE, /* replied; next command */
	CMD_PENDING, /* waits for monitor or agent; cmd_finish() ends it */
	CMD_CLOSE, /* session_bye() or session_end() was called */
};

/* arg is never NULL; "" if there was none. It may be written to. */
typedef enum cmd_result cmd_handler(struct session *, char *arg);

enum cmd_arg {
	ARG_NONE, /* ignored if given */
	ARG_FORBIDDEN, /* 501 if given (FEAT) */
	ARG_WORD, /* required; blanks at both ends are trimmed */
	ARG_OPT_WORD,
	ARG_PATH, /* required; every byte after the first blank counts */
	ARG_OPT_PATH,
	ARG_SECRET, /* may be empty, taken verbatim, never logged */
};

enum cmd_flag {
	CMD_F_LOGIN = 1 << 0, /* 530 before login */
	CMD_F_NOW = 1 << 1, /* runs during a transfer (ABOR, STAT) */
	CMD_F_KEEP_RNFR = 1 << 2, /* does not cancel a pending RNFR (RNTO) */
	CMD_F_XFER = 1 << 3, /* a transfer command: ends REST and endpoint */
	CMD_F_HIDE = 1 << 4, /* argument never logged */
	CMD_F_ALIAS = 1 << 5, /* X form: not shown in HELP twice */
	CMD_F_502 = 1 << 6, /* known, not implemented: no handler */
	CMD_F_NOW_BARE = 1 << 7, /* CMD_F_NOW only without an argument (STAT) */
	CMD_F_TLS = 1 << 8, /* 530 in clear text where TLS is required */
};

struct cmd {
	const char *verb;
	cmd_handler *handler;
	enum cmd_arg arg;
	unsigned flags;
	const char *help; /* "<sp> pathname" */
};

extern const struct cmd cmd_table[];
extern const size_t cmd_count;
/* NULL if unknown. Verbs are ASCII, any case. */
const struct cmd *cmd_find(const char *verb, size_t len);

/* Parses and runs one line (NUL-terminated, len bytes). */
void cmd_run(struct session *, char *line, size_t len);
/* Should this line run although a transfer is going on? */
bool cmd_is_immediate(const char *line, size_t len);
/* The answer to a line that is no command: too long, or with a NUL. */
void cmd_bad_line(struct session *, enum line_result);
/* Remembers a copy of text in s->ctx for the callback of a pending command. */
char *cmd_remember(struct session *, const char *text);
/* Joins arg to the working directory; refuses and returns false if too long. */
bool cmd_path(struct session *, const char *arg, int creating, char *path);
/* An event about the path that arg means. */
void cmd_event(struct session *, enum event_id, const char *arg);
/*
 * The pending command is finished (its reply is in s->out). The session goes
 * back to CTRL_READY; the next command runs when the turn ends.
 */
void cmd_finish(struct session *);

/* cmd_login.c */
cmd_handler cmd_user, cmd_pass, cmd_acct, cmd_rein, cmd_quit;
/* cmd_host.c */
cmd_handler cmd_host;
/* That of who names none (REIN). */
void host_reset(struct session *);
/* TLS is up: the name that it was begun for chooses. False: that is another one
 * than HOST has said. */
bool host_choose_by_tls(struct session *);
/* The name whose certificate is to be shown, or NULL. */
const char *host_name(const struct session *);
/* cmd_tls.c */
cmd_handler cmd_auth, cmd_pbsz, cmd_prot, cmd_ccc;
/* cmd_mode.c */
/* "type*;size;..." for FEAT (stars = true) and OPTS MLST; at most 128 bytes. */
const char *facts_str(unsigned facts, bool stars, char *out, size_t size);
cmd_handler cmd_type, cmd_stru, cmd_mode, cmd_opts, cmd_clnt, cmd_csid,
    cmd_lang;
/* cmd_info.c */
cmd_handler cmd_feat, cmd_help, cmd_noop, cmd_syst, cmd_pwd;
/* cmd_stat.c */
cmd_handler cmd_stat;
/* cmd_dir.c */
cmd_handler cmd_cwd, cmd_cdup, cmd_mkd, cmd_rmd, cmd_avbl;
/* cmd_file.c */
cmd_handler cmd_dele, cmd_rnfr, cmd_rnto, cmd_size, cmd_mdtm, cmd_mfmt, cmd_mff,
    cmd_mlst;
/* cmd_site.c */
cmd_handler cmd_site;
void site_help(struct session *);
/* cmd_data.c */
cmd_handler cmd_port, cmd_eprt, cmd_pasv, cmd_epsv;
/* cmd_xfer.c */
cmd_handler cmd_retr, cmd_stor, cmd_stou, cmd_appe, cmd_list, cmd_nlst,
    cmd_mlsd, cmd_rest, cmd_allo, cmd_abor;

/* The answer to mon_password(), an enum verdict. */
void site_pswd_answered(struct session *, unsigned verdict);

#endif
