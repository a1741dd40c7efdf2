/* SPDX-License-Identifier: ISC */
/*
 * The queue of login attempts and the auth processes that work on it, one
 * attempt at a time each.
 *
 * A slow check (a hash that is meant to be slow, PAM, a database) keeps only
 * its process busy. Passwords are wiped as soon as they are handed on.
 */
#include "config.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"
#include "server/totp.h"

#define CHECK_MAX_MS 60000 /* a process that takes longer is stuck */

struct attempt {
	TAILQ_ENTRY(attempt) entry;
	struct auths *as;
	struct timer hold; /* set: it is in held, and queues when it fires */
	uint64_t sid; /* 0: nobody waits for it any more */
	uint64_t id;
	struct addr peer;
	enum login_ask ask;
	bool tls;
	char *user, *names, *host;
	char *password; /* until it is forwarded */
};
TAILQ_HEAD(attempts, attempt);

struct authproc {
	TAILQ_ENTRY(authproc) entry;
	struct auths *as;
	pid_t pid;
	struct chan *chan;
	uint64_t born;
	bool retiring; /* of an older generation: goes when it is idle */
	struct attempt *now; /* what it works on, or NULL */
	struct timer stuck;
};
TAILQ_HEAD(authprocs, authproc);

struct auths {
	struct monitor *m;
	struct authprocs procs;
	struct attempts queue, held;
	unsigned nqueued;
	uint64_t last_id;
	struct respawn respawn;
};

static void auths_pump(struct auths *);

/* --------------------------------------------------------------- attempts */
static void
attempt_forget_password(struct attempt *a)
{
	if (a->password != NULL)
		free_secret(a->password, strlen(a->password));
	a->password = NULL;
	if (a->ask == ASK_NEW_PASSWORD && a->names != NULL)
		explicit_bzero(a->names, strlen(a->names));
}

static void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	timer_cancel(&a->hold);
	attempt_forget_password(a);
	free(a->user);
	free(a->names);
	free(a->host);
	free(a);
}

static struct attempt *
queue_pop(struct auths *as)
{
	struct attempt *a = TAILQ_FIRST(&as->queue);

	if (a != NULL) {
		TAILQ_REMOVE(&as->queue, a, entry);
		as->nqueued--;
	}
	return a;
}

/* -------------------------------------------------------------- processes */
static void
auth_free(struct authproc *p)
{
	TAILQ_REMOVE(&p->as->procs, p, entry);
	timer_cancel(&p->stuck);
	child_leave(p->as->m, p->pid);
	attempt_free(p->now);
	chan_free(p->chan);
	free(p);
}

/* It died or was killed: its attempt has failed, another takes its place. */
static void
auth_gone(struct authproc *p)
{
	struct auths *as = p->as;
	uint64_t sid = p->now != NULL ? p->now->sid : 0;
	bool is_new = p->now != NULL && p->now->ask == ASK_NEW_PASSWORD;

	if (!p->retiring)
		respawn_after(&as->respawn, p->born);
	auth_free(p);
	if (sid != 0 && is_new)
		pswd_checked(as->m, sid, V_ERROR, "");
	else if (sid != 0)
		login_checked(
		    as->m, sid, V_ERROR, "auth-process-died", "", NULL);
}

static void
auth_kill(struct authproc *p, const char *why)
{
	log_errorx("auth[%ld] %s: killing it", (long)p->pid, why);
	child_kill(p->as->m, p->pid);
	auth_gone(p);
}

static void
auth_stuck_cb(void *arg)
{
	auth_kill(arg, "takes too long to check a login");
}

/* That a password is needed only answers whether a certificate is enough. */
static bool
verdict_is_legal(const struct attempt *a, uint8_t verdict)
{
	return verdict < V_PASSWORD ||
	       (verdict == V_PASSWORD && a->ask == ASK_CERTIFICATE);
}

