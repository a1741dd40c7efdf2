/* SPDX-License-Identifier: ISC */
/*
 * Parsers of the addresses that PORT and EPRT carry. Nothing is guessed: what
 * does not follow the grammar to its last byte is a syntax error.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/ftpaddr.h"
#include "common/str.h"

/* A number of one to three digits, 0-255; moves *s past it. 0 or -1. */
static int
get_byte(const char **s, uint8_t *out)
{
	unsigned n = 0;
	int digits = 0;

	while (ascii_isdigit((unsigned char)**s)) {
		if (++digits > 3)
			return -1;
		n = n * 10 + (unsigned)(*(*s)++ - '0');
	}
	if (digits == 0 || n > 255)
		return -1;
	*out = (uint8_t)n;
	return 0;
}

enum ftpaddr_result
ftpaddr_parse_port(const char *arg, struct addr *out)
{
	uint8_t b[6];
	int i;

	for (i = 0; i < 6; i++) {
		if (i > 0 && *arg++ != ',')
			return FTPADDR_SYNTAX;
		if (get_byte(&arg, &b[i]) == -1)
			return FTPADDR_SYNTAX;
	}
	arg += strspn(arg, " ");
	if (*arg != '\0' || (b[4] == 0 && b[5] == 0))
		return FTPADDR_SYNTAX;
	memset(out, 0, sizeof(*out));
	out->family = 4;
	memcpy(out->ip, b, 4);
	out->port = (uint16_t)(b[4] << 8 | b[5]);
	return FTPADDR_OK;
}

/* Copies up to the delimiter d and moves *s past it. 0 or -1. */
static int
get_field(const char **s, char d, char *out, size_t size)
{
	const char *e = strchr(*s, d);
	size_t n;

	if (e == NULL)
		return -1;
	n = (size_t)(e - *s);
	if (n >= size)
		return -1;
	memcpy(out, *s, n);
	out[n] = '\0';
	*s = e + 1;
	return 0;
}

static bool
is_delimiter(char c)
{
	return c >= 33 && c <= 126 && !ascii_isdigit((unsigned char)c) &&
	       c != ':' && c != '.';
}

/* The address of a field; its notation must be that of the protocol. */
static int
get_ip(const char *text, uint64_t protocol, struct addr *out)
{
	bool is_ip6 = strchr(text, ':') != NULL;

	if (is_ip6 != (protocol == 2) || strchr(text, '%') != NULL)
		return -1;
	return addr_parse_ip(out, text);
}

enum ftpaddr_result
ftpaddr_parse_eprt(const char *arg, struct addr *out)
{
	char protocol[8], ip[INET6_ADDRSTRLEN], port[8];
	uint64_t proto_n, port_n;
	char d = arg[0];

	if (!is_delimiter(d))
		return FTPADDR_SYNTAX;
	arg++;
	if (get_field(&arg, d, protocol, sizeof(protocol)) == -1 ||
	    get_field(&arg, d, ip, sizeof(ip)) == -1 ||
	    get_field(&arg, d, port, sizeof(port)) == -1)
		return FTPADDR_SYNTAX;
	arg += strspn(arg, " ");
	if (*arg != '\0' || parse_u64(protocol, UINT32_MAX, &proto_n) == -1 ||
	    parse_u64(port, UINT16_MAX, &port_n) == -1 || port_n == 0)
		return FTPADDR_SYNTAX;
	if (proto_n != 1 && proto_n != 2)
		return FTPADDR_FAMILY;
	if (get_ip(ip, proto_n, out) == -1)
		return FTPADDR_SYNTAX;
	out->port = (uint16_t)port_n;
	return FTPADDR_OK;
}

void
ftpaddr_format_port(char *out, size_t size, const struct addr *a)
{
	snprintf(out, size, "%u,%u,%u,%u,%u,%u", a->ip[0], a->ip[1], a->ip[2],
	    a->ip[3], (unsigned)a->port >> 8, a->port & 0xffu);
}
