/* SPDX-License-Identifier: ISC */
/*
 * What ternctl may see: the sessions, and the lines of their dialogues.
 */
#include "config.h"

#include <string.h>
#include <time.h>

#include "server/monitor/control.h"

/* --------------------------------------------------------------- sessions */
static const char *
state_word(const struct client *c)
{
	if (c->state == CLIENT_CHECKING || c->state == CLIENT_GRANTING)
		return "checking";
	if (c->state == CLIENT_NEW)
		return "connected";
	if (c->state == CLIENT_PROXY || c->state == CLIENT_REFUSED)
		return client_state_name(c->state);
	return "in";
}

static const char *const direction_words[STATUS_DIRECTION_COUNT] = {
	[STATUS_NONE] = "",
	[STATUS_DOWN] = "down",
	[STATUS_UP] = "up",
	[STATUS_LIST] = "list",
};

static void
put_transfer(struct wbuf *b, const struct client_status *st)
{
	control_text(b, "transfer", direction_words[st->direction]);
	if (st->direction == STATUS_NONE)
		return;
	control_text(b, "path", st->path);
	control_number(b, "bytes", UNIT_BYTES, st->moved);
	if (st->total == UINT64_MAX)
		control_none(b, "size");
	else
		control_number(b, "size", UNIT_BYTES, st->total);
	if (st->ms == 0)
		control_none(b, "rate");
	else /* in this order: no overflow, and slow ones are not 0 */
		control_number(b, "rate", UNIT_RATE,
		    st->moved / st->ms * 1000 +
			st->moved % st->ms * 1000 / st->ms);
}

static void
put_status(struct wbuf *b, const struct client_status *st)
{
	control_text(b, "tls", st->tls);
	control_text(b, "directory", st->cwd);
	control_text(b, "command", st->verb);
	control_number(b, "runs", UNIT_FLAG, st->runs);
	control_number(b, "idle", UNIT_SECONDS, st->idle);
	put_transfer(b, st);
}

static bool
put_client(struct wbuf *b, const struct client *c)
{
	time_t now = time(NULL);
	char ip[ADDR_STRLEN];
	size_t row = control_row(b);
	const char *user = c->account != NULL  ? client_account(c)
			   : c->status != NULL ? c->status->user
					       : "";

	control_number(b, "id", UNIT_NUMBER, c->sid);
	control_text(b, "user", user);
	control_text(b, "host", c->host != NULL ? c->host->key : "");
	control_text(b, "address", addr_ip_str(&c->peer, ip, sizeof(ip)));
	control_number(b, "port", UNIT_NUMBER, c->peer.port);
	control_text(b, "state", state_word(c));
	control_number(b, "since", UNIT_TIME, (uint64_t)c->since);
	control_number(b, "connected", UNIT_SECONDS,
	    now > c->since ? (uint64_t)(now - c->since) : 0);
	control_number(b, "worker", UNIT_NUMBER, (uint64_t)c->worker->pid);
	if (c->status != NULL)
		put_status(b, c->status);
	return control_row_end(b, row);
}

static void
answer_who(struct ctlconn *conn)
{
	struct sessions *ss = &conn->m->sessions;
	struct client *c = sessions_next(ss, conn->after);
	struct wbuf b;

	control_begin(&b, CONTROL_OK, "");
	for (; c != NULL && put_client(&b, c); c = sessions_next(ss, c->sid))
		;
	if (c != NULL)
		control_reply_more(&b);
	control_send(conn, &b);
}

/* The first page waits for what workers say; the others are of the same. */
int
control_who(struct ctlconn *conn, struct rbuf *b)
{
	conn->after = get_u64(b);
	if (rbuf_end(b) == -1)
		return -1;
	if (conn->after == 0)
		control_survey(conn, SURVEY_STATUS, answer_who);
	else
		answer_who(conn);
	return 0;
}

/* ------------------------------------------------------------------ lines */
static const char *const kind_words[DIALOGUE_KIND_COUNT] = {
	[DIALOGUE_COMMAND] = "command",
	[DIALOGUE_REPLY] = "reply",
	[DIALOGUE_EVENT] = "event",
};

static bool
put_line(struct wbuf *b, uint64_t number, const struct dialogue_line *line)
{
	size_t row = control_row(b);

	control_number(b, "number", UNIT_NUMBER, number);
	control_number(b, "time", UNIT_TIME, (uint64_t)line->at);
	control_number(b, "session", UNIT_NUMBER, line->sid);
	control_text(b, "user", line->user);
	control_text(b, "kind", kind_words[line->kind]);
	control_text(b, "text", line->text);
	return control_row_end(b, row);
}

/* Where the watch is: who asks for line 0 begins at "next". */
static void
put_place(struct wbuf *b, const struct dialogues *w)
{
	size_t row = control_row(b);

	control_number(b, "next", UNIT_NUMBER, w->next);
	control_number(b, "dropped", UNIT_NUMBER, w->dropped);
	(void)control_row_end(b, row);
}

/* What two who watch want to see: the same session, or all. */
static uint64_t
wanted(struct ctlconn *conn)
{
	uint64_t now = clock_ms();
	const struct ctlconn *c;

	TAILQ_FOREACH (c, &conn->m->control.conns, entry)
		if (c->watched_at != 0 && now - c->watched_at < 2000 &&
		    c->watched != conn->watched)
			return 0;
	return conn->watched;
}

int
control_lines(struct ctlconn *conn, struct rbuf *b)
{
	struct dialogues *w = &conn->m->dialogues;
	const struct dialogue_line *line;
	uint64_t number;
	struct wbuf out;

	conn->watched = get_u64(b);
	number = get_u64(b);
	if (rbuf_end(b) == -1)
		return -1;
	conn->watched_at = clock_ms();
	dialogues_want(conn->m, wanted(conn));
	control_begin(&out, CONTROL_OK, "");
	put_place(&out, w);
	if (number == 0)
		number = w->next;
	if (number + DIALOGUE_LINES < w->next)
		number = w->next - DIALOGUE_LINES;
	for (; number < w->next; number++) {
		line = dialogues_get(w, number);
		if (line != NULL && !put_line(&out, number, line)) {
			control_reply_more(&out);
			break;
		}
	}
	control_send(conn, &out);
	return 0;
}
