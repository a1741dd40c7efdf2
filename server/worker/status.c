/* SPDX-License-Identifier: ISC */
/*
 * The status of every session, and the worker's counters, when the monitor asks
 * for them: many in one message, so that ten thousand are a few dozen messages.
 */
#include "server/worker/status.h"

#include <string.h>

#include "common/log.h"
#include "server/proto.h"
#include "server/worker/data.h"
#include "server/worker/mon.h"
#include "server/worker/session.h"
#include "server/worker/xfer.h"
#include "tls/tls_info.h"

#define BATCH_MAX (60 * 1024) /* then a message is sent: one more fits in */
#define LAST_AT 6 /* in a message, behind its type and serial */
#define TEXT_MAX 384 /* of a name or path that is told, with NUL */

static void
check_end(const struct ipc_msg *m)
{
	if (rbuf_end(&m->body) == -1)
		bug("malformed message %u from the monitor", m->type);
}

static void
put_vis(struct wbuf *b, const char *text)
{
	char vis[TEXT_MAX];

	put_str(b, log_vis(vis, sizeof(vis), text, strlen(text)));
}

/* ----------------------------------------------------------------- status */
static void
put_transfer(struct wbuf *b, const struct session *s)
{
	struct xfer_view v;

	if (!xfer_look(s, &v)) {
		put_u8(b, STATUS_NONE);
		return;
	}
	put_u8(b, (uint8_t)v.direction);
	put_vis(b, v.path);
	put_u64(b, v.moved);
	put_u64(b, v.total);
	put_u64(b, v.ms);
}

static void
put_status(struct wbuf *b, const struct session *s)
{
	struct tls_info tls;
	bool secure = tls_info_get(&s->ctl, &tls);
	uint64_t idle = clock_ms() - s->active;

	put_u64(b, s->id);
	put_vis(b, s->user == NULL ? "" : s->user);
	put_str(b, secure ? tls.protocol : "");
	put_vis(b, s->cwd);
	put_str(b, s->command == NULL ? "" : s->command);
	put_u8(b, s->mode != CTRL_READY);
	put_u32(b, xfer_is_active(s) ? 0 : (uint32_t)(idle / 1000));
	put_transfer(b, s);
}

static struct wbuf
batch_begin(struct worker *w, uint32_t serial)
{
	struct wbuf b;

	ipc_begin(&b, w->msg, sizeof(w->msg), WM_STATUS);
	put_u32(&b, serial);
	put_u8(&b, false);
	return b;
}

void
status_ask(struct worker *w, struct ipc_msg *m)
{
	uint32_t serial = get_u32(&m->body);
	struct wbuf b = batch_begin(w, serial);
	struct session *s;

	check_end(m);
	TAILQ_FOREACH (s, &w->sessions, entry) {
		put_status(&b, s);
		if (b.len < BATCH_MAX)
			continue;
		mon_tell(w, &b);
		b = batch_begin(w, serial);
	}
	b.p[LAST_AT] = true;
	mon_tell(w, &b);
}

/* --------------------------------------------------------------- counters */
static void
count_sessions(struct worker *w)
{
	const struct session *s;

	memset(&w->counters[COUNT_NOW_FIRST], 0,
	    (COUNT_MAX - COUNT_NOW_FIRST) * sizeof(w->counters[0]));
	TAILQ_FOREACH (s, &w->sessions, entry) {
		w->counters[COUNT_NOW_TLS] += session_is_secure(s);
		w->counters[COUNT_NOW_LOGGED_IN] += s->login == LOGIN_IN;
		w->counters[COUNT_NOW_TRANSFERS] += xfer_is_active(s);
		w->counters[COUNT_NOW_LISTENING] +=
		    data_state(s) == DATA_LISTENING;
	}
}

static void
tell_counters(struct worker *w, uint32_t serial)
{
	struct wbuf b;
	int i;

	count_sessions(w);
	ipc_begin(&b, w->msg, sizeof(w->msg), WM_STATS);
	put_u32(&b, serial);
	for (i = 0; i < COUNT_MAX; i++)
		put_u64(&b, w->counters[i]);
	mon_tell(w, &b);
}

void
status_count(struct worker *w, struct ipc_msg *m)
{
	uint32_t serial = get_u32(&m->body);

	check_end(m);
	tell_counters(w, serial);
}

void
status_leave(struct worker *w)
{
	tell_counters(w, 0);
}

void
status_watch(struct worker *w, struct ipc_msg *m)
{
	bool on = get_u8(&m->body) != 0;
	uint64_t sid = get_u64(&m->body);

	check_end(m);
	if (on)
		dialogue_start(w, sid);
	else
		dialogue_stop(w);
}
