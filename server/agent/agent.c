/* SPDX-License-Identifier: ISC */
/*
 * The file agent: a process that has become the user, and serves his sessions.
 *
 * Threads wait on one epoll set for the monitor and for the sessions' channels.
 * Everything in the set is EPOLLONESHOT, so one thread handles a session at a
 * time. Whenever the last idle thread finds work, it makes another one: files
 * that are slow for some sessions leave a thread to the others. Replies are
 * sent by the thread that made them.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/privdrop.h"
#include "common/sockutil.h"
#include "server/agent/confine.h"
#include "server/agent/idnames.h"
#include "server/agent/session.h"
#include "server/roles.h"

#define THREADS_KEPT 4 /* idle ones beyond these go */
#define THREADS_MAX 128
#define THREAD_IDLE_MS 10000
#define LARGE_ALLOC (64 * 1024) /* bytes */
#define STOP_SECONDS 5 /* for uploads to be abandoned when the monitor goes */

TAILQ_HEAD(session_list, agent_session);

struct agent {
	const struct config *conf;
	struct ident ident;
	const struct ident *service; /* NULL: all are the same */
	int epoll;
	int monitor;
	pthread_mutex_t lock; /* of the list, not of the sessions in it */
	pthread_cond_t empty; /* the list has become empty */
	struct session_list sessions;
	atomic_int threads; /* all */
	atomic_int idle; /* those that wait for work or are about to */
	atomic_flag warned; /* that there are as many as there may be */
};

/* What one thread works with. */
struct thread {
	struct agent *agent;
	bool stays; /* the process's first one */
	struct agent_bufs bufs;
};

/* data is a session, or NULL for the monitor. */
static int
watch(struct agent *a, int op, int fd, struct agent_session *data)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
		.data.ptr = data,
	};

	return epoll_ctl(a->epoll, op, fd, &ev);
}

/* ------------------------------------------------------------- sessions */

static void
say_granted(struct agent *a, uint64_t sid, int err, const char *reason)
{
	uint8_t mem[1024];
	struct wbuf out;

	ipc_begin(&out, mem, sizeof(mem), GM_GRANTED);
	put_u64(&out, sid);
	put_i64(&out, err);
	put_str(&out, reason);
	agent_send(a->monitor, &out, -1);
}

static void
say_closed(struct agent *a, uint64_t sid)
{
	uint8_t mem[64];
	struct wbuf out;

	ipc_begin(&out, mem, sizeof(mem), GM_CLOSED);
	put_u64(&out, sid);
	agent_send(a->monitor, &out, -1);
}

static void
session_end(struct agent *a, struct agent_session *s)
{
	uint64_t sid = s->sid;

	/* Our descriptor may not be the last one of the channel's end. */
	epoll_ctl(a->epoll, EPOLL_CTL_DEL, s->chan, NULL);
	pthread_mutex_lock(&a->lock);
	TAILQ_REMOVE(&a->sessions, s, entry);
	pthread_mutex_unlock(&a->lock);
	agent_session_free(s);
	say_closed(a, sid);
	pthread_mutex_lock(&a->lock);
	if (TAILQ_EMPTY(&a->sessions))
		pthread_cond_signal(&a->empty);
	pthread_mutex_unlock(&a->lock);
}

/* Takes over fd. */
static void
session_start(struct agent *a, uint64_t sid, int fd, const struct account *acct,
    const struct addr *peer)
{
	char reason[PROTO_REASON_MAX];
	struct agent_session *s;
	int err;

	s = agent_session_new(a->conf, &a->ident, sid, fd, acct);
	if (s == NULL) {
		err = errno;
		close(fd);
		/* ESTALE is for the monitor: the next agent may have access. */
		snprintf(reason, sizeof(reason), "home-missing: %.64s: %s",
		    acct->root, strerror(err == ESTALE ? EACCES : err));
		say_granted(a, sid, err, reason);
		return;
	}
	s->peer = *peer;
	pthread_mutex_lock(&a->lock);
	TAILQ_INSERT_TAIL(&a->sessions, s, entry);
	pthread_mutex_unlock(&a->lock);
	say_granted(a, sid, 0, "");
	if (watch(a, EPOLL_CTL_ADD, fd, s) == -1) {
		log_warn("a session's channel cannot be watched");
		session_end(a, s);
	}
}

/* One request at a time, so that every session gets its turn; most sessions
 * have sent no other before they have its reply. */
