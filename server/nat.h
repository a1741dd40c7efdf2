/* SPDX-License-Identifier: ISC */
/*
 * Which address PASV announces to which client (R4.1): a list of networks of
 * clients, each with an address, a host name or "local"; the first match wins.
 * An address without a network is everybody's.
 */
#ifndef SERVER_NAT_H
#define SERVER_NAT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/network.h"
#include "common/sockutil.h"

#define NAT_MAX 16
#define NAT_NAME_MAX 254 /* with NUL */

enum nat_kind {
	NAT_LOCAL, /* the address that the client reached */
	NAT_ADDRESS,
	NAT_NAME, /* of a host, which somebody must look up */
};

struct nat_rule {
	struct network clients;
	enum nat_kind kind;
	struct addr addr; /* NAT_ADDRESS */
	char name[NAT_NAME_MAX]; /* NAT_NAME */
};

struct nat {
	unsigned n;
	struct nat_rule rule[NAT_MAX];
};

/* "10.0.0.0/8 local, ftp.example.org". 0, or -1 with a sentence in why. */
int nat_parse(struct nat *, const char *text, char *why, size_t size);
const char *nat_str(const struct nat *, char *out, size_t size);

/* The rule for this client, or NULL. */
const struct nat_rule *nat_find(const struct nat *, const struct addr *client);
/*
 * Makes of our own address the one that is announced to the client; its port
 * stays. names: what the names of the rules are, family 0 where that is not
 * known (then the own one is announced).
 */
void nat_announce(const struct nat *, const struct addr names[NAT_MAX],
    const struct addr *client, struct addr *addr);
/* An address that only neighbours can reach, announced to one who is none? */
bool nat_is_unreachable(
    const struct addr *announced, const struct addr *client);
/* Looks a name up, which may take long. 0, or -1 with a text in why. */
int nat_resolve(const char *name, struct addr *, char *why, size_t size);

#endif
