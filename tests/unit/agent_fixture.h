/* SPDX-License-Identifier: ISC */
/*
 * One agent session on a temporary directory, without threads: each ask() is
 * a message through the real channel, handled in this process.
 *
 * Run by root, the tests become nobody first: permissions mean nothing to
 * root.
 */
#ifndef TESTS_UNIT_AGENT_FIXTURE_H
#define TESTS_UNIT_AGENT_FIXTURE_H

#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/listfmt.h"
#include "server/agent/session.h"
#include "server/rights.h"

#define NOBODY 65534
/* handle_result of a request whose channel must be closed */
#define ASK_CLOSED 100

struct fixture {
	struct config conf;
	struct account acct;
	struct ident ident;
	struct agent_session *s;
	struct agent_bufs *bufs;
	int chan; /* the worker's end */
	char top[PATH_MAX]; /* holds the root and what is outside of it */
	char dir[PATH_MAX]; /* the root on the host */
	uint8_t out[IPC_MAX], in[IPC_MAX];
	struct wbuf w;
	/* the last reply, behind its status */
	struct ipc_msg m;
};
extern struct fixture f;

void fixture_setup(void);
void fixture_teardown(void);
/* Only the directory, the identity and the defaults; for other processes. */
void fixture_dir(void);
/* A new session with f.conf and f.acct as they are now. */
void fixture_session(void);

/*
 * Sends a request and handles it. fields as in the agent's table: p, s const
 * char *; 1, 4 unsigned; 8 uint64_t. Returns the enum fs_status of the reply,
 * or ASK_CLOSED if the agent would close the channel.
 */
int ask(uint16_t type, const char *fields, ...);
/* The same for what is in f.w, with a descriptor or -1. */
int ask_raw(int fd);
/* Fields of the reply. ask_end() checks that there are no more. */
#define ask_end() ck_assert_int_eq(rbuf_end(&f.m.body), 0)

/* What FS_OPEN has just opened, wherever it is (enum file_access). */
int opened(void);

/* Host files; names are relative to the root. */
const char *host(const char *name);
void put_file(const char *name, const char *text);
/* The text of a file, or NULL; at most 64 KiB. Valid until the next call. */
const char *get_file(const char *name);
bool is_there(const char *name);
/* Names in a directory except "." and "..". */
int count_names(const char *name);
mode_t mode_of(const char *name);

/* An upload of text: store, write, commit. */
int store(unsigned mode, uint64_t offset, const char *path);
int upload(unsigned mode, uint64_t offset, const char *path, const char *text);
/* Writes to the descriptor that store() got; returns where writing began. */
extern int store_fd;
extern uint64_t store_at, store_limit;
extern char store_path[VPATH_MAX];
int commit(uint64_t size);
int abandon(int keep);

/* A check alone; its path is in store_path. */
int check_only(unsigned mode, uint64_t offset, const char *path);
/* Writes to store_fd. */
void feed(const char *text);
/* Size by FS_STAT, or -1; *partial_r says whose it is. */
int64_t size_of(const char *path, bool *partial_r);
/* Until the clock of the file system has moved on: its steps are coarse. */
void tick(void);

/* A session beside the current one. */
struct other {
	struct agent_session *s;
	int chan;
};
/* Puts the current session aside and makes a new one. */
void second_session(struct other *first);
void swap_session(struct other *);
void close_session(struct other *);

/* A whole listing as one text; "" and the status if refused. */
const char *list_all(unsigned style, unsigned flags, unsigned facts,
    const char *path, const char *arg, int *status_r);

#endif
