/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets: bound from the configuration or inherited from the
 * service manager, kept over reloads, accepted from in bounded turns.
 */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"

#define LISTEN_BACKLOG 4096 /* bursts must be greeted at once */
#define ACCEPTS_PER_TURN 64
#define STARVED_PAUSE_MS 100
#define BEHIND_PAUSE_MS 2
#define STARVED_LOG_MS 60000

static bool
addr_same(const struct addr *a, const struct addr *b)
{
	return addr_ip_equal(a, b) && a->port == b->port &&
	       a->scope == b->scope;
}

/* ------------------------------------------------------------------- bind */
static int
listener_options(int fd, const struct addr *addr, uint32_t mss, bool beside)
{
	int on = 1, off = 0, seg = (int)mss;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	if (beside &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1)
		return -1;
	if (addr->family == 6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == -1)
		return -1;
	if (mss != 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &seg, sizeof(seg)) == -1)
		return -1;
	return 0;
}

/* A socket bound to addr (beside another one that allows it), or -1 with errno.
 */
static int
listener_socket(const struct addr *addr, uint32_t mss, bool beside)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(addr, &ss);
	int fd, saved;

	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (listener_options(fd, addr, mss, beside) == -1 ||
	    bind(fd, (const struct sockaddr *)&ss, len) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
listen_at(const struct addr *addr, uint32_t mss, bool beside)
{
	int fd = listener_socket(addr, mss, beside), saved;

	if (fd != -1 && listen(fd, LISTEN_BACKLOG) == -1) {
		saved = errno;
		fd_close(&fd);
		errno = saved;
	}
	return fd;
}

int
listener_bind(const struct addr *addr, uint32_t mss)
{
	return listen_at(addr, mss, false);
}

/* Nothing listens on it, so no client is deceived. */
static int
try_at(const struct addr *addr, bool beside)
{
	int fd = listener_socket(addr, 0, beside);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

int
listener_try(const struct addr *addr)
{
	return try_at(addr, false);
}

/* ----------------------------------------------------------------- accept */
static void
listeners_pause(struct monitor *m, uint64_t ms)
{
	struct listener *l;

	TAILQ_FOREACH (l, &m->listeners, entry)
		if (l->ev != NULL)
			event_del(l->ev);
	timer_set(&m->accept_pause, ms);
}

static void
listeners_starve(struct monitor *m)
{
	if (m->starved == 0 || clock_ms() - m->starved > STARVED_LOG_MS) {
		log_warn("cannot accept connections for a moment");
		m->starved = clock_ms();
	}
	listeners_pause(m, STARVED_PAUSE_MS);
}

static bool
is_starvation(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS ||
	       err == ENOMEM;
}

static int
listener_accept(struct listener *l)
{
	int conn = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (conn > l->m->fd_ceiling) {
		client_refuse(l->m, conn, l->index, l->m->conf->full_message,
		    l->m->sessions.count);
		errno = EMFILE;
		return -1;
	}
	return conn;
}

static void
listener_accept_cb(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	int i, conn;

	for (i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (workers_are_behind(l->m)) {
			listeners_pause(l->m, BEHIND_PAUSE_MS);
			return;
		}
		conn = listener_accept(l);
		if (conn != -1) {
			(void)client_admit(l->m, conn, l->index);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		if (is_starvation(errno)) {
			listeners_starve(l->m);
			return;
		}
		/* Anything else is the fate of one connection (accept(2)). */
	}
}

void
listeners_start(struct monitor *m)
{
	char text[ADDR_STRLEN];
	struct listener *l;

	TAILQ_FOREACH (l, &m->listeners, entry) {
		if (l->ev == NULL) {
			l->ev = event_new(m->base, l->fd, EV_READ | EV_PERSIST,
			    listener_accept_cb, l);
			if (l->ev == NULL)
				die("event_new");
			log_info("listening on %s",
			    addr_str(&l->bound, text, sizeof(text)));
		}
		if (event_add(l->ev, NULL) == -1)
			die("event_add");
	}
}

/* ---------------------------------------------------------------- the set */
static struct listener *
listener_new(struct monitor *m, int fd, const struct addr *addr, uint16_t index)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	sock_control_options(fd);
	l->m = m;
	l->fd = fd;
	l->addr = *addr;
	l->index = index;
	if (sock_local(fd, &l->bound) == -1)
		l->bound = *addr;
	return l;
}

static void
listener_free(struct listener *l)
{
	if (l->ev != NULL)
		event_free(l->ev);
	fd_close(&l->fd);
	free(l);
}

static void
listeners_free(struct listeners *list)
{
	struct listener *l;

	while ((l = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, l, entry);
		listener_free(l);
	}
}

void
listeners_close(struct monitor *m)
{
	timer_cancel(&m->accept_pause);
	listeners_free(&m->listeners);
}

static struct listener *
listener_find(struct listeners *list, const struct addr *addr)
{
	struct listener *l;

	TAILQ_FOREACH (l, list, entry)
		if (addr_same(&l->addr, addr))
			return l;
	return NULL;
}

/* Finds the configured listener with this address: its index, or -1. */
static int
conf_index(const struct config *conf, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < conf->nlistens; i++)
		if (addr_same(&conf->listens[i].addr, addr))
			return (int)i;
	return -1;
}

/*
 * Those on this port that go with conf let another one bind it, or do so no
 * longer: from 127.0.0.1 to every address, and back, without a moment in which
 * nobody listens. Returns whether there are any.
 */
static bool
give_way(struct monitor *m, const struct config *conf, uint16_t port, bool yes)
{
	struct listener *l;
	bool any = false;
	int on = yes;

	TAILQ_FOREACH (l, &m->listeners, entry) {
		if (l->bound.port != port || l->inherited ||
		    conf_index(conf, &l->addr) != -1)
			continue;
		if (setsockopt(
			l->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0)
			any = true;
	}
	return any;
}

static int
bind_anew(struct monitor *m, const struct config *conf, const struct addr *addr)
{
	int fd = listen_at(addr, conf->control_mss, false), off = 0;

	if (fd == -1 && errno == EADDRINUSE &&
	    give_way(m, conf, addr->port, true)) {
		fd = listen_at(addr, conf->control_mss, true);
		(void)give_way(m, conf, addr->port, false);
		if (fd != -1) /* it is ours alone */
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
		else
			errno = EADDRINUSE;
	}
	return fd;
}

static int
try_anew(struct monitor *m, const struct config *conf, const struct addr *addr)
{
	int err = try_at(addr, false);

	if (err == EADDRINUSE && give_way(m, conf, addr->port, true)) {
		err = try_at(addr, true);
		(void)give_way(m, conf, addr->port, false);
	}
	return err;
}

/* Binds what conf has and the running set has not. 0 or -1 and a text. */
static int
listeners_bind_new(struct monitor *m, const struct config *conf,
    struct listeners *fresh, char *err, size_t size)
{
	char text[ADDR_STRLEN];
	const struct addr *addr;
	struct listener *l;
	size_t i;
	int fd;

	for (i = 0; i < conf->nlistens; i++) {
		addr = &conf->listens[i].addr;
		if (listener_find(&m->listeners, addr) != NULL)
			continue;
		fd = bind_anew(m, conf, addr);
		if (fd == -1) {
			snprintf(err, size, "cannot listen on %s: %s",
			    addr_str(addr, text, sizeof(text)),
			    strerror(errno));
			return -1;
		}
		l = listener_new(m, fd, addr, (uint16_t)i);
		TAILQ_INSERT_TAIL(fresh, l, entry);
	}
	return 0;
}

/* Who has connected and was not accepted yet is no worse off. */
static void
listener_empty(struct listener *l)
{
	int i, conn;

	for (i = 0; l->ev != NULL && i < LISTEN_BACKLOG; i++) {
		conn = listener_accept(l);
		if (conn == -1)
			return;
		(void)client_admit(l->m, conn, l->index);
	}
}

/* Closes what conf no longer has and numbers the rest anew. */
static void
listeners_prune(struct monitor *m, const struct config *conf)
{
	struct listener *l, *next;
	int i;

	TAILQ_FOREACH_SAFE (l, &m->listeners, entry, next) {
		i = conf_index(conf, &l->addr);
		if (i == -1 && !l->inherited) {
			TAILQ_REMOVE(&m->listeners, l, entry);
			listener_empty(l);
			listener_free(l);
			continue;
		}
		/* One that the configuration does not know is as its first. */
		l->index = i == -1 ? 0 : (uint16_t)i;
	}
}

static int
plan_new(struct monitor *m, const struct config *conf, const struct addr *addr,
    FILE *out)
{
	char text[ADDR_STRLEN];
	int err = try_anew(m, conf, addr);

	addr_str(addr, text, sizeof(text));
	if (err != 0) {
		fprintf(out, "cannot listen on %s: %s\n", text, strerror(err));
		return -1;
	}
	fprintf(out, "%s will be listened on\n", text);
	return 0;
}

int
listeners_plan(struct monitor *m, const struct config *conf, FILE *out)
{
	char text[ADDR_STRLEN];
	struct listener *l;
	int result = 0;
	size_t i;

	l = TAILQ_FIRST(&m->listeners);
	if (l != NULL && l->inherited)
		return 0;
	for (i = 0; i < conf->nlistens; i++)
		if (listener_find(&m->listeners, &conf->listens[i].addr) ==
			NULL &&
		    plan_new(m, conf, &conf->listens[i].addr, out) == -1)
			result = -1;
	TAILQ_FOREACH (l, &m->listeners, entry)
		if (conf_index(conf, &l->addr) == -1)
			fprintf(out, "%s will be closed, its sessions go on\n",
			    addr_str(&l->bound, text, sizeof(text)));
	return result;
}

/* Connections take it from their listener, which may be an old one, or the
 * service manager's. */
static void
listeners_set_mss(struct monitor *m, uint32_t mss)
{
	struct listener *l;
	int seg = (int)mss;

	TAILQ_FOREACH (l, &m->listeners, entry)
		if (setsockopt(l->fd, IPPROTO_TCP, TCP_MAXSEG, &seg,
			sizeof(seg)) == -1)
			log_warn("control_mss");
}

int
listeners_apply(
    struct monitor *m, const struct config *conf, char *err, size_t size)
{
	struct listener *first = TAILQ_FIRST(&m->listeners);
	struct listeners fresh = TAILQ_HEAD_INITIALIZER(fresh);

	/* Sockets of the service manager are all there is. */
	if (first != NULL && first->inherited) {
		listeners_prune(m, conf);
		listeners_set_mss(m, conf->control_mss);
		return 0;
	}
	if (listeners_bind_new(m, conf, &fresh, err, size) == -1) {
		listeners_free(&fresh);
		return -1;
	}
	listeners_prune(m, conf);
	listeners_set_mss(m, conf->control_mss);
	TAILQ_CONCAT(&m->listeners, &fresh, entry);
	return 0;
}

static void
listener_inherit(struct monitor *m, int fd)
{
	struct addr addr = { 0 };
	struct listener *l;

	(void)sock_local(fd, &addr);
	l = listener_new(m, fd, &addr, 0);
	l->inherited = true;
	TAILQ_INSERT_TAIL(&m->listeners, l, entry);
}

int
listeners_inherit(struct monitor *m)
{
	int i, n = notify_listen_fds();

	for (i = 0; i < n; i++) {
		if (fd_set_nonblock(NOTIFY_FDS_START + i, true) == -1)
			return -1;
		listener_inherit(m, NOTIFY_FDS_START + i);
	}
	listeners_prune(m, m->conf);
	listeners_set_mss(m, m->conf->control_mss);
	return n;
}