static void
session_serve(struct agent *a, struct agent_session *s, struct agent_bufs *b)
{
	if (agent_session_handle(s, b) == HANDLE_CLOSE)
		session_end(a, s);
	else if (watch(a, EPOLL_CTL_MOD, s->chan, s) == -1)
		die("epoll_ctl");
}

/* -------------------------------------------------------------- monitor */

/*
 * The monitor is gone: every channel ends as if its worker had closed it, so
 * that uploads are abandoned properly, and then the process. A thread that
 * hangs in the file system is not waited for.
 */
static void
stop(struct agent *a)
{
	struct agent_session *s;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_SECONDS;
	pthread_mutex_lock(&a->lock);
	TAILQ_FOREACH (s, &a->sessions, entry)
		shutdown(s->chan, SHUT_RDWR);
	while (!TAILQ_EMPTY(&a->sessions)) {
		if (pthread_cond_timedwait(&a->empty, &a->lock, &until) != 0)
			break;
	}
	_exit(0);
}

/* 0, or -1 if this is no grant. */
static int
grant(struct agent *a, struct ipc_msg *m)
{
	struct account acct;
	struct addr peer;
	uint64_t sid;

	sid = get_u64(&m->body);
	account_get(&m->body, &acct);
	addr_get(&m->body, &peer);
	if (m->type != MG_GRANT || rbuf_end(&m->body) == -1 ||
	    (m->fd == -1 && !m->fd_lost))
		return -1;
	if (m->fd_lost) {
		say_granted(a, sid, EMFILE, "no-descriptor: in the agent");
		return 0;
	}
	session_start(a, sid, ipc_take_fd(m), &acct, &peer);
	return 0;
}

/* 0, or -1 if it is about something else than the log. */
static int
reopened_log(struct ipc_msg *m)
{
	uint8_t sink;

	if (m->type != MG_LOG)
		return -1;
	sink = get_u8(&m->body);
	if (rbuf_end(&m->body) == -1 || sink >= LOG_SINKS)
		return -1;
	if (m->fd != -1)
		log_adopt(sink, ipc_take_fd(m));
	return 0;
}

static void
monitor_handle(struct agent *a, struct ipc_msg *m)
{
	if (reopened_log(m) == -1 && grant(a, m) == -1)
		bug("a message from the monitor is not a grant");
	ipc_msg_done(m);
}

/* The next message need not wait for this one: a home directory can be slow. */
static void
monitor_serve(struct agent *a, struct agent_bufs *b)
{
	enum ipc_result res;
	struct ipc_msg m;

	res = ipc_recv(a->monitor, b->in, &m);
	if (res != IPC_OK && res != IPC_AGAIN)
		stop(a);
	if (watch(a, EPOLL_CTL_MOD, a->monitor, NULL) == -1)
		die("epoll_ctl");
	if (res == IPC_OK)
		monitor_handle(a, &m);
}

/*
 * The first grant says what this process is to reach, apart from what the
 * configuration says; until then there are no threads.
 */
static void
monitor_wait(struct agent *a, struct agent_bufs *b)
{
	struct pollfd p = { .fd = a->monitor, .events = POLLIN };
	struct account acct;
	enum ipc_result res;
	struct ipc_msg m;
	struct rbuf body;

	do {
		(void)poll(&p, 1, -1);
		res = ipc_recv(a->monitor, b->in, &m);
		if (res != IPC_OK && res != IPC_AGAIN)
			stop(a);
		body = m.body;
		(void)get_u64(&body);
		if (res == IPC_OK && m.type == MG_GRANT) {
			account_get(&body, &acct);
			agent_confine(a->conf, &a->ident, a->service, &acct);
		}
		if (res == IPC_OK)
			monitor_handle(a, &m);
	} while (res != IPC_OK || m.type != MG_GRANT);
}

/* -------------------------------------------------------------- threads */

static void *thread_main(void *);

static int
thread_add(struct agent *a)
{
	struct thread *t = xcalloc(1, sizeof(*t));
	pthread_t id;

	t->agent = a;
	atomic_fetch_add(&a->threads, 1);
	atomic_fetch_add(&a->idle, 1);
	errno = pthread_create(&id, NULL, thread_main, t);
	if (errno == 0) {
		pthread_detach(id);
		return 0;
	}
	atomic_fetch_sub(&a->threads, 1);
	atomic_fetch_sub(&a->idle, 1);
	free(t);
	return -1;
}

