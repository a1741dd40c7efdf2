/* SPDX-License-Identifier: ISC */
/*
 * A whole session: a client that says and does anything in any order, also on
 * its data connection, a monitor and a file agent that answer late, wrongly or
 * not at all, and a clock that jumps. Each command gets one final reply or the
 * connection ends, replies are replies, the session's machines agree with each
 * other, and at the end nothing is left.
 *
 * Input: the kind of session, then steps, one byte each and what they need.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/timer.h"
#include "server/conf_value.h"
#include "server/rights.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/fs.h"
#include "server/worker/xfer.h"
#include "tests/dialog/reply_check.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_fakes.h"

#define STEPS_MAX 150
#define BYTES_MAX 4096 /* of an input */
#define TURNS 12 /* until it is calm; at most */
#define TOLD_MAX 131072
#define PENDING_MAX 4096
#define FDS_MAX 64
#define SOCKET_BUFFER 4096 /* so that a client that is deaf is noticed */

enum kind { /* of a session */
	KIND_LOGGED_IN = 1,
	KIND_READ_ONLY = 2,
	KIND_ANONYMOUS = 4,
	KIND_QUOTA = 8,
	KIND_WATCHED = 16,
	KIND_CONVERT = 32, /* ASCII transfers are converted */
	KIND_PROXIED = 64, /* with headers on data connections, too */
	KIND_TURNED_AWAY = 128, /* because of what the header says */
};

static const enum conf_section_id sections[] = { SECTION_TOP, SECTION_TLS,
	SECTION_LIMITS, SECTION_TIMEOUTS, SECTION_DATA, SECTION_FILES,
	SECTION_ANONYMOUS, SECTION_SYSTEM };

struct play {
	struct fakes f;
	struct worker *w;
	struct event_base *base;
	int epoll; /* of the base */
	int control;
	bool greeted, bye, eof; /* of the server */
	bool deaf, was_deaf; /* the client reads nothing for now */
	struct line_reader model; /* what the session's reader sees */
	char told[TOLD_MAX]; /* replies that are not whole yet */
	size_t ntold;
	uint8_t telnet; /* bytes of a command that came: 0, 1, 2 */
	unsigned ncommands, nfinals;
	const struct cmd *pending[PENDING_MAX]; /* NULL: no command */
	unsigned npending;
	int data, listener;
	bool data_deaf;
	uint16_t port; /* announced last */
	bool proxied;
	bool open[FDS_MAX]; /* before the session */
};

static const char header[] = "PROXY TCP4 127.7.7.7 127.7.7.7 1025 21\r\n";
static const char others[] = "PROXY TCP4 127.7.7.8 127.7.7.7 1025 21\r\n";

static struct config conf;
static struct conf_listen listens;
static struct addr here = { .family = 4, .ip = { 127, 7, 7, 7 }, .port = 21 };
static uint64_t now = 1000000;

/* ------------------------------------------------------------------ stage */

static uint64_t
still_clock(void)
{
	return now;
}

static void
prepare(void)
{
	static char path[] = "ftpd.conf";
	size_t i;

	if (conf.path != NULL)
		return;
	log_open("none");
	clock_set(still_clock);
	for (i = 0; i < NELEM(sections); i++)
		conf_defaults(sections[i], &conf, "/");
	conf_defaults(SECTION_LISTEN, &listens, "/");
	conf.path = path;
	listens.proxy_data = true;
	listens.proxy = CONF_PROXY_OPTIONAL;
	(void)network_parse(&listens.proxy_from.net[0], "127.0.0.0/8");
	listens.proxy_from.n = 1;
	conf.listens = &listens;
	conf.nlistens = 1;
	conf.default_data_port = false; /* nobody listens there */
	conf.site_rmdir = conf.site_symlink = conf.site_chmod = true;
	conf.site_pswd = true;
	conf.commands_before_login = 0;
}

static void
note_open(bool open[FDS_MAX])
{
	int fd;

	for (fd = 0; fd < FDS_MAX; fd++)
		open[fd] = fcntl(fd, F_GETFD) != -1;
}

