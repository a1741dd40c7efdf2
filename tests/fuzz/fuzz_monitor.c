/* SPDX-License-Identifier: ISC */
/*
 * What broken workers, auth processes, agents and ternctl may say to the
 * monitor, in any order, rightly or not, and what happens to them: one that
 * says what it must not loses its own channel and nobody else does, all that
 * the monitor says is well-formed, its counts agree, and nothing is left.
 *
 * Input: steps, one byte each and what they need.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/control.h"
#include "server/monitor/monitor.h"
#include "server/rule.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 150
#define BYTES_MAX 4096 /* of an input */
#define PROCESSES_MAX 40
#define CLIENTS_MAX 20
#define TURNS 4

struct process { /* a fake one */
	enum role role;
	pid_t pid;
	int fd; /* its end of the channel; -1: it has gone */
	uint64_t check; /* of an auth process: what it is asked */
};

static struct monitor m;
static struct event_base *base;
static struct process all[PROCESSES_MAX];
static unsigned n;
static int ctl; /* of ternctl */
static unsigned asked; /* by it, and not answered */
static bool stops; /* the monitor lets everybody go */
static unsigned nclients;
static uint64_t now = 1000000;
static uint8_t in_mem[IPC_MAX], out_mem[IPC_MAX];
static char top[] = "/tmp/ternftpd-fuzz-XXXXXX", path[64];

/* ------------------------------------------------------------------ stage */

static uint64_t
still_clock(void)
{
	return now;
}

static pid_t
spawn(struct monitor *mon, enum role role, const struct ident *id, int *fd_r)
{
	int pair[2];

	if (n == PROCESSES_MAX) {
		errno = EAGAIN;
		return -1;
	}
	REQUIRE(ipc_pair(pair) == 0);
	all[n] = (struct process){ .role = role,
		.pid = 10000000 + (pid_t)n, /* nobody's */
		.fd = pair[1] };
	*fd_r = pair[0];
	return all[n++].pid;
}

static int
kill_process(pid_t pid, int sig)
{
	unsigned i;

	for (i = 0; all[i].pid != pid; i++)
		REQUIRE(i + 1 < n);
	if (sig == SIGKILL)
		fd_close(&all[i].fd);
	return 0;
}

static const struct process_ops ops = { spawn, kill_process };

static void
remove_top(void)
{
	(void)unlink(path);
	(void)rmdir(top);
}

static void
prepare(void)
{
	if (path[0] != '\0')
		return;
	log_open("none");
	clock_set(still_clock);
	REQUIRE(mkdtemp(top) != NULL);
	(void)snprintf(path, sizeof(path), "%s/control", top);
	atexit(remove_top);
}

