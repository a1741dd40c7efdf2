/* SPDX-License-Identifier: ISC */
/*
 * The messages of the control socket, and where ternctl looks for it.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/control.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static uint8_t mem[IPC_MAX];
static struct control_fields row;

/* The rows of the reply, behind its head. */
static struct rbuf
read_head(const struct wbuf *b, enum control_status status, const char *text)
{
	static char got[CONTROL_TEXT_MAX];
	struct rbuf r;

	ck_assert_int_eq(b->err, 0);
	rbuf_init(&r, b->p + 2, b->len - 2);
	ck_assert_int_eq(get_u8(&r), (int)status);
	(void)get_u8(&r);
	get_str(&r, got, sizeof(got));
	ck_assert_int_eq(r.err, 0);
	if (text != NULL)
		ck_assert_str_eq(got, text);
	return r;
}

START_TEST(rows_come_back)
{
	struct rbuf r;
	struct wbuf b;
	size_t at;

	control_reply(&b, mem, sizeof(mem), CONTROL_OK, "hello");
	at = control_row(&b);
	control_text(&b, "name", "joe");
	control_number(&b, "size", UNIT_BYTES, UINT64_MAX);
	control_none(&b, "what");
	ck_assert(control_row_end(&b, at));
	at = control_row(&b);
	control_text(&b, "name", "");
	ck_assert(control_row_end(&b, at));
	control_reply_more(&b);
	ck_assert_int_eq(b.p[3], CONTROL_MORE);

	r = read_head(&b, CONTROL_OK, "hello");
	ck_assert_int_eq(control_get_row(&r, &row), 1);
	ck_assert_uint_eq(row.n, 3);
	ck_assert_str_eq(control_find_text(&row, "name"), "joe");
	ck_assert(control_find_number(&row, "size") == UINT64_MAX);
	ck_assert_int_eq(control_find(&row, "what")->unit, UNIT_NONE);
	ck_assert_ptr_null(control_find(&row, "else"));
	ck_assert_int_eq(control_get_row(&r, &row), 1);
	ck_assert_uint_eq(row.n, 1);
	ck_assert_int_eq(control_get_row(&r, &row), 0);
}
END_TEST

/* A page takes whole rows. */
START_TEST(row_that_does_not_fit_is_taken_back)
{
	uint8_t small[64];
	struct rbuf r;
	struct wbuf b;
	size_t at;

	control_reply(&b, small, sizeof(small), CONTROL_OK, "");
	at = control_row(&b);
	control_text(&b, "a", "1");
	ck_assert(control_row_end(&b, at));
	at = control_row(&b);
	control_text(&b, "a", "a text that is too long for the page, by far");
	ck_assert(!control_row_end(&b, at));
	r = read_head(&b, CONTROL_OK, "");
	ck_assert_int_eq(control_get_row(&r, &row), 1);
	ck_assert_int_eq(control_get_row(&r, &row), 0);
}
END_TEST

START_TEST(long_text_is_cut)
{
	char *text = xmalloc(200000);
	struct wbuf b;

	memset(text, 'x', 199999);
	text[199999] = '\0';
	control_reply(&b, mem, sizeof(mem), CONTROL_FAILED, text);
	(void)read_head(&b, CONTROL_FAILED, NULL);
	free(text);
}
END_TEST

/* Whatever is cut off or changed: no row, no crash. */
START_TEST(broken_rows_are_seen)
{
	struct wbuf b;
	struct rbuf r;
	size_t at, start, len;
	unsigned i;

	control_reply(&b, mem, sizeof(mem), CONTROL_OK, "");
	start = at = control_row(&b);
	control_text(&b, "name", "joe");
	control_number(&b, "size", UNIT_NUMBER, 1);
	ck_assert(control_row_end(&b, at));
	for (len = 1; len < b.len - start; len++) {
		rbuf_init(&r, b.p + start, len);
		ck_assert_int_eq(control_get_row(&r, &row), -1);
	}
	b.p[start + 2 + strlen("name")] = UNIT_COUNT;
	rbuf_init(&r, b.p + start, b.len - start);
	ck_assert_int_eq(control_get_row(&r, &row), -1);

	b.len = start;
	for (i = 0; i <= CONTROL_FIELDS_MAX; i++)
		control_none(&b, "n");
	rbuf_init(&r, b.p + start, b.len - start);
	ck_assert_int_eq(control_get_row(&r, &row), -1);
}
END_TEST

static const struct {
	const char *text, *path; /* NULL: beside the configuration */
} paths[] = {
	{ "", CONF_CONTROL_SOCKET },
	{ "control_socket = /a/b", "/a/b" },
	{ "x = \"\n# control_socket = /c\ncontrol_socket = '/a b'\n",
	    CONF_CONTROL_SOCKET }, /* nobody can read this */
	{ "nonsense = 3\ncontrol_socket = \"/a b\" }} nonsense", "/a b" },
	{ "user \"x\" { control_socket = /a }\n", CONF_CONTROL_SOCKET },
	{ "control_socket = none", "none" },
	{ "control_socket = here", NULL },
	{ "control_socket", CONF_CONTROL_SOCKET },
};

START_TEST(socket_is_found_in_spite_of_mistakes)
{
	const char *file = temp_file("find.conf", paths[_i].text);
	char *path = conf_find_control_socket(file);
	char expected[256];

	snprintf(expected, sizeof(expected), "%.*s/here",
	    (int)(strrchr(file, '/') - file), file);
	ck_assert_str_eq(
	    path, paths[_i].path != NULL ? paths[_i].path : expected);
	free(path);
}
END_TEST

Suite *
suite_control(void)
{
	Suite *s = suite_create("control");
	TCase *tc = tcase_create("messages");

	tcase_add_test(tc, rows_come_back);
	tcase_add_test(tc, row_that_does_not_fit_is_taken_back);
	tcase_add_test(tc, long_text_is_cut);
	tcase_add_test(tc, broken_rows_are_seen);
	suite_add_tcase(s, tc);
	tc = tcase_create("path");
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(
	    tc, socket_is_found_in_spite_of_mistakes, 0, NELEM(paths));
	suite_add_tcase(s, tc);
	return s;
}
