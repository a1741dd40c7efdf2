/* SPDX-License-Identifier: ISC */
/*
 * System-call filters: what a role must not do fails, what it needs works.
 * Sanitizers need calls that the filters forbid; then this says so.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/sandbox.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

#if defined(WITH_SANDBOX) && !defined(WITH_SANITIZERS) && \
    !defined(WITH_COVERAGE)
#define CAN_CONFINE 1
#else
#define CAN_CONFINE 0
#endif

#define REFUSED(call) ((call) == -1 && errno == EPERM)

/* Without privilege a filter needs this; privdrop() does it elsewhere. */
static void
enter(void (*sandbox)(void))
{
	CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	sandbox();
}

static void *
thread_main(void *arg)
{
	return arg;
}

static void
check_threads_work(void)
{
	pthread_t t;

	CHILD_ASSERT(pthread_create(&t, NULL, thread_main, NULL) == 0);
	CHILD_ASSERT(pthread_join(t, NULL) == 0);
}

static void
check_no_processes(void)
{
	static char *const argv[] = { NULL };
	struct rlimit rl;

	CHILD_ASSERT(REFUSED(fork()));
	CHILD_ASSERT(REFUSED(execve("/bin/true", argv, argv)));
	CHILD_ASSERT(REFUSED(kill(getppid(), 0)));
	CHILD_ASSERT(REFUSED(ioctl(0, TIOCSTI, "x")));
	CHILD_ASSERT(REFUSED(prlimit(getppid(), RLIMIT_NOFILE, NULL, &rl)));
	CHILD_ASSERT(getrlimit(RLIMIT_NOFILE, &rl) == 0);
	CHILD_ASSERT(REFUSED(mkfifo("/tmp/ternftpd-no-fifo", 0600)));
}

/* ---------------------------------------------------------------- workers */
static void
worker_has_no_paths(void)
{
	struct stat st;

	enter(sandbox_worker);
	CHILD_ASSERT(REFUSED(open("/dev/null", O_RDONLY)));
	CHILD_ASSERT(REFUSED(openat(AT_FDCWD, ".", O_RDONLY)));
	CHILD_ASSERT(REFUSED(unlink("/tmp/ternftpd-none")));
	CHILD_ASSERT(REFUSED(mkdir("/tmp/ternftpd-none", 0700)));
	CHILD_ASSERT(REFUSED(rename("/tmp/ternftpd-a", "/tmp/ternftpd-b")));
	CHILD_ASSERT(REFUSED(link("/tmp/ternftpd-a", "/tmp/ternftpd-b")));
	CHILD_ASSERT(REFUSED(symlink("/", "/tmp/ternftpd-b")));
	CHILD_ASSERT(REFUSED(chmod("/tmp/ternftpd-a", 0600)));
	CHILD_ASSERT(REFUSED(chown("/tmp/ternftpd-a", 0, 0)));
	CHILD_ASSERT(REFUSED(truncate("/tmp/ternftpd-a", 0)));
	CHILD_ASSERT(REFUSED(access("/", F_OK)));
	CHILD_ASSERT(REFUSED(chdir("/")));
	CHILD_ASSERT(fstat(0, &st) == 0);
}

