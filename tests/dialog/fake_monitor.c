/* SPDX-License-Identifier: ISC */
/*
 * The monitor of a dialogue.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "server/certnames.h"
#include "server/proto.h"
#include "server/rights.h"
#include "tests/dialog/steps.h"

static uint8_t in_mem[IPC_MAX], out_mem[IPC_MAX];

/* ----------------------------------------------------------- from the worker
 */

static void
get_login(struct stage *st, struct rbuf *r, char *out, size_t size)
{
	char user[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	char names[CERTNAMES_MAX];
	bool tls, asks;

	st->attempt = get_u32(r);
	asks = get_u8(r) == ASK_CERTIFICATE;
	(void)get_str(r, user, sizeof(user));
	(void)get_str(r, password, sizeof(password));
	tls = get_u8(r) != 0;
	(void)get_str(r, names, sizeof(names));
	if (tls != stage_is_secure(st))
		stage_fail(
		    st, "the monitor is told%s of TLS", tls ? "" : " not");
	(void)snprintf(out, size, "%s %s%s%s",
	    asks ? "LOGIN_CERTIFICATE" : "LOGIN", user, asks ? "" : " ",
	    password);
}

static void
get_end(struct rbuf *r, char *out, size_t size)
{
	char reason[512];

	(void)get_str(r, reason, sizeof(reason));
	(void)snprintf(out, size, "END %s", reason);
}

/* Of the only session: its last command, "runs" or "idle", and what moves. */
static void
get_status(struct stage *st, struct rbuf *r, char *out, size_t size)
{
	static const char *const moves[] = { "", " down", " up", " list" };
	char skip[STATUS_TEXT_MAX], verb[32], path[STATUS_TEXT_MAX] = "";
	uint64_t moved = 0;
	uint8_t last, direction;
	bool runs;

	(void)get_u32(r);
	last = get_u8(r);
	if (last != 1 || get_u64(r) != STAGE_SID)
		stage_fail(st, "a status of no session or of another");
	(void)get_str(r, skip, sizeof(skip)); /* user, TLS, directory */
	(void)get_str(r, skip, sizeof(skip));
	(void)get_str(r, skip, sizeof(skip));
	(void)get_str(r, verb, sizeof(verb));
	runs = get_u8(r) != 0;
	(void)get_u32(r);
	direction = get_u8(r);
	if (direction != STATUS_NONE) {
		(void)get_str(r, path, sizeof(path));
		moved = get_u64(r);
		(void)get_u64(r);
		(void)get_u64(r);
	}
	(void)snprintf(out, size, "STATUS %s %s%s %" PRIu64 " %s", verb,
	    runs ? "runs" : "idle", moves[direction & 3], moved, path);
}

static void
get_source_port(struct stage *st, struct rbuf *r, char *out, size_t size)
{
	struct addr local;

	st->attempt = get_u32(r);
	addr_get(r, &local);
	(void)snprintf(out, size, "SOURCE_PORT %u", get_u8(r));
}

/* "PROXY client server", of which the proxy itself has none. */
static void
get_proxy(struct rbuf *r, char *out, size_t size)
{
	char from[ADDR_STRLEN], to[ADDR_STRLEN], host[256];
	bool has_addresses = get_u8(r) != 0;
	struct addr client, server;

	addr_get(r, &client);
	addr_get(r, &server);
	(void)get_str(r, host, sizeof(host));
	if (!has_addresses)
		(void)strlcpy(out, "PROXY itself", size);
	else
		(void)snprintf(out, size, "PROXY %s %s%s%s",
		    addr_str(&client, from, sizeof(from)),
		    addr_str(&server, to, sizeof(to)),
		    host[0] != '\0' ? " " : "", host);
}

static void
decode(struct stage *st, struct ipc_msg *m, char *out, size_t size)
{
	if (m->type != WM_STATUS && get_u64(&m->body) != STAGE_SID)
		stage_fail(st, "a message about another session");
	switch (m->type) {
	case WM_LOGIN:
		get_login(st, &m->body, out, size);
		break;
	case WM_HOST:
		(void)strlcpy(out, "HOST ", size);
		get_str(&m->body, out + strlen(out), size - strlen(out));
		break;
	case WM_PROXY:
		get_proxy(&m->body, out, size);
		break;
	case WM_ALIVE:
		(void)strlcpy(out, "ALIVE", size);
		break;
	case WM_LOGOUT:
		(void)strlcpy(out, "LOGOUT", size);
		break;
	case WM_END:
		get_end(&m->body, out, size);
		break;
	case WM_STATUS:
		get_status(st, &m->body, out, size);
		break;
	case WM_SOURCE_PORT:
		get_source_port(st, &m->body, out, size);
		break;
	default:
		stage_fail(st, "unknown message %u to the monitor", m->type);
	}
	if (rbuf_end(&m->body) == -1)
		stage_fail(st, "malformed message to the monitor: %s", out);
}

static struct ipc_msg message;

static bool
try_receive(struct stage *st)
{
	return ipc_recv(st->monitor, in_mem, &message) == IPC_OK;
}

bool
monitor_take(struct stage *st, char *text, size_t size)
{
	if (!try_receive(st))
		return false;
	decode(st, &message, text, size);
	return true;
}

void
monitor_expect(struct stage *st, const char *arg)
{
	char text[8192];

	if (!stage_wait(st, try_receive))
		stage_fail(st, "the monitor is not told \"%s\"", arg);
	decode(st, &message, text, sizeof(text));
	if (!text_match(step_text(st, arg), text, strlen(text)))
		stage_fail(st, "the monitor expected \"%s\", got \"%s\"", arg,
		    text_show(text, strlen(text)));
}

void
monitor_check_read(struct stage *st)
{
	char text[8192];

	if (monitor_take(st, text, sizeof(text)))
		stage_fail(st, "the monitor was told \"%s\"", text);
}

/* ------------------------------------------------------------ to the worker */

static void
tell(struct stage *st, const struct wbuf *w, int fd)
{
	if (ipc_send(st->monitor, w, fd) != IPC_OK)
		stage_fail(st, "cannot send to the worker");
	stage_turn(st);
}

/* key=number, or the default */
static uint32_t
number(const char *arg, const char *key, uint32_t otherwise)
{
	const char *text = step_value(arg, key);

	return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 0);
}

