/* SPDX-License-Identifier: ISC */
/*
 * The transfer commands: what can be refused without asking anybody is refused
 * here, the rest is xfer.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/ftptime.h"
#include "common/mem.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/data.h"
#include "server/worker/list_opts.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "server/worker/xfer_priv.h"

/* Consumed by any transfer command, whatever becomes of it (R30.1). */
static uint64_t
take_restart(struct session *s)
{
	uint64_t restart = s->restart;

	s->restart = 0;
	return restart;
}

/* 522, because it makes lftp try again with PROT P (protocol 7.3). */
static bool
lacks_tls(struct session *s)
{
	if (s->private || !(session_listen(s)->tls_data || s->tls_data))
		return false;
	refuse(s, REASON_DATA_TLS_REQUIRED, 522,
	    "TLS required on the data connection; use PROT P.");
	return true;
}

/* Makes arg a virtual path; checks what all transfers need. */
static bool
prepare(struct session *s, char *path, const char *arg, int creating)
{
	if (!lacks_tls(s) && cmd_path(s, arg, creating, path)) {
		if (data_is_possible(s))
			return true;
		reply(s, 425, "Use PASV, EPSV, PORT or EPRT first.");
	}
	data_refused(s);
	return false;
}

/* R29.3: offsets mean nothing in a stream that is converted. */
static bool
offset_is_refused(struct session *s, uint64_t restart)
{
	if (restart == 0 || s->type != TYPE_ASCII ||
	    s->w->conf->ascii != CONF_ASCII_CONVERT)
		return false;
	reply(s, 504, "Restart is not possible in ASCII type.");
	return true;
}

enum cmd_result
cmd_retr(struct session *s, char *arg)
{
	uint64_t restart = take_restart(s);
	char path[VPATH_MAX];

	if (!prepare(s, path, arg, 0))
		return CMD_DONE;
	if (offset_is_refused(s, restart)) {
		data_refused(s);
		return CMD_DONE;
	}
	xfer_retr(s, path, arg, restart);
	return CMD_PENDING;
}

static enum cmd_result
store(struct session *s, const char *verb, enum store_mode mode,
    const char *arg, uint64_t restart)
{
	char path[VPATH_MAX];

	if (!prepare(s, path, arg, 1))
		return CMD_DONE;
	if (offset_is_refused(s, restart)) {
		data_refused(s);
		return CMD_DONE;
	}
	xfer_stor(s, verb, mode, path, arg, restart);
	return CMD_PENDING;
}

enum cmd_result
cmd_stor(struct session *s, char *arg)
{
	return store(s, "STOR", STORE_REPLACE, arg, take_restart(s));
}

/* RFC 3659 5.4: after REST n, APPE is a STOR at n. */
enum cmd_result
cmd_appe(struct session *s, char *arg)
{
	uint64_t restart = take_restart(s);

	return store(s, "APPE", restart > 0 ? STORE_REPLACE : STORE_APPEND, arg,
	    restart);
}

/* The argument is a wish; without one we make a name up. */
enum cmd_result
cmd_stou(struct session *s, char *arg)
{
	char name[64], now[FTPTIME_LEN + 1];

	take_restart(s);
	if (arg[0] != '\0')
		return store(s, "STOU", STORE_UNIQUE, arg, 0);
	ftptime_format(now, time(NULL));
	snprintf(name, sizeof(name), "ftp-%s-%06x", now,
	    arc4random_uniform(1 << 24));
	return store(s, "STOU", STORE_UNIQUE, name, 0);
}

/* ------------------------------------------------------------- listings */

static enum cmd_result
list(struct session *s, const char *verb, const struct list_opts *opts)
{
	const char *name = opts->path[0] != '\0' ? opts->path : ".";
	char path[VPATH_MAX];

	take_restart(s);
	if (!prepare(s, path, name, 0))
		return CMD_DONE;
	xfer_list(s, verb, opts, path);
	return CMD_PENDING;
}

enum cmd_result
cmd_list(struct session *s, char *arg)
{
	struct list_opts opts;

	list_opts_parse(&opts, s->w->conf, LIST_LONG, arg);
	return list(s, "LIST", &opts);
}

enum cmd_result
cmd_nlst(struct session *s, char *arg)
{
	struct list_opts opts;

	list_opts_parse(&opts, s->w->conf, LIST_NAMES, arg);
	return list(s, "NLST", &opts);
}

/* RFC 3659 7: the argument is a name, whatever it looks like. */
enum cmd_result
cmd_mlsd(struct session *s, char *arg)
{
	const struct list_opts opts = {
		.style = LIST_MLSX,
		.flags = LISTF_DIR_ONLY,
		.path = arg,
	};

	return list(s, "MLSD", &opts);
}

/* ------------------------------------------------- around the transfers */

enum cmd_result
cmd_rest(struct session *s, char *arg)
{
	uint64_t offset;

	if (parse_u64(arg, INT64_MAX, &offset) < 0) {
		reply(s, 501, "Invalid restart offset.");
		return CMD_DONE;
	}
	s->restart = 0;
	if (offset_is_refused(s, offset))
		return CMD_DONE;
	s->restart = offset;
	reply(s, 350,
	    "Restarting at %llu. Send STOR or RETR to initiate "
	    "transfer.",
	    (unsigned long long)offset);
	return CMD_DONE;
}

/* "ALLO n" or "ALLO n R n"; 200, because some devices give up on 202. */
static void
on_space(struct session *s, struct fs_reply *r)
{
	uint64_t *wanted = s->ctx, left;

	if (r->status == FS_OK) {
		left = get_u64(&r->body);
		if (!fs_end(s, r))
			return;
		if (left < *wanted)
			reply(s, 552, "Quota exceeded.");
		else
			reply(s, 200, "ALLO command successful.");
	} else
		fs_refuse(s, r->status, 0, "");
	cmd_finish(s);
}

/* R19.1: what does not fit is said before it is sent. */
static enum cmd_result
ask_space(struct session *s, uint64_t wanted)
{
	uint64_t *ctx = xmalloc(sizeof(*ctx));

	*ctx = wanted;
	free(s->ctx);
	s->ctx = ctx;
	fs_space(s, s->cwd, on_space);
	return CMD_PENDING;
}

enum cmd_result
cmd_allo(struct session *s, char *arg)
{
	char *word, *rest = arg;
	uint64_t n;
	bool ok;

	word = strsep(&rest, " ");
	ok = parse_u64(word, UINT64_MAX, &n) == 0;
	if (ok && rest != NULL) {
		word = strsep(&rest, " ");
		ok = ascii_casecmp(word, "R") == 0 && rest != NULL &&
		     parse_u64(rest, UINT64_MAX, &n) == 0;
	}
	if (ok && s->has_quota)
		return ask_space(s, n);
	if (ok)
		reply(s, 200,
		    "ALLO command successful; no storage allocation "
		    "necessary.");
	else
		reply(s, 501, "Invalid ALLO argument.");
	return CMD_DONE;
}

enum cmd_result
cmd_abor(struct session *s, char *arg)
{
	if (!xfer_abort(s))
		data_close(s);
	s->restart = 0;
	/* What was waited for with the end of the session is over: 421. */
	if (s->mode == CTRL_CLOSING)
		return CMD_DONE;
	reply_final(s, 226, "ABOR command successful.");
	return CMD_DONE;
}
