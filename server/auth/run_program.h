/* SPDX-License-Identifier: ISC */
/*
 * Runs a program that answers on its standard output: bounded in time and size.
 */
#ifndef SERVER_AUTH_RUN_PROGRAM_H
#define SERVER_AUTH_RUN_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

struct ident;

struct run_program {
	const char *path;
	char *const *env;
	const char *input; /* for its standard input */
	const struct ident
	    *ident; /* whom it becomes if this is root; or NULL */
	uint32_t seconds; /* then it is killed, with all that it started */
};

/*
 * Fills out (size bytes, with a NUL). Returns its exit status, or -1 with why
 * set if it did not run, was killed, took too long or said too much.
 */
int run_program(
    const struct run_program *, char *out, size_t size, const char **why_r);

#endif
