/* SPDX-License-Identifier: ISC */
/*
 * A session's birth, turns, deadlines and its only death.
 */
#include "server/worker/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/proto.h"
#include "server/tlsconf.h"
#include "server/worker/cmd_login.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/fs.h"
#include "server/worker/mon.h"
#include "server/worker/refusal.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "server/worker/status.h"
#include "server/worker/xfer.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

#define MS UINT64_C(1000)
/* Lines of the log: so many at once, then one in so many ms. */
#define REFUSALS 50 /* of a session */
#define REFUSALS_MS 1000
#define ARRIVALS 1000 /* of a worker */
#define ARRIVALS_MS 10
#define CLOSING_MS (2 * MS) /* for the peer to read our last reply */

static void on_timer(void *);
static void retire_for(struct session *, const char *text, enum reason);

/* ---------------------------------------------------------- what it is of */

const struct conf_listen *
session_listen(const struct session *s)
{
	return &s->w->conf->listens[s->listener];
}

struct tls_ctx *
session_tls(const struct session *s)
{
	return s->w->tls == NULL ? NULL : tlsconf_ctx(s->w->tls, s->listener);
}

bool
session_is_secure(const struct session *s)
{
	return tls_stream_is_up(&s->ctl);
}

/* ------------------------------------------------------------------ birth */

static struct session *
session_make(struct worker *w, uint64_t sid, int fd, const struct addr *peer,
    const struct addr *local, uint16_t listener)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->w = w;
	s->id = sid;
	s->listener = listener;
	s->peer = s->sock_peer = *peer;
	s->local = s->sock_local = *local;
	s->host = conf_host_at(w->conf, listener, local, NULL);
	s->conf = conf_of_host(w->conf, s->host);
	stream_init_plain(&s->ctl, fd);
	STAILQ_INIT(&s->queued);
	line_init(&s->line);
	timer_init(&s->timer, on_timer, s);
	s->born = s->began = s->active = clock_ms();
	session_reset(s);
	worker_add(w, s);
	ctrl_start(s);
	return s;
}

void
session_open(struct session *s)
{
	char where[ADDR_STRLEN], via[ADDR_STRLEN];

	s->met = true;
	session_event(s, (struct log_event){ .id = EVENT_CONNECT,
			     .local = addr_str(&s->local, where, sizeof(where)),
			     .via = !s->proxied ? NULL
						: addr_str(&s->sock_peer, via,
						      sizeof(via)) });
	if (session_listen(s)->implicit)
		ctrl_tls_begin_implicit(s);
	else
		reply_message(s, 220, s->conf->banner);
	session_set_timer(s);
}

void
session_new(struct worker *w, uint64_t sid, int fd, const struct addr *peer,
    const struct addr *local, uint16_t listener)
{
	struct session *s = session_make(w, sid, fd, peer, local, listener);

	session_enter(s);
	session_open(s);
	session_leave(s);
}

void
session_new_proxied(struct worker *w, uint64_t sid, int fd,
    const struct addr *peer, const struct addr *local, uint16_t listener)
{
	struct session *s = session_make(w, sid, fd, peer, local, listener);

	session_enter(s);
	ctrl_proxy_begin(s);
	session_set_timer(s);
	session_leave(s);
}

/* -------------------------------------------------------------- parameters */

static void
set_string(char **where, const char *text)
{
	free(*where);
	*where = text == NULL ? NULL : xstrdup(text);
}

void
session_reset(struct session *s)
{
	const struct config *conf = s->w->conf;

	set_string(&s->home, "/");
	set_string(&s->cwd, "/");
	set_string(&s->rename_from, NULL);
	set_string(&s->client, NULL);
	s->type = conf->initial_type_ascii ? TYPE_ASCII : TYPE_IMAGE;
	s->facts = FACT_ALL;
	s->epsv_all = false;
	s->restart = 0;
	s->pbsz = s->private = false;
	s->idle_timeout = conf->idle_timeout;
	data_close(s);
}

static void
forget_rules(struct session *s)
{
	int i;

	for (i = 0; i < RULE_LINES; i++)
		set_string(&s->rules[i], NULL);
}

void
session_drop_user(struct session *s)
{
	if (s->login != LOGIN_NONE && s->login != LOGIN_USER)
		mon_logout(s);
	/* Only who was logged in gets more time: USER is no way to stay. */
	if (s->login == LOGIN_IN)
		s->began = clock_ms();
	if (s->login != LOGIN_NONE)
		login_set(s, LOGIN_NONE);
	fs_free(s->fs);
	s->fs = NULL;
	free(s->pace);
	s->pace = NULL;
	s->has_quota = false;
	tls_stream_set_account(&s->ctl, NULL);
	set_string(&s->user, NULL);
	forget_rules(s);
	set_string(&s->rename_from, NULL);
	s->restart = 0;
	s->rights = 0;
	s->anonymous = false;
	s->tls_data = false;
	s->idle_timeout = s->w->conf->idle_timeout;
	s->answer_at = 0;
	data_close(s);
	session_set_timer(s);
}

