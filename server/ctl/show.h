/* SPDX-License-Identifier: ISC */
/*
 * How ternctl shows what the server says: as text, as a table, as JSON. Nothing
 * that is shown can move the cursor of a terminal. Private to this folder.
 */
#ifndef SERVER_CTL_SHOW_H
#define SERVER_CTL_SHOW_H

#include <stdio.h>

#include "server/control.h"
#include "server/ctl/link.h"

#define SHOW_MAX 32 /* a number with its unit, with NUL */

struct show_column {
	const char *field, *heading;
};

struct show_table; /* rows are collected, to know how wide columns are */

/* The text of a reply: to standard output, or to standard error if it failed;
 * or as an object. Returns the exit status. */
int show_reply(const struct link_reply *, bool json);

/* The value in words: "1.5M", "2h05m", "yes". */
const char *show_value(const struct control_field *, char out[SHOW_MAX]);
/* Text whose control characters are shown as question marks. */
void show_text(FILE *, const char *);
void show_json_string(FILE *, const char *);
/* The row as a JSON object. */
void show_json_row(FILE *, const struct control_fields *);

/* columns ends with a field NULL. */
struct show_table *show_table_new(const struct show_column *columns);
void show_table_add(struct show_table *, const struct control_fields *);
/* Prints and frees it. */
void show_table_end(struct show_table *, FILE *);

#endif
