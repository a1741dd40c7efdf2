/* SPDX-License-Identifier: ISC */
/*
 * ternctl metrics: the counters for Prometheus, once or over HTTP.
 *
 * No process of the server speaks HTTP: whoever asks here gets to a program
 * that has no part in serving clients, and says three things only. It asks the
 * server anew each time, so it outlives it. One request is answered after the
 * other.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "server/ctl/ctl.h"
#include "server/ctl/link.h"
#include "server/ctl/metrics.h"

#define PATIENCE_MS 5000 /* the server waits 2 s for its workers */
#define REQUEST_S 10
#define HEADERS_MAX 8192
#define BACKLOG 16

/* ------------------------------------------------------------- the numbers */
/* What the server says, or NULL. Valid until the next call. */
static const struct control_fields *
ask(const struct ctl *ctl)
{
	static struct control_fields row;
	const struct control_fields *found = NULL;
	struct link *l = link_find(ctl);
	struct link_reply *r;
	const char *why;

	if (l == NULL)
		return NULL;
	link_be_patient(l, PATIENCE_MS);
	(void)link_ask(l, CT_STATS);
	r = link_try(l, &why);
	if (r != NULL && control_get_row(&r->rows, &row) == 1)
		found = &row; /* its texts are in it */
	link_close(l);
	return found;
}

static int
print_once(const struct ctl *ctl)
{
	const struct control_fields *row = ask(ctl);

	metrics_print(stdout, row);
	return row != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --------------------------------------------------------------- answering */
static void
answer(struct evhttp_request *req, int code, const char *type, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	if (body == NULL ||
	    evhttp_add_header(evhttp_request_get_output_headers(req),
		"Content-Type", type) == -1 ||
	    evbuffer_add(body, text, strlen(text)) == -1)
		errx(EXIT_FAILURE, "out of memory");
	evhttp_send_reply(req, code, NULL, body);
	evbuffer_free(body);
}

static void
on_metrics(struct evhttp_request *req, void *arg)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		err(EXIT_FAILURE, "open_memstream");
	metrics_print(out, ask(arg));
	fclose(out);
	answer(req, HTTP_OK, METRICS_TYPE, text);
	free(text);
}

static void
say(struct evhttp_request *req, bool good)
{
	answer(req, good ? HTTP_OK : HTTP_SERVUNAVAIL, "text/plain",
	    good ? "ok\n" : "no\n");
}

/* The server is there. */
static void
on_healthz(struct evhttp_request *req, void *arg)
{
	say(req, ask(arg) != NULL);
}

/* And takes clients. */
static void
on_readyz(struct evhttp_request *req, void *arg)
{
	const struct control_fields *row = ask(arg);

	say(req, row != NULL && control_find_number(row, "ready") != 0);
}

static void
on_other(struct evhttp_request *req, void *arg)
{
	answer(req, HTTP_NOTFOUND, "text/plain", "/metrics /healthz /readyz\n");
}

/* --------------------------------------------------------------- listening */
/* What another one has left there, not one that runs. */
static void
remove_stale(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd != -1 && lstat(sun->sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == -1 &&
	    errno == ECONNREFUSED)
		(void)unlink(sun->sun_path);
	fd_close(&fd);
}

static int
listen_on(const struct sockaddr *sa, socklen_t len)
{
	int on = 1, fd = socket(sa->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fd_close(&fd);
	return -1;
}

/* Its owner and his group may ask. */
static int
listen_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t before;
	int fd;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	remove_stale(&sun);
	before = umask(0117);
	fd = listen_on((const struct sockaddr *)&sun, sizeof(sun));
	(void)umask(before);
	return fd;
}

/* "127.0.0.1:9121", "[::1]:9121". 0 or -1. */
static int
parse_address(const char *text, struct addr *addr)
{
	char host[ADDR_STRLEN], *port, *end;
	uint64_t n;

	if (strlcpy(host, text, sizeof(host)) >= sizeof(host))
		return -1;
	port = strrchr(host, ':');
	if (port == NULL)
		return -1;
	*port++ = '\0';
	end = host + strlen(host);
	if (host[0] == '[' && end > host + 1 && end[-1] == ']')
		end[-1] = '\0';
	if (addr_parse_ip(addr, host + (host[0] == '[')) == -1 ||
	    parse_u64(port, UINT16_MAX, &n) == -1)
		return -1;
	addr->port = (uint16_t)n;
	return 0;
}

static int
listen_tcp(const char *where)
{
	struct sockaddr_storage ss;
	struct addr addr;
	socklen_t len;

	if (parse_address(where, &addr) == -1 || !addr_is_loopback(&addr))
		errx(EXIT_FAILURE,
		    "%s is neither a loopback address with a port, such as "
		    "127.0.0.1:9121, nor the absolute path of a socket",
		    where);
	len = addr_to_sockaddr(&addr, &ss);
	return listen_on((const struct sockaddr *)&ss, len);
}

static void
tell_where(int fd, const char *where)
{
	char text[ADDR_STRLEN];
	struct addr addr;

	if (where[0] != '/' && sock_local(fd, &addr) == 0)
		where = addr_str(&addr, text, sizeof(text));
	printf("metrics at %s\n", where);
	fflush(stdout);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	event_base_loopbreak(arg);
}

/* ----------------------------------------------------------------- serving */
static struct evhttp *
make_http(struct event_base *base, struct ctl *ctl, int fd)
{
	struct evhttp *http = evhttp_new(base);

	if (http == NULL ||
	    evhttp_set_cb(http, "/metrics", on_metrics, ctl) != 0 ||
	    evhttp_set_cb(http, "/healthz", on_healthz, ctl) != 0 ||
	    evhttp_set_cb(http, "/readyz", on_readyz, ctl) != 0 ||
	    evhttp_accept_socket(http, fd) != 0)
		errx(EXIT_FAILURE, "evhttp");
	evhttp_set_gencb(http, on_other, NULL);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(http, REQUEST_S);
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_max_body_size(http, 0);
	return http;
}

static int
serve(struct ctl *ctl, const char *where)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct event_base *base = event_base_new();
	struct event *ev[NELEM(signals)];
	struct evhttp *http;
	size_t i;
	int fd;

	fd = where[0] == '/' ? listen_unix(where) : listen_tcp(where);
	if (fd == -1)
		err(EXIT_FAILURE, "%s", where);
	(void)signal(SIGPIPE, SIG_IGN);
	if (base == NULL)
		errx(EXIT_FAILURE, "event_base_new");
	http = make_http(base, ctl, fd);
	for (i = 0; i < NELEM(signals); i++) {
		ev[i] = evsignal_new(base, signals[i], on_signal, base);
		if (ev[i] == NULL || event_add(ev[i], NULL) == -1)
			errx(EXIT_FAILURE, "signals");
	}
	tell_where(fd, where);
	event_base_dispatch(base);
	for (i = 0; i < NELEM(signals); i++)
		event_free(ev[i]);
	evhttp_free(http); /* closes fd */
	event_base_free(base);
	if (where[0] == '/')
		(void)unlink(where);
	return EXIT_SUCCESS;
}

int
ctl_metrics(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	const char *where = NULL;
	int c;

	optind = 0; /* ternctl's own options were parsed before */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'l')
			return -1;
		where = optarg;
	}
	if (optind != argc)
		return -1;
	return where != NULL ? serve(ctl, where) : print_once(ctl);
}
