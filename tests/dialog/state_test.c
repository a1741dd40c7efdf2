/* SPDX-License-Identifier: ISC */
/*
 * T20, T1, T12: every command of the table in every state of a session
 * (protocol 4.2), with no, odd and over-long arguments. Each gets exactly one
 * final reply with a code that it may have, and then the session either goes
 * on or has ended in order.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "server/proto.h"
#include "server/worker/cmd.h"
#include "tests/dialog/reply_check.h"
#include "tests/dialog/steps.h"

#define TIMEOUT_S 300
#define TURNS_MAX 5000
/* A command whose reply no other has. */
#define LAST "OPTS the-end"
#define LAST_REPLY "501 OPTS the-end not understood.\r\n"

enum state {
	GREETED,
	NEED_PASS,
	LOGGED_IN,
	RENAMING, /* RNFR was answered 350 */
	CONNECTED, /* a data connection is up */
	UPLOADING,
};

static const char *const arguments[] = {
	"",
	" ",
	" x",
	"  a b ",
	" *?[\\x01\\x1f\\xff\\xff\"~%s%n",
	" -1 99999999999999999999 ;=;",
	" \\{300 a}",
	" \\{4500 /}",
	" \\{5000 a}",
	" \\{9000 a}",
	" a\\x00b",
	" 20240229123456 CHMOD",
};

static char got[STAGE_SENT]; /* what the client was told */
static size_t ngot;
static bool refusing; /* the agent says no to everything */
static bool ended; /* the control connection has */

/* ------------------------------------------------------------- the others */

static void
answer_agent(struct stage *st)
{
	static char text[3 * 4096];

	while (agent_take(st, text, sizeof(text))) {
		if (refusing)
			agent_answer(st, "DENIED");
		else if (st->request == FS_LIST || st->request == FS_LIST_NEXT)
			agent_answer(st, "page \"a line\\r\\n\" end");
		else
			agent_answer(st, "OK");
	}
}

static void
answer_monitor(struct stage *st)
{
	char text[8192];

	while (monitor_take(st, text, sizeof(text)))
		if (strncmp(text, "LOGIN", 5) == 0)
			monitor_say(st, refusing ? "ERROR" : "OK");
}

static void
hear(struct stage *st)
{
	ssize_t n;

	while (!ended && (n = recv(st->control, got + ngot,
			      sizeof(got) - 1 - ngot, 0)) != -1) {
		ended = n == 0;
		ngot += (size_t)n;
	}
	if (!ended && errno != EAGAIN)
		ended = true;
	got[ngot] = '\0';
}

/* Until the client was told this, or the connection has ended. */
static void
run_until(struct stage *st, const char *text)
{
	unsigned turns;

	for (turns = 0; turns < TURNS_MAX; turns++) {
		stage_turn(st);
		answer_agent(st);
		answer_monitor(st);
		hear(st);
		if (ended || (ngot >= strlen(text) &&
				 strcmp(got + ngot - strlen(text), text) == 0))
			return;
	}
	stage_fail(st, "no end comes: \"%s\"", text_show(got, ngot));
}

static void
say_and_run(struct stage *st, const char *line)
{
	ngot = 0;
	client_line(st, line);
	client_line(st, LAST);
	run_until(st, LAST_REPLY);
}

/* ----------------------------------------------------------------- states */

static void
connect_data(struct stage *st)
{
	const char *where;

	say_and_run(st, "EPSV");
	where = strstr(got, "(|||");
	ck_assert_ptr_nonnull(where);
	st->port = (uint16_t)strtoul(where + 4, NULL, 10);
	data_do(st, "open");
}

/* The transfer that is under way ends a little later. */
static void
start_upload(struct stage *st)
{
	connect_data(st);
	ngot = 0;
	client_line(st, "STOR upload");
	run_until(st, "for upload.\r\n");
}

static void
reach(struct stage *st, enum state state)
{
	refusing = ended = false;
	ngot = 0;
	run_until(st, "ready\r\n");
	if (state >= NEED_PASS)
		say_and_run(st, "USER tester");
	if (state >= LOGGED_IN)
		say_and_run(st, "PASS secret");
	if (state == RENAMING) {
		client_line(st, "RNFR old");
		run_until(st, "RNTO.\r\n");
	} else if (state == CONNECTED) {
		connect_data(st);
		data_do(st, "fin"); /* uploads are empty */
	} else if (state == UPLOADING) {
		start_upload(st);
	}
	ck_assert(!ended);
	ngot = 0;
}

/* ----------------------------------------------------------------- checks */

static bool
must_be_530(enum state state, const struct cmd *c)
{
	return state < LOGGED_IN && (c->flags & CMD_F_LOGIN) != 0;
}

/* The replies between the command and LAST. */
static void
check_replies(struct stage *st, enum state state, const struct cmd *c)
{
	const char *p = got;
	size_t len = ngot;
	unsigned finals = 0, marks = 0, expected = state == UPLOADING ? 2 : 1;
	int code, last = 0;

	if (!ended)
		len -= strlen(LAST_REPLY);
	while ((code = reply_next(&p, &len)) > 0) {
		finals += code >= 200;
		marks += code < 200;
		/* That of the upload: its own, or ABOR's first. */
		if (state == UPLOADING && (code == 226 || code == 426))
			continue;
		last = code;
	}
	if (code < 0)
		stage_fail(st, "malformed: \"%s\"", text_show(got, ngot));
	if (finals != expected || marks > 1)
		stage_fail(st, "not one reply: \"%s\"", text_show(got, ngot));
	if (last != 0 && !reply_is_legal(c->verb, last))
		stage_fail(st, "%d is not among its codes", last);
	if (must_be_530(state, c) && last != 530 && last != 500)
		stage_fail(st, "%d before the login", last);
	if (ended && last != 221 && last != 421)
		stage_fail(st, "ended with %d", last);
	if (ended != !stage_is_alive(st) && last != 221)
		stage_fail(st, "ended only in part");
}

static void
try_one(enum state state, const struct cmd *c, const char *argument)
{
	static struct stage st;
	char line[128], where[256];

	(void)snprintf(line, sizeof(line), "%s%s", c->verb, argument);
	(void)snprintf(where, sizeof(where), "%s, state %d", line, state);
	st.file = where;
	stage_init(&st);
	st.conf.default_data_port = false;
	st.conf.site_rmdir = st.conf.site_symlink = true;
	stage_start(&st);
	reach(&st, state);
	refusing = strcmp(argument, " x") == 0 && state != UPLOADING;
	client_line(&st, line);
	client_line(&st, LAST);
	if (state == UPLOADING) {
		stage_turns(&st, 2); /* the commands arrive before the end */
		data_do(&st, "fin");
	}
	run_until(&st, LAST_REPLY);
	check_replies(&st, state, c);
	stage_stop(&st);
}

START_TEST(every_command)
{
	size_t i, j;

	for (i = 0; i < cmd_count; i++)
		for (j = 0; j < NELEM(arguments); j++)
			try_one((enum state)_i, &cmd_table[i], arguments[j]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("states");
	TCase *tc = tcase_create("every command in every state");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, TIMEOUT_S);
	tcase_add_loop_test(tc, every_command, GREETED, UPLOADING + 1);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
