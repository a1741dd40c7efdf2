/* SPDX-License-Identifier: ISC */
/*
 * A directory for the files of one test, gone after it.
 */
#ifndef TESTS_UNIT_TEMP_DIR_H
#define TESTS_UNIT_TEMP_DIR_H

/* Checked fixtures of a test case. */
void temp_dir_setup(void);
void temp_dir_teardown(void);

/* Path of a name in the directory (of the directory itself: ""). Good until
 * the end of the test. */
const char *temp_path(const char *name);
/* Writes a file of that name, mode 0600; returns its path. */
const char *temp_file(const char *name, const char *text);
/* The whole file, in fresh memory. */
char *temp_read(const char *name);

#endif
