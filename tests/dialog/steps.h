/* SPDX-License-Identifier: ISC */
/*
 * The steps of dialogues; each takes what stands behind its word. README
 * describes them.
 */
#ifndef TESTS_DIALOG_STEPS_H
#define TESTS_DIALOG_STEPS_H

#include <stdbool.h>

#include "tests/dialog/stage.h"
#include "tests/dialog/text.h"

typedef void step_fn(struct stage *, const char *arg);

/* client.c: C> C>> C S< S| S- S= S END */
step_fn client_line, client_raw, client_do, client_expect, client_split,
    client_silence, client_bytes, client_last_send, client_end;
/* Has everything been read? Fails if not. Forgets the current send. */
void client_check_read(struct stage *);

/* fake_monitor.c: M< M> */
step_fn monitor_expect, monitor_say;
void monitor_check_read(struct stage *);
/* Takes the next message to the monitor, as text; false if there is none. */
bool monitor_take(struct stage *, char *text, size_t size);

/* fake_agent.c, agent_answer.c: A< A> A F= */
step_fn agent_expect, agent_answer, agent_do, agent_stored;
void agent_check_read(struct stage *);
/* Answers the question that comes again. */
void agent_turn(struct stage *);
/* Gives a login its agent; the worker's end. */
int agent_new(struct stage *);
/* Takes the next request, as text; false if there is none. */
bool agent_take(struct stage *, char *text, size_t size);
/* The number of a request by its name ("STAT"), or 0. */
uint16_t agent_request(const char *name);

/* data_end.c: D D> D>> D< D- */
step_fn data_do, data_send, data_send_raw, data_expect, data_silence;
/* The worker has begun with it: the handshake ends, one way or the other. */
void data_settle(struct stage *);

/* The text of a step; fails if it is malformed. Valid until the next call. */
const struct text *step_text(const struct stage *, const char *arg);
/* The value of "key=" among the words of arg, or NULL; quotes may surround it.
 * Valid until the next call. */
const char *step_value(const char *arg, const char *key);
/* Takes the next word of *p; "" at the end. */
const char *step_word(const char **p, char *out, size_t size);

#endif
