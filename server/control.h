/* SPDX-License-Identifier: ISC */
/*
 * What ternctl and the monitor say to each other over the control socket.
 *
 * The socket is AF_UNIX SOCK_SEQPACKET, the messages are those of common/ipc.h.
 * ternctl asks, the monitor answers each request with exactly one reply, and
 * nobody asks again before the reply was read: so neither side ever keeps more
 * than one message. Long answers come in pages: the next is asked for with a
 * position of the last.
 *
 * A reply carries rows of fields that have a name and a unit. So ternctl prints
 * them, as a table or as JSON, without knowing each of them.
 */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.h"

/* First field of every request (u16); another version is told so. */
#define CONTROL_VERSION 1
#define CONTROL_TEXT_MAX (60 * 1024) /* text of a reply, with NUL */
#define CONTROL_WORD_MAX 512 /* a string of a request, with NUL */

enum control_request {
	/* u8 dry_run */
	CT_RELOAD = 161,
	/* u8 now */
	CT_STOP = 162,
	/* no fields: no new sessions; ends when the last has left */
	CT_DRAIN = 163,
	/* u64 after: the first page has 0, the next the last id of the page */
	CT_WHO = 164,
	/* u8 enum control_whom, str who, str reason */
	CT_KICK = 165,
	/* u32 how many were shown already */
	CT_BANS = 166,
	/* str address, u32 seconds (0: as long as it has earned), str reason */
	CT_BAN = 167,
	/* str address */
	CT_UNBAN = 168,
	/* no fields */
	CT_STATS = 169,
	/* u64 session (0: all), u64 number of the first line that is wanted */
	CT_LINES = 170,
	/* u64 session, u64 bytes per second in each direction; 0: no limit */
	CT_RATE = 171,
};

/* u8 enum control_status, u8 enum control_more, str text, rows to the end */
#define CT_REPLY 192

enum control_status {
	CONTROL_OK,
	CONTROL_FAILED, /* text says why */
};

enum control_more {
	CONTROL_LAST,
	CONTROL_MORE, /* there is another page */
};

/* Whom a command means. */
enum control_whom {
	WHOM_SESSION, /* its number */
	WHOM_USER,
	WHOM_ADDRESS,
	WHOM_COUNT
};

/* What the value of a field is; says how to show it. */
enum control_unit {
	UNIT_NONE, /* no value */
	UNIT_TEXT,
	UNIT_NUMBER, /* all others are u64, too */
	UNIT_BYTES,
	UNIT_RATE, /* bytes per second */
	UNIT_SECONDS, /* a duration */
	UNIT_TIME, /* seconds since 1970 */
	UNIT_FLAG,
	UNIT_COUNT
};

/* ------------------------------------------------------------ the monitor */

/* Starts a request. */
void control_ask(struct wbuf *, void *mem, size_t cap, enum control_request);

/* Starts a reply; text may be of several lines, and is cut if need be. */
void control_reply(
    struct wbuf *, void *mem, size_t cap, enum control_status, const char *);
/* Says that there is another page. */
void control_reply_more(struct wbuf *);
/* Starts a row; the result is for its end. */
size_t control_row(struct wbuf *);
/* False if the row did not fit, and was taken back. */
bool control_row_end(struct wbuf *, size_t row);
void control_text(struct wbuf *, const char *name, const char *value);
void control_number(
    struct wbuf *, const char *name, enum control_unit, uint64_t value);
/* The field is known, its value is not, or there is none. */
void control_none(struct wbuf *, const char *name);

/* ---------------------------------------------------------------- ternctl */

#define CONTROL_FIELDS_MAX 128
#define CONTROL_ROW_MAX (16 * 1024) /* bytes of the texts of a row */

struct control_field {
	const char *name;
	enum control_unit unit;
	uint64_t number; /* unless UNIT_TEXT */
	const char *text; /* UNIT_TEXT; else "" */
};

struct control_fields { /* one row */
	unsigned n;
	struct control_field f[CONTROL_FIELDS_MAX];
	char mem[CONTROL_ROW_MAX];
};

/* Reads the next row: 1, 0 at the end, -1 if the reply is broken. */
int control_get_row(struct rbuf *, struct control_fields *);
/* The field of this name, or NULL. */
const struct control_field *control_find(
    const struct control_fields *, const char *name);
/* Its number or text; 0 or "" if there is none. */
uint64_t control_find_number(const struct control_fields *, const char *name);
const char *control_find_text(const struct control_fields *, const char *name);

#endif
