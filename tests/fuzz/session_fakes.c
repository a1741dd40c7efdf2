/* SPDX-License-Identifier: ISC */
/*
 * The fakes around a session under fuzzing: see the header.
 */
#include "tests/fuzz/session_fakes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/certnames.h"
#include "server/counters.h"
#include "server/rule.h"
#include "tests/fuzz/fuzz.h"

static uint8_t in_mem[IPC_MAX], out_mem[IPC_MAX];

static void
send_message(int *fd, const struct wbuf *w, int passed)
{
	REQUIRE(w->err == 0);
	if (*fd != -1 && ipc_send(*fd, w, passed) == IPC_EOF)
		fd_close(fd);
}

/* Escaped texts hold nothing that moves a terminal. */
static void
get_escaped(struct rbuf *r)
{
	char text[STATUS_TEXT_MAX];
	size_t i, n = get_str(r, text, sizeof(text));

	for (i = 0; i < n; i++)
		REQUIRE((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

/* ----------------------------------------------------- worker to monitor */

static void
got_login(struct fakes *f, struct rbuf *r)
{
	char user[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	char names[CERTNAMES_MAX];
	uint32_t attempt = get_u32(r);

	REQUIRE(!f->asked && attempt > f->attempt);
	REQUIRE(get_u8(r) == ASK_PASSWORD);
	REQUIRE(get_str(r, user, sizeof(user)) > 0);
	(void)get_str(r, password, sizeof(password));
	REQUIRE(get_u8(r) == 0); /* there is no TLS here */
	REQUIRE(get_str(r, names, sizeof(names)) == 0);
	f->attempt = attempt;
	f->asked = true;
}

static void
got_logout(struct fakes *f, struct rbuf *r)
{
	f->logged_in = f->asked = false;
}

static void
got_end(struct fakes *f, struct rbuf *r)
{
	char reason[PROTO_REASON_MAX];

	REQUIRE(get_str(r, reason, sizeof(reason)) > 0);
	f->ended = true;
}

static void
got_proxy(struct fakes *f, struct rbuf *r)
{
	struct addr client, server;
	char host[PROTO_USER_MAX];
	struct wbuf w;

	REQUIRE(!f->introduced && get_u8(r) == 1);
	f->introduced = true;
	addr_get(r, &client);
	addr_get(r, &server);
	REQUIRE(client.family == 4 && server.family == 4);
	REQUIRE(get_str(r, host, sizeof(host)) == 0);
	ipc_begin(&w, out_mem, sizeof(out_mem), MW_ADMIT);
	put_u64(&w, FAKES_SID);
	put_u8(&w, !f->turns_away);
	if (f->turns_away) {
		put_str(&w, "max-per-ip");
		put_str(&w, "Too many\nof %h (%m)");
		put_u32(&w, 3);
	}
	send_message(&f->monitor, &w, -1);
}

static void
got_password(struct fakes *f, struct rbuf *r)
{
	char word[PROTO_PASS_MAX];
	struct wbuf w;

	REQUIRE(f->logged_in);
	(void)get_str(r, word, sizeof(word));
	(void)get_str(r, word, sizeof(word));
	ipc_begin(&w, out_mem, sizeof(out_mem), MW_PASSWORD);
	put_u64(&w, FAKES_SID);
	put_u8(&w, f->verdict);
	send_message(&f->monitor, &w, -1);
}

static void
got_source_port(struct fakes *f, struct rbuf *r)
{
	uint32_t serial = get_u32(r);
	struct addr local;
	struct wbuf w;

	addr_get(r, &local);
	(void)get_u8(r);
	ipc_begin(&w, out_mem, sizeof(out_mem), MW_SOURCE_PORT);
	put_u64(&w, FAKES_SID);
	put_u32(&w, serial);
	put_i64(&w, 98); /* EADDRINUSE */
	send_message(&f->monitor, &w, -1);
}

static void
got_alive(struct fakes *f, struct rbuf *b)
{
	(void)f;
	(void)b;
}

static const struct {
	uint16_t type;
	void (*got)(struct fakes *, struct rbuf *);
} from_worker[] = {
	/* about the session */
	{ WM_LOGIN, got_login },
	{ WM_ALIVE, got_alive },
	{ WM_LOGOUT, got_logout },
	{ WM_END, got_end },
	{ WM_PASSWORD, got_password },
	{ WM_PROXY, got_proxy },
	{ WM_SOURCE_PORT, got_source_port },
};

static void
got_status(struct rbuf *r)
{
	uint8_t direction;

	(void)get_u32(r);
	(void)get_u8(r);
	while (r->err == 0 && r->p < r->end) {
		REQUIRE(get_u64(r) == FAKES_SID);
		get_escaped(r); /* user, TLS, directory, command */
		get_escaped(r);
		get_escaped(r);
		get_escaped(r);
		(void)get_u8(r);
		(void)get_u32(r);
		direction = get_u8(r);
		REQUIRE(direction < STATUS_DIRECTION_COUNT);
		if (direction == STATUS_NONE)
			continue;
		get_escaped(r);
		(void)get_u64(r);
		(void)get_u64(r);
		(void)get_u64(r);
	}
}

static void
got_stats(struct rbuf *r)
{
	int i;

	(void)get_u32(r);
	for (i = 0; i < COUNT_MAX; i++)
		(void)get_u64(r);
}

static void
got_lines(struct rbuf *r)
{
	struct rbuf lines;
	const void *p;
	size_t len;

	(void)get_u32(r);
	p = get_bytes(r, &len);
	rbuf_init(&lines, p, len);
	while (lines.err == 0 && lines.p < lines.end) {
		REQUIRE(get_u64(&lines) == FAKES_SID);
		REQUIRE(get_u8(&lines) < DIALOGUE_KIND_COUNT);
		get_escaped(&lines);
		get_escaped(&lines);
	}
	REQUIRE(rbuf_end(&lines) == 0);
}

static void
monitor_got(struct fakes *f, struct ipc_msg *m)
{
	struct rbuf *r = &m->body;
	size_t i;

	REQUIRE(m->fd == -1);
	if (m->type == WM_STATUS) {
		got_status(r);
	} else if (m->type == WM_STATS) {
		got_stats(r);
	} else if (m->type == WM_LINES) {
		got_lines(r);
	} else {
		REQUIRE(!f->ended && get_u64(r) == FAKES_SID);
		for (i = 0; from_worker[i].type != m->type; i++)
			REQUIRE(i + 1 < NELEM(from_worker));
		from_worker[i].got(f, r);
	}
	REQUIRE(rbuf_end(r) == 0);
}

/* ----------------------------------------------------- monitor to worker */

static void
put_account(struct fakes *f, struct wbuf *w)
{
	int i;

	put_str(w, "tester");
	put_u8(w, f->anonymous);
	put_str(w, "/home");
	put_u32(w, f->rights);
	put_u32(w, 022);
	put_u32(w, 0); /* idle */
	put_u8(w, 0); /* TLS */
	put_u64(w, 0); /* rates */
	put_u64(w, 0);
	put_u8(w, f->quota);
	put_u32(w, 0); /* slots */
	put_u16(w, 0);
	for (i = 0; i < RULE_LINES; i++)
		put_str(w, "");
}

static int
new_agent(struct fakes *f)
{
	int pair[2];

	fd_close(&f->agent);
	REQUIRE(ipc_pair(pair) == 0);
	f->agent = pair[1];
	f->request = 0;
	f->pages_left = 0;
	f->logged_in = f->ever_in = true;
	return pair[0];
}

void
fakes_answer_login(struct fakes *f)
{
	struct wbuf w;
	int fd = -1;

	if (!f->asked)
		return;
	f->asked = false;
	ipc_begin(&w, out_mem, sizeof(out_mem), MW_LOGIN);
	put_u64(&w, FAKES_SID);
	put_u32(&w, f->attempt);
	put_u8(&w, f->verdict);
	put_str(&w, "bad-password");
	put_u32(&w, f->verdict == V_DENIED ? 1000 : 0);
	put_str(&w, "ftpd.conf:7: key");
	if (f->verdict == V_OK) {
		put_account(f, &w);
		fd = new_agent(f);
	}
	send_message(&f->monitor, &w, fd);
	fd_close(&fd);
}

static const struct {
	uint16_t type;
	/* s session, r reason, 1 4 8 bytes of a number, b a flag, a an attempt
	 * that there is not, z a zero */
	const char *fields;
} orders[] = {
	{ MW_KICK, "sr" },
	{ MW_RETIRE, "sr" },
	{ MW_SHUTDOWN, "" },
	{ MW_DRAIN, "" },
	{ MW_STATUS, "4" },
	{ MW_STATS, "4" },
	{ MW_WATCH, "bs" },
	{ MW_PROBE, "s" },
	{ MW_RATE, "s88zzz" },
};

static void
put_field(struct wbuf *w, char kind, unsigned value)
{
	if (kind == 's')
		put_u64(w, FAKES_SID);
	else if (kind == 'r')
		put_str(w, "because\r\n226 of it");
	else if (kind == 'b')
		put_u8(w, value & 1);
	else if (kind == '1')
		put_u8(w, value % V_PASSWORD + 1);
	else if (kind == 'a')
		put_u32(w, UINT32_MAX - value);
	else if (kind == '4')
		put_u32(w, value);
	else if (kind == 'z')
		put_u16(w, 0);
	else
		put_u64(w, value * UINT64_C(4096));
}

void
fakes_order(struct fakes *f, uint8_t what)
{
	size_t n = what % NELEM(orders);
	const char *kind;
	struct wbuf w;

	ipc_begin(&w, out_mem, sizeof(out_mem), orders[n].type);
	for (kind = orders[n].fields; *kind != '\0'; kind++)
		put_field(&w, *kind, what / NELEM(orders));
	send_message(&f->monitor, &w, -1);
}

/* ------------------------------------------------------- worker to agent */

/* p a path, s a string, 1 4 8 numbers, c the flag check_only, o l numbers that
 * are remembered, B bytes. */
static const struct request {
	uint16_t type;
	const char *fields;
	bool fd; /* one comes along */
} requests[] = {
	{ FS_STAT, "p", false },
	{ FS_CHDIR, "p", false },
	{ FS_MESSAGE, "p", false },
	{ FS_OPEN, "p", false },
	{ FS_LIST, "1444ps", false },
	{ FS_LIST_NEXT, "", false },
	{ FS_STORE, "1cop", false },
	{ FS_COMMIT, "8", false },
	{ FS_ABANDON, "1", false },
	{ FS_MKDIR, "p1", false },
	{ FS_RMDIR, "p1", false },
	{ FS_DELETE, "p", false },
	{ FS_RENAME_FROM, "p", false },
	{ FS_RENAME, "pp", false },
	{ FS_CHMOD, "4p", false },
	{ FS_UTIME, "8p", false },
	{ FS_SYMLINK, "sp", false },
	{ FS_SPACE, "p", false },
	{ FS_UMASK, "4", false },
	{ FS_FACTS, "84p", false },
	{ FS_KEEP, "", true },
	{ FS_READ, "ol", false },
	{ FS_CLOSE, "", false },
	{ FS_WARM, "ol", false },
	{ FS_WRITE, "oB", false },
	{ FS_GROW, "", false },
	{ FS_USAGE, "", false },
};

/* The agent closes the channel for any other. */
static void
get_path(struct rbuf *r, char *path)
{
	char again[VPATH_MAX];

	(void)get_str(r, path, VPATH_MAX);
	REQUIRE(path[0] == '/');
	REQUIRE(vpath_join(again, "/", path) == 0 && strcmp(again, path) == 0);
}

static void
get_field(struct fakes *f, struct rbuf *r, char kind)
{
	char text[2 * VPATH_MAX];
	size_t len;

	if (kind == 'p')
		get_path(r, f->path);
	else if (kind == 's')
		(void)get_str(r, text, sizeof(text));
	else if (kind == '1')
		(void)get_u8(r);
	else if (kind == 'c')
		f->check_only = get_u8(r) != 0;
	else if (kind == '4')
		(void)get_u32(r);
	else if (kind == 'o')
		f->offset = get_u64(r);
	else if (kind == 'l')
		f->length = get_u32(r);
	else if (kind == 'B')
		REQUIRE(get_bytes(r, &len) != NULL && len <= FS_WRITE_MAX);
	else
		(void)get_u64(r);
}

static void
agent_got(struct fakes *f, struct ipc_msg *m)
{
	const char *kind;
	size_t i;

	REQUIRE(f->request == 0); /* one at a time */
	for (i = 0; requests[i].type != m->type; i++)
		REQUIRE(i + 1 < NELEM(requests));
	REQUIRE(requests[i].fd || m->fd == -1);
	for (kind = requests[i].fields; *kind != '\0'; kind++)
		get_field(f, &m->body, *kind);
	REQUIRE(rbuf_end(&m->body) == 0);
	REQUIRE(m->type != FS_LIST_NEXT || f->pages_left > 0);
	if (m->type != FS_LIST_NEXT)
		f->pages_left = 0;
	f->request = m->type;
}

/* ------------------------------------------------------- agent to worker */

static int
make_file(size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	REQUIRE(fd != -1 && ftruncate(fd, (off_t)size) == 0);
	return fd;
}

static int
answer_open(struct fakes *f, struct wbuf *w)
{
	put_u64(w, f->size);
	put_i64(w, 1000000000);
	put_u8(w, f->access);
	return f->access == FILE_KEPT ? -1 : make_file(f->size);
}

static int
answer_store(struct fakes *f, struct wbuf *w)
{
	char name[64];
	int fd, file;

	put_str(w, f->path);
	if (f->check_only)
		return -1;
	f->granted = f->offset + f->size;
	put_u64(w, f->offset);
	put_u64(w, f->quota ? f->granted : UINT64_MAX);
	put_u8(w, f->access);
	if (f->access == FILE_KEPT)
		return -1;
	file = make_file(f->size);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	REQUIRE(fd != -1);
	(void)lseek(fd, f->offset < 65536 ? (off_t)f->offset : 0, SEEK_SET);
	close(file);
	return fd;
}

static int
answer_page(struct fakes *f, struct wbuf *w)
{
	static const char page[] = "drwxr-xr-x 2 a b 0 Jan 1 00:00 a name\r\n"
				   "226 \xff\r\n";

	if (f->request == FS_LIST)
		f->pages_left = 1u + f->pages;
	put_u8(w, --f->pages_left > 0 ? LIST_MORE : LIST_END);
	put_bytes(w, page, sizeof(page) - 1);
	return -1;
}

static int
answer_read(struct fakes *f, struct wbuf *w)
{
	static const uint8_t zeros[65536];
	uint64_t n = f->offset < f->size ? f->size - f->offset : 0;

	put_bytes(w, zeros, n < f->length ? n : f->length);
	return -1;
}

static int
answer_message(struct fakes *f, struct wbuf *w)
{
	put_str(w, f->size % 2 == 0 ? "" : "Hello %u\n226 \xff\n%x");
	return -1;
}

static int
answer_stat(struct fakes *f, struct wbuf *w)
{
	put_u32(w, f->size % 3 == 0 ? 040755 : 0100644);
	put_u64(w, f->size);
	put_i64(w, f->size);
	put_u8(w, f->size % 5 == 0);
	return -1;
}

static int
answer_numbers(struct fakes *f, struct wbuf *w)
{
	if (f->request == FS_GROW)
		put_u64(w, f->granted += f->size);
	else if (f->request == FS_FACTS) {
		put_i64(w, 1000000000);
		put_u32(w, 0644);
	} else if (f->request == FS_USAGE) {
		put_u64(w, 1);
		put_u64(w, 2);
		put_u64(w, 3);
		put_u64(w, 4);
	} else
		put_u64(w, 1000000000);
	return -1;
}

static const struct {
	uint16_t type;
	int (*answer)(struct fakes *, struct wbuf *);
} answers[] = {
	/* all others have no fields */
	{ FS_MESSAGE, answer_message },
	{ FS_OPEN, answer_open },
	{ FS_STORE, answer_store },
	{ FS_LIST, answer_page },
	{ FS_LIST_NEXT, answer_page },
	{ FS_READ, answer_read },
	{ FS_STAT, answer_stat },
	{ FS_GROW, answer_numbers },
	{ FS_USAGE, answer_numbers },
	{ FS_UTIME, answer_numbers },
	{ FS_SPACE, answer_numbers },
	{ FS_FACTS, answer_numbers },
};

/* Each a way to be wrong in an answer that would be right. */
static void
lie(struct fakes *f, struct wbuf *w, uint8_t how)
{
	switch (how % 6) {
	case 0:
		w->p[0] ^= 1; /* another request's */
		break;
	case 1:
		w->p[2] = FS_STATUS_COUNT + how / 6;
		break;
	case 2:
		w->len--;
		break;
	case 3:
		put_u8(w, how);
		break;
	case 4:
		w->len = 2; /* no status */
		break;
	default:
		if (w->len > 3)
			w->p[3 + how / 6 % (w->len - 3)] ^= 0x81;
	}
}

static void
tell_worker(struct fakes *f, enum agent_how how, uint8_t arg)
{
	struct wbuf w;
	int fd = -1;
	size_t i;

	ipc_begin(&w, out_mem, sizeof(out_mem), f->request);
	put_u8(
	    &w, how == AGENT_REFUSES ? 1 + arg % (FS_STATUS_COUNT - 1) : FS_OK);
	for (i = 0; how != AGENT_REFUSES && i < NELEM(answers); i++)
		if (answers[i].type == f->request)
			fd = answers[i].answer(f, &w);
	f->refused = f->refused || how == AGENT_REFUSES || how == AGENT_LIES;
	if (how == AGENT_LIES)
		lie(f, &w, arg);
	if (how == AGENT_REFUSES)
		f->pages_left = 0;
	f->request = 0;
	send_message(&f->agent, &w, fd);
	fd_close(&fd);
}

void
fakes_answer_agent(struct fakes *f, enum agent_how how, uint8_t arg)
{
	if (how == AGENT_DIES) {
		fd_close(&f->agent);
		f->request = 0;
	} else if (f->request != 0 && how != AGENT_WAITS)
		tell_worker(f, how, arg);
}

/* ------------------------------------------------------------------ turns */

static void
agent_turn(struct fakes *f)
{
	struct ipc_msg m;
	enum ipc_result r = IPC_AGAIN;

	while (
	    f->agent != -1 && (r = ipc_recv(f->agent, in_mem, &m)) == IPC_OK) {
		agent_got(f, &m);
		ipc_msg_done(&m);
		fakes_answer_agent(f, f->how, f->how_arg);
		if (f->how != AGENT_WAITS)
			f->how = AGENT_OK;
	}
	REQUIRE(r != IPC_BAD);
	if (r == IPC_EOF)
		fd_close(&f->agent);
}

void
fakes_turn(struct fakes *f)
{
	struct ipc_msg m;

	while (ipc_recv(f->monitor, in_mem, &m) == IPC_OK) {
		monitor_got(f, &m);
		ipc_msg_done(&m);
		if (!f->waits)
			fakes_answer_login(f);
	}
	agent_turn(f);
}
