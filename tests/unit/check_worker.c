/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of worker: each suite is one module's. Keep the lines
 * sorted.
 */
#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tests/unit/suites.h"

/* clang-format off */
static Suite *(*const suites[])(void) = {
	suite_cmd_table,
	suite_cmds,
	suite_ctrl,
	suite_ctrl_tls,
	suite_data,
	suite_list_opts,
	suite_reply,
	suite_session,
	suite_status,
	suite_worker_keys,
	suite_xfer_cold,
	suite_xfer_give,
	suite_xfer_recv,
	suite_xfer_send,
};
/* clang-format on */

int
main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;
	size_t i;

	for (i = 0; i < NELEM(suites); i++)
		srunner_add_suite(sr, suites[i]());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
