/* SPDX-License-Identifier: ISC */
/*
 * Plays scripted dialogues against a real session: the worker runs in this
 * process, around it stand a client, a monitor and a file agent that say and
 * expect what a *.dlg file tells. Arguments are files; without any, all of
 * tests/dialog/dlg are played. The language is described in
 * tests/dialog/README.
 */
#include <check.h>
#include <glob.h>
#include <stdlib.h>

#include "tests/dialog/dialog.h"

#define TIMEOUT_S 120

static char **files;

START_TEST(dialogue)
{
	dialog_play(files[_i]);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("dialog");
	TCase *tc = tcase_create("dialogues");
	glob_t found;
	SRunner *sr;
	int failed;

	if (argc == 1) {
		if (glob(SRCDIR "/tests/dialog/dlg/*.dlg", 0, NULL, &found) !=
		    0)
			return EXIT_FAILURE;
		files = found.gl_pathv;
		argc = (int)found.gl_pathc;
	} else {
		files = argv + 1;
		argc--;
	}
	tcase_set_timeout(tc, TIMEOUT_S);
	tcase_add_loop_test(tc, dialogue, 0, argc);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (files != argv + 1)
		globfree(&found);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
