/* SPDX-License-Identifier: ISC */
/*
 * ternctl watch: looks at the server a few times per second, shows what it
 * sees, and does what keys say.
 */
#include "config.h"

#include <curses.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/timer.h"
#include "server/ctl/ctl.h"
#include "server/ctl/ctl_control.h"
#include "server/ctl/link.h"
#include "server/ctl/show.h"
#include "server/ctl/watch_model.h"
#include "server/ctl/watch_screen.h"

#define LOOK_MS 1000 /* between looks at the sessions */
#define LINES_MS 200 /* ... at the dialogues */
#define MESSAGE_MS 4000

struct watcher {
	struct link *link;
	struct watch_model model;
	uint64_t look_at; /* clock_ms() of the next look at the sessions */
	char message[256];
	uint64_t message_until;
	const char *why; /* it must end: the server is gone */
	bool quit;
	bool json; /* no screen: lines go to the standard output */
	uint64_t missed; /* that this has told of */
};

static struct control_fields row;

/* ------------------------------------------------------------------ looking */
/* Sends what was asked for; NULL: the server is gone. */
static struct link_reply *
answer(struct watcher *w)
{
	return link_try(w->link, &w->why);
}

static void
look_at_sessions(struct watcher *w)
{
	struct link_reply *r;
	uint64_t after = 0;

	watch_look_begin(&w->model, clock_ms());
	do {
		put_u64(link_ask(w->link, CT_WHO), after);
		r = answer(w);
		if (r == NULL)
			return;
		while (control_get_row(&r->rows, &row) == 1) {
			watch_look(&w->model, &row);
			after = control_find_number(&row, "id");
		}
	} while (r->more);
	watch_look_end(&w->model);
	w->look_at = clock_ms() + LOOK_MS;
}

/* One object a line; that there were more is one, too. */
static void
print_line(struct watcher *w)
{
	uint64_t missed = w->model.missed + w->model.dropped;

	if (missed > w->missed)
		printf("{\"missed\": %llu}\n",
		    (unsigned long long)(missed - w->missed));
	w->missed = missed;
	if (control_find(&row, "number") == NULL)
		return;
	show_json_row(stdout, &row);
	putchar('\n');
}

static void
look_at_lines(struct watcher *w)
{
	struct link_reply *r;
	struct wbuf *b;

	do {
		b = link_ask(w->link, CT_LINES);
		put_u64(b, w->model.only_session);
		put_u64(b, w->model.next);
		r = answer(w);
		if (r == NULL)
			return;
		while (control_get_row(&r->rows, &row) == 1) {
			watch_feed(&w->model, &row);
			if (w->json)
				print_line(w);
		}
	} while (r->more);
}

/* -------------------------------------------------------------------- doing */
static void
say(struct watcher *w, const char *text)
{
	(void)strlcpy(w->message, text, sizeof(w->message));
	w->message_until = clock_ms() + MESSAGE_MS;
}

static void
do_it(struct watcher *w)
{
	struct link_reply *r = answer(w);

	if (r != NULL)
		say(w, r->text);
	w->look_at = 0;
}

static void
kick(struct watcher *w, const struct watch_row *of)
{
	char reason[100], id[24];
	struct wbuf *b;

	snprintf(id, sizeof(id), "%llu", (unsigned long long)of->id);
	if (!screen_ask("Kick this session; say why (Escape: no): ", reason,
		sizeof(reason)))
		return;
	b = link_ask(w->link, CT_KICK);
	put_u8(b, WHOM_SESSION);
	put_str(b, id);
	put_str(b, reason);
	do_it(w);
}

static void
ban(struct watcher *w, const struct watch_row *of)
{
	char time[16], address[64];
	uint32_t seconds;
	struct wbuf *b;

	(void)strlcpy(address, of->address, sizeof(address));
	if (!screen_ask("Ban its address for how long (15m, 2h, 1d; Escape: "
			"no): ",
		time, sizeof(time)))
		return;
	if (control_parse_time(time, &seconds) == -1) {
		say(w, "That is no time.");
		return;
	}
	b = link_ask(w->link, CT_BAN);
	put_str(b, address);
	put_u32(b, seconds);
	put_str(b, "administrator");
	do_it(w);
}

static void
limit(struct watcher *w, const struct watch_row *of)
{
	uint64_t id = of->id, rate;
	char text[16];
	struct wbuf *b;

	if (!screen_ask("Bytes per second (500k, 2M, 0: no limit; Escape: no "
			"change): ",
		text, sizeof(text)))
		return;
	if (control_parse_rate(text, &rate) == -1) {
		say(w, "That is no rate.");
		return;
	}
	b = link_ask(w->link, CT_RATE);
	put_u64(b, id);
	put_u64(b, rate);
	do_it(w);
}

static const struct {
	int key;
	enum watch_key press;
} presses[] = {
	{ KEY_UP, WATCH_UP },
	{ 'k', WATCH_UP },
	{ KEY_DOWN, WATCH_DOWN },
	{ 'j', WATCH_DOWN },
	{ '\n', WATCH_SESSION },
	{ '\r', WATCH_SESSION },
	{ KEY_ENTER, WATCH_SESSION },
	{ 'u', WATCH_USER },
	{ 'e', WATCH_ERRORS },
	{ 'p', WATCH_PAUSE },
	{ '?', WATCH_HELP },
	{ 'h', WATCH_HELP },
};

static const struct {
	int key;
	void (*act)(struct watcher *, const struct watch_row *);
} acts[] = {
	{ 'K', kick },
	{ 'B', ban },
	{ 'R', limit },
};

static void
act_on_key(struct watcher *w, int key)
{
	const struct watch_row *of = watch_selected(&w->model);
	size_t i;

	w->quit = key == 'q';
	for (i = 0; i < sizeof(presses) / sizeof(presses[0]); i++)
		if (presses[i].key == key)
			watch_press(&w->model, presses[i].press);
	for (i = 0; of != NULL && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].key == key)
			acts[i].act(w, of);
}

/* --------------------------------------------------------------------- loop */
/* Lines first: workers that have told of a session know by then that somebody
 * watches it. */
static void
watch(struct watcher *w)
{
	while (!w->quit && w->why == NULL) {
		look_at_lines(w);
		if (w->why == NULL && clock_ms() >= w->look_at)
			look_at_sessions(w);
		if (w->why != NULL)
			break;
		screen_draw(&w->model,
		    clock_ms() < w->message_until ? w->message : NULL);
		act_on_key(w, screen_key(LINES_MS));
	}
}

/* For programs: the dialogues as they happen, until the server or who reads
 * them is gone. */
static void
stream(struct watcher *w)
{
	while (w->why == NULL) {
		look_at_lines(w);
		if (fflush(stdout) == EOF) {
			w->why = "nobody reads this";
			break;
		}
		(void)poll(NULL, 0, LINES_MS);
	}
}

static int
on_screen(struct watcher *w)
{
	if (screen_start() == -1)
		return -1;
	watch(w);
	screen_end();
	return 0;
}

int
ctl_watch(struct ctl *ctl, int argc, char **argv)
{
	struct control_options o;
	struct watcher w = { .why = NULL };
	int rc = 0;

	if (control_options(argc, argv, "j", &o) != argc)
		return -1;
	w.link = link_open(ctl);
	if (w.link == NULL)
		return EXIT_FAILURE;
	watch_model_init(&w.model);
	w.json = o.json;
	if (w.json)
		stream(&w);
	else
		rc = on_screen(&w);
	if (w.why != NULL)
		warnx("%s", w.why);
	watch_model_clear(&w.model);
	link_close(w.link);
	return rc == 0 && w.why == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
