/* SPDX-License-Identifier: ISC */
/*
 * Requests to the session's file agent: one on its way, the rest in a queue.
 */
#include "server/worker/fs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/chan.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/worker/session.h"

struct request {
	STAILQ_ENTRY(request) entry;
	fs_cb *cb; /* NULL: cancelled */
	uint16_t type;
	int fd; /* goes along, or -1 */
	size_t len;
	uint8_t data[];
};

struct fs {
	struct session *s;
	struct chan *chan;
	bool busy; /* a request is on its way, or its callback runs */
	fs_cb *cb; /* of that request; NULL: cancelled */
	uint16_t type;
	STAILQ_HEAD(, request) queue;
};

/* --------------------------------------------------------------- requests */

static void
transmit(struct fs *f, uint16_t type, fs_cb *cb, const void *data, size_t len,
    int fd)
{
	struct wbuf w = {
		.p = (uint8_t *)(uintptr_t)data, .len = len, .cap = len
	};

	f->busy = true;
	f->type = type;
	f->cb = cb;
	/* A dead agent is reported by the channel's callback. */
	(void)chan_send(f->chan, &w, fd);
}

static void
begin(struct session *s, struct wbuf *w, enum proto_fs type)
{
	ipc_begin(w, s->w->msg, sizeof(s->w->msg), (uint16_t)type);
}

/* fd stays the caller's; without room for a copy the agent will refuse. */
static void
submit_with(struct session *s, enum proto_fs type, const struct wbuf *w, int fd,
    fs_cb *cb)
{
	struct fs *f = s->fs;
	struct request *r;

	if (f == NULL || w->err)
		bug("fs: request %d cannot be sent", (int)type);
	if (!f->busy && STAILQ_EMPTY(&f->queue)) {
		transmit(f, (uint16_t)type, cb, w->p, w->len, fd);
		return;
	}
	r = xmalloc(sizeof(*r) + w->len);
	r->cb = cb;
	r->type = (uint16_t)type;
	r->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	r->len = w->len;
	memcpy(r->data, w->p, w->len);
	STAILQ_INSERT_TAIL(&f->queue, r, entry);
}

static void
submit(struct session *s, enum proto_fs type, const struct wbuf *w, fs_cb *cb)
{
	submit_with(s, type, w, -1, cb);
}

static void
request_free(struct request *r)
{
	fd_close(&r->fd);
	free(r);
}

static void
submit_next(struct fs *f)
{
	struct request *r = STAILQ_FIRST(&f->queue);

	if (f->busy || r == NULL)
		return;
	STAILQ_REMOVE_HEAD(&f->queue, entry);
	transmit(f, r->type, r->cb, r->data, r->len, r->fd);
	request_free(r);
}

/* ---------------------------------------------------------------- answers */

static void
agent_failed(struct session *s)
{
	session_bye(s, 421, "Service not available, file service failed.",
	    REASON_AGENT_FAILED);
	fs_free(s->fs);
	s->fs = NULL;
}

static void
agent_sent_nonsense(struct session *s)
{
	session_log(s, "the file agent sent nonsense");
	agent_failed(s);
}

/*
 * Descriptors come with two answers only. One that came elsewhere would belong
 * to nobody, and a broken agent could use ours up.
 */
static bool
is_sane(const struct fs *f, const struct ipc_msg *m, const struct fs_reply *r)
{
	if (!f->busy || m->type != f->type || m->body.err ||
	    r->status >= FS_STATUS_COUNT)
		return false;
	return m->fd == -1 || (r->status == FS_OK &&
				  (m->type == FS_OPEN || m->type == FS_STORE));
}

bool
fs_end(struct session *s, const struct fs_reply *r)
{
	if (rbuf_end(&r->body) == 0)
		return true;
	agent_sent_nonsense(s);
	return false;
}

static void
deliver(struct fs *f, struct ipc_msg *m)
{
	struct session *s = f->s;
	struct fs_reply r;
	fs_cb *cb = f->cb;

	r.status = get_u8(&m->body);
	r.body = m->body;
	r.fd = m->fd;
	if (!is_sane(f, m, &r)) {
		agent_sent_nonsense(s);
		return;
	}
	f->cb = NULL;
	if (cb != NULL) {
		m->fd = -1; /* the callback's now */
		cb(s, &r);
	}
	if (s->ended || s->fs != f)
		return;
	f->busy = false;
	submit_next(f);
}

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct fs *f = arg;
	struct session *s = f->s;

	session_enter(s);
	if (m == NULL)
		agent_failed(s);
	else
		deliver(f, m);
	session_leave(s);
}

/* --------------------------------------------------------------- lifetime */

struct fs *
fs_new(struct session *s, int fd)
{
	struct fs *f = xcalloc(1, sizeof(*f));

	f->s = s;
	STAILQ_INIT(&f->queue);
	f->chan = chan_new(s->w->base, fd, on_message, f);
	chan_expect_single(f->chan);
	return f;
}

void
fs_free(struct fs *f)
{
	struct request *r;

	if (f == NULL)
		return;
	while ((r = STAILQ_FIRST(&f->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&f->queue, entry);
		request_free(r);
	}
	chan_free(f->chan);
	free(f);
}

void
fs_cancel(struct session *s)
{
	struct request *r;

	if (s->fs == NULL)
		return;
	s->fs->cb = NULL;
	STAILQ_FOREACH (r, &s->fs->queue, entry)
		r->cb = NULL;
}

bool
fs_is_busy(const struct session *s)
{
	return s->fs != NULL && (s->fs->busy || !STAILQ_EMPTY(&s->fs->queue));
}

/* ------------------------------------------------------------ the requests */

/* Requests whose only field is a path. */
static void
ask_path(struct session *s, enum proto_fs type, const char *path, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, type);
	put_str(&w, path);
	submit(s, type, &w, cb);
}

