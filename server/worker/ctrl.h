/* SPDX-License-Identifier: ISC */
/*
 * The control connection: reading, Telnet and lines, running commands one by
 * one, sending the replies of a turn in one send.
 */
#ifndef SERVER_WORKER_CTRL_H
#define SERVER_WORKER_CTRL_H

#include "server/worker/session.h"

#define CTRL_INPUT_MAX (64 * 1024) /* unparsed bytes; then reading stops */
#define CTRL_QUEUE_LINES 16 /* lines held back during a transfer (R6.4) */
#define CTRL_QUEUE_BYTES (8 * 1024)

void ctrl_start(struct session *);
void ctrl_clear(struct session *);
/* The only place where s->mode changes. */
void ctrl_set_mode(struct session *, enum ctrl_mode);
/* Runs what is buffered as far as the mode allows. */
void ctrl_run(struct session *);
/* Sends what is in s->out, in one send, unless s->hold says to keep it. */
void ctrl_flush(struct session *);
/* Nothing more can be sent: waits until the client has read something. */
void ctrl_set_blocked(struct session *);
/* Drops what is in s->out. */
void ctrl_clear_output(struct session *);
/*
 * What the client sends from now on is TLS: begins when the output has left.
 * Lines run again when the handshake is done.
 */
void ctrl_tls_begin(struct session *);
/* The same for a fresh session, which is greeted afterwards. */
void ctrl_tls_begin_implicit(struct session *);
/* Goes on with the handshake, as far as that is possible now. */
void ctrl_tls_step(struct session *);
/* CCC, REIN: this reply is the last under TLS. */
void ctrl_tls_leave(struct session *, int code, const char *text);
/* A connection of a proxy: waits for its header. */
void ctrl_proxy_begin(struct session *);
/* Goes on with that; whether there is still something to be read of it. */
void ctrl_proxy_read(struct session *);
bool ctrl_proxy_waits(const struct session *);
/* It did not come in time. */
void ctrl_proxy_expired(struct session *);
/* What the monitor says to the client that the header has named. */
void ctrl_proxy_admitted(struct session *);
void ctrl_proxy_refused(
    struct session *, enum reason, const char *message, uint32_t number);
/* Arms the events for what the session waits for now. */
void ctrl_arm(struct session *);

#endif
