/* SPDX-License-Identifier: ISC */
/*
 * The dialogues of sessions while somebody watches: workers send their lines,
 * the last ones are kept, and who watches fetches those that he has not seen.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/monitor/monitor.h"

#define PATIENCE_MS 5000 /* who watches asks a few times per second */

static void
tell(struct wproc *w)
{
	const struct dialogues *all = &w->m->dialogues;
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_WATCH);
	put_u8(&b, all->lines != NULL);
	put_u64(&b, all->only);
	worker_send(w, &b, -1);
}

void
dialogues_tell(struct wproc *w)
{
	if (w->m->dialogues.lines != NULL)
		tell(w);
}

static void
tell_all(struct monitor *m)
{
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		tell(w);
}

static void
nobody_cb(void *arg)
{
	struct monitor *m = arg;

	free(m->dialogues.lines);
	m->dialogues.lines = NULL;
	tell_all(m);
}

void
dialogues_init(struct monitor *m)
{
	m->dialogues.next = 1;
	timer_init(&m->dialogues.timer, nobody_cb, m);
}

void
dialogues_clear(struct monitor *m)
{
	timer_cancel(&m->dialogues.timer);
	free(m->dialogues.lines);
	m->dialogues.lines = NULL;
}

void
dialogues_want(struct monitor *m, uint64_t only)
{
	struct dialogues *w = &m->dialogues;

	timer_set(&w->timer, PATIENCE_MS);
	if (w->lines != NULL && w->only == only)
		return;
	if (w->lines == NULL)
		w->lines = xcalloc(DIALOGUE_LINES, sizeof(*w->lines));
	w->only = only;
	tell_all(m);
}

/* Numbers go on when a watch ends, so that no old line is taken for a new one;
 * a place that was not written since has no time. */
const struct dialogue_line *
dialogues_get(const struct dialogues *w, uint64_t number)
{
	const struct dialogue_line *line;

	if (w->lines == NULL || number >= w->next ||
	    number + DIALOGUE_LINES < w->next)
		return NULL;
	line = &w->lines[number % DIALOGUE_LINES];
	return line->at == 0 ? NULL : line;
}

static int
get_line(struct wproc *w, struct rbuf *b, struct dialogue_line *line)
{
	uint8_t kind;

	line->sid = get_u64(b);
	kind = get_u8(b);
	get_str(b, line->user, sizeof(line->user));
	get_str(b, line->text, sizeof(line->text));
	if (b->err || kind >= DIALOGUE_KIND_COUNT)
		return -1;
	line->kind = (enum dialogue_kind)kind;
	line->at = time(NULL);
	return 0;
}

int
dialogues_lines(struct wproc *w, struct rbuf *b)
{
	struct dialogues *all = &w->m->dialogues;
	uint32_t dropped = get_u32(b);
	struct dialogue_line line;
	struct rbuf lines;
	const void *p;
	size_t len;

	p = get_bytes(b, &len);
	if (rbuf_end(b) == -1)
		return -1;
	all->dropped += dropped;
	rbuf_init(&lines, p, len);
	while (lines.p < lines.end) {
		if (get_line(w, &lines, &line) == -1)
			return -1;
		if (all->lines != NULL)
			all->lines[all->next++ % DIALOGUE_LINES] = line;
	}
	return 0;
}
