/* SPDX-License-Identifier: ISC */
/*
 * From a line to a handler: everything a row of the table demands is checked
 * here, in the order of protocol 4.2.
 */
#include "server/worker/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/fs.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "server/worker/status.h"

#define VERB_SHOWN 32 /* longest unknown verb that is repeated */
#define MAX_ERRORS 5 /* bad commands before login */

/* First words of other protocols: somebody makes a browser talk to us. */
static const char *const foreign[] = { "GET", "HEAD", "POST", "PUT", "OPTIONS",
	"CONNECT", "PATCH", "TRACE", "EHLO", "HELO", "LHLO", "MAIL" };

static size_t
verb_length(const char *line)
{
	return strcspn(line, " ");
}

/* Protocol 2.3: HTTP and SMTP end the session. */
static bool
is_foreign(const char *line, size_t verb)
{
	size_t i;

	for (i = 0; i < NELEM(foreign); i++)
		if (strlen(foreign[i]) == verb &&
		    ascii_ncasecmp(line, foreign[i], verb) == 0)
			return true;
	return ascii_ncasecmp(line, "HTTP/", 5) == 0 ||
	       (verb > 0 && line[verb - 1] == ':');
}

/*
 * Someone who only guesses commands is not a client (protocol 13.3). A command
 * that exists but is refused (AUTH without TLS, PWD before login) does not
 * count: real clients try several of these.
 */
static void
count_error(struct session *s)
{
	if (s->login != LOGIN_IN && ++s->nerrors >= MAX_ERRORS)
		session_bye(s, 421, "Too many errors.", REASON_TOO_MANY_ERRORS);
}

/* A verb is repeated only if it looks like one: no control bytes come back. */
static void
unknown(struct session *s, const char *line, size_t verb)
{
	size_t i;

	/* It may be a password that was typed in the wrong place. */
	if (s->w->dialogue != NULL)
		dialogue_command(s, "?", "***");
	s->secret = true;
	for (i = 0; i < verb; i++)
		if (!ascii_isalpha((unsigned char)line[i]) &&
		    !ascii_isdigit((unsigned char)line[i]))
			break;
	if (i == 0 || i < verb || verb > VERB_SHOWN)
		reply(s, 500, "Syntax error, command unrecognized.");
	else
		reply(
		    s, 500, "'%.*s': command not understood.", (int)verb, line);
	s->secret = false;
	count_error(s);
}

void
cmd_bad_line(struct session *s, enum line_result kind)
{
	if (kind == LINE_TOO_LONG)
		reply(s, 500, "Command line too long.");
	else
		reply(s, 500, "Invalid character in command.");
	count_error(s);
}

/* What the session must be before anybody looks at the argument. */
static bool
is_allowed(struct session *s, const struct cmd *c)
{
	if ((c->flags & CMD_F_LOGIN) != 0 && s->login != LOGIN_IN)
		reply(s, 530, "Please log in with USER and PASS.");
	else if ((c->flags & CMD_F_TLS) != 0 && !session_is_secure(s) &&
		 session_listen(s)->tls == CONF_TLS_REQUIRED)
		refuse(s, REASON_TLS_REQUIRED, 530,
		    "TLS required; use AUTH TLS first.");
	else if ((c->flags & CMD_F_502) != 0)
		reply(s, 502, "%s not implemented.", c->verb);
	else
		return true;
	return false;
}

/* Brings the argument into the form the row asks for; NULL if it is wrong. */
static char *
take_argument(struct session *s, const struct cmd *c, char *arg)
{
	bool required = c->arg == ARG_WORD || c->arg == ARG_PATH;

	if (c->arg == ARG_WORD || c->arg == ARG_OPT_WORD)
		arg = str_trim(arg);
	if (required && arg[0] == '\0') {
		reply(s, 501, "%s needs an argument.", c->verb);
		return NULL;
	}
	if (c->arg == ARG_FORBIDDEN && arg[0] != '\0') {
		reply(s, 501, "%s takes no argument.", c->verb);
		return NULL;
	}
	return arg;
}

/* What may be seen of an argument: not a password, also of SITE PSWD. */
static const char *
shown(const struct cmd *c, const char *arg)
{
	if ((c->flags & CMD_F_HIDE) != 0)
		return arg[0] == '\0' ? "" : "***";
	if (strcmp(c->verb, "SITE") == 0 &&
	    ascii_ncasecmp(arg + strspn(arg, " "), "PSWD", 4) == 0)
		return "PSWD ***";
	return arg;
}

