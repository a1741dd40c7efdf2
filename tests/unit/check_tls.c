/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of tls: each suite is one module's. Keep the lines
 * sorted.
 */
#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tests/unit/suites.h"

/* clang-format off */
static Suite *(*const suites[])(void) = {
	suite_tls_ctx,
	suite_tls_info,
	suite_tls_keyring,
	suite_tls_keys,
	suite_tls_leave,
	suite_tls_memory,
	suite_tls_reuse,
	suite_tls_stream,
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
