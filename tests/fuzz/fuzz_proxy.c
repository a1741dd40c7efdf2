/* SPDX-License-Identifier: ISC */
/*
 * Headers of the PROXY protocol, in pieces: however the bytes arrive, the
 * answer is the same, no more than the header is taken, and a header's start is
 * no header.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "common/proxy.h"
#include "tests/fuzz/fuzz.h"

static void
check_header(const uint8_t *p, const struct proxy_header *h)
{
	struct proxy_header again;
	const char *why = NULL;
	size_t n;

	REQUIRE(h->len >= 15 && h->len <= PROXY_HEADER_MAX);
	for (n = 0; n < h->len; n++)
		REQUIRE(proxy_parse(p, n, &again, &why) == PROXY_MORE);
	REQUIRE(proxy_begins(p, h->len));
	if (!h->has_addresses)
		return;
	REQUIRE(h->client.family == 4 || h->client.family == 6);
	REQUIRE(h->client.family == h->server.family);
	REQUIRE(h->client.scope == 0 && h->server.scope == 0);
}

/* A part of it as it might come; the first byte says how large pieces are. */
static void
check_reading(const uint8_t *p, size_t size, size_t piece,
    enum proxy_result expected, const struct proxy_header *h)
{
	static struct proxy_reader reader;
	enum proxy_result result = PROXY_MORE;
	struct proxy_header again;
	const char *why = NULL;
	size_t sent = 0, n;
	uint8_t next;
	int fds[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	reader.len = 0;
	while (result == PROXY_MORE && sent < size) {
		n = size - sent < piece ? size - sent : piece;
		REQUIRE(send(fds[1], p + sent, n, 0) == (ssize_t)n);
		sent += n;
		result = proxy_read(&reader, fds[0], &again, &why);
	}
	REQUIRE(result == expected);
	if (result == PROXY_OK) {
		REQUIRE(memcmp(&again, h, sizeof(again)) == 0);
		n = (size_t)recv(fds[0], &next, 1, MSG_DONTWAIT);
		REQUIRE(n == (sent > h->len ? 1 : (size_t)-1));
		REQUIRE(sent == h->len || next == p[h->len]);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header h;
	const char *why = NULL;
	enum proxy_result r;

	if (size == 0 || size > 2 * PROXY_HEADER_MAX)
		return 0;
	r = proxy_parse(data + 1, size - 1, &h, &why);
	REQUIRE((why != NULL) == (r == PROXY_BAD));
	if (r == PROXY_OK)
		check_header(data + 1, &h);
	check_reading(data + 1, size - 1, (size_t)data[0] + 1, r, &h);
	return 0;
}
