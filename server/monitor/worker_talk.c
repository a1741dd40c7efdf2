/* SPDX-License-Identifier: ISC */
/*
 * What the monitor and a worker say to each other.
 *
 * What a worker says is looked up in a table that knows in which state of a
 * client it may be said; anything else ends that worker.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"

#define MESSAGE_MAX 8192 /* of ours: a start directory and some words */
#define PROBE_MS 30000 /* not more often than that */

/* --------------------------------------------------------------- to them */
void
worker_send(struct wproc *w, const struct wbuf *b, int fd)
{
	/* If it is dead, worker_cb() hears of that as well. */
	(void)chan_send(w->chan, b, fd);
}

void
worker_order(struct wproc *w, uint16_t type)
{
	uint8_t mem[16];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	worker_send(w, &b, -1);
}

void
worker_tell_keys(struct wproc *w, const struct tls_keys *keys)
{
	uint8_t mem[512];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_TICKET_KEYS);
	tls_keys_put(&b, keys);
	worker_send(w, &b, -1);
	explicit_bzero(mem, sizeof(mem));
}

void
worker_give(struct wproc *w, struct client *c, int fd)
{
	uint8_t mem[256];
	struct wbuf b;

	c->worker = w;
	LIST_INSERT_HEAD(&w->clients, c, of_worker);
	w->nclients++;
	ipc_begin(&b, mem, sizeof(mem), MW_SESSION);
	put_u64(&b, c->sid);
	addr_put(&b, &c->peer);
	addr_put(&b, &c->local);
	put_u16(&b, c->listener);
	put_u8(&b, c->state == CLIENT_PROXY);
	worker_send(w, &b, fd);
}

/* What a worker refuses or ends by, as far as the account says so. */
static void
put_rules(struct wbuf *b, const struct rule_lines *l)
{
	static const bool wanted[RULE_LINES] = { [RULE_QUOTA] = true,
		[RULE_QUOTA_FILES] = true,
		[RULE_TLS_DATA] = true,
		[RULE_IDLE_TIMEOUT] = true };
	char text[RULE_MAX];
	int i;

	for (i = 0; i < RULE_LINES; i++)
		put_str(b, wanted[i] && l->lines[i] != 0
			       ? rule_lines_text(l, (enum rule_line)i, text)
			       : "");
}

/* Of the rates that the session shares: the user's, the group's, all's. */
static void
put_slots(struct wbuf *b, const struct client *c)
{
	const uint64_t *all = c->worker->m->conf->rates;

	put_u16(b, tally_slot(c->account));
	put_u16(b, tally_slot(c->group));
	put_u16(
	    b, all[RATE_DOWN] != 0 || all[RATE_UP] != 0 ? RATE_SLOT_SERVER : 0);
}

void
worker_tell_login(struct client *c, enum verdict verdict, const char *reason,
    const char *rule, const struct account *account, int fd)
{
	static const char *const results[] = {
		[V_OK] = "logins.ok",
		[V_DENIED] = "logins.denied",
		[V_LIMIT] = "logins.limit",
		[V_BUSY] = "logins.busy",
		[V_ERROR] = "logins.error",
		[V_PASSWORD] = "logins.password-needed",
	};
	uint8_t mem[MESSAGE_MAX];
	struct wbuf b;

	reasons_count(&c->worker->m->reasons, results[verdict], reason);
	ipc_begin(&b, mem, sizeof(mem), MW_LOGIN);
	put_u64(&b, c->sid);
	put_u32(&b, c->attempt);
	put_u8(&b, verdict);
	put_str(&b, reason);
	put_u32(&b, c->delay);
	put_str(&b, rule);
	if (verdict == V_OK) {
		put_str(&b, account->name);
		put_u8(&b, account->anonymous);
		put_str(&b, account->start_dir);
		put_u32(&b, account->rights);
		put_u32(&b, account->umask);
		put_u32(&b, account->idle_timeout);
		put_u8(&b, account->tls_data);
		put_u64(&b, c->rates[RATE_DOWN]);
		put_u64(&b, c->rates[RATE_UP]);
		put_u8(&b, account->usage_slot != 0);
		put_slots(&b, c);
		put_rules(&b, &account->rules);
	}
	worker_send(c->worker, &b, fd);
}

