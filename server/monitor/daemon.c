/* SPDX-License-Identifier: ISC */
/*
 * Being a daemon: the background, the pid file, the standard descriptors.
 *
 * The process that the user started waits until the server is ready, so its
 * exit status is the truth and errors of the start stand on its stderr.
 */
#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <paths.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "server/monitor/monitor.h"

void
stdio_to_null(int last)
{
	int fd, null;

	null = open(_PATH_DEVNULL, O_RDWR);
	if (null == -1)
		die("%s", _PATH_DEVNULL);
	for (fd = 0; fd <= last; fd++)
		if (fd != null && dup2(null, fd) == -1)
			die("dup2");
	if (null > last)
		close(null);
}

/* Exits with 0 when the daemon says that it is ready, else with 1. */
static void __attribute__((noreturn)) daemon_wait(int fd)
{
	ssize_t n;
	char ok;

	do
		n = read(fd, &ok, 1);
	while (n == -1 && errno == EINTR);
	_exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

void
daemon_begin(struct daemon *d)
{
	int fds[2];

	/* Whatever the caller left open is not ours to keep. */
	closefrom(STDERR_FILENO + 1);
	if (pipe2(fds, O_CLOEXEC) == -1)
		die("pipe");
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		break;
	default:
		close(fds[1]);
		daemon_wait(fds[0]);
	}
	close(fds[0]);
	if (setsid() == -1)
		die("setsid");
	d->ready_fd = fds[1];
}

int
daemon_pidfile(struct daemon *d, const char *path)
{
	pid_t other = 0;

	d->pidfile = pidfile_open(path, 0644, &other);
	if (d->pidfile == NULL && errno == EEXIST) {
		log_errorx(
		    "already running as process %ld (%s)", (long)other, path);
		return -1;
	}
	if (d->pidfile == NULL || pidfile_write(d->pidfile) == -1) {
		log_error("cannot write the pid file %s", path);
		return -1;
	}
	return 0;
}

void
daemon_detach(const struct daemon *d)
{
	if (d->ready_fd == -1)
		return;
	if (chdir("/") == -1)
		log_warn("chdir /");
	stdio_to_null(STDERR_FILENO);
}

void
daemon_ready(struct daemon *d)
{
	if (d->ready_fd == -1)
		return;
	if (write(d->ready_fd, "+", 1) == -1)
		log_debug("nobody waited for the start");
	fd_close(&d->ready_fd);
}

void
daemon_end(struct daemon *d)
{
	if (d->pidfile != NULL)
		pidfile_remove(d->pidfile);
	d->pidfile = NULL;
	fd_close(&d->ready_fd);
}
