/* SPDX-License-Identifier: ISC */
/*
 * Resumption: the table of users.md section 0 and the rules R1.1 to R1.8. Loop
 * tests run for TLS 1.2 and 1.3.
 */
#include <check.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tests/unit/tls_rig.h"
#include "tls/tls_info.h"
#include "tls/tls_keys.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct tls_ctx *ctx;

static void
setup(void)
{
	struct tls_keys k;

	temp_dir_setup();
	tls_keys_make(&k);
	tls_keys_set(&k);
	tls_reuse_share();
	ctx = rig_ctx(NULL);
}

static void
teardown(void)
{
	tls_ctx_unref(ctx);
	temp_dir_teardown();
}

/* A control connection that has logged in. */
static void
log_in(struct rig *r, const char *account, const struct rig_options *o)
{
	rig_control(r, ctx, o);
	tls_stream_set_account(&r->st, account);
}

/* The client's newest session, after a 227 (as the worker says it). */
static SSL_SESSION *
passive(struct rig *r)
{
	tls_stream_new_ticket(&r->st);
	rig_say(r, "227 Entering passive mode.\r\n");
	return rig_session(r);
}

/* What a data connection that offers this session is judged as. */
static enum tls_reuse
judge(const struct rig *control, SSL_SESSION *session, int version)
{
	struct rig d;
	enum tls_reuse reuse;

	rig_data(&d, control,
	    &(struct rig_options){ .version = version, .resume = session });
	reuse = tls_stream_reuse(&d.st);
	rig_say(&d, "data");
	ck_assert_str_eq(rig_get(&d), "data");
	ck_assert_int_eq(SSL_session_reused(d.c.ssl), reuse != TLS_REUSE_NONE);
	rig_close(&d);
	return reuse;
}

static bool
same_ticket(const SSL_SESSION *a, const SSL_SESSION *b)
{
	const unsigned char *pa, *pb;
	size_t na, nb;

	SSL_SESSION_get0_ticket(a, &pa, &na);
	SSL_SESSION_get0_ticket(b, &pb, &nb);
	return na == nb && memcmp(pa, pb, na) == 0;
}

/* ------------------------------------------------------------------ tickets */

/* R1.1: the ticket and the reply are one send; only when asked for. */
START_TEST(ticket_with_reply)
{
	struct rig r;

	rig_control(&r, ctx,
	    &(struct rig_options){
		.version = versions[_i], .type = SOCK_SEQPACKET });
	rig_get(&r);
	ck_assert_uint_eq(r.c.tickets, _i == 0 ? 1 : 0);
	r.c.packets = 0;
	rig_say(&r, "200 ok\r\n");
	rig_get(&r);
	ck_assert_uint_eq(r.c.tickets, _i == 0 ? 1 : 0);
	ck_assert_uint_eq(r.c.packets, 1);
	tls_stream_new_ticket(&r.st);
	rig_say(&r, "227 ok\r\n");
	ck_assert_str_eq(rig_get(&r), "227 ok\r\n");
	ck_assert_uint_eq(r.c.tickets, 1);
	ck_assert_uint_eq(r.c.packets, 2);
	rig_close(&r);
}
END_TEST

