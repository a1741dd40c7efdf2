/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of common: each suite is one module's. Keep the lines
 * sorted.
 */
#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tests/unit/suites.h"

/* clang-format off */
static Suite *(*const suites[])(void) = {
	suite_ascii,
	suite_buf,
	suite_chan,
	suite_ftpaddr,
	suite_ftptime,
	suite_ipc,
	suite_line,
	suite_listfmt,
	suite_log,
	suite_log_sink,
	suite_log_vis,
	suite_log_event,
	suite_mem,
	suite_hostname,
	suite_hours,
	suite_network,
	suite_proxy,
	suite_privdrop,
	suite_log_bound,
	suite_rate,
	suite_landlock,
	suite_sandbox,
	suite_sockutil,
	suite_str,
	suite_stream,
	suite_timer,
	suite_vpath,
};
/* clang-format on */

int
main(void)
{
	SRunner *sr;
	int failed;
	size_t i;

	/* The 4 s that Check allows are little on a busy machine. */
	(void)setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	sr = srunner_create(NULL);
	for (i = 0; i < NELEM(suites); i++)
		srunner_add_suite(sr, suites[i]());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
