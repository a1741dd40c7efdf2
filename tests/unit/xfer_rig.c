/* SPDX-License-Identifier: ISC */
/*
 * The worker, client and agent that the tests of transfers share.
 */
#include "tests/unit/xfer_rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/timer.h"
#include "common/vpath.h"
#include "server/rights.h"
#include "server/worker/cmd_login.h"
#include "server/worker/data.h"
#include "server/worker/fs.h"

#define TURNS_MAX 20000
#define TURN_US 1000
#define QUIET_TURNS 20

static uint64_t fake_now;
static int turns;
static off_t warm;

/* The C library's: what would have to wait is up to the test. */
ssize_t
preadv2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
	struct iovec first = iov[0];

	ck_assert_int_eq(n, 1);
	if ((flags & RWF_NOWAIT) != 0 && at >= warm) {
		errno = EAGAIN;
		return -1;
	}
	if ((flags & RWF_NOWAIT) != 0)
		first.iov_len = MIN(first.iov_len, (size_t)(warm - at));
	return pread(fd, first.iov_base, first.iov_len, at);
}

static uint64_t
fake_clock(void)
{
	return fake_now;
}

/* -------------------------------------------------------------- the agent */

static void __attribute__((format(printf, 2, 3)))
note(struct rig *r, const char *fmt, ...)
{
	size_t len = strlen(r->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->log + len, sizeof(r->log) - len, fmt, ap);
	va_end(ap);
}

static void
answer_open(struct rig *r, struct rbuf *in, struct wbuf *out, int *fd_r)
{
	char path[VPATH_MAX];

	get_str(in, path, sizeof(path));
	note(r, "open %s;", path);
	put_u8(out, r->open_status);
	if (r->open_status != FS_OK)
		return;
	put_u64(out, r->lie ? r->size : (uint64_t)lseek(r->file, 0, SEEK_END));
	put_i64(out, 0);
	put_u8(out, (uint8_t)r->access);
	warm = r->warm;
	if (r->access != FILE_KEPT)
		*fd_r = r->file;
}

static void
answer_read(struct rig *r, struct rbuf *in, struct wbuf *out)
{
	uint64_t offset = get_u64(in);
	uint32_t n = get_u32(in) + r->read_more;
	char *buf = xcalloc(1, n);

	note(r, "read %llu %u;", (unsigned long long)offset, n);
	put_u8(out, r->read_status);
	if (r->read_status == FS_OK)
		put_bytes(
		    out, buf, (size_t)pread(r->file, buf, n, (off_t)offset));
	free(buf);
}

static void
answer_write(struct rig *r, struct rbuf *in, struct wbuf *out)
{
	uint64_t offset = get_u64(in);
	size_t n;
	const void *bytes = get_bytes(in, &n);

	note(r, "write %llu %zu;", (unsigned long long)offset, n);
	if (r->write_status == FS_OK)
		ck_assert_int_eq(
		    pwrite(r->file, bytes, n, (off_t)offset), (ssize_t)n);
	put_u8(out, r->write_status);
}

static void
answer_store(struct rig *r, struct rbuf *in, struct wbuf *out, int *fd_r)
{
	unsigned mode = get_u8(in), check = get_u8(in);
	uint64_t offset = get_u64(in);
	enum fs_status status = check ? r->check_status : r->store_status;
	char path[VPATH_MAX];

	get_str(in, path, sizeof(path));
	note(r, "%s %u %llu %s;", check ? "check" : "store", mode,
	    (unsigned long long)offset, path);
	put_u8(out, status);
	if (status != FS_OK)
		return;
	put_str(out, r->store_path != NULL ? r->store_path : path);
	if (check)
		return;
	put_u64(out, offset);
	put_u64(out, UINT64_MAX);
	put_u8(out, (uint8_t)r->store_access);
	if (r->store_access != FILE_KEPT)
		*fd_r = r->file;
}

static void
answer_page(struct rig *r, struct wbuf *out, enum fs_status status)
{
	const char *page = r->pages[r->page];

	put_u8(out, status);
	if (status != FS_OK)
		return;
	if (page == NULL)
		page = "";
	else
		r->page++;
	put_u8(out, r->pages[r->page] != NULL ? LIST_MORE : LIST_END);
	put_bytes(out, page, strlen(page));
}

static void
answer_list(struct rig *r, struct rbuf *in, struct wbuf *out)
{
	unsigned style = get_u8(in);
	uint32_t flags = get_u32(in);
	char path[VPATH_MAX], arg[VPATH_MAX];

	get_u32(in);
	get_u32(in);
	get_str(in, path, sizeof(path));
	get_str(in, arg, sizeof(arg));
	note(r, "list %u %u %s %s;", style, flags, path, arg);
	r->page = 0;
	answer_page(r, out, r->list_status);
}

