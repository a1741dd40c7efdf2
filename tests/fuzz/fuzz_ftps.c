/* SPDX-License-Identifier: ISC */
/*
 * A control connection before and during its TLS handshake: whatever comes, in
 * whatever pieces, no byte in clear follows the 234, memory stays bounded, and
 * in the end the session is over.
 *
 * Input: the kind of session, then steps: raw bytes, flights of a true client
 * (damaged or not), its commands, time, orders of the monitor.
 */
#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/timer.h"
#include "server/conf_value.h"
#include "server/proto.h"
#include "server/tlsconf.h"
#include "server/worker/ctrl.h"
#include "server/worker/session.h"
#include "tests/fuzz/fuzz.h"
#include "tls/tls_ctx.h"

#define SID 7
#define STEPS_MAX 200
#define BYTES_MAX 50000 /* of an input */
#define TURNS 3 /* a request, its answer, the graveyard */
#define SOCKET_BUFFER 4096 /* so that a client that is deaf is noticed */
#define RECORD_MAX (16384 + 256)
#define HEAP_MAX (1024 * 1024) /* of a session, and of the true client */

enum kind { /* of a session: the listener, and ... */
	KIND_IMPLICIT = 1,
	KIND_LEGACY = 2, /* also asks for certificates */
	KIND_SHOWS = 4, /* the true client has a certificate */
};

extern size_t __sanitizer_get_current_allocated_bytes(void)
    __attribute__((weak));

static const enum conf_section_id sections[] = { SECTION_TOP, SECTION_TLS,
	SECTION_LIMITS, SECTION_TIMEOUTS, SECTION_DATA, SECTION_FILES };

/* What the client has received. */
struct heard {
	char line[4]; /* in clear: how the one that comes begins */
	size_t len;
	bool tls; /* from now on */
	uint8_t header[5]; /* of a record */
	size_t header_len, body_left;
	bool eof;
};

struct play {
	struct worker *w;
	struct event_base *base;
	int monitor, client; /* their ends */
	bool shows;
	bool deaf; /* the client reads nothing for now */
	struct heard heard;
	SSL *ssl; /* the true client, or NULL */
	size_t heap;
};

static struct config conf;
static struct conf_listen listens[4];
static struct tlsconf *certs;
static SSL_CTX *client_ctx;
static uint64_t now = 1000000;

/* ------------------------------------------------------------------ stage */

static uint64_t
still_clock(void)
{
	return now;
}

/* The client's certificate is the server's: a bad one. */
static void
use_certs(const char *cert, const char *key)
{
	client_ctx = SSL_CTX_new(TLS_client_method());
	REQUIRE(client_ctx != NULL);
	REQUIRE(SSL_CTX_use_certificate_file(
		    client_ctx, cert, SSL_FILETYPE_PEM) == 1);
	REQUIRE(SSL_CTX_use_PrivateKey_file(
		    client_ctx, key, SSL_FILETYPE_PEM) == 1);
}

static void
make_certs(void)
{
	char dir[] = "/tmp/fuzz-ftps-XXXXXX", cert[64], key[64];
	char *err = NULL, *warn = NULL;
	size_t i;

	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(cert, sizeof(cert), "%s/own.crt", dir);
	snprintf(key, sizeof(key), "%s/own.key", dir);
	REQUIRE(tls_selfsigned(cert, key, "fuzz.example", &err) == 0);
	free(conf.selfsigned);
	conf.selfsigned = cert;
	for (i = KIND_LEGACY; i < NELEM(listens); i++) {
		listens[i].client_certs = TLS_CERTS_REQUEST;
		listens[i].client_ca = cert;
	}
	certs = tlsconf_new(&conf, false, &err, &warn);
	REQUIRE(certs != NULL);
	use_certs(cert, key);
	unlink(cert);
	unlink(key);
	rmdir(dir);
}

static void
prepare(void)
{
	static char path[] = "ftpd.conf";
	size_t i;

	if (certs != NULL)
		return;
	log_open("none");
	clock_set(still_clock);
	for (i = 0; i < NELEM(sections); i++)
		conf_defaults(sections[i], &conf, "/");
	conf.path = path;
	conf.listens = listens;
	conf.nlistens = NELEM(listens);
	for (i = 0; i < NELEM(listens); i++) {
		conf_defaults(SECTION_LISTEN, &listens[i], "/");
		listens[i].implicit = (i & KIND_IMPLICIT) != 0;
		listens[i].tls_profile = (i & KIND_LEGACY) != 0;
	}
	make_certs();
}

