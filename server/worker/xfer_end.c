/* SPDX-License-Identifier: ISC */
/*
 * The ends of a transfer: complete, failed, refused, aborted, dropped.
 *
 * A transfer that fails never looks complete: a download ends with an RST, and
 * an upload is not committed.
 */
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "server/worker/cmd.h"
#include "server/worker/data.h"
#include "server/worker/mon.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "server/worker/xfer_priv.h"

/*
 * What is said (protocol: RFC 959 5.4), what is logged, and how the connection
 * ends: by an RST, or in an orderly way after the reply.
 */
enum ending {
	RESET,
	ORDERLY_UPLOAD, /* a download must not look complete */
	ORDERLY, /* nothing was moved, and an alert is on its way */
};

static const struct {
	int code;
	const char *text;
	enum reason reason;
	enum ending ending;
} errors[] = {
	[XE_ABORTED] = { 426, "Transfer aborted.", REASON_ABORTED, RESET },
	[XE_NO_ENDPOINT] = { 425, "Use PASV, EPSV, PORT or EPRT first.",
	    REASON_NO_DATA_CONNECTION, ORDERLY_UPLOAD },
	[XE_CONNECT] = { 425, "Can't open data connection.",
	    REASON_NO_DATA_CONNECTION, ORDERLY_UPLOAD },
	[XE_TLS] = { 522, "TLS negotiation failed on the data connection.",
	    REASON_TLS_FAILED, ORDERLY },
	[XE_TLS_REUSE] = { 522,
	    "Data connection must resume the control connection's TLS session.",
	    REASON_TLS_NOT_RESUMED, ORDERLY_UPLOAD },
	[XE_TLS_CERT] = { 522,
	    "Data connection needs the control connection's client "
	    "certificate.",
	    REASON_OTHER_CERTIFICATE, ORDERLY_UPLOAD },
	[XE_UNCLEAN] = { 426,
	    "TLS connection closed without close_notify; file incomplete.",
	    REASON_NO_CLOSE_NOTIFY, ORDERLY_UPLOAD },
	[XE_RESET] = { 426, "Data connection closed; transfer aborted.",
	    REASON_CONNECTION_LOST, RESET },
	[XE_STALLED] = { 426, "Data connection timed out; transfer aborted.",
	    REASON_STALL_TIMEOUT, RESET },
	[XE_READ] = { 451, "Local error while reading the file.",
	    REASON_READ_ERROR, RESET },
	[XE_SHRANK] = { 451, "File changed during the transfer.",
	    REASON_FILE_CHANGED, RESET },
	[XE_WRITE] = { 451, "Local error while writing the file.",
	    REASON_WRITE_ERROR, ORDERLY_UPLOAD },
	[XE_FULL] = { 552, "Disk full; transfer aborted.", REASON_DISK_FULL,
	    ORDERLY_UPLOAD },
	[XE_QUOTA] = { 552, "Quota exceeded; transfer aborted.", REASON_QUOTA,
	    ORDERLY_UPLOAD },
	[XE_AGENT] = { 451, NULL, REASON_AGENT_REFUSED, ORDERLY_UPLOAD },
};

static const struct {
	const char *verb;
	enum event_id event;
} verbs[] = {
	{ "RETR", EVENT_RETRIEVE },
	{ "STOR", EVENT_STORE },
	{ "STOU", EVENT_STORE },
	{ "APPE", EVENT_APPEND },
};

static enum event_id
event_of(const struct xfer *x)
{
	size_t i;

	for (i = 0; i < NELEM(verbs); i++)
		if (strcmp(x->verb, verbs[i].verb) == 0)
			return verbs[i].event;
	return EVENT_LIST;
}

/* The counters of a direction are in the order ok, failed. */
static void
count_end(const struct xfer *x, bool ok)
{
	static const struct {
		enum counter result, bytes;
	} of[STATUS_DIRECTION_COUNT] = {
		[STATUS_DOWN] = { COUNT_DOWN_OK, COUNT_DOWN_BYTES },
		[STATUS_UP] = { COUNT_UP_OK, COUNT_UP_BYTES },
		[STATUS_LIST] = { COUNT_LIST_OK, COUNT_LIST_BYTES },
	};
	uint64_t *counters = x->s->w->counters;
	struct xfer_view v;

	(void)xfer_look(x->s, &v);
	counters[of[v.direction].result + (ok ? 0 : 1)]++;
	counters[of[v.direction].bytes] += x->moved;
}

