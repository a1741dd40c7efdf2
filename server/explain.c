/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: the answers of the deciding code in words, with the line of
 * the configuration that each comes from.
 */
#include "server/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "server/conf_rules.h"
#include "server/rights.h"

#define WORDS_MAX 4

/* What the settings of this key have to do with a refusal. */
static const struct {
	const char *reason, *key;
} reason_keys[] = {
	{ "tls-required", "tls" },
	{ "ip-denied", "networks" },
	{ "account-expired", "expires" },
	{ "outside-hours", "hours" },
};

/* ------------------------------------------------------------ which line */
static int
line_of(const struct conf_rules *r, enum conf_section_id id, const char *key)
{
	return r->lines[conf_rules_index(conf_key_find(id, key))];
}

/* The user's own line, else that of his group, else the default. */
static void
tell_line(const struct config *conf, const struct explain_login *e,
    const char *key, FILE *out)
{
	const struct conf_user *u = e->block;
	const struct conf_group *g = NULL;
	int line;

	if (u == NULL) {
		line = line_of(e->rules, SECTION_ANONYMOUS, key);
		if (line > 0)
			fprintf(out, "  decided by %s:%d: anonymous, %s\n",
			    conf->path, line, key);
		else
			fprintf(out,
			    "  decided by %s: anonymous, the default of %s\n",
			    conf->path, key);
		return;
	}
	if (u->group != NULL)
		g = conf_find_group(conf, u->group);
	line = line_of(e->rules, SECTION_USER, key);
	if (line > 0)
		fprintf(out, "  decided by %s:%d: user %s, %s\n", u->file, line,
		    u->name, key);
	else if (g != NULL &&
		 (line = line_of(&g->rules, SECTION_GROUP, key)) > 0)
		fprintf(out, "  decided by %s:%d: group %s, %s\n", g->file,
		    line, g->name, key);
	else
		fprintf(out, "  decided by %s:%d: user %s, the default of %s\n",
		    u->file, u->line, u->name, key);
}

static void
tell_place(const struct config *conf, const struct explain_login *e,
    const char *at, FILE *out)
{
	const struct conf_rules *r = e->rules;
	const char *file = e->block != NULL ? e->block->file : conf->path;
	size_t i;

	for (i = 0; i < r->nplaces; i++) {
		if (!r->places[i].has_rights ||
		    strcmp(r->places[i].at, at) != 0)
			continue;
		if (r->places[i].line > 0)
			fprintf(out, "  decided by %s:%d: %s \"%s\"\n", file,
			    r->places[i].line,
			    r->places[i].is_mount ? "mount" : "path", at);
		else
			fprintf(out, "  decided by the group %s: \"%s\"\n",
			    e->block->group, at);
		return;
	}
}

/* ----------------------------------------------------------- the answers */
static void
tell_refused_login(
    const struct config *conf, const struct explain_login *e, FILE *out)
{
	size_t i;

	fprintf(out, "refused: USER %s: 530, reason %s\n", e->user, e->reason);
	if (e->rules == NULL && conf->system_accounts)
		fputs("  no block of this name; PAM decides about accounts of "
		      "this machine\n",
		    out);
	if (strcmp(e->reason, "disabled") == 0)
		fprintf(out, "  decided by %s:%d: user %s, disabled\n",
		    e->block->file, e->block->line, e->user);
	for (i = 0; i < NELEM(reason_keys); i++)
		if (strcmp(e->reason, reason_keys[i].reason) == 0)
			tell_line(conf, e, reason_keys[i].key, out);
}

static void
tell_path(const struct config *conf, const struct explain_login *e,
    const char *verb, const char *path, const struct explain_path *p, FILE *out)
{
	char needed[256], has[256];

	fprintf(out, "%s: %s %s (%s)%s\n", p->allowed ? "allowed" : "refused",
	    verb, path, p->exists ? "exists" : "does not exist",
	    p->allowed ? "" : ": 550, the account lacks the right");
	fprintf(out, "  needs %s%s; has %s\n", p->any ? "one of " : "",
	    p->needed == 0 ? "nothing"
			   : rights_str(p->needed, needed, sizeof(needed)),
	    rights_str(p->has, has, sizeof(has)));
	if (p->at[0] != '\0')
		tell_place(conf, e, p->at, out);
	else
		tell_line(conf, e, "rights", out);
}

static int
explain_one(const struct config *conf, int argc, char **argv, FILE *out)
{
	static struct explain_login e; /* an account is large */
	static struct explain_path p;
	char path[VPATH_MAX];

	e.user = argv[0];
	e.tls = conf_any_listen(conf, conf_listen_has_tls);
	e.now = time(NULL);
	if (addr_parse_ip(&e.peer, argc > 3 ? argv[3] : "127.0.0.1") == -1)
		return -1;
	explain_login(conf, &e);
	if (e.reason != NULL) {
		tell_refused_login(conf, &e, out);
		return 1;
	}
	if (vpath_join(path, e.account.start_dir, argv[2]) != 0 ||
	    explain_path(&e.account, argv[1], path, &p) == -1)
		return -1;
	tell_path(conf, &e, argv[1], path, &p, out);
	return p.allowed ? 0 : 1;
}

static int
split(char *line, char *words[WORDS_MAX])
{
	char *word;
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n < WORDS_MAX && (word = strsep(&line, " \t")) != NULL)
		if (*word != '\0')
			words[n++] = word;
	return n;
}

/* Many questions, one a line. */
static int
explain_lines(const struct config *conf, FILE *in, FILE *out)
{
	char *line = NULL, *words[WORDS_MAX];
	size_t size = 0;
	int n, result = 0;

	while (result != -1 && getline(&line, &size, in) != -1) {
		n = split(line, words);
		result = n < 3 ? -1 : explain_one(conf, n, words, out);
	}
	free(line);
	return result;
}

int
explain(const struct config *conf, int argc, char **argv, FILE *in, FILE *out)
{
	if (argc == 0)
		return explain_lines(conf, in, out);
	return argc < 3 || argc > WORDS_MAX
		   ? -1
		   : explain_one(conf, argc, argv, out);
}
