/* SPDX-License-Identifier: ISC */
/*
 * The address syntaxes of FTP: PORT (RFC 959), EPRT and EPSV (RFC 2428), and
 * the replies 227 and 229.
 */
#ifndef COMMON_FTPADDR_H
#define COMMON_FTPADDR_H

#include <stddef.h>

#include "common/sockutil.h"

enum ftpaddr_result {
	FTPADDR_OK,
	FTPADDR_SYNTAX, /* 501 */
	FTPADDR_FAMILY, /* 522: a protocol number other than 1 and 2 */
};

/* "h1,h2,h3,h4,p1,p2"; decimal 0-255 each; port 0 is a syntax error. */
enum ftpaddr_result ftpaddr_parse_port(const char *arg, struct addr *out);
/* "|1|132.235.1.2|6275|"; any delimiter 33-126 that is no digit, ':' or '.';
 * an IPv4-mapped address becomes IPv4; "%scope" is refused. */
enum ftpaddr_result ftpaddr_parse_eprt(const char *arg, struct addr *out);

/* "h1,h2,h3,h4,p1,p2" of an IPv4 address; size >= 24. */
void ftpaddr_format_port(char *out, size_t size, const struct addr *);

#endif
