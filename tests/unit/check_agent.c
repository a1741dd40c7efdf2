/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of agent: each suite is one module's.
 */
#include <check.h>
#include <stdlib.h>

#include "suites.h"

int
main(void)
{
	SRunner *sr = srunner_create(suite_agent_glob());
	int failed;

	srunner_add_suite(sr, suite_agent_download());
	srunner_add_suite(sr, suite_agent_confine());
	srunner_add_suite(sr, suite_agent_paths());
	srunner_add_suite(sr, suite_agent_ops());
	srunner_add_suite(sr, suite_agent_places());
	srunner_add_suite(sr, suite_agent_rights());
	srunner_add_suite(sr, suite_agent_upload());
	srunner_add_suite(sr, suite_agent_resume());
	srunner_add_suite(sr, suite_agent_list());
	srunner_add_suite(sr, suite_agent_pages());
	srunner_add_suite(sr, suite_agent_quota());
	srunner_add_suite(sr, suite_agent_process());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
