/* SPDX-License-Identifier: ISC */
/*
 * Puts a process into the sandbox of its role, and tells afterwards which
 * system call a process was ended for.
 */
#include "common/sandbox.h"

#include "config.h"

#include "common/log.h"
#include "common/mem.h"

/* Sanitizers and gcov make calls and open files that no role may. */
#if defined(WITH_SANDBOX) && !defined(WITH_SANITIZERS) && \
    !defined(WITH_COVERAGE)

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sandbox_rules.h"

/* What was trapped lately; more at once than this are not all told. */
#define OFFENCES 16

struct offence {
	atomic_int pid;
	atomic_int call;
};

static struct {
	atomic_uint next;
	struct offence of[OFFENCES];
} * offences; /* shared with all children */

/* What this kernel cannot do, as the log has said. */
static bool no_filters, no_landlock;

/* ------------------------------------------------------------------- traps */
/*
 * May run in the middle of anything, malloc(3) included. SIGSYS is blocked in
 * here, so the kernel ends a process that is trapped once more.
 */
static void
on_trap(int sig, siginfo_t *info, void *context)
{
	struct offence *o;

	if (offences != NULL) {
		o = &offences
			 ->of[atomic_fetch_add(&offences->next, 1) % OFFENCES];
		atomic_store(&o->call, info->si_syscall);
		atomic_store(&o->pid, (int)getpid());
	}
	/* In nobody's list: ends this process by SIGSYS, as its parent expects.
	 */
	(void)syscall(SYS_ptrace, -1, 0, 0, 0);
	_exit(EXIT_FAILURE);
}

static int
catch_traps(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_sigaction = on_trap;
	sa.sa_flags = SA_SIGINFO;
	return sigaction(SIGSYS, &sa, NULL);
}

static void
call_name(int call, char *out, size_t size)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

	(void)snprintf(out, size, "%s (system call %d)",
	    name != NULL ? name : "unknown", call);
	free(name);
}

const char *
sandbox_offence(pid_t pid, char *out, size_t size)
{
	struct offence *o;
	int is;

	for (o = offences == NULL ? NULL : offences->of;
	     o != NULL && o < offences->of + OFFENCES; o++) {
		is = (int)pid;
		if (!atomic_compare_exchange_strong(&o->pid, &is, 0))
			continue;
		call_name(atomic_load(&o->call), out, size);
		return out;
	}
	return NULL;
}

/* ----------------------------------------------------------------- filters */
static uint32_t
action_of(const struct sandbox_rule *r)
{
	return r->error != 0 ? SCMP_ACT_ERRNO((uint32_t)r->error)
			     : SCMP_ACT_ALLOW;
}

/* Is there something to say? A call that this machine does not have needs no
 * rule, nor does one that is treated like all others. */
static bool
is_needed(const struct sandbox_rule *r, enum sandbox_role role)
{
	return (r->roles & 1u << role) != 0 && r->call >= 0 &&
	       action_of(r) != sandbox_defaults[role].action;
}

static int
add_rule(scmp_filter_ctx f, const struct sandbox_rule *r)
{
	struct scmp_arg_cmp when[NELEM(r->when) + 1];

	memcpy(when, r->when, sizeof(r->when));
	if (r->own)
		when[r->nwhen] = (struct scmp_arg_cmp){ 0, SCMP_CMP_EQ,
			(scmp_datum_t)getpid(), 0 };
	return seccomp_rule_add_array(
	    f, action_of(r), r->call, r->nwhen + r->own, when);
}

static int
add_rules(scmp_filter_ctx f, enum sandbox_role role)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sandbox_nrules; i++)
		if (is_needed(&sandbox_rules[i], role))
			rc = add_rule(f, &sandbox_rules[i]);
	return rc;
}

static bool
has_rule(int call, enum sandbox_role role)
{
	size_t i;

	for (i = 0; i < sandbox_nrules; i++)
		if (sandbox_rules[i].call == call &&
		    (sandbox_rules[i].roles & 1u << role) != 0)
			return true;
	return false;
}

static int
add_newer(scmp_filter_ctx f, enum sandbox_role role)
{
	int call, rc = 0;

	for (call = SANDBOX_NEWER; rc == 0 && call <= SANDBOX_NEWEST; call++)
		if (!has_rule(call, role))
			rc = seccomp_rule_add(
			    f, SCMP_ACT_ERRNO(ENOSYS), call, 0);
	return rc;
}