/* R2.1: an uploading client that never reads must find nothing unread. */
START_TEST(no_ticket_on_data)
{
	struct rig r, d;
	SSL_SESSION *s;
	int resumed;

	log_in(&r, "joe", &(struct rig_options){ .version = TLS1_3_VERSION });
	s = passive(&r);
	for (resumed = 0; resumed < 2; resumed++) {
		rig_data(&d, &r,
		    &(struct rig_options){ .version = TLS1_3_VERSION,
			.type = SOCK_SEQPACKET,
			.resume = resumed ? s : NULL });
		d.c.packets = 0;
		tls_stream_new_ticket(&d.st); /* no-op there */
		rig_put(&d, "data");
		ck_assert_str_eq(rig_hear(&d, NULL), "data");
		rig_get(&d);
		ck_assert_uint_eq(d.c.packets, 0);
		ck_assert_uint_eq(d.c.tickets, 0);
		rig_close(&d);
	}
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* 20 data connections on one control connection, each resumed with what came
 * with its own 227, and then 20 with one ticket again and again. */
START_TEST(twenty_data_connections)
{
	struct rig r;
	SSL_SESSION *s;
	int i;

	log_in(&r, "joe", &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&r) : passive(&r);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_OWN);
		if (_i == 1) {
			SSL_SESSION_free(s);
			s = passive(&r);
		}
	}
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* TLS 1.2 without tickets (Java 8): by session id (R1.7). */
START_TEST(session_ids)
{
	struct rig_options o = { .version = TLS1_2_VERSION,
		.no_tickets = true };
	struct rig r, other, sibling;
	SSL_SESSION *s;

	log_in(&r, "joe", &o);
	s = rig_session(&r);
	ck_assert(!SSL_SESSION_has_ticket(s));
	ck_assert_int_eq(judge(&r, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	ck_assert_int_eq(judge(&r, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	log_in(&other, "eve", &o);
	ck_assert_int_eq(judge(&other, s, TLS1_2_VERSION), TLS_REUSE_FOREIGN);
	log_in(&sibling, "joe", &o);
	ck_assert_int_eq(
	    judge(&sibling, s, TLS1_2_VERSION), TLS_REUSE_SAME_ACCOUNT);
	/* Whoever else has used it: it is still r's. */
	ck_assert_int_eq(judge(&r, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	rig_close(&sibling);
	rig_close(&other);
	rig_close(&r);
}
END_TEST

/* ... also with another worker than the one where the session began: a client
 * with several connections (curl --parallel) meets all of them. */
START_TEST(session_ids_of_another_process)
{
	struct rig_options o = { .version = TLS1_2_VERSION,
		.no_tickets = true };
	struct rig r, joe, eve;
	int status;
	BIO *file;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		log_in(&r, "joe", &o);
		file = BIO_new_file(temp_path("session"), "w");
		PEM_write_bio_SSL_SESSION(file, rig_session(&r));
		BIO_free(file);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	log_in(&joe, "joe", &o);
	log_in(&eve, "eve", &o);
	file = BIO_new_file(temp_path("session"), "r");
	o.resume = PEM_read_bio_SSL_SESSION(file, NULL, NULL, NULL);
	BIO_free(file);
	ck_assert_int_eq(
	    judge(&joe, o.resume, TLS1_2_VERSION), TLS_REUSE_SAME_ACCOUNT);
	ck_assert_int_eq(
	    judge(&eve, o.resume, TLS1_2_VERSION), TLS_REUSE_FOREIGN);
	log_in(&r, "joe", &o);
	ck_assert_int_eq(SSL_session_reused(r.c.ssl), 1);
	ck_assert_int_eq(judge(&r, o.resume, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(o.resume);
	rig_close(&eve);
	rig_close(&joe);
	rig_close(&r);
}
END_TEST

/* A data connection that is cut does not take the session along. */
START_TEST(cut_data_connection)
{
	struct rig_options o = { .version = TLS1_2_VERSION,
		.no_tickets = true };
	struct rig r, d;
	enum io_want want;
	SSL_SESSION *s;

	log_in(&r, "joe", &o);
	s = rig_session(&r);
	o.resume = s;
	rig_data(&d, &r, &o);
	rig_put(&d, "half");
	rig_hang_up(&d);
	rig_hear(&d, &want);
	ck_assert_int_eq(want, IO_EOF);
	rig_close(&d);
	ck_assert_int_eq(judge(&r, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* ----------------------------------------------------------------- verdicts */

START_TEST(not_resumed)
{
	struct rig r;

	log_in(&r, "joe", &(struct rig_options){ .version = versions[_i] });
	ck_assert_int_eq(judge(&r, NULL, versions[_i]), TLS_REUSE_NONE);
	rig_close(&r);
}
END_TEST

/* A stranger who is refused on a data connection must not be able to come back
 * with what its handshake has given him: not after a full one, by ticket or by
 * session id, ... */
START_TEST(nothing_after_a_full_handshake)
{
	struct rig_options o = { .version = versions[_i % 2],
		.no_tickets = _i >= 2 };
	struct rig r, d;
	SSL_SESSION *s;

	log_in(&r, "joe", &o);
	rig_data(&d, &r, &o);
	rig_say(&d, "data");
	rig_get(&d);
	s = rig_session(&d);
	rig_close(&d);
	if (s != NULL)
		ck_assert_int_eq(judge(&r, s, o.version), TLS_REUSE_NONE);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* ... nor after one with an old ticket of his own, which is renewed. */
START_TEST(renewed_for_its_owner)
{
	struct rig_options o = { .version = TLS1_2_VERSION };
	struct rig joe, eve, d;
	SSL_SESSION *s;

	log_in(&joe, "joe", &o);
	log_in(&eve, "eve", &o);
	o.resume = rig_session(&eve);
	rig_pass_time(13 * 3600L);
	rig_data(&d, &joe, &o);
	ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_FOREIGN);
	s = rig_session(&d);
	rig_close(&d);
	ck_assert_int_eq(judge(&joe, s, TLS1_2_VERSION), TLS_REUSE_FOREIGN);
	ck_assert_int_eq(judge(&eve, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	SSL_SESSION_free(o.resume);
	rig_close(&joe);
	rig_close(&eve);
}
END_TEST

/* Four connections with one cache: whichever ticket is the newest must do for
 * all of them (users: 10 of 40 with a strict server). */
START_TEST(parallel_connections)
{
	struct rig r[4];
	SSL_SESSION *s[4];
	int i, k;

	for (i = 0; i < 4; i++) {
		log_in(&r[i], "joe",
		    &(struct rig_options){ .version = versions[_i] });
		s[i] = _i == 0 ? rig_session(&r[i]) : passive(&r[i]);
	}
	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++)
			ck_assert_int_eq(judge(&r[i], s[k], versions[_i]),
			    i == k ? TLS_REUSE_OWN : TLS_REUSE_SAME_ACCOUNT);
	for (i = 0; i < 4; i++) {
		SSL_SESSION_free(s[i]);
		rig_close(&r[i]);
	}
}
END_TEST

START_TEST(other_account)
{
	struct rig joe, eve, nobody;
	SSL_SESSION *s;

	log_in(&joe, "joe", &(struct rig_options){ .version = versions[_i] });
	log_in(&eve, "eve", &(struct rig_options){ .version = versions[_i] });
	rig_control(
	    &nobody, ctx, &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&eve) : passive(&eve);
	ck_assert_int_eq(judge(&joe, s, versions[_i]), TLS_REUSE_FOREIGN);
	ck_assert_int_eq(judge(&nobody, s, versions[_i]), TLS_REUSE_FOREIGN);
	SSL_SESSION_free(s);
	/* Two that have not logged in are not the same account. */
	s = _i == 0 ? rig_session(&nobody) : passive(&nobody);
	ck_assert_int_eq(judge(&joe, s, versions[_i]), TLS_REUSE_UNKNOWN);
	tls_stream_set_account(&joe.st, NULL);
	ck_assert_int_eq(judge(&joe, s, versions[_i]), TLS_REUSE_UNKNOWN);
	SSL_SESSION_free(s);
	rig_close(&joe);
	rig_close(&eve);
	rig_close(&nobody);
}
END_TEST

/* The same account from another address is somebody else. */
START_TEST(other_address)
{
	const struct addr there = { .family = 4, .ip = { 192, 0, 2, 8 } };
	struct rig a, b;
	SSL_SESSION *s;

	log_in(&a, "joe", &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&a) : passive(&a);
	rig_open(&b, &(struct rig_options){ .version = versions[_i] });
	tls_stream_start(&b.st, ctx, &there);
	ck_assert(rig_handshake(&b));
	tls_stream_set_account(&b.st, "joe");
	ck_assert_int_eq(judge(&b, s, versions[_i]), TLS_REUSE_FOREIGN);
	SSL_SESSION_free(s);
	rig_close(&a);
	rig_close(&b);
}
END_TEST

/* A client that comes back resumes its control connection too. Its tickets are
 * of the new connection then, and the old ones remain good. */
START_TEST(resumed_control)
{
	struct rig r, again, third;
	SSL_SESSION *old, *new;

	log_in(&r, "joe", &(struct rig_options){ .version = versions[_i] });
	old = _i == 0 ? rig_session(&r) : passive(&r);
	rig_close(&r);
	rig_control(&again, ctx,
	    &(struct rig_options){ .version = versions[_i], .resume = old });
	ck_assert_int_eq(SSL_session_reused(again.c.ssl), 1);
	tls_stream_set_account(&again.st, "joe");
	new = _i == 0 ? rig_session(&again) : passive(&again);
	ck_assert_int_eq(judge(&again, new, versions[_i]), TLS_REUSE_OWN);
	ck_assert_int_eq(judge(&again, old, versions[_i]), TLS_REUSE_OWN);
	/* Also two generations back. */
	rig_control(&third, ctx,
	    &(struct rig_options){ .version = versions[_i], .resume = new });
	ck_assert_int_eq(SSL_session_reused(third.c.ssl), 1);
	tls_stream_set_account(&third.st, "joe");
	ck_assert_int_eq(judge(&third, new, versions[_i]), TLS_REUSE_OWN);
	ck_assert_int_eq(judge(&third, old, versions[_i]), TLS_REUSE_OWN);
	SSL_SESSION_free(old);
	SSL_SESSION_free(new);
	rig_close(&again);
	rig_close(&third);
}
END_TEST

/* Clients with one cache for several connections offer the newest ticket, also
 * that of a connection which has just resumed this one's session and has not
 * logged in yet (Go under 1.2). */
START_TEST(sibling_resumes)
{
	struct rig_options o = { .version = TLS1_2_VERSION };
	struct rig a, b, c;
	SSL_SESSION *s;

	log_in(&a, "joe", &o);
	o.resume = rig_session(&a);
	rig_control(&b, ctx, &o);
	ck_assert_int_eq(SSL_session_reused(b.c.ssl), 1);
	SSL_SESSION_free(o.resume);
	o.resume = rig_session(&b);
	ck_assert_int_eq(judge(&a, o.resume, TLS1_2_VERSION), TLS_REUSE_OWN);
	rig_control(&c, ctx, &o);
	s = rig_session(&c);
	rig_close(&b);
	rig_close(&c);
	ck_assert_int_eq(judge(&a, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	SSL_SESSION_free(o.resume);
	rig_close(&a);
}
END_TEST

/* 1.2 tickets do not name the account: who logged in there last does, also
 * when that connection has ended. */
START_TEST(ended_sibling)
{
	struct rig a, b;
	SSL_SESSION *s;

	log_in(&a, "joe", &(struct rig_options){ .version = TLS1_2_VERSION });
	log_in(&b, "joe", &(struct rig_options){ .version = TLS1_2_VERSION });
	s = rig_session(&a);
	ck_assert_int_eq(judge(&b, s, TLS1_2_VERSION), TLS_REUSE_SAME_ACCOUNT);
	tls_stream_set_account(&a.st, "eve");
	ck_assert_int_eq(judge(&b, s, TLS1_2_VERSION), TLS_REUSE_FOREIGN);
	tls_stream_set_account(&a.st, "joe");
	rig_close(&a);
	ck_assert_int_eq(judge(&b, s, TLS1_2_VERSION), TLS_REUSE_SAME_ACCOUNT);
	SSL_SESSION_free(s);
	rig_close(&b);
}
END_TEST

/* R1.8: another name on the data connection, or none, changes nothing. */
START_TEST(sni_on_data_is_ignored)
{
	struct rig_cert c =
	    rig_cert(&(struct rig_cert_spec){ .cn = "b.example" }, NULL);
	const char *names[] = { NULL, "a.example", "b.example", "c.example" };
	struct tls_settings set = { .sni_dir = temp_path("") };
	struct tls_ctx *mine;
	struct rig r, d;
	SSL_SESSION *s;
	size_t i;

	ck_assert_int_eq(tls_selfsigned(temp_path("c.example.crt"),
			     temp_path("c.example.key"), "c.example", NULL),
	    0);
	rig_write_cert("b.example.crt", &c, NULL);
	rig_write_key("b.example.key", &c);
	rig_write_key("server.key", &c); /* rig_ctx makes its own */
	mine = rig_ctx(&set);
	rig_control(&r, mine,
	    &(struct rig_options){
		.version = versions[_i], .sni = "b.example" });
	s = _i == 0 ? rig_session(&r) : passive(&r);
	for (i = 0; i < NELEM(names); i++) {
		rig_data(&d, &r,
		    &(struct rig_options){ .version = versions[_i],
			.resume = s,
			.sni = names[i] });
		ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_OWN);
		rig_close(&d);
		/* The same certificate, if one has to be shown (8.7). */
		rig_data(&d, &r,
		    &(struct rig_options){
			.version = versions[_i], .sni = names[i] });
		ck_assert_int_eq(
		    X509_cmp(SSL_get0_peer_certificate(d.c.ssl), c.x), 0);
		rig_close(&d);
	}
	SSL_SESSION_free(s);
	rig_close(&r);
	tls_ctx_unref(mine);
	rig_cert_free(&c);
}
END_TEST

/* A camera's ticket is of no use where more is asked for (R38). */
START_TEST(tickets_of_the_legacy_profile)
{
	struct tls_ctx *old =
	    rig_ctx(&(struct tls_settings){ .profile = TLS_LEGACY });
	struct rig_options o = { .version = versions[_i % 2],
		.no_tickets = _i == 2 };
	struct rig r, again;

	rig_control(&r, old, &o);
	o.resume = _i == 1 ? passive(&r) : rig_session(&r);
	rig_control(&again, ctx, &o);
	ck_assert_int_eq(SSL_session_reused(again.c.ssl), 0);
	rig_close(&again);
	rig_control(&again, old, &o);
	ck_assert_int_eq(SSL_session_reused(again.c.ssl), 1);
	rig_close(&again);
	SSL_SESSION_free(o.resume);
	rig_close(&r);
	tls_ctx_unref(old);
}
END_TEST

/* --------------------------------------------------------------------- keys */

/* R1.6: rotation keeps the tickets good, twice makes them void, and neither
 * is ever more than a full handshake. */
START_TEST(rotated_keys)
{
	struct tls_keys k;
	struct rig r;
	SSL_SESSION *s;

	tls_keys_make(&k);
	tls_keys_set(&k);
	log_in(&r, "joe", &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&r) : passive(&r);
	ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_OWN);
	tls_keys_rotate(&k);
	tls_keys_set(&k);
	ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_OWN);
	tls_keys_rotate(&k);
	tls_keys_set(&k);
	ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_NONE);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* TLS 1.2 gets no fresh tickets with 227: an old key is a reason to renew. */
START_TEST(previous_key_renews)
{
	struct rig_options o = { .version = TLS1_2_VERSION };
	struct tls_keys k;
	struct rig r, d;
	SSL_SESSION *s;

	tls_keys_make(&k);
	tls_keys_set(&k);
	log_in(&r, "joe", &o);
	o.resume = rig_session(&r);
	tls_keys_rotate(&k);
	tls_keys_set(&k);
	rig_data(&d, &r, &o);
	ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_OWN);
	s = rig_session(&d);
	ck_assert(!same_ticket(s, o.resume));
	SSL_SESSION_free(o.resume);
	rig_close(&d);
	tls_keys_rotate(&k);
	tls_keys_set(&k);
	ck_assert_int_eq(judge(&r, s, TLS1_2_VERSION), TLS_REUSE_OWN);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

#define HOURS 3600L

/* R1.5: sessions that are older than any ticket may be. A client of 1.3 gets
 * fresh ones; one of 1.2 has its ticket renewed when it uses it. */
START_TEST(long_sessions)
{
	struct rig_options o = { .version = versions[_i] };
	struct rig r, d;
	int day;

	log_in(&r, "joe", &o);
	o.resume = _i == 0 ? rig_session(&r) : passive(&r);
	for (day = 0; day < 6; day++) {
		rig_pass_time(13 * HOURS);
		rig_data(&d, &r, &o);
		ck_assert_int_eq(tls_stream_reuse(&d.st), TLS_REUSE_OWN);
		SSL_SESSION_free(o.resume);
		o.resume = _i == 0 ? rig_session(&d) : passive(&r);
		rig_close(&d);
	}
	/* One that was not used for longer is void. */
	rig_pass_time(25 * HOURS);
	ck_assert_int_eq(judge(&r, o.resume, versions[_i]), TLS_REUSE_NONE);
	SSL_SESSION_free(o.resume);
	rig_close(&r);
}
END_TEST

/* ... and while it is young it stays what it is. */
START_TEST(young_tickets_are_not_renewed)
{
	struct rig_options o = { .version = TLS1_2_VERSION };
	struct rig r, d;
	SSL_SESSION *s;

	log_in(&r, "joe", &o);
	o.resume = rig_session(&r);
	rig_pass_time(11 * HOURS);
	rig_data(&d, &r, &o);
	s = rig_session(&d);
	ck_assert(same_ticket(s, o.resume));
	SSL_SESSION_free(s);
	SSL_SESSION_free(o.resume);
	rig_close(&d);
	rig_close(&r);
}
END_TEST

/* Tickets of another server, and bytes that are none. */
START_TEST(strange_tickets)
{
	struct tls_keys k;
	struct rig r;
	SSL_SESSION *s;

	log_in(&r, "joe", &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&r) : passive(&r);
	tls_keys_make(&k);
	tls_keys_set(&k);
	ck_assert_int_eq(judge(&r, s, versions[_i]), TLS_REUSE_NONE);
	SSL_SESSION_free(s);
	rig_close(&r);
}
END_TEST

/* All workers judge alike: the ticket is made in one process and judged in
 * another, under 1.2 with the help of the shared table. */
START_TEST(other_process)
{
	struct rig a, b;
	SSL_SESSION *s;
	int status;
	pid_t pid;

	log_in(&b, "joe", &(struct rig_options){ .version = versions[_i] });
	log_in(&a, "nobody", &(struct rig_options){ .version = versions[_i] });
	s = _i == 0 ? rig_session(&a) : NULL;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) { /* here somebody logs in on a */
		tls_stream_set_account(&a.st, "joe");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	if (_i == 1) {
		tls_stream_set_account(&a.st, "joe");
		s = passive(&a);
	}
	ck_assert_int_eq(judge(&b, s, versions[_i]), TLS_REUSE_SAME_ACCOUNT);
	SSL_SESSION_free(s);
	rig_close(&a);
	rig_close(&b);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(tls_reuse_str(TLS_REUSE_NONE), "none");
	ck_assert_str_eq(tls_reuse_str(TLS_REUSE_OWN), "own");
	ck_assert_str_eq(tls_reuse_str(TLS_REUSE_SAME_ACCOUNT), "same account");
	ck_assert_str_eq(tls_reuse_str(TLS_REUSE_UNKNOWN), "unknown");
	ck_assert_str_eq(tls_reuse_str(TLS_REUSE_FOREIGN), "foreign");
}
END_TEST

/* Plain streams may be asked anything. */
START_TEST(plain_streams)
{
	struct stream st;

	stream_init_plain(&st, -1);
	tls_stream_new_ticket(&st);
	tls_stream_set_account(&st, "joe");
	tls_stream_last(&st);
	tls_stream_pad_next(&st, 512, 0);
	tls_stream_leave(&st);
	ck_assert_int_eq(tls_stream_reuse(&st), TLS_REUSE_NONE);
	ck_assert(!tls_stream_is_tls(&st));
	ck_assert(!tls_stream_is_up(&st));
	ck_assert(!tls_stream_was_truncated(&st));
	ck_assert_str_eq(tls_stream_error(&st), "");
}
END_TEST

Suite *
suite_tls_reuse(void)
{
	Suite *s = suite_create("tls_reuse");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, ticket_with_reply, 0, 2);
	tcase_add_test(tc, no_ticket_on_data);
	tcase_add_loop_test(tc, twenty_data_connections, 0, 2);
	tcase_add_test(tc, session_ids);
	tcase_add_test(tc, session_ids_of_another_process);
	tcase_add_test(tc, cut_data_connection);
	tcase_add_loop_test(tc, not_resumed, 0, 2);
	tcase_add_loop_test(tc, nothing_after_a_full_handshake, 0, 4);
	tcase_add_test(tc, renewed_for_its_owner);
	tcase_add_loop_test(tc, parallel_connections, 0, 2);
	tcase_add_loop_test(tc, other_account, 0, 2);
	tcase_add_loop_test(tc, other_address, 0, 2);
	tcase_add_loop_test(tc, resumed_control, 0, 2);
	tcase_add_test(tc, sibling_resumes);
	tcase_add_test(tc, ended_sibling);
	tcase_add_loop_test(tc, sni_on_data_is_ignored, 0, 2);
	tcase_add_loop_test(tc, tickets_of_the_legacy_profile, 0, 3);
	tcase_add_loop_test(tc, rotated_keys, 0, 2);
	tcase_add_test(tc, previous_key_renews);
	tcase_add_loop_test(tc, long_sessions, 0, 2);
	tcase_add_test(tc, young_tickets_are_not_renewed);
	tcase_add_loop_test(tc, strange_tickets, 0, 2);
	tcase_add_loop_test(tc, other_process, 0, 2);
	tcase_add_test(tc, words);
	tcase_add_test(tc, plain_streams);
	suite_add_tcase(s, tc);
	return s;
}
