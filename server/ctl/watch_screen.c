/* SPDX-License-Identifier: ISC */
/*
 * Draws the model of ternctl watch: sessions above, their dialogues below. At
 * least 80 columns and 24 lines are made use of; with less, less is seen.
 */
#include "config.h"

#include <curses.h>
#include <err.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "common/mem.h"
#include "server/ctl/show.h"
#include "server/ctl/watch_screen.h"

#define CELLS_MAX 512
#define BAR 8 /* cells of a progress bar */

int
screen_start(void)
{
	setlocale(LC_ALL, "");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    newterm(NULL, stdout, stdin) == NULL) {
		warnx("watch needs a terminal; ternctl who prints the sessions "
		      "once");
		return -1;
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	return 0;
}

void
screen_end(void)
{
	endwin();
}

/* ----------------------------------------------------------------- drawing */
/* One text in so many cells: what is no printable character is a question mark,
 * whoever has sent it. */
static void
put(int y, int x, int width, const char *text)
{
	wchar_t cells[CELLS_MAX];
	size_t left = strlen(text), n, used = 0;
	mbstate_t state;
	int wide, at = 0;

	memset(&state, 0, sizeof(state));
	if (width > COLS - x)
		width = COLS - x;
	while (left > 0 && used < CELLS_MAX - 1) {
		wchar_t c;

		n = mbrtowc(&c, text, left, &state);
		if (n == 0 || n > left) { /* no character: skip a byte */
			memset(&state, 0, sizeof(state));
			n = 1;
			c = L'?';
		}
		wide = iswprint((wint_t)c) ? wcwidth(c) : -1;
		if (wide < 1) {
			c = L'?';
			wide = 1;
		}
		if (at + wide > width)
			break;
		cells[used++] = c;
		at += wide;
		text += n;
		left -= n;
	}
	if (width > 0)
		mvaddnwstr(y, x, cells, (int)used);
}

static void
line_of(int y, attr_t attr)
{
	move(y, 0);
	clrtoeol();
	mvchgat(y, 0, -1, attr, 0, NULL);
	attrset(attr);
}

static const char *
scaled(uint64_t n, enum control_unit unit, char out[SHOW_MAX])
{
	const struct control_field f = { .unit = unit, .number = n };

	return show_value(&f, out);
}

static void
draw_title(const struct watch_model *m)
{
	char down[SHOW_MAX], up[SHOW_MAX], text[256], lost[64] = "";

	if (m->dropped + m->missed > 0)
		snprintf(lost, sizeof(lost), "  %" PRIu64 " lines not shown",
		    m->dropped + m->missed);
	snprintf(text, sizeof(text),
	    "ternftpd  %zu sessions  %zu transfers  down %s  up %s%s%s",
	    m->nrows, m->nmoving, scaled(m->down, UNIT_RATE, down),
	    scaled(m->up, UNIT_RATE, up), lost, m->paused ? "  PAUSED" : "");
	line_of(0, A_BOLD);
	put(0, 0, COLS, text);
	attrset(A_NORMAL);
}

/* Where columns begin; FILE takes what is left of the line. */
enum {
	AT_USER = 8,
	AT_ADDRESS = 21,
	AT_TLS = 37,
	AT_DIRECTION = 41,
	AT_PROGRESS = 46,
	AT_RATE = 60,
	AT_FILE = 68,
};

static void
draw_progress(int y, const struct watch_row *row)
{
	char text[32], size[SHOW_MAX];
	int percent = watch_percent(row), i, full;

	if (percent == -1) {
		snprintf(text, sizeof(text), "%12s",
		    scaled(row->bytes, UNIT_BYTES, size));
		put(y, AT_PROGRESS, BAR + 5, text);
		return;
	}
	full = percent * BAR / 100;
	for (i = 0; i < BAR; i++)
		text[i] = i < full ? '#' : '.';
	snprintf(text + BAR, sizeof(text) - BAR, " %3d%%", percent);
	put(y, AT_PROGRESS, BAR + 5, text);
}

static void
draw_row(int y, const struct watch_row *row, bool selected)
{
	char text[SHOW_MAX];
	attr_t attr = selected ? A_REVERSE : row->moves ? A_BOLD : A_NORMAL;

	line_of(y, attr);
	snprintf(text, sizeof(text), "%7llu", (unsigned long long)row->id);
	put(y, 0, 7, text);
	put(y, AT_USER, 12, row->user[0] != '\0' ? row->user : "-");
	put(y, AT_ADDRESS, 15, row->address);
	put(y, AT_TLS, 3,
	    strncmp(row->tls, "TLSv", 4) == 0 ? row->tls + 4 : row->tls);
	if (row->moves) {
		put(y, AT_DIRECTION, 4, row->transfer);
		draw_progress(y, row);
		put(y, AT_RATE, 7, scaled(row->rate, UNIT_RATE, text));
	} else {
		put(y, AT_DIRECTION, 4, row->command);
		put(y, AT_PROGRESS, 13, "idle");
		put(y, AT_PROGRESS + 5, 9,
		    scaled(row->idle, UNIT_SECONDS, text));
	}
	put(y, AT_FILE, COLS - AT_FILE, row->what);
	attrset(A_NORMAL);
}

