/* SPDX-License-Identifier: ISC */
/*
 * Message cursors: errors stick, nothing is read or written out of bounds.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "tests/unit/suites.h"

static uint8_t mem[256];

/* One of each field. */
static size_t
write_all(size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, mem, cap);
	put_u8(&w, 0xab);
	put_u16(&w, 0xcdef);
	put_u32(&w, 0x12345678);
	put_u64(&w, UINT64_MAX - 1);
	put_i64(&w, INT64_MIN);
	put_bytes(&w, "b\0c", 3);
	put_str(&w, "text");
	put_str(&w, "");
	return w.err ? 0 : w.len;
}

static int
read_all(const void *p, size_t len)
{
	struct rbuf r;
	const void *bytes;
	char text[8], *copy;
	size_t n;
	int bad = 0;

	rbuf_init(&r, p, len);
	bad |= get_u8(&r) != 0xab;
	bad |= get_u16(&r) != 0xcdef;
	bad |= get_u32(&r) != 0x12345678;
	bad |= get_u64(&r) != UINT64_MAX - 1;
	bad |= get_i64(&r) != INT64_MIN;
	bytes = get_bytes(&r, &n);
	bad |= n != 3 || bytes == NULL || memcmp(bytes, "b\0c", 3) != 0;
	bad |=
	    get_str(&r, text, sizeof(text)) != 4 || strcmp(text, "text") != 0;
	copy = get_strdup(&r, 0);
	bad |= copy == NULL || copy[0] != '\0';
	free(copy);
	if (rbuf_end(&r) == -1)
		return -1;
	return bad;
}

START_TEST(fields_come_back)
{
	size_t len = write_all(sizeof(mem));

	ck_assert_uint_gt(len, 0);
	ck_assert_int_eq(read_all(mem, len), 0);
}
END_TEST

/* In fresh memory, so that a sanitizer sees any step over the end. */
START_TEST(every_cut_is_an_error)
{
	size_t i, len = write_all(sizeof(mem));
	uint8_t *copy;

	for (i = 1; i < len; i++) {
		copy = malloc(i);
		memcpy(copy, mem, i);
		ck_assert_int_eq(read_all(copy, i), -1);
		free(copy);
	}
}
END_TEST

START_TEST(bytes_left_over_are_an_error)
{
	size_t len = write_all(sizeof(mem));

	ck_assert_int_eq(read_all(mem, len + 1), -1);
}
END_TEST

START_TEST(every_short_buffer_is_an_error)
{
	size_t i, len = write_all(sizeof(mem));

	for (i = 0; i < len; i++)
		ck_assert_uint_eq(write_all(i), 0);
	ck_assert_uint_eq(write_all(len), len);
}
END_TEST

START_TEST(write_error_sticks)
{
	struct wbuf w;

	wbuf_init(&w, mem, 3);
	put_u16(&w, 1);
	put_u16(&w, 2);
	ck_assert_int_ne(w.err, 0);
	put_u8(&w, 3); /* would fit */
	ck_assert_int_ne(w.err, 0);
	ck_assert_uint_eq(w.len, 2);
}
END_TEST

START_TEST(read_error_sticks)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct rbuf r;

	rbuf_init(&r, in, sizeof(in));
	ck_assert_uint_eq(get_u32(&r), 0);
	ck_assert_uint_eq(get_u8(&r), 0); /* would be there */
	ck_assert_int_eq(rbuf_end(&r), -1);
}
END_TEST

START_TEST(string_with_nul_cannot_be_put)
{
	struct wbuf w;

	wbuf_init(&w, mem, sizeof(mem));
	put_strn(&w, "a\0b", 3);
	ck_assert_int_ne(w.err, 0);
}
END_TEST

START_TEST(string_over_64k_cannot_be_put)
{
	static char big[70000], out[80000];
	struct wbuf w;

	memset(big, 'x', sizeof(big));
	wbuf_init(&w, out, sizeof(out));
	put_strn(&w, big, 65535);
	ck_assert_int_eq(w.err, 0);
	wbuf_init(&w, out, sizeof(out));
	put_strn(&w, big, 65536);
	ck_assert_int_ne(w.err, 0);
}
END_TEST

/* A broken sender's string, length first, against a reader of 4 bytes. */
static const struct bad {
	uint16_t len;
	const char *bytes;
	size_t n;
} bads[] = {
	{ 3, "a\0b", 3 }, /* NUL inside */
	{ 1, "\0", 1 },
	{ 4, "abcd", 4 }, /* no room for the NUL */
	{ 3, "ab", 2 }, /* shorter than it says */
	{ 65535, "ab", 2 },
};

static void
put_bad(struct wbuf *w, const struct bad *bad)
{
	size_t i;

	wbuf_init(w, mem, sizeof(mem));
	put_u16(w, bad->len);
	for (i = 0; i < bad->n; i++)
		put_u8(w, (uint8_t)bad->bytes[i]);
}

START_TEST(bad_string_is_refused)
{
	char dst[4] = "???";
	struct rbuf r;
	struct wbuf w;

	put_bad(&w, &bads[_i]);
	rbuf_init(&r, mem, w.len);
	ck_assert_uint_eq(get_str(&r, dst, sizeof(dst)), 0);
	ck_assert_str_eq(dst, "");
	ck_assert_int_eq(rbuf_end(&r), -1);

	rbuf_init(&r, mem, w.len);
	ck_assert_ptr_null(get_strdup(&r, 3));
	ck_assert_int_eq(rbuf_end(&r), -1);
}
END_TEST

START_TEST(strdup_takes_max_bytes)
{
	struct rbuf r;
	struct wbuf w;
	char *s;

	wbuf_init(&w, mem, sizeof(mem));
	put_str(&w, "abcd");
	rbuf_init(&r, mem, w.len);
	s = get_strdup(&r, 4);
	ck_assert_str_eq(s, "abcd");
	ck_assert_int_eq(rbuf_end(&r), 0);
	free(s);
}
END_TEST

START_TEST(bytes_longer_than_the_message_are_refused)
{
	static const uint32_t lens[] = { 4, UINT32_MAX, 0x80000000u };
	struct rbuf r;
	struct wbuf w;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		wbuf_init(&w, mem, sizeof(mem));
		put_u32(&w, lens[i]);
		put_u16(&w, 0);
		rbuf_init(&r, mem, w.len);
		ck_assert_ptr_null(get_bytes(&r, &n));
		ck_assert_uint_eq(n, 0);
		ck_assert_int_eq(rbuf_end(&r), -1);
	}
}
END_TEST

Suite *
suite_buf(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, fields_come_back);
	tcase_add_test(tc, every_cut_is_an_error);
	tcase_add_test(tc, bytes_left_over_are_an_error);
	tcase_add_test(tc, every_short_buffer_is_an_error);
	tcase_add_test(tc, write_error_sticks);
	tcase_add_test(tc, read_error_sticks);
	tcase_add_test(tc, string_with_nul_cannot_be_put);
	tcase_add_test(tc, string_over_64k_cannot_be_put);
	tcase_add_loop_test(
	    tc, bad_string_is_refused, 0, sizeof(bads) / sizeof(bads[0]));
	tcase_add_test(tc, strdup_takes_max_bytes);
	tcase_add_test(tc, bytes_longer_than_the_message_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
