/* SPDX-License-Identifier: ISC */
/*
 * Single files: DELE, RNFR, RNTO (RFC 959 4.1.3), SIZE, MDTM, MLST (RFC 3659),
 * and setting facts: MFMT, MFF and the old two-argument form of MDTM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/ftptime.h"
#include "common/mem.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/fs.h"
#include "server/worker/reply.h"

#define MODE_UNSET UINT32_MAX
#define TIME_UNSET ((time_t)-1)

/* Refuses if the agent did, and says so to the client. */
static bool
refused(struct session *s, const struct fs_reply *r, int creating)
{
	if (r->status == FS_OK)
		return false;
	fs_refuse(s, r->status, creating, s->ctx);
	return true;
}

/* ----------------------------------------------------- DELE, RNFR and RNTO */

static void
on_deleted(struct session *s, struct fs_reply *r)
{
	if (!refused(s, r, 0)) {
		cmd_event(s, EVENT_DELETE, s->ctx);
		reply(s, 250, "File deleted.");
	}
	cmd_finish(s);
}

enum cmd_result
cmd_dele(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	fs_delete(s, path, on_deleted);
	return CMD_PENDING;
}

static void
on_rename_from(struct session *s, struct fs_reply *r)
{
	if (refused(s, r, 0)) {
		free(s->rename_from);
		s->rename_from = NULL;
	} else {
		reply(s, 350, "Ready for RNTO.");
	}
	cmd_finish(s);
}

enum cmd_result
cmd_rnfr(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	free(s->rename_from);
	s->rename_from = xstrdup(path);
	fs_rename_from(s, path, on_rename_from);
	return CMD_PENDING;
}

static void
log_rename(struct session *s, const char *arg)
{
	char to[VPATH_MAX];

	if (vpath_join(to, s->cwd, arg) == 0)
		session_event(s,
		    (struct log_event){
			.id = EVENT_RENAME, .path = s->rename_from, .to = to });
}

static void
forget_rename(struct session *s)
{
	free(s->rename_from);
	s->rename_from = NULL;
}

static void
on_renamed(struct session *s, struct fs_reply *r)
{
	if (!refused(s, r, 1)) {
		log_rename(s, s->ctx);
		reply(s, 250, "Rename successful.");
	}
	forget_rename(s);
	cmd_finish(s);
}

/* Whatever its result, RNTO uses RNFR up. */
enum cmd_result
cmd_rnto(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (s->rename_from == NULL) {
		reply(s, 503, "RNFR required first.");
		return CMD_DONE;
	}
	if (!cmd_path(s, arg, 1, path)) {
		forget_rename(s);
		return CMD_DONE;
	}
	cmd_remember(s, arg);
	fs_rename(s, s->rename_from, path, on_renamed);
	return CMD_PENDING;
}

/* -------------------------------------------------------------------- SIZE */

struct stat_fields {
	uint32_t mode;
	uint64_t size;
	time_t mtime;
};

/* The fields of FS_STAT; false if the agent is broken. */
static bool
get_stat(struct session *s, struct fs_reply *r, struct stat_fields *f)
{
	f->mode = get_u32(&r->body);
	f->size = get_u64(&r->body);
	f->mtime = (time_t)get_i64(&r->body);
	(void)get_u8(&r->body); /* of a partial upload: the same to us */
	return fs_end(s, r);
}

