/* SPDX-License-Identifier: ISC */
/*
 * What an account may do, as bits, names and presets.
 */
#ifndef SERVER_RIGHTS_H
#define SERVER_RIGHTS_H

#include <stddef.h>
#include <stdint.h>

enum right {
	RIGHT_LIST = 1 << 0,
	RIGHT_READ = 1 << 1, /* RETR */
	RIGHT_WRITE = 1 << 2, /* STOR of a new name, STOU */
	RIGHT_OVERWRITE = 1 << 3, /* STOR or RNTO onto an existing file */
	RIGHT_APPEND = 1 << 4, /* APPE, REST + STOR */
	RIGHT_DELETE = 1 << 5,
	RIGHT_RENAME = 1 << 6,
	RIGHT_MKDIR = 1 << 7,
	RIGHT_RMDIR = 1 << 8,
	RIGHT_CHMOD = 1 << 9,
	RIGHT_MTIME = 1 << 10,
	RIGHT_HASH = 1 << 11,
};

#define RIGHTS_READ_ONLY (RIGHT_LIST | RIGHT_READ | RIGHT_HASH)
#define RIGHTS_UPLOAD_ONLY (RIGHT_LIST | RIGHT_WRITE | RIGHT_MKDIR)
#define RIGHTS_FULL 0xfffu

/* The name of one bit, "list" ... "hash". */
const char *right_name(enum right);
/*
 * Parses "full", "read-only", "upload-only", "none" or names joined by blanks
 * or commas ("list read write"). 0 or -1.
 */
int rights_parse(const char *text, uint32_t *out);
/* The preset's name, or the names joined by blanks. */
const char *rights_str(uint32_t rights, char *out, size_t size);

#endif
