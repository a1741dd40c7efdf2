/* SPDX-License-Identifier: ISC */
/*
 * Replies (RFC 959 4.2): appended to the session's output, sent at the end of
 * the turn. Text is cleaned here: CR, LF and NUL become '?', 0xff is doubled
 * (Telnet); so a file name can never forge a reply.
 */
#ifndef SERVER_WORKER_REPLY_H
#define SERVER_WORKER_REPLY_H

#include <stddef.h>

#include "server/message.h"

struct session;

/* "code text" */
void reply(struct session *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "code-text": the first line, or free text inside, of a multi-line reply. */
void reply_more(struct session *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends such a reply where it is, if one has begun: another one shall follow. */
void reply_cut(struct session *);
/* " text": a line for machines (FEAT, MLST); one leading blank, no code. */
void reply_row(struct session *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whole lines (ending in CRLF) of listing text, each with a leading blank. */
void reply_rows(struct session *, const char *text, size_t len);
/*
 * 227 and 229: stateful firewalls want it at the start of its own segment, so
 * what is waiting is sent first and nothing follows in the same send.
 */
void reply_alone(struct session *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * The last reply of a transfer. If an earlier reply (the 150) is still
 * unacknowledged when it is sent, it is padded with blanks to a full segment,
 * so that Nagle's algorithm does not hold it back.
 */
void reply_final(struct session *, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A text of the configuration: its lines, its macros filled in. */
void reply_message(struct session *, int code, const char *text);
/* The same as the first lines of a reply that goes on. */
void reply_before(struct session *, int code, const char *text);
/* The same without its last line, which is returned. */
const char *reply_all_but_last(
    struct session *, int code, const char *text, char expanded[MESSAGE_SIZE]);
/* Bytes as they are: Telnet answers. */
void reply_bytes(struct session *, const void *, size_t);
/* Puts n blanks before the line end of the last reply. */
void reply_pad(struct session *, size_t n);

#endif
