/* SPDX-License-Identifier: ISC */
/*
 * A control connection that a proxy has made begins with a PROXY header. Its
 * addresses take the place of the socket's, then the monitor is asked whether
 * there is room for such a client, and only then the session begins.
 */
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/proxy.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/mon.h"
#include "server/worker/reply.h"

/* There is no session yet that could end, so this is all the log hears. */
static void
refuse_proxy(struct session *s, enum reason reason, const char *detail)
{
	session_event(
	    s, (struct log_event){
		   .id = EVENT_REFUSE, .reason = reason, .detail = detail });
	session_end(s, reason, detail);
}

static void
take_addresses(struct session *s, const struct proxy_header *h)
{
	if (h->has_addresses) {
		s->peer = h->client;
		s->local = h->server;
	}
	s->host = conf_host_at(s->w->conf, s->listener, &s->local, NULL);
	s->conf = conf_of_host(s->w->conf, s->host);
	free(s->header);
	s->header = NULL;
	mon_proxy(s, h->has_addresses);
}

void
ctrl_proxy_read(struct session *s)
{
	struct proxy_header h;
	const char *why;

	switch (proxy_read(s->header, s->ctl.fd, &h, &why)) {
	case PROXY_MORE:
		break;
	case PROXY_OK:
		take_addresses(s, &h);
		session_set_timer(s);
		break;
	case PROXY_END: /* a check whether somebody listens says nothing */
		if (s->header->len == 0) {
			log_debug(
			    "session %llu: %s", (unsigned long long)s->id, why);
			session_end(s, REASON_CLIENT_CLOSED, NULL);
			break;
		}
		/* FALLTHROUGH */
	case PROXY_BAD:
		refuse_proxy(s, REASON_PROXY_HEADER, why);
		break;
	}
}

void
ctrl_proxy_begin(struct session *s)
{
	s->proxied = true;
	s->header = xcalloc(1, sizeof(*s->header));
	ctrl_set_mode(s, CTRL_PROXY);
	ctrl_proxy_read(s); /* it comes with the connection, as a rule */
}

bool
ctrl_proxy_waits(const struct session *s)
{
	return s->mode == CTRL_PROXY && s->header != NULL;
}

void
ctrl_proxy_expired(struct session *s)
{
	if (s->header != NULL)
		refuse_proxy(s, REASON_PROXY_TIMEOUT, NULL);
	else
		session_end(s, REASON_LOGIN_TIMEOUT, NULL);
}

void
ctrl_proxy_admitted(struct session *s)
{
	s->began = s->active = clock_ms();
	ctrl_set_mode(s, CTRL_READY);
	session_open(s);
}

/* The monitor has told the log. */
void
ctrl_proxy_refused(
    struct session *s, enum reason reason, const char *message, uint32_t number)
{
	const struct message_values v = {
		.peer = &s->peer, .local = &s->local, .number = number
	};
	char text[2 * MESSAGE_SIZE];
	size_t len = message_refusal(
	    session_listen(s)->implicit, message, &v, text, sizeof(text));

	reply_bytes(s, text, len);
	session_close(s, reason);
}
