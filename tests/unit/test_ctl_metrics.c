/* SPDX-License-Identifier: ISC */
/*
 * Fields of ternctl stats as metrics.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/metrics.h"
#include "tests/unit/suites.h"

static struct control_fields row;
static char *printed;

static void
field(const char *name, enum control_unit unit, uint64_t n, const char *text)
{
	row.f[row.n++] = (struct control_field){
		.name = name, .unit = unit, .number = n, .text = text
	};
}

static void
number(const char *name, uint64_t n)
{
	field(name, UNIT_NUMBER, n, "");
}

static void
setup(void)
{
	row.n = 0;
	printed = NULL;
	field("version", UNIT_TEXT, 0, "1.2");
}

static void
teardown(void)
{
	free(printed);
}

static void
print(const struct control_fields *what)
{
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	ck_assert_ptr_nonnull(out);
	metrics_print(out, what);
	fclose(out);
}

static bool
has(const char *line)
{
	const char *p = strstr(printed, line);

	return p != NULL && (p == printed || p[-1] == '\n') &&
	       p[strlen(line)] == '\n';
}

static unsigned
count(const char *text)
{
	const char *p = printed;
	unsigned n = 0;

	while ((p = strstr(p, text)) != NULL) {
		n++;
		p += strlen(text);
	}
	return n;
}

START_TEST(server_is_down)
{
	print(NULL);
	ck_assert(has("ternftpd_up 0"));
	ck_assert_uint_eq(count("\n"), 3);
}
END_TEST

START_TEST(labels_from_names)
{
	number("logins.ok", 7);
	number("logins.denied.no-such-user", 3);
	number("transfers.up.failed", 2);
	number("sessions", 5);
	number("sessions.tls", 4);
	number("tls.data.resumed", 1);
	print(&row);
	ck_assert(has("ternftpd_info{version=\"1.2\"} 1"));
	ck_assert(has("ternftpd_logins_total{result=\"ok\"} 7"));
	ck_assert(
	    has("ternftpd_logins_total{result=\"denied\",reason=\"no-such-"
		"user\"} 3"));
	ck_assert(has("ternftpd_transfers_total{direction=\"up\",result="
		      "\"failed\"} 2"));
	ck_assert(has("ternftpd_sessions 5"));
	ck_assert(has("ternftpd_sessions_by_state{state=\"tls\"} 4"));
	ck_assert(has("ternftpd_tls_resumed_total{connection=\"data\"} 1"));
}
END_TEST

/* Wherever they stand in the row, the samples of a metric stand together. */
START_TEST(samples_stand_together)
{
	number("logins.ok", 1);
	number("refused.banned", 2);
	number("logins.busy", 3);
	number("tls.data.handshakes", 4);
	number("commands", 5);
	number("tls.control.handshakes", 6);
	print(&row);
	ck_assert_uint_eq(count("# TYPE ternftpd_logins_total counter\n"), 1);
	ck_assert_ptr_nonnull(
	    strstr(printed, "ternftpd_logins_total{result=\"ok\"} 1\n"
			    "ternftpd_logins_total{result=\"busy\"} 3\n"));
	ck_assert_uint_eq(count("# HELP ternftpd_tls_handshakes_total"), 1);
	ck_assert_ptr_nonnull(strstr(printed,
	    "ternftpd_tls_handshakes_total{connection=\"control\"} 6\n"
	    "ternftpd_tls_handshakes_total{connection=\"data\"} 4\n"));
}
END_TEST

/* Nothing that the server says can end a line or a value. */
START_TEST(values_are_escaped)
{
	row.n = 0;
	field("version", UNIT_TEXT, 0, "a\"b\\c\nd");
	number("refused.x\"} 1\ny", 1);
	number("logins.a.b.c", 1);
	print(&row);
	ck_assert(has("ternftpd_info{version=\"a\\\"b\\\\c?d\"} 1"));
	ck_assert(has("ternftpd_connections_refused_total{reason=\"x\\\"} "
		      "1?y\"} 1"));
	ck_assert(has("ternftpd_logins_total{result=\"a\",reason=\"b.c\"} 1"));
}
END_TEST

START_TEST(what_is_no_number_is_left_out)
{
	field("certificate.expires", UNIT_NONE, 0, "");
	field("listens", UNIT_TEXT, 0, "127.0.0.1:21");
	number("unknown", 1);
	print(&row);
	ck_assert_uint_eq(count("\n"), 6); /* up and info */
}
END_TEST

Suite *
suite_ctl_metrics(void)
{
	Suite *s = suite_create("ctl_metrics");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, server_is_down);
	tcase_add_test(tc, labels_from_names);
	tcase_add_test(tc, samples_stand_together);
	tcase_add_test(tc, values_are_escaped);
	tcase_add_test(tc, what_is_no_number_is_left_out);
	suite_add_tcase(s, tc);
	return s;
}
