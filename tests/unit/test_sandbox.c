/* SPDX-License-Identifier: ISC */
/*
 * What each role must not do is tried in its sandbox, deed by deed; and what
 * it needs works. Sanitizers need calls that the filters forbid; then this says
 * so.
 */
#include "config.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/mem.h"
#include "common/privdrop.h"
#include "common/sandbox.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

static char dir[] = "/tmp/ternftpd-sandbox.XXXXXX";
static const struct landlock_place places[] = { { "/dev", false },
	{ "/nonexistent", true }, { dir, true } };

/* As the server's processes do it. */
static void
enter(enum sandbox_role role)
{
	struct ident id = { .uid = 65534, .gid = 65534 };

	if (geteuid() != 0)
		ident_self(&id);
	privdrop(&id, NULL);
	sandbox_enter(role, SANDBOX_REQUIRE, places, NELEM(places));
}

/* ------------------------------------------------------------------- deeds */
#define ASK(call) ((call) == -1 ? errno : 0)
#define DEED(name, call)            \
	static int name(void)       \
	{                           \
		return ASK((call)); \
	}

static char *const no_args[] = { NULL };
static struct sockaddr_in port_9 = { .sin_family = AF_INET, .sin_port = 2304 };
static struct rlimit some_limit = { 100, 100 };
static struct sigaction some_action;
static char *page; /* of memory */
static int tcp; /* a socket of before */

DEED(opens, open("/dev/null", O_RDONLY))
DEED(opens_by_handle, syscall(SYS_open_by_handle_at, -1, NULL, 0))
DEED(asks_for_a_file, faccessat(AT_FDCWD, "/", X_OK, 0))
DEED(makes_a_directory, mkdirat(AT_FDCWD, "/dev/null/none", 0700))
DEED(makes_a_device, mknodat(AT_FDCWD, "/dev/null/none", S_IFIFO, 0))
DEED(removes, unlinkat(AT_FDCWD, "/dev/null/none", 0))
DEED(renames, renameat(AT_FDCWD, "/dev/null/a", AT_FDCWD, "/dev/null/b"))
DEED(links, linkat(AT_FDCWD, "/dev/null/a", AT_FDCWD, "/dev/null/b", 0))
DEED(changes_modes, fchmodat(AT_FDCWD, "/dev/null/none", 0600, 0))
DEED(gives_away, fchownat(AT_FDCWD, "/dev/null/none", 1, 1, 0))
DEED(cuts, truncate("/dev/null/none", 0))
DEED(moves, chdir("/"))
DEED(changes_its_root, chroot("/"))
DEED(mounts, syscall(SYS_mount, NULL, "/", NULL, 0, NULL))
DEED(watches_files, syscall(SYS_inotify_init1, 0))
DEED(makes_a_file_of_memory, syscall(SYS_memfd_create, "x", 0))

DEED(makes_a_tcp_socket, socket(AF_INET, SOCK_STREAM, 0))
DEED(makes_a_udp_socket, socket(AF_INET6, SOCK_DGRAM, 0))
DEED(makes_a_unix_socket, socket(AF_UNIX, SOCK_STREAM, 0))
DEED(makes_a_netlink_socket, socket(AF_NETLINK, SOCK_RAW, 0))
DEED(makes_an_odd_socket, socket(AF_VSOCK, SOCK_STREAM, 0))
DEED(makes_a_pair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0 }))
DEED(connects, connect(tcp, (struct sockaddr *)&port_9, sizeof(port_9)))
DEED(binds, bind(tcp, (struct sockaddr *)&port_9, 0))
DEED(listens, listen(-1, 1))