static void
on_size(struct session *s, struct fs_reply *r)
{
	struct stat_fields f;

	if (!refused(s, r, 0)) {
		if (!get_stat(s, r, &f))
			return;
		if (S_ISREG(f.mode))
			reply(s, 213, "%" PRIu64, f.size);
		else
			fs_refuse(s, FS_NOT_REGULAR, 0, s->ctx);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_size(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	/* R29.2; clients look for the word ASCII. */
	if (s->type == TYPE_ASCII && s->w->conf->ascii == CONF_ASCII_CONVERT) {
		reply(s, 550, "SIZE not allowed in ASCII mode.");
		return CMD_DONE;
	}
	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	fs_stat(s, path, on_size);
	return CMD_PENDING;
}

/* ----------------------------------------------------------- MDTM and MFMT */

/* Splits "YYYYMMDDHHMMSS[.f] path"; NULL if it does not begin with a time. */
static char *
split_time(char *arg, time_t *t)
{
	size_t n = strcspn(arg, " ");

	if (arg[n] == '\0' || arg[n + 1] == '\0' ||
	    ftptime_parse(arg, n, 0, t) == -1)
		return NULL;
	return arg + n + 1;
}

static void
on_mdtm_set(struct session *s, struct fs_reply *r)
{
	if (!refused(s, r, 0)) {
		cmd_event(s, EVENT_MTIME, s->ctx);
		reply(s, 213, "File modification time set.");
	}
	cmd_finish(s);
}

/* No file has the whole argument as its name: is it "time path" (R32)? */
static bool
set_by_mdtm(struct session *s)
{
	char path[VPATH_MAX];
	char *name;
	time_t t;

	if (!s->w->conf->mdtm_set || (name = split_time(s->ctx, &t)) == NULL ||
	    vpath_join(path, s->cwd, name) == -1)
		return false;
	memmove(s->ctx, name, strlen(name) + 1);
	fs_utime(s, t, path, on_mdtm_set);
	return true;
}

static void
on_mdtm(struct session *s, struct fs_reply *r)
{
	char text[FTPTIME_LEN + 1];
	struct stat_fields f;

	/* With a time before it, a long name is longer than any can be. */
	if ((r->status == FS_MISSING || r->status == FS_NAME_TOO_LONG) &&
	    set_by_mdtm(s))
		return;
	if (!refused(s, r, 0)) {
		if (!get_stat(s, r, &f))
			return;
		ftptime_format(text, f.mtime);
		reply(s, 213, "%s", text);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_mdtm(struct session *s, char *arg)
{
	char path[VPATH_MAX];

	if (!cmd_path(s, arg, 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	fs_stat(s, path, on_mdtm);
	return CMD_PENDING;
}

static void
on_mfmt(struct session *s, struct fs_reply *r)
{
	char text[FTPTIME_LEN + 1];
	time_t mtime;

	if (!refused(s, r, 0)) {
		mtime = (time_t)get_i64(&r->body);
		if (!fs_end(s, r))
			return;
		cmd_event(s, EVENT_MTIME, s->ctx);
		ftptime_format(text, mtime);
		reply(s, 213, "Modify=%s; %s", text, (char *)s->ctx);
	}
	cmd_finish(s);
}

enum cmd_result
cmd_mfmt(struct session *s, char *arg)
{
	char path[VPATH_MAX];
	char *name;
	time_t t;

	if ((name = split_time(arg, &t)) == NULL) {
		reply(s, 501, "Invalid time.");
		return CMD_DONE;
	}
	if (!cmd_path(s, name, 0, path))
		return CMD_DONE;
	cmd_remember(s, name);
	fs_utime(s, t, path, on_mfmt);
	return CMD_PENDING;
}

/* --------------------------------------------------------------------- MFF */

struct mff {
	time_t mtime;
	uint32_t mode;
	char path[VPATH_MAX];
	char name[];
};

static int
mff_modify(struct mff *m, const char *value)
{
	return ftptime_parse(value, strlen(value), 0, &m->mtime);
}

static int
mff_mode(struct mff *m, const char *value)
{
	size_t n = strlen(value);

	if (n < 3 || n > 4 || strspn(value, "01234567") != n)
		return -1;
	m->mode = (uint32_t)strtoul(value, NULL, 8);
	return m->mode <= 0777 ? 0 : -1;
}

static const struct {
	const char *name;
	int (*parse)(struct mff *, const char *);
} mff_facts[] = {
	{ "modify", mff_modify },
	{ "UNIX.mode", mff_mode },
};

/* Takes one "name=value" in; replies and returns false if it is wrong. */
static bool
mff_take(struct session *s, struct mff *m, char *fact)
{
	char *value = strchr(fact, '=');
	size_t i;

	if (value == NULL) {
		reply(s, 501, "Invalid facts.");
		return false;
	}
	*value++ = '\0';
	for (i = 0; i < NELEM(mff_facts); i++) {
		if (ascii_casecmp(fact, mff_facts[i].name) != 0)
			continue;
		if (mff_facts[i].parse(m, value) == 0)
			return true;
		reply(s, 501, "Invalid value of fact %s.", mff_facts[i].name);
		return false;
	}
	reply(s, 504, "Fact %.32s not supported.", fact);
	return false;
}

static void
log_mff(struct session *s, const struct mff *m, uint32_t mode)
{
	struct log_event e = { .path = m->path, .mode = mode };

	e.id = EVENT_MTIME;
	if (m->mtime != TIME_UNSET)
		session_event(s, e);
	e.id = EVENT_CHMOD;
	if (m->mode != MODE_UNSET)
		session_event(s, e);
}

static void
on_mff(struct session *s, struct fs_reply *r)
{
	struct mff *m = s->ctx;
	char modify[32] = "", mode[32] = "", text[FTPTIME_LEN + 1];
	uint32_t now_mode;

	if (r->status != FS_OK) {
		fs_refuse(s, r->status, 0, m->name);
		cmd_finish(s);
		return;
	}
	ftptime_format(text, (time_t)get_i64(&r->body));
	now_mode = get_u32(&r->body);
	if (!fs_end(s, r))
		return;
	log_mff(s, m, now_mode);
	if (m->mtime != TIME_UNSET)
		(void)snprintf(modify, sizeof(modify), "Modify=%s;", text);
	if (m->mode != MODE_UNSET)
		(void)snprintf(
		    mode, sizeof(mode), "UNIX.mode=%04o;", now_mode & 07777);
	reply(s, 213, "%s%s %s", modify, mode, m->name);
	cmd_finish(s);
}

/* "fact=value;fact=value; path": all are checked before any is changed. */
enum cmd_result
cmd_mff(struct session *s, char *arg)
{
	char *name = strstr(arg, "; "), *fact;
	struct mff *m;
	size_t size;

	if (name == NULL || name[2] == '\0') {
		reply(s, 501, "MFF needs facts and a pathname.");
		return CMD_DONE;
	}
	*name = '\0';
	name += 2;
	size = strlen(name) + 1;
	m = xcalloc(1, sizeof(*m) + size);
	m->mtime = TIME_UNSET;
	m->mode = MODE_UNSET;
	memcpy(m->name, name, size);
	while ((fact = strsep(&arg, ";")) != NULL)
		if (!mff_take(s, m, fact)) {
			free(m);
			return CMD_DONE;
		}
	if ((m->mode != MODE_UNSET && !s->w->conf->site_chmod) ||
	    !cmd_path(s, name, 0, m->path)) {
		if (m->mode != MODE_UNSET && !s->w->conf->site_chmod)
			reply(s, 504, "Fact UNIX.mode not supported.");
		free(m);
		return CMD_DONE;
	}
	s->ctx = m;
	fs_facts(s, m->mtime, m->mode, m->path, on_mff);
	return CMD_PENDING;
}

/* -------------------------------------------------------------------- MLST */

static void
on_mlst(struct session *s, struct fs_reply *r)
{
	const char *text, *name = s->ctx;
	size_t len;

	if (!refused(s, r, 0)) {
		(void)get_u8(&r->body);
		text = get_bytes(&r->body, &len);
		if (!fs_end(s, r))
			return;
		reply_more(s, 250, "Listing %s", name[0] != '\0' ? name : ".");
		reply_rows(s, text, len);
		reply(s, 250, "End");
	}
	cmd_finish(s);
}

enum cmd_result
cmd_mlst(struct session *s, char *arg)
{
	char path[VPATH_MAX];
	struct fs_list l = { .style = LIST_MLSX,
		.flags = LISTF_SELF,
		.facts = s->facts,
		.path = path,
		.arg = arg };

	if (!cmd_path(s, arg[0] != '\0' ? arg : ".", 0, path))
		return CMD_DONE;
	cmd_remember(s, arg);
	fs_list(s, &l, on_mlst);
	return CMD_PENDING;
}
