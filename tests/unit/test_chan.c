/* SPDX-License-Identifier: ISC */
/*
 * Channels on a loop: queueing for a slow peer, the end of a peer, and owners
 * that free the channel from its callback.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/chan.h"
#include "common/log.h"
#include "common/timer.h"
#include "tests/unit/child.h"
#include "tests/unit/suites.h"

#define PAYLOAD 8000
#define TURNS 10000 /* of the loop, before a test gives up */

static struct event_base *base;
static struct chan *chan; /* under test */
static int peer; /* the other end, without a loop */
static uint8_t in[IPC_MAX], out[IPC_MAX];
static struct ipc_msg m;

static unsigned ngot, nends; /* messages and ends seen by the callback */
static uint32_t last; /* number in the last message */
static unsigned free_at, pause_at; /* do so at that message; 0: never */

static void
on_message(struct chan *c, struct ipc_msg *msg, void *arg)
{
	ck_assert_ptr_eq(c, chan);
	ck_assert_ptr_eq(arg, &ngot);
	if (msg == NULL) {
		nends++;
		return;
	}
	ngot++;
	last = get_u32(&msg->body);
	ck_assert_int_eq(msg->body.err, 0);
	if (pause_at == ngot)
		chan_pause(c, true);
	if (free_at == ngot) {
		chan_free(c);
		chan = NULL;
	}
}

static void
setup(void)
{
	int fds[2];

	log_open("none");
	base = event_base_new();
	ck_assert_int_eq(ipc_pair(fds), 0);
	peer = fds[1];
	ngot = nends = last = free_at = pause_at = 0;
	chan = chan_new(base, fds[0], on_message, &ngot);
}

static void
teardown(void)
{
	chan_free(chan);
	close(peer);
	event_base_free(base);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* Turns until nothing comes any more. */
static void
settle(void)
{
	unsigned before, i = 0;

	do {
		before = ngot + nends;
		turn();
		ck_assert_uint_lt(++i, TURNS);
	} while (ngot + nends != before);
}

static void
begin(struct wbuf *w, uint32_t n, size_t payload)
{
	ipc_begin(w, out, sizeof(out), 5);
	put_u32(w, n);
	while (w->len < payload)
		put_u8(w, (uint8_t)n);
}

static int
send_to_peer(uint32_t n, size_t payload, int fd)
{
	struct wbuf w;

	begin(&w, n, payload);
	return chan_send(chan, &w, fd);
}

static enum ipc_result
send_from_peer(uint32_t n)
{
	struct wbuf w;

	begin(&w, n, 0);
	return ipc_send(peer, &w, -1);
}

/* The next message at the peer, letting the channel work meanwhile. */
static enum ipc_result
peer_recv(void)
{
	enum ipc_result res;
	int i;

	for (i = 0; i < TURNS; i++) {
		if ((res = ipc_recv(peer, in, &m)) != IPC_AGAIN)
			return res;
		turn();
	}
	return IPC_AGAIN;
}

static int
events_added(void)
{
	return event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED);
}

START_TEST(messages_go_both_ways)
{
	ck_assert_int_eq(send_to_peer(1, 0, -1), 0);
	ck_assert_int_eq(peer_recv(), IPC_OK);
	ck_assert_uint_eq(get_u32(&m.body), 1);
	ck_assert_int_eq(send_from_peer(2), IPC_OK);
	settle();
	ck_assert_uint_eq(ngot, 1);
	ck_assert_uint_eq(last, 2);
	ck_assert_uint_eq(nends, 0);
}
END_TEST

/* Several times what the socket holds: all come, whole and in order. */
START_TEST(slow_peer_is_queued_for)
{
	uint32_t i;

	for (i = 0; i < 500; i++)
		ck_assert_int_eq(send_to_peer(i, PAYLOAD, -1), 0);
	ck_assert_int_eq(events_added(), 2);
	for (i = 0; i < 500; i++) {
		ck_assert_int_eq(peer_recv(), IPC_OK);
		ck_assert_uint_eq(get_u32(&m.body), i);
		ck_assert_uint_eq((size_t)(m.body.end - in), PAYLOAD);
		ck_assert_int_eq(in[PAYLOAD - 1], (uint8_t)i);
	}
	turn();
	ck_assert_int_eq(events_added(), 1); /* waits for no room any more */
	ck_assert_uint_eq(nends, 0);
}
END_TEST

