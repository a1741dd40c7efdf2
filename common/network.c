/* SPDX-License-Identifier: ISC */
/*
 * Networks and lists of them: text to value, and whether an address is inside.
 */
#include "common/network.h"

#include <stdio.h>
#include <string.h>

#include "common/sockutil.h"
#include "common/str.h"

#define SEPARATORS " \t,"

static unsigned
family_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* The bits of byte i that belong to the prefix. */
static uint8_t
byte_mask(unsigned bits, unsigned i)
{
	if (bits >= (i + 1) * 8)
		return 0xff;
	return bits <= i * 8 ? 0 : (uint8_t)(0xff << (8 - bits % 8));
}

static bool
is_clean(const struct network *n)
{
	unsigned i;

	for (i = 0; i < family_bits(n->family) / 8; i++)
		if ((n->ip[i] & ~byte_mask(n->bits, i)) != 0)
			return false;
	return true;
}

int
network_parse(struct network *n, const char *text)
{
	char ip[ADDR_STRLEN], *slash;
	struct addr addr;
	uint64_t bits;

	if (strlcpy(ip, text, sizeof(ip)) >= sizeof(ip))
		return -1;
	slash = strchr(ip, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (addr_parse_ip(&addr, ip) == -1)
		return -1;
	bits = family_bits(addr.family);
	if (slash != NULL && parse_u64(slash, bits, &bits) == -1)
		return -1;
	memset(n, 0, sizeof(*n));
	n->family = addr.family;
	n->bits = (uint8_t)bits;
	memcpy(n->ip, addr.ip, sizeof(n->ip));
	return is_clean(n) ? 0 : -1;
}

bool
network_contains(const struct network *n, const struct addr *a)
{
	unsigned i;

	if (n->family != a->family)
		return false;
	for (i = 0; i * 8 < n->bits; i++)
		if (((n->ip[i] ^ a->ip[i]) & byte_mask(n->bits, i)) != 0)
			return false;
	return true;
}

const char *
network_str(const struct network *n, char *out, size_t size)
{
	struct addr addr = { .family = n->family };
	char ip[ADDR_STRLEN];

	memcpy(addr.ip, n->ip, sizeof(addr.ip));
	addr_ip_str(&addr, ip, sizeof(ip));
	if (n->bits == family_bits(n->family))
		(void)strlcpy(out, ip, size);
	else
		(void)snprintf(out, size, "%s/%u", ip, n->bits);
	return out;
}

/* ------------------------------------------------------------------ lists */
int
networks_parse(struct networks *list, const char *text, char *bad, size_t size)
{
	char word[NETWORK_STRLEN];
	size_t len;

	list->n = 0;
	bad[0] = '\0';
	for (;; text += len) {
		text += strspn(text, SEPARATORS);
		len = strcspn(text, SEPARATORS);
		if (len == 0)
			return 0;
		if (list->n == NETWORKS_MAX)
			return -1;
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (len >= sizeof(word) ||
		    network_parse(&list->net[list->n], word) == -1) {
			(void)strlcpy(bad, word, size);
			return -1;
		}
		list->n++;
	}
}

bool
networks_contain(const struct networks *list, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (network_contains(&list->net[i], a))
			return true;
	return false;
}

const char *
networks_str(const struct networks *list, char *out, size_t size)
{
	char word[NETWORK_STRLEN];
	size_t len = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < list->n; i++) {
		network_str(&list->net[i], word, sizeof(word));
		if (len + strlen(word) + 2 > size)
			break;
		len += (size_t)snprintf(
		    out + len, size - len, "%s%s", i > 0 ? " " : "", word);
	}
	return out;
}
