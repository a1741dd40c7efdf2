/* SPDX-License-Identifier: ISC */
/*
 * Which virtual host a session is on (RFC 7151): that of its address, of the
 * name that TLS was begun for (SNI), or what HOST says; the last one holds, but
 * TLS and HOST must not contradict each other.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hostname.h"
#include "common/mem.h"
#include "server/worker/cmd.h"
#include "server/worker/mon.h"
#include "server/worker/reply.h"
#include "tls/tls_info.h"
#include "tls/tls_stream.h"

/* What HOST may name: a name, or an address as in a URL. */
struct target {
	const char *name;
	bool is_address;
	struct addr addr;
};

static void
set_host(struct session *s, const struct conf_host *h)
{
	if (s->host == h)
		return;
	s->host = h;
	s->conf = conf_of_host(s->w->conf, h);
	mon_host(s);
}

static const struct conf_host *
find(const struct session *s, const char *name)
{
	return conf_host_at(s->w->conf, s->listener, &s->local, name);
}

void
host_reset(struct session *s)
{
	free(s->said);
	s->said = NULL;
	set_host(s, find(s, NULL));
}

const char *
host_name(const struct session *s)
{
	if (s->said != NULL)
		return s->said;
	return s->host != NULL ? s->host->name : NULL;
}

bool
host_choose_by_tls(struct session *s)
{
	const struct conf_host *h = NULL;
	struct tls_info info;

	if (tls_info_get(&s->ctl, &info) && info.sni[0] != '\0')
		h = find(s, info.sni);
	if (h == NULL) /* R21.1: an unknown name is no reason to refuse */
		return true;
	if (s->said != NULL)
		return h == s->host;
	set_host(s, h);
	return true;
}

/* ------------------------------------------------------------------- HOST */
/* 0, or -1 if it is neither; no port may follow. */
static int
parse(struct target *t, char *arg)
{
	size_t n = strlen(arg);

	t->name = arg;
	t->is_address = true;
	if (arg[0] == '[' && arg[n - 1] == ']') {
		arg[n - 1] = '\0';
		return addr_parse_ip(&t->addr, arg + 1) == 0 &&
			       t->addr.family == 6
			   ? 0
			   : -1;
	}
	if (addr_parse_ip(&t->addr, arg) == 0)
		return t->addr.family == 4 ? 0 : -1;
	t->is_address = false;
	return hostname_is_good(arg) ? 0 : -1;
}

/* Our address means the host of who names none, which may be NULL. */
static bool
find_target(const struct session *s, const struct target *t,
    const struct conf_host **h_r)
{
	*h_r = find(s, t->is_address ? NULL : t->name);
	return t->is_address ? addr_ip_equal(&t->addr, &s->local)
			     : *h_r != NULL;
}

/*
 * RFC 7151 3.2.2: it is the name that TLS was begun for. Where that had none,
 * the certificate that the client has been shown must be good for it.
 */
static bool
agrees_with_tls(
    const struct session *s, const struct target *t, const struct conf_host *h)
{
	struct tls_info info;

	if (!tls_info_get(&s->ctl, &info))
		return true;
	if (info.sni[0] == '\0')
		return t->is_address ? h == s->host
				     : tls_stream_covers(&s->ctl, t->name);
	if (!t->is_address && hostname_matches(t->name, info.sni))
		return true;
	return h != NULL && h == find(s, info.sni);
}

static void
enter(struct session *s, const struct target *t, const struct conf_host *h)
{
	session_drop_user(s);
	free(s->home);
	s->home = xstrdup("/");
	free(s->cwd);
	s->cwd = xstrdup("/");
	free(s->said);
	s->said = t->is_address ? NULL : xstrdup(t->name);
	set_host(s, h);
	reply_message(s, 220, s->conf->banner);
}

enum cmd_result
cmd_host(struct session *s, char *arg)
{
	const struct conf_host *h;
	struct target t;

	if (s->w->conf->nhosts == 0)
		reply(s, 502, "HOST not implemented.");
	else if (s->login == LOGIN_IN)
		reply(s, 503, "HOST must precede login.");
	else if (s->cleared)
		reply(s, 503, "HOST not allowed after CCC.");
	else if (parse(&t, arg) == -1)
		reply(s, 501, "Invalid host name.");
	else if (!find_target(s, &t, &h))
		reply(s, 504, "Unknown host %.64s.", arg);
	else if (!agrees_with_tls(s, &t, h))
		reply(s, 504, "TLS was not begun for the host %.64s.", arg);
	else
		enter(s, &t, h);
	return CMD_DONE;
}
