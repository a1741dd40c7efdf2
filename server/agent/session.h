/* SPDX-License-Identifier: ISC */
/*
 * One granted session inside a file agent, and one request of it.
 *
 * The channel is the capability: whoever holds its other end may do under the
 * session's root what the account's rights allow, and nothing else. A session
 * is handled by one thread at a time, so nothing here needs a lock.
 */
#ifndef SERVER_AGENT_SESSION_H
#define SERVER_AGENT_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/log_bound.h"
#include "common/ipc.h"
#include "common/sockutil.h"
#include "common/vpath.h"
#include "server/account.h"
#include "server/conf.h"
#include "server/proto.h"

struct listing; /* list.c */
struct place; /* places.h */
struct upload; /* upload.c */
struct told; /* message.c */
struct usage; /* server/usage.h */

struct agent_session {
	TAILQ_ENTRY(agent_session) entry; /* agent.c */
	const struct config *conf;
	const struct ident *ident; /* who this process is */
	uint64_t sid;
	struct addr peer; /* the client's, for the log */
	int chan; /* to the worker */
	int root; /* O_PATH directory that is the client's "/" */
	char *user; /* the account's name */
	uint32_t rights, umask;
	char *rule_files[2]; /* as in struct rule_lines; NULL = none */
	int32_t rights_line;
	mode_t file_mode, dir_mode; /* of what is new; 0 = by the umask */
	struct place *places; /* places.h */
	size_t nplaces;
	bool no_links; /* links are not followed in the root */
	struct listing *listing; /* open between LIST_MORE and its end */
	struct upload *upload; /* open between FS_STORE and its end */
	struct upload *plan; /* what FS_STORE checked in the last request */
	struct usage *usage; /* server/usage.h; NULL: no quota */
	uint64_t quota, quota_files; /* 0 = no limit */
	struct log_bound *refusals; /* in the log */
	struct told *told; /* directories whose message was shown */
	unsigned ntold;
	int file; /* being downloaded through FS_READ, or -1 */
	bool dev_known; /* the file system of the last download: */
	dev_t dev;
	enum file_access access;
};

/* Longest page of listing text; with its header it fits a message. */
#define AGENT_TEXT_MAX (IPC_MAX - 64)
#define AGENT_NUMS 4

/* A request being handled: its decoded fields, and its reply. */
struct agent_req {
	const struct agent_op *op;
	uint64_t num[AGENT_NUMS]; /* number fields in their order */
	char path[VPATH_MAX], path2[VPATH_MAX]; /* path fields: normal */
	char str[VPATH_MAX]; /* the string field */
	const void *bytes; /* the bytes field, in the message */
	size_t nbytes;
	struct wbuf out; /* fields of the reply go here */
	int fd; /* descriptor to send along, or -1 */
	bool fd_stays; /* it stays open here after the reply */
	int *given; /* the descriptor that came, or -1; taking it sets -1 */
	int err; /* errno behind a failure, for the log */
	char *text; /* room for AGENT_TEXT_MAX bytes */
};

/* The memory of one thread: what comes in, what goes out, what is between. */
struct agent_bufs {
	struct agent_req req;
	uint8_t in[IPC_MAX];
	uint8_t out[IPC_MAX];
	char text[AGENT_TEXT_MAX];
};

/* The account's root, made if it is to be; -1 with errno. */
int agent_home_open(const struct account *);

/*
 * Opens the account's root and takes over chan. NULL with errno if there is no
 * root to serve (ESTALE: another agent may find one); chan then stays the
 * caller's.
 */
struct agent_session *agent_session_new(const struct config *,
    const struct ident *, uint64_t sid, int chan, const struct account *);
/* Where its rights are said, for policy.c. */
void rules_load(struct agent_session *, const struct account *);
void rules_free(struct agent_session *);
/* Abandons what is unfinished and closes everything. */
void agent_session_free(struct agent_session *);

/* The permissions of what the session makes. */
static inline mode_t
new_file_mode(const struct agent_session *s)
{
	return s->file_mode != 0 ? s->file_mode : 0666 & ~s->umask;
}

static inline mode_t
new_dir_mode(const struct agent_session *s)
{
	return s->dir_mode != 0 ? s->dir_mode : 0777 & ~s->umask;
}

enum handle_result {
	HANDLE_DONE, /* one request was answered */
	HANDLE_IDLE, /* there is none now */
	HANDLE_CLOSE, /* the channel ended or its other end is broken */
};
/* Receives, runs and answers at most one request. */
enum handle_result agent_session_handle(
    struct agent_session *, struct agent_bufs *);

/* Sends, waiting a bounded time for room. 0, or -1 if the peer is lost. */
int agent_send(int sock, const struct wbuf *, int fd);

#endif
