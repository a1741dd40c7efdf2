/* SPDX-License-Identifier: ISC */
/*
 * What a start does and a reload does not, tried for ternftpd -t: the places of
 * files that it would write, and its ports. Ports are bound and let go, nothing
 * is written.
 */
#include "config.h"

#include <sys/un.h>

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/live.h"
#include "server/roles.h"
#include "server/rule.h"

struct start_check {
	const struct config *conf;
	FILE *out;
	int problems;
};

/* About a key, at its line if it has one. */
static void __attribute__((format(printf, 4, 5)))
problem(struct start_check *c, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(c->out, "%s:", file != NULL ? file : c->conf->path);
	if (line > 0)
		fprintf(c->out, "%d:", line);
	putc(' ', c->out);
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	putc('\n', c->out);
	c->problems++;
}

/* ----------------------------------------------------------------- places */
/* Could a file of this name be written? If it is there it must be writable, if
 * not its directory. */
static bool
is_writable(const char *path)
{
	char *copy;
	bool ok;

	if (access(path, F_OK) == 0)
		return access(path, W_OK) == 0;
	if (errno != ENOENT)
		return false;
	copy = xstrdup(path);
	ok = access(dirname(copy), W_OK | X_OK) == 0;
	free(copy);
	return ok;
}

static void
check_place(struct start_check *c, const char *key, const char *path)
{
	const struct conf_where *w = rule_where(c->conf, key);

	if (path == NULL || path[0] != '/' || is_writable(path))
		return;
	problem(c, w->file, w->line,
	    "%s %s cannot be written: %s; make its directory, or name another",
	    key, path, strerror(errno));
}

static void
check_places(struct start_check *c)
{
	const struct config *conf = c->conf;

	check_place(c, "log", conf->log);
	check_place(c, "transfer_log", conf->transfer_log);
	check_place(c, "pid_file", conf->pid_file);
	check_place(c, "state_dir", conf->state_dir);
	check_place(c, "tls.ticket_keys", conf->ticket_keys);
}

static void
check_control(struct start_check *c)
{
	const char *path = c->conf->control_socket;
	const struct conf_where *w = rule_where(c->conf, "control_socket");
	struct sockaddr_un sun;

	if (path == NULL || path[0] != '/')
		return;
	if (strlen(path) >= sizeof(sun.sun_path))
		problem(c, w->file, w->line,
		    "control_socket %s: the path is too long for a socket; "
		    "name a shorter one",
		    path);
	else
		check_place(c, "control_socket", path);
}

/* ------------------------------------------------------------------ ports */
static void
check_port(struct start_check *c, const struct conf_listen *l)
{
	int err = listener_try(&l->addr);
	enum live_port has = LIVE_NO_PORT;
	char text[ADDR_STRLEN];

	/* Whether it needs a privilege conf_check() has said. */
	if (err == 0 || err == EACCES)
		return;
	addr_str(&l->addr, text, sizeof(text));
	if (err == EADDRINUSE)
		has = live_listens(c->conf, &l->addr);
	if (has != LIVE_NO_PORT)
		fprintf(c->out,
		    "listen \"%s\": the running server listens on %s%s\n",
		    l->name, has == LIVE_PORT ? "the port of " : "", text);
	else if (err == EADDRINUSE)
		problem(c, l->file, l->line,
		    "listen \"%s\": another program has %s; ss -ltnp shows "
		    "which, end it or choose another port",
		    l->name, text);
	else
		problem(c, l->file, l->line,
		    "listen \"%s\": cannot listen on %s: %s; write an address "
		    "that ip address shows",
		    l->name, text, strerror(err));
}

int
conf_check_start(const struct config *conf, FILE *out)
{
	struct start_check c = { .conf = conf, .out = out };
	const struct conf_listen *l;

	check_places(&c);
	check_control(&c);
	ARRAY_FOREACH (l, conf->listens, conf->nlistens)
		check_port(&c, l);
	return c.problems;
}
