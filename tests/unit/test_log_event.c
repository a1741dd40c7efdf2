/* SPDX-License-Identifier: ISC */
/*
 * Events and reasons: the form of their lines, which others read by programs
 * (R14.1, R14.2), and that nothing in them can be forged.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_event.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

static int fds[2];
static char line[8192];
static struct addr peer;

static void
setup(void)
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_set_role("test");
	log_set_level(LOG_LV_INFO);
	log_set_fd(fds[1]);
	ck_assert_int_eq(addr_parse_ip(&peer, "192.0.2.1"), 0);
	peer.port = 50000;
}

static void
teardown(void)
{
	log_set_fd(-1);
	log_set_format(LOG_FORMAT_TEXT);
	close(fds[0]);
	close(fds[1]);
}

/* What an event's line says behind its head; "" if there is none. */
static const char *
logged(struct log_event e)
{
	ssize_t n;
	char *p;

	log_event(&e);
	n = read(fds[0], line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	p = strstr(line, "] ");
	return p == NULL ? line : p + 2;
}

START_TEST(contract_with_fail2ban)
{
	ck_assert_str_eq(logged((struct log_event){ .id = EVENT_AUTH_FAIL,
			     .reason = REASON_BAD_PASSWORD,
			     .session = 7,
			     .peer = &peer,
			     .user = "joe",
			     .detail = "more" }),
	    "auth-fail ip=192.0.2.1 user=\"joe\" reason=bad-password "
	    "port=50000 session=7 detail=\"more\"\n");
	ck_assert_ptr_nonnull(strstr(line, " info test["));
}
END_TEST

START_TEST(transfer_tells_zeros)
{
	ck_assert_str_eq(logged((struct log_event){ .id = EVENT_RETRIEVE,
			     .session = 1,
			     .peer = &peer,
			     .user = "joe",
			     .path = "/a b",
			     .result = "complete" }),
	    "retrieve ip=192.0.2.1 user=\"joe\" path=\"/a b\" result=complete "
	    "bytes=0 ms=0 session=1\n");
	ck_assert_str_eq(logged((struct log_event){ .id = EVENT_STORE,
			     .reason = REASON_CONNECTION_LOST,
			     .path = "/f",
			     .result = "aborted",
			     .bytes = 18446744073709551615u,
			     .total = 2,
			     .ms = 3,
			     .tls = "TLSv1.3",
			     .resumed = "yes" }),
	    "store reason=connection-lost path=\"/f\" result=aborted "
	    "bytes=18446744073709551615 of=2 ms=3 tls=TLSv1.3 resumed=yes\n");
}
END_TEST

START_TEST(mode_is_octal)
{
	ck_assert_str_eq(
	    logged((struct log_event){ .id = EVENT_CHMOD, .path = "/f" }),
	    "chmod path=\"/f\" mode=0000\n");
	ck_assert_str_eq(
	    logged((struct log_event){
		.id = EVENT_CHMOD, .path = "/f", .mode = 0100640 }),
	    "chmod path=\"/f\" mode=0640\n");
}
END_TEST

/* R14.1: nobody writes a line or a field by choosing a name. */
static const struct {
	const char *user, *text, *json;
} forgeries[] = {
	{ "a\" reason=quit ip=\"1.2.3.4", "a\\\" reason=quit ip=\\\"1.2.3.4",
	    "a\\\" reason=quit ip=\\\"1.2.3.4" },
	{ "a\nb\r\tauth-fail ip=1.2.3.4",
	    "a\\012b\\015\\011auth-fail ip=1.2.3.4",
	    "a\\u000ab\\u000d\\u0009auth-fail ip=1.2.3.4" },
	{ "\\", "\\\\", "\\\\" },
	{ "\033[2J\177", "\\033[2J\\177", "\\u001b[2J\\u007f" },
	{ "j\xc3\xbcrgen", "j\xc3\xbcrgen", "j\xc3\xbcrgen" },
	{ "j\xfcrgen", "j\xfcrgen", "j\\u00fcrgen" }, /* Latin-1 */
	{ "\xc2\x9b", "\\302\\233", "\\u00c2\\u009b" }, /* C1 */
	{ "\xed\xa0\x80", "\xed\xa0\\200",
	    "\\u00ed\\u00a0\\u0080" }, /* a surrogate */
};

START_TEST(names_forge_nothing)
{
	struct log_event e = {
		.id = EVENT_DELETE, .user = forgeries[_i].user, .path = "/"
	};
	char expected[256];

	(void)snprintf(expected, sizeof(expected),
	    "delete user=\"%s\" path=\"/\"\n", forgeries[_i].text);
	ck_assert_str_eq(logged(e), expected);
	log_set_format(LOG_FORMAT_JSON);
	(void)logged(e);
	(void)snprintf(expected, sizeof(expected),
	    ",\"event\":\"delete\",\"user\":\"%s\",\"path\":\"/\"}\n",
	    forgeries[_i].json);
	ck_assert_msg(strstr(line, expected) != NULL, "%s", line);
}
END_TEST

START_TEST(json_line)
{
	log_set_format(LOG_FORMAT_JSON);
	(void)logged((struct log_event){ .id = EVENT_CHMOD,
	    .peer = &peer,
	    .user = "joe",
	    .session = 7,
	    .mode = 0644 });
	ck_assert_ptr_eq(strstr(line, "{\"time\":\"2"), line);
	ck_assert_ptr_nonnull(strstr(
	    line, "Z\",\"level\":\"info\",\"process\":\"test\",\"pid\":"));
	ck_assert_ptr_nonnull(strstr(line,
	    ",\"event\":\"chmod\",\"ip\":\"192.0.2.1\",\"user\":\"joe\","
	    "\"mode\":\"0644\",\"session\":7}\n"));
	log_warnx("a \"message\"\n");
	line[read(fds[0], line, sizeof(line) - 1)] = '\0';
	ck_assert_ptr_nonnull(strstr(line, ",\"level\":\"warn\","));
	ck_assert_ptr_nonnull(
	    strstr(line, ",\"message\":\"a \\\"message\\\"\\u000a\"}\n"));
}
END_TEST

/* One line that a pipe takes at once, and its end is where it belongs. */
START_TEST(long_fields_fit)
{
	char big[20000];
	struct log_event e = { .id = EVENT_RENAME,
		.peer = &peer,
		.user = big,
		.path = big,
		.to = big,
		.name = big,
		.detail = big };
	size_t n;

	memset(big, '\n', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_set_format(_i);
	(void)logged(e);
	n = strlen(line);
	ck_assert_uint_le(n, 4096);
	ck_assert_uint_gt(n, 3000);
	ck_assert_ptr_eq(strchr(line, '\n'), line + n - 1);
	ck_assert_ptr_nonnull(strstr(line, "...\""));
	ck_assert_int_eq(line[n - 2], _i == LOG_FORMAT_JSON ? '}' : '"');
	log_warnx("%s", big);
	n = (size_t)read(fds[0], line, sizeof(line) - 1);
	line[n] = '\0';
	ck_assert_uint_le(n, 4096);
	ck_assert_ptr_eq(strchr(line, '\n'), line + n - 1);
	if (_i == LOG_FORMAT_JSON)
		ck_assert_str_eq(line + n - 3, "\"}\n");
}
END_TEST

/* What clients try all day is written at debug level only. */
START_TEST(level_of_a_refusal_is_its_reason_s)
{
	struct log_event e = { .id = EVENT_REFUSE, .reason = REASON_BANNED };

	ck_assert_str_eq(logged(e), "refuse reason=banned\n");
	log_set_level(LOG_LV_WARN);
	ck_assert_str_eq(logged(e), "");
	e.id = EVENT_LIST;
	log_set_level(LOG_LV_INFO);
	ck_assert_str_eq(logged(e), "");
	ck_assert(!log_event_wanted(EVENT_LIST));
	ck_assert(log_event_wanted(EVENT_STORE));
}
END_TEST

START_TEST(errno_is_kept)
{
	errno = ENOENT;
	log_set_fd(1000);
	log_event(&(struct log_event){ .id = EVENT_MKDIR });
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* Every row is there, in words that need no quotes, and no code twice. */
static void
check_word(const char *word, const char *help)
{
	ck_assert_ptr_nonnull(word);
	ck_assert_str_ne(word, "");
	ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-"),
	    strlen(word));
	ck_assert_int_eq(help[strlen(help) - 1], '.');
}

START_TEST(tables_are_complete)
{
	int i;

	for (i = 0; i < EVENT_COUNT; i++)
		check_word(log_event_name(i), log_event_help(i));
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		check_word(reason_code(i), reason_help(i));
		ck_assert_int_eq((int)reason_find(reason_code(i)), i);
	}
	ck_assert_int_eq(
	    (int)reason_find("home-missing: /x: no"), REASON_HOME_MISSING);
	ck_assert_int_eq((int)reason_find("home-missing2"), REASON_OTHER);
	ck_assert_int_eq((int)reason_find(""), REASON_OTHER);
}
END_TEST

/* docs/logs.md has them all, in the same words. */
static char *
read_docs(void)
{
	FILE *f = fopen(SRCDIR "/docs/logs.md", "r");
	char *text = xcalloc(1, 65536);

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, 65535, f), 0);
	(void)fclose(f);
	return text;
}

