/* SPDX-License-Identifier: ISC */
/*
 * A table of rows: numbers stand right, texts left, the last column takes what
 * it needs.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/ctl/show.h"

#define COLUMNS_MAX 16

struct show_table {
	const struct show_column *columns;
	unsigned ncolumns;
	int width[COLUMNS_MAX];
	bool right[COLUMNS_MAX];
	char **cells; /* row by row */
	size_t ncells;
};

struct show_table *
show_table_new(const struct show_column *columns)
{
	struct show_table *t = xcalloc(1, sizeof(*t));
	const struct show_column *c;

	t->columns = columns;
	for (c = columns; c->field != NULL; c++)
		t->width[t->ncolumns++] = (int)strlen(c->heading);
	return t;
}

void
show_table_add(struct show_table *t, const struct control_fields *row)
{
	const struct control_field *f;
	char text[SHOW_MAX];
	const char *cell;
	unsigned i;

	t->cells =
	    xrealloc(t->cells, (t->ncells + t->ncolumns) * sizeof(*t->cells));
	for (i = 0; i < t->ncolumns; i++) {
		f = control_find(row, t->columns[i].field);
		cell = f == NULL ? "-" : show_value(f, text);
		if (cell[0] == '\0')
			cell = "-";
		if (f != NULL && f->unit != UNIT_TEXT && f->unit != UNIT_NONE)
			t->right[i] = true;
		if ((int)strlen(cell) > t->width[i])
			t->width[i] = (int)strlen(cell);
		t->cells[t->ncells++] = xstrdup(cell);
	}
}

static void
print_cell(
    const struct show_table *t, unsigned column, const char *text, FILE *out)
{
	bool last = column + 1 == t->ncolumns;
	int pad = t->width[column] - (int)strlen(text);

	if (t->right[column])
		fprintf(out, "%*s", pad, "");
	show_text(out, text);
	if (!last)
		fprintf(out, "%*s", t->right[column] ? 2 : pad + 2, "");
	else
		putc('\n', out);
}

void
show_table_end(struct show_table *t, FILE *out)
{
	unsigned column;
	size_t cell;

	for (column = 0; column < t->ncolumns; column++)
		print_cell(t, column, t->columns[column].heading, out);
	for (cell = 0; cell < t->ncells; cell++) {
		if (column == t->ncolumns)
			column = 0;
		print_cell(t, column++, t->cells[cell], out);
		free(t->cells[cell]);
	}
	free(t->cells);
	free(t);
}
