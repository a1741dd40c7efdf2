/* SPDX-License-Identifier: ISC */
/*
 * The monitor: its children, its clients, and what it does for them.
 *
 * It binds, accepts, counts, forks, and introduces the others to each other.
 * It never reads a byte that a client sent, and nothing that a child sends can
 * do more to it than end that child. Private to this folder.
 */
#ifndef SERVER_MONITOR_MONITOR_H
#define SERVER_MONITOR_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/tree.h>
#include <sys/types.h>
#include <time.h>

#include "common/chan.h"
#include "common/log.h"
#include "common/log_bound.h"
#include "common/privdrop.h"
#include "common/reason.h"
#include "common/sockutil.h"
#include "common/timer.h"
#include "server/account.h"
#include "server/certnames.h"
#include "server/conf.h"
#include "server/monitor/door.h"
#include "server/monitor/guard.h"
#include "server/monitor/keys.h"
#include "server/monitor/look.h"
#include "server/monitor/vhosts.h"
#include "server/proto.h"
#include "server/roles.h"
#include "tls/tls_keys.h"

struct event;
struct event_base;
struct monitor;
struct tlsconf; /* server/tlsconf.h */
struct wproc; /* a worker process, workers.c */
struct auths; /* the pool of auth processes, authq.c */
struct aproc; /* an agent process, agents.c */
struct bans; /* addresses that are not served, bans.h */

/* ------------------------------------------------- processes (spawn.c) */
enum role {
	ROLE_WORKER,
	ROLE_AUTH,
	ROLE_AGENT,
	ROLE_RESOLVER,
	ROLE_KEYS
};

/* How the monitor starts and ends processes; tests put fakes here. */
struct process_ops {
	/*
	 * Starts a process (id: an agent's identity, else NULL) and gives our
	 * end of its channel. Returns its pid, or -1 with errno.
	 */
	pid_t (*spawn)(
	    struct monitor *, enum role, const struct ident *id, int *fd_r);
	int (*kill)(pid_t, int sig);
};
extern const struct process_ops process_real;

/* A child until it has been waited for. */
struct child {
	LIST_ENTRY(child) entry;
	struct monitor *m;
	pid_t pid;
	enum role role;
	bool killed; /* by us, so its death is no news */
	struct timer deadline; /* set once it should exit: then SIGKILL */
};
LIST_HEAD(children, child);

/* Starts a process of this role; *fd_r is our end. Returns its pid or -1. */
pid_t child_start(struct monitor *, enum role, const struct ident *, int *fd_r);
/* Its channel is closed: it has some seconds to exit by itself. */
void child_leave(struct monitor *, pid_t);
void child_kill(struct monitor *, pid_t);
void children_kill(struct monitor *);
/* Waits for everything that has died (SIGCHLD). */
void children_reap(struct monitor *);
void children_forget(struct monitor *);
/* Gives all of them the log after it was reopened. */
void children_log(struct monitor *);
void child_send_log(struct chan *, uint16_t type, enum log_sink);
/* Logs how it ended and forgets it. */
void child_reaped(struct monitor *, pid_t, int status);
const char *role_name(enum role);

/* born: clock_ms() when the dead one was started. Sets the timer. */
void respawn_after(struct respawn *, uint64_t born);

/* --------------------------------------------------- clients (sessions.c) */
/* How many sessions one address or one account has. */
struct tally {
	RB_ENTRY(tally) entry;
	unsigned n;
	unsigned slot; /* of its rates (server/rates.h), or 0 */
	char key[];
};
RB_HEAD(tallies, tally);

/* Login of a client as the monitor sees it; bits, for the permit tables. */
enum client_state {
	CLIENT_NEW = 1 << 0, /* nobody is logged in */
	CLIENT_CHECKING = 1 << 1, /* an auth process is asked */
	CLIENT_GRANTING = 1 << 2, /* an agent is asked */
	CLIENT_IN = 1 << 3,
	CLIENT_PROXY = 1 << 4, /* its proxy's header is waited for */
	CLIENT_REFUSED = 1 << 5, /* because of what that says */
};
#define CLIENT_MET 0xfu /* it was admitted */
#define CLIENT_ANY 0x3fu

