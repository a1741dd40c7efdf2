/* SPDX-License-Identifier: ISC */
/*
 * Splits the bytes of a control connection into command lines (RFC 959 3.1,
 * RFC 854 for Telnet, RFC 2640 3.1 for CR NUL).
 *
 * Telnet is decoded first: IAC IAC is one 0xff, WILL and DO are refused (the
 * answers are collected in refuse[], the caller sends them with the next
 * reply), IP, DM, other commands and subnegotiations vanish, an IAC before a
 * byte below 0xf0 is a literal 0xff. Then lines end at CRLF or a bare LF; CR
 * NUL is a CR inside the line; a CR before any other byte stays.
 *
 * A line longer than LINE_MAX_LEN, or with a NUL inside, is reported once as
 * such and otherwise dropped up to its end, using no memory.
 */
#ifndef COMMON_LINE_H
#define COMMON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PATH_MAX and a verb fit; beyond it a line is answered 500 (R interop 52). */
#define LINE_MAX_LEN 8192
#define LINE_REFUSALS 16 /* Telnet options answered per session */
#define LINE_SB_MAX 512 /* bytes of a subnegotiation that are swallowed */

enum line_result {
	LINE_NONE, /* all input consumed, no complete line yet */
	LINE_OK, /* a line, NUL-terminated, without its end */
	LINE_TOO_LONG,
	LINE_NUL, /* contained a NUL byte */
};

/*
 * One reader per control connection. The buffer exists only while a line is
 * incomplete, so an idle session costs this struct alone.
 */
struct line_reader {
	char *buf; /* decoded bytes of the current line */
	size_t len, cap;
	uint8_t telnet; /* decoder state (private) */
	uint16_t sblen; /* bytes swallowed in this subnegotiation */
	bool cr; /* the last decoded byte was a CR, not yet in buf */
	bool overlong, nul; /* how the current line will end */
	uint8_t nrefused; /* answers given so far */
	uint8_t refuse[3 * LINE_REFUSALS]; /* answers not yet taken */
	uint8_t nrefuse; /* bytes in refuse[] */
};

void line_init(struct line_reader *);
/* Frees the buffer and forgets a line that has begun; answers and their count
 * stay. */
void line_clear(struct line_reader *);

/*
 * Consumes bytes from *p (to end) until a line is complete, and moves *p past
 * them. On LINE_OK *line_r and *len_r describe the line; it may be written to
 * and is valid until the next call with this reader. A bad line is reported
 * when its end has come, so that replies keep their order.
 */
enum line_result line_next(struct line_reader *, const uint8_t **p,
    const uint8_t *end, char **line_r, size_t *len_r);

/* True while a line has begun and not ended. */
bool line_is_partial(const struct line_reader *);

/* Frees the buffer unless a line is partial: for sessions that go idle. */
void line_trim(struct line_reader *);

#endif
