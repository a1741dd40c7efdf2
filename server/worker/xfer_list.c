/* SPDX-License-Identifier: ISC */
/*
 * Listings: LIST, NLST and MLSD over the data connection.
 *
 * The agent sends pages of finished text. The next one is asked for when the
 * last is nearly sent, so a listing costs at most about two pages of memory
 * however slow the client is. A page goes to the socket straight from the
 * agent's message; only what did not fit is copied.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "common/mem.h"
#include "server/worker/data.h"
#include "server/worker/list_opts.h"
#include "server/worker/xfer_priv.h"

#define NEARLY_SENT (16 * 1024)

static void on_page(struct session *, struct fs_reply *);

static void
ask_next(struct xfer *x)
{
	if (x->more != LIST_MORE || x->asked)
		return;
	x->asked = true;
	fs_list_next(x->s, on_page);
}

static enum xfer_step
list_move(struct xfer *x)
{
	enum xfer_step step = xfer_send_text(x);

	if (x->text_len <= NEARLY_SENT && step != STEP_FAILED)
		ask_next(x);
	if (step != STEP_AGAIN)
		return step;
	return x->asked ? STEP_AGENT : xfer_end_sending(x);
}

static void
list_finish(struct xfer *x)
{
	xfer_complete(x, "Directory send OK.");
}

static const struct xfer_ops list_ops = {
	.connected = xfer_move,
	.move = list_move,
	.finish = list_finish,
};

/*
 * Appends a page to what is still to be sent: beside it if that is nothing,
 * else in our own memory.
 */
static void
keep(struct xfer *x, const char *page, size_t len)
{
	if (x->buf_cap < x->text_len + len) {
		char *bigger = xmalloc(x->text_len + len);

		memcpy(bigger, x->text, x->text_len);
		free(x->buf);
		x->buf = bigger;
		x->buf_cap = x->text_len + len;
	} else if (x->text_len > 0)
		memmove(x->buf, x->text, x->text_len);
	memcpy(x->buf + x->text_len, page, len);
	x->text = x->buf;
	x->text_len += len;
}

/* Sends the page if nothing is in its way, keeps what is left of it. */
static void
send_page(struct xfer *x, const char *page, size_t len, bool first)
{
	struct session *s = x->s;

	if (x->text_len > 0) {
		keep(x, page, len);
		return;
	}
	x->text = page;
	x->text_len = len;
	if (first)
		xfer_connect(x);
	else
		xfer_move(x);
	if (s->xfer == NULL || x->text_len == 0)
		return;
	page = x->text;
	len = x->text_len;
	x->text_len = 0;
	keep(x, page, len);
}

static void
on_page(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	const char *page = NULL;
	size_t len = 0;

	x->asked = false;
	x->refusal = r->status;
	if (r->status == FS_OK) {
		x->more = get_u8(&r->body);
		page = get_bytes(&r->body, &len);
		x->last = x->more != LIST_MORE;
		if (rbuf_end(&r->body) < 0)
			x->refusal = FS_IO;
	}
	if (x->refusal != FS_OK && x->begun)
		xfer_fail(x, XE_AGENT);
	else if (x->refusal != FS_OK)
		xfer_refuse(x, x->refusal);
	else {
		bool first = !x->begun;

		xfer_say_start(x,
		    "Opening %s mode data connection for file list.",
		    strcmp(x->verb, "MLSD") == 0 ? "BINARY" : "ASCII");
		send_page(x, page, len, first);
	}
}

static void
on_first_page(struct session *s, struct fs_reply *r)
{
	struct xfer *x = s->xfer;
	char text[VPATH_MAX + 32];

	/* RFC 3659 7.2.1: the code for MLSD of what is no directory. */
	if (r->status == FS_NOT_DIR && strcmp(x->verb, "MLSD") == 0) {
		x->asked = false;
		snprintf(text, sizeof(text), "%s: Not a directory.",
		    x->arg[0] != '\0' ? x->arg : x->path);
		xfer_refuse_with(x, REASON_NOT_A_DIRECTORY, 501, text);
		return;
	}
	on_page(s, r);
}

void
xfer_list(struct session *s, const char *verb, const struct list_opts *opts,
    const char *path)
{
	struct xfer *x = xfer_new(s, &list_ops, verb, path, opts->path);
	const struct fs_list request = {
		.style = opts->style,
		.flags = opts->flags,
		.facts = s->facts,
		.path = x->path,
		.arg = x->arg,
	};

	x->asked = true;
	fs_list(s, &request, on_first_page);
}
