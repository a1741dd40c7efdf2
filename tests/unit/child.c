/* SPDX-License-Identifier: ISC */
/*
 * A piece of a test in a process of its own: see the header.
 */
#include "tests/unit/child.h"

#include <sys/wait.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

void
child_fail(const char *file, int line, const char *cond)
{
	(void)fprintf(stderr, "%s:%d: in child: %s\n", file, line, cond);
	_exit(2);
}

static void
child_main(void (*fn)(void), int fd)
{
	log_set_role("child");
	log_set_level(LOG_LV_DEBUG);
	log_set_fd(fd);
	fn();
	_exit(0);
}

/* All that comes before the end, cut to size. */
static void
read_all(int fd, char *out, size_t size)
{
	char rest[512];
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	while (read(fd, rest, sizeof(rest)) > 0)
		;
}

int
child_run(void (*fn)(void), char *log, size_t size)
{
	char dropped[1];
	int fds[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		child_main(fn, fds[1]);
	close(fds[1]);
	read_all(fds[0], log == NULL ? dropped : log, log == NULL ? 1 : size);
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

unsigned
child_count_fds(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}
