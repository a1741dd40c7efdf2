/* SPDX-License-Identifier: ISC */
/*
 * STAT: of the session, of a running transfer, or of a path (RFC 959 4.1.3).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

#include "common/mem.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/data.h"
#include "server/worker/fs.h"
#include "server/worker/list_opts.h"
#include "server/worker/reply.h"
#include "server/worker/xfer.h"
#include "tls/tls_info.h"

/* --------------------------------------------------------- of the session */

static void
tls_status(struct session *s)
{
	char text[128];
	bool secure = session_is_secure(s);

	if (secure)
		reply_more(s, 211, " Control connection: %s",
		    tls_info_str(&s->ctl, text, sizeof(text)));
	if (secure || s->private)
		reply_more(s, 211, " PROT: %s", s->private ? "P" : "C");
}

static void
session_status(struct session *s)
{
	char text[ADDR_STRLEN];

	reply_more(s, 211, "%s status:",
	    s->w->conf->hide_version ? "FTP server" : PACKAGE_STRING);
	reply_more(s, 211, " Connected from %s",
	    addr_ip_str(&s->peer, text, sizeof(text)));
	tls_status(s);
	if (s->login == LOGIN_IN) {
		reply_more(s, 211, " Logged in as %.64s", s->user);
		reply_more(s, 211, " TYPE: %s; STRU: F; MODE: S",
		    s->type == TYPE_ASCII ? "A" : "I");
		reply_more(s, 211, " Data connection: %s",
		    data_str(s, text, sizeof(text)));
	} else {
		reply_more(s, 211, " Not logged in");
	}
	reply_more(s, 211, " Idle timeout: %u s", s->idle_timeout);
	reply(s, 211, "End of status");
}

/* One line and 213: lftp takes the first number behind it. */
static void
transfer_status(struct session *s)
{
	uint64_t moved, total;

	(void)xfer_progress(s, &moved, &total);
	if (total == UINT64_MAX)
		reply(s, 213, "Status: %" PRIu64 " bytes transferred", moved);
	else
		reply(s, 213,
		    "Status: %" PRIu64 " of %" PRIu64 " bytes transferred",
		    moved, total);
}

/* ------------------------------------------------------------- of a path */

/* What the callbacks need; one block, so that s->ctx frees it. */
struct stat_ctx {
	uint32_t flags;
	int code;
	bool begun;
	const char *arg; /* as the client wrote it, in text */
	char path[VPATH_MAX];
	char text[];
};

static void on_rows(struct session *, struct fs_reply *);

static void
next_rows(struct session *s)
{
	fs_list_next(s, on_rows);
}

/* What has begun must end with the same code, or the client waits forever. */
static void
rows_refused(struct session *s, enum fs_status status)
{
	struct stat_ctx *c = s->ctx;

	if (c->begun)
		reply(s, c->code, "%s, list truncated.", fs_strstatus(status));
	else
		fs_refuse(s, status, 0, c->arg);
	cmd_finish(s);
}

/* The next page is asked for when the client has taken the last. */
static void
on_rows(struct session *s, struct fs_reply *r)
{
	struct stat_ctx *c = s->ctx;
	enum list_more more;
	const char *text;
	size_t len;

	if (r->status != FS_OK) {
		rows_refused(s, r->status);
		return;
	}
	more = get_u8(&r->body);
	text = get_bytes(&r->body, &len);
	if (!fs_end(s, r))
		return;
	if (!c->begun)
		reply_more(s, c->code,
		    "Status of %s:", c->arg[0] != '\0' ? c->arg : c->path);
	c->begun = true;
	reply_rows(s, text, len);
	if (more == LIST_MORE && s->blocked)
		s->drained = next_rows;
	else if (more == LIST_MORE)
		next_rows(s);
	else {
		reply(s, c->code,
		    more == LIST_TRUNCATED ? "Too many entries, list truncated."
					   : "End of status");
		cmd_finish(s);
	}
}

static void
ask_rows(struct session *s)
{
	struct stat_ctx *c = s->ctx;
	struct fs_list l = { .style = LIST_LONG,
		.flags = c->flags,
		.max = s->w->conf->stat_list_max,
		.path = c->path,
		.arg = c->arg };

	fs_list(s, &l, on_rows);
}

/* 212 for a directory, 213 for anything else; a pattern is not found here. */
static void
on_kind(struct session *s, struct fs_reply *r)
{
	struct stat_ctx *c = s->ctx;

	if (r->status == FS_OK && !S_ISDIR(get_u32(&r->body)))
		c->code = 213;
	else
		c->code = 212;
	ask_rows(s);
}

static enum cmd_result
path_status(struct session *s, const char *arg)
{
	size_t size = strlen(arg) + 1;
	struct list_opts opts;
	struct stat_ctx *c;

	if (s->login != LOGIN_IN) {
		reply(s, 530, "Please log in with USER and PASS.");
		return CMD_DONE;
	}
	c = s->ctx = xcalloc(1, sizeof(*c) + size);
	memcpy(c->text, arg, size);
	list_opts_parse(&opts, s->w->conf, LIST_LONG, c->text);
	c->flags = opts.flags;
	c->arg = opts.path;
	if (!cmd_path(s, c->arg[0] != '\0' ? c->arg : ".", 0, c->path)) {
		free(s->ctx);
		s->ctx = NULL;
		return CMD_DONE;
	}
	fs_stat(s, c->path, on_kind);
	return CMD_PENDING;
}

enum cmd_result
cmd_stat(struct session *s, char *arg)
{
	if (arg[strspn(arg, " \t")] != '\0')
		return path_status(s, arg);
	if (xfer_is_active(s))
		transfer_status(s);
	else
		session_status(s);
	return CMD_DONE;
}
