/* SPDX-License-Identifier: ISC */
/*
 * From the lines of a dialogue to its steps.
 */
#include "tests/dialog/dialog.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf_parse.h"
#include "server/conf_value.h"
#include "tests/dialog/steps.h"
#include "tests/unit/temp_dir.h"

/* ---------------------------------------------------- what steps read with */

const struct text *
step_text(const struct stage *st, const char *arg)
{
	static struct text text;

	if (!text_parse(&text, arg, st->port))
		stage_fail(st, "malformed text: %s", arg);
	return &text;
}

/* The end of a word that begins here; quotes protect blanks. */
static const char *
word_end(const char *p)
{
	if (*p != '"')
		return p + strcspn(p, " ");
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return p;
}

const char *
step_value(const char *arg, const char *key)
{
	static char value[TEXT_MAX];
	size_t n = strlen(key);
	const char *p = arg, *end;

	for (; *p != '\0'; p = end + strspn(end, "\" ")) {
		end = word_end(p + (strncmp(p, key, n) == 0 ? n : 0));
		if (strncmp(p, key, n) != 0)
			continue;
		p += n + (p[n] == '"' ? 1 : 0);
		(void)snprintf(value, sizeof(value), "%.*s", (int)(end - p), p);
		return value;
	}
	return NULL;
}

const char *
step_word(const char **p, char *out, size_t size)
{
	size_t n = strcspn(*p, " ");

	(void)snprintf(out, size, "%.*s", (int)n, *p);
	*p += n;
	if (**p == ' ')
		(*p)++;
	return out;
}

/* ------------------------------------------------------ before the session */

/* "set files.ascii convert", "set listen.ccc yes" */
static void
set_key(struct stage *st, const char *arg)
{
	struct conf_input in = { .dir = temp_path("") };
	char name[64], text[TEXT_MAX + 1], *dot;
	const struct conf_key *k;
	void *base;

	(void)step_word(&arg, name, sizeof(name));
	dot = strchr(name, '.');
	if (dot != NULL)
		*dot++ = '\0';
	k = conf_key_find(dot == NULL ? SECTION_TOP : conf_section_find(name),
	    dot == NULL ? name : dot);
	text[text_bytes(step_text(st, arg), text)] = '\0';
	in.text = text;
	base = &st->conf;
	if (k != NULL && k->section == SECTION_LISTEN)
		base = &st->listen;
	if (k != NULL && k->section == SECTION_HOST)
		base = &st->conf.hosts[st->conf.nhosts - 1];
	if (k == NULL || conf_value_set(k, &in, base) == -1)
		stage_fail(st, "cannot set %s: %s", name, in.why);
}

/* There is a virtual host of this name; its keys are set behind it. */
static void
add_host(struct stage *st, const char *arg)
{
	struct conf_host *h;

	st->conf.hosts =
	    conf_grow(st->conf.hosts, st->conf.nhosts, sizeof(*st->conf.hosts));
	h = &st->conf.hosts[st->conf.nhosts++];
	memset(h, 0, sizeof(*h));
	h->name = xstrdup(arg);
	(void)conf_host_own(h);
}

/* The client asks for this name when it begins TLS. */
static void
set_sni(struct stage *st, const char *arg)
{
	(void)snprintf(st->sni, sizeof(st->sni), "%s", arg);
}

/*
 * "peer ::1": the control connection's addresses; "peer listening": the client
 * listens on the port that it comes from.
 */
static void
set_peer(struct stage *st, const char *arg)
{
	if (strcmp(arg, "listening") == 0) {
		data_do(st, "listen");
		st->peer.port = st->port;
		return;
	}
	if (addr_parse_ip(&st->local, arg) == -1)
		stage_fail(st, "no address: %s", arg);
	st->local.port = 2121;
	st->peer = st->local;
	st->peer.port = STAGE_PEER_PORT;
}

/* The client has a certificate, which is its own authority: joe.crt. */
static void
set_certificate(struct stage *st, const char *arg)
{
	tls_client_certify(arg, &st->cert, &st->key);
}

/* "only clear", "only tls": played in no other way; dialog_test looks for it.
 */
static void
set_only(struct stage *st, const char *arg)
{
}

/* The dialogue begins in clear and speaks of TLS itself. */
static void
set_by_hand(struct stage *st, const char *arg)
{
	st->secured = true;
}

/* Its connection is one of a proxy, of which 127.0.0.1 is one. */
static void
set_proxied(struct stage *st, const char *arg)
{
	st->proxied = true;
	set_key(st, "listen.proxy required");
	set_key(st, "listen.proxy_from 127.0.0.1");
}

/* ---------------------------------------------------------------- the rest */

static void
advance(struct stage *st, const char *arg)
{
	char *unit;
	unsigned long n = strtoul(arg, &unit, 10);

	if (strcmp(unit, "ms") != 0)
		n *= 1000;
	stage_sleep(st, n);
}

static void run_step(struct stage *, const char *);

/* What many dialogues begin with. */
static void
run_all(struct stage *st, const char *const *steps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		run_step(st, steps[i]);
}

