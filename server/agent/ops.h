/* SPDX-License-Identifier: ISC */
/*
 * The table of requests: type, fields, rights, when legal, who answers.
 */
#ifndef SERVER_AGENT_OPS_H
#define SERVER_AGENT_OPS_H

#include "server/agent/session.h"

/*
 * Answers one request: FS_OK with the reply's fields in r->out (and r->fd), a
 * refusal, or REQ_MALFORMED for what no sound worker sends.
 */
typedef enum fs_status agent_handler(
    struct agent_session *, struct agent_req *);
#define REQ_MALFORMED FS_STATUS_COUNT

enum op_flag {
	OP_F_LISTING = 1 << 0, /* only while a listing is open; keeps it open */
	OP_F_UPLOAD = 1 << 1, /* only while an upload is open */
	OP_F_NO_UPLOAD = 1 << 2, /* only while none is */
	OP_F_PLAN = 1 << 3, /* does not make a checked upload stale */
	OP_F_FILE = 1 << 4, /* only while a file is kept; keeps it */
	OP_F_NAME = 1 << 6, /* the name itself goes: it must hold no place */
	OP_F_FD = 1 << 5, /* comes with a descriptor */
};

struct agent_op {
	uint16_t type; /* enum proto_fs */
	const char *name; /* for the log */
	/* One letter per field: p path, s string, b bytes, 1 u8, 4 u32, 8 u64
	 * or i64. */
	const char *fields;
	uint32_t rights; /* one of these is needed; 0 = none */
	unsigned flags;
	agent_handler *handler;
};

/* Decodes, checks and runs a request; REQ_MALFORMED closes the channel. */
enum fs_status op_run(
    struct agent_session *, struct agent_bufs *, struct ipc_msg *);

/* The rights of the row: one of them is needed, 0 = none. */
uint32_t op_rights(uint16_t type);
/* Does it take a name away that leads to a place of the account? */
bool op_moves(uint16_t type);

/* errno as a refusal; keeps it in the request for the log. */
enum fs_status req_errno(struct agent_req *);
enum fs_status fs_status_of(int err);

/* fsops.c */
agent_handler agent_stat, agent_message, agent_chdir, agent_space, agent_umask,
    agent_usage;
/* download.c */
agent_handler agent_open, agent_keep, agent_read, agent_warm, agent_close;
/* fsnames.c */
agent_handler agent_mkdir, agent_rmdir, agent_delete, agent_symlink;
/* rename.c */
agent_handler agent_rename_from, agent_rename;
/* fsattr.c */
agent_handler agent_chmod, agent_utime, agent_facts;
/* list.c */
agent_handler agent_list, agent_list_next;
/* upload.c */
agent_handler agent_store, agent_write, agent_commit, agent_abandon, agent_grow;

#endif