/* Scrolls so that the selected one is seen. */
static size_t
first_row(const struct watch_model *m, size_t room)
{
	size_t at = watch_place(m);

	return at < room ? 0 : at - room + 1;
}

static void
draw_rows(const struct watch_model *m, int top, int bottom)
{
	size_t at = first_row(m, (size_t)(bottom - top));
	int y;

	line_of(top - 1, A_REVERSE);
	put(top - 1, 0, COLS,
	    "     ID USER         ADDRESS         TLS "
	    "CMD  PROGRESS      RATE    FILE");
	attrset(A_NORMAL);
	for (y = top; y < bottom; y++, at++)
		if (at < m->nrows)
			draw_row(
			    y, &m->rows[at], m->rows[at].id == m->selected);
		else
			line_of(y, A_NORMAL);
}

static void
draw_divider(const struct watch_model *m, int y)
{
	char text[256], session[48] = "of all sessions", user[96] = "";

	if (m->only_session != 0)
		snprintf(session, sizeof(session), "of session %llu",
		    (unsigned long long)m->only_session);
	if (m->only_user[0] != '\0')
		snprintf(user, sizeof(user), ", user %s", m->only_user);
	snprintf(text, sizeof(text), " Dialogue %s%s%s", session, user,
	    m->errors_only ? ", errors only" : "");
	line_of(y, A_REVERSE);
	put(y, 0, COLS, text);
	attrset(A_NORMAL);
}

static void
draw_text(int y, const struct watch_text *line)
{
	time_t when = (time_t)line->time;
	char text[700], at[16] = "";
	struct tm tm;

	if (localtime_r(&when, &tm) != NULL)
		strftime(at, sizeof(at), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s %5llu %-10.10s %c %s", at,
	    (unsigned long long)line->session, line->user,
	    line->kind == 'c'   ? '>'
	    : line->kind == 'r' ? '<'
				: '*',
	    line->text);
	line_of(y, A_NORMAL);
	put(y, 0, COLS, text);
}

static void
draw_lines(const struct watch_model *m, int top, int bottom)
{
	const struct watch_text *line;
	size_t n = 0;
	int y;

	for (y = bottom - 1; y >= top; y--) {
		line = watch_line(m, n++);
		if (line != NULL)
			draw_text(y, line);
		else
			line_of(y, A_NORMAL);
	}
}

static const char keys[] =
    "q quit  arrows select  Enter session  u user  e errors  p pause  "
    "K kick  B ban  ? help";

static const char *const help[] = {
	"up, down    select a session",
	"Enter       dialogue of this session, or of all",
	"u           dialogue of its user, or of all",
	"e           refusals and failures only, or all",
	"p           hold the dialogue still, or go on",
	"K           kick the selected session",
	"B           ban its address, which ends all sessions from there",
	"R           limit its rate",
	"?           this page",
	"q           quit",
	"",
	"In the dialogue > is a command, < a reply, * something that happened.",
	"Passwords are never shown.",
};

static void
draw_help(int top, int bottom)
{
	int y, i;

	for (y = top, i = 0; y < bottom; y++, i++) {
		line_of(y, A_NORMAL);
		if (i < (int)NELEM(help))
			put(y, 2, COLS - 2, help[i]);
	}
}

void
screen_draw(const struct watch_model *m, const char *message)
{
	int middle = LINES / 2;

	erase();
	draw_title(m);
	if (m->help)
		draw_help(2, LINES - 1);
	else {
		draw_rows(m, 2, middle);
		draw_divider(m, middle);
		draw_lines(m, middle + 1, LINES - 1);
	}
	line_of(LINES - 1, message != NULL ? A_BOLD : A_DIM);
	put(LINES - 1, 0, COLS - 1, message != NULL ? message : keys);
	attrset(A_NORMAL);
	refresh();
}

/* -------------------------------------------------------------------- keys */
int
screen_key(int ms)
{
	timeout(ms);
	return getch();
}

bool
screen_ask(const char *question, char *answer, size_t size)
{
	size_t n = 0;
	int c;

	answer[0] = '\0';
	do {
		line_of(LINES - 1, A_BOLD);
		put(LINES - 1, 0, COLS - 1, question);
		put(LINES - 1, (int)strlen(question), COLS - 1, answer);
		attrset(A_NORMAL);
		refresh();
		c = screen_key(30000);
		if (c == KEY_BACKSPACE || c == 127 || c == 8)
			n -= n > 0;
		else if (c >= ' ' && c < 127 && n + 1 < size)
			answer[n++] = (char)c;
		answer[n] = '\0';
	} while (
	    c != '\n' && c != '\r' && c != KEY_ENTER && c != 27 && c != ERR);
	return c != 27 && c != ERR && n > 0;
}