static void
log_in(struct stage *st, const char *arg)
{
	static const char *const steps[] = { "S< 220 *", "C> USER tester",
		"S< 331 *", "C> PASS secret", "M< LOGIN tester secret" };
	char ok[512];

	run_all(st, steps, NELEM(steps));
	(void)snprintf(ok, sizeof(ok), "M> OK %s", arg);
	run_step(st, ok);
	run_step(st, "S< 230 Login successful.");
}

static void
go_passive(struct stage *st, const char *arg)
{
	static const char *const steps[] = { "C> EPSV", "S< 229 *", "D open" };

	run_all(st, steps, NELEM(steps));
}

/* As a client that begins with AUTH does behind the greeting. */
static void
secure(struct stage *st)
{
	static const char *const steps[] = { "C> AUTH TLS", "S< 234 *", "C tls",
		"C> PBSZ 0\r\nPROT P", "S< 200 PBSZ=0",
		"S< 200 PROT now Private." };

	st->secured = true;
	run_all(st, steps, NELEM(steps));
}

/* "clear: step" and "tls: step" are for one way of playing. */
static bool
is_for_others(const struct stage *st, const char **line)
{
	static const char *const ways[] = { "clear: ", "tls: " };
	size_t i;

	for (i = 0; i < NELEM(ways); i++) {
		if (strncmp(*line, ways[i], strlen(ways[i])) != 0)
			continue;
		*line += strlen(ways[i]);
		return (i == 0) != (st->how == STAGE_CLEAR);
	}
	return false;
}

static const struct {
	const char *word;
	step_fn *run;
	bool reading; /* goes on with a send that is being read */
	bool early; /* comes before the session */
} words[] = {
	{ "A", agent_do, false, false },
	{ "A<", agent_expect, false, false },
	{ "A>", agent_answer, false, false },
	{ "C", client_do, false, false },
	{ "C>", client_line, false, false },
	{ "C>>", client_raw, false, false },
	{ "D", data_do, false, false },
	{ "D-", data_silence, false, false },
	{ "D<", data_expect, false, false },
	{ "D>", data_send, false, false },
	{ "D>>", data_send_raw, false, false },
	{ "END", client_end, false, false },
	{ "F=", agent_stored, false, false },
	{ "M<", monitor_expect, false, false },
	{ "M>", monitor_say, false, false },
	{ "S", client_last_send, true, false },
	{ "S-", client_silence, false, false },
	{ "S<", client_expect, true, false },
	{ "S=", client_bytes, true, false },
	{ "S|", client_split, false, false },
	{ "T+", advance, false, false },
	{ "by", set_by_hand, false, true },
	{ "certificate", set_certificate, false, true },
	{ "host", add_host, false, true },
	{ "login", log_in, false, false },
	{ "only", set_only, false, true },
	{ "passive", go_passive, false, false },
	{ "peer", set_peer, false, true },
	{ "proxied", set_proxied, false, true },
	{ "set", set_key, false, true },
	{ "sni", set_sni, false, true },
};

static void
run_step(struct stage *st, const char *line)
{
	char word[16];
	size_t i;

	if (is_for_others(st, &line))
		return;
	(void)step_word(&line, word, sizeof(word));
	for (i = 0; i < NELEM(words); i++)
		if (strcmp(word, words[i].word) == 0)
			break;
	if (i == NELEM(words))
		stage_fail(st, "unknown step: %s", word);
	if (st->w == NULL && !words[i].early)
		stage_start(st);
	else if (st->w != NULL && words[i].early)
		stage_fail(st, "%s must come before the session", word);
	if (st->how != STAGE_CLEAR && st->w != NULL && !st->secured &&
	    !words[i].reading && words[i].run != log_in)
		secure(st);
	if (!words[i].reading)
		client_check_read(st);
	words[i].run(st, line);
}

/* Nothing may be left that nobody expected. */
static void
check_end(struct stage *st)
{
	client_check_read(st);
	if (st->w == NULL)
		stage_fail(st, "an empty dialogue");
	if (st->control >= 0)
		client_silence(st, "");
	else
		stage_turns(st, 5);
	monitor_check_read(st);
	agent_check_read(st);
}

static FILE *
open_dialogue(const char *path)
{
	FILE *in = fopen(path, "re");

	if (in == NULL)
		ck_abort_msg("%s: %s", path, strerror(errno));
	return in;
}

bool
dialog_is_for(const char *path, enum stage_tls how)
{
	FILE *in = open_dialogue(path);
	char line[256];
	bool clear = false, tls = false;

	while (fgets(line, sizeof(line), in) != NULL) {
		clear = clear || strcmp(line, "only clear\n") == 0;
		tls = tls || strcmp(line, "only tls\n") == 0 ||
		      strcmp(line, "by hand\n") == 0;
	}
	fclose(in);
	return how == STAGE_CLEAR ? !tls : !clear;
}

void
dialog_play(const char *path, enum stage_tls how)
{
	static struct stage st;
	FILE *in = open_dialogue(path);
	char *line = NULL;
	size_t size = 0;

	st.how = how;
	st.file = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	stage_init(&st);
	while (getline(&line, &size, in) > 0) {
		st.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			run_step(&st, line);
	}
	check_end(&st);
	free(line);
	fclose(in);
	stage_stop(&st);
}
