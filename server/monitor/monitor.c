/* SPDX-License-Identifier: ISC */
/*
 * The monitor process: starts everything, then lives in an event loop of
 * signals, new connections and messages from its children.
 */
#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/heap.h"
#include "common/log.h"
#include "common/sandbox.h"
#include "common/mem.h"
#include "server/monitor/bans.h"
#include "server/monitor/monitor.h"
#include "tls/tls_reuse.h"

#define DESCRIPTORS_SPARE 64
/* Control and agent, and one for those that transfer just now: not all do, and
 * a process without any left refuses transfers, not sessions. */
#define DESCRIPTORS_PER_SESSION 3

/* ---------------------------------------------------------------- signals */
static void
on_reload(evutil_socket_t sig, short what, void *arg)
{
	(void)monitor_reload(arg, NULL);
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	monitor_stop(arg);
}

static void
on_rotate(evutil_socket_t sig, short what, void *arg)
{
	logs_reopen(arg);
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	children_reap(arg);
}

static const struct {
	int sig;
	event_callback_fn cb;
} signals[] = {
	{ SIGHUP, on_reload },
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGUSR1, on_rotate },
	{ SIGCHLD, on_child },
};

static void
signals_start(struct monitor *m, struct event *events[NELEM(signals)])
{
	size_t i;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < NELEM(signals); i++) {
		events[i] =
		    evsignal_new(m->base, signals[i].sig, signals[i].cb, m);
		if (events[i] == NULL || event_add(events[i], NULL) == -1)
			die("evsignal_new");
	}
}

/* It has stopped: to be asked for that once more does not make it a failure. */
static void
signals_stop(struct event *events[NELEM(signals)])
{
	sigset_t all;
	size_t i;

	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	for (i = 0; i < NELEM(signals); i++)
		event_free(events[i]);
}

/* ------------------------------------------------------------------ state */
static void
accept_again_cb(void *arg)
{
	listeners_start(arg);
}

void
monitor_init(struct monitor *m, struct event_base *base, struct config *conf,
    const struct process_ops *proc)
{
	memset(m, 0, sizeof(*m));
	m->base = base;
	m->conf = conf;
	m->generation = m->conf_since = 1;
	m->proc = proc;
	m->privileged = geteuid() == 0;
	ident_self(&m->self);
	m->daemon.ready_fd = -1;
	m->fd_ceiling = INT_MAX;
	m->sessions_per_process = UINT_MAX;
	LIST_INIT(&m->children);
	sessions_init(&m->sessions);
	m->bans = bans_new(m);
	m->guard = guard_new(m);
	TAILQ_INIT(&m->listeners);
	timer_init(&m->accept_pause, accept_again_cb, m);
	refusals_init(m);
	workers_init(m);
	m->auths = auths_new(m);
	TAILQ_INIT(&m->agents);
	m->since = time(NULL);
	control_init(m);
	surveys_init(m);
	dialogues_init(m);
	certs_init(m);
	tickets_init(m);
	users_init(m);
	names_init(m);
	stop_init(m);
	logs_init(m);
	patience_init(m);
}

void
monitor_clear(struct monitor *m)
{
	control_clear(m);
	surveys_clear(m);
	dialogues_clear(m);
	listeners_close(m);
	refusals_clear(m);
	workers_clear(m);
	names_clear(m);
	agents_clear(m);
	auths_free(m->auths);
	guard_free(m->guard);
	bans_free(m->bans);
	sessions_clear(&m->sessions);
	children_forget(m);
	timer_cancel(&m->stop_timer);
	timer_cancel(&m->step_timer);
	timer_cancel(&m->logs_timer);
	patience_clear(m);
	certs_clear(m);
	tickets_clear(m);
	users_clear(m);
	conf_free(m->conf);
	free(m->conf_path);
}

/* ------------------------------------------------------------------ start */
void
monitor_make_parent(const char *path)
{
	char *copy = xstrdup(path);

	(void)mkdir(dirname(copy), 0755);
	free(copy);
}

/* The root directory of workers: empty, nobody's, and without a way out. */
static int
make_empty_dir(const struct monitor *m)
{
	const char *dir = m->conf->empty_dir;

	if (!m->privileged || dir == NULL)
		return 0;
	monitor_make_parent(dir);
	if (mkdir(dir, 0555) == 0 || errno == EEXIST)
		return 0;
	log_error("cannot make the directory %s (empty_dir)", dir);
	return -1;
}

/*
 * Every process of ours may hold as many descriptors as the system lets it, and
 * none gets more sessions than that is enough for. The monitor keeps some for
 * logins and new processes.
 */
static void
plan_descriptors(struct monitor *m)
{
	struct rlimit rl;
	int max;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur > INT_MAX)
		return;
	max = (int)rl.rlim_cur - DESCRIPTORS_SPARE;
	if (max < 2 * DESCRIPTORS_PER_SESSION)
		max = 2 * DESCRIPTORS_PER_SESSION;
	m->fd_ceiling = max;
	m->sessions_per_process = (unsigned)max / DESCRIPTORS_PER_SESSION;
}

