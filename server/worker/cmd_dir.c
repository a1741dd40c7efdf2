/* SPDX-License-Identifier: ISC */
/*
 * Directories: CWD, CDUP, MKD, RMD (RFC 959 4.1.3) and the space left (AVBL).
 *
 * Each command joins its argument to the working directory, asks the agent and
 * answers in a callback; what the callback needs is remembered in s->ctx.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/fs.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"

/* ------------------------------------------------------------ CWD and CDUP */

struct cwd_ctx {
	char path[VPATH_MAX]; /* where to */
	const char *home; /* the part of text behind "~", or NULL */
	char text[]; /* as the client wrote it */
};

static void on_cwd(struct session *, struct fs_reply *);

/* R36: "~" and "~/x" mean the login directory if no such name exists. */
static bool
try_home(struct session *s, struct cwd_ctx *c)
{
	const char *below = c->home;

	c->home = NULL;
	if (below == NULL)
		return false;
	if (vpath_join(c->path, s->home, *below == '/' ? below + 1 : ".") == -1)
		return false;
	fs_chdir(s, c->path, on_cwd);
	return true;
}

static void
say_changed(struct session *s)
{
	reply(s, 250, "Directory successfully changed.");
	cmd_finish(s);
}

/* The directory may have something to say, once in a session. */
static void
on_message(struct session *s, struct fs_reply *r)
{
	char text[MESSAGE_SIZE] = "";

	if (r->status == FS_OK) {
		(void)get_str(&r->body, text, sizeof(text));
		if (!fs_end(s, r))
			return;
	}
	if (text[0] != '\0')
		reply_before(s, 250, text);
	say_changed(s);
}

static void
on_cwd(struct session *s, struct fs_reply *r)
{
	struct cwd_ctx *c = s->ctx;

	if (r->status == FS_MISSING && try_home(s, c))
		return;
	if (r->status == FS_OK) {
		free(s->cwd);
		s->cwd = xstrdup(c->path);
		if (s->w->conf->directory_message != NULL)
			fs_message(s, s->cwd, on_message);
		else
			say_changed(s);
		return;
	}
	fs_refuse(s, r->status, 0, c->text);
	cmd_finish(s);
}

static enum cmd_result
change_dir(struct session *s, const char *path, const char *arg)
{
	size_t size = strlen(arg) + 1;
	struct cwd_ctx *c = xcalloc(1, sizeof(*c) + size);

	s->ctx = c;
	memcpy(c->text, arg, size);
	(void)strlcpy(c->path, path, sizeof(c->path));
	if (arg[0] == '~' && (arg[1] == '\0' || arg[1] == '/'))
		c->home = c->text + 1;
	fs_chdir(s, c->path, on_cwd);
	return CMD_PENDING;
}

enum cmd_result
cmd_cwd(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (arg[0] == '\0')
		return change_dir(s, s->home, s->home);
	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	return change_dir(s, path, arg);
}

enum cmd_result
cmd_cdup(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	vpath_dir(path, s->cwd);
	return change_dir(s, path, "..");
}

/* ------------------------------------------------------------- MKD and RMD */

struct mkd_ctx {
	char path[VPATH_MAX];
	char arg[];
};

static void
on_mkd(struct session *s, struct fs_reply *r)
{
	struct mkd_ctx *c = s->ctx;
	char quoted[2 * VPATH_MAX];

	if (r->status == FS_OK) {
		session_event(s,
		    (struct log_event){ .id = EVENT_MKDIR, .path = c->path });
		vpath_quote(quoted, sizeof(quoted), c->path);
		reply(s, 257, "\"%s\" directory created.", quoted);
	} else {
		/* RFC 959 knows 550 for MKD; only names are as for STOR. */
		fs_refuse(s, r->status, r->status == FS_BAD_NAME, c->arg);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_mkd(struct session *s, char *arg)
{
	size_t size = strlen(arg) + 1;
	struct mkd_ctx *c;
	char path[VPATH_MAX];

	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	c = s->ctx = xmalloc(sizeof(*c) + size);
	memcpy(c->path, path, sizeof(path));
	memcpy(c->arg, arg, size);
	fs_mkdir(s, c->path, 0, on_mkd);
	return CMD_PENDING;
}

static void
on_rmd(struct session *s, struct fs_reply *r)
{
	if (r->status == FS_OK) {
		cmd_event(s, EVENT_RMDIR, s->ctx);
		reply(s, 250, "Directory removed.");
	} else {
		fs_refuse(s, r->status, 0, s->ctx);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_rmd(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	if (vpath_is_within(s->cwd, path)) {
		refuse(s, REASON_IN_USE, 550,
		    "%s: Directory is in use by this session.", arg);
		return CMD_DONE;
	}
	cmd_remember(s, arg);
	fs_rmdir(s, path, 0, on_rmd);
	return CMD_PENDING;
}

/* ------------------------------------------------------------------- AVBL */

static void
on_space(struct session *s, struct fs_reply *r)
{
	uint64_t bytes;

	if (r->status == FS_OK) {
		bytes = get_u64(&r->body);
		if (!fs_end(s, r))
			return;
		reply(s, 213, "%" PRIu64, bytes);
	} else {
		fs_refuse(s, r->status, 0, s->ctx);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_avbl(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (!cmd_path(s, arg[0] != '\0' ? arg : ".", 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	fs_space(s, path, on_space);
	return CMD_PENDING;
}