/* Nobody waits for work any more. */
static void
thread_replace(struct agent *a)
{
	errno = EAGAIN;
	if (atomic_load(&a->threads) < THREADS_MAX && thread_add(a) == 0)
		return;
	if (!atomic_flag_test_and_set(&a->warned))
		log_warn("all %d threads are busy and there can be no more; "
			 "requests may have to wait for slow ones",
		    atomic_load(&a->threads));
}

/* This one has waited in vain: may it go? Only if another one waits. */
static bool
thread_is_spare(struct agent *a)
{
	if (atomic_fetch_sub(&a->idle, 1) > 1)
		return true;
	atomic_fetch_add(&a->idle, 1);
	return false;
}

/* The next event; false if the thread is to go. */
static bool
thread_wait(struct thread *t, struct epoll_event *ev)
{
	struct agent *a = t->agent;
	int n, timeout;

	do {
		timeout = t->stays || atomic_load(&a->threads) <= THREADS_KEPT
			      ? -1
			      : THREAD_IDLE_MS;
		n = epoll_wait(a->epoll, ev, 1, timeout);
		if (n == -1 && errno != EINTR)
			die("epoll_wait");
		if (n == 0 && thread_is_spare(a))
			return false;
	} while (n != 1);
	if (atomic_fetch_sub(&a->idle, 1) == 1)
		thread_replace(a);
	return true;
}

/* It is counted as idle when it begins. */
static void *
thread_main(void *arg)
{
	struct thread *t = arg;
	struct agent *a = t->agent;
	struct epoll_event ev;

	while (thread_wait(t, &ev)) {
		if (ev.data.ptr == NULL)
			monitor_serve(a, &t->bufs);
		else
			session_serve(a, ev.data.ptr, &t->bufs);
		atomic_fetch_add(&a->idle, 1);
	}
	atomic_fetch_sub(&a->threads, 1);
	free(t);
	return NULL;
}

/* -------------------------------------------------------------- process */

/*
 * The monitor alone decides about the end, also when a terminal or a service
 * manager signals all processes at once.
 */
static void
ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE,
		SIGUSR1, SIGUSR2, SIGQUIT };
	size_t i;

	for (i = 0; i < NELEM(signals); i++)
		signal(signals[i], SIG_IGN);
}

/* As many descriptors as we may: each session has two or more of them. */
static void
set_limits(void)
{
	struct rlimit none = { 0, 0 }, files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)setrlimit(RLIMIT_CORE, &none);
}

static void
agent_init(struct agent *a, const struct config *conf, int monitor_fd,
    const struct ident *ident)
{
	memset(a, 0, sizeof(*a));
	a->conf = conf;
	a->ident = *ident;
	a->monitor = monitor_fd;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->empty, NULL);
	TAILQ_INIT(&a->sessions);
	atomic_flag_clear(&a->warned);
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll == -1 || watch(a, EPOLL_CTL_ADD, monitor_fd, NULL) == -1)
		die("epoll");
}

/*
 * What is large goes back to the system as soon as it is free, and threads
 * share their heaps: an agent that has listed a huge directory is no larger
 * afterwards.
 */
static void
set_malloc(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_ALLOC);
	mallopt(M_ARENA_MAX, 2);
}

/* What the C library loads or opens once, while it still can. */
static void
warm_up(const struct ident *ident)
{
	uint8_t byte;

	tzset();
	arc4random_buf(&byte, sizeof(byte));
	idnames_init(ident->uid, ident->gid);
}

void
agent_main(const struct config *conf, int monitor_fd, const struct ident *ident)
{
	static struct agent agent;
	struct thread *first = xcalloc(1, sizeof(*first));
	struct ident service;
	bool chosen = geteuid() == 0 && conf_service_ident(conf, &service) == 0;

	log_set_role("agent");
	privdrop(ident, NULL);
	umask(0); /* each session has its own */
	set_limits();
	set_malloc();
	ignore_signals();
	warm_up(ident);
	agent_init(&agent, conf, monitor_fd, ident);
	agent.service = chosen ? &service : NULL;
	first->agent = &agent;
	first->stays = true;
	agent.threads = agent.idle = 1;
	monitor_wait(&agent, &first->bufs);
	thread_main(first);
	abort(); /* not reached */
}
