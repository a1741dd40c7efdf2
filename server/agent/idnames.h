/* SPDX-License-Identifier: ISC */
/*
 * Names of users and groups for LIST, remembered.
 */
#ifndef SERVER_AGENT_IDNAMES_H
#define SERVER_AGENT_IDNAMES_H

#include <stdint.h>

#define IDNAME_MAX 33 /* with its NUL */

/* The name without blanks, or the digits where there is none. For threads. */
void idname_user(char *out, uint32_t uid);
void idname_group(char *out, uint32_t gid);
/* Digits only. */
void idname_digits(char *out, uint32_t id);
/* Lets the C library load what look-ups need, before the sandbox is closed. */
void idnames_init(uint32_t uid, uint32_t gid);

#endif
