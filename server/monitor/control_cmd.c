/* SPDX-License-Identifier: ISC */
/*
 * What ternctl may have done: reload, stop, drain, kick, limit.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/monitor/control.h"

/* ----------------------------------------------------------------- reload */
/* The lines that the log gets are the answer: ftpd.conf:12: what is wrong. */
int
control_reload(struct ctlconn *c, struct rbuf *b)
{
	bool dry = get_u8(b) != 0;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int result;

	if (rbuf_end(b) == -1)
		return -1;
	out = open_memstream(&text, &size);
	if (out == NULL)
		die("open_memstream");
	result =
	    dry ? monitor_reload_dry(c->m, out) : monitor_reload(c->m, out);
	if (result == -1 && ftello(out) == 0)
		fputs("the server is stopping\n", out);
	fclose(out);
	control_say(c, result == 0 ? CONTROL_OK : CONTROL_FAILED, "%s", text);
	free(text);
	return 0;
}

/* --------------------------------------------------------- stop and drain */
int
control_stop(struct ctlconn *c, struct rbuf *b)
{
	bool now = get_u8(b) != 0;

	if (rbuf_end(b) == -1)
		return -1;
	control_say(
	    c, CONTROL_OK, "stopping: %u sessions", c->m->sessions.count);
	if (c->m->state == RUN_UP || c->m->state == RUN_LEAVING)
		monitor_stop(c->m);
	if (now)
		monitor_stop(c->m);
	return 0;
}

int
control_drain(struct ctlconn *c, struct rbuf *b)
{
	if (rbuf_end(b) == -1)
		return -1;
	if (c->m->state > RUN_LEAVING) {
		control_say(c, CONTROL_FAILED, "the server is stopping");
		return 0;
	}
	control_say(
	    c, CONTROL_OK, "draining: %u sessions", c->m->sessions.count);
	monitor_leave(c->m);
	return 0;
}

/* ------------------------------------------------------------------- kick */
struct whom {
	enum control_whom kind;
	const char *user;
	uint64_t sid;
	struct addr addr;
};

static bool
is_session(const struct client *c, const struct whom *who)
{
	return c->sid == who->sid;
}

static bool
is_user(const struct client *c, const struct whom *who)
{
	return c->account != NULL && strcmp(client_account(c), who->user) == 0;
}

static bool
is_address(const struct client *c, const struct whom *who)
{
	return addr_ip_equal(&c->peer, &who->addr);
}

static bool (*const matches[WHOM_COUNT])(
    const struct client *, const struct whom *) = {
	[WHOM_SESSION] = is_session,
	[WHOM_USER] = is_user,
	[WHOM_ADDRESS] = is_address,
};

/* 0, or -1 if the text is no such thing. */
static int
whom_parse(struct whom *who, uint8_t kind, const char *text)
{
	if (kind >= WHOM_COUNT)
		return -1;
	memset(who, 0, sizeof(*who));
	who->kind = (enum control_whom)kind;
	who->user = text;
	if (kind == WHOM_SESSION)
		return parse_u64(text, UINT64_MAX, &who->sid);
	return kind == WHOM_ADDRESS ? addr_parse_ip(&who->addr, text) : 0;
}

static unsigned
kick_all(struct monitor *m, const struct whom *who, const char *reason)
{
	struct client *c = NULL;
	unsigned n = 0;

	while (
	    (c = sessions_next(&m->sessions, c == NULL ? 0 : c->sid)) != NULL)
		if (matches[who->kind](c, who)) {
			client_kick(c, reason);
			n++;
		}
	return n;
}

int
control_kick(struct ctlconn *c, struct rbuf *b)
{
	char text[CONTROL_WORD_MAX], why[CONTROL_WORD_MAX];
	char reason[PROTO_REASON_MAX];
	uint8_t kind = get_u8(b);
	struct whom who;
	unsigned n;

	get_str(b, text, sizeof(text));
	get_str(b, why, sizeof(why));
	if (rbuf_end(b) == -1 || whom_parse(&who, kind, text) == -1)
		return -1;
	(void)strlcpy(reason, why, sizeof(reason));
	n = kick_all(c->m, &who, reason);
	log_info("control: kick %s: %u sessions: %s", text, n, reason);
	if (n == 0)
		control_say(c, CONTROL_FAILED, "no such session");
	else
		control_say(
		    c, CONTROL_OK, "%u session%s ended", n, n == 1 ? "" : "s");
	return 0;
}

/* ------------------------------------------------------------------ limit */
int
control_rate(struct ctlconn *c, struct rbuf *b)
{
	uint64_t sid = get_u64(b), rate = get_u64(b);
	struct client *client;

	if (rbuf_end(b) == -1)
		return -1;
	client = sessions_find(&c->m->sessions, sid);
	if (client == NULL) {
		control_say(c, CONTROL_FAILED, "no such session");
		return 0;
	}
	if (client->state != CLIENT_IN) {
		control_say(c, CONTROL_FAILED, "nobody is logged in there");
		return 0;
	}
	client->limited = true;
	client->rates[RATE_DOWN] = client->rates[RATE_UP] = rate;
	client_tell_rates(client);
	log_info("control: session %llu limited to %llu bytes per second",
	    (unsigned long long)sid, (unsigned long long)rate);
	control_say(c, CONTROL_OK, "session %llu is limited to %llu bytes/s",
	    (unsigned long long)sid, (unsigned long long)rate);
	return 0;
}