/* Bytes in use; 0 without a sanitizer. */
static size_t
heap(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
		   ? __sanitizer_get_current_allocated_bytes()
		   : 0;
}

static void
begin(struct play *p, unsigned kind)
{
	struct addr addr = {
		.family = 4, .ip = { 127, 0, 0, 1 }, .port = 2121
	};
	int control[2], monitor[2], size = SOCKET_BUFFER;

	memset(p, 0, sizeof(*p));
	p->shows = (kind & KIND_SHOWS) != 0;
	p->heard.tls = (kind & KIND_IMPLICIT) != 0;
	p->heap = heap();
	p->base = event_base_new();
	p->w = xcalloc(1, sizeof(*p->w));
	REQUIRE(ipc_pair(monitor) == 0);
	REQUIRE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, control) == 0);
	(void)setsockopt(
	    control[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p->monitor = monitor[1];
	p->client = control[1];
	timers_init(NULL);
	worker_init(p->w, &conf, p->base, monitor[0]);
	p->w->tls = certs;
	session_new(p->w, SID, control[0], &addr, &addr, kind & 3);
}

static void
finish(struct play *p)
{
	SSL_free(p->ssl);
	worker_clear(p->w);
	timers_clear();
	event_base_free(p->base);
	free(p->w);
	fd_close(&p->monitor);
	fd_close(&p->client);
}

/* ------------------------------------------------------- what is received */

static void
hear_clear(struct heard *h, uint8_t c)
{
	if (c == '\n') {
		h->tls = h->len == 4 && memcmp(h->line, "234 ", 4) == 0;
		h->len = 0;
	} else if (h->len < sizeof(h->line))
		h->line[h->len++] = (char)c;
}

static void
hear_record(struct heard *h, uint8_t c)
{
	if (h->body_left > 0) {
		h->body_left--;
		return;
	}
	h->header[h->header_len++] = c;
	if (h->header_len < sizeof(h->header))
		return;
	REQUIRE(h->header[0] >= 20 && h->header[0] <= 23);
	REQUIRE(h->header[1] == 3);
	h->header_len = 0;
	h->body_left = (size_t)h->header[3] << 8 | h->header[4];
	REQUIRE(h->body_left > 0 && h->body_left <= RECORD_MAX);
}

static void
hear(struct play *p, const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p->heard.tls) {
			if (p->ssl != NULL)
				BIO_write(SSL_get_rbio(p->ssl), bytes + i, 1);
			hear_record(&p->heard, bytes[i]);
		} else
			hear_clear(&p->heard, bytes[i]);
}

static void
receive(struct play *p)
{
	uint8_t buf[4096];
	ssize_t n;

	while ((n = recv(p->client, buf, sizeof(buf), 0)) > 0) {
		REQUIRE(!p->heard.eof);
		hear(p, buf, (size_t)n);
	}
	p->heard.eof = n == 0;
}

static void
check_memory(const struct play *p)
{
	const struct session *s = TAILQ_FIRST(&p->w->sessions);

	REQUIRE(heap() <= p->heap + HEAP_MAX);
	if (s == NULL)
		return;
	REQUIRE(s->in.cap <= 4 * CTRL_INPUT_MAX);
	REQUIRE(s->mode != CTRL_HANDSHAKE || s->in.len == 0);
}

static void
turn(struct play *p)
{
	uint8_t mem[IPC_MAX];
	struct ipc_msg m;
	int i;

	for (i = 0; i < TURNS; i++)
		event_base_loop(p->base, EVLOOP_NONBLOCK);
	while (ipc_recv(p->monitor, mem, &m) == IPC_OK)
		;
	if (!p->deaf)
		receive(p);
	check_memory(p);
}

/* ------------------------------------------------------------------ steps */

static void
say(const struct play *p, const void *bytes, size_t n)
{
	if (n > 0)
		(void)send(p->client, bytes, n, MSG_NOSIGNAL);
}

