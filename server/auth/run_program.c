/* SPDX-License-Identifier: ISC */
/*
 * A program in a process group of its own, which is killed at the end whatever
 * happened, so that nothing of it stays behind.
 */
#include "server/auth/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/privdrop.h"
#include "common/sockutil.h"
#include "common/timer.h"

#define EXEC_FAILED 127

static void
child(const struct run_program *p, int in, int out)
{
	char *argv[] = { (char *)(uintptr_t)p->path, NULL };
	sigset_t none;
	int sig;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)setpgid(0, 0);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(EXEC_FAILED);
	(void)close_range(STDERR_FILENO + 1, ~0u, 0);
	if (p->ident != NULL && geteuid() == 0)
		privdrop(p->ident, NULL);
	(void)execve(p->path, argv, p->env);
	_exit(EXEC_FAILED);
}

/* Reads to the end. NULL, or what is wrong. */
static const char *
read_answer(int fd, char *out, size_t size, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	uint64_t now;
	ssize_t n;

	for (;;) {
		now = clock_ms();
		if (now >= until || poll(&p, 1, (int)(until - now)) == 0)
			return "takes too long";
		n = read(fd, out + len, size - 1 - len);
		if (n == 0)
			break;
		if (n == -1 && errno != EINTR)
			return "cannot be read";
		len += n > 0 ? (size_t)n : 0;
		if (len == size - 1)
			return "says too much";
	}
	out[len] = '\0';
	return strlen(out) == len ? NULL : "says a NUL";
}

/* Waits for the end of who has closed his output. */
static int
wait_until(pid_t pid, uint64_t until, int *status)
{
	pid_t got;

	for (;;) {
		got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			return 0;
		if ((got == -1 && errno != EINTR) || clock_ms() >= until)
			return -1;
		(void)poll(NULL, 0, 1);
	}
}

static const char *
talk(const struct run_program *p, pid_t pid, int fd, char *out, size_t size,
    int *status)
{
	uint64_t until = clock_ms() + p->seconds * UINT64_C(1000);
	const char *why;

	why = read_answer(fd, out, size, until);
	if (why == NULL && wait_until(pid, until, status) == -1)
		return "takes too long";
	return why;
}

/*
 * Starts it; *out_r is what to read from. The input is written before anybody
 * could be gone: a pipe holds PIPE_BUF bytes, and no SIGPIPE comes.
 */
static pid_t
start(const struct run_program *p, int *out_r)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	size_t n = strlen(p->input);
	pid_t pid = -1;

	if (n <= PIPE_BUF && pipe2(in, O_CLOEXEC) == 0 &&
	    pipe2(out, O_CLOEXEC) == 0 &&
	    write(in[1], p->input, n) == (ssize_t)n)
		pid = fork();
	if (pid == 0)
		child(p, in[0], out[1]);
	fd_close(&in[0]);
	fd_close(&in[1]);
	fd_close(&out[1]);
	if (pid == -1)
		fd_close(&out[0]);
	*out_r = out[0];
	return pid;
}

int
run_program(
    const struct run_program *p, char *out, size_t size, const char **why_r)
{
	int fd, status = -1;
	pid_t pid = start(p, &fd);

	*why_r = "cannot be started";
	if (pid == -1)
		return -1;
	(void)setpgid(pid, pid);
	*why_r = talk(p, pid, fd, out, size, &status);
	(void)kill(-pid, SIGKILL);
	if (status == -1)
		(void)waitpid(pid, NULL, 0);
	fd_close(&fd);
	if (*why_r != NULL)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) != EXEC_FAILED)
		return WEXITSTATUS(status);
	*why_r = WIFEXITED(status) ? "cannot be run" : "was killed";
	return -1;
}