void
client_tell_rates(struct client *c)
{
	uint8_t mem[64];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_RATE);
	put_u64(&b, c->sid);
	put_u64(&b, c->rates[RATE_DOWN]);
	put_u64(&b, c->rates[RATE_UP]);
	put_slots(&b, c);
	worker_send(c->worker, &b, -1);
}

static void
client_probe(struct client *c)
{
	uint8_t mem[32];
	struct wbuf b;

	if (c->probed != 0 && clock_ms() - c->probed < PROBE_MS)
		return;
	c->probed = clock_ms();
	ipc_begin(&b, mem, sizeof(mem), MW_PROBE);
	put_u64(&b, c->sid);
	worker_send(c->worker, &b, -1);
}

void
clients_probe(struct monitor *m, const struct tally *t)
{
	struct client *c;
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			if (t != NULL && (c->from == t || c->account == t ||
					     c->host == t || c->from_host == t))
				client_probe(c);
}

void
clients_probe_all(struct monitor *m)
{
	struct client *c;
	struct wproc *w;

	if (m->probed_all != 0 && clock_ms() - m->probed_all < PROBE_MS)
		return;
	m->probed_all = clock_ms();
	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			client_probe(c);
}

void
worker_tell_password(const struct client *c, enum verdict verdict)
{
	uint8_t mem[32];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), MW_PASSWORD);
	put_u64(&b, c->sid);
	put_u8(&b, (uint8_t)verdict);
	worker_send(c->worker, &b, -1);
}

/* MW_KICK or MW_RETIRE */
static void
tell_end(const struct client *c, uint16_t type, const char *reason)
{
	uint8_t mem[256];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), type);
	put_u64(&b, c->sid);
	put_str(&b, reason);
	worker_send(c->worker, &b, -1);
}

void
client_kick(struct client *c, const char *reason)
{
	tell_end(c, MW_KICK, reason);
}

void
client_retire(struct client *c, const char *reason)
{
	tell_end(c, MW_RETIRE, reason);
}

void
workers_kick_all(struct monitor *m, const char *reason)
{
	struct client *c;
	struct wproc *w;

	TAILQ_FOREACH (w, &m->workers, entry)
		LIST_FOREACH (c, &w->clients, of_worker)
			client_kick(c, reason);
}

/* ------------------------------------------------------------- from them */
void
client_end(struct wproc *w, struct client *c)
{
	LIST_REMOVE(c, of_worker);
	w->nclients--;
	login_drop(w->m, c);
	sessions_remove(&w->m->sessions, c);
	monitor_step(w->m);
}

