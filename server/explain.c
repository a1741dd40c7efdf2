/* SPDX-License-Identifier: ISC */
/*
 * ternftpd explain: questions, as words or as lines.
 */
#include "server/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "server/explain_priv.h"

#define WORDS_MAX 10

/* Clients come over TLS where there is any. */
static const struct conf_listen *
default_listen(const struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nlistens; i++)
		if (conf_listen_has_tls(&conf->listens[i]))
			return &conf->listens[i];
	return &conf->listens[0];
}

static const struct conf_listen *
find_listen(const struct config *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nlistens; i++)
		if (strcmp(conf->listens[i].name, name) == 0)
			return &conf->listens[i];
	return NULL;
}

static int
set_listen(struct question *q, const char *value)
{
	q->listen = find_listen(q->server, value);
	return q->listen != NULL ? 0 : -1;
}

static int
set_host(struct question *q, const char *value)
{
	q->called = value;
	return 0;
}

static int
set_at(struct question *q, const char *value)
{
	return addr_parse_ip(&q->local, value);
}

static int
set_tls(struct question *q, const char *value)
{
	q->tls = strcmp(value, "no") != 0;
	return 0;
}

static int
set_prot(struct question *q, const char *value)
{
	q->prot = ascii_casecmp(value, "C") != 0;
	return 0;
}

static int
set_via(struct question *q, const char *value)
{
	return addr_parse_ip(&q->via, value);
}

static int
set_from(struct question *q, const char *value)
{
	q->at.from = value;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct question *, const char *value);
} options[] = {
	{ "at", set_at },
	{ "from", set_from },
	{ "host", set_host },
	{ "listen", set_listen },
	{ "prot", set_prot },
	{ "tls", set_tls },
	{ "via", set_via },
};

/* An option, or an address. 0, or -1 if it is neither. */
static int
take_option(struct question *q, const char *word)
{
	const char *value = strchr(word, '=');
	size_t i;

	if (value == NULL)
		return addr_parse_ip(&q->login.peer, word);
	for (i = 0; i < NELEM(options); i++)
		if (strlen(options[i].name) == (size_t)(value - word) &&
		    strncmp(options[i].name, word, (size_t)(value - word)) == 0)
			return options[i].set(q, value + 1);
	return -1;
}

static bool
is_any(const struct addr *addr)
{
	static const struct addr any = { 0 };

	return memcmp(addr->ip, any.ip, sizeof(any.ip)) == 0;
}

/* The host by its name, or by the address where there is one. */
static int
choose_host(struct question *q)
{
	uint16_t index = (uint16_t)(q->listen - q->server->listens);

	if (q->local.family == 0 && !is_any(&q->listen->addr))
		q->local = q->listen->addr;
	if (q->local.family != 0)
		q->host = conf_host_at(q->server, index, &q->local, q->called);
	else if (q->called != NULL)
		q->host = conf_host_called(q->server, q->called);
	q->conf = conf_of_host(q->server, q->host);
	if (q->host != NULL || q->called == NULL)
		return 0;
	fprintf(stderr, "there is no host \"%s\"%s\n", q->called,
	    conf_host_called(q->server, q->called) != NULL
		? " at this address and listen block"
		: "");
	return -1;
}

static int
explain_one(const struct config *conf, const char *host, int argc, char **argv,
    FILE *out)
{
	static struct question q;
	int i, n = 0;
	bool site = argc > 1 && ascii_casecmp(argv[1], "SITE") == 0;

	if (argc < (site ? 4 : 3))
		return -1;
	memset(&q, 0, offsetof(struct question, login));
	memset(&q.at, 0, sizeof(q.at));
	q.server = conf;
	q.called = host;
	q.out = out;
	q.over = false;
	q.listen = default_listen(conf);
	q.tls = q.prot = -1;
	q.at.from = "";
	q.login.user = argv[n++];
	q.login.now = time(NULL);
	(void)addr_parse_ip(&q.login.peer, "127.0.0.1");
	(void)snprintf(q.verb, sizeof(q.verb), "%s%s%s", argv[n],
	    site ? " " : "", site ? argv[n + 1] : "");
	q.argument = argv[n += site ? 2 : 1];
	for (i = n + 1; i < argc; i++)
		if (take_option(&q, argv[i]) == -1) {
			fprintf(stderr,
			    "%s: neither an address nor an option and what it "
			    "knows\n",
			    argv[i]);
			return -1;
		}
	if (choose_host(&q) == -1)
		return -1;
	q.login.tls = q.tls != -1 ? q.tls : conf_listen_has_tls(q.listen);
	q.prot_p = q.login.tls && q.prot != 0;
	return explain_ask(&q);
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
explain_lines(const struct config *conf, const char *host, FILE *in, FILE *out)
{
	char *line = NULL, *words[WORDS_MAX];
	size_t size = 0;
	int n, result = 0;

	while (result != -1 && getline(&line, &size, in) != -1) {
		n = split(line, words);
		result = explain_one(conf, host, n, words, out);
	}
	free(line);
	return result;
}

int
explain(const struct config *conf, const char *host, int argc, char **argv,
    FILE *in, FILE *out)
{
	if (argc == 0)
		return explain_lines(conf, host, in, out);
	return argc > WORDS_MAX ? -1 : explain_one(conf, host, argc, argv, out);
}
