/* SPDX-License-Identifier: ISC */
/*
 * The fixture of the monitor's tests: see the header.
 */
#include "config.h"

#include <sys/socket.h>

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/monitor_fake.h"

#define WAIT_STEPS 500 /* of 10 ms */

struct monitor fake_monitor;
struct fake fakes[FAKE_MAX];
unsigned nfakes;

static struct event_base *base;
static uint8_t inbox[IPC_MAX], outbox[IPC_MAX];
static struct ipc_msg message;
static uint64_t fake_now;

/* -------------------------------------------------------------- processes */
static pid_t
fake_spawn(struct monitor *m, enum role role, const struct ident *id, int *fd_r)
{
	struct fake *f = &fakes[nfakes];
	int fds[2];

	ck_assert_uint_lt(nfakes, FAKE_MAX);
	ck_assert_int_eq(ipc_pair(fds), 0);
	memset(f, 0, sizeof(*f));
	f->pid = 10000000 + (pid_t)nfakes; /* above pid_max: nobody's */
	f->role = role;
	f->fd = fds[1];
	if (id != NULL)
		f->id = *id;
	*fd_r = fds[0];
	nfakes++;
	return f->pid;
}

static int
fake_kill(pid_t pid, int sig)
{
	unsigned i;

	for (i = 0; i < nfakes; i++)
		if (fakes[i].pid == pid) {
			fakes[i].killed = sig;
			if (sig == SIGKILL)
				fd_close(&fakes[i].fd);
			return 0;
		}
	ck_abort_msg("signal %d to a process that is none of ours", sig);
	return -1;
}

static const struct process_ops fake_ops = { fake_spawn, fake_kill };

struct fake *
fake_get(enum role role, unsigned nth)
{
	unsigned i;

	for (i = 0; i < nfakes; i++)
		if (fakes[i].role == role && nth-- == 0)
			return &fakes[i];
	ck_abort_msg("no such %s was started", role_name(role));
	return NULL;
}

unsigned
fake_count(enum role role)
{
	unsigned i, n = 0;

	for (i = 0; i < nfakes; i++)
		n += fakes[i].role == role;
	return n;
}

void
fake_die(struct fake *f)
{
	fd_close(&f->fd);
	fake_turn();
}

/* ------------------------------------------------------------ the monitor */
void
fake_setup(uint32_t workers, uint32_t auths)
{
	struct config *conf = xcalloc(1, sizeof(*conf));

	log_open("none");
	conf->workers = workers;
	conf->auth_processes = auths;
	conf->max_auth_queue = 8;
	conf->drain_timeout = 60;
	conf->key_process = true;
	conf->log = xstrdup("none");
	conf->full_message =
	    xstrdup("Too many connections (max %m), try later");
	conf->address_message =
	    xstrdup("Too many connections from your address (max %m), try "
		    "later");
	conf->banned_message =
	    xstrdup("Your address is banned, try again in %m minutes");
	conf->closed_message = xstrdup("Service not available, try later");
	conf->system_accounts = true; /* whose logins the tests play */
	nfakes = 0;
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	timers_init(base);
	monitor_init(&fake_monitor, base, conf, &fake_ops);
	fake_monitor.privileged = false;
}

void
fake_teardown(void)
{
	unsigned i;

	monitor_clear(&fake_monitor);
	timers_clear();
	clock_set(NULL);
	event_base_free(base);
	for (i = 0; i < nfakes; i++)
		fd_close(&fakes[i].fd);
	ipc_msg_done(&message);
	memset(&message, 0, sizeof(message));
	message.fd = -1;
}

void
fake_listen(const char *ip, uint16_t port)
{
	struct config *conf = fake_monitor.conf;
	struct conf_listen *l;

	conf->listens = xrealloc(
	    conf->listens, (conf->nlistens + 1) * sizeof(*conf->listens));
	l = &conf->listens[conf->nlistens++];
	memset(l, 0, sizeof(*l));
	l->name = xstrdup("test");
	ck_assert_int_eq(addr_parse_ip(&l->addr, ip), 0);
	l->addr.port = port;
}

