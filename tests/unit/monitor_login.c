/* SPDX-License-Identifier: ISC */
/*
 * Logins played by the fakes: see the header.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/monitor_login.h"

struct fake *login_worker, *login_auth;
uint64_t login_sid;
uint32_t login_delay;
char login_rule[RULE_MAX];

static struct monitor *const m = &fake_monitor;
static int conn;
static enum login_ask asked; /* last */

void
login_setup(void)
{
	fake_setup(1, 1);
	fake_listen("127.0.0.1", 0);
	fake_start();
	conn = fake_session(&login_worker, &login_sid);
	login_auth = fake_get(ROLE_AUTH, 0);
}

void
login_teardown(void)
{
	close(conn);
	fake_teardown();
}

static const char *
password_of(enum login_ask ask)
{
	return ask == ASK_PASSWORD ? "s3cret" : "";
}

static void
ask_about(uint64_t who, uint32_t attempt, const char *user, enum login_ask what)
{
	struct wbuf b;

	asked = what;
	fake_begin(&b, WM_LOGIN);
	put_u64(&b, who);
	put_u32(&b, attempt);
	put_u8(&b, (uint8_t)what);
	put_str(&b, user);
	put_str(&b, password_of(what));
	put_u8(&b, 1);
	put_str(&b, "cn:joe");
	fake_send(login_worker, &b);
}

void
login_ask(uint64_t who, uint32_t attempt, const char *user)
{
	ask_about(who, attempt, user, ASK_PASSWORD);
}

void
login_ask_certificate(uint64_t who, uint32_t attempt, const char *user)
{
	ask_about(who, attempt, user, ASK_CERTIFICATE);
}

/* The id of the check that the auth process is asked for. */
uint64_t
login_checked_by(struct fake *a, const char *user)
{
	char name[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	char names[CERTNAMES_MAX];
	struct ipc_msg *msg = fake_expect(a, MA_CHECK);
	struct addr peer;
	uint64_t id;

	id = get_u64(&msg->body);
	ck_assert_uint_eq(get_u8(&msg->body), asked);
	get_str(&msg->body, name, sizeof(name));
	get_str(&msg->body, password, sizeof(password));
	addr_get(&msg->body, &peer);
	ck_assert_uint_eq(get_u8(&msg->body), 1);
	get_str(&msg->body, names, sizeof(names));
	ck_assert_str_eq(names, "cn:joe");
	get_str(&msg->body, names, sizeof(names)); /* the host */
	ck_assert_int_eq(rbuf_end(&msg->body), 0);
	ck_assert_str_eq(name, user);
	ck_assert_str_eq(password, password_of(asked));
	ck_assert(addr_is_loopback(&peer));
	return id;
}

static void
account_fill(struct account *a, const char *name, uid_t uid)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->ident.uid = uid;
	a->ident.gid = uid;
	snprintf(a->root, sizeof(a->root), "/srv/%s", name);
	snprintf(a->start_dir, sizeof(a->start_dir), "/in");
	a->rights = 0x5;
	a->umask = 027;
	a->idle_timeout = 77;
	a->tls_data = true;
	snprintf(a->rules.files[0], sizeof(a->rules.files[0]), "/etc/users");
	snprintf(a->rules.files[1], sizeof(a->rules.files[1]), "/etc/groups");
	a->rules.lines[RULE_TLS_DATA] = 9;
	a->rules.lines[RULE_IDLE_TIMEOUT] = -3;
	a->rates[RATE_SESSION][RATE_DOWN] = 1000;
	a->rates[RATE_SESSION][RATE_UP] = 2000;
}

void
login_result(
    struct fake *a, uint64_t id, enum verdict verdict, const char *reason)
{
	struct wbuf b;

	fake_begin(&b, AM_RESULT);
	put_u64(&b, id);
	put_u8(&b, verdict);
	put_str(&b, reason);
	put_str(&b, "ftpd.conf:7: key");
	fake_send(a, &b);
}

void
login_result_ok(struct fake *a, uint64_t id, const char *name, uid_t uid)
{
	enum account_source source = ACCOUNT_SYSTEM;

	if (conf_find_user(m->conf, name) != NULL)
		source = ACCOUNT_USER;
	else if (strcmp(name, "anonymous") == 0)
		source = ACCOUNT_GUEST;
	login_result_ok_as(a, id, name, uid, source);
}

void
login_result_ok_as(struct fake *a, uint64_t id, const char *name, uid_t uid,
    enum account_source source)
{
	struct account account;
	struct wbuf b;

	account_fill(&account, name, uid);
	account.source = source;
	fake_begin(&b, AM_RESULT);
	put_u64(&b, id);
	put_u8(&b, V_OK);
	put_str(&b, "");
	put_str(&b, "");
	account_put(&b, &account);
	fake_send(a, &b);
}

void
login_granted_by(
    struct fake *agent, uint64_t who, int64_t err, const char *reason)
{
	struct wbuf b;

	fake_begin(&b, GM_GRANTED);
	put_u64(&b, who);
	put_i64(&b, err);
	put_str(&b, reason);
	fake_send(agent, &b);
}

void
login_closed_by(struct fake *agent, uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, GM_CLOSED);
	put_u64(&b, who);
	fake_send(agent, &b);
}

void
login_logout(uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, WM_LOGOUT);
	put_u64(&b, who);
	fake_send(login_worker, &b);
}

void
login_alive(uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, WM_ALIVE);
	put_u64(&b, who);
	fake_send(login_worker, &b);
}

void
login_end(uint64_t who)
{
	struct wbuf b;

	fake_begin(&b, WM_END);
	put_u64(&b, who);
	put_str(&b, "connection-lost");
	fake_send(login_worker, &b);
}

/* What the worker is told: the verdict and the reason. */
void
login_expect(
    uint64_t who, uint32_t attempt, enum verdict verdict, const char *reason)
{
	struct ipc_msg *msg = fake_expect(login_worker, MW_LOGIN);
	char text[PROTO_REASON_MAX];

	ck_assert_uint_eq(get_u64(&msg->body), who);
	ck_assert_uint_eq(get_u32(&msg->body), attempt);
	ck_assert_uint_eq(get_u8(&msg->body), verdict);
	get_str(&msg->body, text, sizeof(text));
	ck_assert_str_eq(text, reason);
	login_delay = get_u32(&msg->body);
	get_str(&msg->body, login_rule, sizeof(login_rule));
	if (verdict != V_OK) {
		ck_assert_int_eq(rbuf_end(&msg->body), 0);
		ck_assert_int_eq(msg->fd, -1);
	}
}

struct fake *
login_agent(uid_t uid)
{
	struct fake *agent;
	unsigned i;

	for (i = fake_count(ROLE_AGENT); i-- > 0;) {
		agent = fake_get(ROLE_AGENT, i);
		if (agent->fd != -1 && (!m->privileged || agent->id.uid == uid))
			return agent;
	}
	ck_abort_msg("no agent serves uid %lu", (unsigned long)uid);
	return NULL;
}

/* Logs this session in; the agent that serves it. */
struct fake *
login_whole(uint64_t who, const char *name, uid_t uid)
{
	struct fake *agent;

	login_ask(who, 1, name);
	login_result_ok(
	    login_auth, login_checked_by(login_auth, name), name, uid);
	agent = login_agent(uid);
	fake_expect(agent, MG_GRANT);
	login_granted_by(agent, who, 0, "");
	login_expect(who, 1, V_OK, "");
	return agent;
}