static void
begin(struct play *p, unsigned kind)
{
	struct addr peer = here;
	int control[2], monitor[2], size = SOCKET_BUFFER;

	memset(p, 0, sizeof(*p));
	note_open(p->open);
	conf.ascii =
	    kind & KIND_CONVERT ? CONF_ASCII_CONVERT : CONF_ASCII_BINARY;
	p->epoll = dup(STDIN_FILENO); /* the number that is free */
	close(p->epoll);
	p->base = event_base_new();
	p->w = xcalloc(1, sizeof(*p->w));
	p->f.agent = p->data = p->listener = -1;
	p->f.rights = kind & KIND_READ_ONLY ? RIGHTS_READ_ONLY : RIGHTS_FULL;
	p->f.anonymous = (kind & KIND_ANONYMOUS) != 0;
	p->f.quota = (kind & KIND_QUOTA) != 0;
	line_init(&p->model);
	REQUIRE(ipc_pair(monitor) == 0);
	REQUIRE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, control) == 0);
	(void)setsockopt(
	    control[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p->f.monitor = monitor[1];
	p->control = control[1];
	peer.port = 1025;
	timers_init(NULL);
	worker_init(p->w, &conf, p->base, monitor[0]);
	p->proxied = (kind & KIND_PROXIED) != 0;
	p->f.turns_away = (kind & KIND_TURNED_AWAY) != 0;
	if (p->proxied)
		REQUIRE(send(p->control, header, sizeof(header) - 1, 0) > 0);
	(p->proxied ? session_new_proxied : session_new)(
	    p->w, FAKES_SID, control[0], &peer, &here, 0);
	if (kind & KIND_WATCHED)
		fakes_order(&p->f, 6 + 10); /* MW_WATCH, on */
}

/* A reset leaves no TIME_WAIT behind. */
static void
close_data(struct play *p)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (p->data != -1)
		(void)setsockopt(
		    p->data, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fd_close(&p->data);
}

static void
finish(struct play *p)
{
	bool open[FDS_MAX];

	worker_clear(p->w);
	REQUIRE(timers_next() == -1);
	timers_clear();
	event_base_free(p->base);
	free(p->w);
	line_clear(&p->model);
	close_data(p);
	fd_close(&p->listener);
	fd_close(&p->control);
	fd_close(&p->f.monitor);
	fd_close(&p->f.agent);
	note_open(open);
	REQUIRE(memcmp(open, p->open, sizeof(open)) == 0);
}

/* ---------------------------------------------------------------- replies */

static void
note_port(struct play *p, const char *text)
{
	unsigned a, b;

	if (sscanf(text, "227 %*[^(](%*u,%*u,%*u,%*u,%u,%u)", &a, &b) == 2)
		p->port = (uint16_t)(a << 8 | b);
	else if (sscanf(text, "229 %*[^(](|||%u|)", &a) == 1)
		p->port = (uint16_t)a;
}

static bool
is_of_agent(int code)
{
	int status;

	for (status = FS_OK + 1; status < FS_STATUS_COUNT; status++)
		if (code == fs_code((enum fs_status)status, true) ||
		    code == fs_code((enum fs_status)status, false))
			return true;
	return false;
}

static bool
may_be_of(const struct play *p, const struct cmd *c, int code)
{
	if (c == NULL)
		return code == 500;
	if ((c->flags & CMD_F_LOGIN) != 0 && !p->f.ever_in && code < 400)
		return false;
	return reply_is_legal(c->verb, code) ||
	       (p->f.refused && is_of_agent(code));
}

/* These overtake what waits for the end of a transfer, or wait with it; only
 * their words tell their replies from those of others. */
static const struct {
	const char *verb, *words;
	int code;
} overtakers[] = {
	{ "ABOR", "226 ABOR", 226 },
	{ "STAT", "213 Status: ", 213 },
};

/* Has this command another reply of that code than the one that was heard? */
static bool
is_confused(const struct play *p, const struct cmd *c, int code)
{
	bool is_its, has_words;
	size_t i;

	for (i = 0; i < NELEM(overtakers); i++)
		if (overtakers[i].code == code)
			break;
	if (i == NELEM(overtakers) || p->told[3] == '-') /* STAT path */
		return false;
	has_words = strncmp(p->told, overtakers[i].words,
			strlen(overtakers[i].words)) == 0;
	is_its = c != NULL && strcmp(c->verb, overtakers[i].verb) == 0;
	return has_words != is_its;
}

static unsigned
find_pending(const struct play *p, int code)
{
	unsigned i;

	for (i = 0; i < p->npending; i++)
		if (!is_confused(p, p->pending[i], code) &&
		    may_be_of(p, p->pending[i], code))
			break;
	return i;
}

static void
take_pending(struct play *p, int code)
{
	unsigned i = find_pending(p, code);

	REQUIRE(i < p->npending);
	p->npending--;
	memmove(p->pending + i, p->pending + i + 1,
	    (p->npending - i) * sizeof(p->pending[0]));
}

static void
heard_reply(struct play *p, int code)
{
	REQUIRE(!p->bye);
	note_port(p, p->told);
	if (code == 421) {
		p->bye = true;
	} else if (!p->greeted) {
		REQUIRE(code == 220);
		p->greeted = true;
	} else if (code < 200) {
		REQUIRE(code == 150);
	} else {
		p->nfinals++;
		REQUIRE(p->nfinals <= p->ncommands);
		take_pending(p, code);
		p->bye = code == 221;
	}
}

static void
take_replies(struct play *p)
{
	const char *rest = p->told;
	size_t left = p->ntold;
	int code;

	while ((code = reply_next(&rest, &left)) > 0) {
		heard_reply(p, code);
		memmove(p->told, rest, left);
		p->ntold = left;
		rest = p->told;
	}
}

/* Takes what is Telnet out: answers to options, and 0xff twice. */
static void
hear_byte(struct play *p, uint8_t c)
{
	if (p->telnet == 2) {
		p->telnet = 0;
	} else if (p->telnet == 1 && c != 0xff) {
		REQUIRE(c == 0xfc || c == 0xfe);
		p->telnet = 2;
	} else if (p->telnet == 0 && c == 0xff) {
		p->telnet = 1;
	} else {
		p->telnet = 0;
		REQUIRE(c != '\0');
		REQUIRE(p->ntold < sizeof(p->told));
		p->told[p->ntold++] = (char)c;
	}
}

static void
hear(struct play *p)
{
	uint8_t buf[4096];
	ssize_t n = -1, i;

	while (!p->deaf && p->control != -1 &&
	       (n = recv(p->control, buf, sizeof(buf), 0)) > 0) {
		REQUIRE(!p->eof);
		for (i = 0; i < n; i++)
			hear_byte(p, buf[i]);
		take_replies(p);
	}
	p->eof = p->eof || n == 0;
}

/* ------------------------------------------------------------------ turns */

/* Does the worker wait? */
static bool
is_calm(const struct play *p)
{
	struct pollfd pfd = { .fd = p->epoll, .events = POLLIN };

	return poll(&pfd, 1, 0) == 0 &&
	       event_base_get_num_events(p->base, EVENT_BASE_COUNT_ACTIVE) == 0;
}

static void
move_data(struct play *p)
{
	uint8_t buf[16384];
	int i = 0;

	if (p->data == -1 && p->listener != -1)
		p->data = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
	while (p->data != -1 && !p->data_deaf && i++ < 8 &&
	       recv(p->data, buf, sizeof(buf), 0) > 0)
		;
}

static void
check_session(const struct session *s)
{
	REQUIRE(s->depth == 0 && !s->ended);
	REQUIRE(s->mode <= CTRL_CLOSING && s->mode != CTRL_HANDSHAKE);
	REQUIRE(s->login != LOGIN_CHECKING_CERT);
	REQUIRE(s->login != LOGIN_IN || s->mode == CTRL_CLOSING || s->fs);
	REQUIRE(s->login == LOGIN_IN || s->fs == NULL);
	REQUIRE(s->login == LOGIN_NONE || s->user != NULL);
	REQUIRE(s->xfer != NULL || !xfer_is_active(s));
	REQUIRE(s->mode != CTRL_TRANSFER || s->xfer != NULL);
	REQUIRE(s->mode != CTRL_READY || s->xfer == NULL);
	REQUIRE(s->rename_from == NULL || s->login == LOGIN_IN);
	REQUIRE(s->cwd[0] == '/' && strlen(s->cwd) < VPATH_MAX);
	REQUIRE(s->nqueued <= CTRL_QUEUE_LINES);
	REQUIRE((s->nqueued == 0) == STAILQ_EMPTY(&s->queued));
	REQUIRE(s->in.cap <= 4 * CTRL_INPUT_MAX);
	REQUIRE(timer_is_set(&s->timer));
	REQUIRE(s->xfer == NULL || s->login == LOGIN_IN);
}

static void
turn(struct play *p)
{
	const struct session *s;
	int i = 0;

	do {
		event_base_loop(p->base, EVLOOP_NONBLOCK);
		fakes_turn(&p->f);
		hear(p);
		move_data(p);
	} while (++i < TURNS && !is_calm(p));
	s = TAILQ_FIRST(&p->w->sessions);
	REQUIRE(p->f.ended == (s == NULL));
	if (s != NULL)
		check_session(s);
}

static void
wait_for(struct play *p, uint64_t ms)
{
	now += ms;
	timers_run();
	turn(p);
}

/* ------------------------------------------------------------ the client */

static void
say(struct play *p, const void *bytes, size_t n)
{
	ssize_t sent = p->control == -1 || n == 0
			   ? 0
			   : send(p->control, bytes, n, MSG_NOSIGNAL);
	const uint8_t *at = bytes, *end = at + (sent > 0 ? sent : 0);
	enum line_result kind;
	char *line;
	size_t len;

	while (
	    (kind = line_next(&p->model, &at, end, &line, &len)) != LINE_NONE) {
		if (kind == LINE_OK && len == 0)
			continue;
		REQUIRE(p->npending < PENDING_MAX);
		p->pending[p->npending++] =
		    kind == LINE_OK ? cmd_find(line, strcspn(line, " ")) : NULL;
		p->ncommands++;
	}
	p->model.nrefuse = 0;
}

static void
say_line(struct play *p, const char *line)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s\r\n", line);
	say(p, text, strlen(text));
}