/* The queue has descriptors of its own, and closes them. */
START_TEST(queued_descriptor_is_a_copy)
{
	unsigned before = child_count_fds();
	int fd, i, n = 100;

	for (i = 0; i < n; i++) {
		fd = open("/dev/null", O_RDONLY);
		ck_assert_int_eq(send_to_peer((uint32_t)i, PAYLOAD, fd), 0);
		close(fd);
	}
	for (i = 0; i < n; i++) {
		struct stat st;

		ck_assert_int_eq(peer_recv(), IPC_OK);
		ck_assert_int_eq(fstat(m.fd, &st), 0);
		ck_assert(S_ISCHR(st.st_mode));
		ipc_msg_done(&m);
	}
	ck_assert_uint_eq(child_count_fds(), before);
}
END_TEST

START_TEST(free_drops_the_queue)
{
	unsigned before = child_count_fds();
	uint32_t i;

	for (i = 0; i < 100; i++)
		ck_assert_int_eq(send_to_peer(i, PAYLOAD, peer), 0);
	chan_free(chan);
	chan = NULL;
	ck_assert_uint_eq(child_count_fds(), before - 1);
	turn();
	ck_assert_uint_eq(ngot + nends, 0);
}
END_TEST

START_TEST(peer_that_never_reads_is_cut_off)
{
	uint32_t i = 0;

	while (send_to_peer(i, PAYLOAD, -1) == 0)
		ck_assert_uint_lt(++i, 5000);
	ck_assert_uint_gt(i, 100);
	ck_assert_uint_eq(nends, 0); /* never from inside chan_send() */
	settle();
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(send_to_peer(0, 0, -1), -1);
	settle();
	ck_assert_uint_eq(nends, 1);
	while (ipc_recv(peer, in, &m) == IPC_OK)
		ck_assert_uint_gt(i--, 0);
	ck_assert_int_eq(ipc_recv(peer, in, &m), IPC_EOF);
}
END_TEST

/* One channel does not keep the loop from the others. */
START_TEST(reading_is_bounded_per_turn)
{
	uint32_t i;

	for (i = 0; i < 100; i++)
		ck_assert_int_eq(send_from_peer(i), IPC_OK);
	turn();
	ck_assert_uint_gt(ngot, 0);
	ck_assert_uint_lt(ngot, 100);
	settle();
	ck_assert_uint_eq(ngot, 100);
	ck_assert_uint_eq(last, 99);
}
END_TEST

START_TEST(owner_frees_on_a_message)
{
	uint32_t i;

	free_at = 3;
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(send_from_peer(i), IPC_OK);
	settle();
	ck_assert_uint_eq(ngot, 3);
	ck_assert_uint_eq(nends, 0);
	ck_assert_int_eq(events_added(), 0);
}
END_TEST

static void
free_at_end_cb(struct chan *c, struct ipc_msg *msg, void *arg)
{
	ck_assert_ptr_null(msg);
	nends++;
	chan_free(c);
	chan = NULL;
}

START_TEST(owner_frees_on_the_end)
{
	int fds[2];

	chan_free(chan);
	ck_assert_int_eq(ipc_pair(fds), 0);
	chan = chan_new(base, fds[0], free_at_end_cb, NULL);
	close(fds[1]);
	settle();
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(events_added(), 0);
}
END_TEST

START_TEST(end_comes_once_and_after_the_messages)
{
	ck_assert_int_eq(send_from_peer(1), IPC_OK);
	ck_assert_int_eq(send_from_peer(2), IPC_OK);
	close(peer);
	settle();
	ck_assert_uint_eq(ngot, 2);
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(send_to_peer(1, 0, -1), -1);
	settle();
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(events_added(), 0);
	peer = -1;
}
END_TEST

/* Sending notices first: what the peer said before is still heard. */
START_TEST(send_to_the_dead_reports_later)
{
	ck_assert_int_eq(send_from_peer(7), IPC_OK);
	close(peer);
	peer = -1;
	ck_assert_int_eq(send_to_peer(1, 0, -1), -1);
	ck_assert_uint_eq(nends, 0);
	settle();
	ck_assert_uint_eq(last, 7);
	ck_assert_uint_eq(nends, 1);
}
END_TEST

START_TEST(peer_dies_while_we_queue)
{
	uint32_t i;

	for (i = 0; i < 200; i++)
		ck_assert_int_eq(send_to_peer(i, PAYLOAD, 0), 0);
	close(peer);
	peer = -1;
	settle();
	ck_assert_uint_eq(nends, 1);
	ck_assert_int_eq(events_added(), 0);
}
END_TEST

/* A peer that only stops reading is as good as dead. */
START_TEST(peer_that_shuts_its_ear_is_cut_off)
{
	ck_assert_int_eq(shutdown(peer, SHUT_RD), 0);
	ck_assert_int_eq(send_to_peer(1, 0, -1), -1);
	settle();
	ck_assert_uint_eq(nends, 1);
}
END_TEST

