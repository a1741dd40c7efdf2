/* SPDX-License-Identifier: ISC */
/*
 * The end of an upload: visible as a whole, or gone, or kept for a resume.
 *
 * The order is write, fsync if configured, close, rename; each is checked, and
 * only then does the client hear 226 (R7.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/policy.h"
#include "server/agent/quota.h"
#include "server/agent/upload.h"

/* An append waits so long for another one to the same file. */
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS (20 * 1000 * 1000)

/* The file, of this status, has the size the worker says, no more and no
 * less. */
static int
set_size(int fd, struct stat *st, uint64_t size)
{
	if ((uint64_t)st->st_size < size) {
		errno = EIO;
		return -1;
	}
	if ((uint64_t)st->st_size > size && ftruncate(fd, (off_t)size) == -1)
		return -1;
	st->st_size = (off_t)size;
	return 0;
}

static int
sync_file(const struct agent_session *s, int fd)
{
	return s->conf->upload_fsync ? fsync(fd) : 0;
}

/* So that the new name survives a power cut too. */
static void
sync_dir(const struct agent_session *s, int dir)
{
	int fd;

	if (!s->conf->upload_fsync)
		return;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		log_warn("cannot fsync a directory after an upload");
	fd_close(&fd);
}

/*
 * A close is where network file systems report what went wrong, and it must
 * be heard before the upload counts; closing a duplicate reports the same.
 */
static int
close_duplicate(int fd)
{
	int dup = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return dup == -1 ? -1 : close(dup);
}

static int
check_close(const struct upload *up)
{
	return up->access == FILE_KEPT ? close_duplicate(up->fd) : 0;
}

/* A file takes over the permission bits of the one it replaces. */
static int
keep_mode(const struct upload *up, const struct stat *st)
{
	const struct stat *old = &up->t.st;

	if (!up->t.exists)
		return 0;
	if (st->st_gid != old->st_gid && fchown(up->fd, -1, old->st_gid) == -1)
		log_debug("the group of a replaced file is not kept");
	if ((st->st_mode & 0777) == (old->st_mode & 0777))
		return 0;
	return fchmod(up->fd, old->st_mode & 0777);
}

/* rename(2) that never replaces, also where renameat2(2) cannot. */
static int
rename_new(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(dir, from, dir, to, 0) == -1)
		return -1;
	/* It is there now; a second name does not undo that. */
	if (unlinkat(dir, from, 0) == -1)
		log_warn("cannot remove the temporary name of an upload");
	return 0;
}

/*
 * What was not there when the upload was allowed may be there now; only who
 * has the right to overwrite replaces it.
 */
static int
rename_final(const struct agent_session *s, const struct upload *up)
{
	uint32_t rights = policy_rights(s, up->path);

	if (!up->t.exists && (rights & RIGHT_OVERWRITE) == 0)
		return rename_new(up->t.dir, up->tmp, up->t.name);
	return renameat(up->t.dir, up->tmp, up->t.dir, up->t.name);
}

static int
commit_replace(
    struct agent_session *s, struct upload *up, const struct stat *st)
{
	/* Nobody may have put something else under our name. */
	if (!partial_is_named(up->t.dir, up->tmp, st)) {
		errno = EBUSY;
		return -1;
	}
	if (keep_mode(up, st) == -1 || sync_file(s, up->fd) == -1 ||
	    check_close(up) == -1)
		return -1;
	if (rename_final(s, up) == -1)
		return -1;
	sync_dir(s, up->t.dir);
	if (partial_remove(s, up->t.dir, up->t.name, up->path) == 1)
		quota_doubt(s);
	return 0;
}

static int
commit_unique(struct agent_session *s, struct upload *up, const struct stat *st)
{
	if (sync_file(s, up->fd) == -1 || check_close(up) == -1 ||
	    rename_new(up->t.dir, up->tmp, up->t.name) == -1)
		return -1;
	sync_dir(s, up->t.dir);
	return 0;
}

