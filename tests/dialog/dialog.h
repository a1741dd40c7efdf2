/* SPDX-License-Identifier: ISC */
/*
 * Plays a dialogue.
 */
#ifndef TESTS_DIALOG_DIALOG_H
#define TESTS_DIALOG_DIALOG_H

/* Reads the file and plays it; a failure ends the test. */
void dialog_play(const char *path);

#endif