static const char *const lines[] = { "USER tester", "PASS secret", "PASS x",
	"PASV", "EPSV", "EPSV 1", "EPSV ALL", "RETR file", "STOR file", "STOU",
	"APPE file", "LIST", "LIST -la /pub", "NLST", "NLST *.c", "MLSD",
	"ABOR", "STAT", "STAT /pub", "NOOP", "QUIT", "REIN", "TYPE A", "TYPE I",
	"REST 10", "REST 99999999999", "CWD /pub", "CDUP", "PWD", "MKD new",
	"RMD new", "DELE file", "RNFR file", "RNTO other", "SIZE file",
	"MDTM file", "MFMT 20240229123456 file",
	"MFF modify=20240229123456;UNIX.mode=0644; file", "MLST", "MLST file",
	"SITE CHMOD 644 file", "SITE UMASK 027", "SITE IDLE 60", "SITE HELP",
	"SITE MKDIR a/b", "SITE RMDIR a", "SITE SYMLINK a b",
	"SITE UTIME file 20240229123456", "SITE PSWD old new", "SITE QUOTA",
	"FEAT", "HELP", "HELP SITE", "SYST", "ALLO 100", "AVBL", "ACCT x",
	"OPTS UTF8 ON", "OPTS MLST type;size;", "CLNT fuzz", "CSID NAME=x;",
	"LANG en", "STRU F", "STRU R", "MODE S", "MODE Z", "AUTH TLS", "PBSZ 0",
	"PROT P", "CCC", "PORT 127,7,7,7,0,1", "PORT 10,0,0,1,9,9",
	"EPRT |1|10.0.0.1|9999|", "HOST ftp.example.org", "XCWD a", "XPWD",
	"USER", "USER anonymous", "LPRT", "SMNT /", "GET / HTTP/1.1",
	"RETR \xff\xff\xff", "STOR a\"b", "CWD .." };

