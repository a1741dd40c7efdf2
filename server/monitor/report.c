/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a configuration, collected line by line: for the log, and
 * for whoever asked for it to be loaded.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

void
report_begin(struct report *r)
{
	memset(r, 0, sizeof(*r));
	r->to = open_memstream(&r->text, &r->size);
	if (r->to == NULL)
		die("open_memstream");
}

/* A line is an error unless it says otherwise. */
static void
log_line(const char *line)
{
	if (strstr(line, ": warning: ") != NULL)
		log_warnx("%s", line);
	else if (*line != '\0')
		log_errorx("%s", line);
}

void
report_end(struct report *r, FILE *copy)
{
	char *rest, *line;

	fclose(r->to);
	if (copy != NULL)
		fputs(r->text, copy);
	rest = r->text;
	while ((line = strsep(&rest, "\n")) != NULL)
		log_line(line);
	free(r->text);
	memset(r, 0, sizeof(*r));
}
