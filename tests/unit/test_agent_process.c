/* SPDX-License-Identifier: ISC */
/*
 * A whole agent process, with its threads and its sandbox, between a fake
 * monitor and fake workers.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/sockutil.h"
#include "common/sandbox.h"
#include "server/roles.h"
#include "suites.h"

#define WAIT_MS 10000
#define WORKERS 8
#define STUCK_MS 200

static pid_t agent;
static int monitor; /* our end of its channel */
static uint8_t mem[IPC_MAX];
static struct ipc_msg msg;

static void
process_setup(void)
{
	int fds[2];

	fixture_dir();
	ck_assert_int_eq(ipc_pair(fds), 0);
	agent = fork();
	ck_assert_int_ne(agent, -1);
	if (agent == 0) {
		close(fds[0]);
		agent_main(&f.conf, fds[1], &f.ident);
	}
	close(fds[1]);
	monitor = fds[0];
}

/* The agent goes when its monitor goes. */
static int
agent_end(void)
{
	int status = -1, i;

	fd_close(&monitor);
	for (i = 0; i < WAIT_MS / 10; i++) {
		if (waitpid(agent, &status, WNOHANG) == agent) {
			agent = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		poll(NULL, 0, 10);
	}
	return -1;
}

static void
process_teardown(void)
{
	if (agent > 0) {
		kill(agent, SIGKILL);
		waitpid(agent, NULL, 0);
	}
	fixture_teardown();
}

/* The next message on a channel; its body is in msg. */
static uint16_t
receive(int chan)
{
	struct pollfd p = { .fd = chan, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
	ck_assert_int_eq(ipc_recv(chan, mem, &msg), IPC_OK);
	return msg.type;
}

/* Grants a session on root and returns the worker's end. */
static int
grant(uint64_t sid, const char *root, int64_t *err_r)
{
	struct account acct = f.acct;
	struct addr peer = { .family = 4 };
	char reason[PROTO_REASON_MAX];
	struct wbuf w;
	int fds[2];

	ck_assert_int_eq(ipc_pair(fds), 0);
	strlcpy(acct.root, root, sizeof(acct.root));
	ipc_begin(&w, mem, sizeof(mem), MG_GRANT);
	put_u64(&w, sid);
	account_put(&w, &acct);
	addr_put(&w, &peer);
	ck_assert_int_eq(ipc_send(monitor, &w, fds[1]), IPC_OK);
	close(fds[1]);
	ck_assert_int_eq(receive(monitor), GM_GRANTED);
	ck_assert_uint_eq(get_u64(&msg.body), sid);
	*err_r = get_i64(&msg.body);
	get_str(&msg.body, reason, sizeof(reason));
	ck_assert_int_eq(rbuf_end(&msg.body), 0);
	if (*err_r != 0)
		ck_assert_ptr_nonnull(strstr(
		    reason, strerror(*err_r == ESTALE ? EACCES : (int)*err_r)));
	return fds[0];
}

static int
granted(uint64_t sid)
{
	int64_t err;
	int chan = grant(sid, f.dir, &err);

	ck_assert_int_eq(err, 0);
	return chan;
}

static int
request(int chan, uint16_t type, const char *path)
{
	struct wbuf w;

	ipc_begin(&w, mem, sizeof(mem), type);
	put_str(&w, path);
	if (type == FS_MKDIR)
		put_u8(&w, 0);
	ck_assert_int_eq(ipc_send(chan, &w, -1), IPC_OK);
	ck_assert_int_eq(receive(chan), type);
	return get_u8(&msg.body);
}

static int
start_upload(int chan, const char *path)
{
	struct wbuf w;

	ipc_begin(&w, mem, sizeof(mem), FS_STORE);
	put_u8(&w, STORE_REPLACE);
	put_u8(&w, 0);
	put_u64(&w, 0);
	put_str(&w, path);
	ck_assert_int_eq(ipc_send(chan, &w, -1), IPC_OK);
	ck_assert_int_eq(receive(chan), FS_STORE);
	ck_assert_int_eq(get_u8(&msg.body), FS_OK);
	ck_assert_int_ne(msg.fd, -1);
	return msg.fd;
}

/* Has the agent closed the channel? */
static bool
is_closed(int chan)
{
	struct pollfd p = { .fd = chan, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1 &&
	       ipc_recv(chan, mem, &msg) == IPC_EOF;
}

START_TEST(serves)
{
	char buf[8];
	int chan;

	put_file("f", "hello");
	chan = granted(41);
	ck_assert_int_eq(request(chan, FS_CHDIR, "/"), FS_OK);
	ck_assert_int_eq(request(chan, FS_MKDIR, "/d"), FS_OK);
	ck_assert(is_there("d"));
	ck_assert_int_eq(request(chan, FS_OPEN, "/f"), FS_OK);
	ck_assert_uint_eq(get_u64(&msg.body), 5);
	if (msg.fd != -1) /* it may be kept: enum file_access */
		ck_assert_int_eq(read(msg.fd, buf, sizeof(buf)), 5);
	fd_close(&msg.fd);
	close(chan);
	ck_assert_int_eq(receive(monitor), GM_CLOSED);
	ck_assert_uint_eq(get_u64(&msg.body), 41);
	ck_assert_int_eq(rbuf_end(&msg.body), 0);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

START_TEST(refuses_missing_home)
{
	int64_t err;
	int chan, good = granted(1);

	chan = grant(2, "/nonexistent/home", &err);
	ck_assert_int_eq(err, ENOENT);
	ck_assert(is_closed(chan));
	close(chan);
	/* and goes on */
	ck_assert_int_eq(request(good, FS_CHDIR, "/"), FS_OK);
	close(good);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* What it was not started for is out of its reach: another agent is to be
 * asked. */
START_TEST(hands_on_what_it_cannot_reach)
{
	int64_t err;
	int good = granted(1), chan = grant(2, "/usr", &err);

	ck_assert_int_eq(err, sandbox_is_built() ? ESTALE : 0);
	close(chan);
	ck_assert_int_eq(request(good, FS_CHDIR, "/"), FS_OK);
	close(good);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* A broken worker loses its own channel and nothing else. */
START_TEST(broken_worker)
{
	int good, bad;

	good = granted(1);
	bad = granted(2);
	ck_assert_int_eq(send(bad, "xx", 2, 0), 2);
	ck_assert(is_closed(bad));
	ck_assert_int_eq(receive(monitor), GM_CLOSED);
	ck_assert_uint_eq(get_u64(&msg.body), 2);
	ck_assert_int_eq(request(good, FS_CHDIR, "/"), FS_OK);
	close(bad);
	close(good);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* One whose worker reads nothing is not waited for by the others. */
START_TEST(parallel_sessions)
{
	int chan[WORKERS], i, j;
	struct wbuf w;

	put_file("f", "hello");
	for (i = 0; i < WORKERS; i++)
		chan[i] = granted((uint64_t)i);
	for (j = 0; j < 50; j++) {
		for (i = 0; i < WORKERS; i++) {
			ipc_begin(&w, mem, sizeof(mem), FS_STAT);
			put_str(&w, "/f");
			ck_assert_int_eq(ipc_send(chan[i], &w, -1), IPC_OK);
		}
		for (i = 0; i < WORKERS; i++) {
			ck_assert_int_eq(receive(chan[i]), FS_STAT);
			ck_assert_int_eq(get_u8(&msg.body), FS_OK);
		}
	}
	for (i = 0; i < WORKERS; i++)
		close(chan[i]);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* Requests whose answers nobody reads, until no more can be sent. */
static void
get_stuck(int chan)
{
	struct pollfd p = { .fd = chan, .events = POLLOUT };
	struct wbuf w;

	ipc_begin(&w, mem, sizeof(mem), FS_STAT);
	put_str(&w, "/f");
	while (poll(&p, 1, STUCK_MS) == 1)
		ck_assert_int_eq(ipc_send(chan, &w, -1), IPC_OK);
}

/* Sessions that hold their threads leave one to the others. */
START_TEST(stuck_sessions)
{
	int stuck[WORKERS], good, i;

	put_file("f", "hello");
	good = granted(1);
	for (i = 0; i < WORKERS; i++)
		get_stuck(stuck[i] = granted((uint64_t)i + 2));
	ck_assert_int_eq(request(good, FS_STAT, "/f"), FS_OK);
	close(granted(100));
	ck_assert_int_eq(receive(monitor), GM_CLOSED);
	ck_assert_uint_eq(get_u64(&msg.body), 100);
	for (i = 0; i < WORKERS; i++)
		close(stuck[i]);
	close(good);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* A listing of everything that a sandbox might get in the way of. */
START_TEST(lists_under_sandbox)
{
	struct wbuf w;
	int chan;

	put_file("f", "hello");
	chan = granted(1);
	ipc_begin(&w, mem, sizeof(mem), FS_LIST);
	put_u8(&w, LIST_LONG);
	put_u32(&w, LISTF_ALL);
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_str(&w, "/");
	put_str(&w, "");
	ck_assert_int_eq(ipc_send(chan, &w, -1), IPC_OK);
	ck_assert_int_eq(receive(chan), FS_LIST);
	ck_assert_int_eq(get_u8(&msg.body), FS_OK);
	ck_assert_int_eq(get_u8(&msg.body), LIST_END);
	close(chan);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

/* Uploads end properly when the worker dies, and when the monitor does. */
START_TEST(deaths_keep_partials)
{
	int chan, fd;

	chan = granted(1);
	fd = start_upload(chan, "/a");
	ck_assert_int_eq(write(fd, "part", 4), 4);
	close(fd);
	close(chan);
	ck_assert_int_eq(receive(monitor), GM_CLOSED);
	chan = granted(2);
	ck_assert_int_eq(request(chan, FS_STAT, "/a"), FS_OK);
	fd = start_upload(chan, "/b");
	ck_assert_int_eq(write(fd, "half", 4), 4);
	ck_assert_int_eq(agent_end(), 0);
	close(fd);
	close(chan);
	ck_assert(!is_there("a"));
	ck_assert(!is_there("b"));
	ck_assert_int_eq(count_names("."), 2);
	/* Both are found by the next session of the account. */
	fixture_session();
	ck_assert_int_eq(ask(FS_STAT, "p", "/a"), FS_OK);
	ck_assert_int_eq(ask(FS_STAT, "p", "/b"), FS_OK);
}
END_TEST

/* Terminals and service managers signal all processes; the monitor decides. */
START_TEST(ignores_signals)
{
	int chan = granted(1);

	ck_assert_int_eq(kill(agent, SIGINT), 0);
	ck_assert_int_eq(kill(agent, SIGTERM), 0);
	ck_assert_int_eq(kill(agent, SIGHUP), 0);
	ck_assert_int_eq(request(chan, FS_CHDIR, "/"), FS_OK);
	close(chan);
	ck_assert_int_eq(agent_end(), 0);
}
END_TEST

Suite *
suite_agent_process(void)
{
	Suite *s = suite_create("agent_process");
	TCase *t = tcase_create("process");

	tcase_add_checked_fixture(t, process_setup, process_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, serves);
	tcase_add_test(t, refuses_missing_home);
	tcase_add_test(t, hands_on_what_it_cannot_reach);
	tcase_add_test(t, broken_worker);
	tcase_add_test(t, parallel_sessions);
	tcase_add_test(t, stuck_sessions);
	tcase_add_test(t, lists_under_sandbox);
	tcase_add_test(t, deaths_keep_partials);
	tcase_add_test(t, ignores_signals);
	suite_add_tcase(s, t);
	return s;
}
