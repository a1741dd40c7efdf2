/* SPDX-License-Identifier: ISC */
/*
 * What ternftpd asks a running server: for explain, and before it calls a port
 * taken that this server has. Silent: if none runs, or it may not be asked,
 * nothing is known.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "server/ctl/ctl.h"
#include "server/ctl/link.h"
#include "server/live.h"

struct look {
	const struct config *conf;
	const struct conf_host *host;
	struct addr peer; /* as addresses are counted */
	const char *user;
	struct live *live;
	uint64_t last; /* id of the last row, or how many there were */
};

static bool
is_from(const struct look *l, const struct control_fields *row)
{
	struct addr addr;

	if (addr_parse_ip(&addr, control_find_text(row, "address")) == -1)
		return false;
	addr = addr_client_key(&addr);
	return addr_ip_equal(&addr, &l->peer);
}

static bool
is_on_host(const struct look *l, const struct control_fields *row)
{
	return l->host != NULL &&
	       strcmp(control_find_text(row, "host"), l->host->name) == 0;
}

/* Whose the accounts are there: the same name elsewhere is another one. */
static const struct conf_host *
owner(const struct config *conf, const char *host)
{
	const struct conf_host *h = conf_find_host(conf, host);

	return h != NULL && h->has_accounts ? h : NULL;
}

static void
take_session(struct look *l, const struct control_fields *row)
{
	l->live->sessions++;
	l->live->from_address += is_from(l, row);
	if (is_on_host(l, row)) {
		l->live->of_host++;
		l->live->of_host_from += is_from(l, row);
	}
	l->live->of_user +=
	    strcmp(control_find_text(row, "state"), "in") == 0 &&
	    strcmp(control_find_text(row, "user"), l->user) == 0 &&
	    owner(l->conf, control_find_text(row, "host")) ==
		(l->host != NULL && l->host->has_accounts ? l->host : NULL);
	l->last = control_find_number(row, "id");
}

static void
take_ban(struct look *l, const struct control_fields *row)
{
	l->last++;
	if (!is_from(l, row))
		return;
	l->live->ban_left = (uint32_t)control_find_number(row, "left");
	(void)strlcpy(l->live->ban_reason, control_find_text(row, "reason"),
	    sizeof(l->live->ban_reason));
}

static void
ask(struct link *link, enum control_request type, uint64_t last)
{
	struct wbuf *b = link_ask(link, type);

	if (type == CT_WHO)
		put_u64(b, last);
	else
		put_u32(b, (uint32_t)last);
}

/* All pages. False if the server says no, or nothing. */
static bool
read_all(struct link *link, enum control_request type,
    void (*take)(struct look *, const struct control_fields *), struct look *l)
{
	static struct control_fields row; /* large */
	struct link_reply *r;
	const char *why;

	l->last = 0;
	do {
		ask(link, type, l->last);
		r = link_try(link, &why);
		if (r == NULL || !r->ok)
			return false;
		while (control_get_row(&r->rows, &row) == 1)
			take(l, &row);
	} while (r->more);
	return true;
}

void
live_look(const struct config *conf, const struct conf_host *host,
    const struct addr *peer, const char *user, struct live *live)
{
	const struct ctl ctl = { .conf_path = conf->path };
	struct look l = { conf, host, addr_client_key(peer), user, live, 0 };
	struct link *link = link_find(&ctl);

	memset(live, 0, sizeof(*live));
	if (link != NULL)
		live->asked = read_all(link, CT_BANS, take_ban, &l) &&
			      read_all(link, CT_WHO, take_session, &l);
	link_close(link);
}

static enum live_port
find_port(const struct addr *addr, const char *words)
{
	enum live_port found = LIVE_NO_PORT;
	char text[ADDR_STRLEN], port[8];
	size_t len, n;

	addr_str(addr, text, sizeof(text));
	len = strlen(text);
	n = (size_t)snprintf(port, sizeof(port), ":%u", addr->port);
	for (; *words != '\0'; words += strspn(words, " ")) {
		size_t size = strcspn(words, " ");

		if (size == len && memcmp(words, text, len) == 0)
			return LIVE_SAME;
		if (size > n && memcmp(words + size - n, port, n) == 0)
			found = LIVE_PORT;
		words += size;
	}
	return found;
}

enum live_port
live_listens(const struct config *conf, const struct addr *addr)
{
	static struct control_fields row; /* large */
	const struct ctl ctl = { .conf_path = conf->path };
	struct link *link = link_find(&ctl);
	struct link_reply *r;
	const char *why;
	enum live_port found = LIVE_NO_PORT;

	if (link == NULL)
		return found;
	(void)link_ask(link, CT_STATS);
	r = link_try(link, &why);
	if (r != NULL && r->ok && control_get_row(&r->rows, &row) == 1)
		found = find_port(addr, control_find_text(&row, "listens"));
	link_close(link);
	return found;
}