/* One connection, from accept until its worker says that it is gone. */
struct client {
	RB_ENTRY(client) entry;
	LIST_ENTRY(client) of_worker;
	uint64_t sid;
	/* The client's, and what it has connected to; of the proxy's connection
	 * unless a header has said (CLIENT_PROXY) whose it is. */
	struct addr peer, local;
	struct addr sock_local;
	uint16_t listener; /* index in conf->listens */
	struct wproc *worker;
	time_t since;
	enum client_state state; /* client_set_state() */
	uint32_t attempt; /* of the login that is asked for */
	struct guess guess; /* of it */
	uint64_t probed; /* clock_ms() of the last MW_PROBE */
	uint64_t alive; /* ... of the last WM_ALIVE */
	struct waiting *waits; /* patience.c; NULL: it does not */
	uint32_t delay; /* ms, before its refusal is told */
	enum account_source source; /* of the account */
	struct tally *from; /* NULL: not admitted yet */
	struct tally *account, *group; /* NULL unless GRANTING or IN */
	struct tally *host, *from_host; /* the host, and from there; or NULL */
	bool own_accounts; /* which has accounts of its own */
	bool host_gone; /* a reload took it away */
	pid_t agent; /* 0 unless IN */
	uint64_t rates[RATE_WAYS]; /* its own, since its user logged in */
	bool limited; /* ... and they are the administrator's */
	struct client_status *status; /* for a while after a survey, or NULL */
};
RB_HEAD(clients, client);
LIST_HEAD(client_list, client);

struct sessions {
	struct clients clients;
	struct tallies from, accounts, groups, hosts;
	unsigned count;
	uint64_t last_sid;
};

void sessions_init(struct sessions *);
void sessions_clear(struct sessions *);
struct client *sessions_add(struct sessions *, const struct addr *peer,
    const struct addr *local, uint16_t listener);
/* The same for the connection of a proxy, which counts for no address until it
 * is known whose it is. */
struct client *sessions_add_proxied(struct sessions *, const struct addr *peer,
    const struct addr *local, uint16_t listener);
void sessions_count_from(struct sessions *, struct client *);
struct client *sessions_find(struct sessions *, uint64_t sid);
/* Takes it out of every count and frees it. */
void sessions_remove(struct sessions *, struct client *);
/* The one with the lowest number above sid, or NULL. */
struct client *sessions_next(struct sessions *, uint64_t sid);
/* Sessions from this client address (IPv6: from its /64). */
unsigned sessions_from(struct sessions *, const struct addr *);
unsigned sessions_of(struct sessions *, const char *key);
/* As a reload has it for this account; group: NULL if it is in none. */
void sessions_set_rates(struct sessions *, struct client *, const char *group,
    const uint64_t rates[RATE_SCOPES][RATE_WAYS]);
/* The same as what they are counted by; NULL if there are none. */
const struct tally *sessions_tally_from(struct sessions *, const struct addr *);
const struct tally *sessions_tally_of(struct sessions *, const char *key);
/* Counts the client for this account and its group, or for none (NULL). */
void sessions_set_account(
    struct sessions *, struct client *, const struct account *);
uint16_t tally_slot(const struct tally *);
void client_set_state(struct client *, enum client_state);
const char *client_state_name(enum client_state);

/* ---------------------------------------------------- workers (workers.c) */
struct wproc {
	TAILQ_ENTRY(wproc) entry;
	struct monitor *m;
	pid_t pid;
	struct chan *chan;
	uint64_t born;
	unsigned generation;
	bool source_port; /* its configuration allows active_port_20 */
	bool draining; /* gets nothing new, exits when empty */
	struct kproc keys;
	struct client_list clients;
	unsigned nclients;
	uint32_t surveyed[SURVEY_COUNT]; /* serials of its answers */
	uint64_t counters[COUNT_MAX]; /* of the last one */
};
TAILQ_HEAD(wprocs, wproc);

