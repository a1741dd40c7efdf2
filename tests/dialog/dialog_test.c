/* SPDX-License-Identifier: ISC */
/*
 * Plays scripted dialogues against a real session: the worker runs in this
 * process, around it stand a client, a monitor and a file agent that say and
 * expect what a *.dlg file tells. Each is played in clear, under TLS 1.2 and
 * under TLS 1.3. Arguments are files; without any, all of tests/dialog/dlg are
 * played. The language is described in tests/dialog/README.
 */
#include <check.h>
#include <glob.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tests/dialog/dialog.h"
#include "tests/unit/temp_dir.h"

#define TIMEOUT_S 120

static const struct {
	const char *name;
	enum stage_tls how;
} ways[] = {
	{ "in clear", STAGE_CLEAR },
	{ "under TLS 1.2", STAGE_TLS_1_2 },
	{ "under TLS 1.3", STAGE_TLS_1_3 },
};

struct play {
	const char *file;
	enum stage_tls how;
};

static struct play *plays;
static int nplays;

START_TEST(dialogue)
{
	dialog_play(plays[_i].file, plays[_i].how);
}
END_TEST

/* The dialogues that can be played in this way. */
static void
add_plays(TCase *tc, enum stage_tls how, char *const *files, size_t n)
{
	int first = nplays;
	size_t i;

	for (i = 0; i < n; i++)
		if (dialog_is_for(files[i], how))
			plays[nplays++] = (struct play){ files[i], how };
	tcase_set_timeout(tc, TIMEOUT_S);
	/* Once, in the parent of all tests: they share a certificate. */
	tcase_add_unchecked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, dialogue, first, nplays);
}

static int
play_all(char *const *files, size_t n)
{
	Suite *suite = suite_create("dialog");
	SRunner *sr;
	TCase *tc;
	size_t i;
	int failed;

	plays = xcalloc(n * NELEM(ways), sizeof(*plays));
	for (i = 0; i < NELEM(ways); i++) {
		tc = tcase_create(ways[i].name);
		add_plays(tc, ways[i].how, files, n);
		suite_add_tcase(suite, tc);
	}
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	free(plays);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	glob_t found;
	int result;

	if (argc > 1)
		return play_all(argv + 1, (size_t)argc - 1);
	if (glob(SRCDIR "/tests/dialog/dlg/*.dlg", 0, NULL, &found) != 0)
		return EXIT_FAILURE;
	result = play_all(found.gl_pathv, found.gl_pathc);
	globfree(&found);
	return result;
}
