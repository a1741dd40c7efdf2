/* SPDX-License-Identifier: ISC */
/*
 * Plays a dialogue.
 */
#ifndef TESTS_DIALOG_DIALOG_H
#define TESTS_DIALOG_DIALOG_H

#include "tests/dialog/stage.h"

/* Reads the file and plays it; a failure ends the test. */
void dialog_play(const char *path, enum stage_tls);
/* May it be played so? */
bool dialog_is_for(const char *path, enum stage_tls);

#endif
