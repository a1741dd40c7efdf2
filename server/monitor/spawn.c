/* SPDX-License-Identifier: ISC */
/*
 * Forks the roles, and keeps a record of every child until it has been waited
 * for, so that no signal ever goes to somebody else's process.
 *
 * A child keeps its channel, the log and nothing else of ours: no listener, no
 * connection, no other child's channel, and no password hash and no private key
 * that is not its business.
 */
#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/sandbox.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"

#define CHILD_GRACE_MS 5000 /* to exit after its channel was closed */
#define YOUNG_MS 1000 /* who dies younger than this fails to start */
#define RESPAWN_MIN_MS 100
#define RESPAWN_MAX_MS 10000

const char *
role_name(enum role role)
{
	static const char *const names[] = {
		[ROLE_WORKER] = "worker",
		[ROLE_AUTH] = "auth",
		[ROLE_AGENT] = "agent",
		[ROLE_RESOLVER] = "resolver",
		[ROLE_KEYS] = "keys",
	};

	return names[role];
}

/* ------------------------------------------------------- in the child */
/*
 * What a terminal or a service manager sends to the whole group is the
 * monitor's to act on: a child ends when its channel does.
 */
static void
child_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1,
		SIGUSR2, SIGPIPE, SIGXFSZ };
	struct sigaction sa;
	sigset_t none;
	size_t i;
	int sig;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = SIG_DFL;
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	for (i = 0; i < NELEM(ignored); i++)
		(void)sigaction(ignored[i], &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
is_log(int fd)
{
	unsigned sink;

	for (sink = 0; sink < LOG_SINKS; sink++)
		if (log_fd(sink) == fd)
			return true;
	return false;
}

/* Closes all but 0 to 2, the log and the channel; returns the channel. */
static int
child_descriptors(int channel)
{
	int fd, kept = STDERR_FILENO + 1;
	unsigned sink;

	for (sink = 0; sink < LOG_SINKS; sink++)
		if (log_fd(sink) >= kept)
			kept = log_fd(sink) + 1;
	if (channel != kept && dup2(channel, kept) == -1)
		die("dup2");
	for (fd = 3; fd < kept; fd++)
		if (!is_log(fd))
			close(fd);
	closefrom(kept + 1);
	if (fcntl(kept, F_SETFD, FD_CLOEXEC) == -1)
		die("fcntl");
	stdio_to_null(STDOUT_FILENO);
	return kept;
}

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
}

/* This process has its own copy of the configuration: only auth needs these. */
static void
child_forget_secrets(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nusers; i++) {
		wipe(conf->users[i].password);
		wipe(conf->users[i].totp);
	}
	for (i = 0; i < conf->nhosts; i++)
		child_forget_secrets(conf->hosts[i].own);
}

/*
 * Padded, as libbsd marks the end of the program's old name with a dot, which
 * ps(1) shows unless the new name is the longer one.
 */
static void
child_title(enum role role, const struct ident *id)
{
	char title[64];

	if (role == ROLE_AGENT && id != NULL)
		snprintf(title, sizeof(title), "agent for uid %lu",
		    (unsigned long)id->uid);
	else
		snprintf(title, sizeof(title), "%s", role_name(role));
	setproctitle("%-63s", title);
}

static void child_run(struct monitor *, enum role, const struct ident *, int)
    __attribute__((noreturn));

static void
child_run(
    struct monitor *m, enum role role, const struct ident *id, int channel)
{
	struct ident who;

	if (id != NULL)
		who = *id;
	child_signals();
	timers_clear(); /* ours must not fire here */
	log_set_role(role_name(role));
	if (role == ROLE_WORKER)
		tlsconf_drop_keyring(m->tls);
	else
		certs_forget(m);
	channel = child_descriptors(channel);
	child_title(role, id);
	conf_forget_texts(m->conf);
	if (role != ROLE_AUTH)
		child_forget_secrets(m->conf);
	monitor_unshare(role);
	explicit_bzero(&m->tickets, sizeof(m->tickets));
	if (role == ROLE_WORKER)
		worker_main(m->conf, m->tls, channel);
	if (role == ROLE_AUTH)
		auth_main(m->conf, channel);
	if (role == ROLE_KEYS)
		keys_main(m->conf, channel);
	if (role == ROLE_RESOLVER)
		resolver_main(m->conf, channel);
	agent_main(m->conf, channel, &who);
}

