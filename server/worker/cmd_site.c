/* SPDX-License-Identifier: ISC */
/*
 * SITE (RFC 959 4.1.3): a second, smaller table of commands.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ftptime.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/fs.h"
#include "server/worker/mon.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"

#define IDLE_MIN 1u

/* Parses 1 to 4 octal digits of at most max. */
static int
parse_octal(const char *text, uint32_t max, uint32_t *out)
{
	size_t n = strlen(text);

	if (n < 1 || n > 4 || strspn(text, "01234567") != n)
		return -1;
	*out = (uint32_t)strtoul(text, NULL, 8);
	return *out <= max ? 0 : -1;
}

/* Ends the first word and returns what is behind exactly one blank. */
static char *
split(char *arg)
{
	char *rest = strchr(arg, ' ');

	if (rest == NULL)
		return arg + strlen(arg);
	*rest = '\0';
	return rest + 1;
}

static enum cmd_result
syntax(struct session *s, const char *word)
{
	reply(s, 501, "Invalid SITE %s arguments.", word);
	return CMD_DONE;
}

/* What a command that changes something must remember. */
struct site_ctx {
	const char *word;
	struct log_event event; /* when it has succeeded */
	char path[VPATH_MAX];
	char name[]; /* as the client wrote it */
};

/* The callback of all of them. */
static void
on_done(struct session *s, struct fs_reply *r)
{
	struct site_ctx *c = s->ctx;

	if (r->status == FS_OK) {
		c->event.path = c->path;
		session_event(s, c->event);
		reply(s, 200, "SITE %s command successful.", c->word);
	} else {
		fs_refuse(s, r->status, 0, c->name);
	}
	cmd_finish(s);
}

/* Joins name to a path; remembers all for on_done(). NULL if refused. */
static struct site_ctx *
prepare(struct session *s, const char *word, enum event_id id, const char *name)
{
	size_t size = strlen(name) + 1;
	struct site_ctx *c = xcalloc(1, sizeof(*c) + size);

	if (!cmd_path(s, name, 0, c->path)) {
		free(c);
		return NULL;
	}
	c->word = word;
	c->event.id = id;
	memcpy(c->name, name, size);
	free(s->ctx);
	s->ctx = c;
	return c;
}

static enum cmd_result
site_chmod(struct session *s, char *arg)
{
	char *name = split(arg);
	struct site_ctx *c;
	uint32_t mode;

	if (parse_octal(arg, 0777, &mode) == -1 || name[0] == '\0')
		return syntax(s, "CHMOD");
	if ((c = prepare(s, "CHMOD", EVENT_CHMOD, name)) == NULL)
		return CMD_DONE;
	c->event.mode = mode;
	fs_chmod(s, mode, c->path, on_done);
	return CMD_PENDING;
}

static enum cmd_result
site_mkdir(struct session *s, char *arg)
{
	struct site_ctx *c;

	if (arg[0] == '\0')
		return syntax(s, "MKDIR");
	if ((c = prepare(s, "MKDIR", EVENT_MKDIR, arg)) == NULL)
		return CMD_DONE;
	fs_mkdir(s, c->path, 1, on_done);
	return CMD_PENDING;
}

static enum cmd_result
site_rmdir(struct session *s, char *arg)
{
	struct site_ctx *c;

	if (arg[0] == '\0')
		return syntax(s, "RMDIR");
	if ((c = prepare(s, "RMDIR", EVENT_RMDIR, arg)) == NULL)
		return CMD_DONE; /* cmd.c frees what was remembered */
	if (vpath_is_within(s->cwd, c->path)) {
		refuse(s, REASON_IN_USE, 550,
		    "%s: Directory is in use by this session.", arg);
		return CMD_DONE;
	}
	fs_rmdir(s, c->path, 1, on_done);
	return CMD_PENDING;
}

/* ------------------------------------------------------------------- UTIME */

