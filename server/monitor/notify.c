/* SPDX-License-Identifier: ISC */
/*
 * What the service manager is told and what it passes, through libsystemd
 * where it was built in; nothing happens elsewhere.
 */
#include "config.h"

#ifdef WITH_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <stdint.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

#ifdef WITH_SYSTEMD

void
notify_ready(void)
{
	(void)sd_notify(0, "READY=1\nSTATUS=Serving");
}

void
notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld%06ld",
	    (long long)now.tv_sec, now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Finishing transfers");
}

int
notify_listen_fds(void)
{
	int i, n = sd_listen_fds(1);

	_Static_assert(NOTIFY_FDS_START == SD_LISTEN_FDS_START,
	    "sockets are passed from another number on");
	for (i = 0; i < n; i++)
		if (sd_is_socket(NOTIFY_FDS_START + i, 0, SOCK_STREAM, 1) <=
		    0) {
			log_errorx("descriptor %d from the service manager is "
				   "not a listening stream socket",
			    NOTIFY_FDS_START + i);
			return -1;
		}
	return n < 0 ? -1 : n;
}

#else

void
notify_ready(void)
{
}

void
notify_reloading(void)
{
}

void
notify_stopping(void)
{
}

int
notify_listen_fds(void)
{
	return 0;
}

#endif