START_TEST(worker_opens_nothing)
{
	char log[512];

	ck_assert_int_eq(child_run(worker_has_no_paths, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
worker_makes_no_processes(void)
{
	enter(sandbox_worker);
	check_no_processes();
	check_threads_work();
}

START_TEST(worker_starts_nothing)
{
	ck_assert_int_eq(child_run(worker_makes_no_processes, NULL, 0), 0);
}
END_TEST

static void
worker_makes_sockets(void)
{
	int family, fd;

	enter(sandbox_worker);
	for (family = 0; family < 50; family++) {
		errno = 0;
		fd = socket(family, SOCK_STREAM, 0);
		if (family == AF_INET || family == AF_INET6)
			CHILD_ASSERT(fd >= 0 || errno == EAFNOSUPPORT);
		else
			CHILD_ASSERT(fd == -1 && errno == EPERM);
		if (fd >= 0)
			close(fd);
	}
}

START_TEST(worker_makes_tcp_sockets_only)
{
	ck_assert_int_eq(child_run(worker_makes_sockets, NULL, 0), 0);
}
END_TEST

/* Files it was handed, messages, pipes and a loop made late. */
static void
worker_works(void)
{
	uint8_t mem[64], *in = NULL;
	struct event_base *base;
	struct ipc_msg m;
	struct wbuf w;
	int chan[2], p[2], file = open("/dev/zero", O_RDONLY);
	char byte[8];

	CHILD_ASSERT(file >= 0 && ipc_pair(chan) == 0);
	enter(sandbox_worker);
	CHILD_ASSERT(read(file, byte, sizeof(byte)) == sizeof(byte));
	CHILD_ASSERT((in = malloc(IPC_MAX)) != NULL);
	ipc_begin(&w, mem, sizeof(mem), 1);
	CHILD_ASSERT(ipc_send(chan[0], &w, file) == IPC_OK);
	CHILD_ASSERT(ipc_recv(chan[1], in, &m) == IPC_OK && m.fd >= 0);
	CHILD_ASSERT(pipe2(p, O_NONBLOCK | O_CLOEXEC) == 0);
	CHILD_ASSERT(write(p[1], byte, 8) == 8);
	CHILD_ASSERT((base = event_base_new()) != NULL);
	CHILD_ASSERT(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
	event_base_free(base);
	free(in);
}

START_TEST(worker_can_work)
{
	ck_assert_int_eq(child_run(worker_works, NULL, 0), 0);
}
END_TEST

/* ----------------------------------------------------------------- agents */
static void
agent_has_no_network(void)
{
	struct ipc_msg m;
	struct wbuf w;
	static uint8_t in[IPC_MAX];
	uint8_t mem[64];
	int chan[2], fd, s;

	s = socket(AF_INET, SOCK_STREAM, 0);
	CHILD_ASSERT(s >= 0 && ipc_pair(chan) == 0);
	enter(sandbox_agent);
	CHILD_ASSERT(REFUSED(socket(AF_INET, SOCK_STREAM, 0)));
	CHILD_ASSERT(REFUSED(socket(AF_UNIX, SOCK_STREAM, 0)));
	CHILD_ASSERT(REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, chan)));
	CHILD_ASSERT(REFUSED(connect(s, NULL, 0)));
	CHILD_ASSERT(REFUSED(bind(s, NULL, 0)));
	CHILD_ASSERT(REFUSED(listen(s, 1)));
	CHILD_ASSERT(REFUSED(accept(s, NULL, NULL)));
	CHILD_ASSERT((fd = open("/dev/null", O_RDONLY)) >= 0);
	ipc_begin(&w, mem, sizeof(mem), 1);
	CHILD_ASSERT(ipc_send(chan[0], &w, fd) == IPC_OK);
	CHILD_ASSERT(ipc_recv(chan[1], in, &m) == IPC_OK && m.fd >= 0);
}

START_TEST(agent_talks_on_what_it_has)
{
	char log[512];

	ck_assert_int_eq(child_run(agent_has_no_network, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
agent_makes_no_processes(void)
{
	enter(sandbox_agent);
	check_no_processes();
	check_threads_work();
}

START_TEST(agent_starts_nothing)
{
	ck_assert_int_eq(child_run(agent_makes_no_processes, NULL, 0), 0);
}
END_TEST

/* The agent's threads run before its filter is loaded. */
static int gate[2];

static void *
early_thread(void *arg)
{
	char c;

	CHILD_ASSERT(read(gate[0], &c, 1) == 1);
	CHILD_ASSERT(REFUSED(socket(AF_INET, SOCK_STREAM, 0)));
	return NULL;
}

static void
confine_early_thread(void)
{
	pthread_t t;

	CHILD_ASSERT(pipe2(gate, O_CLOEXEC) == 0);
	CHILD_ASSERT(pthread_create(&t, NULL, early_thread, NULL) == 0);
	enter(sandbox_agent);
	CHILD_ASSERT(write(gate[1], "x", 1) == 1);
	CHILD_ASSERT(pthread_join(t, NULL) == 0);
}

START_TEST(threads_that_run_are_confined)
{
	ck_assert_int_eq(child_run(confine_early_thread, NULL, 0), 0);
}
END_TEST

/* -------------------------------------------------------------- without it */
static void
no_filters(void)
{
	sandbox_worker();
	sandbox_agent();
	CHILD_ASSERT(open("/dev/null", O_RDONLY) >= 0);
}

START_TEST(without_filters_the_log_says_so)
{
	char log[512];

	ck_assert_int_eq(child_run(no_filters, log, sizeof(log)), 0);
	ck_assert_ptr_nonnull(strstr(log, "without system-call filters"));
}
END_TEST

Suite *
suite_sandbox(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("sandbox");

	suite_add_tcase(s, tc);
	if (!CAN_CONFINE) {
		puts("SKIP: system-call filters (not in this build)");
		tcase_add_test(tc, without_filters_the_log_says_so);
		return s;
	}
	tcase_add_test(tc, worker_opens_nothing);
	tcase_add_test(tc, worker_starts_nothing);
	tcase_add_test(tc, worker_makes_tcp_sockets_only);
	tcase_add_test(tc, worker_can_work);
	tcase_add_test(tc, agent_talks_on_what_it_has);
	tcase_add_test(tc, agent_starts_nothing);
	tcase_add_test(tc, threads_that_run_are_confined);
	return s;
}
