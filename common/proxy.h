/* SPDX-License-Identifier: ISC */
/*
 * The header that a proxy sends before a client's bytes, versions 1 and 2 of
 * the PROXY protocol (haproxy: doc/proxy-protocol.txt): where the connection
 * really comes from and which address it was made to.
 *
 * Who may send one is not decided here.
 */
#ifndef COMMON_PROXY_H
#define COMMON_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sockutil.h"

#define PROXY_HEADER_MAX 4096 /* bytes; most of it fields that are skipped */

enum proxy_result {
	PROXY_MORE, /* it may be the start of one */
	PROXY_OK,
	PROXY_BAD, /* it is none, and never will be */
	PROXY_END, /* proxy_read(): the connection ended before */
};

struct proxy_header {
	size_t len; /* of it in bytes */
	/* Else the socket's are the right ones: the proxy speaks for itself
	 * (LOCAL), or of what we do not know (UNKNOWN). */
	bool has_addresses;
	struct addr client, server; /* of one family */
};

/* Looks at n bytes. *why_r becomes a text with PROXY_BAD. */
enum proxy_result proxy_parse(
    const uint8_t *p, size_t n, struct proxy_header *, const char **why_r);

/* Do these bytes, the first ones of a connection, begin a header? */
bool proxy_begins(const uint8_t *p, size_t n);

struct proxy_reader {
	size_t len;
	uint8_t buf[PROXY_HEADER_MAX];
};

/*
 * Takes the header out of a socket, without waiting and not a byte more. May be
 * called again after PROXY_MORE; the reader begins with len 0.
 */
enum proxy_result proxy_read(
    struct proxy_reader *, int fd, struct proxy_header *, const char **why_r);

#endif
