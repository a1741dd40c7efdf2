/* SPDX-License-Identifier: ISC */
/*
 * Calls that fail when a test says so: in the libraries that the fault programs
 * link, a call that calls.h names goes to a function of that name with fault_
 * before it (see room.mk), so it is the server's calls that fail, not the
 * test's.
 *
 * With FAULT_FILE alone the test says on that page when which process meets a
 * fault. With FAULT_NTH=n each process that the program forks, which is one
 * test of a Check suite, meets one at the n-th of the sites that it calls from,
 * with FAULT_SEED=s at a random one; FAULT_NTH=0 finds out which sites there
 * are.
 */
#include "tests/fault/fault.h"

#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <execinfo.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct fault_page *page;
static int log_fd = -1; /* FAULT_LOG */

/* Unit tests: where this process meets its fault. */
static struct {
	bool are; /* FAULT_NTH or FAULT_SEED is given */
	long nth; /* 0: none, sites are only noted */
	long seed; /* -1: none */
	uint32_t test; /* number of the test that this process is */
	bool begun; /* the test's process has been forked */
	int32_t site;
	_Atomic int32_t countdown;
} unit;

/* ------------------------------------------------------------- unit tests */

static bool
has_site(uint32_t test, uint32_t site)
{
	return (atomic_load(&page->tests[test][site / 32]) >> site % 32 & 1) !=
	       0;
}

/* The n-th of the sites that the test calls from, or -1. */
static int32_t
nth_site(uint32_t test, long n)
{
	int32_t site;

	for (site = 0; site < FAULT_SITES; site++)
		if (has_site(test, (uint32_t)site) && --n == 0)
			return site;
	return -1;
}

static long
count_sites(uint32_t test)
{
	uint32_t site;
	long n = 0;

	for (site = 0; site < FAULT_SITES; site++)
		n += has_site(test, site);
	return n;
}

/* Just forked: a test begins, or another process of it. */
static void
test_begin(void)
{
	long n = unit.nth, times = 1, all;

	if (unit.begun || unit.test >= FAULT_TESTS)
		return;
	unit.begun = true;
	all = count_sites(unit.test);
	if (unit.seed >= 0 && all > 0) {
		srand48(unit.seed * 65536 + unit.test);
		n = 1 + lrand48() % all;
		times = lrand48() % 2 == 0 ? 1 : 1 + lrand48() % 20;
	}
	unit.site = nth_site(unit.test, n);
	unit.countdown = (int32_t)times;
}

static void
test_forks(void)
{
	if (!unit.begun)
		unit.test++;
}

/* ---------------------------------------------------------------- set up */

static long
number_of(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? -1 : strtol(text, NULL, 10);
}

static void *failing_malloc(size_t);
static void *failing_realloc(void *, size_t);

static void __attribute__((constructor)) fault_setup(void)
{
	const char *path = getenv("FAULT_FILE"), *log = getenv("FAULT_LOG");
	void *map;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1 || (map = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0)) == MAP_FAILED)
		abort();
	(void)close(fd);
	page = map;
	/* Out of the way of who closes all but a few. */
	if (log != NULL && (fd = open(log, O_WRONLY | O_APPEND)) != -1) {
		log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
		(void)close(fd);
	}
	if (number_of("FAULT_ROUND") > 0)
		page->round = (int32_t)number_of("FAULT_ROUND");
	unit.nth = number_of("FAULT_NTH");
	unit.seed = number_of("FAULT_SEED");
	unit.are = unit.nth >= 0 || unit.seed >= 0;
	/* The tests themselves use libevent, too. */
	if (unit.are)
		(void)pthread_atfork(test_forks, NULL, test_begin);
	else
		event_set_mem_functions(failing_malloc, failing_realloc, free);
}

/* -------------------------------------------------------- is a fault due? */

static void
tell(const char *call, int32_t site, int error)
{
	void *frames[24];
	char text[160];
	int n;

	if (log_fd == -1)
		return;
	n = snprintf(text, sizeof(text),
	    "fault: process %d test %u site %d: %s: %s\n", (int)getpid(),
	    unit.test, site, call, strerror(error));
	(void)!write(log_fd, text, (size_t)n);
	if (getenv("FAULT_TRACE") != NULL)
		backtrace_symbols_fd(frames, backtrace(frames, 24), log_fd);
}

extern char __executable_start[];

/* The number of a place; what is not of the program is one place, libevent. */
static int32_t
site_of(const char *call, const void *where)
{
	uint64_t place = 1, there;
	uint32_t i, n;

	if (where != NULL)
		place = (uint64_t)((uintptr_t)where -
				   (uintptr_t)__executable_start);
	i = (uint32_t)(place * 2654435761u >> 7);
	for (n = 0; n < FAULT_SITES; n++, i++) {
		struct fault_site *s = &page->sites[i % FAULT_SITES];

		there = 0;
		if (atomic_compare_exchange_strong(&s->where, &there, place))
			(void)snprintf(s->call, sizeof(s->call), "%s", call);
		else if (there != place)
			continue;
		atomic_fetch_add(&s->calls, 1);
		return (int32_t)(i % FAULT_SITES);
	}
	atomic_fetch_add(&page->lost, 1);
	return -1;
}

