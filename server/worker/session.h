/* SPDX-License-Identifier: ISC */
/*
 * A session: one control connection and everything that belongs to it.
 *
 * Several small machines live here, each changed only through its setter:
 * login (login_set), what the control channel is doing (ctrl_set_mode), the
 * data connection (data.c) and the transfer (xfer.c). session_end() is the
 * only death.
 *
 * Turns: every callback that acts for a session brackets its work with
 * session_enter() and session_leave(). Leaving runs what commands are
 * buffered and allowed, then sends all replies of the turn in one send, then
 * re-arms the events. So handlers never send, and replies that belong together
 * leave together (docs/design.md, "Replies").
 */
#ifndef SERVER_WORKER_SESSION_H
#define SERVER_WORKER_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/log_event.h"
#include "common/line.h"
#include "common/listfmt.h"
#include "common/sockutil.h"
#include "common/stream.h"
#include "common/timer.h"
#include "server/rule.h"
#include "server/worker/pace.h"
#include "server/worker/worker.h"

struct chan;
struct event;
struct data; /* data.c */
struct xfer; /* xfer.c */
struct fs; /* fs.c */
struct proxy_reader; /* common/proxy.h */
struct tls_ctx;

enum login_state {
	LOGIN_NONE, /* no user */
	LOGIN_USER, /* USER answered 331 */
	LOGIN_CHECKING, /* the monitor is asked about a password */
	LOGIN_CHECKING_CERT, /* ... whether the client's certificate is enough
			      */
	LOGIN_IN, /* 230 */
};

/* What the control channel does with the next line. */
enum ctrl_mode {
	CTRL_READY, /* runs it */
	CTRL_WAITING, /* a command waits for monitor or agent: leave it unread
		       */
	CTRL_TRANSFER, /* runs ABOR and STAT, queues everything else */
	CTRL_HANDSHAKE, /* reads none: TLS is being negotiated */
	CTRL_PROXY, /* reads none: it is not yet known who the client is */
	CTRL_CLOSING, /* 221 or 421 said: drain and close */
};

enum xfer_type {
	TYPE_ASCII,
	TYPE_IMAGE
};

/* Bytes read but not yet parsed; the memory exists only while there are some.
 */
struct inbuf {
	uint8_t *p;
	size_t pos, len, cap;
};

/* Replies collected in a turn; the memory exists only while there are some. */
struct outbuf {
	char *p;
	size_t len, cap;
	size_t cut; /* so many bytes leave in a send of their own; 0 = all */
};

/* A line that came during a transfer and waits for its end. */
struct queued_line {
	STAILQ_ENTRY(queued_line) entry;
	enum line_result kind; /* LINE_OK, or a bad line to be answered */
	size_t len;
	char text[];
};
STAILQ_HEAD(queued_lines, queued_line);

struct session {
	TAILQ_ENTRY(session) entry;
	RB_ENTRY(session) by_id;
	struct worker *w;
	uint64_t id;
	uint16_t listener; /* index in conf->listens */
	const struct conf_host *host; /* cmd_host.c; NULL: none */
	const struct config *conf; /* as it is there */
	char *said; /* what HOST has named it, or NULL */
	/* Of the control connection; through a proxy: as its header has it. */
	struct addr peer, local;
	struct addr sock_peer, sock_local; /* of its socket */
	bool proxied; /* it began with a header */
	struct proxy_reader *header; /* which is waited for, or NULL */
	bool met; /* the log has told of it */

	/* control connection (ctrl.c) */
	struct stream ctl;
	struct event *ev_read, *ev_write;
	enum ctrl_mode mode;
	bool secret; /* who watches must not see the reply that is made now */
	struct line_reader line;
	struct inbuf in;
	struct queued_lines queued;
	unsigned nqueued;
	size_t queued_bytes;
	struct outbuf out;
	bool heard; /* the peer has sent something */
	bool eof; /* the peer ended its side */
	unsigned depth; /* of nested turns */
	bool ended; /* session_end() was called */
	bool hold; /* do not flush at the end of this turn (150 and 226) */
	bool blocked; /* the last flush could not send everything */
	bool read_waits; /* until TLS can send its answers */
	bool fin; /* our side has ended (CTRL_CLOSING) */
	bool finished; /* cmd_finish() was called by the running command */
	const char *command; /* verb of the last line; NULL: none */
	enum reason why; /* of the next refusal, for the log; refusal.h */
	uint16_t open_reply; /* the code of one that has not ended; 0: none */
	char *rule; /* that decides it, where the reason does not tell */
	bool told; /* the log has it already */
	struct log_bound refusals; /* in the log */
	bool silent; /* one of too many: the log does not know it yet */
	bool pad_last; /* pad the reply to a full segment if need be */
	unsigned nerrors; /* bad commands before login */
	unsigned nearly; /* commands before login, good or bad */
	size_t discarded; /* bytes read while closing */
	enum reason bye; /* why it is closing */
	char *retire; /* why it is to close after the running command */
	enum reason retire_for; /* the same for the log */
	void *ctx; /* what the pending command must remember; malloc'd */
	/* The pending command goes on here when all its output has been sent.
	 */
	void (*drained)(struct session *);

