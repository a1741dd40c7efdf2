/* SPDX-License-Identifier: ISC */
/*
 * The messages of the control socket: writing and reading their fields.
 */
#include "server/control.h"

#include <string.h>

#define MORE_AT 3 /* behind the type and the status */
#define VALUE_MAX 2048 /* bytes of a text in a row */
#define TEXT_CUT "\n(more lines are in the log)"

/* ------------------------------------------------------------ the monitor */

void
control_ask(struct wbuf *b, void *mem, size_t cap, enum control_request type)
{
	ipc_begin(b, mem, cap, (uint16_t)type);
	put_u16(b, CONTROL_VERSION);
}

void
control_reply(struct wbuf *b, void *mem, size_t cap, enum control_status status,
    const char *text)
{
	char cut[CONTROL_TEXT_MAX];
	size_t len = strlen(text);

	ipc_begin(b, mem, cap, CT_REPLY);
	put_u8(b, (uint8_t)status);
	put_u8(b, CONTROL_LAST);
	if (len < sizeof(cut)) {
		put_str(b, text);
		return;
	}
	memcpy(cut, text, sizeof(cut) - sizeof(TEXT_CUT));
	memcpy(
	    cut + sizeof(cut) - sizeof(TEXT_CUT), TEXT_CUT, sizeof(TEXT_CUT));
	put_str(b, cut);
}

void
control_reply_more(struct wbuf *b)
{
	b->p[MORE_AT] = CONTROL_MORE;
}

/* A row ends with a field that has no name. */
size_t
control_row(struct wbuf *b)
{
	return b->len;
}

bool
control_row_end(struct wbuf *b, size_t row)
{
	put_str(b, "");
	if (b->err == 0)
		return true;
	b->err = 0;
	b->len = row;
	return false;
}

static void
field(struct wbuf *b, const char *name, enum control_unit unit)
{
	put_str(b, name);
	put_u8(b, (uint8_t)unit);
}

void
control_text(struct wbuf *b, const char *name, const char *value)
{
	field(b, name, UNIT_TEXT);
	put_strn(b, value, strnlen(value, VALUE_MAX - 1));
}

void
control_number(
    struct wbuf *b, const char *name, enum control_unit unit, uint64_t value)
{
	field(b, name, unit);
	put_u64(b, value);
}

void
control_none(struct wbuf *b, const char *name)
{
	field(b, name, UNIT_NONE);
}

/* ---------------------------------------------------------------- ternctl */

/* Copies a string of the reply into the row's memory. */
static const char *
take_text(struct rbuf *r, struct control_fields *row, size_t *used)
{
	char *text = row->mem + *used;
	size_t len;

	if (*used >= sizeof(row->mem)) {
		r->err = 1;
		return "";
	}
	len = get_str(r, text, sizeof(row->mem) - *used);
	*used += len + 1;
	return text;
}

static void
take_value(struct rbuf *r, struct control_fields *row, struct control_field *f,
    size_t *used)
{
	uint8_t unit = get_u8(r);

	if (unit >= UNIT_COUNT)
		r->err = 1;
	f->unit = r->err ? UNIT_NONE : (enum control_unit)unit;
	f->text = "";
	f->number = 0;
	if (f->unit == UNIT_TEXT)
		f->text = take_text(r, row, used);
	else if (f->unit != UNIT_NONE)
		f->number = get_u64(r);
}

int
control_get_row(struct rbuf *r, struct control_fields *row)
{
	size_t used = 0;

	row->n = 0;
	if (r->err)
		return -1;
	if (r->p == r->end)
		return 0;
	for (;;) {
		struct control_field *f = row->f + row->n;
		const char *name = take_text(r, row, &used);

		if (r->err)
			return -1;
		if (name[0] == '\0')
			return 1;
		if (row->n == CONTROL_FIELDS_MAX) {
			r->err = 1;
			return -1;
		}
		f->name = name;
		take_value(r, row, f, &used);
		row->n++;
	}
}

const struct control_field *
control_find(const struct control_fields *row, const char *name)
{
	unsigned i;

	for (i = 0; i < row->n; i++)
		if (strcmp(row->f[i].name, name) == 0)
			return &row->f[i];
	return NULL;
}

uint64_t
control_find_number(const struct control_fields *row, const char *name)
{
	const struct control_field *f = control_find(row, name);

	return f == NULL ? 0 : f->number;
}

const char *
control_find_text(const struct control_fields *row, const char *name)
{
	const struct control_field *f = control_find(row, name);

	return f == NULL ? "" : f->text;
}
