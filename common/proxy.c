/* SPDX-License-Identifier: ISC */
/*
 * Headers of the PROXY protocol. Strict: what differs from its description is
 * no header, because a proxy would not write it and somebody else might.
 */
#include "common/proxy.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "common/str.h"

#define V1_MAX 107 /* bytes of a line with its end */
#define V1_WORDS 6 /* PROXY TCP4 client server port port */
#define V2_FIXED 16

/* Without the NULs behind them. */
static const char v1_start[] = "PROXY ";
static const char v2_start[] = "\r\n\r\n\0\r\nQUIT\n";
#define V1_START (sizeof(v1_start) - 1)
#define V2_START (sizeof(v2_start) - 1)

static enum proxy_result
bad(const char **why_r, const char *why)
{
	*why_r = why;
	return PROXY_BAD;
}

/* Are these bytes like those, as far as they go? */
static bool
is_like(const uint8_t *p, size_t n, const char *start, size_t len)
{
	return memcmp(p, start, n < len ? n : len) == 0;
}

/* An address that nobody has, or that are many, is no client's. */
static bool
is_one(const struct addr *a)
{
	static const uint8_t none[16];

	if (a->family == 4)
		return a->ip[0] != 0 && a->ip[0] < 224;
	return a->ip[0] != 0xff && memcmp(a->ip, none, sizeof(none)) != 0;
}

static enum proxy_result
check_addresses(struct proxy_header *h, const char **why_r)
{
	if (h->client.family != h->server.family)
		return bad(why_r, "its addresses are of two families");
	if (!is_one(&h->client) || !is_one(&h->server))
		return bad(why_r, "it has an address that nobody can have");
	h->has_addresses = true;
	return PROXY_OK;
}

