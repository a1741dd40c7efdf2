/* SPDX-License-Identifier: ISC */
/*
 * System-call filters: what each role must not do and why, one row per call.
 *
 * A forbidden call fails with EPERM; all else is allowed. The filter holds for
 * every thread of the process.
 */
#include "common/sandbox.h"

#include "config.h"

#include "common/log.h"
#include "common/mem.h"

#if defined(WITH_SANDBOX) && !defined(WITH_SANITIZERS) && \
    !defined(WITH_COVERAGE)

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct rule {
	int call;
	const char *reason;
};

/* Forbidden for some values of one argument. */
struct rule_if {
	int call;
	const char *reason;
	struct scmp_arg_cmp when;
};

struct role {
	const struct rule *rules;
	size_t nrules;
	const struct rule_if *rules_if;
	size_t nrules_if;
};

/* For everybody who is confined. */
static const struct rule every_role[] = {
	{ SCMP_SYS(execve), "runs no program" },
	{ SCMP_SYS(execveat), "runs no program" },
	{ SCMP_SYS(fork), "starts no process" },
	{ SCMP_SYS(vfork), "starts no process" },
	{ SCMP_SYS(kill), "signals nobody" },
	{ SCMP_SYS(pidfd_open), "signals nobody" },
	{ SCMP_SYS(pidfd_send_signal), "signals nobody" },
	{ SCMP_SYS(pidfd_getfd), "takes no descriptor that was not sent" },
	{ SCMP_SYS(ptrace), "looks into no other process" },
	{ SCMP_SYS(process_vm_readv), "looks into no other process" },
	{ SCMP_SYS(process_vm_writev), "changes no other process" },
	{ SCMP_SYS(kcmp), "compares no processes" },
	{ SCMP_SYS(mount), "changes no tree" },
	{ SCMP_SYS(umount2), "changes no tree" },
	{ SCMP_SYS(open_tree), "changes no tree" },
	{ SCMP_SYS(move_mount), "changes no tree" },
	{ SCMP_SYS(fsopen), "changes no tree" },
	{ SCMP_SYS(fsmount), "changes no tree" },
	{ SCMP_SYS(fspick), "changes no tree" },
	{ SCMP_SYS(pivot_root), "changes no tree" },
	{ SCMP_SYS(chroot), "has its root already" },
	{ SCMP_SYS(unshare), "needs no namespace" },
	{ SCMP_SYS(setns), "needs no namespace" },
	{ SCMP_SYS(mknod), "makes no devices or FIFOs" },
	{ SCMP_SYS(mknodat), "makes no devices or FIFOs" },
	{ SCMP_SYS(open_by_handle_at), "opens by name only" },
	{ SCMP_SYS(fanotify_init), "watches no files" },
	{ SCMP_SYS(bpf), "loads nothing into the kernel" },
	{ SCMP_SYS(init_module), "loads nothing into the kernel" },
	{ SCMP_SYS(finit_module), "loads nothing into the kernel" },
	{ SCMP_SYS(kexec_load), "loads nothing into the kernel" },
	{ SCMP_SYS(kexec_file_load), "loads nothing into the kernel" },
	{ SCMP_SYS(io_uring_setup), "would do calls past this filter" },
	{ SCMP_SYS(userfaultfd), "a tool of exploits" },
	{ SCMP_SYS(perf_event_open), "a tool of exploits" },
	{ SCMP_SYS(personality), "a tool of exploits" },
	{ SCMP_SYS(modify_ldt), "a tool of exploits" },
	{ SCMP_SYS(add_key), "has no keys in the kernel" },
	{ SCMP_SYS(request_key), "has no keys in the kernel" },
	{ SCMP_SYS(keyctl), "has no keys in the kernel" },
};

#define WHEN(argument, op, a, b)              \
	{                                     \
		argument, SCMP_CMP_##op, a, b \
	}

static const struct rule_if every_role_if[] = {
	{ SCMP_SYS(clone), "makes threads only",
	    WHEN(0, MASKED_EQ, CLONE_THREAD, 0) },
	{ SCMP_SYS(ioctl), "types nothing into its terminal",
	    WHEN(1, MASKED_EQ, 0xffffffff, TIOCSTI) },
	{ SCMP_SYS(ioctl), "types nothing into its terminal",
	    WHEN(1, MASKED_EQ, 0xffffffff, TIOCLINUX) },
	{ SCMP_SYS(prlimit64), "limits no other process", WHEN(0, NE, 0, 0) },
};

