/* SPDX-License-Identifier: ISC */
/*
 * Users whom an external program knows. It gets the name and where the client
 * is in its environment and the password as a line of its standard input, and
 *answers with lines key:value, much as with Pure-FTPd's authentication daemon:
 *
 *	auth_ok:1	let in; 0: not known here; -1: refused
 *	dir:/srv/joe	and other settings of accounts, by their keys
 *	end
 *
 * What is no such answer refuses the login: nothing is guessed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/auth/auth.h"
#include "server/auth/run_program.h"
#include "server/rule.h"

#define ANSWER_MAX (16 * 1024)

struct answer {
	struct conf_rules rules;
	const struct conf_where *where; /* what it says is the program's line */
	const char *group; /* into the text */
	bool has_ok, ended;
	int ok;
	char why[300]; /* "" = none */
};

/* ------------------------------------------------------------ parsing */
static void
set_ok(struct answer *an, const char *value)
{
	static const char *const values[] = { "-1", "0", "1" };
	int i;

	for (i = 0; i < 3; i++)
		if (strcmp(value, values[i]) == 0) {
			an->ok = i - 1;
			an->has_ok = true;
			return;
		}
	snprintf(an->why, sizeof(an->why), "auth_ok is 1, 0 or -1");
}

static void
take_line(struct answer *an, char *line)
{
	char *value = strchr(line, ':');

	if (strcmp(line, "end") == 0) {
		an->ended = true;
		return;
	}
	if (value == NULL) {
		snprintf(an->why, sizeof(an->why), "a line without a colon");
		return;
	}
	*value++ = '\0';
	if (strcmp(line, "auth_ok") == 0)
		set_ok(an, value);
	else if (strcmp(line, "group") == 0)
		an->group = value;
	else
		(void)conf_rules_set(&an->rules,
		    strcmp(line, "dir") == 0 ? "root" : line, value, an->where,
		    an->why, sizeof(an->why));
}

static void
parse(struct answer *an, char *text)
{
	char *line, *next;

	for (line = text; *line != '\0' && an->why[0] == '\0' && !an->ended;
	     line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		take_line(an, line);
	}
	if (an->why[0] == '\0' && (!an->has_ok || !an->ended))
		snprintf(an->why, sizeof(an->why), "%s is missing",
		    an->has_ok ? "end" : "auth_ok");
}

/* What the group says, and what is needed. */
static void
complete(struct answer *an, const struct config *conf)
{
	const struct conf_group *g = NULL;

	if (an->why[0] != '\0' || an->ok != 1)
		return;
	if (an->group != NULL) {
		g = conf_find_group(conf, an->group);
		if (g == NULL)
			snprintf(an->why, sizeof(an->why), "no such group");
		else
			conf_rules_inherit(&an->rules, &g->rules);
	}
	if (an->why[0] != '\0')
		return;
	if (an->rules.root == NULL || an->rules.root[0] != '/')
		snprintf(an->why, sizeof(an->why),
		    "dir is missing or does not begin with /");
	else if (an->rules.uid.set && !an->rules.gid.set)
		snprintf(an->why, sizeof(an->why), "a uid without a gid");
}

/* ------------------------------------------------------------- asking */
#define NENV 6

static void
make_env(const struct auth_request *req, char *env[NENV + 1])
{
	char ip[ADDR_STRLEN];

	xasprintf(&env[0], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	xasprintf(&env[1], "AUTH_USER=%s", req->user);
	xasprintf(
	    &env[2], "AUTH_IP=%s", addr_ip_str(&req->peer, ip, sizeof(ip)));
	xasprintf(&env[3], "AUTH_TLS=%d", req->tls);
	xasprintf(&env[4], "AUTH_CERTIFICATE=%s", req->names);
	xasprintf(&env[5], "AUTH_HOST=%s", req->host != NULL ? req->host : "");
	env[NENV] = NULL;
}

/* 0, or -1 after a line in the log. */
static int
ask(const struct auth *a, const struct auth_request *req, char *out)
{
	const struct config *conf = a->conf;
	char *env[NENV + 1], *input;
	struct run_program p = { conf->auth_program, env, NULL,
		a->privileged ? &a->service : NULL,
		conf->auth_program_timeout };
	const char *why;
	int rc, i;

	make_env(req, env);
	xasprintf(&input, "%s\n", req->password);
	p.input = input;
	rc = run_program(&p, out, ANSWER_MAX, &why);
	for (i = 0; i < NENV; i++)
		free(env[i]);
	free_secret(input, strlen(input));
	if (rc == -1)
		log_errorx("auth_program %s %s", p.path, why);
	else if (rc != 0)
		log_errorx("auth_program %s: exit status %d", p.path, rc);
	return rc == 0 ? 0 : -1;
}

static enum auth_answer
judge(struct auth *a, const struct auth_request *req, const struct answer *an,
    struct account *out, const char **reason_r)
{
	const char *why;

	if (an->why[0] != '\0') {
		log_errorx("auth_program %s: bad answer: %s",
		    a->conf->auth_program, an->why);
		*reason_r = "bad-program-answer";
		return AUTH_DENY;
	}
	if (an->ok == 0)
		return AUTH_NOT_MINE;
	why = an->ok == 1 ? auth_account_objection(&an->rules, req, time(NULL))
			  : "bad-password";
	if (why != NULL) {
		*reason_r = why;
		(void)rule_objection(&an->rules, why, a->rule);
		return AUTH_DENY;
	}
	auth_account_init(a, out, req->user);
	auth_account_fill(a, out, &an->rules);
	out->source = ACCOUNT_PROGRAM;
	if (an->group != NULL)
		(void)strlcpy(out->group, an->group, sizeof(out->group));
	return AUTH_ACCEPT;
}

static enum auth_answer
check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	struct answer an = { 0 };
	enum auth_answer answer;
	char *text;

	if (a->conf->auth_program == NULL)
		return AUTH_NOT_MINE;
	text = xmalloc(ANSWER_MAX);
	an.where = rule_where(a->conf, "auth_program");
	conf_rules_init(&an.rules);
	*reason_r = "program-failed";
	answer = AUTH_ERROR;
	if (ask(a, req, text) == 0) {
		parse(&an, text);
		complete(&an, a->conf);
		answer = judge(a, req, &an, out, reason_r);
	}
	conf_rules_clear(&an.rules);
	free_secret(text, ANSWER_MAX);
	return answer;
}

const struct auth_backend auth_program = {
	.name = "program",
	.check = check,
};