static void
step_raw(struct play *p, struct input *in)
{
	size_t n = (size_t)input_uint(in, 2);

	if (n > in->n)
		n = in->n;
	say(p, in->p, n);
	in->p += n;
	in->n -= n;
}

/* What the true client has to send, with one byte changed, or cut there. */
static void
send_flight(struct play *p, struct input *in)
{
	uint8_t buf[8192];
	int n = BIO_read(SSL_get_wbio(p->ssl), buf, sizeof(buf));
	size_t at = (size_t)input_uint(in, 2);
	uint8_t change = (uint8_t)input_uint(in, 1);
	size_t len = n > 0 ? (size_t)n : 0;

	if (change == 0xff && at < len)
		len = at;
	else if (at < len)
		buf[at] ^= change;
	say(p, buf, len);
}

static void
make_client(struct play *p)
{
	p->ssl = SSL_new(client_ctx);
	REQUIRE(p->ssl != NULL);
	SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(p->ssl);
	if (!p->shows)
		SSL_certs_clear(p->ssl);
}

static void
step_true(struct play *p, struct input *in)
{
	if (p->ssl == NULL)
		make_client(p);
	(void)SSL_do_handshake(p->ssl);
	send_flight(p, in);
}

/* Key updates that ask for answers; not many, they are slow. */
static void
step_updates(struct play *p, struct input *in)
{
	uint64_t n = input_uint(in, 1) % 16;

	if (p->ssl == NULL)
		return;
	while (n-- > 0 && SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
		(void)SSL_do_handshake(p->ssl);
	send_flight(p, in);
}

/* None that ends TLS. */
static const char *const commands[] = { "NOOP\r\n", "USER a\r\n", "PASS b\r\n",
	"AUTH TLS\r\n", "AUTH TLS\r\nNOOP\r\n", "PBSZ 0\r\nPROT P\r\n",
	"CCC\r\n", "FEAT\r\nHELP\r\nSTAT\r\n", "EPSV\r\n", "QUIT\r\n", "NO",
	"OP\r\n" };

static void
step_command(struct play *p, struct input *in)
{
	const char *text = commands[input_uint(in, 1) % NELEM(commands)];
	uint8_t buf[1024];

	if (p->ssl == NULL)
		say(p, text, strlen(text));
	else if (SSL_write(p->ssl, text, (int)strlen(text)) > 0) {
		(void)SSL_read(p->ssl, buf, sizeof(buf));
		send_flight(p, in);
	}
}

static void
wait_for(struct play *p, uint64_t ms)
{
	now += ms;
	timers_run();
	turn(p);
}

static void
order(struct play *p, uint16_t type)
{
	uint8_t mem[IPC_MAX];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	if (type == MW_KICK) {
		put_u64(&b, SID);
		put_str(&b, "because");
	}
	(void)ipc_send(p->monitor, &b, -1);
}

/* What happens besides what is sent. */
static void
step_event(struct play *p, struct input *in)
{
	unsigned what = (unsigned)input_uint(in, 1);

	if (what < 64)
		wait_for(p, what * 1000);
	else if (what < 96)
		(void)shutdown(p->client, SHUT_WR);
	else if (what < 128)
		p->deaf = !p->deaf;
	else
		order(p, what < 192 ? MW_KICK : MW_SHUTDOWN);
}

static void (*const steps[])(struct play *, struct input *) = { step_raw,
	step_true, step_command, step_event, step_updates };

/* ------------------------------------------------------------------- ends */

/* All deadlines pass, one after the other. */
static void
check_end(struct play *p)
{
	int i;

	p->deaf = false;
	turn(p);
	for (i = 0; i < 10; i++)
		wait_for(p, 100 * 1000);
	REQUIRE(TAILQ_EMPTY(&p->w->sessions));
	REQUIRE(TAILQ_EMPTY(&p->w->graveyard));
	REQUIRE(p->heard.eof);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned kind = (unsigned)input_uint(&in, 1);
	struct play p;
	int i;

	if (size > BYTES_MAX)
		return 0;
	prepare();
	begin(&p, kind);
	turn(&p);
	for (i = 0; i < STEPS_MAX && in.n > 0; i++) {
		steps[input_uint(&in, 1) % NELEM(steps)](&p, &in);
		turn(&p);
	}
	check_end(&p);
	finish(&p);
	return 0;
}