void workers_init(struct monitor *);
void workers_clear(struct monitor *);
/* Starts what is missing of the running generation. */
void workers_fill(struct monitor *);
/* The least loaded worker that takes sessions, or NULL. */
struct wproc *workers_choose(struct monitor *);
/* Do all that take sessions still have to read what they were given? */
bool workers_are_behind(struct monitor *);
/* A new generation, of the monitor's configuration and certificates, takes
 * over; the older ones drain. */
void workers_replace(struct monitor *);
/* All learn the ticket keys. */
void workers_tell_keys(struct monitor *);
void workers_shutdown(struct monitor *);
void workers_log(struct monitor *, enum log_sink);
/* ------------------------------------ worker_talk.c and source_port.c */
/* Gives it a client and, with MW_SESSION, its connection. */
void worker_give(struct wproc *, struct client *, int fd);
void worker_send(struct wproc *, const struct wbuf *, int fd);
/* Sends a message without fields. */
void worker_order(struct wproc *, uint16_t type);
void worker_tell_keys(struct wproc *, const struct tls_keys *);
/* Sends MW_LOGIN; account and fd with V_OK only. */
void worker_tell_password(const struct client *, enum verdict);
void worker_tell_login(struct client *, enum verdict, const char *reason,
    const char *rule, const struct account *, int fd);
/* How fast a session may move bytes from now on (0: as fast as it can), beside
 * the rates that it shares. */
/* Of all who are logged in, as the configuration has them now. */
void sessions_rerate(struct monitor *);
/* Its rates have changed. */
void client_tell_rates(struct client *);
/* A limit was reached: those counted there whose clients are gone, behind a NAT
 * that has forgotten them, are to be found soon (R16.1). */
void clients_probe(struct monitor *, const struct tally *);
void clients_probe_all(struct monitor *);
/* Ends a session with a 421. */
void client_kick(struct client *, const char *reason);
/* The same after its running transfer or command. */
void client_retire(struct client *, const char *reason);
/* Kicks every client. */
void workers_kick_all(struct monitor *, const char *reason);
/* Does what it asks for; -1 if it must not say this. */
int worker_answer(struct wproc *, struct ipc_msg *);
/* The client is gone, whatever it was doing. */
void client_end(struct wproc *, struct client *);
/* A socket bound to port 20 (989 if implicit) of this address, or -1. */
int source_socket(const struct addr *local, bool implicit);

/* shared.c: makes what processes share of this configuration; before the
 * workers that need it are forked. */
void monitor_share(const struct config *);
/* In a child: forgets what is others'. */
void monitor_unshare(enum role);
/* The place where its agents count what it stores. 0, or -1: there is none. */
int account_take_usage(struct account *, const char *key);

/* -------------------------------------------------------- login (login.c) */
/* What a client shows to log in. */
struct login_request {
	enum login_ask ask;
	const char *user, *password;
	const char *names; /* of its certificate (certnames.h) */
	const char *host; /* name of the block, or "" */
	bool tls;
};

/* WM_LOGIN: a worker asks; answered by worker_tell_login() sooner or later. */
void login_begin(struct monitor *, struct client *, uint32_t attempt,
    struct login_request *);
/* WM_PASSWORD, and what an auth process says to it: hash, if the verdict is
 * V_OK. */
void pswd_begin(
    struct monitor *, struct client *, const char *old, const char *new);
void pswd_checked(
    struct monitor *, uint64_t sid, enum verdict, const char *hash);
/* It was checked; account with V_OK only. */
void login_checked(struct monitor *, uint64_t sid, enum verdict,
    const char *reason, const char *rule, struct account *);