static void
step_line(struct play *p, struct input *in)
{
	say_line(p, lines[input_uint(in, 1) % NELEM(lines)]);
}

/* So many bytes of the input, at most. */
static size_t
take(struct input *in, size_t n, const uint8_t **bytes)
{
	*bytes = in->p;
	if (n > in->n)
		n = in->n;
	in->p += n;
	in->n -= n;
	return n;
}

/* A verb of the table, and any argument. */
static void
step_verb(struct play *p, struct input *in)
{
	const char *verb = cmd_table[input_uint(in, 1) % cmd_count].verb;
	const uint8_t *bytes;
	size_t n = take(in, input_uint(in, 1) % 64, &bytes);

	say(p, verb, strlen(verb));
	say(p, " ", 1);
	say(p, bytes, n);
	say(p, "\r\n", 2);
}

static void
step_raw(struct play *p, struct input *in)
{
	const uint8_t *bytes;
	size_t n = take(in, input_uint(in, 1), &bytes);

	say(p, bytes, n);
}

/* A path or a line of a length that matters. */
static void
step_long(struct play *p, struct input *in)
{
	static const uint16_t lengths[] = { 254, 255, 256, 4094, 4095, 4096,
		8190, 8191, 8192, 8193, 12000 };
	const char *verb = cmd_table[input_uint(in, 1) % cmd_count].verb;
	size_t n = lengths[input_uint(in, 1) % NELEM(lengths)];
	char fill = (char)input_uint(in, 1), *text = xmalloc(n);

	memset(text, fill, n);
	say(p, verb, strlen(verb));
	say(p, " /", 2);
	say(p, text, n);
	say(p, "\r\n", 2);
	free(text);
}

