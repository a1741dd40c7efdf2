/* SPDX-License-Identifier: ISC */
/*
 * The auth process: takes login attempts from the monitor, one at a time, and
 * may block on each. It has no client's connection and no client's files.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/sandbox.h"
#include "server/auth/auth.h"
#include "server/roles.h"
#include "tls/tls_mac.h"

struct attempt {
	uint64_t id;
	char user[PROTO_USER_MAX], password[PROTO_PASS_MAX];
	char names[CERTNAMES_MAX], host[CONF_NAME_MAX];
	struct auth_request req;
};

/* 0, or -1 if it is about something else than the log. */
static int
serve_log(struct ipc_msg *m)
{
	uint8_t sink;

	if (m->type != MA_LOG || m->fd == -1)
		return -1;
	sink = get_u8(&m->body);
	if (rbuf_end(&m->body) != 0 || sink >= LOG_SINKS)
		diex("the monitor sent a malformed log");
	log_adopt(sink, ipc_take_fd(m));
	return 0;
}

static void
attempt_get(struct attempt *at, struct ipc_msg *m)
{
	uint8_t ask;

	if (m->type != MA_CHECK || m->fd != -1)
		diex("the monitor sent message %u", m->type);
	at->id = get_u64(&m->body);
	ask = get_u8(&m->body);
	get_str(&m->body, at->user, sizeof(at->user));
	get_str(&m->body, at->password, sizeof(at->password));
	addr_get(&m->body, &at->req.peer);
	at->req.tls = get_u8(&m->body) != 0;
	get_str(&m->body, at->names, sizeof(at->names));
	get_str(&m->body, at->host, sizeof(at->host));
	if (rbuf_end(&m->body) != 0 || ask > ASK_NEW_PASSWORD)
		diex("the monitor sent a malformed login attempt");
	at->req.ask = ask;
	at->req.user = at->user;
	at->req.password = at->password;
	at->req.names = at->names;
	at->req.host = at->host;
}

/* 0, or -1 if the monitor is gone. */
static int
answer(int fd, uint64_t id, enum verdict verdict, const char *reason,
    const char *rule, const struct account *account)
{
	static uint8_t mem[sizeof(struct account) + 1024];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), AM_RESULT);
	put_u64(&b, id);
	put_u8(&b, (uint8_t)verdict);
	put_str(&b, reason);
	put_str(&b, rule);
	if (verdict == V_OK)
		account_put(&b, account);
	return ipc_send(fd, &b, -1) == IPC_OK ? 0 : -1;
}

static int
serve(struct auth *a, int fd, struct ipc_msg *m)
{
	struct attempt at;
	struct account account;
	const char *reason;
	enum verdict verdict;

	a->rule[0] = '\0';
	if (serve_log(m) == 0)
		return 0;
	attempt_get(&at, m);
	verdict = auth_check(a, &at.req, &account, &reason);
	explicit_bzero(at.password, sizeof(at.password));
	if (verdict == V_DENIED && a->rule[0] == '\0')
		(void)rule_login(a->conf, at.user, reason, a->rule);
	return answer(fd, at.id, verdict, reason, a->rule, &account);
}

static void
drop_privilege(const struct auth *a)
{
	const struct config *conf = a->conf;

	if (a->privileged && conf->system_accounts)
		return; /* PAM needs root */
	/* In an empty directory there is no program. */
	privdrop(&a->service, a->privileged && conf->auth_program == NULL
				  ? conf->empty_dir
				  : NULL);
}

/* What libraries read once, while there are files. */
static void
warm_up(void)
{
	uint8_t mac[TLS_MAC_LEN] = { 0 };

	tzset();
	tls_mac(mac, "", 0, mac);
}

/* PAM's modules and programs are not ours. */
static void
confine(const struct auth *a)
{
	const struct config *conf = a->conf;
	bool others = conf->auth_program != NULL ||
		      (a->privileged && conf->system_accounts);

	sandbox_enter(
	    others ? SANDBOX_PROGRAMS : SANDBOX_AUTH, conf->sandbox, NULL, 0);
}

void
auth_main(const struct config *conf, int fd)
{
	static uint8_t mem[IPC_MAX];
	struct auth a;
	struct ipc_msg m;
	enum ipc_result rc;

	log_set_role("auth");
	warm_up();
	if (auth_init(&a, conf) != 0)
		diex("there is no service user %s",
		    conf->service_user != NULL ? conf->service_user : "");
	drop_privilege(&a);
	if (fd_set_nonblock(fd, false) != 0)
		die("auth channel");
	confine(&a);
	while ((rc = ipc_recv(fd, mem, &m)) == IPC_OK) {
		int gone = serve(&a, fd, &m);

		explicit_bzero(mem, sizeof(mem));
		if (gone)
			break;
	}
	if (rc == IPC_BAD)
		diex("the monitor sent a broken message");
	/* Nothing at exit is ours: neither the monitor's stdio buffers nor a
	 * leak checker that looks for /proc in an empty root. */
	_exit(EXIT_SUCCESS);
}