static int
lock_patiently(int fd)
{
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (partial_lock(fd) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* Appends n bytes of tail to fd, all or none of them. */
static int
append_tail(struct agent_session *s, int fd, int tail, uint64_t n)
{
	struct stat st;
	int err;

	if (lock_patiently(fd) == -1 || fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ENXIO;
		return -1;
	}
	if (copy_range(tail, 0, fd, (uint64_t)st.st_size, n) == 0 &&
	    sync_file(s, fd) == 0 && close_duplicate(fd) == 0)
		return 0;
	err = errno;
	if (ftruncate(fd, st.st_size) == -1)
		log_warn("cannot take back half an append");
	errno = err;
	return -1;
}

static int
commit_tail(struct agent_session *s, struct upload *up, const struct stat *st)
{
	int tail, fd, res = -1, err;

	tail = openat(up->t.dir, up->tmp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	/* Should the target be gone by now, it begins anew. */
	fd = openat(up->t.dir, up->t.name,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    new_file_mode(s));
	if (tail != -1 && fd != -1)
		res = append_tail(s, fd, tail, (uint64_t)st->st_size);
	err = errno;
	fd_close(&tail);
	fd_close(&fd);
	if (res == 0)
		(void)unlinkat(up->t.dir, up->tmp, 0);
	errno = err;
	return res;
}

static int
commit_in_place(
    struct agent_session *s, struct upload *up, const struct stat *st)
{
	return sync_file(s, up->fd) == -1 ? -1 : check_close(up);
}

static int (*const commit[])(
    struct agent_session *, struct upload *, const struct stat *) = {
	[UP_FRESH] = commit_replace,
	[UP_PARTIAL] = commit_replace,
	[UP_PREFIX] = commit_replace,
	[UP_TAIL] = commit_tail,
	[UP_UNIQUE] = commit_unique,
	[UP_IN_PLACE] = commit_in_place,
};

enum fs_status
upload_commit(struct agent_session *s, struct agent_req *r, struct upload *up,
    uint64_t size)
{
	struct stat st;

	if (fstat(up->fd, &st) == -1 || set_size(up->fd, &st, size) == -1 ||
	    commit[up->kind](s, up, &st) == -1)
		return req_errno(r);
	return FS_OK;
}

/*
 * Gives what was received the name under which a resume looks for it. An
 * older one is replaced, unless somebody is writing it.
 */
static int
keep_partial(struct agent_session *s, struct upload *up)
{
	char name[TMP_NAME_SIZE];
	int old, res;

	tmp_name_partial(name, up->t.name, s, up->path);
	old = openat(
	    up->t.dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (old != -1 && partial_lock(old) == -1)
		res = -1;
	else
		res = renameat(up->t.dir, up->tmp, up->t.dir, name);
	fd_close(&old);
	return res;
}

/*
 * Has another upload to that name been finished meanwhile? The end of a
 * connection may be noticed long after its client has come back.
 */
static bool
is_overtaken(const struct upload *up)
{
	const struct stat *old = &up->t.st;
	struct stat st;

	if (up->kind == UP_IN_PLACE ||
	    fstatat(up->t.dir, up->t.name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return false;
	return !up->t.exists || st.st_ino != old->st_ino ||
	       st.st_ctim.tv_sec != old->st_ctim.tv_sec ||
	       st.st_ctim.tv_nsec != old->st_ctim.tv_nsec;
}

/* Only what is the beginning of the whole file can be resumed. */
static bool
is_resumable(const struct agent_session *s, const struct upload *up)
{
	struct stat st;

	return s->conf->upload_resume && up->kind != UP_TAIL &&
	       up->kind != UP_UNIQUE && fstat(up->fd, &st) == 0 &&
	       st.st_size > 0 && !is_overtaken(up);
}

void
upload_abandon(struct agent_session *s, struct upload *up, bool keep)
{
	const char *name = up->kind == UP_IN_PLACE ? up->t.name : up->tmp;

	keep = keep && is_resumable(s, up);
	if (up->kind == UP_IN_PLACE)
		keep = keep || !up->created;
	else if (keep && up->kind != UP_PARTIAL)
		keep = keep_partial(s, up) == 0;
	if (!keep && partial_is_same(up->t.dir, name, up->fd))
		(void)unlinkat(up->t.dir, name, 0);
}
