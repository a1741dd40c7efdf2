/* SPDX-License-Identifier: ISC */
/*
 * The terminal of ternctl watch (ncurses). Private to this folder.
 */
#ifndef SERVER_CTL_WATCH_SCREEN_H
#define SERVER_CTL_WATCH_SCREEN_H

#include "server/ctl/watch_model.h"

/* 0, or -1 after saying that this is no terminal. */
int screen_start(void);
void screen_end(void);
/* message stands in the last line, or (NULL) the keys do. */
void screen_draw(const struct watch_model *, const char *message);
/* A key (of ncurses), or -1 if none comes for this time. */
int screen_key(int ms);
/* Asks for a line of text; false if it was left with escape or empty. */
bool screen_ask(const char *question, char *answer, size_t size);

#endif
