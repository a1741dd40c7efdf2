/* SPDX-License-Identifier: ISC */
/*
 * Who may make which system calls, and why: one row per call and condition.
 *
 * Arguments that are pointers cannot be looked at, so rules go by numbers. Rows
 * with conditions cost a few instructions per call and those without nearly
 * nothing (the kernel remembers them), so what moves bytes has none.
 *
 * A new role gets a bit below, a row of sandbox_defaults and its bit in the
 * rows of what it needs.
 */
#include "config.h"

#if defined(WITH_SANDBOX)

#include "common/sandbox_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <linux/prctl.h>
#include <linux/sockios.h>

#include "common/mem.h"

#define W (1u << SANDBOX_WORKER)
#define A (1u << SANDBOX_AUTH)
#define G (1u << SANDBOX_AGENT)
#define R (1u << SANDBOX_RESOLVER)
#define K (1u << SANDBOX_KEYS)
#define P (1u << SANDBOX_PROGRAMS)
#define M (1u << SANDBOX_MONITOR)
#define ALL (W | A | G | R | K)
#define LAX (P | M)
#define SOCK_TYPES 0xf /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

/* Newer than some versions of the headers; the same number everywhere. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __SNR_fchmodat2
#define __SNR_fchmodat2 __NR_fchmodat2
#endif

/* clang-format off */
#define ROW(bits, name, why, ...) \
	{ .call = SCMP_SYS(name), .roles = (bits), .reason = (why), __VA_ARGS__ }
#define MAY(bits, name, why) ROW(bits, name, why, .error = 0)
#define MAY_OWN(bits, name, why) ROW(bits, name, why, .own = true)
#define MAY_IF(bits, name, why, ...) \
	ROW(bits, name, why, .nwhen = COUNT(__VA_ARGS__), .when = { __VA_ARGS__ })
#define FAILS(bits, name, err, why) ROW(bits, name, why, .error = (err))
#define FAILS_IF(bits, name, err, why, ...) \
	ROW(bits, name, why, .error = (err), .nwhen = COUNT(__VA_ARGS__), \
	    .when = { __VA_ARGS__ })
#define COUNT(...) NELEM(((struct scmp_arg_cmp[]){ __VA_ARGS__ }))

/* Of an argument that is an int: what it is, or some of its bits. */
#define IS(arg, value) { arg, SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)(value) }
#define BITS(arg, mask, value) { arg, SCMP_CMP_MASKED_EQ, mask, value }

const struct sandbox_default sandbox_defaults[SANDBOX_ROLES] = {
	[SANDBOX_WORKER] = { .action = SCMP_ACT_TRAP, .tcp = true },
	[SANDBOX_AUTH] = { .action = SCMP_ACT_TRAP },
	[SANDBOX_AGENT] = { .action = SCMP_ACT_TRAP, .threads = true },
	[SANDBOX_KEYS] = { .action = SCMP_ACT_TRAP },
	/* Modules of the C library's name service are made by many. */
	[SANDBOX_RESOLVER] = { SCMP_ACT_ERRNO(EPERM), true, true },
	[SANDBOX_PROGRAMS] = { SCMP_ACT_ALLOW, true, true },
	[SANDBOX_MONITOR] = { SCMP_ACT_ALLOW, true, true },
};

