/* SPDX-License-Identifier: ISC */
/*
 * The control connection's bytes: protocol chapter 2.1 and 2.2, rules 46 and
 * 52, T2 to T10. Every case runs whole and in pieces of every size.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/line.h"
#include "common/mem.h"
#include "tests/unit/suites.h"

/* Input, and what comes out of it: lines in [], <long>, <nul>, and at the end
 * the Telnet answers in hexadecimal and '+' if a line is partial. */
static const struct line_case {
	const char *in;
	size_t inlen;
	const char *want;
} cases[] = {
#define CASE(in, want)                   \
	{                                \
		in, sizeof(in) - 1, want \
	}
	CASE("", ""),
	CASE("NOOP\r\n", "[NOOP]"),
	CASE("NOOP\n", "[NOOP]"), /* T4 */
	CASE("\r\n", "[]"),
	CASE("\n\n", "[][]"),
	CASE("USER a\r\nPASS b\r\n", "[USER a][PASS b]"), /* T3 */
	CASE("NOOP", "+"),
	CASE("NOOP\r", "+"),
	CASE("\r", "+"),
	CASE("CWD  x \r\n", "[CWD  x ]"),
	/* CR NUL is a CR, CR before others stays (T5) */
	CASE("CWD a\r\0b\r\n", "[CWD a\rb]"),
	CASE("CWD a\rb\r\n", "[CWD a\rb]"),
	CASE("CWD a\r\r\n", "[CWD a\r]"),
	CASE("CWD a\r\r\0\n", "[CWD a\r\r]"),
	CASE("CWD \r\0\r\n", "[CWD \r]"),
	/* NUL (T6) */
	CASE("CWD a\0b\r\nNOOP\r\n", "<nul>[NOOP]"),
	CASE("\0\n", "<nul>"),
	CASE("\0\0a\0\r\nX\r\n", "<nul>[X]"),
	CASE("a\r\0\0\n", "<nul>"),
	CASE("\0", "+"),
	/* IAC IAC is one byte (T8), an IAC alone before data is one too */
	CASE("CWD \xff\xff\r\n", "[CWD \xff]"),
	CASE("CWD \xff\xff\xff\xff\r\n", "[CWD \xff\xff]"),
	CASE("CWD caf\xff"
	     "b\r\n",
	    "[CWD caf\xff"
	    "b]"),
	CASE("CWD \xff\r\n", "[CWD \xff]"),
	CASE("CWD \xff\n", "[CWD \xff]"),
	CASE("CWD \r\xff\xff\n", "[CWD \r\xff]"),
	CASE("CWD \xff\0\n", "<nul>"),
	CASE("CWD \xc3\xa9\xfe\r\n", "[CWD \xc3\xa9\xfe]"),
	/* IP, DM and the other commands vanish (rule 46, T10) */
	CASE("\xff\xf4\xff\xf2"
	     "ABOR\r\n",
	    "[ABOR]"),
	CASE("\xff\xf4\xf2"
	     "ABOR\r\n", /* the DM's IAC was the urgent byte before it */
	    "[\xf2"
	    "ABOR]"),
	CASE("AB\xff\xf1OR\xff\xf9\r\xff\xf0\n", "[ABOR]"),
	/* WILL gets DONT, DO gets WONT (T9), refusals get nothing */
	CASE("\xff\xfb\x01NOOP\r\n", "[NOOP]fffe01"),
	CASE("\xff\xfd\x18\xff\xfb\xffNOOP\r\n", "[NOOP]fffc18fffeff"),
	CASE("\xff\xfc\x01\xff\xfe\x0aNOOP\r\n", "[NOOP]"),
	CASE("\xff\xfd", ""),
	/* subnegotiations vanish, whatever is in them */
	CASE("NO\xff\xfa\x18\0\r\n\xff\xffxterm\xff\xf0OP\r\n", "[NOOP]"),
	CASE("NO\xff\xfa\xff\xfa\xff\xf0OP\r\n", "[NOOP]"),
	CASE("\xff\xfa\x18", ""),
#undef CASE
};

struct out {
	char text[512];
	size_t len;
};

static void
out_add(struct out *o, const void *p, size_t n)
{
	ck_assert_uint_lt(o->len + n, sizeof(o->text));
	memcpy(o->text + o->len, p, n);
	o->len += n;
	o->text[o->len] = '\0';
}

static void
out_str(struct out *o, const char *s)
{
	out_add(o, s, strlen(s));
}

