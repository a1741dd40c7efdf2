/* SPDX-License-Identifier: ISC */
/*
 * What every reply must be, and which codes a command may get.
 */
#ifndef TESTS_DIALOG_REPLY_CHECK_H
#define TESTS_DIALOG_REPLY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Splits the next whole reply (RFC 959 4.2: one line, or several from "code-"
 * to "code ") off *p. Its code, 0 if there is none, -1 if it is malformed.
 */
int reply_next(const char **p, size_t *len);
/* May this command end with this code? */
bool reply_is_legal(const char *verb, int code);

#endif
