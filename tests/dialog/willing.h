/* SPDX-License-Identifier: ISC */
/*
 * A stage whose monitor and agent answer by themselves, yes to everything or no
 * to everything, and whose client collects what it is told.
 */
#ifndef TESTS_DIALOG_WILLING_H
#define TESTS_DIALOG_WILLING_H

#include "tests/dialog/stage.h"

struct willing {
	struct stage st;
	bool refusing; /* monitor and agent say no */
	bool ended; /* the control connection has */
	char told[STAGE_SENT]; /* NUL-terminated; forget at will */
	size_t ntold;
};

/* Until the client was told this at the end, or the connection has ended. */
void willing_run_until(struct willing *, const char *text);
/* Until the final reply of a command, which is its code; 0: the end. */
int willing_run_reply(struct willing *);
/* Says a line of a dialogue; forgets what was told. */
void willing_say(struct willing *, const char *line);
/* EPSV, and the client connects. */
void willing_connect(struct willing *);

#endif
