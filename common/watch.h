/* SPDX-License-Identifier: ISC */
/*
 * Files watched for becoming other ones: by content, by name, or by a symbolic
 * link on the way to them. Whoever wants to know looks from time to time.
 */
#ifndef COMMON_WATCH_H
#define COMMON_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

/* A file as it was when it was looked at last. */
struct watched {
	char *path;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	bool missing;
};

struct watch {
	struct watched *files;
	size_t n;
};

/* Remembers the file as it is now: call it before reading it. */
void watch_add(struct watch *, const char *path);
/* True once after each change. */
bool watch_changed(struct watch *);
void watch_clear(struct watch *);

#endif
