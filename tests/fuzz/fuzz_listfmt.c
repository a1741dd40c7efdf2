/* SPDX-License-Identifier: ISC */
/*
 * Listing lines: whatever stands on the disk, a line fits its room, ends in
 * the only CRLF it has, and keeps the name whole at its end.
 */
#include <stdbool.h>

#include "common/listfmt.h"
#include "tests/fuzz/fuzz.h"

static void
check_line(const struct list_entry *e, enum list_style style, unsigned facts,
    time_t now)
{
	size_t target = e->target != NULL ? strlen(e->target) : 0;
	size_t room = LIST_LINE_MAX(e->namelen, target), n;
	char *out = malloc(room);
	bool bad = memchr(e->name, '\r', e->namelen) != NULL ||
		   memchr(e->name, '\n', e->namelen) != NULL;

	REQUIRE(out != NULL);
	n = list_format(out, style, facts, e, now);
	REQUIRE((n == 0) == bad);
	if (n > 0) {
		REQUIRE(n <= room && n >= e->namelen + 2);
		REQUIRE(memchr(out, '\r', n) == out + n - 2);
		REQUIRE(memchr(out, '\n', n) == out + n - 1);
	}
	if (n > 0 && style == LIST_MLSX) {
		const char *name = out + n - 2 - e->namelen;

		REQUIRE(memcmp(name, e->name, e->namelen) == 0);
		REQUIRE(name[-1] == ' ');
		REQUIRE(memchr(out, ' ', n) == name - 1);
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned facts = (unsigned)input_uint(&in, 1);
	time_t now = (time_t)(input_uint(&in, 4));
	uint8_t has = (uint8_t)input_uint(&in, 1);
	struct list_entry e = {
		.mode = (mode_t)input_uint(&in, 2),
		.size = input_uint(&in, 8),
		.mtime = (time_t)input_uint(&in, 8),
		.nlink = input_uint(&in, 4),
		.dev = input_uint(&in, 8),
		.ino = input_uint(&in, 8),
		.uid = (uint32_t)input_uint(&in, 4),
		.gid = (uint32_t)input_uint(&in, 4),
		.special = "\0cp\0"[has & 3],
		.suffix = "\0/*@"[has >> 2 & 3],
		.perm = has & 16 ? "adfrw" : NULL,
	};
	char *owner = input_str(&in), *target = input_str(&in);
	char *name = input_str(&in);

	e.owner = has & 32 ? owner : NULL;
	e.group = has & 64 ? owner : NULL;
	e.target = has & 128 ? target : NULL;
	e.name = name;
	e.namelen = strlen(name);
	check_line(&e, LIST_LONG, 0, now);
	check_line(&e, LIST_NAMES, 0, now);
	check_line(&e, LIST_MLSX, facts, now);
	free(owner);
	free(target);
	free(name);
	return 0;
}