static void
step_telnet(struct play *p, struct input *in)
{
	static const char *const signals[] = { "\xff\xf4\xff\xf2", "\xff\xf2",
		"\xff\xfd\x01", "\xff\xfb\x01", "\xff\xfa\x01\xff\xf0", "\xff",
		"\xff\xf4\xff\xf2\101BOR\r\n" };
	const char *text = signals[input_uint(in, 1) % NELEM(signals)];

	say(p, text, strlen(text));
}

static void
step_end(struct play *p, struct input *in)
{
	unsigned what = (unsigned)input_uint(in, 1) % 8;

	if (what == 0 && p->control != -1)
		(void)shutdown(p->control, SHUT_WR);
	else if (what == 1)
		fd_close(&p->control);
	else if (what < 5)
		p->was_deaf = p->deaf = true;
	else
		p->deaf = false;
}

/* --------------------------------------------------------------- its data */

/* The owner's header, its beginning, somebody else's or none. */
static void
send_header(struct play *p, unsigned how)
{
	size_t n = sizeof(header) - 1;

	if (p->data == -1 || !p->proxied || how % 4 == 3)
		return;
	if (how % 4 == 1)
		n = how * 7 % n;
	(void)send(p->data, how % 4 == 2 ? others : header, n, MSG_NOSIGNAL);
}

static void
connect_data(struct play *p)
{
	struct sockaddr_storage ss;
	struct addr addr = here;
	socklen_t len;

	close_data(p);
	if (p->port == 0)
		return;
	addr.port = p->port;
	len = addr_to_sockaddr(&addr, &ss);
	p->data = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	REQUIRE(p->data != -1);
	(void)connect(p->data, (struct sockaddr *)&ss, len);
}

static void
listen_data(struct play *p)
{
	struct sockaddr_storage ss;
	struct addr addr = here;
	char line[64];
	socklen_t len;

	fd_close(&p->listener);
	addr.port = 0;
	len = addr_to_sockaddr(&addr, &ss);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	REQUIRE(bind(p->listener, (struct sockaddr *)&ss, len) == 0);
	REQUIRE(listen(p->listener, 4) == 0);
	REQUIRE(sock_local(p->listener, &addr) == 0);
	(void)snprintf(line, sizeof(line), "PORT 127,7,7,7,%u,%u",
	    (unsigned)addr.port >> 8, addr.port & 255u);
	say_line(p, line);
}

static void
send_data(struct play *p, size_t n)
{
	static const char text[] = "a line\r\nand \xff another\n\r\r\n";
	char buf[4096];
	size_t i;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = text[i % (sizeof(text) - 1)];
	for (; n > 0 && p->data != -1; n -= n < sizeof(buf) ? n : sizeof(buf))
		(void)send(p->data, buf, n < sizeof(buf) ? n : sizeof(buf),
		    MSG_NOSIGNAL);
}

static void
step_data(struct play *p, struct input *in)
{
	unsigned what = (unsigned)input_uint(in, 1);

	switch (what % 8) {
	case 0:
	case 1:
		connect_data(p);
		send_header(p, what / 8);
		break;
	case 2:
		listen_data(p);
		break;
	case 3:
		send_data(p, what * 7);
		break;
	case 4:
		send_data(p, what * 500);
		break;
	case 5:
		if (p->data != -1)
			(void)shutdown(p->data, SHUT_WR);
		break;
	case 6:
		close_data(p);
		break;
	default:
		p->data_deaf = !p->data_deaf;
	}
}

/* ------------------------------------------------------------- the others */

