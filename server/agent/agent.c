/* SPDX-License-Identifier: ISC */
/*
 * The file agent: a process that has become the user, and serves his sessions.
 *
 * A few threads wait on one epoll set for the monitor and for the sessions'
 * channels. Everything in the set is EPOLLONESHOT, so one thread handles a
 * session at a time and a disk that is slow for one session leaves the other
 * threads to the others. Replies are sent by the thread that made them.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
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
#include "common/sandbox.h"
#include "common/sockutil.h"
#include "server/agent/idnames.h"
#include "server/agent/session.h"
#include "server/roles.h"

#define AGENT_THREADS 4
#define LARGE_ALLOC (64 * 1024) /* bytes */
#define STOP_SECONDS 5 /* for uploads to be abandoned when the monitor goes */

TAILQ_HEAD(session_list, agent_session);

struct agent {
	const struct config *conf;
	struct ident ident;
	int epoll;
	int monitor;
	pthread_mutex_t lock; /* of the list, not of the sessions in it */
	pthread_cond_t empty; /* the list has become empty */
	struct session_list sessions;
};

/* What one thread works with. */
struct thread {
	struct agent *agent;
	pthread_t id;
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
session_start(struct agent *a, uint64_t sid, int fd, const struct account *acct)
{
	char reason[PROTO_REASON_MAX];
	struct agent_session *s;
	int err;

	s = agent_session_new(a->conf, &a->ident, sid, fd, acct);
	if (s == NULL) {
		err = errno;
		close(fd);
		snprintf(reason, sizeof(reason), "home directory %.64s: %s",
		    acct->root, strerror(err));
		say_granted(a, sid, err, reason);
		return;
	}
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
		say_granted(a, sid, EMFILE, "no descriptor left in the agent");
		return 0;
	}
	session_start(a, sid, m->fd, &acct);
	m->fd = -1;
	return 0;
}

/* 0, or -1 if it is about something else than the log. */
static int
reopened_log(struct ipc_msg *m)
{
	if (m->type != MG_LOG || rbuf_end(&m->body) == -1)
		return -1;
	if (m->fd != -1)
		log_adopt(m->fd);
	m->fd = -1;
	return 0;
}

static void
monitor_serve(struct agent *a, struct agent_bufs *b)
{
	enum ipc_result res;
	struct ipc_msg m;

	while ((res = ipc_recv(a->monitor, b->in, &m)) == IPC_OK) {
		if (reopened_log(&m) == -1 && grant(a, &m) == -1)
			bug("a message from the monitor is not a grant");
		ipc_msg_done(&m);
	}
	if (res != IPC_AGAIN)
		stop(a);
	if (watch(a, EPOLL_CTL_MOD, a->monitor, NULL) == -1)
		die("epoll_ctl");
}

/* -------------------------------------------------------------- process */

static void *
thread_main(void *arg)
{
	struct thread *t = arg;
	struct epoll_event ev;
	int n;

	for (;;) {
		n = epoll_wait(t->agent->epoll, &ev, 1, -1);
		if (n == -1 && errno != EINTR)
			die("epoll_wait");
		if (n <= 0)
			continue;
		if (ev.data.ptr == NULL)
			monitor_serve(t->agent, &t->bufs);
		else
			session_serve(t->agent, ev.data.ptr, &t->bufs);
	}
	return NULL;
}

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
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &none);
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
	struct thread *t[AGENT_THREADS];
	int i;

	log_set_role("agent");
	privdrop(ident, NULL);
	umask(0); /* each session has its own */
	set_limits();
	set_malloc();
	ignore_signals();
	warm_up(ident);
	agent_init(&agent, conf, monitor_fd, ident);
	for (i = 0; i < AGENT_THREADS; i++) {
		t[i] = xcalloc(1, sizeof(*t[i]));
		t[i]->agent = &agent;
	}
	sandbox_agent(); /* the threads inherit it */
	for (i = 1; i < AGENT_THREADS; i++) {
		errno = pthread_create(&t[i]->id, NULL, thread_main, t[i]);
		if (errno != 0)
			die("pthread_create");
	}
	thread_main(t[0]);
	abort(); /* not reached */
}
