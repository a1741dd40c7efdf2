/* SPDX-License-Identifier: ISC */
/*
 * Uploads: STOR, APPE and STOU.
 *
 * Nothing is opened before the data connection is up (R7.1): if it is not, the
 * agent is first only asked whether the upload would be allowed. 226 is said
 * when every byte was written, our descriptor closed and the agent has
 * committed the file (R7.2).
 *
 * What arrives small is read and written; a connection that fills a whole
 * buffer at once is spliced through a pipe, which spares copying into and out
 * of user space.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/worker/data.h"
#include "server/worker/xfer_priv.h"
#include "tls/tls_stream.h"

#define SMALL (64 * 1024) /* its FIN probably came along */
#define BULK (1024 * 1024)
#define WAKE_LOAD (256 * 1024)
#define HOLD_MS 200 /* for the 150 to wait for its 226 */

/* --------------------------------------------------------------- moving */

static enum xfer_step
write_failed(struct xfer *x)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return xfer_failed(x, XE_FULL);
	return xfer_failed(x, XE_WRITE);
}

static enum xfer_step
write_file(struct xfer *x, const char *p, size_t len)
{
	ssize_t n;

	if (x->access == FILE_KEPT && len > 0)
		return xfer_give_bytes(x, p, len);
	while (len > 0) {
		n = pwrite(x->file, p, len, x->offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return write_failed(x);
		x->offset += n;
		p += n;
		len -= (size_t)n;
	}
	return STEP_AGAIN;
}

/* From the pipe to a file that cannot be spliced to. */
static enum xfer_step
drain_copy(struct xfer *x, size_t len)
{
	enum xfer_step step = STEP_AGAIN;
	char *buf = (char *)x->s->w->scratch;
	ssize_t n;

	while (len > 0 && step == STEP_AGAIN) {
		n = read(x->pipe[0], buf, MIN(len, sizeof(x->s->w->scratch)));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			step = xfer_failed(x, XE_WRITE);
		else
			step = write_file(x, buf, (size_t)n);
		len -= (size_t)n;
	}
	xfer_pipe_put(x->pipe, step == STEP_AGAIN);
	x->copy = true;
	return step;
}

static enum xfer_step
drain(struct xfer *x, size_t len)
{
	enum xfer_step step;
	ssize_t n;

	while (len > 0) {
		n = splice(
		    x->pipe[0], NULL, x->file, &x->offset, len, SPLICE_F_MOVE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL)
			return drain_copy(x, len);
		if (n <= 0) {
			step = write_failed(x);
			xfer_pipe_put(x->pipe, false);
			return step;
		}
		len -= (size_t)n;
	}
	return STEP_AGAIN;
}

/* How many of len bytes may come before the limit of a quota; converting makes
 * them no more. */
static size_t
room(const struct xfer *x, size_t len)
{
	return (size_t)MIN(len, x->limit - (uint64_t)x->offset);
}

static void
on_grown(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	uint64_t limit = x->limit;

	x->asked = false;
	if (r->status == FS_OK)
		x->limit = get_u64(&r->body);
	else
		x->no_more = true;
	/* One that lends nothing would be asked for ever. */
	if (rbuf_end(&r->body) < 0 ||
	    (r->status == FS_OK && x->limit <= limit)) {
		x->refusal = FS_IO;
		xfer_fail(x, XE_AGENT);
	} else
		xfer_move(x);
}

/* A file that is as long as the quota allows fits; one byte more does not. */
static enum xfer_step
at_limit(struct xfer *x)
{
	size_t n;
	char c;

	if (x->asked)
		return STEP_AGENT;
	if (!x->no_more) {
		x->asked = true;
		fs_grow(x->s, on_grown);
		return STEP_AGENT;
	}
	switch (x->st.ops->read(&x->st, &c, 1, &n)) {
	case IO_EOF:
		return STEP_DONE;
	case IO_WANT_READ:
		return STEP_READ;
	case IO_WANT_WRITE:
		return STEP_WRITE;
	case IO_DONE:
		return xfer_failed(x, XE_QUOTA);
	default:
		return xfer_failed(x, XE_RESET);
	}
}

static enum xfer_step
recv_spliced(struct xfer *x)
{
	size_t len = xfer_allow(x, room(x, XFER_PIPE_SIZE));
	ssize_t n;

	if (len == 0)
		return STEP_PAUSE;
	n = splice(x->st.fd, NULL, x->pipe[1], NULL, len,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		xfer_moved(x, (size_t)n);
		return drain(x, (size_t)n);
	}
	if (n == 0)
		return STEP_DONE;
	if (errno == EAGAIN)
		return STEP_READ;
	if (errno == EINTR)
		return STEP_AGAIN;
	return xfer_failed(x, XE_RESET);
}

/* A buffer was filled at once: go on with splice, if that can be. */
static void
consider_splice(struct xfer *x)
{
	if (!x->convert && !x->copy && x->st.ops->splices &&
	    xfer_pipe_get(x->pipe) < 0)
		x->copy = true;
}

/* How much is read at a time: it must fit where it goes from here. */
static size_t
load_of(const struct xfer *x)
{
	const size_t room = sizeof(x->s->w->scratch);

	if (x->convert) /* and a CR that was held back */
		return room / 2 - 1;
	return x->access == FILE_KEPT ? FS_WRITE_MAX : room;
}

static enum xfer_step
recv_copied(struct xfer *x)
{
	char *buf = (char *)x->s->w->scratch;
	size_t n, half = sizeof(x->s->w->scratch) / 2;
	size_t size = load_of(x);
	size_t len = xfer_allow(x, room(x, size));
	char *in = x->convert ? buf + half : buf;
	enum xfer_step step;

	if (len == 0)
		return STEP_PAUSE;
	switch (x->st.ops->read(&x->st, in, len, &n)) {
	case IO_DONE:
		break;
	case IO_EOF:
		return STEP_DONE;
	case IO_WANT_READ:
		return STEP_READ;
	case IO_WANT_WRITE:
		return STEP_WRITE;
	default:
		return xfer_failed(x, XE_RESET);
	}
	xfer_moved(x, n);
	step = write_file(
	    x, buf, x->convert ? ascii_from_net(&x->ascii, buf, in, n) : n);
	if (step == STEP_AGAIN && n == size)
		consider_splice(x);
	else if (step == STEP_AGAIN && n < len && x->moved > SMALL)
		return STEP_READ; /* surely drained */
	return step;
}

/*
 * A long upload that trickles in would wake us for every packet: from now on
 * only for a good load, for the end, or when the stall timer looks.
 */
static void
wake_less(struct xfer *x)
{
	int load = WAKE_LOAD;

	x->bulk = true;
	if (x->st.ops->splices)
		(void)setsockopt(
		    x->st.fd, SOL_SOCKET, SO_RCVLOWAT, &load, sizeof(load));
}

static enum xfer_step
stor_move(struct xfer *x)
{
	if ((uint64_t)x->offset >= x->limit)
		return at_limit(x);
	if (!x->bulk && x->moved > BULK && x->s->pace == NULL)
		wake_less(x);
	return x->pipe[0] >= 0 ? recv_spliced(x) : recv_copied(x);
}

/* ------------------------------------------------------------ finishing */

/* STOU tells a name that the client can use: relative where that is right. */
static const char *
unique_name(const struct xfer *x)
{
	char dir[VPATH_MAX];

	vpath_dir(dir, x->unique);
	return strcmp(dir, x->s->cwd) == 0 ? vpath_base(x->unique) : x->unique;
}

static void
on_committed(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	char text[VPATH_MAX + 64] = "Transfer complete.";

	x->asked = false;
	if (r->status != FS_OK) {
		x->refusal = r->status;
		xfer_fail(x, XE_AGENT);
		return;
	}
	if (x->unique != NULL)
		snprintf(text, sizeof(text),
		    "Transfer complete; unique file name is %s.",
		    unique_name(x));
	xfer_complete(x, text);
}

/* Errors of delayed writing show here; the file must be closed by then. */
static enum xfer_step
close_file(struct xfer *x)
{
	char cr;
	size_t n = x->convert ? ascii_from_net_end(&x->ascii, &cr) : 0;
	enum xfer_step step = STEP_AGAIN;
	int fd = x->file;

	if (x->access == FILE_KEPT) {
		if (n > 0)
			xfer_give_last(x, &cr, n);
		return STEP_AGAIN;
	}
	step = write_file(x, &cr, n);
	x->file = -1;
	if (close(fd) < 0 && errno != EINTR && step == STEP_AGAIN)
		return write_failed(x);
	return step;
}

/* R3.3: whether that is enough depends on the clients one has. */
static bool
end_is_unclean(struct xfer *x)
{
	if (!tls_stream_was_truncated(&x->st))
		return false;
	if (session_listen(x->s)->unclean_eof == CONF_EOF_REFUSE)
		return true;
	x->detail = xstrdup("without close_notify");
	return false;
}

/* R3.2: our close_notify answers the client's, whose FIN may come later. */
static void
end_receiving(struct xfer *x)
{
	xfer_unwatch(x);
	if (!x->private) {
		stream_close(&x->st);
		return;
	}
	(void)x->st.ops->shutdown(&x->st);
	data_linger(x->s->w, xfer_take_socket(x));
}

static void
stor_finish(struct xfer *x)
{
	struct session *s = x->s;

	if (end_is_unclean(x)) {
		xfer_fail(x, XE_UNCLEAN);
		return;
	}
	if (close_file(x) == STEP_FAILED) {
		xfer_fail(x, x->error);
		return;
	}
	end_receiving(x);
	xfer_set(x, XFER_FINISHING);
	timer_cancel(&x->timer);
	/* All came before we could even send the 150: it leaves with the 226,
	 * unless the agent is slow. */
	if (s->out.len > 0) {
		s->hold = true;
		timer_set(&x->timer, HOLD_MS);
	}
	x->asked = true;
	x->stored = false;
	fs_commit(s, (uint64_t)x->offset, on_committed);
}

/* -------------------------------------------------------------- opening */

static void
say_start(struct xfer *x)
{
	if (x->unique != NULL)
		xfer_say_start(x, "FILE: %s", unique_name(x));
	else
		xfer_say_start(x, "Opening %s mode data connection for %s.",
		    x->s->type == TYPE_ASCII ? "ASCII" : "BINARY", x->arg);
}

static void
refused(struct xfer *x, enum fs_status status)
{
	x->refusal = status;
	if (x->begun)
		xfer_fail(x, XE_AGENT);
	else if (status == FS_BAD_OFFSET)
		xfer_refuse_with(x, REASON_BAD_OFFSET, 554,
		    "Restart offset beyond end of file.");
	else
		xfer_refuse(x, status);
}

/* Reads the path of a reply; STOU remembers it as the unique name. */
static void
read_path(struct xfer *x, struct fs_reply *r)
{
	char *path = get_strdup(&r->body, VPATH_MAX);

	if (x->store == STORE_UNIQUE && path != NULL) {
		free(x->unique);
		x->unique = path;
	} else
		free(path);
}

static void
on_stored(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	uint64_t offset;
	uint8_t access;

	x->asked = false;
	x->file = r->fd;
	if (r->status != FS_OK) {
		x->stored = false;
		refused(x, r->status);
		return;
	}
	read_path(x, r);
	offset = get_u64(&r->body);
	x->limit = get_u64(&r->body);
	access = get_u8(&r->body);
	if (rbuf_end(&r->body) < 0 || offset > INT64_MAX || x->limit < offset ||
	    access >= FILE_ACCESS_COUNT ||
	    (access == FILE_KEPT) != (x->file < 0)) {
		refused(x, FS_IO);
		return;
	}
	x->access = access;
	x->offset = (off_t)offset;
	say_start(x);
	if (x->st.fd >= 0)
		xfer_move(x);
	else
		xfer_connect(x);
}

static void
store(struct xfer *x)
{
	xfer_set(x, XFER_OPENING);
	x->asked = x->stored = true;
	fs_store(x->s, x->store, 0, x->restart,
	    x->unique != NULL ? x->unique : x->path, on_stored);
}

static void
on_checked(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;

	x->asked = false;
	if (r->status != FS_OK) {
		refused(x, r->status);
		return;
	}
	read_path(x, r);
	if (rbuf_end(&r->body) < 0) {
		refused(x, FS_IO);
		return;
	}
	say_start(x);
	xfer_connect(x);
}

/* The file is open already if the connection was up before the command and
 * needed no TLS. */
static void
stor_connected(struct xfer *x)
{
	if (x->stored)
		xfer_move(x);
	else
		store(x);
}

static const struct xfer_ops stor_ops = {
	.connected = stor_connected,
	.move = stor_move,
	.finish = stor_finish,
	.upload = true,
};

void
xfer_stor(struct session *s, const char *verb, enum store_mode mode,
    const char *path, const char *arg, uint64_t restart)
{
	struct xfer *x = xfer_new(s, &stor_ops, verb, path, arg);

	x->store = mode;
	x->restart = restart;
	x->convert =
	    s->type == TYPE_ASCII && s->w->conf->ascii == CONF_ASCII_CONVERT;
	if (!x->private && data_is_up(s)) {
		store(x);
		return;
	}
	x->asked = true;
	fs_store(s, mode, 1, restart, path, on_checked);
}