static void
check_row(
    const char *docs, const char *word, const char *level, const char *help)
{
	char row[512];

	(void)snprintf(
	    row, sizeof(row), "| `%s` | %s | %s |\n", word, level, help);
	ck_assert_msg(
	    strstr(docs, row) != NULL, "not in docs/logs.md: %s", row);
}

START_TEST(tables_are_documented)
{
	char *docs = read_docs();
	int i;

	for (i = 0; i < EVENT_COUNT; i++)
		check_row(docs, log_event_name(i),
		    i == EVENT_REFUSE ? "by reason"
		    : i == EVENT_LIST ? "debug"
				      : "info",
		    log_event_help(i));
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		check_row(docs, reason_code(i), log_level_name(reason_level(i)),
		    reason_help(i));
	free(docs);
}
END_TEST

Suite *
suite_log_event(void)
{
	Suite *s = suite_create("log_event");
	TCase *tc = tcase_create("events");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, contract_with_fail2ban);
	tcase_add_test(tc, transfer_tells_zeros);
	tcase_add_test(tc, mode_is_octal);
	tcase_add_loop_test(tc, names_forge_nothing, 0, NELEM(forgeries));
	tcase_add_test(tc, json_line);
	tcase_add_loop_test(tc, long_fields_fit, 0, 2);
	tcase_add_test(tc, level_of_a_refusal_is_its_reason_s);
	tcase_add_test(tc, errno_is_kept);
	tcase_add_test(tc, tables_are_complete);
	tcase_add_test(tc, tables_are_documented);
	suite_add_tcase(s, tc);
	return s;
}