/* The filter of a role, loaded; 0 or a negative errno. */
static int
load(scmp_filter_ctx f, enum sandbox_role role)
{
	int rc;

	/* Threads that run already are confined, too. */
	if ((rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1)) != 0)
		return rc;
	(void)seccomp_attr_set(f, SCMP_FLTATR_API_SYSRAWRC, 1);
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if ((rc = add_rules(f, role)) != 0)
		return rc;
	if (sandbox_defaults[role].action != SCMP_ACT_ALLOW &&
	    (rc = add_newer(f, role)) != 0)
		return rc;
	return seccomp_load(f);
}

static int
filter(enum sandbox_role role)
{
	scmp_filter_ctx f;
	int rc = -ENOMEM;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || catch_traps() == -1)
		return -errno;
	if ((f = seccomp_init(sandbox_defaults[role].action)) != NULL) {
		rc = load(f, role);
		seccomp_release(f);
	}
	return rc;
}

/* ------------------------------------------------------------------- roles */
static void
share_offences(void)
{
	void *p = mmap(NULL, sizeof(*offences), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (offences == NULL && p != MAP_FAILED)
		offences = p;
}

/* forbidden: the kernel could, but who started us has a filter against it. */
static const char *
missing(bool forbidden)
{
	if (no_filters)
		return no_landlock ? "this kernel lacks filters of system "
				     "calls and Landlock"
				   : "this kernel lacks filters of system "
				     "calls";
	if (!no_landlock)
		return NULL;
	return forbidden ? "the container or service manager forbids Landlock"
			 : "this kernel lacks Landlock (of Linux 5.19 or "
			   "newer)";
}

int
sandbox_start(enum sandbox_mode mode)
{
	const char *what;

	if (mode == SANDBOX_OFF)
		return 0;
	share_offences();
	no_filters = filter(SANDBOX_MONITOR) != 0;
	errno = 0;
	no_landlock = landlock_version() < LANDLOCK_VERSION_MIN;
	if ((what = missing(errno == EPERM)) == NULL)
		return 0;
	if (mode == SANDBOX_REQUIRE)
		log_errorx("sandbox = require, but %s", what);
	else
		log_warnx("%s: the processes are confined without", what);
	return mode == SANDBOX_REQUIRE ? -1 : 0;
}

/* Nothing that a role could want more of: it has secrets to dump, or files. */
static int
limit(enum sandbox_role role)
{
	/* Code of others may lock memory and start programs, agents start
	 * threads. */
	static const int none[] = { RLIMIT_CORE, RLIMIT_MSGQUEUE,
		RLIMIT_MEMLOCK, RLIMIT_NPROC };
	size_t n = role == SANDBOX_PROGRAMS         ? 2
		   : sandbox_defaults[role].threads ? 3
						    : NELEM(none);
	struct rlimit zero = { 0, 0 };
	size_t i;

	for (i = 0; i < n; i++)
		if (setrlimit(none[i], &zero) == -1)
			return -errno;
	return 0;
}

static int
restrict_files(
    enum sandbox_role role, const struct landlock_place *places, size_t nplaces)
{
	bool tcp = sandbox_defaults[role].tcp;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    landlock_enter(places, nplaces, tcp) == -1)
		return -errno;
	return 0;
}

static void
must(int rc, enum sandbox_mode mode, const char *what)
{
	errno = -rc;
	if (rc != 0 && mode == SANDBOX_REQUIRE)
		die("cannot be confined by %s", what);
	if (rc != 0)
		log_warn("this process goes on without %s", what);
}

void
sandbox_enter(enum sandbox_role role, enum sandbox_mode mode,
    const struct landlock_place *places, size_t nplaces)
{
	if (mode == SANDBOX_OFF)
		return;
	must(limit(role), mode, "limits");
	if (role != SANDBOX_PROGRAMS &&
	    (!no_landlock || mode == SANDBOX_REQUIRE))
		must(restrict_files(role, places, nplaces), mode, "Landlock");
	if (!no_filters || mode == SANDBOX_REQUIRE)
		must(filter(role), mode, "a filter of system calls");
}

bool
sandbox_is_built(void)
{
	return true;
}

#else

int
sandbox_start(enum sandbox_mode mode)
{
	if (mode == SANDBOX_BEST)
		log_debug("built without filters of system calls");
	if (mode != SANDBOX_REQUIRE)
		return 0;
	log_errorx("sandbox = require, but this program was built without");
	return -1;
}

void
sandbox_enter(enum sandbox_role role, enum sandbox_mode mode,
    const struct landlock_place *places, size_t nplaces)
{
}

const char *
sandbox_offence(pid_t pid, char *out, size_t size)
{
	return NULL;
}

bool
sandbox_is_built(void)
{
	return false;
}

#endif
