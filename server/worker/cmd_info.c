/* SPDX-License-Identifier: ISC */
/*
 * What the server can do and what it is: FEAT (RFC 2389), HELP, SYST, NOOP and
 * PWD. FEAT and HELP stay below one segment of a control connection.
 */
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/worker/cmd.h"
#include "server/worker/reply.h"

static bool
always(const struct session *s)
{
	return true;
}

static bool
active_on(const struct session *s)
{
	return s->w->conf->active;
}

static bool
tls_on(const struct session *s)
{
	return session_tls(s) != NULL;
}

static bool
ccc_on(const struct session *s)
{
	return tls_on(s) && session_listen(s)->ccc &&
	       !session_listen(s)->implicit;
}

static bool
chmod_on(const struct session *s)
{
	return s->w->conf->site_chmod;
}

static bool
chmod_off(const struct session *s)
{
	return !s->w->conf->site_chmod;
}

static bool
rmdir_on(const struct session *s)
{
	return s->w->conf->site_rmdir;
}

static bool
symlink_on(const struct session *s)
{
	return s->w->conf->site_symlink;
}

static bool
hosts_on(const struct session *s)
{
	return s->w->conf->nhosts > 0;
}

/* What works, in alphabetical order; MLST's line is made, see below. */
static const struct {
	const char *line;
	bool (*on)(const struct session *);
} features[] = {
	{ "AUTH TLS", tls_on },
	{ "AVBL", always },
	{ "CCC", ccc_on },
	{ "CLNT", always },
	{ "CSID", always },
	{ "EPRT", active_on },
	{ "EPSV", always },
	{ "HOST", hosts_on },
	{ "LANG EN*", always },
	{ "MDTM", always },
	{ "MFF modify;", chmod_off },
	{ "MFF modify;UNIX.mode;", chmod_on },
	{ "MFMT", always },
	{ "MLST", always },
	{ "PBSZ", tls_on },
	{ "PROT", tls_on },
	{ "REST STREAM", always },
	{ "SITE CHMOD", chmod_on },
	{ "SITE MKDIR", always },
	{ "SITE RMDIR", rmdir_on },
	{ "SITE SYMLINK", symlink_on },
	{ "SITE UTIME", always },
	{ "SIZE", always },
	{ "TVFS", always },
	{ "UTF8", always },
};

enum cmd_result
cmd_feat(struct session *s, char *arg)
{
	char facts[160];
	size_t i;

	reply_more(s, 211, "Features:");
	for (i = 0; i < NELEM(features); i++) {
		if (!features[i].on(s))
			continue;
		if (strcmp(features[i].line, "MLST") == 0)
			reply_row(s, "MLST %s",
			    facts_str(s->facts, true, facts, sizeof(facts)));
		else
			reply_row(s, "%s", features[i].line);
	}
	reply(s, 211, "End");
	return CMD_DONE;
}

/* The verbs, several in a line. */
static void
help_all(struct session *s)
{
	char line[80] = "";
	size_t i;

	reply_more(s, 214, "The following commands are recognized.");
	for (i = 0; i < cmd_count; i++) {
		if ((cmd_table[i].flags & (CMD_F_502 | CMD_F_ALIAS)) != 0)
			continue;
		(void)strlcat(line, " ", sizeof(line));
		(void)strlcat(line, cmd_table[i].verb, sizeof(line));
		if (strlen(line) < 60)
			continue;
		reply_more(s, 214, " %s", line);
		line[0] = '\0';
	}
	if (line[0] != '\0')
		reply_more(s, 214, " %s", line);
	reply(s, 214, "Help OK.");
}

enum cmd_result
cmd_help(struct session *s, char *arg)
{
	const struct cmd *c = cmd_find(arg, strlen(arg));

	if (arg[0] == '\0')
		help_all(s);
	else if (ascii_casecmp(arg, "SITE") == 0)
		site_help(s);
	else if (c == NULL || (c->flags & CMD_F_502) != 0)
		reply(s, 501, "Unknown command %.32s.", arg);
	else
		reply(s, 214, "Syntax: %s%s%s", c->verb,
		    c->help[0] != '\0' ? " " : "", c->help);
	return CMD_DONE;
}

enum cmd_result
cmd_noop(struct session *s, char *arg)
{
	reply(s, 200, "NOOP ok.");
	return CMD_DONE;
}

enum cmd_result
cmd_syst(struct session *s, char *arg)
{
	reply(s, 215, "UNIX Type: L8");
	return CMD_DONE;
}

enum cmd_result
cmd_pwd(struct session *s, char *arg)
{
	char quoted[2 * VPATH_MAX];

	vpath_quote(quoted, sizeof(quoted), s->cwd);
	reply(s, 257, "\"%s\" is the current directory.", quoted);
	return CMD_DONE;
}
