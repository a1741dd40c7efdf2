/* SPDX-License-Identifier: ISC */
/*
 * The file agent of a dialogue: requests as text, and its end. What it answers
 * is in agent_answer.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/listfmt.h"
#include "common/mem.h"
#include "server/proto.h"
#include "tests/dialog/steps.h"

static uint8_t mem[IPC_MAX];
static struct ipc_msg message;

/*
 * One letter per field: s string, p the path (remembered), b number of 8 bits,
 * c the flag check_only, w of 32, o of 32 in octal, q of 64, O an offset
 * (remembered), i signed; L a listing's four numbers.
 */
static const struct {
	uint16_t type;
	const char *name, *fields;
} requests[] = {
	{ FS_STAT, "STAT", "p" },
	{ FS_CHDIR, "CHDIR", "p" },
	{ FS_MESSAGE, "MESSAGE", "p" },
	{ FS_OPEN, "OPEN", "p" },
	{ FS_LIST, "LIST", "Lps" },
	{ FS_LIST_NEXT, "LIST_NEXT", "" },
	{ FS_STORE, "STORE", "bcOp" },
	{ FS_GROW, "GROW", "" },
	{ FS_USAGE, "USAGE", "" },
	{ FS_COMMIT, "COMMIT", "q" },
	{ FS_ABANDON, "ABANDON", "b" },
	{ FS_MKDIR, "MKDIR", "pb" },
	{ FS_RMDIR, "RMDIR", "pb" },
	{ FS_DELETE, "DELETE", "p" },
	{ FS_RENAME_FROM, "RENAME_FROM", "p" },
	{ FS_RENAME, "RENAME", "ps" },
	{ FS_CHMOD, "CHMOD", "op" },
	{ FS_UTIME, "UTIME", "ip" },
	{ FS_SYMLINK, "SYMLINK", "sp" },
	{ FS_SPACE, "SPACE", "p" },
	{ FS_UMASK, "UMASK", "o" },
	{ FS_FACTS, "FACTS", "iop" },
};

uint16_t
agent_request(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(requests); i++)
		if (strcmp(requests[i].name, name) == 0)
			return requests[i].type;
	return 0;
}

int
agent_new(struct stage *st)
{
	int pair[2];

	fd_close(&st->agent);
	if (ipc_pair(pair) == -1)
		stage_fail(st, "ipc_pair: %s", strerror(errno));
	st->agent = pair[1];
	st->request = 0;
	st->again[0] = st->again_answer[0] = '\0';
	return pair[0];
}

/* -------------------------------------------------------------- requests */

static void
get_string(struct rbuf *r, char *where, FILE *out)
{
	char text[4096];

	(void)get_str(r, text, sizeof(text));
	fprintf(out, " %s", text);
	if (where != NULL)
		(void)strlcpy(where, text, sizeof(text));
}

static void
get_listing(struct rbuf *r, FILE *out)
{
	static const char *const styles[] = { [LIST_LONG] = "long",
		[LIST_NAMES] = "names",
		[LIST_MLSX] = "mlsx" };
	unsigned style = get_u8(r);
	uint32_t flags = get_u32(r), facts = get_u32(r), max = get_u32(r);

	fprintf(out, " %s flags=%#x facts=%#x max=%u",
	    style < NELEM(styles) ? styles[style] : "?", flags, facts, max);
}

static void
get_field(struct stage *st, struct rbuf *r, char kind, FILE *out)
{
	switch (kind) {
	case 's':
		get_string(r, NULL, out);
		break;
	case 'p':
		get_string(r, st->path, out);
		break;
	case 'b':
		fprintf(out, " %u", get_u8(r));
		break;
	case 'c':
		st->check_only = get_u8(r) != 0;
		fprintf(out, " %s", st->check_only ? "check" : "open");
		break;
	case 'o':
		fprintf(out, " %o", get_u32(r));
		break;
	case 'q':
		fprintf(out, " %" PRIu64, get_u64(r));
		break;
	case 'O':
		st->offset = get_u64(r);
		fprintf(out, " %" PRIu64, st->offset);
		break;
	case 'i':
		fprintf(out, " %" PRId64, get_i64(r));
		break;
	default:
		get_listing(r, out);
		break;
	}
}

static void
decode(struct stage *st, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	const char *kind;
	size_t i;

	for (i = 0; i < NELEM(requests); i++)
		if (requests[i].type == message.type)
			break;
	if (i == NELEM(requests) || out == NULL)
		stage_fail(st, "unknown request %u", message.type);
	fprintf(out, "%s", requests[i].name);
	for (kind = requests[i].fields; *kind != '\0'; kind++)
		get_field(st, &message.body, *kind, out);
	fclose(out);
	if (rbuf_end(&message.body) == -1)
		stage_fail(st, "malformed request %s", text);
	st->request = message.type;
}

static bool
try_receive(struct stage *st)
{
	return st->agent >= 0 && ipc_recv(st->agent, mem, &message) == IPC_OK;
}

bool
agent_take(struct stage *st, char *text, size_t size)
{
	if (!try_receive(st))
		return false;
	decode(st, text, size);
	return true;
}

static void
compare(struct stage *st, const char *arg, const char *text)
{
	if (!text_match(step_text(st, arg), text, strlen(text)))
		stage_fail(st, "the agent expected \"%s\", got \"%s\"", arg,
		    text_show(text, strlen(text)));
}

/*
 * Where a plain connection is up and the file is opened at once, the worker
 * only asks whether it may be, and once more after the handshake: nothing is
 * touched for a client whose TLS is refused (R1.4).
 */
static bool
will_come_again(const struct stage *st, const char *arg)
{
	return st->dat != NULL && st->request == FS_STORE && st->check_only &&
	       strstr(arg, " open ") != NULL;
}

void
agent_expect(struct stage *st, const char *arg)
{
	static char text[3 * 4096];

	if (st->agent < 0)
		stage_fail(st, "nobody is logged in: there is no agent");
	if (!stage_wait(st, try_receive))
		stage_fail(st, "the agent is not asked \"%s\"", arg);
	decode(st, text, sizeof(text));
	if (will_come_again(st, arg))
		(void)strlcpy(st->again, arg, sizeof(st->again));
	else
		compare(st, arg, text);
}

void
agent_turn(struct stage *st)
{
	static char text[3 * 4096];
	char answer[sizeof(st->again_answer)];

	if (st->again_answer[0] == '\0' || !agent_take(st, text, sizeof(text)))
		return;
	compare(st, st->again, text);
	(void)strlcpy(answer, st->again_answer, sizeof(answer));
	st->again[0] = st->again_answer[0] = '\0';
	agent_answer(st, answer);
}

void
agent_check_read(struct stage *st)
{
	static char text[3 * 4096];

	if (agent_take(st, text, sizeof(text)))
		stage_fail(st, "the agent was asked \"%s\"", text);
}

static bool
is_closed(struct stage *st)
{
	return ipc_recv(st->agent, mem, &message) == IPC_EOF;
}

void
agent_do(struct stage *st, const char *arg)
{
	if (strcmp(arg, "close") == 0) {
		fd_close(&st->agent);
		stage_turn(st);
	} else if (strcmp(arg, "eof") == 0) {
		if (st->agent < 0 || !stage_wait(st, is_closed))
			stage_fail(st, "the agent's channel stays open");
		fd_close(&st->agent);
	} else if (strcmp(arg, "silence") == 0) {
		stage_turns(st, 10);
		agent_check_read(st);
	} else {
		stage_fail(st, "A %s: unknown", arg);
	}
}