static void
connect_ctl(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	fd_close(&ctl);
	asked = 0;
	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	ctl = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	REQUIRE(ctl != -1);
	if (connect(ctl, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		fd_close(&ctl);
}

static void
begin(void)
{
	struct config *conf = xcalloc(1, sizeof(*conf));
	struct control_socket s = { .fd = -1 };
	char err[256];

	conf->workers = 2;
	conf->auth_processes = 2;
	conf->max_auth_queue = 4;
	conf->max_per_user = 3;
	conf->drain_timeout = 60;
	conf->log = xstrdup("none");
	conf->system_accounts = true;
	conf->control_socket = xstrdup(path);
	base = event_base_new();
	timers_init(NULL);
	monitor_init(&m, base, conf, &ops);
	m.privileged = false;
	m.conf_path = xstrdup("/nonexistent/ftpd.conf");
	n = nclients = asked = 0;
	stops = false;
	ctl = -1;
	REQUIRE(control_open(&m, conf, &s, err, sizeof(err)) == 0);
	control_use(&m, &s);
	workers_fill(&m);
	auths_fill(m.auths);
	connect_ctl();
}

static void
finish(void)
{
	unsigned i;

	monitor_clear(&m);
	REQUIRE(timers_next() == -1);
	timers_clear();
	event_base_free(base);
	for (i = 0; i < n; i++)
		fd_close(&all[i].fd);
	fd_close(&ctl);
}

/* --------------------------------------------------- what the monitor says */

/* 1 2 4 8 bytes of a number, t text, a address, A account, n names, k keys,
 * r rules. */
static void
get_field(struct rbuf *b, char kind)
{
	static struct account account;
	struct tls_keys keys;
	struct addr addr;
	char text[CERTNAMES_MAX];
	int i;

	if (kind == '1')
		(void)get_u8(b);
	else if (kind == '2')
		(void)get_u16(b);
	else if (kind == '4')
		(void)get_u32(b);
	else if (kind == '8')
		(void)get_u64(b);
	else if (kind == 't')
		(void)get_str(b, text, sizeof(text));
	else if (kind == 'a')
		addr_get(b, &addr);
	else if (kind == 'A')
		account_get(b, &account);
	else if (kind == 'k')
		tls_keys_get(b, &keys);
	for (i = 0; kind == 'n' && i < NAT_MAX; i++)
		addr_get(b, &addr);
	for (i = 0; kind == 'r' && i < RULE_LINES; i++)
		(void)get_str(b, text, sizeof(text));
}

static const struct {
	uint16_t type;
	enum role to;
	const char *fields;
} from_monitor[] = {
	{ MW_SESSION, ROLE_WORKER, "8aa21" },
	{ MW_ADMIT, ROLE_WORKER, "81" },
	{ MW_LOGIN, ROLE_WORKER, "841t4t" }, /* a refusal */
	{ MW_SOURCE_PORT, ROLE_WORKER, "848" },
	{ MW_KICK, ROLE_WORKER, "8t" },
	{ MW_RETIRE, ROLE_WORKER, "8t" },
	{ MW_DRAIN, ROLE_WORKER, "" },
	{ MW_SHUTDOWN, ROLE_WORKER, "" },
	{ MW_STATUS, ROLE_WORKER, "4" },
	{ MW_STATS, ROLE_WORKER, "4" },
	{ MW_TICKET_KEYS, ROLE_WORKER, "k" },
	{ MW_NAMES, ROLE_WORKER, "n" },
	{ MW_RATE, ROLE_WORKER, "888222" },
	{ MW_WATCH, ROLE_WORKER, "18" },
	{ MW_PROBE, ROLE_WORKER, "8" },
	{ MW_PASSWORD, ROLE_WORKER, "81" },
	{ MW_KEYS, ROLE_WORKER, "" },
	{ MA_CHECK, ROLE_AUTH, "81tta1tt" },
	{ MG_GRANT, ROLE_AGENT, "8Aa" },
};

static bool
is_accepted(const struct ipc_msg *msg)
{
	struct rbuf b = msg->body;

	(void)get_u64(&b);
	(void)get_u32(&b);
	return msg->type == MW_LOGIN && get_u8(&b) == V_OK;
}

static bool
is_admitted(const struct ipc_msg *msg)
{
	struct rbuf b = msg->body;

	(void)get_u64(&b);
	return msg->type == MW_ADMIT && get_u8(&b) == 1;
}

static void
hear(struct process *p, struct ipc_msg *msg)
{
	bool accepted = is_accepted(msg), admitted = is_admitted(msg);
	struct rbuf first = msg->body;
	const char *kind;
	size_t i;

	if (msg->type == MA_CHECK)
		p->check = get_u64(&first);
	for (i = 0; from_monitor[i].type != msg->type; i++)
		REQUIRE(i + 1 < NELEM(from_monitor));
	REQUIRE(from_monitor[i].to == p->role);
	for (kind = from_monitor[i].fields; *kind != '\0'; kind++)
		get_field(&msg->body, *kind);
	for (kind = msg->type == MW_ADMIT && !admitted ? "tt4" : "";
	     *kind != '\0'; kind++)
		get_field(&msg->body, *kind);
	for (kind = accepted ? "t1t4441881222r" : ""; *kind != '\0'; kind++)
		get_field(&msg->body, *kind);
	REQUIRE(rbuf_end(&msg->body) == 0);
}

static void
hear_all(struct process *p)
{
	enum ipc_result r = IPC_AGAIN;
	struct ipc_msg msg;

	while (p->fd != -1 && (r = ipc_recv(p->fd, in_mem, &msg)) == IPC_OK) {
		hear(p, &msg);
		ipc_msg_done(&msg);
	}
	REQUIRE(r != IPC_BAD);
	if (r == IPC_EOF)
		fd_close(&p->fd);
}

/* One reply to each request, with rows that are rows. */
static void
hear_reply(struct rbuf *b)
{
	static struct control_fields row;
	char text[CONTROL_TEXT_MAX];
	int result;

	REQUIRE(asked > 0);
	asked--;
	REQUIRE(get_u8(b) <= CONTROL_FAILED);
	REQUIRE(get_u8(b) <= CONTROL_MORE);
	(void)get_str(b, text, sizeof(text));
	while ((result = control_get_row(b, &row)) == 1)
		;
	REQUIRE(result == 0 && rbuf_end(b) == 0);
}

static void
hear_ctl(void)
{
	enum ipc_result r = IPC_AGAIN;
	struct ipc_msg msg;

	while (ctl != -1 && (r = ipc_recv(ctl, in_mem, &msg)) == IPC_OK) {
		REQUIRE(msg.type == CT_REPLY && msg.fd == -1);
		hear_reply(&msg.body);
	}
	if (r == IPC_EOF)
		fd_close(&ctl);
}

static void
check_counts(void)
{
	const struct client *c = NULL;
	const struct wproc *w;
	unsigned sum = 0, found = 0;

	TAILQ_FOREACH (w, &m.workers, entry)
		sum += w->nclients;
	while (
	    (c = sessions_next(&m.sessions, c == NULL ? 0 : c->sid)) != NULL) {
		found++;
		REQUIRE((c->account != NULL) ==
			((c->state & (CLIENT_GRANTING | CLIENT_IN)) != 0));
	}
	REQUIRE(sum == m.sessions.count && found == sum);
}

static void
turn(void)
{
	unsigned i, j;

	for (j = 0; j < TURNS; j++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		for (i = 0; i < n; i++)
			hear_all(&all[i]);
		hear_ctl();
	}
	check_counts();
}

/* ------------------------------------------------------------------ saying */

static unsigned
living(void)
{
	unsigned i, count = 0;

	for (i = 0; i < n; i++)
		count += all[i].fd != -1;
	return count;
}

static struct process *
choose(enum role role, unsigned which)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (all[i].role == role && all[i].fd != -1 && which-- % 3 == 0)
			return &all[i];
	return NULL;
}

/* Whatever it is: nobody else pays for it. */
static void
say(struct process *p, const struct wbuf *w, int fd)
{
	unsigned before = living(), started = n;

	if (p == NULL || w->err)
		return;
	(void)ipc_send(p->fd, w, fd);
	turn();
	REQUIRE(stops || p->fd == -1 || living() >= before + n - started);
	REQUIRE(stops || living() + 1 >= before + n - started);
}

/* A session's number: mostly of one that there is. */
static uint64_t
sid_of(struct input *in)
{
	unsigned which = (unsigned)input_uint(in, 1);
	const struct client *c = sessions_next(&m.sessions, 0);

	while (c != NULL && which-- % 4 != 0)
		c = sessions_next(&m.sessions, c->sid);
	return c == NULL ? which : c->sid;
}

static void
put_account(struct wbuf *w, struct input *in)
{
	static struct account a;
	unsigned how = (unsigned)input_uint(in, 1);

	memset(&a, 0, sizeof(a));
	(void)snprintf(a.name, sizeof(a.name), "user%u", how % 4);
	(void)strlcpy(a.root, "/srv", sizeof(a.root));
	(void)strlcpy(a.start_dir, "/", sizeof(a.start_dir));
	a.source = how & 4 ? ACCOUNT_SYSTEM : ACCOUNT_PROGRAM;
	a.ident.uid = a.ident.gid = how & 8;
	a.quota = how & 16 ? 1000 : 0;
	a.rates[RATE_USER][RATE_DOWN] = how & 32 ? 1000 : 0;
	a.max_sessions = how & 64 ? 1 : 0;
	account_put(w, &a);
}

/* As get_field(); besides: s a session, S the check that is asked for, N
 * names of a certificate, R the account if the verdict before it is V_OK. */
static void
put_field(struct wbuf *w, char kind, const struct process *p, struct input *in)
{
	struct addr addr = { .family = 4, .ip = { 127, 0, 0, 1 } };
	char *text;

	if (kind == '1')
		put_u8(w, (uint8_t)input_uint(in, 1));
	else if (kind == '4')
		put_u32(w, (uint32_t)input_uint(in, 1));
	else if (kind == '8')
		put_u64(w, input_uint(in, 1));
	else if (kind == 's')
		put_u64(w, sid_of(in));
	else if (kind == 'S')
		put_u64(w, p->check);
	else if (kind == 'a')
		addr_put(w, &addr);
	else if (kind == 'A' && w->len > 10 && w->p[10] == V_OK)
		put_account(w, in);
	else if (kind == 't') {
		text = input_str(in);
		put_str(w, text);
		free(text);
	}
}

static const struct {
	uint16_t type;
	enum role from;
	const char *fields;
} to_monitor[] = {
	{ WM_LOGIN, ROLE_WORKER, "s41tt1t" },
	{ WM_PROXY, ROLE_WORKER, "s1aat" },
	{ WM_ALIVE, ROLE_WORKER, "s" },
	{ WM_LOGOUT, ROLE_WORKER, "s" },
	{ WM_END, ROLE_WORKER, "st" },
	{ WM_PASSWORD, ROLE_WORKER, "stt" },
	{ WM_SOURCE_PORT, ROLE_WORKER, "s4a1" },
	{ WM_STATUS, ROLE_WORKER, "41stttt141" },
	{ WM_STATUS, ROLE_WORKER, "41" },
	{ WM_STATS, ROLE_WORKER, "4" }, /* too short */
	{ AM_RESULT, ROLE_AUTH, "S1ttA" },
	{ AM_RESULT, ROLE_AUTH, "S1ttA" },
	{ GM_GRANTED, ROLE_AGENT, "s8t" },
	{ GM_GRANTED, ROLE_AGENT, "s8t" },
	{ GM_CLOSED, ROLE_AGENT, "s" },
};

static void
step_message(struct input *in)
{
	size_t i = input_uint(in, 1) % NELEM(to_monitor);
	struct process *p =
	    choose(to_monitor[i].from, (unsigned)input_uint(in, 1));
	unsigned damage = (unsigned)input_uint(in, 1);
	const char *kind = to_monitor[i].fields;
	int fd = -1;
	struct wbuf w;

	ipc_begin(&w, out_mem, sizeof(out_mem), to_monitor[i].type);
	for (; p != NULL && *kind != '\0'; kind++)
		put_field(&w, *kind, p, in);
	if (damage > 250)
		fd = STDIN_FILENO;
	else if (damage > 240 && w.len > 2)
		w.len--;
	else if (damage > 230)
		put_u8(&w, 0);
	else if (damage > 200)
		w.p[damage % w.len] ^= 1;
	say(p, &w, fd);
}

static void
step_raw(struct input *in)
{
	struct process *p =
	    choose((enum role)(input_uint(in, 1) % (ROLE_AGENT + 1)), 0);
	size_t len = input_uint(in, 1);
	struct wbuf w;

	if (len > in->n)
		len = in->n;
	wbuf_init(&w, out_mem, sizeof(out_mem));
	w.len = len;
	memcpy(out_mem, in->p, len);
	in->p += len;
	in->n -= len;
	if (len >= 2)
		say(p, &w, -1);
}

/* -------------------------------------------------------------- the others */

static void
step_client(struct input *in)
{
	struct addr peer = { .family = 4, .ip = { 192, 0, 2, 0 }, .port = 9 };
	struct addr local = { .family = 4, .ip = { 127, 0, 0, 1 } };
	struct wproc *w = workers_choose(&m);

	unsigned how = (unsigned)input_uint(in, 1);

	peer.ip[3] = (uint8_t)(how % 4);
	if (w != NULL && nclients++ < CLIENTS_MAX)
		worker_give(w,
		    how >= 192
			? sessions_add_proxied(&m.sessions, &peer, &local, 0)
			: sessions_add(&m.sessions, &peer, &local, 0),
		    STDIN_FILENO);
}

static void
step_death(struct input *in)
{
	struct process *p =
	    choose((enum role)(input_uint(in, 1) % (ROLE_AGENT + 1)),
		(unsigned)input_uint(in, 1));

	if (p != NULL)
		fd_close(&p->fd);
}

static void
step_time(struct input *in)
{
	static const unsigned ms[] = { 1, 100, 1000, 2000, 5000, 31000, 61000 };

	now += ms[input_uint(in, 1) % NELEM(ms)];
	timers_run();
}

static const struct {
	enum control_request type;
	const char *fields;
} requests[] = {
	{ CT_RELOAD, "1" },
	{ CT_WHO, "8" },
	{ CT_WHO, "8" },
	{ CT_KICK, "1tt" },
	{ CT_BANS, "4" },
	{ CT_BAN, "t4t" },
	{ CT_UNBAN, "t" },
	{ CT_STATS, "" },
	{ CT_LINES, "s8" },
	{ CT_RATE, "s8" },
	{ CT_DRAIN, "" },
	{ CT_STOP, "1" },
};

static void
step_control(struct input *in)
{
	size_t i = input_uint(in, 1) % NELEM(requests);
	unsigned damage = (unsigned)input_uint(in, 1);
	const char *kind;
	struct wbuf w;

	if (ctl == -1)
		connect_ctl();
	control_ask(&w, out_mem, sizeof(out_mem), requests[i].type);
	for (kind = requests[i].fields; *kind != '\0'; kind++)
		put_field(&w, *kind, NULL, in);
	if (damage > 200)
		w.p[damage % w.len] ^= 1;
	if (w.err || ctl == -1)
		return;
	stops = stops || m.state != RUN_UP || w.p[0] == CT_STOP ||
		w.p[0] == CT_DRAIN;
	asked++;
	(void)ipc_send(ctl, &w, -1);
}

static void (*const steps[])(struct input *) = { step_message, step_message,
	step_message, step_client, step_client, step_control, step_raw,
	step_death, step_time };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int i;

	if (size > BYTES_MAX)
		return 0;
	prepare();
	begin();
	turn();
	for (i = 0; i < STEPS_MAX && in.n > 0; i++) {
		steps[input_uint(&in, 1) % NELEM(steps)](&in);
		turn();
	}
	finish();
	return 0;
}
