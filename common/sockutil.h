/* SPDX-License-Identifier: ISC */
/*
 * Addresses as one normalised type, and the few socket calls all rooms share.
 *
 * An IPv4-mapped IPv6 address is turned into IPv4 wherever an address enters
 * (R34), so nobody else has to think of it.
 */
#ifndef COMMON_SOCKUTIL_H
#define COMMON_SOCKUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/buf.h"

struct addr {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t ip[16]; /* network order; the first 4 bytes for IPv4 */
	uint16_t port; /* host order */
	uint32_t scope; /* IPv6 link-local interface, else 0 */
};

#define ADDR_STRLEN 64

int addr_from_sockaddr(struct addr *, const struct sockaddr *);
socklen_t addr_to_sockaddr(const struct addr *, struct sockaddr_storage *);
/* Numeric address without port, e.g. "192.0.2.1" or "2001:db8::1". */
const char *addr_ip_str(const struct addr *, char *out, size_t size);
/* "192.0.2.1:21" or "[2001:db8::1]:21". */
const char *addr_str(const struct addr *, char *out, size_t size);
/* Parses a numeric IPv4 or IPv6 address. 0 or -1. */
int addr_parse_ip(struct addr *, const char *);
bool addr_ip_equal(const struct addr *, const struct addr *);
bool addr_is_loopback(const struct addr *);
/* Key for limits per client: IPv4 whole, IPv6 by /64; port cleared. */
struct addr addr_client_key(const struct addr *);

void addr_put(struct wbuf *, const struct addr *);
void addr_get(struct rbuf *, struct addr *);

/* Addresses of a connected socket; 0 or -1. */
int sock_peer(int fd, struct addr *);
int sock_local(int fd, struct addr *);
int fd_set_nonblock(int fd, bool on);
/*
 * Options of a control connection; set on its listener, it inherits them.
 * Nothing happens to other sockets than TCP ones.
 */
void sock_control_options(int fd);
/* Until sock_control_options() again: finds out soon, instead of within
 * minutes, whether the peer of a silent connection is still there. */
void sock_probe(int fd);
/* Has the kernel heard anything from the peer within so many ms? Also true if
 * it does not know. */
bool sock_heard(int fd, uint64_t ms);
/*
 * Acknowledges what has been received, now. For the rare moment when the peer's
 * Nagle algorithm holds what we wait for, and we have nothing to say ourselves.
 */
void sock_ack_now(int fd);
/*
 * Before a long run of data of which we are the only writer: the kernel sends
 * full segments only, and what is left over with the FIN (TCP_CORK). Without
 * it every acknowledgement sends a piece of the segment being filled.
 */
void sock_full_segments(int fd);
/* Closes *fd if it is >= 0 and sets it to -1. */
void fd_close(int *fd);

#endif