	/* TLS (ctrl_tls.c, cmd_tls.c) */
	bool cleared; /* the control connection was in TLS, before CCC */
	bool pbsz; /* PBSZ was given */
	bool private; /* PROT P */
	bool changes_password; /* SITE PSWD waits for the monitor */
	bool reuse_noted; /* that data connections do not resume */
	uint64_t handshake_since; /* clock_ms() */

	/* timers: one, for login, idle, closing (session.c) */
	struct timer timer;
	uint64_t
	    began; /* clock_ms(); REIN and the loss of the user restart it */
	uint64_t born; /* clock_ms() of the connection */
	uint64_t probed; /* ... of a question whether it is there; 0: none */
	uint64_t active; /* clock_ms() of the last command or reply */
	uint64_t blocked_since, closing_since;
	uint64_t answer_at; /* a refused login is answered then; 0 = none */
	uint32_t idle_timeout; /* seconds, SITE IDLE */

	/* login (cmd_login.c) */
	enum login_state login;
	char *user; /* as given to USER */
	unsigned login_attempts, login_failures;
	bool anonymous;
	bool tls_data; /* the account's transfers need PROT P */
	uint32_t rights, umask;
	struct fs *fs; /* the agent's channel, NULL before login */
	bool has_quota;
	char *rules[RULE_LINES]; /* of the account; NULL: the server's */
	struct pace *pace; /* how fast it may move bytes; NULL: no limit */

	/* parameters; session_reset() gives the table 4.3 defaults */
	char *cwd, *home; /* virtual paths */
	enum xfer_type type;
	unsigned facts; /* OPTS MLST */
	bool epsv_all;
	uint64_t restart; /* REST, consumed by the next transfer command */
	char *rename_from; /* RNFR */
	char *client; /* CLNT or CSID, for the log */

	/* data connection and transfer; NULL unless in use */
	struct data *data;
	struct xfer *xfer;
};

/* Starts a session on an accepted connection: greets. */
void session_new(struct worker *, uint64_t sid, int fd, const struct addr *peer,
    const struct addr *local, uint16_t listener);
/* The same on one of a proxy: session_open() when it is known whose it is. */
void session_new_proxied(struct worker *, uint64_t sid, int fd,
    const struct addr *peer, const struct addr *local, uint16_t listener);
void session_open(struct session *);
/*
 * The only death: aborts the transfer, closes everything, tells the monitor,
 * logs the reason (detail: more about it, or NULL). The memory goes with the
 * graveyard at the end of the loop turn. Idempotent.
 */
void session_end(struct session *, enum reason, const char *detail);
void session_free(struct session *);

/* What the configuration says of the session's listener. */
const struct conf_listen *session_listen(const struct session *);
/* The TLS context of its listener; NULL: no TLS there. */
struct tls_ctx *session_tls(const struct session *);
/* Is the control connection in TLS? */
bool session_is_secure(const struct session *);

void session_enter(struct session *);
void session_leave(struct session *);

/*
 * Says the reply (421 or 221), then closes in an orderly way: flush, FIN, read
 * until EOF or 2 s. For a reason the client should know.
 */
void session_bye(struct session *, int code, const char *text, enum reason);
/* The same without a word, or after what has been said. */
void session_close(struct session *, enum reason);

/* As session_bye() with a 421 for this reason, when nothing is under way: now,
 * or by cmd_finish(). */
void session_retire(struct session *, const char *reason);
/* Is nothing under way that would be worth waiting for? */
bool session_has_nothing(const struct session *);
/* If it is to go now, says so. */
void session_retire_now(struct session *);

/* Drops the user and everything that is his (USER, REIN, AUTH). */
void session_drop_user(struct session *);
/* Parameters back to the state after connecting (REIN, AUTH). */
void session_reset(struct session *);
/* A command arrived or a transfer ended: the idle time starts anew. */
void session_touch(struct session *);
/* A deadline has come nearer than the running timer: looks at them all. */
void session_set_timer(struct session *);

/* An event of this session: id, address and user are filled in. */
void session_event(struct session *, struct log_event);
/* What is no event: a line of free text with the same three before it. */
void session_log(const struct session *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