static int
open_listeners(struct monitor *m)
{
	char err[256];
	int n = listeners_inherit(m);

	if (n != 0)
		return n == -1 ? -1 : 0;
	if (listeners_apply(m, m->conf, err, sizeof(err)) == -1) {
		log_errorx("%s", err);
		return -1;
	}
	return 0;
}

/* What workers need for TLS, so before any of them is there. */
static int
prepare_tls(struct monitor *m, FILE *out)
{
	struct tls_keys keys;

	tls_reuse_share();
	m->tls = certs_load(m->conf, out);
	if (m->tls == NULL || tickets_load(m, m->conf, &keys, out) == -1)
		return -1;
	tickets_use(m, &keys);
	explicit_bzero(&keys, sizeof(keys));
	return 0;
}

static int
check(struct monitor *m)
{
	struct report report;
	int result;

	report_begin(&report);
	result = conf_check(m->conf, !m->inetd, report.to) == 0
		     ? prepare_tls(m, report.to)
		     : -1;
	report_end(&report, NULL);
	return result;
}

static int
open_control(struct monitor *m)
{
	struct control_socket sock;
	char err[256];

	if (control_open(m, m->conf, &sock, err, sizeof(err)) == -1) {
		log_errorx("%s", err);
		return -1;
	}
	control_use(m, &sock);
	return 0;
}

/* What can fail, while stderr is still the user's. */
static int
prepare(struct monitor *m)
{
	if (check(m) == -1)
		return -1;
	if (!m->inetd && open_listeners(m) == -1)
		return -1;
	if (!m->inetd && m->conf->pid_file != NULL &&
	    daemon_pidfile(&m->daemon, m->conf->pid_file) == -1)
		return -1;
	bans_load(m->bans);
	if (open_control(m) == -1)
		return -1;
	plan_descriptors(m);
	if (make_empty_dir(m) == -1)
		return -1;
	return sandbox_start(m->conf->sandbox);
}

static void
serve(struct monitor *m, int conn)
{
	struct event *events[NELEM(signals)];

	signals_start(m, events);
	daemon_detach(&m->daemon); /* before children inherit it */
	monitor_share(m->conf);
	heap_wipe_free(); /* there were passwords in it */
	workers_fill(m);
	auths_fill(m->auths);
	if (conn == -1) {
		certs_start(m);
		users_start(m);
		names_start(m);
		listeners_start(m);
		logs_start(m);
		log_info("ready");
		daemon_ready(&m->daemon);
		notify_ready();
	} else {
		sock_control_options(conn);
		(void)client_admit(m, conn, 0);
	}
	monitor_step(m);
	if (event_base_dispatch(m->base) == -1)
		log_errorx("the event loop failed");
	children_kill(m);
	stop_finish(m);
	signals_stop(events);
	if (conn == -1)
		log_info("stopped");
}

/* Takes the connection that inetd left on descriptor 0, or -1. */
static int
take_connection(void)
{
	struct addr peer;
	int fd;

	if (sock_peer(STDIN_FILENO, &peer) == -1) {
		fprintf(stderr,
		    "ternftpd: descriptor 0 is not a connection: %s; --inetd "
		    "is for inetd and its kind\n",
		    strerror(errno));
		return -1;
	}
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd == -1 || fd_set_nonblock(fd, true) == -1)
		return -1;
	stdio_to_null(STDERR_FILENO);
	return fd;
}

static int
monitor_run(struct monitor *m, int conn)
{
	int status = EXIT_FAILURE;

	/* From here on stderr would be the client's. */
	if (m->inetd)
		monitor_open_log(m, m->conf, NULL);
	if (prepare(m) == 0) {
		if (!m->inetd)
			monitor_open_log(m, m->conf, NULL);
		serve(m, conn);
		status = EXIT_SUCCESS;
	} else if (conn != -1)
		client_refuse(m, conn, 0, m->conf->closed_message, 0);
	monitor_clear(m);
	daemon_end(&m->daemon);
	return status;
}

int
monitor_main(struct config *conf, const struct monitor_options *opts)
{
	struct daemon daemon = { .ready_fd = -1 };
	struct event_base *base;
	struct monitor m;
	int conn = -1, status;

	log_set_role("monitor");
	if (opts->inetd && (conn = take_connection()) == -1) {
		conf_free(conf);
		return EXIT_FAILURE;
	}
	if (!opts->foreground && !opts->inetd)
		daemon_begin(&daemon);
	base = event_base_new();
	if (base == NULL)
		die("event_base_new");
	timers_init(base);
	monitor_init(&m, base, conf, &process_real);
	m.daemon = daemon;
	m.conf_path = xstrdup(opts->conf_path);
	m.inetd = opts->inetd;
	m.background = !opts->foreground;
	m.verbose = opts->verbose;
	status = monitor_run(&m, conn);
	timers_clear();
	event_base_free(base);
	return status;
}
