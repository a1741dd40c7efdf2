/* SPDX-License-Identifier: ISC */
/*
 * Sockets for active data connections that come from the well-known port 20
 * (R of RFC 959 3.2), which only a privileged process may bind.
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "server/monitor/monitor.h"

#define PORT_FTP_DATA 20
#define PORT_FTPS_DATA 989

int
source_socket(const struct addr *local, bool implicit)
{
	struct addr from = *local;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, saved, on = 1;

	from.port = implicit ? PORT_FTPS_DATA : PORT_FTP_DATA;
	len = addr_to_sockaddr(&from, &ss);
	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	/* Many connections share the port; the peers make them distinct. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&ss, len) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}