static void
log_command(struct session *s, const struct cmd *c, const char *arg)
{
	char text[LOG_VIS_MAX];

	if (!log_wants(LOG_LV_DEBUG) && s->w->dialogue == NULL)
		return;
	arg = shown(c, arg);
	if (s->w->dialogue != NULL)
		dialogue_command(s, c->verb, arg);
	log_debug("session %llu: > %s %s", (unsigned long long)s->id, c->verb,
	    log_vis(text, sizeof(text), arg, strlen(arg)));
}

static void
forget_rename(struct session *s)
{
	free(s->rename_from);
	s->rename_from = NULL;
}

static void
forget_ctx(struct session *s)
{
	free(s->ctx);
	s->ctx = NULL;
}

static void
run_handler(struct session *s, const struct cmd *c, char *arg)
{
	enum ctrl_mode mode = s->mode;

	s->finished = false;
	if (c->handler(s, arg) != CMD_PENDING)
		forget_ctx(s);
	else if (!s->ended && !s->finished && s->mode == mode)
		ctrl_set_mode(s, CTRL_WAITING);
}

static void
execute(struct session *s, const struct cmd *c, char *arg)
{
	session_touch(s);
	s->w->counters[COUNT_COMMANDS]++;
	s->command = c->verb;
	s->why = REASON_NONE;
	refusal_by(s, NULL);
	s->told = false;
	/* T22: NOOP and STAT cancel it too. */
	if ((c->flags & CMD_F_KEEP_RNFR) == 0)
		forget_rename(s);
	log_command(s, c, arg);
	if (!is_allowed(s, c))
		return;
	arg = take_argument(s, c, arg);
	if (arg != NULL) {
		run_handler(s, c, arg);
	} else if ((c->flags & CMD_F_XFER) != 0) {
		/* A refused transfer command has used up REST and endpoint. */
		s->restart = 0;
		data_refused(s);
	}
}

/* A client needs a handful of commands to log in (R15.1). */
static bool
too_many_early(struct session *s)
{
	uint32_t max = s->w->conf->commands_before_login;

	if (s->login == LOGIN_IN || max == 0 || ++s->nearly <= max)
		return false;
	session_bye(
	    s, 421, "Too many commands before login.", REASON_EARLY_COMMANDS);
	return true;
}

void
cmd_run(struct session *s, char *line, size_t len)
{
	size_t verb = verb_length(line);
	const struct cmd *c;

	s->command = NULL;
	if (len == 0 || too_many_early(s))
		return;
	if (s->login != LOGIN_IN && strncmp(line, "SSH-", 4) == 0) {
		session_end(s, REASON_NOT_FTP, "SSH");
		return;
	}
	if (s->login != LOGIN_IN && is_foreign(line, verb)) {
		session_bye(s, 500, "This is an FTP server.", REASON_NOT_FTP);
		return;
	}
	c = cmd_find(line, verb);
	if (c == NULL) {
		forget_rename(s);
		unknown(s, line, verb);
	} else {
		execute(s, c, line + verb + (line[verb] == ' ' ? 1 : 0));
	}
}

bool
cmd_is_immediate(const char *line, size_t len)
{
	size_t verb = verb_length(line);
	const struct cmd *c = cmd_find(line, verb);

	if (c == NULL)
		return false;
	if ((c->flags & CMD_F_NOW_BARE) != 0)
		return line[verb + strspn(line + verb, " \t")] == '\0';
	return (c->flags & CMD_F_NOW) != 0;
}

/* ---------------------------------------------------- for pending commands */

char *
cmd_remember(struct session *s, const char *text)
{
	free(s->ctx);
	s->ctx = xstrdup(text);
	return s->ctx;
}

/* The agent takes neither longer paths nor longer arguments beside them. */
bool
cmd_path(struct session *s, const char *arg, int creating, char *path)
{
	if (strlen(arg) < VPATH_MAX && vpath_join(path, s->cwd, arg) == 0)
		return true;
	fs_refuse(s, FS_NAME_TOO_LONG, creating, arg);
	return false;
}

void
cmd_event(struct session *s, enum event_id id, const char *arg)
{
	char path[VPATH_MAX];

	if (log_event_wanted(id) && vpath_join(path, s->cwd, arg) == 0)
		session_event(s, (struct log_event){ .id = id, .path = path });
}

void
cmd_finish(struct session *s)
{
	if (s->ended)
		return;
	forget_ctx(s);
	s->drained = NULL;
	s->finished = true;
	session_touch(s);
	if (s->mode == CTRL_CLOSING)
		return;
	ctrl_set_mode(s, CTRL_READY);
	session_retire_now(s);
}