/* Cuts the last word off arg; NULL if there is no other. */
static char *
cut_last_word(char *arg)
{
	char *blank = strrchr(arg, ' ');

	if (blank == NULL || blank == arg)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

static int
parse_time(const char *text, time_t *t)
{
	return ftptime_parse(text, strlen(text), 1, t);
}

/* "name atime mtime ctime UTC": four words from the end, if they are that. */
static char *
utime_long(char *arg, time_t *mtime)
{
	char *copy = xstrdup(arg), *utc, *c, *m, *a, *name = NULL;
	time_t ignored;

	if ((utc = cut_last_word(copy)) != NULL &&
	    ascii_casecmp(utc, "UTC") == 0 &&
	    (c = cut_last_word(copy)) != NULL && parse_time(c, &ignored) == 0 &&
	    (m = cut_last_word(copy)) != NULL && parse_time(m, mtime) == 0 &&
	    (a = cut_last_word(copy)) != NULL && parse_time(a, &ignored) == 0) {
		arg[strlen(copy)] = '\0';
		name = arg;
	}
	free(copy);
	return name;
}

/* "time name" */
static char *
utime_short(char *arg, time_t *mtime)
{
	char *name = split(arg);

	return parse_time(arg, mtime) == 0 && name[0] != '\0' ? name : NULL;
}

static enum cmd_result
site_utime(struct session *s, char *arg)
{
	struct site_ctx *c;
	char *name;
	time_t mtime;

	if ((name = utime_long(arg, &mtime)) == NULL &&
	    (name = utime_short(arg, &mtime)) == NULL)
		return syntax(s, "UTIME");
	if ((c = prepare(s, "UTIME", EVENT_MTIME, name)) == NULL)
		return CMD_DONE;
	fs_utime(s, mtime, c->path, on_done);
	return CMD_PENDING;
}

/* ----------------------------------------------------------------- SYMLINK */

/* Takes a word, in double quotes if it has blanks; NULL at the end. */
static char *
take_word(char **p)
{
	char *word = *p + strspn(*p, " ");
	char *end;

	if (*word == '\0')
		return NULL;
	if (*word == '"') {
		word++;
		if ((end = strchr(word, '"')) == NULL)
			return NULL;
	} else {
		end = word + strcspn(word, " ");
	}
	*p = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static enum cmd_result
site_symlink(struct session *s, char *arg)
{
	char *target = take_word(&arg);
	struct site_ctx *c;
	char *link = target == NULL ? NULL : take_word(&arg);

	if (link == NULL || *link == '\0' || *target == '\0' ||
	    strlen(target) >= VPATH_MAX || take_word(&arg) != NULL)
		return syntax(s, "SYMLINK");
	if ((c = prepare(s, "SYMLINK", EVENT_SYMLINK, link)) == NULL)
		return CMD_DONE;
	fs_symlink(s, target, c->path, on_done);
	return CMD_PENDING;
}

/* --------------------------------------------------------- session values */

struct umask_ctx {
	uint32_t mask;
};

static void
on_umask(struct session *s, struct fs_reply *r)
{
	struct umask_ctx *c = s->ctx;

	if (r->status == FS_OK) {
		reply(
		    s, 200, "UMASK set to %03o (was %03o)", c->mask, s->umask);
		s->umask = c->mask;
	} else {
		fs_refuse(s, r->status, 0, "");
	}
	cmd_finish(s);
}

static enum cmd_result
site_umask(struct session *s, char *arg)
{
	struct umask_ctx *c;
	uint32_t mask;

	arg = str_trim(arg);
	if (arg[0] == '\0') {
		reply(s, 200, "Current UMASK is %03o", s->umask);
		return CMD_DONE;
	}
	if (parse_octal(arg, 0777, &mask) == -1)
		return syntax(s, "UMASK");
	c = s->ctx = xmalloc(sizeof(*c));
	c->mask = mask;
	fs_umask(s, mask, on_umask);
	return CMD_PENDING;
}

static enum cmd_result
site_idle(struct session *s, char *arg)
{
	uint32_t max = s->w->conf->max_idle_timeout;
	uint64_t seconds;

	arg = str_trim(arg);
	if (arg[0] == '\0') {
		reply(s, 200, "Current IDLE time limit is %u seconds; max %u",
		    s->idle_timeout, max);
		return CMD_DONE;
	}
	if (parse_u64(arg, max, &seconds) == -1 || seconds < IDLE_MIN) {
		reply(s, 501, "IDLE time limit must be %u to %u seconds.",
		    IDLE_MIN, max);
		return CMD_DONE;
	}
	s->idle_timeout = (uint32_t)seconds;
	session_touch(s);
	session_set_timer(s);
	reply(s, 200, "Maximum IDLE time set to %u seconds", s->idle_timeout);
	return CMD_DONE;
}

/* Passwords with blanks cannot be written here; such users ask somebody. */
static enum cmd_result
site_pswd(struct session *s, char *arg)
{
	char *old = str_trim(arg), *new = str_trim(split(old));

	if (old[0] == '\0' || new[0] == '\0' || strchr(new, ' ') != NULL ||
	    strlen(old) >= PROTO_PASS_MAX || strlen(new) >= PROTO_PASS_MAX)
		return syntax(s, "PSWD");
	s->changes_password = true;
	mon_password(s, old, new);
	explicit_bzero(old, strlen(old));
	explicit_bzero(new, strlen(new));
	return CMD_PENDING;
}

void
site_pswd_answered(struct session *s, unsigned verdict)
{
	static const struct {
		int code;
		const char *text;
	} replies[] = {
		[V_OK] = { 200, "Password changed." },
		[V_DENIED] = { 550, "Password not changed: the old one is "
				    "wrong, or it is kept elsewhere." },
		[V_LIMIT] = { 550, "Password not changed: the new one must "
				   "have 8 bytes or more and be another." },
		[V_BUSY] = { 450, "Too busy; try again later." },
		[V_ERROR] = { 451, "Password not changed: local error." },
	};

	if (!s->changes_password || verdict >= NELEM(replies))
		bug("an answer to no SITE PSWD");
	s->changes_password = false;
	reply(s, replies[verdict].code, "%s", replies[verdict].text);
	cmd_finish(s);
}

/* --------------------------------------------------------------- the table */

static enum cmd_result site_help_cmd(struct session *, char *);

static void
put_quota(char *out, size_t size, uint64_t used, uint64_t quota)
{
	if (quota == 0)
		(void)snprintf(out, size, "%" PRIu64, used);
	else
		(void)snprintf(
		    out, size, "%" PRIu64 " of %" PRIu64, used, quota);
}

static void
on_usage(struct session *s, struct fs_reply *r)
{
	char bytes[64], files[64];
	uint64_t used, quota;

	if (r->status == FS_OK) {
		used = get_u64(&r->body);
		quota = get_u64(&r->body);
		put_quota(bytes, sizeof(bytes), used, quota);
		used = get_u64(&r->body);
		quota = get_u64(&r->body);
		put_quota(files, sizeof(files), used, quota);
		if (!fs_end(s, r))
			return;
		reply(s, 200, "Used: %s bytes, %s files.", bytes, files);
	} else
		fs_refuse(s, r->status, 0, "");
	cmd_finish(s);
}

static enum cmd_result
site_quota(struct session *s, char *arg)
{
	if (!s->has_quota) {
		reply(s, 200, "No quota.");
		return CMD_DONE;
	}
	fs_usage(s, on_usage);
	return CMD_PENDING;
}

static const struct {
	const char *word;
	cmd_handler *handler;
	const char *key; /* that allows it; NULL: always */
	const char *help;
} sites[] = {
	{ "CHMOD", site_chmod, "files.site_chmod", "<sp> mode <sp> pathname" },
	{ "HELP", site_help_cmd, NULL, "[ <sp> command ]" },
	{ "IDLE", site_idle, NULL, "[ <sp> seconds ]" },
	{ "MKDIR", site_mkdir, NULL, "<sp> pathname" },
	{ "QUOTA", site_quota, NULL, "" },
	{ "PSWD", site_pswd, "files.site_pswd", "<sp> old <sp> new" },
	{ "RMDIR", site_rmdir, "files.site_rmdir", "<sp> pathname" },
	{ "SYMLINK", site_symlink, "files.site_symlink",
	    "<sp> target <sp> link" },
	{ "UMASK", site_umask, NULL, "[ <sp> mask ]" },
	{ "UTIME", site_utime, NULL, "<sp> time <sp> pathname" },
};

static bool
is_on(const struct session *s, size_t i)
{
	return sites[i].key == NULL || rule_is_on(s->w->conf, sites[i].key);
}

void
site_help(struct session *s)
{
	size_t i;

	reply_more(s, 214, "The following SITE commands are recognized.");
	for (i = 0; i < NELEM(sites); i++)
		if (is_on(s, i))
			reply_more(
			    s, 214, "  %s %s", sites[i].word, sites[i].help);
	reply(s, 214, "Help OK.");
}

/* What is switched off does not exist, and the log says why. */
static size_t
find_site(struct session *s, const char *word)
{
	char rule[RULE_MAX];
	size_t i;

	for (i = 0; i < NELEM(sites); i++)
		if (ascii_casecmp(word, sites[i].word) == 0)
			break;
	if (i == NELEM(sites) || is_on(s, i))
		return i;
	refusal_because(s, REASON_NOT_AVAILABLE);
	refusal_by(s, rule_key(s->w->conf, sites[i].key, rule));
	return NELEM(sites);
}

static enum cmd_result
site_help_cmd(struct session *s, char *arg)
{
	size_t i;

	arg = str_trim(arg);
	if (arg[0] == '\0')
		site_help(s);
	else if ((i = find_site(s, arg)) == NELEM(sites))
		reply(s, 501, "Unknown SITE command %.32s.", arg);
	else
		reply(
		    s, 214, "Syntax: SITE %s %s", sites[i].word, sites[i].help);
	return CMD_DONE;
}

/* 500 makes lftp stop trying; 504 is not among SITE's codes in RFC 959. */
enum cmd_result
cmd_site(struct session *s, char *arg)
{
	char *rest = split(arg);
	size_t i = find_site(s, arg);

	if (i == NELEM(sites)) {
		reply(s, 500, "'SITE %.32s': command not understood.", arg);
		return CMD_DONE;
	}
	return sites[i].handler(s, rest);
}
