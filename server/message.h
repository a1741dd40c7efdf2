/* SPDX-License-Identifier: ISC */
/*
 * Texts that the administrator chooses: a greeting, a welcome, a goodbye, what
 * is said to those who are refused. They may have several lines, and macros: %u
 * is the user, %h the client's address, %l the server's, %n its name, %t the
 * time, %d the directory, %m a number that belongs to the text, %% a percent
 * sign.
 */
#ifndef SERVER_MESSAGE_H
#define SERVER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sockutil.h"

#define MESSAGE_MAX_LINES 40
#define MESSAGE_SIZE 4096 /* of one when its macros are filled in, with NUL */

struct message_values {
	const char *user; /* NULL: nobody yet */
	const struct addr *peer, *local;
	const char *dir; /* NULL: none yet */
	uint32_t number; /* a limit, or minutes */
};

/* NULL if the text can be used, else what is wrong with it. Is called before
 * there are processes that cannot ask for the machine's name. */
const char *message_error(const char *text);
/* Fills the macros in; what does not fit is cut off. */
void message_expand(
    const char *text, const struct message_values *, char *out, size_t size);
/* A whole reply (RFC 959 4.2) of such lines; returns its length. */
size_t message_reply(int code, const char *expanded, char *out, size_t size);
/* What is said to who is refused at the door: this message with a 421, or where
 * TLS is expected its alert. Returns the length. */
size_t message_refusal(bool implicit, const char *message,
    const struct message_values *, char *out, size_t size);
/* Makes a text out of what stands in a file: without the end of its last line,
 * without what could not be said, and of no more lines. In place. */
void message_clean(char *text, unsigned max_lines);

#endif
