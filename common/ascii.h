/* SPDX-License-Identifier: ISC */
/*
 * TYPE A conversion in both directions (RFC 959 3.1.1.1, users.md R29.2).
 *
 * To the network every LF becomes CRLF unless a CR stands before it; from the
 * network CRLF becomes LF and a lone CR stays. State carries a CR across
 * buffer borders.
 */
#ifndef COMMON_ASCII_H
#define COMMON_ASCII_H

#include <stdbool.h>
#include <stddef.h>

struct ascii {
	bool cr; /* last byte seen (to net) or withheld (from net) was a CR */
};

/* Converts n bytes; out has room for 2 * n. Returns the bytes written. */
size_t ascii_to_net(struct ascii *, char *out, const char *in, size_t n);
/* Converts n bytes; out has room for n + 1. Returns the bytes written. */
size_t ascii_from_net(struct ascii *, char *out, const char *in, size_t n);
/* At the end of an upload: the CR that was withheld, 0 or 1 byte to out. */
size_t ascii_from_net_end(struct ascii *, char *out);

#endif