START_TEST(broken_message_ends_the_peer)
{
	ck_assert_int_eq(send_from_peer(1), IPC_OK);
	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
	ck_assert_int_eq(send_from_peer(2), IPC_OK);
	settle();
	ck_assert_uint_eq(ngot, 1);
	ck_assert_uint_eq(nends, 1);
}
END_TEST

START_TEST(pause_holds_from_inside_a_burst)
{
	uint32_t i;

	pause_at = 2;
	for (i = 1; i <= 5; i++)
		ck_assert_int_eq(send_from_peer(i), IPC_OK);
	settle();
	ck_assert_uint_eq(ngot, 2);
	chan_pause(chan, true); /* again is harmless */
	settle();
	ck_assert_uint_eq(ngot, 2);
	chan_pause(chan, false);
	settle();
	ck_assert_uint_eq(ngot, 5);
}
END_TEST

/* The descriptor of a message that its receiver left alone. */
START_TEST(unwanted_descriptor_is_closed)
{
	unsigned before = child_count_fds();
	struct wbuf w;

	begin(&w, 1, 0);
	ck_assert_int_eq(ipc_send(peer, &w, peer), IPC_OK);
	settle();
	ck_assert_uint_eq(ngot, 1);
	ck_assert_uint_eq(child_count_fds(), before);
}
END_TEST

/*
 * More descriptors in flight than the kernel lets an ordinary user have: the
 * socket has room, so waiting for room would spin.
 */
static void
send_too_many(void)
{
	struct rlimit few = { 40, 40 };
	unsigned i, turns = 0, got = 0;

	CHILD_ASSERT(
	    geteuid() != 0 || (setresgid(65534, 65534, 65534) == 0 &&
				  setresuid(65534, 65534, 65534) == 0));
	CHILD_ASSERT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	for (i = 0; i < 50; i++)
		CHILD_ASSERT(send_to_peer(i, 0, peer) == 0);
	/* 20 ms each; a spinning one would be back at once */
	while (turns < 3) {
		uint64_t start = clock_ms();

		event_base_loop(base, EVLOOP_ONCE);
		CHILD_ASSERT(clock_ms() - start >= 10);
		turns++;
	}
	while (got < 50 && turns++ < 1000) {
		while (ipc_recv(peer, in, &m) == IPC_OK) {
			CHILD_ASSERT(get_u32(&m.body) == got++);
			ipc_msg_done(&m);
		}
		if (got < 50)
			event_base_loop(base, EVLOOP_ONCE);
	}
	CHILD_ASSERT(got == 50);
	CHILD_ASSERT(nends == 0);
}

START_TEST(too_many_in_flight_waits)
{
	ck_assert_int_eq(child_run(send_too_many, NULL, 0), 0);
}
END_TEST

static void
send_what_did_not_fit(void)
{
	struct wbuf w;

	ipc_begin(&w, out, 2, 1);
	put_u8(&w, 1);
	(void)chan_send(chan, &w, -1);
}

START_TEST(message_that_did_not_fit_is_a_bug)
{
	char log[512];

	ck_assert_int_eq(child_run(send_what_did_not_fit, log, 512), 1);
	ck_assert_ptr_nonnull(strstr(log, "bug"));
}
END_TEST

START_TEST(free_accepts_null)
{
	chan_free(NULL);
	ck_assert_int_ge(chan_fd(chan), 0);
}
END_TEST

Suite *
suite_chan(void)
{
	Suite *s = suite_create("chan");
	TCase *tc = tcase_create("chan");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, messages_go_both_ways);
	tcase_add_test(tc, slow_peer_is_queued_for);
	tcase_add_test(tc, queued_descriptor_is_a_copy);
	tcase_add_test(tc, free_drops_the_queue);
	tcase_add_test(tc, peer_that_never_reads_is_cut_off);
	tcase_add_test(tc, reading_is_bounded_per_turn);
	tcase_add_test(tc, owner_frees_on_a_message);
	tcase_add_test(tc, owner_frees_on_the_end);
	tcase_add_test(tc, end_comes_once_and_after_the_messages);
	tcase_add_test(tc, send_to_the_dead_reports_later);
	tcase_add_test(tc, peer_dies_while_we_queue);
	tcase_add_test(tc, peer_that_shuts_its_ear_is_cut_off);
	tcase_add_test(tc, broken_message_ends_the_peer);
	tcase_add_test(tc, pause_holds_from_inside_a_burst);
	tcase_add_test(tc, unwanted_descriptor_is_closed);
	tcase_add_test(tc, too_many_in_flight_waits);
	tcase_add_test(tc, message_that_did_not_fit_is_a_bug);
	tcase_add_test(tc, free_accepts_null);
	suite_add_tcase(s, tc);
	return s;
}
