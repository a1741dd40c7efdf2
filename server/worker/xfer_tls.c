/* SPDX-License-Identifier: ISC */
/*
 * The TLS of a data connection under PROT P: its handshake, and whether it is
 * the client's (RFC 4217 section 10.2; R1.3, R22.2).
 *
 * We are the TLS server whoever connected. The 150 is said, the file is not
 * touched before all this is over (R1.4).
 */
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/worker/xfer_priv.h"
#include "tls/tls_info.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

void
xfer_tls_start(struct xfer *x)
{
	if (!tls_stream_is_tls(&x->st))
		tls_stream_start_data(&x->st, &x->s->ctl);
	xfer_set(x, XFER_HANDSHAKE);
	timer_set(&x->timer, x->s->w->conf->handshake_timeout * UINT64_C(1000));
	xfer_tls_step(x);
}

/* ----------------------------------------------------------------- verdict */

/* "prefer": a client that cannot resume is known by its address only, and so
 * is one that offers a session of which we do not know whose it is. */
static bool
is_from_client(const struct xfer *x)
{
	struct addr peer;

	return sock_peer(x->st.fd, &peer) == 0 &&
	       addr_ip_equal(&peer, &x->s->peer);
}

static bool
may_use(const struct xfer *x, enum tls_reuse reuse)
{
	switch (session_listen(x->s)->session_reuse) {
	case CONF_REUSE_OFF:
		return true;
	case CONF_REUSE_PREFER:
		if (reuse == TLS_REUSE_NONE || reuse == TLS_REUSE_UNKNOWN)
			return is_from_client(x);
		return reuse != TLS_REUSE_FOREIGN;
	case CONF_REUSE_REQUIRE:
		return reuse == TLS_REUSE_OWN ||
		       reuse == TLS_REUSE_SAME_ACCOUNT;
	case CONF_REUSE_STRICT:
		break;
	}
	return reuse == TLS_REUSE_OWN;
}

/* Once per session: the administrator may want to require it. */
static void
note_reuse(struct session *s, enum tls_reuse reuse)
{
	if (reuse != TLS_REUSE_NONE || s->reuse_noted)
		return;
	s->reuse_noted = true;
	session_log(s, "data connections do not resume the TLS session");
}

static void
refuse_reuse(struct xfer *x, enum tls_reuse reuse)
{
	xasprintf(&x->detail, "resumed TLS session: %s", tls_reuse_str(reuse));
	xfer_fail(x, XE_TLS_REUSE);
}

static void
done(struct xfer *x)
{
	enum tls_reuse reuse = tls_stream_reuse(&x->st);
	struct tls_info info;

	xfer_unwatch(x);
	timer_cancel(&x->timer);
	(void)tls_info_get(&x->st, &info);
	x->tls = info.protocol;
	x->resumed = reuse != TLS_REUSE_NONE;
	x->s->w->counters[COUNT_TLS_DATA]++;
	x->s->w->counters[COUNT_TLS_DATA_RESUMED] += x->resumed;
	if (!may_use(x, reuse))
		refuse_reuse(x, reuse);
	else if (!tls_same_client_cert(&x->s->ctl, &x->st))
		xfer_fail(x, XE_TLS_CERT);
	else {
		note_reuse(x->s, reuse);
		/* The client may have ended the handshake: its file, a second
		 * small segment, waits until that is acknowledged. */
		if (x->ops->upload && !x->st.ops->pending(&x->st))
			sock_ack_now(x->st.fd);
		x->ops->connected(x);
	}
}

/* --------------------------------------------------------------- handshake */

static void
failed(struct xfer *x)
{
	x->detail = xstrdup(tls_stream_error(&x->st));
	xfer_fail(x, XE_TLS);
}

void
xfer_tls_timeout(struct xfer *x)
{
	x->detail = xstrdup("handshake timed out");
	xfer_fail(x, XE_TLS);
}

void
xfer_tls_step(struct xfer *x)
{
	switch (x->st.ops->handshake(&x->st)) {
	case IO_DONE:
		done(x);
		break;
	case IO_WANT_READ:
		xfer_watch(x, EV_READ);
		break;
	case IO_WANT_WRITE:
		xfer_watch(x, EV_WRITE);
		break;
	default:
		failed(x);
	}
}