static void
step_time(struct play *p, struct input *in)
{
	static const unsigned ms[] = { 1, 50, 1000, 2000, 5000, 31000, 61000,
		301000, 901000 };

	wait_for(p, ms[input_uint(in, 1) % NELEM(ms)]);
}

static void
step_agent(struct play *p, struct input *in)
{
	enum agent_how how =
	    (enum agent_how)(input_uint(in, 1) % AGENT_HOW_COUNT);
	uint8_t arg = (uint8_t)input_uint(in, 1);

	if (p->f.request != 0 || how == AGENT_DIES) {
		fakes_answer_agent(&p->f, how, arg);
		p->f.how = AGENT_OK;
		return;
	}
	p->f.how = how;
	p->f.how_arg = arg;
}

static void
step_files(struct play *p, struct input *in)
{
	p->f.access = (uint8_t)(input_uint(in, 1) % FILE_ACCESS_COUNT);
	p->f.size = (uint16_t)input_uint(in, 2);
	p->f.pages = (uint8_t)(input_uint(in, 1) % 8);
}

static void
step_monitor(struct play *p, struct input *in)
{
	uint8_t what = (uint8_t)input_uint(in, 1);

	if (what < 128) {
		fakes_order(&p->f, what);
		return;
	}
	p->f.verdict = what % V_PASSWORD;
	p->f.waits = (what & 64) != 0;
	if (!p->f.waits)
		fakes_answer_login(&p->f);
}

static void (*const steps[])(struct play *, struct input *) = { step_line,
	step_line, step_line, step_data, step_data, step_verb, step_agent,
	step_files, step_time, step_monitor, step_telnet, step_raw, step_long,
	step_end };

/* ------------------------------------------------------------------- ends */

/* Everybody does what he should: what was asked gets its answers. */
static void
settle(struct play *p)
{
	p->deaf = p->data_deaf = false;
	p->f.how = AGENT_OK;
	p->f.waits = false;
	p->f.verdict = V_OK;
	p->f.size = UINT16_MAX; /* of a quota, too: no byte by byte */
	fakes_answer_agent(&p->f, AGENT_OK, 0);
	fakes_answer_login(&p->f);
	turn(p);
	close_data(p);
	fd_close(&p->listener);
	turn(p);
}

static bool
is_busy(const struct play *p)
{
	const struct session *s = TAILQ_FIRST(&p->w->sessions);

	return s != NULL && s->mode != CTRL_READY && s->mode != CTRL_CLOSING;
}

static void
check_answered(struct play *p)
{
	const struct session *s = TAILQ_FIRST(&p->w->sessions);

	if (s == NULL || s->mode == CTRL_CLOSING || p->control == -1)
		return;
	REQUIRE(s->mode == CTRL_READY);
	if (!p->was_deaf) {
		REQUIRE(p->ntold == 0);
		REQUIRE(p->nfinals == p->ncommands && p->npending == 0);
	}
}

/* All deadlines pass, one after the other. */
static void
check_end(struct play *p)
{
	unsigned i, most = 4 + p->npending;

	settle(p);
	/* Each transfer may wait for a connection of its own. */
	for (i = 0; i < most && is_busy(p); i++) {
		wait_for(p, 31 * 1000);
		settle(p);
	}
	check_answered(p);
	REQUIRE(is_calm(p)); /* who spins never is */
	for (i = 0; i < 4; i++)
		wait_for(p, 8000 * 1000);
	REQUIRE(TAILQ_EMPTY(&p->w->sessions));
	REQUIRE(TAILQ_EMPTY(&p->w->graveyard));
	REQUIRE(p->control == -1 || p->eof);
	REQUIRE(p->was_deaf || p->control == -1 || p->ntold == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct play p;
	struct input in = { data, size };
	unsigned kind = (unsigned)input_uint(&in, 1), step;
	int i;

	if (size > BYTES_MAX)
		return 0;
	prepare();
	begin(&p, kind);
	turn(&p);
	if (kind & KIND_LOGGED_IN && !p.bye) {
		say_line(&p, "USER tester");
		say_line(&p, "PASS secret");
		turn(&p);
	}
	for (i = 0; i < STEPS_MAX && in.n > 0; i++) {
		step = (unsigned)input_uint(&in, 1);
		steps[step % 64 % NELEM(steps)](&p, &in);
		if (step < 192) /* else it goes with the next one */
			turn(&p);
	}
	check_end(&p);
	finish(&p);
	return 0;
}