void
fake_start(void)
{
	char err[256];

	ck_assert_int_eq(
	    listeners_apply(&fake_monitor, fake_monitor.conf, err, sizeof(err)),
	    0);
	workers_fill(&fake_monitor);
	auths_fill(fake_monitor.auths);
	listeners_start(&fake_monitor);
}

void
fake_turn(void)
{
	int i;

	/* One turn may make the work of the next. */
	for (i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* --------------------------------------------------------------- messages */
static enum ipc_result
fake_recv(struct fake *f)
{
	struct pollfd pfd = { .fd = f->fd, .events = POLLIN };
	enum ipc_result r = IPC_AGAIN;
	int i;

	ipc_msg_done(&message);
	for (i = 0; i < WAIT_STEPS && r == IPC_AGAIN; i++) {
		fake_turn();
		r = ipc_recv(f->fd, inbox, &message);
		if (r == IPC_AGAIN)
			(void)poll(&pfd, 1, 10);
	}
	if (r != IPC_OK)
		message.fd = -1;
	return r;
}

struct ipc_msg *
fake_expect(struct fake *f, uint16_t type)
{
	/* Channels to key processes are not what most tests are about. */
	do
		ck_assert_int_eq(fake_recv(f), IPC_OK);
	while (message.type == MW_KEYS && type != MW_KEYS);
	ck_assert_uint_eq(message.type, type);
	return &message;
}

void
fake_expect_nothing(struct fake *f)
{
	enum ipc_result r;

	fake_turn();
	while ((r = ipc_recv(f->fd, inbox, &message)) == IPC_OK &&
	       message.type == MW_KEYS)
		ipc_msg_done(&message);
	ck_assert_int_eq(r, IPC_AGAIN);
	message.fd = -1;
}

void
fake_expect_closed(struct fake *f)
{
	ck_assert_int_eq(fake_recv(f), IPC_EOF);
}

void
fake_begin(struct wbuf *b, uint16_t type)
{
	ipc_begin(b, outbox, sizeof(outbox), type);
}

void
fake_send(struct fake *f, const struct wbuf *b)
{
	ck_assert_int_eq(ipc_send(f->fd, b, -1), IPC_OK);
	fake_turn();
}

/* ---------------------------------------------------------------- clients */
int
fake_connect(unsigned nth)
{
	struct listener *l = TAILQ_FIRST(&fake_monitor.listeners);
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	while (nth-- > 0)
		l = TAILQ_NEXT(l, entry);
	len = addr_to_sockaddr(&l->bound, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

static struct fake *
worker_with_mail(void)
{
	struct pollfd pfd = { .events = POLLIN };
	unsigned i;

	for (i = 0; i < nfakes; i++) {
		pfd.fd = fakes[i].fd;
		if (fakes[i].role == ROLE_WORKER && pfd.fd != -1 &&
		    poll(&pfd, 1, 0) == 1)
			return &fakes[i];
	}
	return NULL;
}

int
fake_session(struct fake **worker_r, uint64_t *sid_r)
{
	int fd = fake_connect(0), i;
	struct fake *w = NULL;

	for (i = 0; i < WAIT_STEPS && w == NULL; i++) {
		fake_turn();
		w = worker_with_mail();
		if (w == NULL)
			(void)poll(NULL, 0, 10);
	}
	ck_assert_ptr_nonnull(w);
	*sid_r = get_u64(&fake_expect(w, MW_SESSION)->body);
	*worker_r = w;
	return fd;
}

size_t
fake_read(int fd, char *out, size_t size)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;
	int i;

	for (i = 0; i < WAIT_STEPS && n > 0 && len < size - 1; i++) {
		fake_turn();
		if (poll(&pfd, 1, 10) == 1) {
			n = recv(fd, out + len, size - 1 - len, 0);
			len += n > 0 ? (size_t)n : 0;
		}
	}
	out[len] = '\0';
	return len;
}

/* ------------------------------------------------------------------ clock */
static uint64_t
fake_clock(void)
{
	return fake_now;
}

void
fake_clock_start(void)
{
	fake_now = clock_ms();
	clock_set(fake_clock);
}

void
fake_clock_add(uint64_t ms)
{
	fake_now += ms;
	timers_run();
	fake_turn();
}