const struct sandbox_rule sandbox_rules[] = {
	/* ------------------------------------ descriptors, and waiting for them */
	MAY(ALL, read, "from what it holds"),
	MAY(ALL, readv, "from what it holds"),
	MAY(ALL, write, "to what it holds"),
	MAY(ALL, writev, "lines of the log"),
	MAY(ALL, close, "gives back what it holds"),
	MAY(ALL, recvmsg, "messages and the descriptors in them"),
	MAY(ALL, sendmsg, "messages; replies; lines for journald"),
	MAY(ALL, fcntl, "flags of what it holds, sizes of pipes"),
	MAY(ALL, dup, "of what it holds"),
	MAY(ALL, dup3, "takes over the log after a rotation"),
	MAY(ALL, poll, "has the log's reader room? waits for a channel"),
	MAY(ALL, ppoll, "poll(2) where there is no poll"),
	MAY(ALL, lseek, "in what it holds"),
	MAY(W | G | R, epoll_create1, "its loop"),
	MAY(W | G | R, epoll_ctl, "its loop"),
	MAY(W | G | R, epoll_wait, "its loop"),
	MAY(W | G | R, epoll_pwait, "epoll_wait(2) where there is none"),
	MAY(W | G, epoll_pwait2, "its loop, of later libevents"),

	/* ------------------------------------------------ memory, time, threads */
	MAY(ALL, brk, "the heap"),
	MAY_IF(ALL, mmap, "memory that is no code", BITS(2, PROT_EXEC, 0)),
	MAY_IF(ALL, mprotect, "memory that is no code", BITS(2, PROT_EXEC, 0)),
	MAY_IF(R, mmap, "modules of the name service",
	    BITS(2, PROT_EXEC, PROT_EXEC)),
	MAY_IF(R, mprotect, "modules of the name service",
	    BITS(2, PROT_EXEC, PROT_EXEC)),
	FAILS_IF(G, mmap, EPERM, "modules of the name service come too late",
	    BITS(2, PROT_EXEC, PROT_EXEC)),
	MAY(ALL, munmap, "the heap"),
	MAY(ALL, mremap, "the heap"),
	MAY(ALL, madvise, "the heap, and stacks of threads that have ended"),
	MAY(ALL, clock_gettime, "time, where the vDSO does not know it"),
	MAY(ALL, clock_getres, "time, where the vDSO does not know it"),
	MAY(ALL, gettimeofday, "time, where the vDSO does not know it"),
	MAY(ALL, time, "time, where the vDSO does not know it"),
	MAY(ALL, clock_nanosleep, "waits a moment"),
	MAY(ALL, nanosleep, "waits a moment"),
	MAY(ALL, restart_syscall, "waits on after a stop"),
	MAY(ALL, futex, "locks"),
	MAY(ALL, getrandom, "salts, keys, ports"),
	MAY(ALL, sched_yield, "locks"),
	MAY(ALL, sched_getaffinity, "how many arenas for the heap"),
	MAY(ALL, sysinfo, "how much qsort(3) may use"),
	MAY(ALL, uname, "its host's name for lines of the log"),
	MAY(ALL, getpid, "lines of the log; has OpenSSL been forked?"),
	MAY(ALL, gettid, "abort(3)"),
	MAY(ALL, getuid, "who am I"),
	MAY(ALL, geteuid, "who am I"),
	MAY(ALL, getgid, "who am I"),
	MAY(ALL, getegid, "who am I"),
	MAY(ALL, getresuid, "who am I"),
	MAY(ALL, getresgid, "who am I"),
	MAY(ALL, exit, "a thread ends"),
	MAY(ALL, exit_group, "the end"),
	MAY_IF(G | R, clone, "threads, never processes",
	    BITS(0, CLONE_THREAD, CLONE_THREAD)),
	MAY(G | R, set_robust_list, "a thread begins"),
	MAY(G | R, rseq, "a thread begins"),
	FAILS(ALL | LAX, clone3, ENOSYS,
	    "has its flags in memory; libraries take clone(2) then"),

	/* --------------------------------------------------------------- signals */
	MAY_IF(ALL, rt_sigaction, "abort(3), threads",
	    { 0, SCMP_CMP_NE, SIGSYS, 0 }),
	MAY(ALL, rt_sigprocmask, "abort(3), threads"),
	MAY(ALL, rt_sigreturn, "a handler ends"),
	MAY_OWN(ALL, tgkill, "abort(3)"),

	/* ------------------------------------- harmless questions of libraries */
	MAY_IF(ALL, prlimit64, "reads its own limits", { 2, SCMP_CMP_EQ, 0, 0 }),
	MAY(ALL, getrlimit, "reads its own limits"),
	FAILS_IF(ALL, prctl, EINVAL, "names for memory", IS(0, PR_SET_VMA)),
	FAILS_IF(ALL, prctl, EPERM, "names for threads", IS(0, PR_SET_NAME)),
	FAILS(W | A | K, newfstatat, EPERM, "fstat(3) of stdio"),
	FAILS(W | A | K, fstat, EPERM, "fstat(3) of stdio"),
	FAILS_IF(G, socket, EPERM, "the name service looks for its daemons",
	    IS(0, AF_UNIX)),
	FAILS_IF(G, socket, EPERM, "the name service looks at addresses",
	    IS(0, AF_NETLINK)),
	/* Only what the name service might have opened before. */
	FAILS(G, connect, EPERM, "the name service calls its daemons"),

	/* ------------------------------------------ workers: clients and bytes */
	MAY_IF(W, socket, "data connections", IS(0, AF_INET),
	    BITS(1, SOCK_TYPES, SOCK_STREAM)),
	MAY_IF(W, socket, "data connections", IS(0, AF_INET6),
	    BITS(1, SOCK_TYPES, SOCK_STREAM)),
	MAY(W | R, bind, "data connections; netlink"),
	MAY(W, listen, "data connections"),
	MAY(W, accept4, "data connections"),
	MAY(W | R, connect, "data connections; name servers"),
	MAY(W | R, getsockname, "its side of a connection"),
	MAY(W | R, getpeername, "the other side"),
	MAY(ALL, getsockopt, "errors, sizes of buffers"),
	MAY(W | R, setsockopt, "options of connections; kernel TLS"),
	MAY(W | G, shutdown, "the end of a connection"),
	MAY(W | R, recvfrom, "commands; answers"),
	MAY(ALL, sendto, "replies; lines for syslog"),
	MAY_IF(W, ioctl, "what the client has not acknowledged", IS(1, SIOCOUTQ)),
	MAY_IF(W, ioctl, "what has not been sent", IS(1, SIOCOUTQNSD)),
	MAY_IF(W | R, ioctl, "what can be read", IS(1, FIONREAD)),
	MAY(W, pipe2, "uploads"),
	MAY(W, sendfile, "downloads"),
	MAY(W, splice, "uploads"),
	MAY(W | G, pread64, "downloads"),
	MAY(W | G, preadv, "downloads"),
	MAY(W | G, preadv2, "downloads: is it in memory?"),
	MAY(W | G, pwrite64, "uploads"),
	MAY(W | G, pwritev, "uploads"),
	MAY(W | G, ftruncate, "uploads"),

	/* ------------------------------- agents: files, by path; the name service */
	MAY(G | R, openat, "roots of accounts; files of the name service"),
	MAY(G, openat2, "every path of a client"),
	MAY(G | R, newfstatat, "what is it?"),
	MAY(G | R, fstat, "what is it?"),
	MAY(G | R, statx, "listings"),
	MAY(G, getdents64, "listings"),
	MAY(G, readlinkat, "listings"),
	MAY(G, faccessat, "may the user?"),
	MAY(G, faccessat2, "may the user?"),
	MAY(G | R, access, "files of the name service"),
	MAY(G, fstatfs, "who reads it: agent or worker? free space"),
	MAY(G, statfs, "free space"),
	MAY(G, mkdir, "the home of who comes for the first time"),
	MAY(G, mkdirat, "MKD"),
	MAY(G, symlinkat, "SITE SYMLINK"),
	MAY(G, linkat, "a file that is to have no other's name"),
	MAY(G, unlinkat, "DELE, RMD"),
	MAY(G, renameat, "RNTO, the end of an upload"),
	MAY(G, renameat2, "RNTO, the end of an upload"),
	MAY(G, fchmod, "modes"),
	MAY(G, fchmodat, "SITE CHMOD"),
	MAY(G, fchmodat2, "SITE CHMOD"),
	MAY(G, fchown, "the group of a file that is replaced"),
	MAY(G, utimensat, "MFMT"),
	MAY(G, umask, "modes of new files"),
	MAY(G, flock, "one upload to a file at a time"),
	MAY(G, fsync, "the end of an upload"),
	MAY(G, fadvise64, "reads ahead"),
	MAY(G, copy_file_range, "APPE; what was kept of an upload"),

	/* -------------------------------------------- the resolver: name servers */
	MAY_IF(R, socket, "name servers", IS(0, AF_INET)),
	MAY_IF(R, socket, "name servers", IS(0, AF_INET6)),
	MAY_IF(R, socket, "daemons of the name service", IS(0, AF_UNIX)),
	MAY_IF(R, socket, "which addresses are ours?", IS(0, AF_NETLINK)),
	MAY(R, sendmmsg, "name servers"),
	MAY(R, recvmmsg, "name servers"),
	MAY(R, readlink, "files of the name service"),
	MAY(R, getdents64, "files of the name service"),
	MAY(R, statfs, "files of the name service"),
	MAY(R, fstatfs, "files of the name service"),

	/* ------------- what neither the monitor nor a program that it starts does */
	FAILS(LAX, ptrace, EPERM, "looks into no other process"),
	FAILS(LAX, process_vm_readv, EPERM, "looks into no other process"),
	FAILS(LAX, process_vm_writev, EPERM, "changes no other process"),
	FAILS(LAX, process_madvise, EPERM, "changes no other process"),
	FAILS(LAX, pidfd_getfd, EPERM, "takes no descriptor that was not sent"),
	FAILS(LAX, kcmp, EPERM, "compares no processes"),
	FAILS(LAX, mount, EPERM, "changes no tree"),
	FAILS(LAX, umount2, EPERM, "changes no tree"),
	FAILS(LAX, open_tree, EPERM, "changes no tree"),
	FAILS(LAX, move_mount, EPERM, "changes no tree"),
	FAILS(LAX, mount_setattr, EPERM, "changes no tree"),
	FAILS(LAX, fsopen, EPERM, "changes no tree"),
	FAILS(LAX, fsconfig, EPERM, "changes no tree"),
	FAILS(LAX, fsmount, EPERM, "changes no tree"),
	FAILS(LAX, fspick, EPERM, "changes no tree"),
	FAILS(LAX, pivot_root, EPERM, "changes no tree"),
	FAILS(LAX, unshare, EPERM, "needs no namespace"),
	FAILS(LAX, setns, EPERM, "needs no namespace"),
	FAILS_IF(LAX, clone, EPERM, "needs no namespace",
	    BITS(0, CLONE_NEWUSER, CLONE_NEWUSER)),
	FAILS(LAX, open_by_handle_at, EPERM, "opens by name only"),
	FAILS(LAX, fanotify_init, EPERM, "watches no files"),
	FAILS(LAX, bpf, EPERM, "loads nothing into the kernel"),
	FAILS(LAX, init_module, EPERM, "loads nothing into the kernel"),
	FAILS(LAX, finit_module, EPERM, "loads nothing into the kernel"),
	FAILS(LAX, delete_module, EPERM, "takes nothing from the kernel"),
	FAILS(LAX, kexec_load, EPERM, "loads nothing into the kernel"),
	FAILS(LAX, kexec_file_load, EPERM, "loads nothing into the kernel"),
	FAILS(LAX, io_uring_setup, EPERM, "would do calls past a filter"),
	FAILS(LAX, userfaultfd, EPERM, "a tool of exploits"),
	FAILS(LAX, perf_event_open, EPERM, "a tool of exploits"),
	FAILS(LAX, modify_ldt, EPERM, "a tool of exploits"),
	FAILS(LAX, add_key, EPERM, "has no keys in the kernel"),
	FAILS(LAX, reboot, EPERM, "is not the machine's administrator"),
	FAILS(LAX, swapon, EPERM, "is not the machine's administrator"),
	FAILS(LAX, swapoff, EPERM, "is not the machine's administrator"),
	FAILS(LAX, acct, EPERM, "is not the machine's administrator"),
	FAILS(LAX, syslog, EPERM, "reads no lines of the kernel"),
	FAILS(LAX, settimeofday, EPERM, "sets no clock"),
	FAILS(LAX, clock_settime, EPERM, "sets no clock"),
	FAILS(LAX, clock_adjtime, EPERM, "sets no clock"),
	FAILS(LAX, adjtimex, EPERM, "sets no clock"),
	FAILS(LAX, sethostname, EPERM, "names no host"),
	FAILS(LAX, setdomainname, EPERM, "names no host"),
	FAILS(LAX, iopl, EPERM, "has no ports of hardware"),
	FAILS(LAX, ioperm, EPERM, "has no ports of hardware"),
	FAILS_IF(LAX, ioctl, EPERM, "types nothing into its terminal",
	    IS(1, TIOCSTI)),
	FAILS_IF(LAX, ioctl, EPERM, "types nothing into its terminal",
	    IS(1, TIOCLINUX)),
};

const size_t sandbox_nrules = NELEM(sandbox_rules);

#endif
