/* SPDX-License-Identifier: ISC */
/*
 * Usage against quota: the scans that find it out, and the counting between
 * them.
 */
#include "server/agent/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "common/timer.h"
#include "server/agent/places.h"
#include "server/usage.h"

#define LEND_MIN ((uint64_t)64 * 1024)
#define LEND_MAX ((uint64_t)16 * 1024 * 1024)
#define LEND_PART 16 /* of what is left */
#define STUCK_MS 600000 /* the agent that scanned has died */
#define WAIT_TRIES 3000 /* for another agent's scan */
#define WAIT_NS (20 * 1000 * 1000)
#define REMEMBER_MS 600000 /* R19.2 */
#define MS UINT64_C(1000)

static bool
applies(const struct agent_session *s, const char *path)
{
	return s->usage != NULL && places_mount(s, path) == NULL;
}

/* ------------------------------------------------------------------ scans */
/* For the first time, by whoever needs it first. */
static void
scan_first(struct usage *u, int root)
{
	uint32_t unknown = USAGE_UNKNOWN;
	int64_t bytes, files;

	if (!atomic_compare_exchange_strong(
		&u->state, &unknown, USAGE_SCANNING))
		return;
	atomic_store(&u->scanned, clock_ms());
	atomic_store(&u->doubtful, 0);
	if (quota_scan(root, &bytes, &files) == -1) {
		log_warn("cannot find out what is stored");
		atomic_store(&u->state, USAGE_UNKNOWN);
		return;
	}
	atomic_store(&u->bytes, bytes);
	atomic_store(&u->files, files);
	atomic_store(&u->state, USAGE_KNOWN);
}

/*
 * Again: what was counted meanwhile stays counted. What the scan saw of it as
 * well is counted twice; that is in doubt, and so looked at once more before
 * somebody is refused for it.
 */
static void
scan_again(struct usage *u, int root)
{
	int64_t bytes, files, old_bytes, old_files;
	uint32_t no = 0;

	if (!atomic_compare_exchange_strong(&u->rescanning, &no, 1))
		return;
	atomic_store(&u->scanned, clock_ms());
	atomic_store(&u->doubtful, 0);
	old_bytes = atomic_load(&u->bytes);
	old_files = atomic_load(&u->files);
	if (quota_scan(root, &bytes, &files) == 0) {
		if (atomic_load(&u->bytes) != old_bytes)
			atomic_store(&u->doubtful, 1);
		atomic_fetch_add(&u->bytes, bytes - old_bytes);
		atomic_fetch_add(&u->files, files - old_files);
	}
	atomic_store(&u->rescanning, 0);
}

/* An agent can die while it scans. */
static void
unstick(struct usage *u)
{
	uint32_t scanning = USAGE_SCANNING;

	if (clock_ms() - atomic_load(&u->scanned) < STUCK_MS)
		return;
	atomic_compare_exchange_strong(&u->state, &scanning, USAGE_UNKNOWN);
	atomic_store(&u->rescanning, 0);
}

/* Malformed or missing knowledge is never taken for an empty account. */
static bool
is_known(struct agent_session *s)
{
	const struct timespec pause = { .tv_nsec = WAIT_NS };
	struct usage *u = s->usage;
	int i;

	for (i = 0; i < WAIT_TRIES; i++) {
		if (atomic_load(&u->state) == USAGE_UNKNOWN)
			scan_first(u, s->root);
		if (atomic_load(&u->state) == USAGE_KNOWN)
			return true;
		if (atomic_load(&u->state) == USAGE_UNKNOWN)
			return false; /* it cannot be found out */
		unstick(u);
		nanosleep(&pause, NULL);
	}
	return false;
}

struct scan {
	struct usage *usage;
	int root;
	bool again;
};

static void *
scan_main(void *arg)
{
	struct scan *scan = arg;

	if (scan->again)
		scan_again(scan->usage, scan->root);
	else
		scan_first(scan->usage, scan->root);
	close(scan->root);
	free(scan);
	return NULL;
}

/* R19.3: in a thread of its own, so that nobody waits. */
static void
scan_in_background(struct agent_session *s)
{
	struct scan *scan = xcalloc(1, sizeof(*scan));
	pthread_t id;

	scan->usage = s->usage;
	scan->again = atomic_load(&s->usage->state) == USAGE_KNOWN;
	scan->root = fcntl(s->root, F_DUPFD_CLOEXEC, 0);
	if (scan->root != -1 &&
	    pthread_create(&id, NULL, scan_main, scan) == 0) {
		pthread_detach(id);
		return;
	}
	fd_close(&scan->root);
	free(scan);
}

void
quota_open(struct agent_session *s, const struct account *acct)
{
	uint64_t age;

	s->quota = acct->quota;
	s->quota_files = acct->quota_files;
	s->usage = usage_slot(acct->usage_slot);
	if (s->usage == NULL)
		return;
	unstick(s->usage);
	age = clock_ms() - atomic_load(&s->usage->scanned);
	if (atomic_load(&s->usage->state) == USAGE_UNKNOWN ||
	    atomic_load(&s->usage->doubtful) != 0 ||
	    age >= s->conf->quota_rescan * MS)
		scan_in_background(s);
}

