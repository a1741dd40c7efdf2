/* SPDX-License-Identifier: ISC */
/*
 * Cursors that write and read the fields of one message.
 *
 * Numbers are in host byte order: both ends are processes of one machine.
 * Strings carry a 16-bit length, byte strings a 32-bit one; neither contains
 * its own terminator. An error sticks: after the first short read or full
 * buffer every further call does nothing, so a reader checks once, at the end,
 * with rbuf_end(), which also fails when bytes are left over.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct wbuf {
	uint8_t *p;
	size_t len, cap;
	int err; /* something did not fit */
};

struct rbuf {
	const uint8_t *p, *end;
	int err; /* something was missing or malformed */
};

void wbuf_init(struct wbuf *, void *mem, size_t cap);
void put_u8(struct wbuf *, uint8_t);
void put_u16(struct wbuf *, uint16_t);
void put_u32(struct wbuf *, uint32_t);
void put_u64(struct wbuf *, uint64_t);
void put_i64(struct wbuf *, int64_t);
void put_bytes(struct wbuf *, const void *, size_t);
/* A string of at most 65535 bytes; one with a NUL inside cannot be put. */
void put_str(struct wbuf *, const char *);
void put_strn(struct wbuf *, const char *, size_t);

void rbuf_init(struct rbuf *, const void *mem, size_t len);
uint8_t get_u8(struct rbuf *);
uint16_t get_u16(struct rbuf *);
uint32_t get_u32(struct rbuf *);
uint64_t get_u64(struct rbuf *);
int64_t get_i64(struct rbuf *);
/*
 * Points into the message and sets *len_r; NULL and 0 after an error. Valid
 * as long as the message's memory is.
 */
const void *get_bytes(struct rbuf *, size_t *len_r);
/*
 * Copies a string with its NUL into dst; an error if it does not fit in size
 * or contains a NUL. dst is always terminated. Returns the length.
 */
size_t get_str(struct rbuf *, char *dst, size_t size);
/* As get_str, in fresh memory (at most max bytes); NULL after an error. */
char *get_strdup(struct rbuf *, size_t max);
/* 0 if all of the message was read and nothing was wrong, else -1. */
int rbuf_end(const struct rbuf *) __attribute__((warn_unused_result));

#endif
