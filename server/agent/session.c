/* SPDX-License-Identifier: ISC */
/*
 * A session's life in the agent: root, channel, one request after the other.
 */
#include "server/agent/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/confine.h"
#include "server/agent/list.h"
#include "server/agent/ops.h"
#include "server/agent/places.h"
#include "server/agent/quota.h"
#include "server/agent/upload.h"

/* A peer that reads nothing for so long has its channel closed. */
#define SEND_WAIT_MS 10000
#define SEND_STEP_MS 10

static mode_t
home_mode(const struct account *acct)
{
	return acct->dir_mode != 0 ? acct->dir_mode : 0777 & ~acct->umask;
}

int
agent_home_open(const struct account *acct)
{
	int root = root_open(acct->root);

	if (root == -1 && errno == ENOENT && acct->create_home &&
	    mkdir(acct->root, home_mode(acct)) == 0) {
		log_info("%s made for %s", acct->root, acct->name);
		root = root_open(acct->root);
	}
	return root;
}

/* As above, but only if all below it can be reached. */
static int
reachable_home(const struct account *acct)
{
	int root = agent_home_open(acct);

	if (root != -1 && !agent_reaches(root)) {
		close(root);
		root = -1;
		errno = ESTALE;
	} else if (root == -1 && errno == EACCES && acct->create_home) {
		errno = ESTALE;
	}
	return root;
}

void
rules_load(struct agent_session *s, const struct account *acct)
{
	int i;

	s->rights_line = acct->rules.lines[RULE_RIGHTS];
	for (i = 0; i < 2; i++)
		if (acct->rules.files[i][0] != '\0')
			s->rule_files[i] = xstrdup(acct->rules.files[i]);
}

void
rules_free(struct agent_session *s)
{
	free(s->rule_files[0]);
	free(s->rule_files[1]);
}

struct agent_session *
agent_session_new(const struct config *conf, const struct ident *ident,
    uint64_t sid, int chan, const struct account *acct)
{
	struct agent_session *s;
	int root = reachable_home(acct);

	if (root == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->conf = conf;
	s->ident = ident;
	s->sid = sid;
	s->chan = chan;
	s->root = root;
	s->file = -1;
	s->refusals = xcalloc(1, sizeof(*s->refusals));
	s->user = xstrdup(acct->name);
	s->rights = acct->rights;
	rules_load(s, acct);
	s->umask = acct->umask & 0777;
	s->file_mode = acct->file_mode;
	s->dir_mode = acct->dir_mode;
	if (places_load(s, acct) == -1)
		bug("the monitor granted an account with a malformed place");
	quota_open(s, acct);
	return s;
}

void
agent_session_free(struct agent_session *s)
{
	if (s == NULL)
		return;
	list_close(s);
	upload_forget(s);
	upload_end(s, s->conf->upload_resume);
	fd_close(&s->file);
	fd_close(&s->chan);
	fd_close(&s->root);
	places_free(s);
	free(s->user);
	rules_free(s);
	free(s->refusals);
	free(s->told);
	free(s);
}

/*
 * A full socket buffer is waited for by poll(2). There are also shortages that
 * poll does not see (memory, descriptors in flight): these are waited for by
 * the clock.
 */
int
agent_send(int sock, const struct wbuf *out, int fd)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	enum ipc_result res;
	int waited = 0;

	while ((res = ipc_send(sock, out, fd)) == IPC_AGAIN) {
		if (waited >= SEND_WAIT_MS)
			return -1;
		if (poll(&p, 1, SEND_STEP_MS) > 0)
			(void)poll(NULL, 0, SEND_STEP_MS);
		waited += SEND_STEP_MS;
	}
	return res == IPC_OK ? 0 : -1;
}

static enum handle_result
answer(struct agent_session *s, struct agent_bufs *b, struct ipc_msg *m)
{
	struct agent_req *r = &b->req;
	int sent = -1;

	if (op_run(s, b, m) != REQ_MALFORMED)
		sent = agent_send(s->chan, &r->out, r->fd);
	if (!r->fd_stays)
		fd_close(&r->fd);
	return sent == 0 ? HANDLE_DONE : HANDLE_CLOSE;
}

enum handle_result
agent_session_handle(struct agent_session *s, struct agent_bufs *b)
{
	enum handle_result res;
	struct ipc_msg m;

	switch (ipc_recv(s->chan, b->in, &m)) {
	case IPC_OK:
		res = answer(s, b, &m);
		ipc_msg_done(&m);
		return res;
	case IPC_AGAIN:
		return HANDLE_IDLE;
	case IPC_BAD:
		log_warnx(
		    "session=%llu: not a message", (unsigned long long)s->sid);
		return HANDLE_CLOSE;
	case IPC_EOF:
		break;
	}
	return HANDLE_CLOSE;
}
