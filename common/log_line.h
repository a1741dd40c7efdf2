/* SPDX-License-Identifier: ISC */
/*
 * One line of the log while it is being made, in the form that the log has: a
 * head (time, level, process), then either a message or an event's name and
 * fields. Nothing is allocated; a field that does not fit is left out whole.
 * Private to common/.
 */
#ifndef COMMON_LOG_LINE_H
#define COMMON_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "common/log.h"

/* PIPE_BUF: a write of so much to a pipe is never mixed with another. */
#define LOG_LINE_MAX 4096
#define LOG_STR_MAX 1024 /* of one escaped string, with its NUL */

struct log_form;

struct log_line {
	const struct log_form *form;
	enum log_level level;
	size_t len, nfields;
	char text[LOG_LINE_MAX];
	char fields[LOG_LINE_MAX]; /* the journal's own, beside the text */
};

void log_line_begin(struct log_line *, enum log_level);
/* Bytes that are left. */
size_t log_line_room(const struct log_line *);
/* Instead of fields: free text, flattened to one line. */
void log_line_message(struct log_line *, const char *text);
/* What happened: "retrieve". */
void log_line_event(struct log_line *, const char *name);
/* A word of our own, without blanks and quotes. */
void log_line_word(struct log_line *, const char *key, const char *word);
void log_line_number(struct log_line *, const char *key, uint64_t);
/* Anybody's text: escaped and in quotes. */
void log_line_string(struct log_line *, const char *key, const char *text);
void log_line_write(struct log_line *);

#endif