/* -------------------------------------------------------------- version 1 */
static int
parse_port(const char *word, uint16_t *port)
{
	uint64_t n;

	if (parse_u64(word, UINT16_MAX, &n) == -1 ||
	    (word[0] == '0' && word[1] != '\0'))
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static enum proxy_result
parse_words(
    char *const word[V1_WORDS], struct proxy_header *h, const char **why_r)
{
	bool six = strcmp(word[1], "TCP6") == 0;

	if (!six && strcmp(word[1], "TCP4") != 0)
		return bad(why_r, "its protocol is not TCP4, TCP6 or UNKNOWN");
	/* By their notation: ::ffff:192.0.2.1 is a TCP6 one (R34). */
	if (addr_parse_ip(&h->client, word[2]) == -1 ||
	    addr_parse_ip(&h->server, word[3]) == -1 ||
	    (strchr(word[2], ':') != NULL) != six ||
	    (strchr(word[3], ':') != NULL) != six)
		return bad(why_r, "it has a bad address");
	if (parse_port(word[4], &h->client.port) == -1 ||
	    parse_port(word[5], &h->server.port) == -1)
		return bad(why_r, "it has a bad port");
	return check_addresses(h, why_r);
}

/* A line without its end. */
static enum proxy_result
parse_line(char *line, struct proxy_header *h, const char **why_r)
{
	char *word[V1_WORDS], *rest = line;
	int n = 0;

	while (n < V1_WORDS && (word[n] = strsep(&rest, " ")) != NULL) {
		/* What follows may be anything. */
		if (n == 1 && strcmp(word[n], "UNKNOWN") == 0)
			return PROXY_OK;
		n++;
	}
	if (n < V1_WORDS || rest != NULL)
		return bad(why_r, "it has not six words");
	return parse_words(word, h, why_r);
}

static enum proxy_result
parse_v1(const uint8_t *p, size_t n, struct proxy_header *h, const char **why_r)
{
	size_t len = n < V1_MAX ? n : V1_MAX;
	const uint8_t *end = memchr(p, '\n', len);
	char line[V1_MAX];

	if (end == NULL)
		return len < V1_MAX ? PROXY_MORE
				    : bad(why_r, "its line is too long");
	h->len = (size_t)(end - p) + 1;
	if (end[-1] != '\r')
		return bad(why_r, "its line ends without CR");
	memcpy(line, p, h->len);
	line[h->len - 2] = '\0';
	if (strlen(line) != h->len - 2)
		return bad(why_r, "it has a NUL in it");
	return parse_line(line, h, why_r);
}

/* -------------------------------------------------------------- version 2 */
/* By the family and the protocol: TCP's addresses are those we use; the others
 * that there are tell us nothing (and have no less than so many bytes). */
static const struct v2_kind {
	uint8_t code;
	int family; /* AF_UNSPEC: not ours */
	uint16_t len;
} v2_kinds[] = {
	{ 0x00, AF_UNSPEC, 0 },
	{ 0x11, AF_INET, 12 },
	{ 0x12, AF_UNSPEC, 12 },
	{ 0x21, AF_INET6, 36 },
	{ 0x22, AF_UNSPEC, 36 },
	{ 0x31, AF_UNSPEC, 216 },
	{ 0x32, AF_UNSPEC, 216 },
};

/* Written as a socket has it, so that it is made normal as one of a socket. */
static void
take_address(struct addr *a, int family, const uint8_t *ip, const uint8_t *port)
{
	struct addr raw = { .family = family == AF_INET ? 4 : 6 };
	struct sockaddr_storage ss;

	memcpy(raw.ip, ip, family == AF_INET ? 4 : 16);
	raw.port = (uint16_t)(port[0] << 8 | port[1]);
	(void)addr_to_sockaddr(&raw, &ss);
	(void)addr_from_sockaddr(a, (const struct sockaddr *)&ss);
}

static enum proxy_result
parse_addresses(const struct v2_kind *k, const uint8_t *p,
    struct proxy_header *h, const char **why_r)
{
	size_t ip = k->family == AF_INET ? 4 : 16;

	if (k->family == AF_UNSPEC)
		return PROXY_OK;
	take_address(&h->client, k->family, p, p + 2 * ip);
	take_address(&h->server, k->family, p + ip, p + 2 * ip + 2);
	return check_addresses(h, why_r);
}

static enum proxy_result
parse_v2(const uint8_t *p, size_t n, struct proxy_header *h, const char **why_r)
{
	size_t len, i;

	if (n < V2_FIXED)
		return PROXY_MORE;
	if (p[12] != 0x20 && p[12] != 0x21)
		return bad(why_r, "its version or command is unknown");
	for (i = 0; i < NELEM(v2_kinds) && v2_kinds[i].code != p[13]; i++)
		;
	if (i == NELEM(v2_kinds))
		return bad(why_r, "its family or protocol is unknown");
	len = (size_t)(p[14] << 8 | p[15]);
	if (V2_FIXED + len > PROXY_HEADER_MAX)
		return bad(why_r, "it is too long");
	/* Whoever speaks for himself says nothing of that. */
	if (p[12] == 0x21 && len < v2_kinds[i].len)
		return bad(why_r, "it is too short for its addresses");
	if (n < V2_FIXED + len)
		return PROXY_MORE;
	h->len = V2_FIXED + len;
	return p[12] == 0x20
		   ? PROXY_OK
		   : parse_addresses(&v2_kinds[i], p + V2_FIXED, h, why_r);
}

/* ------------------------------------------------------------------- both */
enum proxy_result
proxy_parse(
    const uint8_t *p, size_t n, struct proxy_header *h, const char **why_r)
{
	memset(h, 0, sizeof(*h));
	if (n == 0)
		return PROXY_MORE;
	if (is_like(p, n, v1_start, V1_START))
		return parse_v1(p, n, h, why_r);
	if (is_like(p, n, v2_start, V2_START))
		return parse_v2(p, n, h, why_r);
	return bad(why_r, "something else came first");
}

bool
proxy_begins(const uint8_t *p, size_t n)
{
	return (n >= V1_START && is_like(p, n, v1_start, V1_START)) ||
	       (n >= V2_START && is_like(p, n, v2_start, V2_START));
}

/* Only looks; there is room for it behind what has been taken. */
static enum proxy_result
peek(struct proxy_reader *r, int fd, size_t *n_r, const char **why_r)
{
	ssize_t n;

	do
		n = recv(fd, r->buf + r->len, sizeof(r->buf) - r->len,
		    MSG_PEEK | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	*n_r = n > 0 ? (size_t)n : 0;
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)))
		return PROXY_MORE;
	*why_r = n == 0 ? "the connection ended before it" : strerror(errno);
	return PROXY_END;
}

enum proxy_result
proxy_read(
    struct proxy_reader *r, int fd, struct proxy_header *h, const char **why_r)
{
	enum proxy_result result;
	size_t n, take;

	result = peek(r, fd, &n, why_r);
	if (result == PROXY_END || n == 0)
		return result;
	result = proxy_parse(r->buf, r->len + n, h, why_r);
	if (result == PROXY_BAD)
		return result;
	/* None is so long that it could fill the buffer and be unfinished. */
	take = result == PROXY_OK ? h->len - r->len : n;
	if (recv(fd, r->buf + r->len, take, MSG_DONTWAIT) != (ssize_t)take)
		return bad(why_r, "it could not be read");
	r->len += take;
	return result;
}