/* Feeds one piece and notes what comes out. */
static void
feed(struct line_reader *lr, const void *piece, size_t n, struct out *o)
{
	const uint8_t *p = piece, *end = p + n;
	enum line_result res;
	char *line;
	size_t len;

	while ((res = line_next(lr, &p, end, &line, &len)) != LINE_NONE) {
		if (res == LINE_OK) {
			ck_assert_int_eq(line[len], '\0');
			out_str(o, "[");
			out_add(o, line, len);
			out_str(o, "]");
		} else {
			out_str(o, res == LINE_NUL ? "<nul>" : "<long>");
		}
	}
	ck_assert_ptr_eq(p, end);
}

static void
finish(struct line_reader *lr, struct out *o)
{
	char hex[3];
	int i;

	for (i = 0; i < lr->nrefuse; i++) {
		snprintf(hex, sizeof(hex), "%02x", lr->refuse[i]);
		out_str(o, hex);
	}
	if (line_is_partial(lr))
		out_str(o, "+");
	line_clear(lr);
	ck_assert(!line_is_partial(lr));
	ck_assert_ptr_null(lr->buf);
}

START_TEST(decodes_in_pieces_of_every_size)
{
	const struct line_case *c = &cases[_i];
	size_t step, i;

	for (step = 1; step <= c->inlen + 1; step++) {
		struct out o = { .len = 0 };
		struct line_reader lr;

		line_init(&lr);
		for (i = 0; i < c->inlen; i += step)
			feed(&lr, c->in + i,
			    c->inlen - i < step ? c->inlen - i : step, &o);
		finish(&lr, &o);
		ck_assert_str_eq(o.text, c->want);
	}
}
END_TEST

/* T7: the longest line, and one byte more; then the session goes on. */
START_TEST(line_length_is_limited)
{
	static char in[LINE_MAX_LEN + 3];
	const uint8_t *p, *end;
	struct line_reader lr;
	char *line;
	size_t len, extra;

	for (extra = 0; extra < 2; extra++) {
		memset(in, 'x', sizeof(in));
		memcpy(in + LINE_MAX_LEN + extra, "\r\n", 2);
		p = (uint8_t *)in;
		end = p + LINE_MAX_LEN + extra + 2;
		line_init(&lr);
		ck_assert_int_eq(line_next(&lr, &p, end, &line, &len),
		    extra ? LINE_TOO_LONG : LINE_OK);
		if (!extra)
			ck_assert_uint_eq(len, LINE_MAX_LEN);
		ck_assert_ptr_eq(p, end);
		p = (const uint8_t *)"NOOP\r\n";
		ck_assert_int_eq(
		    line_next(&lr, &p, p + 6, &line, &len), LINE_OK);
		ck_assert_str_eq(line, "NOOP");
		line_clear(&lr);
	}
}
END_TEST

/* A CR that becomes part of the line counts, one before LF does not. */
START_TEST(line_length_counts_decoded_bytes)
{
	struct line_reader lr;
	struct out o = { .len = 0 };
	int i;

	line_init(&lr);
	for (i = 0; i < LINE_MAX_LEN - 1; i++)
		feed(&lr, "x", 1, &o);
	feed(&lr, "\r\0\0", 2, &o);
	ck_assert_uint_eq(lr.len, LINE_MAX_LEN - 1 + 1);
	feed(&lr, "\xff\xff", 2, &o);
	ck_assert(lr.overlong);
	feed(&lr, "\r\n", 2, &o);
	ck_assert_str_eq(o.text, "<long>");
	line_clear(&lr);
}
END_TEST

/* 20 MB without a line end cost no memory and one report. */
START_TEST(endless_line_uses_no_memory)
{
	static char junk[1 << 20];
	struct line_reader lr;
	struct out o = { .len = 0 };
	int i;

	memset(junk, 'j', sizeof(junk));
	line_init(&lr);
	feed(&lr, "STOR ", 5, &o); /* so that there is a buffer to drop */
	for (i = 0; i < 20; i++) {
		feed(&lr, junk, sizeof(junk), &o);
		ck_assert_ptr_null(lr.buf);
	}
	ck_assert(line_is_partial(&lr));
	feed(&lr, "\r\nNOOP\r\n", 8, &o);
	ck_assert_str_eq(o.text, "<long>[NOOP]");
	line_clear(&lr);
}
END_TEST

START_TEST(line_with_nul_uses_no_memory)
{
	struct line_reader lr;
	struct out o = { .len = 0 };
	int i;

	line_init(&lr);
	feed(&lr, "CWD a\0b", 7, &o);
	ck_assert_ptr_null(lr.buf);
	for (i = 0; i < 2 * LINE_MAX_LEN; i++)
		feed(&lr, "x", 1, &o);
	ck_assert_ptr_null(lr.buf);
	feed(&lr, "\n", 1, &o);
	ck_assert_str_eq(o.text, "<nul>"); /* whatever came first */
	line_clear(&lr);
}
END_TEST