/* The agent has answered: reason NULL = granted, fd = the worker's end. */
void login_granted(struct monitor *, uint64_t sid, pid_t agent,
    const struct account *, int fd, const char *reason);
/* The user or the whole session is gone: forget what is under way. */
void login_drop(struct monitor *, struct client *);
/* What the sessions are counted by that leave the account no further one; NULL:
 * it may have one more. */
const struct tally *login_limit(
    struct monitor *, const struct client *, const struct account *);
/* It has waited long enough for room. */
void login_go_on(struct monitor *, struct client *, struct account *);

/* ------------------------------------------------------------ patience.c */
void patience_init(struct monitor *);
void patience_clear(struct monitor *);
/* Lets a login wait that these sessions keep out; false: that is of no use. */
bool patience_begin(struct monitor *, struct client *, const struct account *,
    const struct tally *);
void patience_end(struct monitor *, struct client *);
/* A session has ended, or is known to be alive. */
void patience_look(struct monitor *);

/* ----------------------------------------------- auth processes (authq.c) */
struct auths *auths_new(struct monitor *);
void auths_free(struct auths *);
/* Lets all processes go and forgets what waits. */
void auths_clear(struct auths *);
/* Starts what is missing. */
void auths_fill(struct auths *);
/* A new configuration: idle processes go now, busy ones with their result. */
void auths_replace(struct auths *);
/* Queues one attempt, after so many ms; -1 if the queue is full. Copies the
 * strings. */
int auths_check(struct auths *, uint64_t sid, const struct addr *peer,
    const struct login_request *, uint32_t hold);
void auths_cancel(struct auths *, uint64_t sid);
void auths_log(struct auths *, enum log_sink);
/* How many attempts wait for a process. */
unsigned auths_waiting(const struct auths *);

/* ---------------------------------------------------- agents (agents.c) */
/* A session's channel that an agent has been asked to serve. */
struct grant {
	TAILQ_ENTRY(grant) entry;
	uint64_t sid; /* 0: the client has gone meanwhile */
	uint64_t id; /* sid as the agent knows it */
	int fd; /* the worker's end */
	bool again; /* asked for because the first agent died */
	struct account account;
};
TAILQ_HEAD(grants, grant);

struct aproc {
	TAILQ_ENTRY(aproc) entry;
	struct monitor *m;
	pid_t pid;
	struct chan *chan;
	struct ident ident;
	unsigned generation; /* in which it was started */
	bool stale; /* places are there now that it cannot reach */
	unsigned nsessions; /* granted or asked for, and not closed */
	struct grants pending; /* asked for, in order */
	struct timer idle;
};
TAILQ_HEAD(aprocs, aproc);

/* Asks the agent of this identity to serve the account; login_granted() hears
 * the answer. -1: none can be started. */
int agents_grant(
    struct monitor *, const struct client *, const struct account *);
void agents_cancel(struct monitor *, uint64_t sid);
/* A new configuration: agents go as soon as their sessions have. */
void agents_retire(struct monitor *);
void agents_clear(struct monitor *);
void agents_log(struct monitor *, enum log_sink);

/* ---------------------------------------------------- certs.c, tickets.c */
void certs_init(struct monitor *);
void certs_clear(struct monitor *);
/* Contexts for this configuration; NULL after saying why, in lines of out. */
struct tlsconf *certs_load(const struct config *, FILE *out);
/* Tells about those in use in the log, and looks for changes of their files
 * from now on. */
void certs_start(struct monitor *);
/* Takes these over in place of those in use, and starts. */
void certs_use(struct monitor *, struct tlsconf *);
/* In a child that has nothing to do with TLS. */
void certs_forget(struct monitor *);

void tickets_init(struct monitor *);
void tickets_clear(struct monitor *);
/* The keys that this configuration is to have, without using them: from its
 * file, else those there are. 0, or -1 after saying why. */
int tickets_load(const struct monitor *, const struct config *,
    struct tls_keys *, FILE *out);