static bool
count_down(_Atomic int32_t *countdown)
{
	int32_t left = atomic_load(countdown);

	while (left > 0)
		if (atomic_compare_exchange_weak(countdown, &left, left - 1))
			return left == 1;
	return false;
}

static bool
is_due_in_test(int32_t site)
{
	if (!unit.begun || site < 0 || unit.test >= FAULT_TESTS)
		return false;
	if (unit.nth == 0)
		atomic_fetch_or(
		    &page->tests[unit.test][site / 32], 1u << site % 32);
	return site == unit.site && count_down(&unit.countdown);
}

static bool
is_due(int32_t site)
{
	int32_t pid = atomic_load(&page->pid);

	return (pid == 0 || pid == getpid()) && site == page->site &&
	       count_down(&page->countdown);
}

/* The error that this call shall fail with, or 0. */
static int
fault(const char *call, const void *where, const int *errors, unsigned n)
{
	int32_t site;
	int error;

	if (page == NULL || (unit.are && !unit.begun))
		return 0;
	site = site_of(call, where);
	if (unit.are ? !is_due_in_test(site) : !is_due(site))
		return 0;
	error = errors[(unsigned)atomic_load(&page->round) % n];
	atomic_fetch_add(&page->hits, 1);
	tell(call, site, error);
	return error;
}

#define FAULT(call, ...)                                                       \
	fault(call, __builtin_return_address(0), (const int[]){ __VA_ARGS__ }, \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

/* A call that fails by `bad` and errno, one of the errors at the end. */
#define CALL(type, name, params, args, bad, ...)       \
	type fault_##name params;                      \
	type fault_##name params                       \
	{                                              \
		int error = FAULT(#name, __VA_ARGS__); \
                                                       \
		if (error == 0)                        \
			return name args;              \
		errno = error;                         \
		return bad;                            \
	}

/* One that gives the error back. */
#define GIVES(name, params, args, ...)                 \
	int fault_##name params;                       \
	int fault_##name params                        \
	{                                              \
		int error = FAULT(#name, __VA_ARGS__); \
                                                       \
		return error == 0 ? name args : error; \
	}

/*
 * One with optional arguments, all of which are numbers or pointers; more are
 * read than are there, as in any program that hands such arguments on.
 */
#define VARIADIC(type, name, params, last, args, ...)                  \
	__attribute__((no_sanitize_address)) type fault_##name params; \
	__attribute__((no_sanitize_address)) type fault_##name params  \
	{                                                              \
		int error = FAULT(#name, __VA_ARGS__);                 \
		long v[6];                                             \
		va_list ap;                                            \
                                                                       \
		va_start(ap, last);                                    \
		for (int i = 0; i < 6; i++)                            \
			v[i] = va_arg(ap, long);                       \
		va_end(ap);                                            \
		(void)v;                                               \
		if (error == 0)                                        \
			return name args;                              \
		errno = error;                                         \
		return -1;                                             \
	}

/* -------------------------------------------------------------- the calls */

/* What newer compilers want to know of who hands a format on. */
int fault_vasprintf(char **, const char *, va_list)
    __attribute__((format(printf, 2, 0)));

#include "tests/fault/calls.h"

/* close() ends the descriptor even if it fails. */
int fault_close(int fd);
int
fault_close(int fd)
{
	int error = FAULT("close", EIO), result = close(fd);

	if (error == 0)
		return result;
	errno = error;
	return -1;
}

/* Only the clock of the day jumps. */
int fault_clock_gettime(clockid_t which, struct timespec *ts);
int
fault_clock_gettime(clockid_t which, struct timespec *ts)
{
	int result = clock_gettime(which, ts);

	if (result == 0 && which == CLOCK_REALTIME && page != NULL)
		ts->tv_sec += atomic_load(&page->clock);
	return result;
}

time_t fault_time(time_t *out_r);
time_t
fault_time(time_t *out_r)
{
	time_t now =
	    time(NULL) + (page != NULL ? atomic_load(&page->clock) : 0);

	if (out_r != NULL)
		*out_r = now;
	return now;
}

/* libevent's. */
static void *
failing_malloc(size_t n)
{
	static const int errors[] = { ENOMEM };

	return fault("event_malloc", NULL, errors, 1) == 0 ? malloc(n) : NULL;
}

static void *
failing_realloc(void *p, size_t n)
{
	static const int errors[] = { ENOMEM };

	return fault("event_malloc", NULL, errors, 1) == 0 ? realloc(p, n)
							   : NULL;
}