/* ------------------------------------------------------------------- turns */

void
session_enter(struct session *s)
{
	s->depth++;
}

void
session_leave(struct session *s)
{
	if (s->depth > 1 || s->ended) {
		s->depth--;
		return;
	}
	ctrl_run(s);
	if (!s->ended)
		ctrl_flush(s);
	if (!s->ended && s->mode == CTRL_HANDSHAKE)
		ctrl_tls_step(s);
	if (!s->ended)
		ctrl_arm(s);
	s->depth--;
}

/* --------------------------------------------------------------- deadlines */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When all of it is over, UINT64_MAX if never, or if that is known. */
static uint64_t
last_minute(const struct session *s)
{
	uint32_t seconds = s->w->conf->session_timeout;

	return seconds == 0 || s->retire != NULL ? UINT64_MAX
						 : s->born + seconds * MS;
}

/* When something must happen, whatever it is: clock_ms(). */
static uint64_t
deadline(const struct session *s)
{
	const struct config *conf = s->w->conf;
	uint64_t due;

	if (s->mode == CTRL_CLOSING && s->fin)
		due = s->closing_since + CLOSING_MS;
	else if (s->mode == CTRL_CLOSING) /* our last words are on their way */
		due = s->closing_since + conf->output_timeout * MS;
	else if (ctrl_proxy_waits(s))
		due = s->began + conf->proxy_timeout * MS;
	else if (s->login != LOGIN_IN)
		due = s->began + conf->login_timeout * MS;
	else if (s->mode == CTRL_READY)
		due = s->active + s->idle_timeout * MS;
	else /* suspended (R6.1); looked at again after as long */
		due = clock_ms() + s->idle_timeout * MS;
	if (s->mode == CTRL_HANDSHAKE)
		due = earlier(
		    due, s->handshake_since + conf->handshake_timeout * MS);
	if (s->blocked)
		due =
		    earlier(due, s->blocked_since + conf->output_timeout * MS);
	if (s->answer_at != 0)
		due = earlier(due, s->answer_at);
	if (s->mode != CTRL_CLOSING)
		due = earlier(due, last_minute(s));
	return due;
}

/*
 * The timer is left alone while the deadline moves away, as it does with every
 * command; when it fires too early it is set anew.
 */
void
session_set_timer(struct session *s)
{
	uint64_t now = clock_ms(), due = deadline(s);

	if (s->ended || (timer_is_set(&s->timer) && s->timer.due <= due))
		return;
	timer_set(&s->timer, due > now ? due - now : 1);
}

void
session_touch(struct session *s)
{
	s->active = clock_ms();
}

/* The deadline has come: which one was it? */
static void
expire(struct session *s, uint64_t now)
{
	const struct config *conf = s->w->conf;

	if (s->answer_at != 0 && s->answer_at <= now)
		login_answer_now(s);
	else if (s->mode == CTRL_CLOSING)
		session_end(s, s->bye, NULL);
	else if (s->blocked &&
		 s->blocked_since + conf->output_timeout * MS <= now)
		session_end(s, REASON_OUTPUT_TIMEOUT, NULL);
	else if (last_minute(s) <= now)
		retire_for(s, "Session timeout", REASON_SESSION_TIMEOUT);
	else if (s->mode == CTRL_HANDSHAKE) /* nothing must be written now */
		session_end(s, REASON_TLS_TIMEOUT, NULL);
	else if (s->mode == CTRL_PROXY)
		ctrl_proxy_expired(s);
	else if (s->login != LOGIN_IN)
		session_bye(s, 421, "Login timeout.", REASON_LOGIN_TIMEOUT);
	else
		session_bye(s, 421, "Idle timeout, closing control connection.",
		    REASON_IDLE_TIMEOUT);
}

static void
on_timer(void *arg)
{
	struct session *s = arg;
	uint64_t now = clock_ms();

	session_enter(s);
	if (deadline(s) <= now)
		expire(s, now);
	session_leave(s);
	session_set_timer(s);
}

/* ------------------------------------------------------------------- death */

/* Lets go of all that is under way. */
static void
settle(struct session *s, enum reason reason)
{
	xfer_drop(s);
	data_close(s);
	fs_cancel(s); /* nobody is told of its answers any more */
	s->hold = false;
	s->answer_at = 0;
	s->drained = NULL;
	s->bye = reason;
	s->closing_since = clock_ms();
}

