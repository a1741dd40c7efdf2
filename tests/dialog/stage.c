/* SPDX-License-Identifier: ISC */
/*
 * The worker, its session, the loop and the clock of a dialogue.
 */
#include "tests/dialog/stage.h"

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/timer.h"
#include "server/conf_parse.h"
#include "server/conf_value.h"
#include "server/tlsconf.h"
#include "tests/dialog/steps.h"
#include "tests/unit/temp_dir.h"

#define PATIENCE_S 5
#define TURN_US 1000
#define RECORD_MAX 16384
#define SEND_AFTER 4096 /* in one packet, after TLS: as tls_client.c */

static const enum conf_section_id sections[] = { SECTION_TOP, SECTION_TLS,
	SECTION_LIMITS, SECTION_TIMEOUTS, SECTION_DATA, SECTION_FILES,
	SECTION_ANONYMOUS, SECTION_SYSTEM };

static uint64_t now_ms;

static uint64_t
still_clock(void)
{
	return now_ms;
}

void
stage_fail(const struct stage *st, const char *fmt, ...)
{
	char text[6000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ck_abort_msg("%s:%u: %s", st->file, st->line, text);
	abort();
}

/* ------------------------------------------------------------------ life */

void
stage_init(struct stage *st)
{
	enum stage_tls how = st->how;
	const char *file = st->file;
	const char *dir = how == STAGE_CLEAR ? "/" : temp_path("");
	size_t i;

	memset(st, 0, sizeof(*st));
	st->how = how;
	st->file = file;
	st->control = st->monitor = st->agent = -1;
	st->data = st->listener = st->stored = -1;
	for (i = 0; i < NELEM(sections); i++)
		conf_defaults(sections[i], &st->conf, dir);
	conf_defaults(SECTION_LISTEN, &st->listen, dir);
	st->conf.listens = &st->listen;
	st->conf.nlistens = 1;
	ck_assert_int_eq(addr_parse_ip(&st->local, "127.0.0.1"), 0);
	st->local.port = 2121;
	st->peer = st->local;
	st->peer.port = STAGE_PEER_PORT;
}

/* It only ends a turn. */
static void
on_moment(evutil_socket_t fd, short what, void *arg)
{
}

/* The certificate is made by whoever comes first. */
static void
start_tls(struct stage *st)
{
	char *err = NULL, *warning = NULL;

	st->tlsconf = tlsconf_new(&st->conf, true, &err, &warning);
	if (st->tlsconf == NULL || warning != NULL)
		stage_fail(st, "TLS: %s", err != NULL ? err : warning);
	st->w->tls = st->tlsconf;
	st->tls = tls_client_new(
	    st->how == STAGE_TLS_1_2 ? TLS_CLIENT_1_2 : TLS_CLIENT_1_3,
	    st->cert, st->key);
	if (st->sni[0] != '\0')
		tls_client_ask(st->tls, st->sni);
}

void
stage_start(struct stage *st)
{
	int control[2], monitor[2];

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("none");
	now_ms = 1000000;
	clock_set(still_clock);
	st->base = event_base_new();
	st->moment = evtimer_new(st->base, on_moment, NULL);
	st->w = xcalloc(1, sizeof(*st->w));
	ck_assert_int_eq(ipc_pair(monitor), 0);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, control),
	    0);
	st->monitor = monitor[1];
	st->control = control[1];
	timers_init(st->base);
	conf_hosts_complete(&st->conf);
	worker_init(st->w, &st->conf, st->base, monitor[0]);
	if (st->how != STAGE_CLEAR)
		start_tls(st);
	(st->proxied ? session_new_proxied : session_new)(
	    st->w, STAGE_SID, control[0], &st->peer, &st->local, 0);
}

void
stage_stop(struct stage *st)
{
	size_t i;

	if (st->w != NULL) {
		worker_clear(st->w);
		timers_clear();
		free(st->w);
		event_free(st->moment);
		event_base_free(st->base);
		clock_set(NULL);
	}
	tls_end_free(st->ctl);
	tls_end_free(st->dat);
	tls_client_free(st->tls);
	tlsconf_free(st->tlsconf);
	fd_close(&st->control);
	fd_close(&st->monitor);
	fd_close(&st->agent);
	fd_close(&st->data);
	fd_close(&st->listener);
	fd_close(&st->stored);
	for (i = 0; i < NELEM(sections); i++)
		conf_values_clear(sections[i], &st->conf);
	conf_hosts_free(&st->conf);
	conf_values_clear(SECTION_LISTEN, &st->listen);
}

bool
stage_is_alive(const struct stage *st)
{
	return !TAILQ_EMPTY(&st->w->sessions);
}