static void
answer(struct rig *r, struct ipc_msg *m)
{
	static uint8_t mem[IPC_MAX];
	struct wbuf out;
	int fd = -1;

	ipc_begin(&out, mem, sizeof(mem), m->type);
	switch (m->type) {
	case FS_OPEN:
		answer_open(r, &m->body, &out, &fd);
		break;
	case FS_STORE:
		answer_store(r, &m->body, &out, &fd);
		break;
	case FS_LIST:
		answer_list(r, &m->body, &out);
		break;
	case FS_LIST_NEXT:
		note(r, "next;");
		answer_page(r, &out, r->next_status);
		break;
	case FS_WRITE:
		answer_write(r, &m->body, &out);
		break;
	case FS_COMMIT:
		note(r, "commit %llu;", (unsigned long long)get_u64(&m->body));
		put_u8(&out, r->commit_status);
		break;
	case FS_KEEP:
		note(r, "keep;");
		put_u8(&out, r->keep_status);
		break;
	case FS_READ:
		answer_read(r, &m->body, &out);
		break;
	case FS_WARM:
		note(r, "warm %llu ", (unsigned long long)get_u64(&m->body));
		note(r, "%u;", get_u32(&m->body));
		put_u8(&out, r->read_status);
		break;
	case FS_CLOSE:
		note(r, "close;");
		put_u8(&out, FS_OK);
		break;
	case FS_ABANDON:
		note(r, "abandon %u;", get_u8(&m->body));
		put_u8(&out, FS_OK);
		break;
	default:
		ck_abort_msg("unexpected request %u", m->type);
	}
	ck_assert_int_eq(rbuf_end(&m->body), 0);
	ck_assert_int_eq(ipc_send(r->agent, &out, fd), IPC_OK);
}

static void
on_agent(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t mem[IPC_MAX];
	struct rig *r = arg;
	struct ipc_msg m;

	if (ipc_recv(r->agent, mem, &m) != IPC_OK) {
		event_del(r->agent_event);
		return;
	}
	answer(r, &m);
	ipc_msg_done(&m);
}

void
rig_agent_wake(struct rig *r)
{
	r->agent_silent = false;
	event_add(r->agent_event, NULL);
}

/* ---------------------------------------------------------------- the rig */

static void
set_conf(struct config *conf)
{
	static struct conf_listen listen; /* without TLS */

	memset(conf, 0, sizeof(*conf));
	conf->listens = &listen;
	conf->nlistens = 1;
	conf->banner = (char *)(uintptr_t) "FTP server ready.";
	conf->passive_min = 40000;
	conf->passive_max = 60000;
	conf->accept_timeout = 30;
	conf->connect_timeout = 30;
	conf->stall_timeout = 300;
	conf->output_timeout = 60;
	conf->idle_timeout = conf->max_idle_timeout = 900;
	conf->login_timeout = 60;
	conf->active = true;
	conf->list_glob = true;
	conf->max_login_attempts = 3;
	conf->stat_list_max = 10000;
}

static void
log_in(struct rig *r, int agent)
{
	struct session *s = r->s;

	s->login = LOGIN_IN;
	s->user = xstrdup("tester");
	s->rights = RIGHTS_FULL;
	s->fs = fs_new(s, agent);
}

void
rig_start(struct rig *r)
{
	struct addr local, peer;
	int control[2], agent[2], monitor[2];

	signal(SIGPIPE, SIG_IGN);
	log_open("none");
	turns = 0;
	memset(r, 0, sizeof(*r));
	set_conf(&r->conf);
	r->data = -1;
	r->access = FILE_PROBE;
	r->warm = INT64_MAX;
	r->base = event_base_new();
	r->w = xcalloc(1, sizeof(*r->w));
	r->file = memfd_create("file", MFD_CLOEXEC);
	ck_assert_int_ge(r->file, 0);
	ck_assert_int_eq(ipc_pair(monitor), 0);
	ck_assert_int_eq(ipc_pair(agent), 0);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, control),
	    0);
	r->monitor = monitor[1];
	r->agent = agent[1];
	r->control = control[1];
	timers_init(r->base);
	worker_init(r->w, &r->conf, r->base, monitor[0]);
	ck_assert_int_eq(addr_parse_ip(&local, "127.0.0.1"), 0);
	peer = local;
	local.port = 2121;
	peer.port = 40001;
	session_new(r->w, 1, control[0], &peer, &local, 0);
	r->s = TAILQ_FIRST(&r->w->sessions);
	ck_assert_ptr_nonnull(r->s);
	r->agent_event =
	    event_new(r->base, r->agent, EV_READ | EV_PERSIST, on_agent, r);
	event_add(r->agent_event, NULL);
	ck_assert_int_eq(strncmp(rig_reply(r), "220", 3), 0);
	log_in(r, agent[0]);
}

