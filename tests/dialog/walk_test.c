/* SPDX-License-Identifier: ISC */
/*
 * T53, T54, T61, T62: random walks over the commands that decide whether the
 * control connection and data connections are in TLS, beside a model of RFC
 * 4217 that knows each reply. Now and then a listing is fetched, in TLS or in
 * clear as the model says, and nothing else works.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tests/dialog/steps.h"
#include "tests/dialog/willing.h"
#include "tests/unit/temp_dir.h"

#define TIMEOUT_S 120
#define WALKS 30
#define STEPS 100

struct model {
	bool secure, cleared, pbsz, private;
	bool user, in; /* USER was given; logged in */
};

/* ----------------------------------------------------------------- the model
 */

static int
model_auth(struct model *m, bool private)
{
	if (m->secure || m->cleared)
		return 534;
	*m = (struct model){ .secure = true, .private = private };
	return 234;
}

static int
auth_tls(struct model *m)
{
	return model_auth(m, false);
}

static int
auth_ssl(struct model *m)
{
	return model_auth(m, true);
}

static int
pbsz(struct model *m)
{
	m->pbsz = m->pbsz || m->secure;
	return m->secure ? 200 : 503;
}

static int
prot_p(struct model *m)
{
	if (!m->secure || !m->pbsz)
		return 503;
	m->private = true;
	return 200;
}

static int
prot_c(struct model *m)
{
	if (!m->secure)
		return 503;
	m->private = false;
	return 200;
}

static int
prot_s(struct model *m)
{
	return m->secure ? 536 : 503;
}

static int
ccc(struct model *m)
{
	if (!m->secure)
		return 533;
	if (!m->in)
		return 534;
	m->secure = false;
	m->cleared = true;
	return 200;
}

static int
rein(struct model *m)
{
	*m = (struct model){ .secure = false };
	return 220;
}

static int
user(struct model *m)
{
	m->user = true;
	m->in = false;
	return 331;
}

static int
pass(struct model *m)
{
	if (!m->user || m->in)
		return 503;
	m->in = true;
	return 230;
}

static int
needs_login(struct model *m)
{
	return m->in ? 257 : 530;
}

static int
always(struct model *m)
{
	return 200;
}

static const struct {
	const char *line;
	int (*next)(struct model *); /* the reply; what is different now */
} rows[] = {
	{ "AUTH TLS", auth_tls },
	{ "AUTH TLS", auth_tls },
	{ "AUTH SSL", auth_ssl },
	{ "CCC", ccc },
	{ "NOOP", always },
	{ "PASS x", pass },
	{ "PASS x", pass },
	{ "PASS x", pass },
	{ "PBSZ 0", pbsz },
	{ "PROT C", prot_c },
	{ "PROT P", prot_p },
	{ "PROT P", prot_p },
	{ "PROT S", prot_s },
	{ "PWD", needs_login },
	{ "REIN", rein },
	{ "USER tester", user },
};

/* ------------------------------------------------------------------ the walk
 */

/* The same numbers on every machine. */
static unsigned
draw(uint32_t *seed, unsigned below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 16) % below;
}

static void
fetch_listing(struct willing *w, const struct model *m)
{
	struct stage *st = &w->st;

	st->private = m->private;
	willing_connect(w);
	willing_say(w, "NLST");
	if (willing_run_reply(w) != 226)
		stage_fail(st, "no listing: %s", w->told);
	data_expect(st, "a line\\r\\n");
	if (m->private)
		data_do(st, "resumed");
	data_do(st, "eof");
	data_do(st, "close");
}

static void
say_one(struct willing *w, struct model *m, size_t row)
{
	struct stage *st = &w->st;
	int code, expected = rows[row].next(m);

	willing_say(w, rows[row].line);
	code = willing_run_reply(w);
	if (code != expected)
		stage_fail(st, "%s: %d, but got \"%s\"", rows[row].line,
		    expected, text_show(w->told, w->ntold));
	if (code == 234)
		client_do(st, "tls");
	if (stage_is_secure(st) != m->secure)
		stage_fail(st, "%s: TLS is wrong", rows[row].line);
}

static void
walk(enum stage_tls how, uint32_t seed)
{
	static struct willing w;
	struct stage *st = &w.st;
	struct model m = { .secure = false };
	unsigned i;

	st->how = how;
	st->file = "a walk";
	stage_init(st);
	st->listen.ccc = true;
	stage_start(st);
	w.ended = false;
	w.ntold = 0;
	ck_assert_int_eq(willing_run_reply(&w), 220);
	for (i = 0; i < STEPS; i++) {
		st->line = i;
		say_one(&w, &m, draw(&seed, NELEM(rows)));
		if (m.in && draw(&seed, 3) == 0)
			fetch_listing(&w, &m);
	}
	stage_stop(st);
}

START_TEST(tls_1_2)
{
	walk(STAGE_TLS_1_2, (uint32_t)_i);
}
END_TEST

START_TEST(tls_1_3)
{
	walk(STAGE_TLS_1_3, (uint32_t)_i);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("walks");
	TCase *tc = tcase_create("AUTH, PBSZ, PROT, CCC, REIN");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, tls_1_2, 0, WALKS);
	tcase_add_loop_test(tc, tls_1_3, 0, WALKS);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
