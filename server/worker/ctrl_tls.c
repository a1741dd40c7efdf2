/* SPDX-License-Identifier: ISC */
/*
 * The control connection enters and leaves TLS (RFC 4217 sections 4, 5, 12
 * and 13).
 *
 * From the 234 on not a byte is written in clear: a handshake that fails or
 * takes too long ends the connection after TLS's own alert.
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/timer.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/reply.h"
#include "tls/tls_info.h"
#include "tls/tls_stream.h"

void
ctrl_tls_begin(struct session *s)
{
	s->handshake_since = clock_ms();
	ctrl_set_mode(s, CTRL_HANDSHAKE);
	session_set_timer(s);
}

void
ctrl_tls_begin_implicit(struct session *s)
{
	if (session_tls(s) == NULL)
		session_end(s, REASON_NO_CERTIFICATE, NULL);
	else
		ctrl_tls_begin(s);
}

/* -------------------------------------------------------------- handshake */

static void
log_client_cert(struct session *s)
{
	struct tls_client_cert *cert = tls_client_cert_get(&s->ctl);

	if (cert == NULL)
		return;
	session_event(s, (struct log_event){ .id = EVENT_CLIENT_CERT,
			     .subject = cert->subject,
			     .sha256 = cert->fingerprint });
	tls_client_cert_free(cert);
}

static void
log_tls(struct session *s)
{
	struct tls_info info;

	if (!tls_info_get(&s->ctl, &info))
		return;
	s->w->counters[COUNT_TLS_CONTROL]++;
	s->w->counters[COUNT_TLS_CONTROL_RESUMED] += info.resumed;
	session_event(s, (struct log_event){ .id = EVENT_TLS,
			     .tls = info.protocol,
			     .resumed = info.resumed ? "yes" : "no",
			     .cipher = info.cipher,
			     .name = info.sni[0] != '\0' ? info.sni : NULL });
	log_client_cert(s);
}

static void
done(struct session *s)
{
	bool greet = session_listen(s)->implicit && !s->heard, agreed;

	s->heard = true;
	ctrl_set_mode(s, CTRL_READY);
	agreed = host_choose_by_tls(s);
	log_tls(s);
	session_touch(s);
	if (!agreed)
		session_bye(s, 421, "TLS was begun for another host.",
		    REASON_OTHER_HOST);
	else if (greet) {
		s->private = true; /* as clients of port 990 take for granted */
		reply_message(s, 220, s->conf->banner);
	}
	ctrl_flush(s);
	/* The client may have ended the handshake: its first command, a second
	 * small segment, waits until that is acknowledged, as by a greeting. */
	if (!greet && !s->ended && !s->ctl.ops->pending(&s->ctl))
		sock_ack_now(s->ctl.fd);
}

/* The socket lingers, so that the alert reaches the client. */
static void
failed(struct session *s)
{
	char error[LOG_VIS_MAX];
	int fd = s->ctl.fd;

	s->w->counters[COUNT_TLS_CONTROL_FAILED]++;
	(void)strlcpy(error, tls_stream_error(&s->ctl), sizeof(error));
	event_del(s->ev_read);
	if (s->ev_write != NULL)
		event_del(s->ev_write);
	s->ctl.fd = -1;
	data_linger(s->w, fd);
	session_end(s, REASON_TLS_FAILED, error);
}

/* What the client does not name (SNI), HOST or its address has. */
static void
begin_tls(struct session *s)
{
	const char *name = host_name(s);

	tls_stream_start(&s->ctl, session_tls(s), &s->peer);
	if (name != NULL)
		tls_stream_present(&s->ctl, name);
}

void
ctrl_tls_step(struct session *s)
{
	if (s->blocked || s->out.len > 0)
		return;
	if (!tls_stream_is_tls(&s->ctl))
		begin_tls(s);
	switch (s->ctl.ops->handshake(&s->ctl)) {
	case IO_DONE:
		done(s);
		break;
	case IO_WANT_READ:
		break;
	case IO_WANT_WRITE:
		ctrl_set_blocked(s);
		break;
	default:
		failed(s);
	}
}

/* ------------------------------------------------------------------- leave */

void
ctrl_tls_leave(struct session *s, int code, const char *text)
{
	ctrl_flush(s);
	s->pad_last = false;
	tls_stream_leave(&s->ctl);
	reply(s, code, "%s", text);
	s->out.cut = s->out.len; /* what is said later is no longer TLS */
	ctrl_flush(s);
}