/* ------------------------------------------------- uploads that did not fit */
static void
remember_failure(struct usage *u, const char *path, uint64_t size)
{
	uint64_t h = str_hash(STR_HASH_START, path);
	struct usage_failure *f = u->failures;
	size_t i;

	for (i = 0; i < USAGE_FAILURES && atomic_load(&f[i].path) != h; i++)
		;
	if (i == USAGE_FAILURES)
		i = atomic_fetch_add(&u->nfailures, 1) % USAGE_FAILURES;
	atomic_store(&f[i].path, h);
	atomic_store(&f[i].size, size);
	atomic_store(&f[i].until, clock_ms() + REMEMBER_MS);
}

/* R19.2: the same upload again, and it still cannot fit. */
static bool
failed_before(struct usage *u, const char *path, uint64_t left)
{
	uint64_t h = str_hash(STR_HASH_START, path), now = clock_ms();
	struct usage_failure *f = u->failures;
	size_t i;

	for (i = 0; i < USAGE_FAILURES; i++)
		if (atomic_load(&f[i].path) == h &&
		    atomic_load(&f[i].until) > now)
			return left <= atomic_load(&f[i].size);
	return false;
}

/* --------------------------------------------------------------- counting */
static void
add(struct agent_session *s, int64_t bytes, int64_t files)
{
	atomic_fetch_add(&s->usage->bytes, bytes);
	atomic_fetch_add(&s->usage->files, files);
}

static uint64_t
left_of(uint64_t quota, int64_t used)
{
	if (quota == 0)
		return UINT64_MAX;
	if (used < 0)
		used = 0;
	return (uint64_t)used < quota ? quota - (uint64_t)used : 0;
}

static uint64_t
bytes_left(const struct agent_session *s)
{
	return left_of(s->quota, atomic_load(&s->usage->bytes));
}

uint64_t
quota_left(struct agent_session *s, const char *path)
{
	if (!applies(s, path) || s->quota == 0)
		return UINT64_MAX;
	return is_known(s) ? bytes_left(s) : 0;
}

/* Does its file come anew, beside what is there? */
static bool
makes_file(const struct upload *up)
{
	return up->kind != UP_PARTIAL &&
	       (up->kind != UP_IN_PLACE || !up->t.exists);
}

/* FS_OK, or which quota is used up. */
static enum fs_status
fits(const struct agent_session *s, const struct upload *up)
{
	uint64_t left = bytes_left(s);

	if (left == 0 || up->prefix > left ||
	    failed_before(s->usage, up->path, left))
		return FS_QUOTA;
	if (!makes_file(up) || up->t.exists ||
	    left_of(s->quota_files, atomic_load(&s->usage->files)) > 0)
		return FS_OK;
	return FS_QUOTA_FILES;
}

enum fs_status
quota_check(struct agent_session *s, const struct upload *up)
{
	enum fs_status status;

	if (!applies(s, up->path))
		return FS_OK;
	if (!is_known(s))
		return FS_BUSY;
	status = fits(s, up);
	/* Before somebody is refused, what is in doubt is made sure of. */
	if (status == FS_OK || atomic_load(&s->usage->doubtful) == 0)
		return status;
	scan_again(s->usage, s->root);
	return fits(s, up);
}

enum fs_status
quota_lend(struct agent_session *s, struct upload *up)
{
	int64_t used = atomic_load(&s->usage->bytes);
	uint64_t left, n;

	do {
		left = left_of(s->quota, used);
		n = MIN(MAX(left / LEND_PART, LEND_MIN), LEND_MAX);
		n = MIN(n, left);
		if (n == 0) {
			remember_failure(s->usage, up->path, up->counted);
			return FS_QUOTA;
		}
	} while (!atomic_compare_exchange_weak(
	    &s->usage->bytes, &used, used + (int64_t)n));
	up->counted += n;
	up->limit = up->counted;
	return FS_OK;
}

void
quota_begin(struct agent_session *s, struct upload *up)
{
	up->limit = UINT64_MAX;
	up->is_counted = applies(s, up->path);
	if (!up->is_counted)
		return;
	add(s, (int64_t)up->offset - (int64_t)up->had, makes_file(up));
	up->counted = up->offset;
	if (s->quota == 0)
		return;
	up->limit = up->offset;
	(void)quota_lend(s, up);
}

enum fs_status
quota_commit(struct agent_session *s, struct upload *up, uint64_t size)
{
	if (!up->is_counted || s->quota == 0)
		return FS_OK;
	while (size > up->counted)
		if (quota_lend(s, up) != FS_OK)
			return FS_QUOTA;
	return FS_OK;
}

void
quota_committed(struct agent_session *s, const struct upload *up, uint64_t size)
{
	if (!up->is_counted)
		return;
	if (up->kind == UP_TAIL)
		add(s, (int64_t)size, 0);
	else if (up->kind != UP_IN_PLACE && up->t.exists)
		add(s, -(int64_t)up->t.st.st_size, -1);
}

void
quota_settle(struct agent_session *s, struct upload *up)
{
	struct stat st;
	int64_t size;

	if (!up->is_counted || up->fd == -1 || fstat(up->fd, &st) == -1)
		return;
	size = st.st_nlink == 0 ? 0 : (int64_t)st.st_size;
	add(s, size - (int64_t)up->counted, st.st_nlink == 0 ? -1 : 0);
	up->is_counted = false;
}

void
quota_removed(struct agent_session *s, const char *path, const struct stat *st)
{
	if (applies(s, path) && S_ISREG(st->st_mode))
		add(s, -(int64_t)st->st_size, -1);
}

void
quota_doubt(struct agent_session *s)
{
	if (s->usage != NULL)
		atomic_store(&s->usage->doubtful, 1);
}