/* 0, or -1 if the process must not say this. */
static int
auth_result(struct authproc *p, struct ipc_msg *msg)
{
	char reason[PROTO_REASON_MAX], rule[RULE_MAX];
	struct rbuf *b = &msg->body;
	struct attempt *a = p->now;
	struct account account;
	uint8_t verdict;

	if (msg->type != AM_RESULT || msg->fd != -1 || a == NULL ||
	    get_u64(b) != a->id)
		return -1;
	verdict = get_u8(b);
	get_str(b, reason, sizeof(reason));
	get_str(b, rule, sizeof(rule));
	if (verdict == V_OK)
		account_get(b, &account);
	if (rbuf_end(b) == -1 || !verdict_is_legal(a, verdict))
		return -1;
	p->now = NULL;
	timer_cancel(&p->stuck);
	if (a->ask == ASK_NEW_PASSWORD)
		pswd_checked(p->as->m, a->sid, verdict, reason);
	else
		login_checked(p->as->m, a->sid, verdict, reason, rule,
		    verdict == V_OK ? &account : NULL);
	attempt_free(a);
	return 0;
}

static void
auth_cb(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct authproc *p = arg;
	struct auths *as = p->as;
	int bad;

	if (msg == NULL) {
		auth_gone(p);
		return;
	}
	bad = auth_result(p, msg);
	if (bad == -1)
		auth_kill(p, "sent a message that it must not");
	else if (p->retiring)
		auth_free(p);
	else
		auths_pump(as);
}

static int
auth_start(struct auths *as)
{
	struct authproc *p;
	pid_t pid;
	int fd;

	if (conf_any_totp(as->m->conf) && totp_share() == -1)
		log_warn("one-time passwords can be used twice: no memory");
	pid = child_start(as->m, ROLE_AUTH, NULL, &fd);
	if (pid == -1)
		return -1;
	p = xcalloc(1, sizeof(*p));
	p->as = as;
	p->pid = pid;
	p->born = clock_ms();
	timer_init(&p->stuck, auth_stuck_cb, p);
	TAILQ_INSERT_TAIL(&as->procs, p, entry);
	p->chan = chan_new(as->m->base, fd, auth_cb, p);
	return 0;
}

/* Gives the attempt to this process. */
static void
auth_check(struct authproc *p, struct attempt *a)
{
	uint8_t mem[PROTO_USER_MAX + PROTO_PASS_MAX + CERTNAMES_MAX +
		    CONF_NAME_MAX + 128];
	struct wbuf b;

	p->now = a;
	timer_set(&p->stuck, CHECK_MAX_MS);
	ipc_begin(&b, mem, sizeof(mem), MA_CHECK);
	put_u64(&b, a->id);
	put_u8(&b, (uint8_t)a->ask);
	put_str(&b, a->user);
	put_str(&b, a->password);
	addr_put(&b, &a->peer);
	put_u8(&b, a->tls);
	put_str(&b, a->names);
	put_str(&b, a->host);
	(void)chan_send(p->chan, &b, -1);
	explicit_bzero(mem, sizeof(mem));
	attempt_forget_password(a);
}

/* --------------------------------------------------------------- the pool */
/* Gives waiting attempts to idle processes. */
static void
auths_pump(struct auths *as)
{
	struct authproc *p;
	struct attempt *a;

	TAILQ_FOREACH (p, &as->procs, entry) {
		if (p->now != NULL || p->retiring)
			continue;
		a = queue_pop(as);
		if (a == NULL)
			return;
		auth_check(p, a);
	}
}

void
auths_fill(struct auths *as)
{
	uint32_t have = 0, wanted = as->m->conf->auth_processes;
	struct authproc *p;

	if (as->m->inetd || wanted == 0)
		wanted = 1;
	TAILQ_FOREACH (p, &as->procs, entry)
		if (!p->retiring)
			have++;
	for (; have < wanted; have++)
		if (auth_start(as) == -1) {
			respawn_after(&as->respawn, clock_ms());
			break;
		}
	auths_pump(as);
}

