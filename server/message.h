/* SPDX-License-Identifier: ISC */
/*
 * Texts that the administrator chooses: a greeting, a welcome, a goodbye. They
 * may have several lines, and macros: %u is the user, %h the client's address,
 * %t the time, %d the directory, %% a percent sign.
 */
#ifndef SERVER_MESSAGE_H
#define SERVER_MESSAGE_H

#include <stddef.h>

#include "common/sockutil.h"

#define MESSAGE_MAX_LINES 40
#define MESSAGE_SIZE 4096 /* of one when its macros are filled in, with NUL */

struct message_values {
	const char *user; /* NULL: nobody yet */
	const struct addr *peer;
	const char *dir;
};

/* NULL if the text can be used, else what is wrong with it. */
const char *message_error(const char *text);
/* Fills the macros in; what does not fit is cut off. */
void message_expand(
    const char *text, const struct message_values *, char *out, size_t size);

#endif
