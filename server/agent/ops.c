/* SPDX-License-Identifier: ISC */
/*
 * The table of requests, and the one way through it: decode, check, run.
 *
 * A row says everything that is policy about a request, so a handler begins
 * with decoded fields, normal paths, and at least one of the row's rights.
 * Which of them exactly is needed can depend on what exists; that is asked in
 * the handler, also through policy_allows().
 */
#include "server/agent/ops.h"

#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/list.h"
#include "server/agent/policy.h"
#include "server/agent/upload.h"

#define STORE_ANY (RIGHT_WRITE | RIGHT_OVERWRITE | RIGHT_APPEND)
#define FACTS_ANY (RIGHT_MTIME | RIGHT_CHMOD)

static const struct agent_op ops[] = {
	{ FS_STAT, "stat", "p", RIGHT_LIST | RIGHT_READ, 0, agent_stat },
	{ FS_CHDIR, "chdir", "p", 0, 0, agent_chdir },
	{ FS_MESSAGE, "message", "p", 0, 0, agent_message },
	{ FS_OPEN, "open", "p", RIGHT_READ, 0, agent_open },
	{ FS_LIST, "list", "1444ps", RIGHT_LIST, 0, agent_list },
	{ FS_LIST_NEXT, "list", "", 0, OP_F_LISTING, agent_list_next },
	{ FS_STORE, "store", "118p", STORE_ANY, OP_F_NO_UPLOAD | OP_F_PLAN,
	    agent_store },
	{ FS_WRITE, "write", "8b", 0, OP_F_UPLOAD, agent_write },
	{ FS_COMMIT, "commit", "8", 0, OP_F_UPLOAD, agent_commit },
	/* A worker that aborts cannot know whether its FS_STORE succeeded. */
	{ FS_ABANDON, "abandon", "1", 0, 0, agent_abandon },
	{ FS_GROW, "grow", "", 0, OP_F_UPLOAD, agent_grow },
	{ FS_USAGE, "usage", "", 0, 0, agent_usage },
	{ FS_MKDIR, "mkdir", "p1", RIGHT_MKDIR, 0, agent_mkdir },
	{ FS_RMDIR, "rmdir", "p1", RIGHT_RMDIR, OP_F_NAME, agent_rmdir },
	{ FS_DELETE, "delete", "p", RIGHT_DELETE, OP_F_NAME, agent_delete },
	{ FS_RENAME_FROM, "rename", "p", RIGHT_RENAME, OP_F_NAME,
	    agent_rename_from },
	{ FS_RENAME, "rename", "pp", RIGHT_RENAME, OP_F_NAME, agent_rename },
	{ FS_CHMOD, "chmod", "4p", RIGHT_CHMOD, 0, agent_chmod },
	{ FS_UTIME, "utime", "8p", RIGHT_MTIME, 0, agent_utime },
	{ FS_SYMLINK, "symlink", "sp", RIGHT_WRITE, 0, agent_symlink },
	{ FS_SPACE, "space", "p", RIGHT_LIST | RIGHT_WRITE, 0, agent_space },
	{ FS_UMASK, "umask", "4", 0, 0, agent_umask },
	{ FS_FACTS, "facts", "84p", FACTS_ANY, 0, agent_facts },
	{ FS_KEEP, "keep", "", RIGHT_READ, OP_F_FD, agent_keep },
	{ FS_READ, "read", "84", RIGHT_READ, OP_F_FILE, agent_read },
	{ FS_WARM, "read", "84", RIGHT_READ, OP_F_FILE, agent_warm },
	{ FS_CLOSE, "close", "", 0, 0, agent_close },
};

static const struct agent_op *
op_find(uint16_t type)
{
	size_t i;

	for (i = 0; i < NELEM(ops); i++) {
		if (ops[i].type == type)
			return &ops[i];
	}
	return NULL;
}

/* One that our own code names, not a worker. */
static const struct agent_op *
op_known(uint16_t type)
{
	const struct agent_op *op = op_find(type);

	if (op == NULL)
		bug("agents have no request %u", type);
	return op;
}

uint32_t
op_rights(uint16_t type)
{
	return op_known(type)->rights;
}

bool
op_moves(uint16_t type)
{
	return (op_known(type)->flags & OP_F_NAME) != 0;
}

