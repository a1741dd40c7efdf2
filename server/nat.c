/* SPDX-License-Identifier: ISC */
/*
 * The addresses that PASV announces.
 */
#include "server/nat.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/hostname.h"
#include "common/mem.h"
#include "common/str.h"

static const struct network everybody = { .family = 4 };

/* ------------------------------------------------------------ parsing */
static int
parse_target(struct nat_rule *r, const char *word, char *why, size_t size)
{
	if (strcmp(word, "local") == 0)
		r->kind = NAT_LOCAL;
	else if (addr_parse_ip(&r->addr, word) == 0)
		r->kind = NAT_ADDRESS;
	else if (hostname_is_good(word)) {
		r->kind = NAT_NAME;
		(void)strlcpy(r->name, word, sizeof(r->name));
	} else {
		(void)snprintf(why, size,
		    "\"%.60s\" is nothing that PASV could announce; write an "
		    "IPv4 address, a host name or local",
		    word);
		return -1;
	}
	if (r->kind != NAT_ADDRESS || r->addr.family == 4)
		return 0;
	(void)snprintf(
	    why, size, "PASV can announce IPv4 addresses only; write one");
	return -1;
}

/* "NETWORK TARGET" or "TARGET" */
static int
parse_rule(struct nat_rule *r, char *text, char *why, size_t size)
{
	char *net = str_trim(text), *target = net + strcspn(net, " \t");

	r->clients = everybody;
	if (*target == '\0')
		return parse_target(r, net, why, size);
	*target++ = '\0';
	if (network_parse(&r->clients, net) == 0 && r->clients.family == 4)
		return parse_target(r, str_trim(target), why, size);
	(void)snprintf(why, size,
	    "\"%.60s\" is no network of clients; write one such as 10.0.0.0/8 "
	    "before the address",
	    net);
	return -1;
}

int
nat_parse(struct nat *nat, const char *text, char *why, size_t size)
{
	char copy[NAT_MAX * (NAT_NAME_MAX + NETWORK_STRLEN)];
	char *rest = copy, *part;

	memset(nat, 0, sizeof(*nat));
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		copy[0] = '\0';
	while ((part = strsep(&rest, ",")) != NULL) {
		if (nat->n == NAT_MAX) {
			(void)snprintf(why, size,
			    "there are more than %d rules; join some of them",
			    NAT_MAX);
			return -1;
		}
		if (parse_rule(&nat->rule[nat->n++], part, why, size) == -1)
			return -1;
	}
	return 0;
}

const char *
nat_str(const struct nat *nat, char *out, size_t size)
{
	char text[ADDR_STRLEN];
	const struct nat_rule *r;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < nat->n; i++) {
		r = &nat->rule[i];
		(void)strlcat(out, i > 0 ? ", " : "", size);
		if (r->clients.bits > 0) {
			(void)strlcat(out,
			    network_str(&r->clients, text, sizeof(text)), size);
			(void)strlcat(out, " ", size);
		}
		(void)strlcat(out,
		    r->kind == NAT_LOCAL ? "local"
		    : r->kind == NAT_NAME
			? r->name
			: addr_ip_str(&r->addr, text, sizeof(text)),
		    size);
	}
	return out;
}

/* ----------------------------------------------------------- choosing */
const struct nat_rule *
nat_find(const struct nat *nat, const struct addr *client)
{
	unsigned i;

	for (i = 0; i < nat->n; i++)
		if (network_contains(&nat->rule[i].clients, client))
			return &nat->rule[i];
	return NULL;
}

void
nat_announce(const struct nat *nat, const struct addr names[NAT_MAX],
    const struct addr *client, struct addr *addr)
{
	const struct nat_rule *r = nat_find(nat, client);
	const struct addr *other = NULL;
	uint16_t port = addr->port;

	if (r == NULL || addr->family != 4)
		return;
	if (r->kind == NAT_ADDRESS)
		other = &r->addr;
	else if (r->kind == NAT_NAME)
		other = &names[r - nat->rule];
	if (other == NULL || other->family != 4)
		return;
	*addr = *other;
	addr->port = port;
}

static bool
is_private(const struct addr *a)
{
	static const struct network nets[] = {
		{ 4, 8, { 10 } },
		{ 4, 12, { 172, 16 } },
		{ 4, 16, { 192, 168 } },
		{ 4, 10, { 100, 64 } },
		{ 4, 16, { 169, 254 } },
		{ 4, 8, { 127 } },
	};
	size_t i;

	for (i = 0; i < NELEM(nets); i++)
		if (network_contains(&nets[i], a))
			return true;
	return false;
}

bool
nat_is_unreachable(const struct addr *announced, const struct addr *client)
{
	return is_private(announced) && !is_private(client);
}

int
nat_resolve(const char *name, struct addr *addr, char *why, size_t size)
{
	static const struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *all = NULL;
	int rc = getaddrinfo(name, NULL, &hints, &all);

	if (rc == 0 && addr_from_sockaddr(addr, all->ai_addr) == 0) {
		freeaddrinfo(all);
		return 0;
	}
	(void)strlcpy(
	    why, rc != 0 ? gai_strerror(rc) : "it has no IPv4 address", size);
	if (rc == 0)
		freeaddrinfo(all);
	return -1;
}
