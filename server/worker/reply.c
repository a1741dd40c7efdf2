/* SPDX-License-Identifier: ISC */
/*
 * Replies: appended to the session's output, cleaned on the way.
 */
#include "server/worker/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/message.h"
#include "server/worker/ctrl.h"
#include "server/worker/refusal.h"
#include "server/worker/status.h"

#define TEXT_MAX                                                     \
	8704 /* the longest path, a quarter of it doubled, and words \
	      */
#define OUT_STEP 512 /* most turns need no second allocation */

/* Nobody hears what is said after the end. */
static bool
is_mute(const struct session *s)
{
	return s->ended || s->fin;
}

/* Room for n more bytes at the end of the output. */
static char *
reserve(struct session *s, size_t n)
{
	struct outbuf *o = &s->out;
	size_t cap = o->cap;

	if (o->len + n > cap) {
		cap = (o->len + n + OUT_STEP - 1) / OUT_STEP * OUT_STEP;
		if (cap < 2 * o->cap)
			cap = 2 * o->cap;
		o->p = xrealloc(o->p, cap);
		o->cap = cap;
	}
	return o->p + o->len;
}

void
reply_bytes(struct session *s, const void *p, size_t n)
{
	if (is_mute(s))
		return;
	memcpy(reserve(s, n), p, n);
	s->out.len += n;
}

void
reply_pad(struct session *s, size_t n)
{
	char *end = reserve(s, n);

	memset(end - 2, ' ', n);
	end[n - 2] = '\r';
	end[n - 1] = '\n';
	s->out.len += n;
}

/*
 * One line: what could end it is replaced (a name must not forge a reply), and
 * 0xff is doubled (RFC 854: it is Telnet's IAC).
 */
static void
put_line(struct session *s, const char *head, const char *text, size_t len)
{
	size_t i, n = strlen(head);
	char *p, *start;

	if (is_mute(s))
		return;
	if (s->w->dialogue != NULL)
		dialogue_reply(s, head, text, len);
	p = start = reserve(s, n + 2 * len + 2);
	p = mempcpy(p, head, n);
	for (i = 0; i < len; i++) {
		if (text[i] == '\r' || text[i] == '\n' || text[i] == '\0')
			*p++ = '?';
		else if ((*p++ = text[i]) == (char)0xff)
			*p++ = (char)0xff;
	}
	*p++ = '\r';
	*p++ = '\n';
	s->out.len += (size_t)(p - start);
}

/* Some clients ignore a line without any text (protocol 2.5). */
static void
put_text(struct session *s, const char *head, const char *text)
{
	if (text[0] == '\0' && head[0] != ' ')
		text = "-";
	put_line(s, head, text, strlen(text));
}

static void __attribute__((format(printf, 3, 0)))
put_format(struct session *s, const char *head, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	text[0] = '\0';
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	put_text(s, head, text);
}

static void __attribute__((format(printf, 4, 0)))
put_code(struct session *s, int code, char mark, const char *fmt, va_list ap)
{
	char head[16], text[TEXT_MAX];

	(void)snprintf(head, sizeof(head), "%03d%c", code, mark);
	text[0] = '\0';
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	put_text(s, head, text);
	s->open_reply = mark == '-' ? (uint16_t)code : 0;
	if (code >= 400 && mark == ' ' && !is_mute(s))
		refusal_said(s, code, text);
}

void
reply(struct session *s, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_code(s, code, ' ', fmt, ap);
	va_end(ap);
}

void
reply_more(struct session *s, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_code(s, code, '-', fmt, ap);
	va_end(ap);
}

void
reply_cut(struct session *s)
{
	if (s->open_reply != 0)
		reply(s, s->open_reply, "The rest is missing.");
}

void
reply_row(struct session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(s, " ", fmt, ap);
	va_end(ap);
}

void
reply_rows(struct session *s, const char *text, size_t len)
{
	const char *end = text + len, *eol;

	while (text < end &&
	       (eol = memmem(text, (size_t)(end - text), "\r\n", 2)) != NULL) {
		put_line(s, " ", text, (size_t)(eol - text));
		text = eol + 2;
	}
}

void
reply_alone(struct session *s, int code, const char *fmt, ...)
{
	va_list ap;

	ctrl_flush(s);
	s->out.cut = s->out.len; /* what could not leave yet */
	va_start(ap, fmt);
	put_code(s, code, ' ', fmt, ap);
	va_end(ap);
	ctrl_flush(s);
}

void
reply_final(struct session *s, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_code(s, code, ' ', fmt, ap);
	va_end(ap);
	s->pad_last = true;
}

/* Every line carries the code, so none can look like another reply's. */
const char *
reply_all_but_last(
    struct session *s, int code, const char *text, char expanded[MESSAGE_SIZE])
{
	const struct message_values v = { .user = s->user,
		.peer = &s->peer,
		.local = &s->local,
		.dir = s->cwd };
	char *line, *rest = expanded;

	message_expand(text, &v, expanded, MESSAGE_SIZE);
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
		reply_more(s, code, "%s", line);
	return line;
}

void
reply_before(struct session *s, int code, const char *text)
{
	char expanded[MESSAGE_SIZE];

	reply_more(s, code, "%s", reply_all_but_last(s, code, text, expanded));
}

void
reply_message(struct session *s, int code, const char *text)
{
	char expanded[MESSAGE_SIZE];

	reply(s, code, "%s", reply_all_but_last(s, code, text, expanded));
}
