/* SPDX-License-Identifier: ISC */
/*
 * The dialogues of sessions for who watches: commands, replies, and what else
 * happened. Lines are collected and sent a few times per second. What is more
 * than fits, or what the monitor has no time for, is counted and dropped:
 * nobody who transfers files waits for somebody who looks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/log_event.h"
#include "common/mem.h"
#include "server/proto.h"
#include "server/worker/mon.h"
#include "server/worker/session.h"
#include "server/worker/status.h"

#define COLLECT_MS 100
#define COLLECT_MAX (32 * 1024)
#define LINE_MAX 320 /* of a line, with NUL */
#define USER_MAX 64

struct dialogue {
	struct worker *w;
	uint64_t only; /* this session; 0: all */
	struct timer timer; /* set: there is something to send */
	uint32_t dropped;
	struct wbuf lines;
	uint8_t mem[COLLECT_MAX];
};

static void
collect_again(struct dialogue *d)
{
	wbuf_init(&d->lines, d->mem, sizeof(d->mem));
	d->dropped = 0;
}

static void
send_cb(void *arg)
{
	struct dialogue *d = arg;
	struct worker *w = d->w;
	struct wbuf b;

	if (w->mon != NULL && chan_is_behind(w->mon)) {
		timer_set(&d->timer, COLLECT_MS);
		return;
	}
	ipc_begin(&b, w->msg, sizeof(w->msg), WM_LINES);
	put_u32(&b, d->dropped);
	put_bytes(&b, d->lines.p, d->lines.len);
	mon_tell(w, &b);
	collect_again(d);
}

void
dialogue_start(struct worker *w, uint64_t sid)
{
	if (w->dialogue == NULL) {
		w->dialogue = xmalloc(sizeof(*w->dialogue));
		w->dialogue->w = w;
		timer_init(&w->dialogue->timer, send_cb, w->dialogue);
		collect_again(w->dialogue);
	}
	w->dialogue->only = sid;
}

void
dialogue_stop(struct worker *w)
{
	if (w->dialogue != NULL)
		timer_cancel(&w->dialogue->timer);
	free(w->dialogue);
	w->dialogue = NULL;
}

bool
dialogue_is_on(const struct session *s)
{
	const struct dialogue *d = s->w->dialogue;

	return d != NULL && (d->only == 0 || d->only == s->id);
}

static void
add(const struct session *s, enum dialogue_kind kind, const char *text)
{
	struct dialogue *d = s->w->dialogue;
	size_t start = d->lines.len;
	char user[USER_MAX] = "";

	if (s->user != NULL)
		log_vis(user, sizeof(user), s->user, strlen(s->user));
	put_u64(&d->lines, s->id);
	put_u8(&d->lines, (uint8_t)kind);
	put_str(&d->lines, user);
	put_str(&d->lines, text);
	if (d->lines.err) {
		d->lines.err = 0;
		d->lines.len = start;
		d->dropped++;
	}
	if (!timer_is_set(&d->timer))
		timer_set(&d->timer, COLLECT_MS);
}

void
dialogue_command(struct session *s, const char *verb, const char *arg)
{
	char vis[LINE_MAX], text[LINE_MAX + 32];

	if (!dialogue_is_on(s))
		return;
	log_vis(vis, sizeof(vis), arg, strlen(arg));
	snprintf(
	    text, sizeof(text), "%s%s%s", verb, arg[0] == '\0' ? "" : " ", vis);
	add(s, DIALOGUE_COMMAND, text);
}

void
dialogue_reply(
    struct session *s, const char *head, const char *text, size_t len)
{
	char vis[LINE_MAX], line[LINE_MAX + 16];

	if (!dialogue_is_on(s))
		return;
	snprintf(line, sizeof(line), "%s%s", head,
	    s->secret ? "***" : log_vis(vis, sizeof(vis), text, len));
	add(s, DIALOGUE_REPLY, line);
}

/* "end idle-timeout"; what commands and replies do not show. */
void
dialogue_event(const struct session *s, const struct log_event *e)
{
	const char *parts[] = { e->path,
		e->reason != REASON_NONE ? reason_code(e->reason) : NULL,
		e->detail };
	char vis[LINE_MAX], line[LINE_MAX];
	size_t i;

	if (!dialogue_is_on(s))
		return;
	(void)strlcpy(line, log_event_name(e->id), sizeof(line));
	for (i = 0; i < NELEM(parts); i++) {
		if (parts[i] == NULL)
			continue;
		(void)strlcat(line, " ", sizeof(line));
		log_vis(vis, sizeof(vis), parts[i], strlen(parts[i]));
		(void)strlcat(line, vis, sizeof(line));
	}
	add(s, DIALOGUE_EVENT, line);
}