/* ... a path and a flag. */
static void
ask_path_flag(struct session *s, enum proto_fs type, const char *path, int flag,
    fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, type);
	put_str(&w, path);
	put_u8(&w, flag != 0);
	submit(s, type, &w, cb);
}

/* ... two strings. */
static void
ask_two(struct session *s, enum proto_fs type, const char *a, const char *b,
    fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, type);
	put_str(&w, a);
	put_str(&w, b);
	submit(s, type, &w, cb);
}

void
fs_stat(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_STAT, path, cb);
}

void
fs_chdir(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_CHDIR, path, cb);
}

void
fs_message(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_MESSAGE, path, cb);
}

void
fs_open(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_OPEN, path, cb);
}

void
fs_keep(struct session *s, int file, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_KEEP);
	submit_with(s, FS_KEEP, &w, file, cb);
}

static void
ask_range(struct session *s, enum proto_fs type, uint64_t offset,
    uint32_t length, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, type);
	put_u64(&w, offset);
	put_u32(&w, length);
	submit(s, type, &w, cb);
}

void
fs_read(struct session *s, uint64_t offset, uint32_t length, fs_cb *cb)
{
	ask_range(s, FS_READ, offset, length, cb);
}

void
fs_warm(struct session *s, uint64_t offset, uint32_t length, fs_cb *cb)
{
	ask_range(s, FS_WARM, offset, length, cb);
}

void
fs_close(struct session *s, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_CLOSE);
	submit(s, FS_CLOSE, &w, cb);
}

void
fs_list(struct session *s, const struct fs_list *l, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_LIST);
	put_u8(&w, (uint8_t)l->style);
	put_u32(&w, l->flags);
	put_u32(&w, l->facts);
	put_u32(&w, l->max);
	put_str(&w, l->path);
	put_str(&w, l->arg);
	submit(s, FS_LIST, &w, cb);
}

void
fs_list_next(struct session *s, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_LIST_NEXT);
	submit(s, FS_LIST_NEXT, &w, cb);
}

void
fs_store(struct session *s, enum store_mode mode, int check_only,
    uint64_t offset, const char *path, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_STORE);
	put_u8(&w, (uint8_t)mode);
	put_u8(&w, check_only != 0);
	put_u64(&w, offset);
	put_str(&w, path);
	submit(s, FS_STORE, &w, cb);
}

void
fs_write(struct session *s, uint64_t offset, const void *bytes, size_t len,
    fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_WRITE);
	put_u64(&w, offset);
	put_bytes(&w, bytes, len);
	submit(s, FS_WRITE, &w, cb);
}

void
fs_commit(struct session *s, uint64_t size, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_COMMIT);
	put_u64(&w, size);
	submit(s, FS_COMMIT, &w, cb);
}

void
fs_grow(struct session *s, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_GROW);
	submit(s, FS_GROW, &w, cb);
}

void
fs_usage(struct session *s, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_USAGE);
	submit(s, FS_USAGE, &w, cb);
}

void
fs_abandon(struct session *s, int keep, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_ABANDON);
	put_u8(&w, keep != 0);
	submit(s, FS_ABANDON, &w, cb);
}

void
fs_mkdir(struct session *s, const char *path, int with_parents, fs_cb *cb)
{
	ask_path_flag(s, FS_MKDIR, path, with_parents, cb);
}

void
fs_rmdir(struct session *s, const char *path, int recursive, fs_cb *cb)
{
	ask_path_flag(s, FS_RMDIR, path, recursive, cb);
}

void
fs_delete(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_DELETE, path, cb);
}

void
fs_rename_from(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_RENAME_FROM, path, cb);
}

void
fs_rename(struct session *s, const char *from, const char *to, fs_cb *cb)
{
	ask_two(s, FS_RENAME, from, to, cb);
}

void
fs_chmod(struct session *s, uint32_t mode, const char *path, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_CHMOD);
	put_u32(&w, mode);
	put_str(&w, path);
	submit(s, FS_CHMOD, &w, cb);
}

void
fs_utime(struct session *s, time_t mtime, const char *path, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_UTIME);
	put_i64(&w, mtime);
	put_str(&w, path);
	submit(s, FS_UTIME, &w, cb);
}

void
fs_symlink(struct session *s, const char *target, const char *path, fs_cb *cb)
{
	ask_two(s, FS_SYMLINK, target, path, cb);
}

void
fs_space(struct session *s, const char *path, fs_cb *cb)
{
	ask_path(s, FS_SPACE, path, cb);
}

void
fs_umask(struct session *s, uint32_t mask, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_UMASK);
	put_u32(&w, mask);
	submit(s, FS_UMASK, &w, cb);
}

void
fs_facts(
    struct session *s, time_t mtime, uint32_t mode, const char *path, fs_cb *cb)
{
	struct wbuf w;

	begin(s, &w, FS_FACTS);
	put_i64(&w, mtime);
	put_u32(&w, mode);
	put_str(&w, path);
	submit(s, FS_FACTS, &w, cb);
}
