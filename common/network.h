/* SPDX-License-Identifier: ISC */
/*
 * Networks as they are written, 10.0.0.0/8 or 2001:db8::/32, and lists of them.
 */
#ifndef COMMON_NETWORK_H
#define COMMON_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr;

struct network {
	uint8_t family; /* 4 or 6 */
	uint8_t bits; /* of the prefix */
	uint8_t ip[16]; /* network order, nothing behind the prefix */
};

#define NETWORK_STRLEN 64
#define NETWORKS_MAX 32

struct networks {
	unsigned n;
	struct network net[NETWORKS_MAX];
};

/* An address alone is a network of one. 0, or -1 if it is no network or has
 * bits behind its prefix. */
int network_parse(struct network *, const char *text);
bool network_contains(const struct network *, const struct addr *);
/* As it would be written; an address without its prefix. */
const char *network_str(const struct network *, char *out, size_t size);

/*
 * A list, separated by blanks or commas; "" is the empty one. 0, or -1 with the
 * word that is no network in bad (cut to its size), which is empty if there
 * are more than NETWORKS_MAX.
 */
int networks_parse(struct networks *, const char *text, char *bad, size_t size);
bool networks_contain(const struct networks *, const struct addr *);
/* Separated by blanks; what does not fit is left out. */
const char *networks_str(const struct networks *, char *out, size_t size);

#endif
