/* SPDX-License-Identifier: ISC */
/*
 * The client of a dialogue: lines it sends, replies it expects, and in which
 * send they come.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "tests/dialog/steps.h"

#define QUIET_TURNS 10

static bool in_block; /* the step before was an S< too */

/* ----------------------------------------------------------------- saying */

static void
say(struct stage *st, const char *arg, const char *end)
{
	char bytes[TEXT_MAX + 2];
	size_t n = text_bytes(step_text(st, arg), bytes);

	memcpy(bytes + n, end, strlen(end));
	stage_say(st, bytes, n + strlen(end));
}

void
client_line(struct stage *st, const char *arg)
{
	say(st, arg, "\r\n");
}

void
client_raw(struct stage *st, const char *arg)
{
	say(st, arg, "");
}

/* Under TLS, or just out of it. */
static void
say_close_notify(struct stage *st)
{
	if (st->ctl != NULL)
		tls_end_close(st->ctl, false);
}

static void
cut(struct stage *st)
{
	shutdown(st->control, SHUT_WR);
}

static void
end(struct stage *st)
{
	if (stage_is_secure(st))
		say_close_notify(st);
	cut(st);
}

static void
close_control(struct stage *st)
{
	if (stage_is_secure(st))
		say_close_notify(st);
	fd_close(&st->control);
	tls_end_free(st->ctl);
	st->ctl = NULL;
}

static void
go_private(struct stage *st)
{
	st->private = true;
}

void
client_do(struct stage *st, const char *arg)
{
	static const struct {
		const char *word;
		void (*run)(struct stage *);
	} words[] = {
		{ "close", close_control },
		{ "cut", cut },
		{ "eof", end },
		{ "notify", say_close_notify },
		{ "private", go_private },
		{ "tls", stage_tls },
	};
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strcmp(arg, words[i].word) == 0)
			break;
	if (i == NELEM(words))
		stage_fail(st, "C %s: unknown", arg);
	words[i].run(st);
}

/* -------------------------------------------------------------- expecting */

void
client_check_read(struct stage *st)
{
	if (st->pos < st->len)
		stage_fail(st, "the send before goes on: \"%s\"",
		    text_show(st->sent + st->pos, st->len - st->pos));
	in_block = false;
}

static void
next_send(struct stage *st, const char *arg)
{
	if (!stage_receive(st))
		stage_fail(st, "expected \"%s\", but %s", arg,
		    stage_is_alive(st) ? "nothing comes"
				       : "the session is gone");
}

/* The port of a 227 or 229 is where data connections go. */
static void
note_port(struct stage *st, const char *line)
{
	unsigned a, b;

	if (sscanf(line, "227 %*[^(](%*u,%*u,%*u,%*u,%u,%u)", &a, &b) == 2)
		st->port = (uint16_t)(a << 8 | b);
	else if (sscanf(line, "229 %*[^(](|||%u|)", &a) == 1)
		st->port = (uint16_t)a;
	else
		return;
	st->agreed = false;
}

/* What a reply means for the data connections to come. */
static void
note_protection(struct stage *st, const char *line)
{
	if (strncmp(line, "200 PROT now ", 13) == 0)
		st->private = line[13] == 'P';
	else if (strncmp(line, "220 ", 4) == 0)
		st->private = st->listen.implicit;
}

/*
 * Under PROT P the 150 leaves alone, unless TLS is up before the command: the
 * client may wait for it before it shakes hands.
 */
static void
note_start(struct stage *st, const char *line)
{
	if (strncmp(line, "150 ", 4) != 0 || st->dat == NULL)
		return;
	if (!st->was_up)
		client_check_read(st);
	data_settle(st);
}

void
client_expect(struct stage *st, const char *arg)
{
	char *line, *end;

	if (!in_block)
		next_send(st, arg);
	else if (st->pos == st->len)
		stage_fail(st, "expected \"%s\", but the send has ended", arg);
	in_block = true;
	line = st->sent + st->pos;
	end = memmem(line, st->len - st->pos, "\r\n", 2);
	if (end == NULL)
		stage_fail(st, "no line end in \"%s\"",
		    text_show(line, st->len - st->pos));
	st->pos = (size_t)(end - st->sent) + 2;
	if (!text_match(step_text(st, arg), line, (size_t)(end - line)))
		stage_fail(st, "expected \"%s\", got \"%s\"", arg,
		    text_show(line, (size_t)(end - line)));
	note_port(st, line);
	note_protection(st, line);
	st->bye =
	    strncmp(line, "221 ", 4) == 0 || strncmp(line, "421 ", 4) == 0;
	note_start(st, line);
}

/* The next S< begins a new send. */
void
client_split(struct stage *st, const char *arg)
{
	client_check_read(st);
}

void
client_bytes(struct stage *st, const char *arg)
{
	const struct text *x;
	char bytes[TEXT_MAX];
	size_t n;

	if (!in_block)
		next_send(st, arg);
	in_block = true;
	x = step_text(st, arg);
	n = text_bytes(x, bytes);
	if (n > st->len - st->pos || memcmp(bytes, st->sent + st->pos, n) != 0)
		stage_fail(st, "expected \"%s\", got \"%s\"", arg,
		    text_show(st->sent + st->pos, st->len - st->pos));
	st->pos += n;
}

void
client_silence(struct stage *st, const char *arg)
{
	char c;

	client_check_read(st);
	stage_turns(st, QUIET_TURNS);
	if (recv(st->control, &c, 1, MSG_PEEK) >= 0 || errno != EAGAIN)
		stage_fail(st, "something was sent, or the connection ended");
}

/* "S size 500": the last send was shorter than that. "S notify": close_notify
 * came along. */
void
client_last_send(struct stage *st, const char *arg)
{
	unsigned n;

	if (strcmp(arg, "notify") == 0) {
		if (st->ctl == NULL || !st->ctl->closed)
			stage_fail(st, "no close_notify came along");
		client_check_read(st);
		return;
	}
	if (sscanf(arg, "size %u", &n) != 1)
		stage_fail(st, "S %s: unknown", arg);
	if (st->len >= n)
		stage_fail(st, "the send has %zu bytes", st->len);
}

static bool
is_gone(struct stage *st)
{
	return !stage_is_alive(st);
}

/* The connection ends, and the monitor is told why. */
void
client_end(struct stage *st, const char *arg)
{
	char text[512];

	client_check_read(st);
	if (st->ctl != NULL && st->bye && !st->ctl->closed)
		stage_fail(st, "the last reply has no close_notify");
	if (st->control >= 0 && !stage_ended(st)) {
		if (st->len > 0)
			stage_fail(st, "expected the end, got \"%s\"",
			    text_show(st->sent, st->len));
		stage_fail(st, "expected the end, which does not come");
	}
	fd_close(&st->control);
	if (!stage_wait(st, is_gone))
		stage_fail(st, "the session does not go");
	(void)snprintf(text, sizeof(text), "END %s", arg);
	monitor_expect(st, text);
}
