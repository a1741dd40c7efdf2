/* SPDX-License-Identifier: ISC */
/*
 * What a worker tells of its sessions to who looks: their status and counters
 * when it is asked for, their dialogues while somebody watches. Nothing of it
 * costs anything else.
 */
#ifndef SERVER_WORKER_STATUS_H
#define SERVER_WORKER_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ipc_msg;
struct log_event;
struct session;
struct worker;

/* MW_STATUS, MW_STATS, MW_WATCH */
void status_ask(struct worker *, struct ipc_msg *);
void status_count(struct worker *, struct ipc_msg *);
void status_watch(struct worker *, struct ipc_msg *);
/* Sends the counters a last time. */
void status_leave(struct worker *);

/* Does somebody watch this session? */
bool dialogue_is_on(const struct session *);
void dialogue_start(struct worker *, uint64_t sid);
void dialogue_stop(struct worker *);
/* A line of the dialogue, and something that happened to the session. */
void dialogue_command(struct session *, const char *verb, const char *arg);
void dialogue_reply(
    struct session *, const char *head, const char *text, size_t len);
void dialogue_event(const struct session *, const struct log_event *);

#endif
