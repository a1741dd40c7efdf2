/* SPDX-License-Identifier: ISC */
/*
 * The client's end of a data connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/dialog/steps.h"

#define QUIET_TURNS 10

static char got[TEXT_MAX];
static size_t ngot, wanted;
static ssize_t last; /* of recv */
static int last_errno;

/* ----------------------------------------------------- opening and closing */

static int
new_socket(struct stage *st, struct addr *addr, struct sockaddr_storage *ss)
{
	*addr = st->local;
	addr->port = st->port;
	(void)addr_to_sockaddr(addr, ss);
	return socket(addr->family == 6 ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
forget(struct stage *st)
{
	tls_end_free(st->dat);
	st->dat = NULL;
}

static void
close_data(struct stage *st)
{
	if (st->dat != NULL && st->dat->up)
		tls_end_close(st->dat, false);
	forget(st);
	fd_close(&st->data);
}

/* For an upload, the agent has been asked again, too. */
static bool
has_settled(struct stage *st)
{
	const struct tls_end *e = st->dat;

	return (e->up && st->again_answer[0] == '\0') || e->failed || e->eof ||
	       e->err != 0;
}

void
data_settle(struct stage *st)
{
	if (!stage_wait(st, has_settled))
		stage_fail(st, "the handshake of the data connection hangs");
}

/* Under PROT P the client begins at once, and goes on when the transfer is
 * sure to come: a refusal finds the handshake half done. */
static void
connected(struct stage *st)
{
	(void)fd_set_nonblock(st->data, true);
	st->was_up = false;
	if (!st->private)
		return;
	st->dat = tls_end_new(st->tls, st->data, TLS_END_RESUME);
	if (st->agreed)
		data_settle(st);
}

static void
open_data(struct stage *st)
{
	struct sockaddr_storage ss;
	struct addr addr;

	close_data(st);
	st->data = new_socket(st, &addr, &ss);
	if (connect(st->data, (struct sockaddr *)&ss,
		addr_to_sockaddr(&addr, &ss)) == -1)
		stage_fail(
		    st, "connect to port %u: %s", st->port, strerror(errno));
	connected(st);
}

/* Nobody listens at the port that was announced. */
static void
refused_data(struct stage *st)
{
	struct sockaddr_storage ss;
	struct addr addr;
	int fd = new_socket(st, &addr, &ss);

	if (connect(fd, (struct sockaddr *)&ss, addr_to_sockaddr(&addr, &ss)) ==
	    0)
		stage_fail(st, "port %u is still open", st->port);
	close(fd);
}

static void
listen_data(struct stage *st)
{
	struct sockaddr_storage ss;
	struct addr addr;

	fd_close(&st->listener);
	st->agreed = false;
	st->port = 0;
	st->listener = new_socket(st, &addr, &ss);
	if (bind(st->listener, (struct sockaddr *)&ss,
		addr_to_sockaddr(&addr, &ss)) == -1 ||
	    listen(st->listener, 5) == -1 ||
	    sock_local(st->listener, &addr) == -1)
		stage_fail(st, "cannot listen: %s", strerror(errno));
	(void)fd_set_nonblock(st->listener, true);
	st->port = addr.port;
}

static bool
try_accept(struct stage *st)
{
	st->data = accept(st->listener, NULL, NULL);
	return st->data >= 0;
}

static void
accept_data(struct stage *st)
{
	close_data(st);
	if (!stage_wait(st, try_accept))
		stage_fail(st, "no connection comes");
	connected(st);
}

static void
unlisten_data(struct stage *st)
{
	fd_close(&st->listener);
}

/* Without close_notify. */
static void
cut_data(struct stage *st)
{
	shutdown(st->data, SHUT_WR);
}

static void
notify_data(struct stage *st)
{
	tls_end_close(st->dat, false);
}

static void
fin_data(struct stage *st)
{
	if (st->dat != NULL)
		tls_end_close(st->dat, true);
	else
		cut_data(st);
}

static void
reset_data(struct stage *st)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(
	    st->data, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	forget(st);
	fd_close(&st->data);
}

/* --------------------------------------------------------------- receiving */

static ssize_t
receive_some(struct stage *st, char *p, size_t len)
{
	return st->dat != NULL ? tls_end_recv(st->dat, p, len)
			       : recv(st->data, p, len, 0);
}

static bool
try_read(struct stage *st)
{
	do {
		last = receive_some(st, got + ngot, wanted - ngot);
		last_errno = errno;
		if (last > 0)
			ngot += (size_t)last;
	} while (last > 0 && ngot < wanted);
	return ngot == wanted || last == 0 ||
	       (last < 0 && last_errno != EAGAIN);
}

static void
receive(struct stage *st, size_t n)
{
	ngot = 0;
	wanted = n;
	if (st->data < 0)
		stage_fail(st, "there is no data connection");
	(void)stage_wait(st, try_read);
}

static void
eof_data(struct stage *st)
{
	receive(st, 1);
	if (last != 0)
		stage_fail(st, "the data connection %s",
		    ngot > 0               ? "has more bytes"
		    : last_errno == EAGAIN ? "stays open"
					   : strerror(last_errno));
	forget(st);
}

/* The end comes without close_notify. */
static void
end_data(struct stage *st)
{
	receive(st, 1);
	if (last >= 0 || st->dat == NULL || !st->dat->up || !st->dat->eof ||
	    st->dat->failed || st->dat->closed)
		stage_fail(st, "the data connection has no bare end");
	forget(st);
}

/* Whatever is still on the way, then the reset. */
static void
rst_data(struct stage *st)
{
	do
		receive(st, sizeof(got));
	while (ngot == sizeof(got));
	if (last >= 0 || last_errno != ECONNRESET)
		stage_fail(st, "the data connection is not reset");
	forget(st);
}

/* Everything up to the end. */
static void
drain_data(struct stage *st)
{
	do
		receive(st, sizeof(got));
	while (ngot == sizeof(got));
	if (last != 0)
		stage_fail(st, "the data connection does not end");
	forget(st);
}

static bool
try_up(struct stage *st)
{
	tls_end_step(st->dat);
	return st->dat->up;
}

/* The client waits for the handshake before it goes on. */
static void
up_data(struct stage *st)
{
	if (st->dat == NULL || !stage_wait(st, try_up))
		stage_fail(st, "there is no handshake before the command");
	st->was_up = true;
}

/* The client did not begin at once: plain until now. */
static void
begin_tls(struct stage *st, enum tls_end_session session)
{
	tls_end_free(st->dat);
	st->dat = tls_end_new(st->tls, st->data, session);
	data_settle(st);
}

static void
tls_data(struct stage *st)
{
	begin_tls(st, TLS_END_RESUME);
}

static void
fresh_data(struct stage *st)
{
	begin_tls(st, TLS_END_FRESH);
}

static void
stranger_data(struct stage *st)
{
	begin_tls(st, TLS_END_STRANGER);
}

static void
resumed_data(struct stage *st)
{
	if (st->dat == NULL || !st->dat->resumed)
		stage_fail(st, "the data connection resumes no session");
}

/* Plain, whatever PROT says. */
static void
open_plain(struct stage *st)
{
	bool private = st->private;

	st->private = false;
	open_data(st);
	st->private = private;
}

void
data_do(struct stage *st, const char *arg)
{
	static const struct {
		const char *word;
		void (*run)(struct stage *);
	} words[] = {
		{ "accept", accept_data },
		{ "close", close_data },
		{ "cut", cut_data },
		{ "drain", drain_data },
		{ "end", end_data },
		{ "eof", eof_data },
		{ "fin", fin_data },
		{ "fresh", fresh_data },
		{ "listen", listen_data },
		{ "notify", notify_data },
		{ "open", open_data },
		{ "plain", open_plain },
		{ "refused", refused_data },
		{ "reset", reset_data },
		{ "resumed", resumed_data },
		{ "rst", rst_data },
		{ "stranger", stranger_data },
		{ "tls", tls_data },
		{ "unlisten", unlisten_data },
		{ "up", up_data },
	};
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strcmp(arg, words[i].word) == 0)
			break;
	if (i == NELEM(words))
		stage_fail(st, "D %s: unknown", arg);
	words[i].run(st);
}

void
data_expect(struct stage *st, const char *arg)
{
	static char want[TEXT_MAX];
	size_t n = text_bytes(step_text(st, arg), want);

	receive(st, n);
	if (ngot != n || memcmp(want, got, n) != 0)
		stage_fail(st, "expected the data \"%s\", got \"%s\"", arg,
		    text_show(got, ngot));
}

void
data_silence(struct stage *st, const char *arg)
{
	char c;

	stage_turns(st, QUIET_TURNS);
	if (recv(st->data, &c, 1, MSG_PEEK) >= 0 || errno != EAGAIN)
		stage_fail(st, "the data connection has bytes, or ended");
}

/* Past TLS, if there is any. */
void
data_send_raw(struct stage *st, const char *arg)
{
	static char bytes[TEXT_MAX];
	size_t n = text_bytes(step_text(st, arg), bytes);

	if (send(st->data, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		stage_fail(st, "cannot send data: %s", strerror(errno));
}

void
data_send(struct stage *st, const char *arg)
{
	static char bytes[TEXT_MAX];

	if (st->dat != NULL)
		tls_end_put(
		    st->dat, bytes, text_bytes(step_text(st, arg), bytes));
	else
		data_send_raw(st, arg);
}