static void
put_account(struct wbuf *w, const char *arg)
{
	const char *text = step_value(arg, "name=");
	int i;

	put_str(w, text != NULL ? text : "tester");
	put_u8(w, step_value(arg, "anonymous=") != NULL);
	text = step_value(arg, "dir=");
	put_str(w, text != NULL ? text : "/");
	put_u32(w, number(arg, "rights=", RIGHTS_FULL));
	put_u32(w, number(arg, "umask=", 022));
	put_u32(w, number(arg, "idle=", 0));
	put_u8(w, step_value(arg, "tls_data=") != NULL);
	put_u64(w, number(arg, "down=", 0));
	put_u64(w, number(arg, "up=", 0));
	put_u8(w, step_value(arg, "quota=") != NULL);
	put_u32(w, 0); /* slots */
	put_u16(w, 0);
	for (i = 0; i < RULE_LINES; i++)
		put_str(w, "");
}

/* "OK", with name= anonymous= dir= umask= idle= tls_data= attempt=, or a
 * refusal. */
static bool
say_login(struct stage *st, const char *word, const char *arg)
{
	static const char *const verdicts[] = {
		[V_OK] = "OK",
		[V_DENIED] = "DENIED",
		[V_LIMIT] = "LIMIT",
		[V_BUSY] = "BUSY",
		[V_ERROR] = "ERROR",
		[V_PASSWORD] = "PASSWORD",
	};
	bool lost = step_value(arg, "lost=") != NULL;
	struct wbuf w;
	size_t i;
	int fd = -1;

	for (i = 0; i < NELEM(verdicts); i++)
		if (strcmp(word, verdicts[i]) == 0)
			break;
	if (i == NELEM(verdicts))
		return false;
	ipc_begin(&w, out_mem, sizeof(out_mem), MW_LOGIN);
	put_u64(&w, STAGE_SID);
	put_u32(&w, number(arg, "attempt=", st->attempt));
	put_u8(&w, (uint8_t)i);
	put_str(&w, "a reason");
	put_u32(
	    &w, number(arg, "delay=", i == V_DENIED ? 1000 * st->attempt : 0));
	put_str(&w, "");
	if (i == V_OK) {
		put_account(&w, arg);
		fd = lost ? -1 : agent_new(st);
	}
	tell(st, &w, fd);
	fd_close(&fd);
	return true;
}

static void
begin(struct wbuf *w, enum proto_mw type)
{
	ipc_begin(w, out_mem, sizeof(out_mem), (uint16_t)type);
}

/* "ADMIT", or "REFUSE reason number message" */
static bool
say_admit(struct stage *st, const char *word, const char *arg)
{
	char reason[64], number_text[16], text[TEXT_MAX + 1];
	struct wbuf w;

	if (strcmp(word, "ADMIT") != 0 && strcmp(word, "REFUSE") != 0)
		return false;
	begin(&w, MW_ADMIT);
	put_u64(&w, STAGE_SID);
	put_u8(&w, word[0] == 'A');
	if (word[0] == 'R') {
		put_str(&w, step_word(&arg, reason, sizeof(reason)));
		(void)step_word(&arg, number_text, sizeof(number_text));
		text[text_bytes(step_text(st, arg), text)] = '\0';
		put_str(&w, text);
		put_u32(&w, (uint32_t)strtoul(number_text, NULL, 10));
	}
	tell(st, &w, -1);
	return true;
}

void
monitor_say(struct stage *st, const char *arg)
{
	char word[32];
	struct wbuf w;

	(void)step_word(&arg, word, sizeof(word));
	if (say_login(st, word, arg) || say_admit(st, word, arg))
		return;
	if (strcmp(word, "KICK") == 0 || strcmp(word, "RETIRE") == 0) {
		begin(&w, word[0] == 'K' ? MW_KICK : MW_RETIRE);
		put_u64(&w, STAGE_SID);
		put_str(&w, arg);
	} else if (strcmp(word, "DRAIN") == 0) {
		begin(&w, MW_DRAIN);
	} else if (strcmp(word, "SHUTDOWN") == 0) {
		begin(&w, MW_SHUTDOWN);
	} else if (strcmp(word, "STATUS") == 0) {
		begin(&w, MW_STATUS);
		put_u32(&w, 1);
	} else if (strcmp(word, "SOURCE_PORT") == 0) {
		begin(&w, MW_SOURCE_PORT);
		put_u64(&w, STAGE_SID);
		put_u32(&w, st->attempt);
		put_i64(&w, strtol(arg, NULL, 10));
	} else {
		stage_fail(st, "M> %s: unknown", word);
	}
	tell(st, &w, -1);
}
