/* SPDX-License-Identifier: ISC */
/*
 * Ticket keys: made, rotated, sent, kept in a file.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"
#include "tls/tls_keys.h"

static bool
equal(const struct tls_keys *a, const struct tls_keys *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

START_TEST(rotation)
{
	struct tls_keys k, first;

	tls_keys_make(&k);
	first = k;
	ck_assert_int_ne(k.current.made, 0);
	ck_assert_int_eq(k.previous.made, 0);
	tls_keys_rotate(&k);
	ck_assert(memcmp(&k.previous, &first.current, sizeof(k.previous)) == 0);
	ck_assert(memcmp(k.current.aes, first.current.aes,
		      sizeof(k.current.aes)) != 0);
	ck_assert(memcmp(k.current.hmac, first.current.hmac,
		      sizeof(k.current.hmac)) != 0);
	ck_assert(memcmp(k.current.name, first.current.name,
		      sizeof(k.current.name)) != 0);
}
END_TEST

START_TEST(messages)
{
	struct tls_keys k, got;
	uint8_t mem[1024];
	struct wbuf w;
	struct rbuf r;
	size_t cut;

	tls_keys_make(&k);
	tls_keys_rotate(&k);
	wbuf_init(&w, mem, sizeof(mem));
	tls_keys_put(&w, &k);
	ck_assert_int_eq(w.err, 0);
	rbuf_init(&r, mem, w.len);
	tls_keys_get(&r, &got);
	ck_assert_int_eq(rbuf_end(&r), 0);
	ck_assert(equal(&k, &got));
	for (cut = 0; cut < w.len; cut++) {
		rbuf_init(&r, mem, cut);
		tls_keys_get(&r, &got);
		ck_assert_int_eq(rbuf_end(&r), -1);
	}
	memset(&k, 0, sizeof(k)); /* no keys are no keys */
	wbuf_init(&w, mem, sizeof(mem));
	tls_keys_put(&w, &k);
	rbuf_init(&r, mem, w.len);
	tls_keys_get(&r, &got);
	ck_assert_int_eq(rbuf_end(&r), -1);
}
END_TEST

START_TEST(file)
{
	const char *path = temp_path("keys");
	struct tls_keys k, got;
	struct stat sb;
	char *err = NULL;

	tls_keys_make(&k);
	ck_assert_int_eq(tls_keys_save(path, &k, &err), 0);
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 0777, 0600);
	ck_assert_int_eq(tls_keys_load(path, &got, &err), 0);
	ck_assert(equal(&k, &got));
	tls_keys_rotate(&k);
	ck_assert_int_eq(tls_keys_save(path, &k, &err), 0);
	ck_assert_int_eq(tls_keys_load(path, &got, &err), 0);
	ck_assert(equal(&k, &got));
}
END_TEST

static void
expect_error(const char *path, const char *words)
{
	struct tls_keys k;
	char *err = NULL;

	ck_assert_int_eq(tls_keys_load(path, &k, &err), -1);
	ck_assert_msg(
	    strstr(err, words) != NULL, "\"%s\" lacks \"%s\"", err, words);
	free(err);
}

START_TEST(bad_files)
{
	const char *path = temp_path("keys");
	struct tls_keys k;
	char *err = NULL;

	expect_error(path, "cannot open: No such file");
	expect_error(temp_file("keys", "junk"), "holds no ticket keys");
	expect_error(temp_file("keys", ""), "holds no ticket keys");
	expect_error(temp_path(""), "is not a file");
	tls_keys_make(&k);
	ck_assert_int_eq(tls_keys_save(path, &k, &err), 0);
	ck_assert_int_eq(truncate(path, 100), 0);
	expect_error(path, "holds no ticket keys");
	ck_assert_int_eq(tls_keys_save(path, &k, &err), 0);
	ck_assert_int_eq(chmod(path, 0640), 0);
	expect_error(path, "others may read");
	ck_assert_int_eq(tls_keys_save(temp_path("no/keys"), &k, &err), -1);
	ck_assert_ptr_nonnull(strstr(err, "cannot create"));
	free(err);
}
END_TEST

/* R1.6: processes of inetd. */
START_TEST(synchronised)
{
	const char *path = temp_path("keys");
	struct tls_keys a, b, old;
	char *err = NULL;

	ck_assert_int_eq(tls_keys_sync(path, &a, &err), 0);
	ck_assert_int_eq(tls_keys_sync(path, &b, &err), 0);
	ck_assert(equal(&a, &b));
	old = a;
	a.current.made -= TLS_KEYS_LIFETIME + 1;
	ck_assert_int_eq(tls_keys_save(path, &a, &err), 0);
	ck_assert_int_eq(tls_keys_sync(path, &b, &err), 0);
	ck_assert(memcmp(b.previous.aes, old.current.aes,
		      sizeof(b.previous.aes)) == 0);
	ck_assert(
	    memcmp(b.current.aes, old.current.aes, sizeof(b.current.aes)) != 0);
	ck_assert_int_eq(tls_keys_sync(path, &a, &err), 0);
	ck_assert(equal(&a, &b));
	temp_file("keys", "junk");
	ck_assert_int_eq(tls_keys_sync(path, &a, &err), -1);
	ck_assert_ptr_nonnull(strstr(err, "holds no ticket keys"));
	free(err);
}
END_TEST

Suite *
suite_tls_keys(void)
{
	Suite *s = suite_create("tls_keys");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, rotation);
	tcase_add_test(tc, messages);
	tcase_add_test(tc, file);
	tcase_add_test(tc, bad_files);
	tcase_add_test(tc, synchronised);
	suite_add_tcase(s, tc);
	return s;
}
