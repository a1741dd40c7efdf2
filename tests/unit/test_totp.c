/* SPDX-License-Identifier: ISC */
/*
 * One-time passwords: RFC 6238's own examples, keys as people type them, and
 * that no code is good twice.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/totp.h"
#include "tests/unit/suites.h"

static const uint8_t rfc_key[] = "12345678901234567890";
#define RFC_TEXT "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define LEN (sizeof(rfc_key) - 1)

/* RFC 6238 appendix B; of its eight digits the last six. */
static const struct {
	uint64_t time;
	const char *code;
} rfc[] = { { 59, "287082" }, { 1111111109, "081804" },
	{ 1111111111, "050471" }, { 1234567890, "005924" },
	{ 2000000000, "279037" }, { 20000000000, "353130" } };

START_TEST(test_rfc)
{
	char code[TOTP_DIGITS + 1];
	uint64_t step = rfc[_i].time / TOTP_STEP;

	totp_code(rfc_key, LEN, step, code);
	ck_assert_str_eq(code, rfc[_i].code);
	ck_assert_uint_eq(totp_find(rfc_key, LEN, code, rfc[_i].time), step);
	ck_assert_uint_eq(
	    totp_find(rfc_key, LEN, code, rfc[_i].time + TOTP_STEP), step);
	ck_assert_uint_eq(
	    totp_find(rfc_key, LEN, code, rfc[_i].time - TOTP_STEP), step);
	ck_assert_uint_eq(
	    totp_find(rfc_key, LEN, code, rfc[_i].time + 2 * TOTP_STEP), 0);
	ck_assert_uint_eq(totp_find(rfc_key, LEN, "      ", rfc[_i].time), 0);
}
END_TEST

START_TEST(test_keys)
{
	static const char *const bad[] = { "", "GEZDGNBVGY3TQ",
		"0EZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJ!", "GEZDGNBV=GY3TQOJQ" };
	uint8_t key[TOTP_KEY_MAX];
	char text[TOTP_TEXT_MAX];
	size_t i;

	ck_assert_uint_eq(totp_key(RFC_TEXT, key), LEN);
	ck_assert_mem_eq(key, rfc_key, LEN);
	totp_key_text(key, LEN, text);
	ck_assert_str_eq(text, RFC_TEXT);
	ck_assert_uint_eq(
	    totp_key("gezd gnbv gy3t qojq gezd gnbv gy3t qojq====", key), LEN);
	for (i = 0; i < NELEM(bad); i++)
		ck_assert_msg(totp_key(bad[i], key) == 0, "%s", bad[i]);
	for (i = TOTP_KEY_MIN; i <= TOTP_KEY_MAX; i++) {
		memset(key, (int)(0x81 + i), i);
		totp_key_text(key, i, text);
		memset(key, 0, sizeof(key));
		ck_assert_uint_eq(totp_key(text, key), i);
		ck_assert_uint_eq(key[i - 1], 0x81 + i);
	}
}
END_TEST

START_TEST(test_once)
{
	ck_assert(totp_use("a", "k", 100)); /* nothing remembers */
	ck_assert(totp_use("a", "k", 100));
	ck_assert_int_eq(totp_share(), 0);
	ck_assert(totp_use("a", "k", 100));
	ck_assert(!totp_use("a", "k", 100));
	ck_assert(!totp_use("a", "k", 99));
	ck_assert(totp_use("a", "k", 101));
	ck_assert(totp_use("b", "k", 100)); /* another user */
	ck_assert(totp_use("a", "l", 100)); /* another key */
	ck_assert_int_eq(totp_share(), 0); /* forgets nothing */
	ck_assert(!totp_use("a", "k", 101));
}
END_TEST

/* Another process knows it too. */
START_TEST(test_once_for_all)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(totp_share(), 0);
	pid = fork();
	if (pid == 0)
		_exit(totp_use("a", "k", 7) ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(!totp_use("a", "k", 7));
}
END_TEST

/* However many users there are, who has just been in stays known. */
START_TEST(test_many_users)
{
	char name[16];
	int i;

	ck_assert_int_eq(totp_share(), 0);
	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		ck_assert(totp_use(name, "k", 1000 + (uint64_t)i / 1000));
	}
	ck_assert(!totp_use("u19999", "k", 1019));
	ck_assert(!totp_use("u19500", "k", 1019));
}
END_TEST

Suite *
suite_totp(void)
{
	Suite *s = suite_create("totp");
	TCase *tc = tcase_create("totp");

	tcase_add_loop_test(tc, test_rfc, 0, NELEM(rfc));
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_once);
	tcase_add_test(tc, test_once_for_all);
	tcase_add_test(tc, test_many_users);
	suite_add_tcase(s, tc);
	return s;
}
