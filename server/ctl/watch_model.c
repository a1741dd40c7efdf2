/* SPDX-License-Identifier: ISC */
/*
 * The model of ternctl watch.
 */
#include "config.h"

#include "server/ctl/watch_model.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

void
watch_model_init(struct watch_model *m)
{
	memset(m, 0, sizeof(*m));
	m->lines = xcalloc(WATCH_KEPT, sizeof(*m->lines));
	m->dropped_first = UINT64_MAX;
}

void
watch_model_clear(struct watch_model *m)
{
	free(m->rows);
	free(m->shown);
	free(m->lines);
	memset(m, 0, sizeof(*m));
}

/* --------------------------------------------------------------- sessions */
static int
compare_ids(const void *a, const void *b)
{
	const struct watch_row *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct watch_row *
find_row(const struct watch_model *m, uint64_t id)
{
	struct watch_row key = { .id = id };

	if (m->nrows == 0)
		return NULL;
	return bsearch(&key, m->rows, m->nrows, sizeof(key), compare_ids);
}

/* The server counts up, so a new one stands behind the others. */
static struct watch_row *
new_row(struct watch_model *m, uint64_t id)
{
	struct watch_row *row;

	if (m->nrows == m->room) {
		m->room = m->room == 0 ? 64 : 2 * m->room;
		m->rows = xrealloc(m->rows, m->room * sizeof(*m->rows));
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers */
		m->shown = xrealloc(m->shown, m->room * sizeof(*m->shown));
	}
	row = &m->rows[m->nrows++];
	memset(row, 0, sizeof(*row));
	row->id = id;
	return row;
}

/* The mean rate at first, then what has moved since the last look; smoothed, as
 * a client that is slow takes much at once. */
static void
set_rate(struct watch_row *row, uint64_t bytes, uint64_t mean, uint64_t now)
{
	uint64_t rate;

	if (!row->moves)
		row->rate = 0;
	else if (row->looked == 0 || bytes < row->bytes || now <= row->looked)
		row->rate = mean;
	else {
		rate = (bytes - row->bytes) * 1000 / (now - row->looked);
		row->rate = (2 * row->rate + rate) / 3;
	}
	row->bytes = bytes;
	row->looked = row->moves ? now : 0;
}

static void
copy(char *dst, size_t size, const struct control_fields *f, const char *name)
{
	(void)strlcpy(dst, control_find_text(f, name), size);
}

void
watch_look_begin(struct watch_model *m, uint64_t now_ms)
{
	size_t i;

	m->now = now_ms;
	for (i = 0; i < m->nrows; i++)
		m->rows[i].seen = false;
}

void
watch_look(struct watch_model *m, const struct control_fields *f)
{
	uint64_t id = control_find_number(f, "id");
	struct watch_row *row = find_row(m, id);

	if (row == NULL)
		row = new_row(m, id);
	row->seen = true;
	copy(row->user, sizeof(row->user), f, "user");
	copy(row->address, sizeof(row->address), f, "address");
	copy(row->tls, sizeof(row->tls), f, "tls");
	copy(row->command, sizeof(row->command), f, "command");
	copy(row->transfer, sizeof(row->transfer), f, "transfer");
	row->moves = row->transfer[0] != '\0';
	copy(
	    row->what, sizeof(row->what), f, row->moves ? "path" : "directory");
	row->size = control_find_number(f, "size");
	row->idle = control_find_number(f, "idle");
	set_rate(row, control_find_number(f, "bytes"),
	    control_find_number(f, "rate"), m->now);
}

static void
put_in_order(struct watch_model *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->nrows; i++)
		if (m->rows[i].moves)
			m->shown[n++] = &m->rows[i];
	for (i = 0; i < m->nrows; i++)
		if (!m->rows[i].moves)
			m->shown[n++] = &m->rows[i];
}

static void
sum_up(struct watch_model *m)
{
	const struct watch_row *row;

	m->down = m->up = 0;
	m->nmoving = 0;
	ARRAY_FOREACH (row, m->rows, m->nrows) {
		m->nmoving += row->moves;
		if (strcmp(row->transfer, "up") == 0)
			m->up += row->rate;
		else
			m->down += row->rate;
	}
}

