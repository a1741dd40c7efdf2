/* SPDX-License-Identifier: ISC */
/*
 * Sending replies: everything that a turn has collected, in one send.
 *
 * Nagle's algorithm stays on. What belongs together leaves together, and the
 * one reply that would still wait for an acknowledgement (the 226 behind a lone
 * 150) is filled up to a full segment (docs/design.md, "Replies").
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/mem.h"
#include "server/worker/ctrl.h"
#include "server/worker/reply.h"
#include "tls/tls_stream.h"

/* A full segment is worth padding to only while it is a short line; the padding
 * of a TLS 1.3 record is not seen by anybody. */
#define PAD_MSS_MAX 600
#define PAD_RECORD_MSS_MAX 4096

void
ctrl_clear_output(struct session *s)
{
	free(s->out.p);
	memset(&s->out, 0, sizeof(s->out));
}

static size_t
segment_size(int fd)
{
	socklen_t len;
	int mss;

	len = sizeof(mss);
	if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &len) == -1)
		return 0;
	return mss > 0 && mss <= PAD_RECORD_MSS_MAX ? (size_t)mss : 0;
}

/* Ends the last reply with blanks, up to a multiple of mss bytes. */
static void
pad_text(struct session *s, size_t mss, size_t unsent)
{
	const struct outbuf *o = &s->out;
	size_t overhead, fill;

	/* Telnet answers may stand last: they are no line. */
	if (mss > PAD_MSS_MAX || o->len < 2 ||
	    memcmp(o->p + o->len - 2, "\r\n", 2) != 0 ||
	    !tls_stream_overhead(&s->ctl, &overhead))
		return;
	fill = (o->len + overhead + unsent) % mss;
	if (fill > 0)
		reply_pad(s, mss - fill);
}

/*
 * Nagle's algorithm holds a partial segment while an earlier partial one is
 * unacknowledged; a full one leaves at once. So if something is unacknowledged
 * now, the last reply is padded until the segment is full. What the kernel has
 * not sent yet stands in the same segment and counts.
 */
static void
pad(struct session *s)
{
	int unacked, unsent, fd = s->ctl.fd;
	size_t mss;

	if (!s->w->conf->pad_replies || ioctl(fd, SIOCOUTQ, &unacked) == -1 ||
	    unacked == 0 || (mss = segment_size(fd)) == 0)
		return;
	if (ioctl(fd, SIOCOUTQNSD, &unsent) == -1 || unsent < 0)
		unsent = 0;
	if (!tls_stream_pad_next(&s->ctl, mss, (size_t)unsent))
		pad_text(s, mss, (size_t)unsent);
}

void
ctrl_set_blocked(struct session *s)
{
	s->blocked = true;
	s->blocked_since = clock_ms();
	session_set_timer(s);
}

/* Takes n sent bytes out of the buffer. */
static void
sent(struct session *s, size_t n)
{
	struct outbuf *o = &s->out;

	o->len -= n;
	o->cut = o->cut > n ? o->cut - n : 0;
	if (o->len == 0)
		ctrl_clear_output(s);
	else
		memmove(o->p, o->p + n, o->len);
}

/* One send; false if it could not take all. */
static bool
send_once(struct session *s)
{
	struct outbuf *o = &s->out;
	struct iovec iov = { .iov_base = o->p,
		.iov_len = o->cut > 0 ? o->cut : o->len };
	size_t n = 0;

	switch (s->ctl.ops->writev(&s->ctl, &iov, 1, &n)) {
	case IO_DONE:
		sent(s, n);
		return n == iov.iov_len;
	case IO_WANT_READ:
	case IO_WANT_WRITE:
		return false;
	default:
		session_end(s, REASON_CONNECTION_LOST, strerror(errno));
		return false;
	}
}

void
ctrl_flush(struct session *s)
{
	bool all = true;

	if (s->hold || s->blocked || s->out.len == 0)
		return;
	if (s->pad_last)
		pad(s);
	s->pad_last = false;
	if (s->mode == CTRL_CLOSING)
		tls_stream_last(&s->ctl);
	while (all && s->out.len > 0)
		all = send_once(s);
	if (!s->ended && !all)
		ctrl_set_blocked(s);
}