/* A worker has no files: no call that takes a path. */
static const struct rule worker[] = {
	{ SCMP_SYS(open), "opens by path" },
	{ SCMP_SYS(openat), "opens by path" },
	{ SCMP_SYS(openat2), "opens by path" },
	{ SCMP_SYS(creat), "creates by path" },
	{ SCMP_SYS(mkdir), "creates by path" },
	{ SCMP_SYS(mkdirat), "creates by path" },
	{ SCMP_SYS(symlink), "creates by path" },
	{ SCMP_SYS(symlinkat), "creates by path" },
	{ SCMP_SYS(link), "creates by path" },
	{ SCMP_SYS(linkat), "creates by path" },
	{ SCMP_SYS(unlink), "removes by path" },
	{ SCMP_SYS(unlinkat), "removes by path" },
	{ SCMP_SYS(rmdir), "removes by path" },
	{ SCMP_SYS(rename), "renames by path" },
	{ SCMP_SYS(renameat), "renames by path" },
	{ SCMP_SYS(renameat2), "renames by path" },
	{ SCMP_SYS(chmod), "changes by path" },
	{ SCMP_SYS(fchmod), "changes files by their bytes only" },
	{ SCMP_SYS(fchmodat), "changes by path" },
	{ SCMP_SYS(chown), "changes by path" },
	{ SCMP_SYS(lchown), "changes by path" },
	{ SCMP_SYS(fchown), "changes files by their bytes only" },
	{ SCMP_SYS(fchownat), "changes by path" },
	{ SCMP_SYS(truncate), "changes by path" },
	{ SCMP_SYS(utime), "changes by path" },
	{ SCMP_SYS(utimes), "changes by path" },
	{ SCMP_SYS(futimesat), "changes by path" },
	{ SCMP_SYS(utimensat), "changes by path" },
	{ SCMP_SYS(setxattr), "changes by path" },
	{ SCMP_SYS(lsetxattr), "changes by path" },
	{ SCMP_SYS(fsetxattr), "changes files by their bytes only" },
	{ SCMP_SYS(removexattr), "changes by path" },
	{ SCMP_SYS(lremovexattr), "changes by path" },
	{ SCMP_SYS(fremovexattr), "changes files by their bytes only" },
	{ SCMP_SYS(access), "asks by path" },
	{ SCMP_SYS(faccessat), "asks by path" },
	{ SCMP_SYS(faccessat2), "asks by path" },
	{ SCMP_SYS(getxattr), "asks by path" },
	{ SCMP_SYS(lgetxattr), "asks by path" },
	{ SCMP_SYS(listxattr), "asks by path" },
	{ SCMP_SYS(llistxattr), "asks by path" },
	{ SCMP_SYS(readlink), "asks by path" },
	{ SCMP_SYS(readlinkat), "asks by path" },
	{ SCMP_SYS(statfs), "asks by path" },
	{ SCMP_SYS(inotify_add_watch), "watches by path" },
	{ SCMP_SYS(chdir), "moves by path" },
	{ SCMP_SYS(fchdir), "has no directories" },
	{ SCMP_SYS(getdents), "has no directories" },
	{ SCMP_SYS(getdents64), "has no directories" },
};

/* Of sockets it makes those of IPv4 (2) and IPv6 (10). */
static const struct rule_if worker_if[] = {
	{ SCMP_SYS(socket), "no UNIX sockets", WHEN(0, LT, AF_INET, 0) },
	{ SCMP_SYS(socket), "family 3", WHEN(0, EQ, AF_INET + 1, 0) },
	{ SCMP_SYS(socket), "families 4 to 7", WHEN(0, MASKED_EQ, ~3ull, 4) },
	{ SCMP_SYS(socket), "families 8 and 9", WHEN(0, MASKED_EQ, ~1ull, 8) },
	{ SCMP_SYS(socket), "no netlink and raw packets",
	    WHEN(0, GT, AF_INET6, 0) },
};

/* A file agent has no network: it never makes a socket of its own. */
static const struct rule agent[] = {
	{ SCMP_SYS(socket), "has no network" },
	{ SCMP_SYS(socketpair), "has no network" },
	{ SCMP_SYS(connect), "has no network" },
	{ SCMP_SYS(bind), "has no network" },
	{ SCMP_SYS(listen), "has no network" },
	{ SCMP_SYS(accept), "has no network" },
	{ SCMP_SYS(accept4), "has no network" },
};

static int
deny(scmp_filter_ctx f, const struct rule *r, size_t n)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < n; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), r[i].call, 0);
	return rc;
}

static int
deny_if(scmp_filter_ctx f, const struct rule_if *r, size_t n)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < n; i++)
		rc = seccomp_rule_add_array(
		    f, SCMP_ACT_ERRNO(EPERM), r[i].call, 1, &r[i].when);
	return rc;
}

/* The filter of a role, loaded; 0 or a negative errno. */
static int
confine_by(scmp_filter_ctx f, const struct role *role)
{
	int rc;

	/* Threads that run already are confined, too. */
	if ((rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1)) != 0)
		return rc;
	(void)seccomp_attr_set(f, SCMP_FLTATR_API_SYSRAWRC, 1);
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if ((rc = deny(f, every_role, NELEM(every_role))) != 0 ||
	    (rc = deny_if(f, every_role_if, NELEM(every_role_if))) != 0 ||
	    (rc = deny(f, role->rules, role->nrules)) != 0 ||
	    (rc = deny_if(f, role->rules_if, role->nrules_if)) != 0)
		return rc;
	/* Its flags are in memory, out of sight; the C library knows clone. */
	rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return rc != 0 ? rc : seccomp_load(f);
}

static void
confine(const struct role *role)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int rc = f == NULL ? -ENOMEM : confine_by(f, role);

	if (f != NULL)
		seccomp_release(f);
	if (rc == 0)
		return;
	errno = -rc;
	log_warn("this process goes on without a system-call filter");
}

void
sandbox_worker(void)
{
	static const struct role role = { worker, NELEM(worker), worker_if,
		NELEM(worker_if) };

	confine(&role);
}

void
sandbox_agent(void)
{
	static const struct role role = { agent, NELEM(agent), NULL, 0 };

	confine(&role);
}

#else

void
sandbox_worker(void)
{
	log_debug("built without system-call filters");
}

void
sandbox_agent(void)
{
	log_debug("built without system-call filters");
}

#endif
