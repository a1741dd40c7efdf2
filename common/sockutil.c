/* SPDX-License-Identifier: ISC */
/*
 * Addresses as one normalised type, and the few socket calls all rooms share.
 */
#include "common/sockutil.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

static void
set_ip4(struct addr *a, const void *ip)
{
	a->family = 4;
	memcpy(a->ip, ip, 4);
}

static void
set_ip6(struct addr *a, const uint8_t *ip)
{
	if (memcmp(ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		set_ip4(a, ip + sizeof(mapped_prefix));
		return;
	}
	a->family = 6;
	memcpy(a->ip, ip, 16);
}

int
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		set_ip4(a, &in.sin_addr);
		a->port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		set_ip6(a, in6.sin6_addr.s6_addr);
		a->port = ntohs(in6.sin6_port);
		a->scope = a->family == 6 ? in6.sin6_scope_id : 0;
		return 0;
	}
	errno = EAFNOSUPPORT;
	return -1;
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(a->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(a->port),
		.sin6_scope_id = a->scope };

	memset(ss, 0, sizeof(*ss));
	if (a->family == 4) {
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family != 6) /* none: AF_UNSPEC, which every call refuses */
		return sizeof(ss->ss_family);
	memcpy(&in6.sin6_addr, a->ip, 16);
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}

const char *
addr_ip_str(const struct addr *a, char *out, size_t size)
{
	int af = a->family == 4 ? AF_INET : AF_INET6;

	if (a->family == 0 ||
	    inet_ntop(af, a->ip, out, (socklen_t)size) == NULL)
		(void)strlcpy(out, "-", size);
	return out;
}

const char *
addr_str(const struct addr *a, char *out, size_t size)
{
	char ip[ADDR_STRLEN];

	addr_ip_str(a, ip, sizeof(ip));
	(void)snprintf(
	    out, size, a->family == 6 ? "[%s]:%u" : "%s:%u", ip, a->port);
	return out;
}

int
addr_parse_ip(struct addr *a, const char *text)
{
	uint8_t ip[16];

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, ip) == 1) {
		set_ip4(a, ip);
		return 0;
	}
	if (inet_pton(AF_INET6, text, ip) == 1) {
		set_ip6(a, ip);
		return 0;
	}
	return -1;
}

bool
addr_ip_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (a->family == 4)
		return a->ip[0] == 127;
	return a->family == 6 && memcmp(a->ip, loopback6, 16) == 0;
}

struct addr
addr_client_key(const struct addr *a)
{
	struct addr key = *a;

	key.port = 0;
	if (key.family == 6)
		memset(key.ip + 8, 0, 8);
	return key;
}

void
addr_put(struct wbuf *w, const struct addr *a)
{
	put_u8(w, a->family);
	put_bytes(w, a->ip, sizeof(a->ip));
	put_u16(w, a->port);
	put_u32(w, a->scope);
}

/* The sender may be broken: what comes out is normalised or an error. */
void
addr_get(struct rbuf *r, struct addr *a)
{
	uint8_t family = get_u8(r);
	size_t n;
	const uint8_t *ip = get_bytes(r, &n);
	uint16_t port = get_u16(r);
	uint32_t scope = get_u32(r);

	memset(a, 0, sizeof(*a));
	if (n != sizeof(a->ip) || (family != 0 && family != 4 && family != 6))
		r->err = 1;
	if (r->err || family == 0)
		return;
	if (family == 4)
		set_ip4(a, ip);
	else
		set_ip6(a, ip);
	a->port = port;
	a->scope = a->family == 6 ? scope : 0;
}

int
sock_peer(int fd, struct addr *a)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return addr_from_sockaddr(a, (struct sockaddr *)&ss);
}

int
sock_local(int fd, struct addr *a)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return addr_from_sockaddr(a, (struct sockaddr *)&ss);
}

int
fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags);
}

void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Other sockets than TCP ones have no use for them; then they fail. */
static void
set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

void
sock_control_options(int fd)
{
	/* ABOR may come as urgent data; its bytes must stay in line (R0b I). */
	set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	/* R6.2: NAT forgets silent connections during long transfers. */
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 45);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 6);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
}

/* Four questions, two seconds apart; replies that are on their way are one. */
void
sock_probe(int fd)
{
	int unacked = 0;

	if (ioctl(fd, SIOCOUTQ, &unacked) == 0 && unacked > 0)
		set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 8000);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
}

bool
sock_heard(int fd, uint64_t ms)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return true;
	return info.tcpi_last_ack_recv < ms || info.tcpi_last_data_recv < ms;
}

void
sock_ack_now(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void
sock_full_segments(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_CORK, 1);
}