static void
auths_fill_cb(void *arg)
{
	auths_fill(arg);
}

void
auths_replace(struct auths *as)
{
	struct authproc *p, *next;

	TAILQ_FOREACH_SAFE (p, &as->procs, entry, next) {
		p->retiring = true;
		if (p->now == NULL)
			auth_free(p);
	}
	auths_fill(as);
}

struct auths *
auths_new(struct monitor *m)
{
	struct auths *as = xcalloc(1, sizeof(*as));

	as->m = m;
	TAILQ_INIT(&as->procs);
	TAILQ_INIT(&as->queue);
	TAILQ_INIT(&as->held);
	timer_init(&as->respawn.timer, auths_fill_cb, as);
	return as;
}

void
auths_clear(struct auths *as)
{
	struct attempt *a;
	struct authproc *p;

	timer_cancel(&as->respawn.timer);
	while ((p = TAILQ_FIRST(&as->procs)) != NULL)
		auth_free(p);
	while ((a = queue_pop(as)) != NULL)
		attempt_free(a);
	while ((a = TAILQ_FIRST(&as->held)) != NULL) {
		TAILQ_REMOVE(&as->held, a, entry);
		attempt_free(a);
	}
}

void
auths_free(struct auths *as)
{
	if (as == NULL)
		return;
	auths_clear(as);
	free(as);
}

static void
queue_push(struct attempt *a)
{
	TAILQ_INSERT_TAIL(&a->as->queue, a, entry);
	a->as->nqueued++;
	auths_pump(a->as);
}

static void
hold_over_cb(void *arg)
{
	struct attempt *a = arg;

	TAILQ_REMOVE(&a->as->held, a, entry);
	queue_push(a);
}

/* Those on hold are not counted as waiting: there is one per session at most,
 * and they take no place from others. */
int
auths_check(struct auths *as, uint64_t sid, const struct addr *peer,
    const struct login_request *req, uint32_t hold)
{
	struct attempt *a;

	/* Idle processes leave the queue empty, so this counts who waits. */
	if (as->nqueued >= as->m->conf->max_auth_queue)
		return -1;
	a = xcalloc(1, sizeof(*a));
	a->as = as;
	timer_init(&a->hold, hold_over_cb, a);
	a->sid = sid;
	a->id = ++as->last_id;
	a->peer = *peer;
	a->ask = req->ask;
	a->tls = req->tls;
	a->user = xstrdup(req->user);
	a->password = xstrdup(req->password);
	a->names = xstrdup(req->names);
	a->host = xstrdup(req->host);
	if (hold == 0)
		queue_push(a);
	else {
		TAILQ_INSERT_TAIL(&as->held, a, entry);
		timer_set(&a->hold, hold);
	}
	return 0;
}

void
auths_cancel(struct auths *as, uint64_t sid)
{
	struct attempt *a, *next;
	struct authproc *p;

	TAILQ_FOREACH_SAFE (a, &as->held, entry, next)
		if (a->sid == sid) {
			TAILQ_REMOVE(&as->held, a, entry);
			attempt_free(a);
		}
	TAILQ_FOREACH_SAFE (a, &as->queue, entry, next)
		if (a->sid == sid) {
			TAILQ_REMOVE(&as->queue, a, entry);
			as->nqueued--;
			attempt_free(a);
		}
	/* What is being checked runs to its end; nobody hears the result. */
	TAILQ_FOREACH (p, &as->procs, entry)
		if (p->now != NULL && p->now->sid == sid)
			p->now->sid = 0;
}

void
auths_log(struct auths *as, enum log_sink sink)
{
	struct authproc *p;

	TAILQ_FOREACH (p, &as->procs, entry)
		child_send_log(p->chan, MA_LOG, sink);
}

unsigned
auths_waiting(const struct auths *as)
{
	return as->nqueued;
}