START_TEST(seventeenth_option_is_ignored)
{
	struct line_reader lr;
	struct out o = { .len = 0 };
	uint8_t last;
	int i;

	line_init(&lr);
	for (i = 0; i < 1000; i++) {
		char cmd[3] = { '\xff', '\xfd', (char)(i % 200) };

		feed(&lr, cmd, 3, &o);
	}
	ck_assert_uint_eq(lr.nrefuse, 3 * LINE_REFUSALS);
	last = lr.refuse[3 * LINE_REFUSALS - 1];
	ck_assert_uint_eq(last, LINE_REFUSALS - 1);
	/* Taking the answers, or a new line, gives no new ones. */
	lr.nrefuse = 0;
	line_clear(&lr);
	feed(&lr, "\xff\xfd\x01", 3, &o);
	ck_assert_uint_eq(lr.nrefuse, 0);
	line_clear(&lr);
}
END_TEST

/* A subnegotiation without an end must not swallow the session. */
START_TEST(endless_subnegotiation_is_given_up)
{
	struct line_reader lr;
	struct out o = { .len = 0 };
	int i;

	line_init(&lr);
	feed(&lr, "\xff\xfa", 2, &o);
	for (i = 0; i < LINE_SB_MAX; i++)
		feed(&lr, "\n", 1, &o);
	ck_assert_str_eq(o.text, "");
	feed(&lr, "NOOP\r\n", 6, &o);
	ck_assert_str_eq(o.text, "[NOOP]");
	line_clear(&lr);
}
END_TEST

/* The bound is on each of them, not on their sum. */
START_TEST(many_subnegotiations_are_swallowed)
{
	static const char body[LINE_SB_MAX - 2];
	struct line_reader lr;
	struct out o = { .len = 0 };
	int i;

	line_init(&lr);
	for (i = 0; i < 4; i++) {
		feed(&lr, "\xff\xfa", 2, &o);
		feed(&lr, body, sizeof(body), &o);
		feed(&lr, "\xff\xf0", 2, &o);
	}
	feed(&lr, "NOOP\r\n", 6, &o);
	ck_assert_str_eq(o.text, "[NOOP]");
	line_clear(&lr);
}
END_TEST

START_TEST(one_line_is_taken_at_a_time)
{
	const char *in = "A\r\nB\r\n";
	const uint8_t *p = (const uint8_t *)in, *end = p + 6;
	struct line_reader lr;
	char *line;
	size_t len;

	line_init(&lr);
	ck_assert_int_eq(line_next(&lr, &p, end, &line, &len), LINE_OK);
	ck_assert_str_eq(line, "A");
	ck_assert_ptr_eq(p, in + 3);
	line[0] = 'z'; /* the line is the caller's to write to */
	ck_assert_int_eq(line_next(&lr, &p, end, &line, &len), LINE_OK);
	ck_assert_str_eq(line, "B");
	line_clear(&lr);
}
END_TEST

START_TEST(trim_keeps_a_partial_line)
{
	struct line_reader lr;
	struct out o = { .len = 0 };

	line_init(&lr);
	feed(&lr, "NO", 2, &o);
	line_trim(&lr);
	feed(&lr, "OP\r\n", 4, &o);
	ck_assert_str_eq(o.text, "[NOOP]");
	ck_assert_ptr_nonnull(lr.buf);
	line_trim(&lr);
	ck_assert_ptr_null(lr.buf);
	feed(&lr, "STAT\r\n", 6, &o);
	ck_assert_str_eq(o.text, "[NOOP][STAT]");
	line_clear(&lr);
}
END_TEST

Suite *
suite_line(void)
{
	Suite *s = suite_create("line");
	TCase *tc = tcase_create("line");

	tcase_add_loop_test(
	    tc, decodes_in_pieces_of_every_size, 0, (int)NELEM(cases));
	tcase_add_test(tc, line_length_is_limited);
	tcase_add_test(tc, line_length_counts_decoded_bytes);
	tcase_add_test(tc, endless_line_uses_no_memory);
	tcase_add_test(tc, line_with_nul_uses_no_memory);
	tcase_add_test(tc, seventeenth_option_is_ignored);
	tcase_add_test(tc, endless_subnegotiation_is_given_up);
	tcase_add_test(tc, many_subnegotiations_are_swallowed);
	tcase_add_test(tc, one_line_is_taken_at_a_time);
	tcase_add_test(tc, trim_keeps_a_partial_line);
	suite_add_tcase(s, tc);
	return s;
}