/* The answers return -1 when the message was not what it should be. */
static int
answer_login(struct wproc *w, struct client *c, struct rbuf *b)
{
	char user[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	char names[CERTNAMES_MAX];
	struct login_request req = {
		.user = user, .password = password, .names = names
	};
	uint32_t attempt;
	uint8_t ask;
	int bad;

	attempt = get_u32(b);
	ask = get_u8(b);
	get_str(b, user, sizeof(user));
	get_str(b, password, sizeof(password));
	req.tls = get_u8(b) != 0;
	get_str(b, names, sizeof(names));
	req.ask = ask;
	bad = rbuf_end(b) == -1 || ask > ASK_CERTIFICATE ? -1 : 0;
	if (bad == 0)
		login_begin(w->m, c, attempt, &req);
	explicit_bzero(password, sizeof(password));
	return bad;
}

static int
answer_password(struct wproc *w, struct client *c, struct rbuf *b)
{
	char old[PROTO_PASS_MAX], new[CERTNAMES_MAX];
	int bad;

	get_str(b, old, sizeof(old));
	get_str(b, new, sizeof(new));
	bad = rbuf_end(b);
	if (bad == 0)
		pswd_begin(w->m, c, old, new);
	explicit_bzero(old, sizeof(old));
	explicit_bzero(new, sizeof(new));
	return bad;
}

static int
answer_host(struct wproc *w, struct client *c, struct rbuf *b)
{
	const struct conf_host *h;
	char name[CONF_NAME_MAX];

	get_str(b, name, sizeof(name));
	if (rbuf_end(b) == -1)
		return -1;
	h = name[0] != '\0' ? conf_find_host(w->m->conf, name) : NULL;
	sessions_set_host(&w->m->sessions, c, h);
	c->host_gone = name[0] != '\0' && h == NULL;
	return 0;
}

static int
answer_alive(struct wproc *w, struct client *c, struct rbuf *b)
{
	if (rbuf_end(b) == -1)
		return -1;
	c->alive = clock_ms();
	patience_look(w->m);
	return 0;
}

static int
answer_logout(struct wproc *w, struct client *c, struct rbuf *b)
{
	if (rbuf_end(b) == -1)
		return -1;
	login_drop(w->m, c);
	return 0;
}

/* A proxy that only looks whether somebody listens is not refused anything. */
static void
count_refused(struct monitor *m, const struct client *c, enum reason reason)
{
	if (c->state == CLIENT_PROXY && reason != REASON_CLIENT_CLOSED)
		reasons_count(&m->reasons, "refused", reason_code(reason));
}

static int
answer_end(struct wproc *w, struct client *c, struct rbuf *b)
{
	char reason[1024];

	get_str(b, reason, sizeof(reason));
	if (rbuf_end(b) == -1)
		return -1;
	count_refused(w->m, c, reason_find(reason));
	client_end(w, c);
	return 0;
}

static int
answer_source_port(struct wproc *w, struct client *c, struct rbuf *b)
{
	uint8_t mem[64], implicit;
	struct addr local;
	struct wbuf reply;
	uint32_t serial;
	int fd = -1, err = 0;

	serial = get_u32(b);
	addr_get(b, &local);
	implicit = get_u8(b);
	/* Only for the address its client has reached us at. */
	if (rbuf_end(b) == -1 || !addr_ip_equal(&local, &c->sock_local))
		return -1;
	if (!w->source_port)
		err = EACCES;
	else if ((fd = source_socket(&c->sock_local, implicit != 0)) == -1)
		err = errno;
	ipc_begin(&reply, mem, sizeof(mem), MW_SOURCE_PORT);
	put_u64(&reply, c->sid);
	put_u32(&reply, serial);
	put_i64(&reply, err);
	worker_send(w, &reply, fd);
	fd_close(&fd);
	return 0;
}

static const struct {
	uint16_t type;
	unsigned states; /* of the client, in which it may be said */
	int (*answer)(struct wproc *, struct client *, struct rbuf *);
} answers[] = {
	{ WM_PROXY, CLIENT_PROXY, client_introduce },
	{ WM_LOGIN, CLIENT_NEW, answer_login },
	{ WM_PASSWORD, CLIENT_IN, answer_password },
	{ WM_LOGOUT, CLIENT_MET, answer_logout },
	{ WM_HOST, CLIENT_NEW, answer_host },
	{ WM_ALIVE, CLIENT_ANY, answer_alive },
	{ WM_END, CLIENT_ANY, answer_end },
	{ WM_SOURCE_PORT, CLIENT_IN, answer_source_port },
};

/* What is about no single client. */
static const struct {
	uint16_t type;
	int (*answer)(struct wproc *, struct rbuf *);
} reports[] = {
	{ WM_STATUS, survey_status },
	{ WM_STATS, survey_stats },
	{ WM_LINES, dialogues_lines },
	{ WM_KEYS, keys_wanted },
};

/* 0, or -1 if the worker must not say this. */
int
worker_answer(struct wproc *w, struct ipc_msg *msg)
{
	struct rbuf *b = &msg->body;
	struct client *c;
	size_t i;

	for (i = 0; i < NELEM(reports); i++)
		if (reports[i].type == msg->type)
			return msg->fd != -1 ? -1 : reports[i].answer(w, b);
	c = sessions_find(&w->m->sessions, get_u64(b));
	if (c == NULL || c->worker != w || msg->fd != -1)
		return -1;
	for (i = 0; i < NELEM(answers); i++)
		if (answers[i].type == msg->type)
			return (answers[i].states & c->state) == 0
				   ? -1
				   : answers[i].answer(w, c, b);
	return -1;
}