/* ------------------------------------------------------ in the monitor */
static pid_t
spawn_fork(struct monitor *m, enum role role, const struct ident *id, int *fd_r)
{
	sigset_t all, old;
	int fds[2], saved;
	pid_t pid;

	if (ipc_pair(fds) == -1)
		return -1;
	/* A handler of ours must not run in the child: it would write to the
	 * loop's own socket. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child_run(m, role, id, fds[1]);
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	close(fds[1]);
	if (pid == -1) {
		close(fds[0]);
		errno = saved;
		return -1;
	}
	*fd_r = fds[0];
	return pid;
}

/* Children cannot open files of the monitor's: they are sent the log. */
void
children_log(struct monitor *m)
{
	unsigned sink;

	for (sink = 0; sink < LOG_SINKS; sink++) {
		if (log_fd(sink) <= STDERR_FILENO)
			continue;
		workers_log(m, sink);
		auths_log(m->auths, sink);
		agents_log(m, sink);
	}
}

void
child_send_log(struct chan *chan, uint16_t type, enum log_sink sink)
{
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	put_u8(&b, (uint8_t)sink);
	(void)chan_send(chan, &b, log_fd(sink));
}

const struct process_ops process_real = { spawn_fork, kill };

static struct child *
child_find(struct monitor *m, pid_t pid)
{
	struct child *c;

	LIST_FOREACH (c, &m->children, entry)
		if (c->pid == pid)
			return c;
	return NULL;
}

static void
child_end(struct child *c)
{
	c->killed = true;
	c->m->proc->kill(c->pid, SIGKILL);
}

static void
child_overdue_cb(void *arg)
{
	struct child *c = arg;

	log_warnx("%s[%ld] does not exit: killing it", role_name(c->role),
	    (long)c->pid);
	child_end(c);
}

pid_t
child_start(
    struct monitor *m, enum role role, const struct ident *id, int *fd_r)
{
	struct child *c;
	pid_t pid;

	pid = m->proc->spawn(m, role, id, fd_r);
	if (pid == -1) {
		log_error("cannot start a process as %s", role_name(role));
		return -1;
	}
	c = xcalloc(1, sizeof(*c));
	c->m = m;
	c->pid = pid;
	c->role = role;
	timer_init(&c->deadline, child_overdue_cb, c);
	LIST_INSERT_HEAD(&m->children, c, entry);
	log_debug("started %s[%ld]", role_name(role), (long)pid);
	return pid;
}

void
child_leave(struct monitor *m, pid_t pid)
{
	struct child *c = child_find(m, pid);

	if (c != NULL)
		timer_set(&c->deadline, CHILD_GRACE_MS);
}

void
child_kill(struct monitor *m, pid_t pid)
{
	struct child *c = child_find(m, pid);

	if (c != NULL)
		child_end(c);
}

void
children_kill(struct monitor *m)
{
	struct child *c;

	LIST_FOREACH (c, &m->children, entry)
		child_end(c);
}

static void
child_free(struct child *c)
{
	timer_cancel(&c->deadline);
	LIST_REMOVE(c, entry);
	free(c);
}

void
children_forget(struct monitor *m)
{
	while (!LIST_EMPTY(&m->children))
		child_free(LIST_FIRST(&m->children));
}

static void
child_log_end(const struct child *c, int status)
{
	const char *role = role_name(c->role);
	long pid = (long)c->pid;
	char call[64];

	if (sandbox_offence(c->pid, call, sizeof(call)) != NULL)
		log_errorx("%s[%ld] was ended: it called %s, which is not for "
			   "its role",
		    role, pid, call);
	else if (c->killed)
		log_debug("%s[%ld] is dead", role, pid);
	else if (WIFSIGNALED(status))
		log_errorx("%s[%ld] was killed by signal %d (%s)", role, pid,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		log_errorx("%s[%ld] failed with status %d", role, pid,
		    WEXITSTATUS(status));
	else
		log_debug("%s[%ld] ended", role, pid);
}

void
child_reaped(struct monitor *m, pid_t pid, int status)
{
	struct child *c = child_find(m, pid);

	if (c == NULL)
		return;
	child_log_end(c, status);
	child_free(c);
}

void
children_reap(struct monitor *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_reaped(m, pid, status);
	monitor_step(m);
}

void
respawn_after(struct respawn *r, uint64_t born)
{
	if (clock_ms() - born >= YOUNG_MS)
		r->delay = 0;
	else if (r->delay == 0)
		r->delay = RESPAWN_MIN_MS;
	else if (r->delay * 2 < RESPAWN_MAX_MS)
		r->delay *= 2;
	else
		r->delay = RESPAWN_MAX_MS;
	if (!timer_is_set(&r->timer))
		timer_set(&r->timer, r->delay);
}
