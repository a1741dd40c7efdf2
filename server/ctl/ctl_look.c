/* SPDX-License-Identifier: ISC */
/*
 * ternctl who, stats, bans: what the running server knows.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "server/ctl/ctl.h"
#include "server/ctl/ctl_control.h"
#include "server/ctl/link.h"
#include "server/ctl/show.h"

/* How rows of several pages are shown. */
struct view {
	const char *name; /* of the array, in JSON */
	const struct show_column *columns;
	bool json;
	struct show_table *table;
	unsigned nrows;
	uint64_t last; /* "id" of the last row */
};

static void
view_begin(struct view *v)
{
	if (v->json)
		printf("{\"%s\": [", v->name);
	else
		v->table = show_table_new(v->columns);
}

/* 0, or -1 if the reply is broken. */
static int
view_page(struct view *v, struct link_reply *r)
{
	static struct control_fields row;
	int more;

	while ((more = control_get_row(&r->rows, &row)) == 1) {
		if (v->json) {
			fputs(v->nrows == 0 ? "\n" : ",\n", stdout);
			show_json_row(stdout, &row);
		} else
			show_table_add(v->table, &row);
		v->nrows++;
		v->last = control_find_number(&row, "id");
	}
	return more;
}

static void
view_end(struct view *v)
{
	if (v->json)
		puts("]}");
	else
		show_table_end(v->table, stdout);
}

/* -------------------------------------------------------------------- who */
static const struct show_column session_columns[] = {
	{ "id", "ID" },
	{ "user", "USER" },
	{ "host", "HOST" },
	{ "address", "ADDRESS" },
	{ "tls", "TLS" },
	{ "connected", "SINCE" },
	{ "idle", "IDLE" },
	{ "transfer", "MOVES" },
	{ "bytes", "BYTES" },
	{ "size", "OF" },
	{ "rate", "RATE" },
	{ "directory", "DIRECTORY" },
	{ "path", "FILE" },
	{ NULL, NULL },
};

/* Asks page by page, each beginning behind the last. */
static int
show_pages(struct link *l, struct view *v,
    void (*ask)(struct link *, const struct view *))
{
	struct link_reply *r;

	view_begin(v);
	do {
		ask(l, v);
		r = link_answer(l);
		if (r == NULL || view_page(v, r) == -1)
			break;
	} while (r->more);
	view_end(v);
	return r == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void
ask_who(struct link *l, const struct view *v)
{
	put_u64(link_ask(l, CT_WHO), v->last);
}

static void
ask_bans(struct link *l, const struct view *v)
{
	put_u32(link_ask(l, CT_BANS), v->nrows);
}

static int
show_list(struct ctl *ctl, int argc, char **argv, struct view *v,
    void (*ask)(struct link *, const struct view *))
{
	struct control_options o;
	struct link *l;
	int status;

	if (control_options(argc, argv, "j", &o) != argc)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	v->json = o.json;
	status = show_pages(l, v, ask);
	link_close(l);
	return status;
}

int
ctl_who(struct ctl *ctl, int argc, char **argv)
{
	struct view v = { .name = "sessions", .columns = session_columns };

	return show_list(ctl, argc, argv, &v, ask_who);
}

/* ------------------------------------------------------------------- bans */
static const struct show_column ban_columns[] = {
	{ "address", "ADDRESS" },
	{ "left", "LEFT" },
	{ "count", "COUNT" },
	{ "refused", "REFUSED" },
	{ "reason", "REASON" },
	{ NULL, NULL },
};

int
ctl_bans(struct ctl *ctl, int argc, char **argv)
{
	struct view v = { .name = "bans", .columns = ban_columns };

	return show_list(ctl, argc, argv, &v, ask_bans);
}

/* ------------------------------------------------------------------ stats */
static void
print_stats(struct link_reply *r, bool json)
{
	static struct control_fields row;
	char text[SHOW_MAX];
	unsigned i;

	if (control_get_row(&r->rows, &row) != 1)
		return;
	if (json) {
		show_json_row(stdout, &row);
		putchar('\n');
		return;
	}
	for (i = 0; i < row.n; i++) {
		printf("%-36s", row.f[i].name);
		show_text(stdout, show_value(&row.f[i], text));
		putchar('\n');
	}
}

int
ctl_stats(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct link_reply *r;
	struct link *l;

	if (control_options(argc, argv, "j", &o) != argc)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	(void)link_ask(l, CT_STATS);
	r = link_answer(l);
	if (r != NULL)
		print_stats(r, o.json);
	link_close(l);
	return r == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
