/* SPDX-License-Identifier: ISC */
/*
 * The command table and how lines find their row (protocol 2.3, 16).
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/worker/cmd.h"
#include "tests/unit/suites.h"

/* The search depends on it. */
START_TEST(test_sorted)
{
	size_t i;

	for (i = 1; i < cmd_count; i++)
		ck_assert_msg(
		    strcmp(cmd_table[i - 1].verb, cmd_table[i].verb) < 0,
		    "%s stands before %s", cmd_table[i - 1].verb,
		    cmd_table[i].verb);
}
END_TEST

START_TEST(test_rows)
{
	const struct cmd *c;
	size_t i;

	for (i = 0; i < cmd_count; i++) {
		c = &cmd_table[i];
		ck_assert_msg(
		    (c->handler == NULL) == ((c->flags & CMD_F_502) != 0),
		    "%s has a handler or is not implemented", c->verb);
		ck_assert_ptr_nonnull(c->help);
		ck_assert_ptr_eq(cmd_find(c->verb, strlen(c->verb)), c);
	}
}
END_TEST

/* Everything that must work, and everything that must be known. */
static const char *const implemented[] = { "USER", "PASS", "ACCT", "CWD",
	"CDUP", "PWD", "XCWD", "XCUP", "XPWD", "XMKD", "XRMD", "QUIT", "REIN",
	"PORT", "PASV", "EPRT", "EPSV", "TYPE", "STRU", "MODE", "RETR", "STOR",
	"STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD",
	"MKD", "LIST", "NLST", "MLSD", "MLST", "SITE", "SYST", "STAT", "HELP",
	"NOOP", "FEAT", "OPTS", "SIZE", "MDTM", "MFMT", "MFF", "CLNT", "CSID",
	"LANG", "AVBL" };
static const char *const known[] = { "SMNT", "ADAT", "MIC", "CONF", "ENC",
	"LPRT", "LPSV", "MFCT", "THMB", "ESTA", "ESTP", "RMDA", "XQUOTA" };

START_TEST(test_complete)
{
	const struct cmd *c;
	size_t i;

	for (i = 0; i < NELEM(implemented); i++) {
		c = cmd_find(implemented[i], strlen(implemented[i]));
		ck_assert_msg(c != NULL && c->handler != NULL, "%s is missing",
		    implemented[i]);
	}
	for (i = 0; i < NELEM(known); i++) {
		c = cmd_find(known[i], strlen(known[i]));
		ck_assert_msg(c != NULL, "%s is unknown", known[i]);
	}
}
END_TEST

START_TEST(test_find)
{
	ck_assert_ptr_eq(cmd_find("retr", 4), cmd_find("RETR", 4));
	ck_assert_ptr_eq(cmd_find("ReTr x", 4), cmd_find("RETR", 4));
	ck_assert_ptr_null(cmd_find("", 0));
	ck_assert_ptr_null(cmd_find("RET", 3));
	ck_assert_ptr_null(cmd_find("RETRX", 5));
	ck_assert_ptr_null(cmd_find("A", 1));
	ck_assert_ptr_null(cmd_find("ZZZZZZZZZZZZZZZZ", 16));
	/* ASCII only: no locale turns these into letters (R interop 14). */
	ck_assert_ptr_null(cmd_find("L\xcdST", 4));
	ck_assert_ptr_null(cmd_find("\xff", 1));
}
END_TEST

/* R6.4, R31: what does not wait for the end of a transfer. */
static const struct {
	const char *line;
	bool now;
} lines[] = {
	{ "ABOR", true },
	{ "abor", true },
	{ "ABOR now", true },
	{ "STAT", true },
	{ "stat ", true },
	{ "STAT a", false },
	{ "STATUS", false },
	{ "QUIT", false },
	{ "NOOP", false },
	{ "USER x", false },
	{ "", false },
	{ " ABOR", false },
};

START_TEST(test_immediate)
{
	ck_assert_msg(cmd_is_immediate(lines[_i].line,
			  strlen(lines[_i].line)) == lines[_i].now,
	    "\"%s\"", lines[_i].line);
}
END_TEST

Suite *
suite_cmd_table(void)
{
	Suite *suite = suite_create("cmd_table");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, test_sorted);
	tcase_add_test(tc, test_rows);
	tcase_add_test(tc, test_complete);
	tcase_add_test(tc, test_find);
	tcase_add_loop_test(tc, test_immediate, 0, NELEM(lines));
	suite_add_tcase(suite, tc);
	return suite;
}