void
watch_look_end(struct watch_model *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->nrows; i++)
		if (m->rows[i].seen)
			m->rows[n++] = m->rows[i];
	m->nrows = n;
	put_in_order(m);
	if (find_row(m, m->selected) == NULL)
		m->selected = n > 0 ? m->shown[0]->id : 0;
	sum_up(m);
}

const struct watch_row *
watch_selected(const struct watch_model *m)
{
	return find_row(m, m->selected);
}

int
watch_percent(const struct watch_row *row)
{
	if (!row->moves || row->size == 0)
		return -1;
	if (row->bytes >= row->size)
		return 100;
	/* No overflow for sizes of exabytes. */
	return (int)((double)row->bytes / (double)row->size * 100);
}

/* ------------------------------------------------------------------ lines */
static void
set_place(struct watch_model *m, const struct control_fields *f)
{
	uint64_t next = control_find_number(f, "next");
	uint64_t dropped = control_find_number(f, "dropped");

	if (m->dropped_first == UINT64_MAX)
		m->dropped_first = dropped;
	m->dropped = dropped - m->dropped_first;
	if (m->next == 0)
		m->next = next;
}

void
watch_feed(struct watch_model *m, const struct control_fields *f)
{
	struct watch_text *line;
	uint64_t number;

	if (control_find(f, "number") == NULL) {
		set_place(m, f);
		return;
	}
	number = control_find_number(f, "number");
	if (number > m->next)
		m->missed += number - m->next;
	m->next = number + 1;
	line = &m->lines[m->nlines++ % WATCH_KEPT];
	line->session = control_find_number(f, "session");
	line->time = control_find_number(f, "time");
	line->kind = control_find_text(f, "kind")[0];
	copy(line->user, sizeof(line->user), f, "user");
	copy(line->text, sizeof(line->text), f, "text");
}

/* Refusals and failures: replies from 400 on, and events that have a reason to
 * tell. */
static bool
is_error(const struct watch_text *line)
{
	if (line->kind == 'r')
		return line->text[0] == '4' || line->text[0] == '5';
	return line->kind == 'e' && strstr(line->text, "fail") != NULL;
}

bool
watch_shows(const struct watch_model *m, const struct watch_text *line)
{
	return (m->only_session == 0 || line->session == m->only_session) &&
	       (m->only_user[0] == '\0' ||
		   strcmp(line->user, m->only_user) == 0) &&
	       (!m->errors_only || is_error(line));
}

const struct watch_text *
watch_line(const struct watch_model *m, size_t n)
{
	uint64_t last = m->paused ? m->paused_at : m->nlines, i;
	const struct watch_text *line;

	for (i = last; i > 0 && i + WATCH_KEPT > m->nlines; i--) {
		line = &m->lines[(i - 1) % WATCH_KEPT];
		if (watch_shows(m, line) && n-- == 0)
			return line;
	}
	return NULL;
}

/* ------------------------------------------------------------------- keys */
size_t
watch_place(const struct watch_model *m)
{
	size_t i;

	for (i = 0; i < m->nrows; i++)
		if (m->shown[i]->id == m->selected)
			return i;
	return 0;
}

static void
move(struct watch_model *m, int by)
{
	size_t at = watch_place(m);

	if (by < 0 && at > 0)
		m->selected = m->shown[at - 1]->id;
	else if (by > 0 && at + 1 < m->nrows)
		m->selected = m->shown[at + 1]->id;
}

static void
toggle_user(struct watch_model *m)
{
	const struct watch_row *row = watch_selected(m);

	if (m->only_user[0] != '\0')
		m->only_user[0] = '\0';
	else if (row != NULL)
		(void)strlcpy(m->only_user, row->user, sizeof(m->only_user));
}

void
watch_press(struct watch_model *m, enum watch_key key)
{
	switch (key) {
	case WATCH_UP:
		move(m, -1);
		break;
	case WATCH_DOWN:
		move(m, 1);
		break;
	case WATCH_SESSION:
		m->only_session = m->only_session != 0 ? 0 : m->selected;
		break;
	case WATCH_USER:
		toggle_user(m);
		break;
	case WATCH_ERRORS:
		m->errors_only = !m->errors_only;
		break;
	case WATCH_PAUSE:
		m->paused = !m->paused;
		m->paused_at = m->nlines;
		break;
	case WATCH_HELP:
		m->help = !m->help;
		break;
	}
}
