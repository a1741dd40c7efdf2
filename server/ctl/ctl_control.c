/* SPDX-License-Identifier: ISC */
/*
 * ternctl reload, stop, drain, kick, ban, unban: what the running server is
 * told to do.
 */
#include "config.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "server/conf_value.h"
#include "server/ctl/ctl.h"
#include "server/ctl/ctl_control.h"
#include "server/ctl/link.h"
#include "server/ctl/show.h"

#define REASON_MAX 100 /* so that the reply to the client is one line */

/* The letters are those of the rows of ternctl's commands. */
static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "now", no_argument, NULL, 'N' },
	{ "wait", no_argument, NULL, 'w' },
	{ "reason", required_argument, NULL, 'r' },
	{ NULL, 0, NULL, 0 },
};

int
control_options(
    int argc, char **argv, const char *allowed, struct control_options *o)
{
	int c;

	memset(o, 0, sizeof(*o));
	optind = 0; /* ternctl's own options were parsed before */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?' || strchr(allowed, c) == NULL)
			return -1;
		if (c == 'r' && strlen(optarg) > REASON_MAX) {
			warnx("a reason has at most %d bytes", REASON_MAX);
			return -1;
		}
		o->json |= c == 'j';
		o->dry_run |= c == 'n';
		o->now |= c == 'N';
		o->wait |= c == 'w';
		if (c == 'r')
			o->reason = optarg;
	}
	return optind;
}

/* Sends what was asked for and shows the answer. */
static int
finish(struct link *l, const struct control_options *o)
{
	struct link_reply *r = link_answer(l);

	return r == NULL ? EXIT_FAILURE : show_reply(r, o->json);
}

int
ctl_reload(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct link *l;
	int status;

	if (control_options(argc, argv, "jn", &o) != argc)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	put_u8(link_ask(l, CT_RELOAD), o.dry_run);
	status = finish(l, &o);
	link_close(l);
	return status;
}

/* Waits for the end, as a script wants it before it goes on. */
int
ctl_stop(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct link *l;
	int status;

	if (control_options(argc, argv, "jN", &o) != argc)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	put_u8(link_ask(l, CT_STOP), o.now);
	status = finish(l, &o);
	if (status == EXIT_SUCCESS)
		link_wait_end(l);
	link_close(l);
	return status;
}

int
ctl_drain(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct link *l;
	int status;

	if (control_options(argc, argv, "jw", &o) != argc)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	(void)link_ask(l, CT_DRAIN);
	status = finish(l, &o);
	if (o.wait && status == EXIT_SUCCESS)
		link_wait_end(l);
	link_close(l);
	return status;
}

/* SESSION, user:NAME or ip:ADDRESS. */
static int
put_whom(struct wbuf *b, const char *who)
{
	enum control_whom kind = WHOM_SESSION;
	struct addr addr;
	uint64_t sid;

	if (strncmp(who, "user:", 5) == 0) {
		kind = WHOM_USER;
		who += 5;
	} else if (strncmp(who, "ip:", 3) == 0) {
		kind = WHOM_ADDRESS;
		who += 3;
	}
	if (kind == WHOM_SESSION && parse_u64(who, UINT64_MAX, &sid) == -1) {
		warnx("%s is neither a session's number nor user:NAME nor "
		      "ip:ADDRESS",
		    who);
		return -1;
	}
	if (kind == WHOM_ADDRESS && addr_parse_ip(&addr, who) == -1) {
		warnx("%s is no numeric address", who);
		return -1;
	}
	put_u8(b, kind);
	put_str(b, who);
	return 0;
}

int
ctl_kick(struct ctl *ctl, int argc, char **argv)
{
	int status = EXIT_FAILURE, first;
	struct control_options o;
	struct wbuf *b;
	struct link *l;

	first = control_options(argc, argv, "jr", &o);
	if (first == -1 || first != argc - 1)
		return -1;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	b = link_ask(l, CT_KICK);
	if (put_whom(b, argv[first]) == 0) {
		put_str(b, o.reason != NULL ? o.reason : CONTROL_KICKED);
		status = finish(l, &o);
	}
	link_close(l);
	return status;
}

/* ------------------------------------------------------------------- bans */
static bool
is_address(const char *text)
{
	struct addr addr;

	if (addr_parse_ip(&addr, text) == 0)
		return true;
	warnx("%s is no numeric address", text);
	return false;
}

int
control_parse_time(const char *text, uint32_t *seconds)
{
	static const struct conf_key key = { .name = "the time",
		.type = &conf_seconds,
		.min = 1,
		.max = UINT64_C(10) * 365 * 86400 };
	struct conf_input in = { .text = text, .dir = "" };

	return conf_seconds.parse(&key, &in, seconds);
}

int
ctl_ban(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	uint32_t seconds = 0;
	struct wbuf *b;
	struct link *l;
	int first, status;

	first = control_options(argc, argv, "jr", &o);
	if (first == -1 || first == argc || argc - first > 2)
		return -1;
	if (!is_address(argv[first]))
		return EXIT_FAILURE;
	if (argc - first == 2 &&
	    control_parse_time(argv[first + 1], &seconds) == -1) {
		warnx(
		    "%s is no time; write 90, 15m, 2h or 1d", argv[first + 1]);
		return EXIT_FAILURE;
	}
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	b = link_ask(l, CT_BAN);
	put_str(b, argv[first]);
	put_u32(b, seconds);
	put_str(b, o.reason != NULL ? o.reason : "administrator");
	status = finish(l, &o);
	link_close(l);
	return status;
}

int
ctl_unban(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct link *l;
	int first, status;

	first = control_options(argc, argv, "j", &o);
	if (first == -1 || first != argc - 1)
		return -1;
	if (!is_address(argv[first]))
		return EXIT_FAILURE;
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	put_str(link_ask(l, CT_UNBAN), argv[first]);
	status = finish(l, &o);
	link_close(l);
	return status;
}

/* ------------------------------------------------------------------ limit */
int
control_parse_rate(const char *text, uint64_t *rate)
{
	static const struct conf_key key = {
		.name = "the rate", .type = &conf_size, .max = INT64_MAX
	};
	struct conf_input in = { .text = text, .dir = "" };

	return conf_size.parse(&key, &in, rate);
}

int
ctl_limit(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	uint64_t sid, rate;
	struct wbuf *b;
	struct link *l;
	int first, status;

	first = control_options(argc, argv, "j", &o);
	if (first == -1 || first != argc - 2)
		return -1;
	if (parse_u64(argv[first], UINT64_MAX, &sid) == -1 ||
	    control_parse_rate(argv[first + 1], &rate) == -1) {
		warnx("name a session's number and bytes per second: 500k, 2M, "
		      "or 0 for no limit");
		return EXIT_FAILURE;
	}
	l = link_open(ctl);
	if (l == NULL)
		return EXIT_FAILURE;
	b = link_ask(l, CT_RATE);
	put_u64(b, sid);
	put_u64(b, rate);
	status = finish(l, &o);
	link_close(l);
	return status;
}