/* A cause that lies in the data connection. */
static void
count_failure(const struct xfer *x)
{
	static const struct {
		enum xfer_error error;
		enum counter counter;
	} causes[] = {
		{ XE_CONNECT, COUNT_DATA_CONNECT },
		{ XE_TLS, COUNT_DATA_TLS },
		{ XE_TLS_REUSE, COUNT_DATA_REUSE },
		{ XE_TLS_CERT, COUNT_DATA_CERTIFICATE },
		{ XE_RESET, COUNT_DATA_LOST },
		{ XE_STALLED, COUNT_DATA_STALLED },
	};
	size_t i;

	for (i = 0; i < NELEM(causes); i++)
		if (causes[i].error == x->error)
			x->s->w->counters[causes[i].counter]++;
}

/* What there was in all is told only of what is incomplete. */
static void
log_end(const struct xfer *x, enum reason reason, const char *detail)
{
	bool complete = reason == REASON_NONE;
	struct log_event e = { .id = event_of(x),
		.reason = reason,
		.path = xfer_path(x),
		.result = complete ? "complete" : "aborted",
		.bytes = x->moved,
		.total = complete || x->total == UINT64_MAX ? 0 : x->total,
		.ms = clock_ms() - x->began,
		.tls = x->tls,
		.ascii = x->convert,
		.detail = detail };

	count_end(x, complete);
	if (!complete)
		count_failure(x);
	if (x->tls != NULL)
		e.resumed = x->resumed ? "yes" : "no";
	session_event(x->s, e);
}

static void
ignore_answer(struct session *s, struct fs_reply *r)
{
}

static void
xfer_end(struct xfer *x)
{
	struct session *s = x->s;

	if (x->kept)
		fs_close(s, ignore_answer);
	xfer_set(x, XFER_DONE);
	xfer_free(x);
	s->hold = false;
	session_touch(s);
	cmd_finish(s);
}

void
xfer_complete(struct xfer *x, const char *text)
{
	log_end(x, REASON_NONE, x->detail);
	reply_final(x->s, 226, "%s", text);
	xfer_end(x);
}

/* Nothing of the agent's answers is wanted any more. */
static void
leave_agent(struct xfer *x)
{
	if (x->asked)
		fs_cancel(x->s);
	fd_close(&x->file);
	/* What came is kept for REST and APPE; not what never fits (R19.2). */
	if (x->stored)
		fs_abandon(x->s, x->error != XE_QUOTA, ignore_answer);
}

static void
leave_connection(struct xfer *x, enum ending ending)
{
	xfer_unwatch(x);
	if (x->st.fd < 0)
		data_close(x->s);
	else if (ending == ORDERLY ||
		 (ending == ORDERLY_UPLOAD && x->ops->upload))
		/* Clients wait for our close_notify, and would tell of its
		 * lack instead of our reply. */
		data_linger_later(x->s->w, &x->st);
	else
		stream_reset(&x->st);
}

/* What a reply calls the file. */
static const char *
name_of(const struct xfer *x)
{
	return x->arg[0] != '\0' ? x->arg : x->path;
}

/* The agent's refusals come with codes of before the 150. */
static int
late_code(enum fs_status status, bool creating)
{
	int code = fs_code(status, creating);

	if (code == 452)
		return 552;
	return code == 450 || code == 550 ? 451 : code;
}

void
xfer_fail(struct xfer *x, enum xfer_error error)
{
	struct session *s = x->s;

	x->error = error;
	if (error == XE_AGENT && x->detail == NULL)
		x->detail = xstrdup(fs_strstatus(x->refusal));
	log_end(x, errors[error].reason, x->detail);
	refusal_is_told(s);
	leave_agent(x);
	leave_connection(x, errors[error].ending);
	if (error == XE_AGENT)
		reply_final(s, late_code(x->refusal, x->ops->upload), "%s: %s.",
		    name_of(x), fs_strstatus(x->refusal));
	else if (error == XE_ABORTED) /* the 226 of ABOR is the final one */
		reply(s, errors[error].code, "%s", errors[error].text);
	else
		reply_final(s, errors[error].code, "%s", errors[error].text);
	xfer_end(x);
}

void
xfer_refuse(struct xfer *x, enum fs_status status)
{
	leave_agent(x);
	fs_refuse(x->s, status, x->ops->upload, name_of(x));
	data_refused(x->s);
	xfer_end(x);
}

void
xfer_refuse_with(struct xfer *x, enum reason reason, int code, const char *text)
{
	leave_agent(x);
	refuse(x->s, reason, code, "%s", text);
	data_refused(x->s);
	xfer_end(x);
}

bool
xfer_abort(struct session *s)
{
	if (s->xfer == NULL)
		return false;
	xfer_fail(s->xfer, XE_ABORTED);
	return true;
}

void
xfer_drop(struct session *s)
{
	struct xfer *x = s->xfer;

	if (x == NULL)
		return;
	x->error = XE_RESET;
	log_end(x, REASON_SESSION_ENDED, NULL);
	/* The agent keeps what it has when it sees the channel close; until
	 * then it may still answer. */
	if (x->asked)
		fs_cancel(s);
	xfer_free(x);
}
