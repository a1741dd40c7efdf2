/* SPDX-License-Identifier: ISC */
/*
 * The worker, monitor, client and agent that the tests of the control
 * connection share.
 */
#include "tests/unit/ctrl_rig.h"

#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/timer.h"
#include "common/vpath.h"
#include "server/rights.h"

#define TURNS 4 /* a request, its answer, a reply, the graveyard */

static uint64_t fake_now;
static uint8_t out_mem[IPC_MAX];
static struct wbuf out;
static uint16_t asked; /* type of the request taken last */

static uint64_t
fake_clock(void)
{
	return fake_now;
}

void
crig_fake_clock(void)
{
	fake_now = 1000000;
	clock_set(fake_clock);
}

void
crig_wait(struct ctrl_rig *r, uint64_t ms)
{
	fake_now += ms;
	timers_run();
	crig_turn(r);
}

static void
set_conf(struct config *conf)
{
	static char banner[] = "FTP test server";
	static char welcome[] = "Login successful.", goodbye[] = "Goodbye.";
	static struct conf_listen listen; /* without TLS */

	conf->listens = &listen;
	conf->nlistens = 1;
	conf->banner = banner;
	conf->login_message = welcome;
	conf->goodbye = goodbye;
	conf->passive_min = 40000;
	conf->passive_max = 60000;
	conf->accept_timeout = conf->connect_timeout = 30;
	conf->stall_timeout = 300;
	conf->output_timeout = 60;
	conf->idle_timeout = 900;
	conf->max_idle_timeout = 7200;
	conf->login_timeout = 60;
	conf->max_login_attempts = 3;
	conf->active = conf->anonymous = conf->mdtm_set = true;
	conf->site_chmod = conf->site_rmdir = conf->site_symlink = true;
	conf->list_glob = conf->pad_replies = true;
	conf->stat_list_max = 10000;
}

void
crig_start(struct ctrl_rig *r)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LV_ERROR);
	memset(r, 0, sizeof(*r));
	set_conf(&r->conf);
	r->client = r->agent = -1;
	r->base = event_base_new();
	timers_init(NULL);
	r->w = xcalloc(1, sizeof(*r->w));
	ck_assert_int_eq(ipc_pair(fds), 0);
	r->monitor = fds[1];
	worker_init(r->w, &r->conf, r->base, fds[0]);
}

void
crig_stop(struct ctrl_rig *r)
{
	worker_clear(r->w);
	timers_clear();
	fd_close(&r->client);
	fd_close(&r->agent);
	fd_close(&r->monitor);
	free(r->w);
	event_base_free(r->base);
	clock_set(NULL);
}

void
crig_turn(struct ctrl_rig *r)
{
	int i;

	for (i = 0; i < TURNS; i++)
		event_base_loop(r->base, EVLOOP_NONBLOCK);
}

/* --------------------------------------------------------------- the client */

void
crig_give(struct ctrl_rig *r, int fd)
{
	struct addr peer, local;
	struct wbuf *b = crig_begin(MW_SESSION);

	ck_assert_int_eq(addr_parse_ip(&local, "127.0.0.1"), 0);
	peer = local;
	local.port = 2121;
	peer.port = 40001;
	put_u64(b, ++r->sid);
	addr_put(b, &peer);
	addr_put(b, &local);
	put_u16(b, 0);
	put_u8(b, 0);
	crig_tell(r, fd);
	close(fd);
}

struct session *
crig_connect(struct ctrl_rig *r)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
	    0);
	fd_close(&r->client);
	r->client = fds[1];
	crig_give(r, fds[0]);
	ck_assert_str_eq(crig_reply(r), "220 FTP test server\r\n");
	return worker_find(r->w, r->sid);
}

struct session *
crig_login(struct ctrl_rig *r)
{
	struct session *s = crig_connect(r);
	int fds[2];

	crig_say(r, "USER anna", "331 Password required for anna.\r\n");
	crig_say(r, "PASS secret", "");
	(void)crig_told(r, WM_LOGIN);
	ck_assert_int_eq(ipc_pair(fds), 0);
	fd_close(&r->agent);
	r->agent = fds[1];
	crig_verdict(r, s->login_attempts, V_OK, fds[0]);
	close(fds[0]);
	ck_assert_str_eq(crig_reply(r), "230 Login successful.\r\n");
	return s;
}

void
crig_send(struct ctrl_rig *r, const void *p, size_t n)
{
	ck_assert_int_eq(send(r->client, p, n, 0), (ssize_t)n);
}

void
crig_text(struct ctrl_rig *r, const char *text)
{
	crig_send(r, text, strlen(text));
}

void
crig_cmd(struct ctrl_rig *r, const char *line)
{
	char text[2 * LINE_MAX_LEN];
	int n = snprintf(text, sizeof(text), "%s\r\n", line);

	crig_send(r, text, (size_t)n);
}

const char *
crig_reply(struct ctrl_rig *r)
{
	ssize_t n;

	crig_turn(r);
	n = recv(r->client, r->sent, sizeof(r->sent) - 1, 0);
	if (n == 0)
		return "EOF";
	r->sent[n > 0 ? n : 0] = '\0';
	return r->sent;
}

void
crig_say(struct ctrl_rig *r, const char *cmd, const char *reply)
{
	crig_cmd(r, cmd);
	ck_assert_str_eq(crig_reply(r), reply);
}

/* -------------------------------------------------------------- the monitor */

struct rbuf *
crig_reported(struct ctrl_rig *r, uint16_t type)
{
	static struct ipc_msg m;

	crig_turn(r);
	ck_assert_int_eq(ipc_recv(r->monitor, r->mem, &m), IPC_OK);
	ck_assert_uint_eq(m.type, type);
	ck_assert_int_eq(m.fd, -1);
	return &m.body;
}

