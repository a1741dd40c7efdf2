/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of tls: each suite is one module's.
 */
#include <check.h>
#include <stdlib.h>

int
main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