static bool
op_is_legal(const struct agent_op *op, const struct agent_session *s)
{
	if ((op->flags & OP_F_LISTING) != 0 && s->listing == NULL)
		return false;
	if ((op->flags & OP_F_UPLOAD) != 0 && s->upload == NULL)
		return false;
	if ((op->flags & OP_F_NO_UPLOAD) != 0 && s->upload != NULL)
		return false;
	if ((op->flags & OP_F_FILE) != 0 && s->file == -1)
		return false;
	return true;
}

/* Absolute, and without "", "." and ".." components (common/vpath.h). */
static bool
path_is_normal(const char *p)
{
	size_t n;

	if (p[0] != '/')
		return false;
	if (p[1] == '\0')
		return true;
	while (*p == '/') {
		p++;
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	return true;
}

static uint64_t
get_num(struct rbuf *in, char kind)
{
	switch (kind) {
	case '1':
		return get_u8(in);
	case '4':
		return get_u32(in);
	default:
		return get_u64(in);
	}
}

/* Reads the fields of the row. 0, or -1 if they are not what it says. */
static int
op_decode(const struct agent_op *op, struct agent_req *r, struct rbuf *in)
{
	size_t nnum = 0, npath = 0;
	const char *f;

	r->path[0] = r->path2[0] = r->str[0] = '\0';
	for (f = op->fields; *f != '\0'; f++) {
		if (*f == 's')
			get_str(in, r->str, sizeof(r->str));
		else if (*f == 'p')
			get_str(
			    in, npath++ == 0 ? r->path : r->path2, VPATH_MAX);
		else if (*f == 'b')
			r->bytes = get_bytes(in, &r->nbytes);
		else
			r->num[nnum++] = get_num(in, *f);
	}
	if (rbuf_end(in) == -1)
		return -1;
	if (npath > 0 && !path_is_normal(r->path))
		return -1;
	if (npath > 1 && !path_is_normal(r->path2))
		return -1;
	return 0;
}

static void
log_failure(const struct agent_session *s, const struct agent_req *r)
{
	char user[LOG_VIS_MAX], path[LOG_VIS_MAX];

	log_warnx("session=%llu user=\"%s\" %s \"%s\" failed: %s",
	    (unsigned long long)s->sid,
	    log_vis(user, sizeof(user), s->user, strlen(s->user)), r->op->name,
	    log_vis(path, sizeof(path), r->path, strlen(r->path)),
	    strerror(r->err));
}

/*
 * A message of a known type, legal now, well formed. A descriptor that this
 * process had no room for was there.
 */
static int
op_accept(const struct agent_session *s, struct agent_req *r, struct ipc_msg *m)
{
	bool has_fd = m->fd != -1 || m->fd_lost;

	r->op = op_find(m->type);
	if (r->op == NULL || has_fd != ((r->op->flags & OP_F_FD) != 0))
		return -1;
	if (!op_is_legal(r->op, s))
		return -1;
	return op_decode(r->op, r, &m->body);
}

enum fs_status
op_run(struct agent_session *s, struct agent_bufs *b, struct ipc_msg *m)
{
	struct agent_req *r = &b->req;
	enum fs_status status;

	r->fd = -1;
	r->fd_stays = false;
	r->given = &m->fd;
	r->err = 0;
	r->text = b->text;
	if (op_accept(s, r, m) == -1) {
		log_warnx("session=%llu: request %u is malformed or untimely",
		    (unsigned long long)s->sid, (unsigned)m->type);
		return REQ_MALFORMED;
	}
	if ((r->op->flags & OP_F_LISTING) == 0)
		list_close(s);
	if ((r->op->flags & OP_F_PLAN) == 0)
		upload_forget(s);
	if ((r->op->flags & OP_F_FILE) == 0)
		fd_close(&s->file);
	ipc_begin(&r->out, b->out, sizeof(b->out), m->type);
	put_u8(&r->out, FS_OK);
	if (policy_allows(s, r->op->name, r->path, r->op->rights) &&
	    ((r->op->flags & OP_F_NAME) == 0 ||
		policy_may_move(s, r->op->name, r->path)))
		status = r->op->handler(s, r);
	else
		status = FS_FORBIDDEN;
	if (status == FS_IO)
		log_failure(s, r);
	if (status != FS_OK && status != REQ_MALFORMED) {
		ipc_begin(&r->out, b->out, sizeof(b->out), m->type);
		put_u8(&r->out, (uint8_t)status);
	}
	return status;
}
