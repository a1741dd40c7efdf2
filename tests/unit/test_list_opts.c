/* SPDX-License-Identifier: ISC */
/*
 * Options of LIST and NLST (protocol 9.4, R interop 20, 21).
 */
#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "server/proto.h"
#include "server/worker/list_opts.h"
#include "tests/unit/suites.h"

static const struct {
	enum list_style command;
	const char *arg;
	enum list_style style;
	uint32_t flags;
	const char *path;
} cases[] = {
	/* no options */
	{ LIST_LONG, "", LIST_LONG, 0, "" },
	{ LIST_LONG, "  ", LIST_LONG, 0, "" },
	{ LIST_LONG, "dir", LIST_LONG, 0, "dir" },
	{ LIST_LONG, "some dir", LIST_LONG, 0, "some dir" },
	{ LIST_LONG, " leading", LIST_LONG, 0, " leading" },
	{ LIST_LONG, "trailing ", LIST_LONG, 0, "trailing " },
	{ LIST_LONG, "a -l", LIST_LONG, 0, "a -l" },
	{ LIST_LONG, "./-a", LIST_LONG, 0, "./-a" },
	/* what clients send */
	{ LIST_LONG, "-a", LIST_LONG, LISTF_ALL, "" },
	{ LIST_LONG, "-al", LIST_LONG, LISTF_ALL, "" },
	{ LIST_LONG, "-la some dir", LIST_LONG, LISTF_ALL, "some dir" },
	{ LIST_LONG, "-a ", LIST_LONG, LISTF_ALL, "" },
	{ LIST_LONG, "-a -t x", LIST_LONG, LISTF_ALL | LISTF_BY_TIME, "x" },
	{ LIST_LONG, " -a x", LIST_LONG, LISTF_ALL, "x" },
	{ LIST_LONG, "-1", LIST_LONG, 0, "" },
	{ LIST_NAMES, "-a", LIST_NAMES, LISTF_ALMOST_ALL, "" },
	{ LIST_NAMES, "-la", LIST_LONG, LISTF_ALL, "" },
	{ LIST_NAMES, "-a -l x", LIST_LONG, LISTF_ALL, "x" },
	{ LIST_NAMES, "-l x", LIST_LONG, 0, "x" },
	{ LIST_NAMES, "-1", LIST_NAMES, 0, "" },
	/* every letter */
	{ LIST_LONG, "-A", LIST_LONG, LISTF_ALMOST_ALL, "" },
	{ LIST_LONG, "-d x", LIST_LONG, LISTF_SELF, "x" },
	{ LIST_LONG, "-F", LIST_LONG, 0, "" },
	{ LIST_NAMES, "-F", LIST_NAMES, LISTF_CLASSIFY, "" },
	{ LIST_LONG, "-L", LIST_LONG, LISTF_FOLLOW, "" },
	{ LIST_NAMES, "-L", LIST_NAMES, 0, "" },
	{ LIST_LONG, "-rtSUn", LIST_LONG,
	    LISTF_REVERSE | LISTF_BY_TIME | LISTF_BY_SIZE | LISTF_UNSORTED |
		LISTF_NUMERIC,
	    "" },
	{ LIST_LONG, "-R", LIST_LONG, 0, "" },
	{ LIST_LONG, "-BCQxyz", LIST_LONG, 0, "" },
	/* the end of options */
	{ LIST_LONG, "-- -x", LIST_LONG, 0, "-x" },
	{ LIST_LONG, "-a -- -x", LIST_LONG, LISTF_ALL, "-x" },
	{ LIST_LONG, "--", LIST_LONG, 0, "" },
	{ LIST_LONG, "-", LIST_LONG, 0, "" },
	{ LIST_LONG, "--all x", LIST_LONG, 0, "x" },
	/* one blank separates, the others are the name's */
	{ LIST_LONG, "-a  two", LIST_LONG, LISTF_ALL, " two" },
	{ LIST_LONG, "--  two", LIST_LONG, 0, " two" },
};

START_TEST(test_cases)
{
	struct config conf;
	struct list_opts o;
	size_t i;

	memset(&conf, 0, sizeof(conf));
	for (i = 0; i < NELEM(cases); i++) {
		list_opts_parse(&o, &conf, cases[i].command, cases[i].arg);
		ck_assert_msg(strcmp(o.path, cases[i].path) == 0 &&
				  o.style == cases[i].style &&
				  o.flags == cases[i].flags,
		    "\"%s\": style %d, flags %u, path \"%s\"", cases[i].arg,
		    o.style, o.flags, o.path);
	}
}
END_TEST

START_TEST(test_glob_is_configured)
{
	struct config conf;
	struct list_opts o;

	memset(&conf, 0, sizeof(conf));
	conf.list_glob = true;
	list_opts_parse(&o, &conf, LIST_NAMES, "*.c");
	ck_assert_uint_eq(o.flags, LISTF_GLOB);
}
END_TEST

Suite *
suite_list_opts(void)
{
	Suite *s = suite_create("list_opts");
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, test_cases);
	tcase_add_test(tc, test_glob_is_configured);
	suite_add_tcase(s, tc);
	return s;
}
