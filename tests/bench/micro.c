/* SPDX-License-Identifier: ISC */
/*
 * Times the pieces that every command or file costs: lines, replies, listing
 * lines, a command through a whole session, a request through an agent.
 *
 *     make bench
 *
 * prints nanoseconds for each, the median of several rounds. It compares two
 * builds on one machine; it says nothing about another machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/line.h"
#include "common/mem.h"
#include "common/vpath.h"
#include "server/worker/reply.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/ctrl_rig.h"

#define ROUNDS 9

static struct ctrl_rig rig;

/* ------------------------------------------------------------- the pieces */

static void
bench_line(int n)
{
	static const char text[] = "RETR pub/images/photo 0001.jpeg\r\n";
	struct line_reader r;
	const uint8_t *p;
	char *line;
	size_t len;

	line_init(&r);
	while (n-- > 0) {
		p = (const uint8_t *)text;
		if (line_next(&r, &p, p + sizeof(text) - 1, &line, &len) !=
		    LINE_OK)
			abort();
	}
	line_clear(&r);
}

static void
bench_path(int n)
{
	char out[VPATH_MAX];

	while (n-- > 0)
		if (vpath_join(out, "/pub/images", "../text/./readme.txt") != 0)
			abort();
}

static void
bench_format(int n, enum list_style style)
{
	static char out[LIST_LINE_MAX(64, 0)];
	struct list_entry e = {
		.name = "photo 0001.jpeg",
		.namelen = strlen("photo 0001.jpeg"),
		.mode = 0100644,
		.size = 1234567,
		.mtime = 1700000000,
		.nlink = 1,
		.ino = 123456,
		.owner = "anna",
		.group = "users",
		.perm = "adfrw",
	};

	while (n-- > 0)
		if (list_format(out, style, FACT_ALL, &e, 1700000100) == 0)
			abort();
}

static void
bench_long(int n)
{
	bench_format(n, LIST_LONG);
}

static void
bench_mlsx(int n)
{
	bench_format(n, LIST_MLSX);
}

static void
bench_reply(int n)
{
	struct session s;

	memset(&s, 0, sizeof(s));
	while (n-- > 0) {
		reply(&s, 150,
		    "Opening %s mode data connection for %s "
		    "(%llu bytes).",
		    "BINARY", "photo 0001.jpeg", 1234567ULL);
		s.out.len = 0;
	}
	free(s.out.p);
}

/* One command through socket, loop, parser and table, and its reply back. */
static void
bench_noop(int n)
{
	char buf[256];

	while (n-- > 0) {
		if (send(rig.client, "NOOP\r\n", 6, 0) != 6)
			abort();
		event_base_loop(rig.base, EVLOOP_ONCE);
		if (recv(rig.client, buf, sizeof(buf), 0) <= 0)
			abort();
	}
}

/* A request through channel, table and file system, without a second process:
 * what a round trip costs beyond waking one. */
static void
request(void)
{
	if (ipc_send(f.chan, &f.w, -1) != IPC_OK ||
	    agent_session_handle(f.s, f.bufs) != HANDLE_DONE ||
	    ipc_recv(f.chan, f.in, &f.m) != IPC_OK ||
	    get_u8(&f.m.body) != FS_OK)
		abort();
	ipc_msg_done(&f.m);
}

static void
bench_stat(int n)
{
	while (n-- > 0) {
		ipc_begin(&f.w, f.out, sizeof(f.out), FS_STAT);
		put_str(&f.w, "/file");
		request();
	}
}

static void
bench_store(int n)
{
	while (n-- > 0) {
		ipc_begin(&f.w, f.out, sizeof(f.out), FS_STORE);
		put_u8(&f.w, STORE_REPLACE);
		put_u8(&f.w, 0);
		put_u64(&f.w, 0);
		put_str(&f.w, "/up");
		request();
		ipc_begin(&f.w, f.out, sizeof(f.out), FS_COMMIT);
		put_u64(&f.w, 0);
		request();
	}
}

/* --------------------------------------------------------------- measuring */

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_size(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

static void
measure(const char *what, void (*fn)(int), int n)
{
	double round[ROUNDS], begin;
	int i;

	fn(n / 10 + 1); /* warms up */
	for (i = 0; i < ROUNDS; i++) {
		begin = now_ns();
		fn(n);
		round[i] = (now_ns() - begin) / n;
	}
	qsort(round, ROUNDS, sizeof(round[0]), by_size);
	printf("%-44s %9.0f ns  (least %.0f)\n", what, round[ROUNDS / 2],
	    round[0]);
}

/* What needs a stage that the tests have; its checks want to be in one. */
START_TEST(with_rigs)
{
	crig_start(&rig);
	(void)crig_connect(&rig);
	measure("NOOP through a session", bench_noop, 50000);
	crig_stop(&rig);
	fixture_setup();
	put_file("file", "text");
	measure("FS_STAT through an agent's session", bench_stat, 50000);
	measure("FS_STORE and FS_COMMIT of an empty file", bench_store, 5000);
	fixture_teardown();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("micro");
	TCase *tc = tcase_create("micro");
	SRunner *sr = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	measure("a line of input", bench_line, 1000000);
	measure("a path joined and normalised", bench_path, 1000000);
	measure("a reply formatted", bench_reply, 1000000);
	measure("a line of LIST", bench_long, 1000000);
	measure("a line of MLSD", bench_mlsx, 1000000);
	tcase_add_test(tc, with_rigs);
	suite_add_tcase(suite, tc);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
