/* SPDX-License-Identifier: ISC */
/*
 * Monitor and agent that answer by themselves.
 */
#include "tests/dialog/willing.h"

#include <stdlib.h>
#include <string.h>

#include "server/proto.h"
#include "tests/dialog/reply_check.h"
#include "tests/dialog/steps.h"

#define TURNS_MAX 5000

static void
answer_agent(struct willing *w)
{
	static char text[3 * 4096];
	struct stage *st = &w->st;

	while (agent_take(st, text, sizeof(text))) {
		if (w->refusing)
			agent_answer(st, "DENIED");
		else if (st->request == FS_LIST || st->request == FS_LIST_NEXT)
			agent_answer(st, "page \"a line\\r\\n\" end");
		else
			agent_answer(st, "OK");
	}
}

static void
answer_monitor(struct willing *w)
{
	char text[8192];

	while (monitor_take(&w->st, text, sizeof(text)))
		if (strncmp(text, "LOGIN", 5) == 0)
			monitor_say(&w->st, w->refusing ? "ERROR" : "OK");
}

static void
hear(struct willing *w)
{
	struct stage *st = &w->st;

	while (!w->ended && stage_take(st)) {
		w->ended = st->len == 0;
		if (w->ntold + st->len >= sizeof(w->told))
			stage_fail(st, "too many replies");
		memcpy(w->told + w->ntold, st->sent, st->len);
		w->ntold += st->len;
	}
	w->told[w->ntold] = '\0';
}

static bool
ends_with(const struct willing *w, const char *text)
{
	size_t n = strlen(text);

	return w->ntold >= n && strcmp(w->told + w->ntold - n, text) == 0;
}

/* The final code among what was told, or 0. */
static int
final_code(const struct willing *w)
{
	const char *p = w->told;
	size_t len = w->ntold;
	int code;

	while ((code = reply_next(&p, &len)) > 0)
		if (code >= 200)
			return code;
	return 0;
}

static void
turn(struct willing *w, unsigned turns)
{
	if (turns == TURNS_MAX)
		stage_fail(&w->st, "no end comes: \"%s\"",
		    text_show(w->told, w->ntold));
	stage_turn(&w->st);
	answer_agent(w);
	answer_monitor(w);
	hear(w);
}

void
willing_run_until(struct willing *w, const char *text)
{
	unsigned turns;

	hear(w);
	for (turns = 0; !w->ended && !ends_with(w, text); turns++)
		turn(w, turns);
}

int
willing_run_reply(struct willing *w)
{
	unsigned turns;

	hear(w);
	for (turns = 0; !w->ended && final_code(w) == 0; turns++)
		turn(w, turns);
	return final_code(w);
}

void
willing_say(struct willing *w, const char *line)
{
	w->ntold = 0;
	client_line(&w->st, line);
}

void
willing_connect(struct willing *w)
{
	const char *where;

	willing_say(w, "EPSV");
	(void)willing_run_reply(w);
	where = strstr(w->told, "(|||");
	if (where == NULL)
		stage_fail(&w->st, "no port: %s", w->told);
	w->st.port = (uint16_t)strtoul(where + 4, NULL, 10);
	w->st.agreed = false;
	data_do(&w->st, "open");
}