DEED(executes, execve("/dev/null", no_args, no_args))
DEED(executes_a_descriptor, syscall(SYS_execveat, -1, "", NULL, NULL, 0))
DEED(forks, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
DEED(forks_in_the_new_way, syscall(SYS_clone3, NULL, 0))
DEED(kills, kill(getppid(), 0))
DEED(kills_a_thread, syscall(SYS_tgkill, getppid(), getppid(), 0))
DEED(opens_a_process, syscall(SYS_pidfd_open, getppid(), 0))
DEED(traces, ptrace(PTRACE_ATTACH, -1, NULL, NULL))
DEED(reads_a_process, process_vm_readv(getppid(), NULL, 0, NULL, 0, 0))
DEED(limits_another, prlimit(getppid(), RLIMIT_CORE, &some_limit, NULL))
DEED(limits_itself, setrlimit(RLIMIT_NOFILE, &some_limit))
DEED(becomes_root, syscall(SYS_setuid, 0))
DEED(makes_a_namespace, unshare(CLONE_NEWUSER))
DEED(catches_traps, sigaction(SIGSYS, &some_action, NULL))

DEED(makes_code, mprotect(page, 4096, PROT_READ | PROT_EXEC))
DEED(maps_code, mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		    ? -1
		    : 0)
DEED(types, ioctl(0, TIOCSTI, "x"))
DEED(types_with_high_bits, ioctl(0, TIOCSTI | 1ul << 32, "x"))
DEED(makes_a_ring, syscall(SYS_io_uring_setup, 1, NULL))
DEED(loads_a_program, syscall(SYS_bpf, 0, NULL, 0))
DEED(has_keys, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
DEED(handles_faults, syscall(SYS_userfaultfd, 0))
DEED(counts_events, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
DEED(changes_its_personality, syscall(SYS_personality, 0))
DEED(makes_a_call_of_tomorrow, syscall(511))

#define TRAP (-1)
#define OK 0

/* What comes of each deed: the process is ended (TRAP), the call fails, or it
 * gets as far as the kernel. */
static const struct {
	int (*deed)(void);
	int outcome[SANDBOX_PROGRAMS]; /* worker, auth, agent, resolver, keys
					*/
} deeds[] = {
	{ opens, { TRAP, TRAP, OK, OK, TRAP } },
	{ opens_by_handle, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ asks_for_a_file, { TRAP, TRAP, OK, EPERM, TRAP } },
	{ makes_a_directory, { TRAP, TRAP, ENOTDIR, EPERM, TRAP } },
	{ makes_a_device, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ removes, { TRAP, TRAP, ENOTDIR, EPERM, TRAP } },
	{ renames, { TRAP, TRAP, ENOTDIR, EPERM, TRAP } },
	{ links, { TRAP, TRAP, ENOTDIR, EPERM, TRAP } },
	{ changes_modes, { TRAP, TRAP, ENOTDIR, EPERM, TRAP } },
	{ gives_away, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ cuts, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ moves, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ changes_its_root, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ mounts, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ watches_files, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ makes_a_file_of_memory, { TRAP, TRAP, TRAP, EPERM, TRAP } },

	{ makes_a_tcp_socket, { OK, TRAP, TRAP, OK, TRAP } },
	{ makes_a_udp_socket, { TRAP, TRAP, TRAP, OK, TRAP } },
	{ makes_a_unix_socket, { TRAP, TRAP, EPERM, OK, TRAP } },
	{ makes_a_netlink_socket, { TRAP, TRAP, EPERM, OK, TRAP } },
	{ makes_an_odd_socket, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ makes_a_pair, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ connects, { ECONNREFUSED, TRAP, EPERM, ECONNREFUSED, TRAP } },
	{ binds, { EINVAL, TRAP, TRAP, EINVAL, TRAP } },
	{ listens, { EBADF, TRAP, TRAP, EPERM, TRAP } },

	{ executes, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ executes_a_descriptor, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ forks, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ forks_in_the_new_way, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ kills, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ kills_a_thread, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ opens_a_process, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ traces, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ reads_a_process, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ limits_another, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ limits_itself, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ becomes_root, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ makes_a_namespace, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ catches_traps, { TRAP, TRAP, TRAP, EPERM, TRAP } },

	{ makes_code, { TRAP, TRAP, TRAP, OK, TRAP } },
	{ maps_code, { TRAP, TRAP, EPERM, OK, TRAP } },
	{ types, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ types_with_high_bits, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ makes_a_ring, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ loads_a_program, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ has_keys, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ handles_faults, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ counts_events, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ changes_its_personality, { TRAP, TRAP, TRAP, EPERM, TRAP } },
	{ makes_a_call_of_tomorrow,
	    { ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
};

/* The errno that the deed gave, OK, or TRAP if it ended the process and the
 * name of the call is known. */
static int
try_deed(enum sandbox_role role, int (*deed)(void))
{
	char call[64];
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		enter(role);
		_exit(deed());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
	ck_assert_ptr_nonnull(sandbox_offence(pid, call, sizeof(call)));
	ck_assert_ptr_nonnull(strstr(call, " (system call "));
	ck_assert_ptr_null(strstr(call, "unknown"));
	ck_assert_ptr_null(sandbox_offence(pid, call, sizeof(call)));
	return TRAP;
}

/* This process is a monitor, with a monitor's filter. */
static void
start_monitor(void)
{
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(page != MAP_FAILED);
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(tcp, 0);
	ck_assert_int_eq(sandbox_start(SANDBOX_REQUIRE), 0);
}

/* Once for each deed, and in each role. */
START_TEST(deeds_come_to_what_they_should)
{
	int role, got;

	start_monitor();
	for (role = 0; role < SANDBOX_PROGRAMS; role++) {
		got = try_deed((enum sandbox_role)role, deeds[_i].deed);
		ck_assert_msg(got == deeds[_i].outcome[role],
		    "deed %d, role %d: %d", _i, role, got);
	}
}
END_TEST

/* Who runs programs of others may do what these need, but not all. */
static const struct {
	int (*deed)(void);
	int outcome;
} lax[] = {
	{ opens, OK },
	{ makes_a_unix_socket, OK },
	{ executes, EACCES },
	{ mounts, EPERM },
	{ traces, EPERM },
	{ reads_a_process, EPERM },
	{ makes_a_namespace, EPERM },
	{ types, EPERM },
	{ types_with_high_bits, EPERM },
	{ loads_a_program, EPERM },
	{ makes_a_ring, EPERM },
	{ handles_faults, EPERM },
	{ counts_events, EPERM },
	{ forks_in_the_new_way, ENOSYS },
};

START_TEST(programs_of_others_cannot_do_all)
{
	start_monitor();
	ck_assert_int_eq(
	    try_deed(SANDBOX_PROGRAMS, lax[_i].deed), lax[_i].outcome);
}
END_TEST

/* ----------------------------------------------------- what roles can do */
static void *
thread_main(void *arg)
{
	return arg;
}

/* Files it was handed, messages, pipes and its loop. */
static void
worker_works(void)
{
	struct event_base *base = event_base_new();
	uint8_t mem[64], *in = NULL;
	struct ipc_msg m;
	struct wbuf w;
	struct rlimit rl;
	int chan[2], p[2], file = open("/dev/zero", O_RDONLY);
	char byte[8];

	CHILD_ASSERT(file >= 0 && ipc_pair(chan) == 0 && base != NULL);
	enter(SANDBOX_WORKER);
	CHILD_ASSERT(read(file, byte, sizeof(byte)) == sizeof(byte));
	CHILD_ASSERT((in = malloc(IPC_MAX)) != NULL);
	ipc_begin(&w, mem, sizeof(mem), 1);
	CHILD_ASSERT(ipc_send(chan[0], &w, file) == IPC_OK);
	CHILD_ASSERT(ipc_recv(chan[1], in, &m) == IPC_OK && m.fd >= 0);
	CHILD_ASSERT(pipe2(p, O_NONBLOCK | O_CLOEXEC) == 0);
	CHILD_ASSERT(write(p[1], byte, 8) == 8);
	CHILD_ASSERT(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
	CHILD_ASSERT(getrlimit(RLIMIT_NOFILE, &rl) == 0);
	event_base_free(base);
	free(in);
}

START_TEST(worker_can_work)
{
	char log[512];

	ck_assert_int_eq(child_run(worker_works, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

static void
agent_works(void)
{
	struct ipc_msg m;
	struct wbuf w;
	static uint8_t in[IPC_MAX];
	uint8_t mem[64];
	pthread_t t;
	int chan[2], fd;

	CHILD_ASSERT(ipc_pair(chan) == 0);
	enter(SANDBOX_AGENT);
	CHILD_ASSERT((fd = open("/dev/null", O_RDONLY)) >= 0);
	ipc_begin(&w, mem, sizeof(mem), 1);
	CHILD_ASSERT(ipc_send(chan[0], &w, fd) == IPC_OK);
	CHILD_ASSERT(ipc_recv(chan[1], in, &m) == IPC_OK && m.fd >= 0);
	CHILD_ASSERT(pthread_create(&t, NULL, thread_main, NULL) == 0);
	CHILD_ASSERT(pthread_join(t, NULL) == 0);
}

START_TEST(agent_can_work)
{
	char log[512];

	ck_assert_int_eq(child_run(agent_works, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

/* A failed assertion ends as it does elsewhere, with its own signal. */
static void
agent_aborts(void)
{
	enter(SANDBOX_AGENT);
	abort();
}

START_TEST(abort_is_abort)
{
	ck_assert_int_eq(child_run(agent_aborts, NULL, 0), 256 + SIGABRT);
}
END_TEST

/* The agent's threads run before its filter is loaded. */
static int gate[2];

static void *
early_thread(void *arg)
{
	char c;

	CHILD_ASSERT(read(gate[0], &c, 1) == 1);
	CHILD_ASSERT(makes_a_unix_socket() == EPERM);
	return NULL;
}

static void
confine_early_thread(void)
{
	pthread_t t;

	CHILD_ASSERT(pipe2(gate, O_CLOEXEC) == 0);
	CHILD_ASSERT(pthread_create(&t, NULL, early_thread, NULL) == 0);
	enter(SANDBOX_AGENT);
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
turned_off(void)
{
	CHILD_ASSERT(sandbox_start(SANDBOX_OFF) == 0);
	sandbox_enter(SANDBOX_WORKER, SANDBOX_OFF, NULL, 0);
	CHILD_ASSERT(opens() == 0);
}

START_TEST(off_is_off)
{
	char log[512];

	ck_assert_int_eq(child_run(turned_off, log, sizeof(log)), 0);
	ck_assert_str_eq(log, "");
}
END_TEST

#define LANDLOCK_CREATE_RULESET 444 /* everywhere */

/* As in a container, or a unit of systemd that has a list of system calls. */
static void
start_where_landlock_is_forbidden(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, LANDLOCK_CREATE_RULESET, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { NELEM(code), code };

	CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_ASSERT(
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
	CHILD_ASSERT(sandbox_start(SANDBOX_BEST) == 0);
	CHILD_ASSERT(sandbox_start(SANDBOX_REQUIRE) == -1);
}

START_TEST(who_forbids_landlock_is_told)
{
	char log[512];

	ck_assert_int_eq(
	    child_run(start_where_landlock_is_forbidden, log, sizeof(log)), 0);
	ck_assert_ptr_null(strstr(log, "kernel"));
	ck_assert_ptr_nonnull(strstr(log,
	    "the container or service manager forbids Landlock: the processes "
	    "are confined without"));
	ck_assert_ptr_nonnull(strstr(
	    log, "sandbox = require, but the container or service manager"));
}
END_TEST

static void
not_built(void)
{
	CHILD_ASSERT(sandbox_start(SANDBOX_BEST) == 0);
	sandbox_enter(SANDBOX_WORKER, SANDBOX_BEST, NULL, 0);
	CHILD_ASSERT(opens() == 0);
	CHILD_ASSERT(sandbox_start(SANDBOX_REQUIRE) == -1);
}

START_TEST(without_filters_the_log_says_so)
{
	char log[512];

	ck_assert_int_eq(child_run(not_built, log, sizeof(log)), 0);
	ck_assert_ptr_nonnull(strstr(log, "without filters of system calls"));
	ck_assert_ptr_nonnull(strstr(log, "sandbox = require"));
}
END_TEST

Suite *
suite_sandbox(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("sandbox");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, off_is_off);
	if (!sandbox_is_built()) {
		puts("SKIP: system-call filters (not in this build)");
		tcase_add_test(tc, without_filters_the_log_says_so);
		return s;
	}
	tcase_add_loop_test(
	    tc, deeds_come_to_what_they_should, 0, NELEM(deeds));
	tcase_add_loop_test(
	    tc, programs_of_others_cannot_do_all, 0, NELEM(lax));
	tcase_add_test(tc, worker_can_work);
	tcase_add_test(tc, agent_can_work);
	tcase_add_test(tc, abort_is_abort);
	tcase_add_test(tc, threads_that_run_are_confined);
	tcase_add_test(tc, who_forbids_landlock_is_told);
	return s;
}