void
rig_stop(struct rig *r)
{
	event_free(r->agent_event);
	worker_clear(r->w);
	timers_clear();
	rig_close_data(r);
	close(r->control);
	close(r->monitor);
	close(r->agent);
	close(r->file);
	free(r->w);
	event_base_free(r->base);
	clock_set(NULL);
}

void
rig_fake_clock(void)
{
	fake_now = 1000000;
	clock_set(fake_clock);
}

void
rig_wait(struct rig *r, uint64_t ms)
{
	fake_now += ms;
	timers_run();
	rig_turn(r);
}

bool
rig_turn(struct rig *r)
{
	const struct timeval moment = { 0, TURN_US };

	if (++turns > TURNS_MAX)
		return false;
	if (r->agent_silent)
		event_del(r->agent_event);
	event_base_loopexit(r->base, &moment);
	event_base_loop(r->base, EVLOOP_ONCE);
	return true;
}

/* ------------------------------------------------------ control connection */

void
rig_cmd(struct rig *r, const char *line)
{
	char text[VPATH_MAX];
	int len = snprintf(text, sizeof(text), "%s\r\n", line);

	ck_assert_int_eq(send(r->control, text, (size_t)len, 0), len);
}

const char *
rig_reply(struct rig *r)
{
	ssize_t n = -1;
	int i;

	for (i = 0; i < 2000; i++) {
		n = recv(r->control, r->sent, sizeof(r->sent) - 1, 0);
		if (n >= 0 || !rig_turn(r))
			break;
	}
	r->sent[n > 0 ? n : 0] = '\0';
	return r->sent;
}

bool
rig_is_quiet(struct rig *r)
{
	char c;
	int i;

	for (i = 0; i < QUIET_TURNS; i++)
		rig_turn(r);
	return recv(r->control, &c, 1, MSG_PEEK) < 0;
}

/* --------------------------------------------------------- data connection */

uint16_t
rig_epsv(struct rig *r)
{
	unsigned port = 0;

	rig_cmd(r, "EPSV");
	ck_assert_int_eq(
	    sscanf(rig_reply(r),
		"229 Entering Extended Passive Mode (|||%u|)\r\n", &port),
	    1);
	return (uint16_t)port;
}

void
rig_connect(struct rig *r, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	rig_close_data(r);
	r->data = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    connect(r->data, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(fd_set_nonblock(r->data, true), 0);
}

void
rig_passive(struct rig *r)
{
	rig_connect(r, rig_epsv(r));
	rig_turn(r);
}

int
rig_listen(uint16_t *port_r)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port_r = ntohs(in.sin_port);
	return fd;
}

ssize_t
rig_read_all(struct rig *r, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	for (;;) {
		ck_assert_uint_lt(len, size);
		n = recv(r->data, buf + len, size - len, 0);
		if (n == 0)
			return (ssize_t)len;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EAGAIN)
			return -1;
		else
			ck_assert(rig_turn(r));
	}
}

bool
rig_write_all(struct rig *r, const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(r->data, buf, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0) {
			ck_assert(rig_turn(r));
			continue;
		}
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

void
rig_close_data(struct rig *r)
{
	fd_close(&r->data);
}

/* ------------------------------------------------------------------- files */

char
rig_pattern(size_t at)
{
	return (char)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

bool
rig_is_pattern(const char *p, size_t len, size_t from)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != rig_pattern(from + i))
			return false;
	}
	return true;
}

void
rig_fill(struct rig *r, size_t len)
{
	char *p = xmalloc(len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = rig_pattern(i);
	ck_assert_int_eq(ftruncate(r->file, 0), 0);
	ck_assert_int_eq(pwrite(r->file, p, len, 0), (ssize_t)len);
	free(p);
	r->size = len;
}

bool
rig_file_is(struct rig *r, size_t len)
{
	char *p = xmalloc(len + 1);
	bool is = pread(r->file, p, len + 1, 0) == (ssize_t)len &&
		  rig_is_pattern(p, len, 0);

	free(p);
	return is;
}
