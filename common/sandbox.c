/* SPDX-License-Identifier: ISC */
/*
 * System-call filters, one table per role: each row a call and why the role
 * must not make it. A forbidden call fails with EPERM.
 */
#include "common/sandbox.h"

#include "config.h"

#include "common/log.h"
#include "common/mem.h"

#if defined(WITH_SANDBOX) && !defined(WITH_SANITIZERS)

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>

struct rule {
	int call;
	const char *reason;
};

/* What no role but the monitor does. */
static const struct rule no_process[] = {
	{ SCMP_SYS(execve), "runs no program" },
	{ SCMP_SYS(execveat), "runs no program" },
	{ SCMP_SYS(fork), "starts no process" },
	{ SCMP_SYS(vfork), "starts no process" },
	{ SCMP_SYS(ptrace), "looks into no other process" },
	{ SCMP_SYS(process_vm_readv), "looks into no other process" },
	{ SCMP_SYS(process_vm_writev), "changes no other process" },
	{ SCMP_SYS(mount), "changes no file system tree" },
	{ SCMP_SYS(umount2), "changes no file system tree" },
	{ SCMP_SYS(pivot_root), "changes no file system tree" },
	{ SCMP_SYS(chroot), "has its root already" },
	{ SCMP_SYS(unshare), "needs no namespace" },
	{ SCMP_SYS(setns), "needs no namespace" },
	{ SCMP_SYS(bpf), "loads nothing into the kernel" },
	{ SCMP_SYS(init_module), "loads nothing into the kernel" },
	{ SCMP_SYS(finit_module), "loads nothing into the kernel" },
	{ SCMP_SYS(kexec_load), "loads nothing into the kernel" },
	{ SCMP_SYS(io_uring_setup), "would evade this filter" },
	{ SCMP_SYS(userfaultfd), "has no use for it" },
	{ SCMP_SYS(perf_event_open), "has no use for it" },
	{ SCMP_SYS(keyctl), "has no use for it" },
};

/* A worker has no files: no call that takes a path. */
static const struct rule no_paths[] = {
	{ SCMP_SYS(open), "opens by path" },
	{ SCMP_SYS(openat), "opens by path" },
	{ SCMP_SYS(openat2), "opens by path" },
	{ SCMP_SYS(open_by_handle_at), "opens by handle" },
	{ SCMP_SYS(creat), "creates by path" },
	{ SCMP_SYS(mknod), "creates by path" },
	{ SCMP_SYS(mknodat), "creates by path" },
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
	{ SCMP_SYS(fchmodat), "changes by path" },
	{ SCMP_SYS(chown), "changes by path" },
	{ SCMP_SYS(lchown), "changes by path" },
	{ SCMP_SYS(fchownat), "changes by path" },
	{ SCMP_SYS(truncate), "changes by path" },
	{ SCMP_SYS(utimensat), "changes by path" },
	{ SCMP_SYS(chdir), "moves by path" },
	{ SCMP_SYS(readlink), "reads by path" },
	{ SCMP_SYS(readlinkat), "reads by path" },
	{ SCMP_SYS(getdents64), "lists directories" },
};

/* A file agent has no network: it never makes a socket of its own. */
static const struct rule no_network[] = {
	{ SCMP_SYS(socket), "has no network" },
	{ SCMP_SYS(socketpair), "has no network" },
	{ SCMP_SYS(connect), "has no network" },
	{ SCMP_SYS(bind), "has no network" },
	{ SCMP_SYS(listen), "has no network" },
	{ SCMP_SYS(accept), "has no network" },
	{ SCMP_SYS(accept4), "has no network" },
};

static int
deny(scmp_filter_ctx f, const struct rule *rules, size_t n)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		rc = seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EPERM), rules[i].call, 0);
		/* A call this architecture does not have needs no rule. */
		if (rc != 0 && rc != -EDOM && rc != -EEXIST)
			return rc;
	}
	return 0;
}

/* clone(2) may make threads only; clone3(2) cannot be looked into. */
static int
deny_clone(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));

	if (rc == 0)
		rc = seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return rc == -EDOM ? 0 : rc;
}

static void
confine(const struct rule *rules, size_t n)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int rc = -ENOMEM;

	if (f == NULL)
		goto out;
	if ((rc = deny(f, no_process, NELEM(no_process))) != 0 ||
	    (rc = deny_clone(f)) != 0 || (rc = deny(f, rules, n)) != 0)
		goto out;
	rc = seccomp_load(f);
out:
	if (f != NULL)
		seccomp_release(f);
	if (rc != 0) {
		errno = -rc;
		log_warn("no system-call filter");
	}
}

void
sandbox_worker(void)
{
	confine(no_paths, NELEM(no_paths));
}

void
sandbox_agent(void)
{
	confine(no_network, NELEM(no_network));
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