/* All that are forked from now on have them; they are changed in time. */
void tickets_use(struct monitor *, const struct tls_keys *);

/* ------------------------------------------------------------- report.c */
/* Problems and warnings, one a line, as conf_check() writes them. */
struct report {
	FILE *to; /* they are written here */
	char *text;
	size_t size;
};
void report_begin(struct report *);
/* They go to the log, and to copy (NULL: nowhere else). */
void report_end(struct report *, FILE *copy);

/* -------------------------------------------------------------- names.c */
struct names { /* of passive_address, by rule */
	struct addr addr[NAT_MAX]; /* the last that was found; family 0: none */
	bool failed[NAT_MAX]; /* when it was looked for last */
	struct timer timer;
	struct chan *chan; /* to the resolver while there is one */
	pid_t pid;
};
void names_init(struct monitor *);
void names_clear(struct monitor *);
/* Looks them up now, and again from time to time. */
void names_start(struct monitor *);
/* The configuration was old until now. */
void names_move(struct monitor *, const struct config *old);
void worker_tell_names(struct wproc *);

/* -------------------------------------------------------------- users.c */
void users_init(struct monitor *);
/* It was changed by us: reads it from the event loop, without waiting. */
void users_look_now(struct monitor *);
void users_clear(struct monitor *);
/* Looks for changes of the users file from now on. */
void users_start(struct monitor *);

/* ------------------------------------------------------ reload.c, stop.c */
/*
 * Takes over the configuration as its files are now. 0, or -1 with the old one
 * still running; out (or NULL) is told what the log is told, line by line.
 */
int monitor_reload(struct monitor *, FILE *out);
/* The same for the users file alone, which has changed; ftpd.conf stays as it
 * was read. */
void monitor_reload_users(struct monitor *);
/* What it would do, and nothing of it: each difference is a line of out. 0, or
 * -1 if it could not be taken over, for the reasons told there. */
int monitor_reload_dry(struct monitor *, FILE *out);
/* Why this account may no longer log in, or NULL; conf: client_conf(). */
const char *account_objection(
    const struct config *, enum account_source, const char *name);
/*
 * Ends the sessions that may not go on under the configuration now, as its
 * reload_ends says; plan: only tells which. Returns their number.
 */
unsigned sessions_revoke(struct monitor *, const struct config *old,
    const struct config *now, FILE *plan);
/* SIGTERM, SIGINT: the first drains, the second kills. */
void monitor_stop(struct monitor *);
/* Takes no new sessions, and ends when the last has gone. */
void monitor_leave(struct monitor *);
/* A child or a session has gone: looks, soon, whether all is over. */
void monitor_step(struct monitor *);
void stop_init(struct monitor *);
/* Waits a moment for children that were killed. */
void stop_finish(struct monitor *);

enum run_state {
	RUN_UP,
	RUN_LEAVING, /* sessions go on until they end by themselves */
	RUN_DRAINING, /* workers finish their transfers */
	RUN_KICKING, /* the time for that is over: sessions get a 421 */
	RUN_CLOSING, /* workers are gone, the others exit */
	RUN_OVER,
};

/* ---------------------------------------------------- control*.c: ternctl */
struct ctlconn; /* control.h */
TAILQ_HEAD(ctlconns, ctlconn);

struct control_socket {
	int fd; /* -1: there is none */
	char *path;
	ino_t ino;
	bool keep; /* control_open(): the one that is in use stays */
};

struct control {
	struct control_socket sock;
	struct event *ev;
	struct timer pause; /* of accepting, for lack of descriptors */
	struct ctlconns conns;
	unsigned nconns;
};

void control_init(struct monitor *);
void control_clear(struct monitor *);
/*
 * Makes the control socket of this configuration, if it has one, without using
 * it. 0, or -1 with a text in err.
 */
int control_open(const struct monitor *, const struct config *,
    struct control_socket *, char *err, size_t size);