/* ------------------------------------------------------- loop and clock */

/* Not event_base_loopexit(): its timer outlives a turn that ends earlier, and
 * would shorten another one. */
void
stage_turn(struct stage *st)
{
	const struct timeval moment = { 0, TURN_US };

	(void)event_add(st->moment, &moment);
	(void)event_base_loop(st->base, EVLOOP_ONCE);
	(void)event_del(st->moment);
	if (st->dat != NULL && st->agreed)
		tls_end_step(st->dat);
	agent_turn(st);
}

void
stage_turns(struct stage *st, unsigned n)
{
	while (n-- > 0)
		stage_turn(st);
}

void
stage_sleep(struct stage *st, uint64_t ms)
{
	stage_turns(st, 3); /* what is under way arrives before */
	now_ms += ms;
	timers_run();
	stage_turn(st);
}

bool
stage_wait(struct stage *st, bool (*try)(struct stage *))
{
	struct timespec t;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec + PATIENCE_S + 1;
	while (!try(st)) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		if (t.tv_sec >= end)
			return false;
		stage_turn(st);
	}
	return true;
}

/* ----------------------------------------------------- control connection */

bool
stage_is_secure(const struct stage *st)
{
	return st->ctl != NULL && st->ctl->up && !st->ctl->closed;
}

/* Has a line of the send told where the next data connection goes, or was it
 * the last under TLS? */
static bool
needs_ticket(const struct stage *st)
{
	static const char *const replies[] = { "227 ", "229 ", "200 PORT ",
		"200 EPRT ", "200 Control " };
	const char *p = st->sent, *end = st->sent + st->len;
	size_t i;

	while (p != NULL && p < end) {
		for (i = 0; i < NELEM(replies); i++)
			if (strncmp(p, replies[i], strlen(replies[i])) == 0)
				return true;
		p = memmem(p, (size_t)(end - p), "\r\n", 2);
		p += p != NULL ? 2 : 0;
	}
	return false;
}

/*
 * T75: what leaves together is one record, and nothing leaves without it. R1.1:
 * a ticket for each data connection, one for all that come after CCC, and no
 * other.
 */
static void
check_send(const struct stage *st)
{
	const struct tls_end *e = st->ctl;
	unsigned tickets = st->how == STAGE_TLS_1_3 && needs_ticket(st);

	if (st->len == 0 && !e->failed)
		stage_fail(st, "a send has no reply");
	if (e->records != (st->len + RECORD_MAX - 1) / RECORD_MAX)
		stage_fail(st, "%zu bytes are %u records", st->len, e->records);
	if (e->tickets != tickets)
		stage_fail(st, "%u tickets came along", e->tickets);
}

static bool
receive_secure(struct stage *st)
{
	st->ctl->records = st->ctl->tickets = 0;
	if (!tls_end_take(st->ctl))
		return st->ctl->eof || st->ctl->err != 0;
	st->len = tls_end_get(st->ctl, st->sent, sizeof(st->sent));
	check_send(st);
	return st->len > 0;
}

bool
stage_take(struct stage *st)
{
	ssize_t n;

	st->pos = st->len = 0;
	if (stage_is_secure(st))
		return receive_secure(st);
	n = recv(st->control, st->sent, sizeof(st->sent), 0);
	st->len = n > 0 ? (size_t)n : 0;
	return n >= 0 || errno != EAGAIN;
}

bool
stage_receive(struct stage *st)
{
	return stage_wait(st, stage_take) && st->len > 0;
}

bool
stage_ended(struct stage *st)
{
	return stage_wait(st, stage_take) && st->len == 0;
}

void
stage_say(struct stage *st, const char *p, size_t len)
{
	size_t n;

	if (stage_is_secure(st)) {
		tls_end_put(st->ctl, p, len);
		return;
	}
	for (; len > 0; p += n, len -= n) {
		n = st->ctl == NULL || len < SEND_AFTER ? len : SEND_AFTER;
		if (send(st->control, p, n, MSG_NOSIGNAL) != (ssize_t)n)
			stage_fail(st, "cannot send: %s", strerror(errno));
	}
}

static bool
try_handshake(struct stage *st)
{
	tls_end_step(st->ctl);
	return st->ctl->up || st->ctl->failed || st->ctl->eof;
}

void
stage_tls(struct stage *st)
{
	if (st->tls == NULL)
		stage_fail(st, "there is no TLS");
	tls_end_free(st->ctl);
	st->ctl = tls_end_new(st->tls, st->control, TLS_END_CONTROL);
	if (!stage_wait(st, try_handshake) || !st->ctl->up)
		stage_fail(st, "the handshake fails");
}