void
session_close(struct session *s, enum reason reason)
{
	settle(s, reason);
	ctrl_set_mode(s, CTRL_CLOSING);
	session_set_timer(s);
}

void
session_bye(struct session *s, int code, const char *text, enum reason reason)
{
	if (s->ended || s->mode == CTRL_CLOSING)
		return;
	/* There is no way to say it. */
	if (s->mode == CTRL_HANDSHAKE || s->mode == CTRL_PROXY) {
		session_end(s, reason, NULL);
		return;
	}
	settle(s, reason);
	refusal_is_told(s); /* by the event of the end */
	if (s->open_reply != code) /* else this is its last line */
		reply_cut(s);
	reply(s, code, "%s", text);
	ctrl_set_mode(s, CTRL_CLOSING);
	session_set_timer(s);
}

void
session_retire_now(struct session *s)
{
	char text[PROTO_REASON_MAX + 32];

	if (s->retire == NULL && !s->w->shutting_down)
		return;
	if (s->retire == NULL) {
		session_bye(s, 421, "Service going down.", REASON_SHUTDOWN);
		return;
	}
	(void)snprintf(
	    text, sizeof(text), "%s, closing control connection.", s->retire);
	session_bye(s, 421, text, s->retire_for);
}

bool
session_has_nothing(const struct session *s)
{
	return s->mode == CTRL_READY || s->mode == CTRL_HANDSHAKE ||
	       s->mode == CTRL_PROXY;
}

static void
retire_for(struct session *s, const char *text, enum reason reason)
{
	set_string(&s->retire, text);
	s->retire_for = reason;
	if (session_has_nothing(s))
		session_retire_now(s);
}

void
session_retire(struct session *s, const char *reason)
{
	retire_for(s, reason, REASON_RETIRED);
}

void
session_end(struct session *s, enum reason reason, const char *detail)
{
	if (s->ended)
		return;
	xfer_drop(s);
	s->ended = true;
	if (s->met)
		session_event(
		    s, (struct log_event){ .id = EVENT_END,
			   .reason = reason,
			   .detail = detail != NULL ? detail : s->retire });
	timer_cancel(&s->timer);
	data_free(s);
	fs_free(s->fs);
	s->fs = NULL;
	ctrl_clear(s);
	mon_end(s, reason_code(reason));
	worker_remove(s->w, s);
}

void
session_free(struct session *s)
{
	free(s->ctx);
	free(s->header);
	free(s->pace);
	free(s->said);
	free(s->user);
	free(s->rule);
	forget_rules(s);
	free(s->cwd);
	free(s->home);
	free(s->rename_from);
	free(s->client);
	free(s->retire);
	free(s);
}

/* --------------------------------------------------------------------- log */

/*
 * A flood of connections or refusals is not a flood of lines; the next line
 * that there is says how many were left out. Who has logged in, or failed to,
 * is always told of.
 */
static bool
is_worth_a_line(struct session *s, struct log_event *e)
{
	switch (e->id) {
	case EVENT_CONNECT:
		s->silent = !log_bound_pass(&s->w->arrivals, ARRIVALS,
		    ARRIVALS_MS, clock_ms(), &e->count);
		return !s->silent;
	case EVENT_REFUSE:
		return !s->silent && log_wants(reason_level(e->reason)) &&
		       log_bound_pass(&s->refusals, REFUSALS, REFUSALS_MS,
			   clock_ms(), &e->count);
	case EVENT_END:
		e->count = s->refusals.untold;
		return !s->silent;
	default:
		s->silent = false;
		return true;
	}
}

void
session_event(struct session *s, struct log_event e)
{
	char rule[RULE_MAX];

	if (e.rule == NULL && e.reason != REASON_NONE)
		e.rule = refusal_rule(s, e.reason, rule);
	e.session = s->id;
	e.peer = &s->peer;
	e.user = s->user;
	e.anonymous = s->anonymous;
	e.host = s->host != NULL ? s->host->name : NULL;
	if (s->w->dialogue != NULL)
		dialogue_event(s, &e);
	if (is_worth_a_line(s, &e))
		log_event(&e);
}

void
session_log(const struct session *s, const char *fmt, ...)
{
	char text[4096], ip[ADDR_STRLEN], user[LOG_VIS_MAX] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (s->user != NULL)
		log_vis(user, sizeof(user), s->user, strlen(s->user));
	log_info("session=%llu ip=%s user=\"%s\" %s", (unsigned long long)s->id,
	    addr_ip_str(&s->peer, ip, sizeof(ip)), user, text);
}