/* The survey is over: answers who waited for it. */
void control_surveyed(struct monitor *, enum survey_kind);
/* Takes it over in place of the one in use. */
void control_use(struct monitor *, struct control_socket *);
/* It is not wanted after all. */
void control_socket_close(struct control_socket *);

/* ------------------------------------------------ daemon.c and notify.c */
struct daemon {
	int ready_fd; /* to the parent that waits in the foreground, or -1 */
	struct pidfh *pidfile;
};
/* Goes to the background; returns in the child only. */
void daemon_begin(struct daemon *);
/* 0, or -1 after a line on stderr. */
int daemon_pidfile(struct daemon *, const char *path);
/* Leaves the terminal: what could fail has not, and the log is open. */
void daemon_detach(const struct daemon *);
/* Lets the waiting parent exit 0. */
void daemon_ready(struct daemon *);
void daemon_end(struct daemon *);
/* Points descriptors 0 to last to /dev/null. */
void stdio_to_null(int last);

#define NOTIFY_FDS_START 3
/* Number of the listening sockets passed, from NOTIFY_FDS_START on, or -1. */
int notify_listen_fds(void);
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* ------------------------------------------------------------- monitor.c */
TAILQ_HEAD(waiting_list, waiting);

struct monitor {
	const struct process_ops *proc;
	struct event_base *base;
	struct config *conf; /* in use; owned */
	struct tlsconf *tls; /* in use; owned; NULL before the start */
	unsigned generation; /* of workers: counts changes of both */
	bool rated; /* all sessions together have a rate */
	unsigned conf_since; /* the first one with this configuration */
	char *conf_path;
	bool inetd, background, verbose;
	bool privileged; /* may become others */
	struct ident self;
	enum run_state state;
	struct timer stop_timer, step_timer;
	struct timer logs_timer;
	bool logs_lost; /* complained of: a log cannot be opened */

	struct children children;
	struct sessions sessions;
	struct bans *bans;
	struct guard *guard;

	struct listeners listeners;
	int fd_ceiling; /* connections with a higher number are refused */
	unsigned sessions_per_process; /* so that its descriptors suffice */
	struct timer accept_pause;
	uint64_t starved; /* when lack of descriptors was last logged */
	struct refusals refusals;
	uint64_t probed_all; /* clock_ms() */
	struct waiting_list waiting;
	unsigned nwaiting;
	struct timer patience;
	unsigned nrefusals;
	struct timer refusal_timer;

	struct wprocs workers;
	struct respawn worker_respawn;
	struct auths *auths;
	struct aprocs agents;

	struct control control;
	struct survey surveys[SURVEY_COUNT];
	struct timer status_forget;
	uint64_t past[COUNT_MAX]; /* counted by workers that have gone */
	struct dialogues dialogues;
	struct log_bound refused_lines; /* of connections, in the log */
	struct reasons reasons; /* of logins and of connections refused */
	time_t since;

	struct timer certs_look, certs_expiry;
	bool certs_changed; /* but perhaps not all of them yet */
	struct tls_keys tickets;
	struct timer tickets_timer;
	struct names names;
	bool users_whole; /* it was changed at once: nothing to wait for */
	struct timer users_look;
	bool users_changed; /* but perhaps not all of it yet */
	struct daemon daemon;
};

/* Takes over conf. Starts no process. */
void monitor_init(struct monitor *, struct event_base *, struct config *,
    const struct process_ops *);
void monitor_clear(struct monitor *);
/* Makes the directory that this is in: that of the defaults is ours to make. */
void monitor_make_parent(const char *path);

/* ---------------------------------------------------------------- logs.c */
/* Opens the log of this configuration. */
/* What cannot be opened is told to out, or (NULL) to the log as it is. */
void monitor_open_log(struct monitor *, const struct config *, FILE *out);
/* SIGUSR1: opens all files anew, for all processes. */
void logs_reopen(struct monitor *);
void logs_init(struct monitor *);
/* Looks after them from now on. */
void logs_start(struct monitor *);

#endif
