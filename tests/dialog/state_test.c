/* SPDX-License-Identifier: ISC */
/*
 * T20, T1, T12: every command of the table in every state of a session
 * (protocol 4.2), in clear and under TLS, with no, odd and over-long arguments.
 * Each gets exactly one final reply with a code that it may have, and then the
 * session either goes on or has ended in order.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/worker/cmd.h"
#include "tests/dialog/reply_check.h"
#include "tests/dialog/steps.h"
#include "tests/dialog/willing.h"
#include "tests/unit/temp_dir.h"

#define TIMEOUT_S 300
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
	CLEARED, /* CCC was answered 200 */
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

/* ----------------------------------------------------------------- states */

static void
say_and_run(struct willing *w, const char *line)
{
	willing_say(w, line);
	client_line(&w->st, LAST);
	willing_run_until(w, LAST_REPLY);
}

static void
secure(struct willing *w)
{
	willing_say(w, "AUTH TLS");
	willing_run_until(w, "negotiation.\r\n");
	client_do(&w->st, "tls");
	say_and_run(w, "PBSZ 0\\r\\nPROT P");
	client_do(&w->st, "private");
}

/* The transfer that is under way ends a little later. */
static void
start_upload(struct willing *w)
{
	willing_connect(w);
	willing_say(w, "STOR upload");
	willing_run_until(w, "for upload.\r\n");
}

static void
reach(struct willing *w, enum state state)
{
	willing_run_until(w, "ready\r\n");
	if (w->st.how != STAGE_CLEAR)
		secure(w);
	if (state >= NEED_PASS)
		say_and_run(w, "USER tester");
	if (state >= LOGGED_IN)
		say_and_run(w, "PASS secret");
	if (state == RENAMING) {
		willing_say(w, "RNFR old");
		willing_run_until(w, "RNTO.\r\n");
	} else if (state == CONNECTED) {
		willing_connect(w);
		data_do(&w->st, "fin"); /* uploads are empty */
	} else if (state == UPLOADING) {
		start_upload(w);
	} else if (state == CLEARED) {
		say_and_run(w, "CCC");
	}
	ck_assert(!w->ended);
}

/* ----------------------------------------------------------------- checks */

static bool
must_be_530(enum state state, const struct cmd *c)
{
	return state < LOGGED_IN && (c->flags & CMD_F_LOGIN) != 0;
}

/* The replies between the command and LAST. */
static void
check_replies(struct willing *w, enum state state, const struct cmd *c)
{
	const struct stage *st = &w->st;
	const char *p = w->told;
	size_t len = w->ntold;
	unsigned finals = 0, marks = 0, expected = state == UPLOADING ? 2 : 1;
	int code, last = 0;

	if (!w->ended)
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
		stage_fail(
		    st, "malformed: \"%s\"", text_show(w->told, w->ntold));
	if (finals != expected || marks > 1)
		stage_fail(
		    st, "not one reply: \"%s\"", text_show(w->told, w->ntold));
	if (last != 0 && !reply_is_legal(c->verb, last))
		stage_fail(st, "%d is not among its codes", last);
	if (must_be_530(state, c) && last != 530 && last != 500)
		stage_fail(st, "%d before the login", last);
	if (w->ended && last != 221 && last != 421)
		stage_fail(st, "ended with %d", last);
	if (w->ended != !stage_is_alive(st) && last != 221)
		stage_fail(st, "ended only in part");
}

static void
try_one(enum stage_tls how, enum state state, const struct cmd *c,
    const char *argument)
{
	static struct willing w;
	struct stage *st = &w.st;
	char line[128], where[256];

	(void)snprintf(line, sizeof(line), "%s%s", c->verb, argument);
	(void)snprintf(where, sizeof(where), "%s, state %d", line, state);
	st->file = where;
	st->how = how;
	stage_init(st);
	st->conf.default_data_port = false;
	st->conf.site_rmdir = st->conf.site_symlink = true;
	st->listen.ccc = true;
	stage_start(st);
	w.refusing = w.ended = false;
	w.ntold = 0;
	reach(&w, state);
	w.refusing = strcmp(argument, " x") == 0 && state != UPLOADING;
	willing_say(&w, line);
	client_line(st, LAST);
	if (state == UPLOADING) {
		stage_turns(st, 2); /* the commands arrive before the end */
		data_do(st, "fin");
	}
	willing_run_until(&w, LAST_REPLY);
	check_replies(&w, state, c);
	stage_stop(st);
}

START_TEST(in_clear)
{
	size_t i, j;

	for (i = 0; i < cmd_count; i++)
		for (j = 0; j < NELEM(arguments); j++)
			try_one(STAGE_CLEAR, (enum state)_i, &cmd_table[i],
			    arguments[j]);
}
END_TEST

static bool
is_about_tls(const struct cmd *c)
{
	static const char *const verbs[] = { "AUTH", "CCC", "PBSZ", "PROT" };
	size_t i;

	for (i = 0; i < NELEM(verbs); i++)
		if (strcmp(c->verb, verbs[i]) == 0)
			return true;
	return false;
}

/* What most arguments mean does not depend on TLS: none, and one. */
START_TEST(under_tls)
{
	static const char *const few[] = { "", " x", " TLS", " SSL", " 0", " P",
		" C" };
	size_t i, j, n;

	for (i = 0; i < cmd_count; i++) {
		n = is_about_tls(&cmd_table[i]) ? NELEM(few) : 2;
		for (j = 0; j < n; j++)
			try_one(STAGE_TLS_1_3, (enum state)_i, &cmd_table[i],
			    few[j]);
	}
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
	tcase_add_unchecked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, in_clear, GREETED, UPLOADING + 1);
	tcase_add_loop_test(tc, under_tls, GREETED, CLEARED + 1);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
