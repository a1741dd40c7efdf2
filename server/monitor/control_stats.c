/* SPDX-License-Identifier: ISC */
/*
 * ternctl stats (R42): what workers have counted, and what the monitor knows
 * without counting.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/str.h"
#include "server/monitor/bans.h"
#include "server/monitor/control.h"
#include "server/tlsconf.h"

/* ---------------------------------------------------------------- reasons */
/* "no such user: joe" is counted as "no-such-user". */
static void
make_code(char *code, size_t size, const char *reason)
{
	size_t i;

	for (i = 0; i + 1 < size && strchr(":(", reason[i]) == NULL; i++) {
		code[i] = reason[i];
		if (!ascii_isalpha((unsigned char)code[i]) &&
		    !ascii_isdigit((unsigned char)code[i]))
			code[i] = '-';
	}
	code[i] = '\0';
}

void
reasons_count(struct reasons *r, const char *what, const char *reason)
{
	char code[REASON_CODE_MAX / 2], name[REASON_CODE_MAX];
	unsigned i;

	make_code(code, sizeof(code), reason);
	snprintf(name, sizeof(name), "%s%s%s", what, code[0] == '\0' ? "" : ".",
	    code);
	for (i = 0; i < r->n; i++)
		if (strcmp(r->codes[i].name, name) == 0)
			break;
	if (i == REASONS_MAX)
		i--; /* the last place stands for all the rest */
	else if (i == r->n) {
		r->n++;
		(void)strlcpy(r->codes[i].name,
		    i == REASONS_MAX - 1 ? "other" : name,
		    sizeof(r->codes[i].name));
	}
	r->codes[i].count++;
}

/* --------------------------------------------------------------- the answer */
static unsigned
count_processes(const struct monitor *m, enum role role)
{
	const struct child *c;
	unsigned n = 0;

	LIST_FOREACH (c, &m->children, entry)
		n += c->role == role;
	return n;
}

static void
put_server(struct wbuf *b, struct monitor *m)
{
	time_t now = time(NULL);
	const char *file;
	int64_t expires;

	control_text(b, "version", PACKAGE_VERSION);
	control_number(b, "ready", UNIT_FLAG,
	    m->state == RUN_UP && workers_choose(m) != NULL);
	control_number(b, "uptime", UNIT_SECONDS,
	    now > m->since ? (uint64_t)(now - m->since) : 0);
	control_number(b, "config.generation", UNIT_NUMBER, m->generation);
	expires = m->tls == NULL ? 0 : tlsconf_not_after(m->tls, &file);
	if (expires <= 0)
		control_none(b, "certificate.expires");
	else
		control_number(
		    b, "certificate.expires", UNIT_TIME, (uint64_t)expires);
	control_number(b, "processes.worker", UNIT_NUMBER,
	    count_processes(m, ROLE_WORKER));
	control_number(
	    b, "processes.auth", UNIT_NUMBER, count_processes(m, ROLE_AUTH));
	control_number(
	    b, "processes.agent", UNIT_NUMBER, count_processes(m, ROLE_AGENT));
	control_number(
	    b, "workers.answer-ms", UNIT_NUMBER, m->surveys[SURVEY_STATS].took);
	control_number(b, "auth.queue", UNIT_NUMBER, auths_waiting(m->auths));
}

/* ADDRESS:PORT of each, with blanks between them. */
static void
put_listeners(struct wbuf *b, const struct monitor *m)
{
	char text[1024] = "", one[ADDR_STRLEN];
	const struct listener *l;

	TAILQ_FOREACH (l, &m->listeners, entry) {
		if (text[0] != '\0')
			(void)strlcat(text, " ", sizeof(text));
		(void)strlcat(
		    text, addr_str(&l->bound, one, sizeof(one)), sizeof(text));
	}
	control_text(b, "listens", text);
}

static void
count_ban(const struct ban_info *ban, void *arg)
{
	++*(uint64_t *)arg;
}

static void
put_counters(struct wbuf *b, struct monitor *m)
{
	uint64_t bans = 0;
	unsigned i;

	bans_each(m->bans, count_ban, &bans);
	control_number(b, "bans", UNIT_NUMBER, bans);
	control_number(b, "connections", UNIT_NUMBER, m->sessions.last_sid);
	control_number(b, "sessions", UNIT_NUMBER, m->sessions.count);
	for (i = COUNT_NOW_FIRST; i < COUNT_MAX; i++)
		control_number(b, counter_names[i], UNIT_NUMBER,
		    survey_counter(m, (enum counter)i));
	for (i = 0; i < m->reasons.n; i++)
		control_number(b, m->reasons.codes[i].name, UNIT_NUMBER,
		    m->reasons.codes[i].count);
	for (i = 0; i < COUNT_NOW_FIRST; i++)
		control_number(b, counter_names[i],
		    i >= COUNT_DOWN_BYTES && i <= COUNT_LIST_BYTES
			? UNIT_BYTES
			: UNIT_NUMBER,
		    survey_counter(m, (enum counter)i));
}

static void
answer_stats(struct ctlconn *c)
{
	struct wbuf b;
	size_t row;

	control_begin(&b, CONTROL_OK, "");
	row = control_row(&b);
	put_server(&b, c->m);
	put_listeners(&b, c->m);
	put_counters(&b, c->m);
	(void)control_row_end(&b, row);
	control_send(c, &b);
}

int
control_stats(struct ctlconn *c, struct rbuf *b)
{
	if (rbuf_end(b) == -1)
		return -1;
	control_survey(c, SURVEY_STATS, answer_stats);
	return 0;
}