struct rbuf *
crig_told(struct ctrl_rig *r, uint16_t type)
{
	struct rbuf *in = crig_reported(r, type);

	ck_assert_uint_eq(get_u64(in), r->sid);
	return in;
}

void
crig_told_nothing(struct ctrl_rig *r)
{
	struct ipc_msg m;

	crig_turn(r);
	ck_assert_int_eq(ipc_recv(r->monitor, r->mem, &m), IPC_AGAIN);
}

struct wbuf *
crig_begin(uint16_t type)
{
	ipc_begin(&out, out_mem, sizeof(out_mem), type);
	return &out;
}

void
crig_tell(struct ctrl_rig *r, int fd)
{
	ck_assert_int_eq(ipc_send(r->monitor, &out, fd), IPC_OK);
	crig_turn(r);
}

void
crig_order(struct ctrl_rig *r, uint16_t type)
{
	(void)crig_begin(type);
	crig_tell(r, -1);
}

void
crig_verdict(struct ctrl_rig *r, uint32_t n, enum verdict verdict, int fd)
{
	struct wbuf *b = crig_begin(MW_LOGIN);
	int i;

	put_u64(b, r->sid);
	put_u32(b, n);
	put_u8(b, (uint8_t)verdict);
	put_str(b, "because");
	put_u32(b, verdict == V_DENIED ? 1000 * n : 0);
	put_str(b, "");
	if (verdict == V_OK) {
		put_str(b, "anna");
		put_u8(b, 0);
		put_str(b, "/home");
		put_u32(b, RIGHTS_FULL);
		put_u32(b, 022);
		put_u32(b, 0);
		put_u8(b, 0);
		put_u64(b, 0);
		put_u64(b, 0);
		put_u8(b, 0);
		put_u32(b, 0); /* slots */
		put_u16(b, 0);
		for (i = 0; i < RULE_LINES; i++)
			put_str(b, "");
	}
	crig_tell(r, fd);
}

/* ---------------------------------------------------------------- the agent */

/* As in proto.h: '1', '4' and '8' numbers, 's' a string. */
static const struct {
	uint16_t type;
	const char *name, *fields;
} requests[] = {
	{ FS_STAT, "stat", "s" },
	{ FS_CHDIR, "chdir", "s" },
	{ FS_MESSAGE, "message", "s" },
	{ FS_OPEN, "open", "s" },
	{ FS_LIST, "list", "1444ss" },
	{ FS_LIST_NEXT, "next", "" },
	{ FS_STORE, "store", "118s" },
	{ FS_MKDIR, "mkdir", "s1" },
	{ FS_RMDIR, "rmdir", "s1" },
	{ FS_DELETE, "delete", "s" },
	{ FS_RENAME_FROM, "rename-from", "s" },
	{ FS_RENAME, "rename", "ss" },
	{ FS_CHMOD, "chmod", "4s" },
	{ FS_UTIME, "utime", "8s" },
	{ FS_SYMLINK, "symlink", "ss" },
	{ FS_SPACE, "space", "s" },
	{ FS_UMASK, "umask", "4" },
	{ FS_FACTS, "facts", "84s" },
};

static void
append_field(char *text, size_t size, char kind, struct rbuf *in)
{
	char value[VPATH_MAX];

	if (kind == 's')
		get_str(in, value, sizeof(value));
	else
		snprintf(value, sizeof(value), "%lld",
		    kind == '1'   ? (long long)get_u8(in)
		    : kind == '4' ? (long long)get_u32(in)
				  : (long long)get_i64(in));
	strlcat(text, " ", size);
	strlcat(text, value, size);
}

const char *
crig_asked(struct ctrl_rig *r)
{
	static char text[3 * VPATH_MAX];
	struct ipc_msg m;
	const char *f;
	size_t i;

	crig_turn(r);
	if (ipc_recv(r->agent, r->mem, &m) != IPC_OK)
		return "";
	for (i = 0; i < NELEM(requests) && requests[i].type != m.type; i++)
		;
	ck_assert_uint_lt(i, NELEM(requests));
	asked = m.type;
	strlcpy(text, requests[i].name, sizeof(text));
	for (f = requests[i].fields; *f != '\0'; f++)
		append_field(text, sizeof(text), *f, &m.body);
	ck_assert_int_eq(rbuf_end(&m.body), 0);
	return text;
}

void
crig_answer(struct ctrl_rig *r, enum fs_status status, const char *fmt, ...)
{
	struct wbuf *b = crig_begin(asked);
	const char *text;
	va_list ap;

	put_u8(b, (uint8_t)status);
	va_start(ap, fmt);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt == '1')
			put_u8(b, (uint8_t)va_arg(ap, unsigned));
		else if (*fmt == '4')
			put_u32(b, va_arg(ap, unsigned));
		else if (*fmt == '8')
			put_u64(b, va_arg(ap, uint64_t));
		else if (*fmt == 's')
			put_str(b, va_arg(ap, const char *));
		else {
			text = va_arg(ap, const char *);
			put_bytes(b, text, strlen(text));
		}
	}
	va_end(ap);
	ck_assert_int_eq(ipc_send(r->agent, b, -1), IPC_OK);
	crig_turn(r);
}

void
crig_answer_fd(struct ctrl_rig *r, enum fs_status status, int fd)
{
	struct wbuf *b = crig_begin(asked);

	put_u8(b, (uint8_t)status);
	ck_assert_int_eq(ipc_send(r->agent, b, fd), IPC_OK);
	crig_turn(r);
}
