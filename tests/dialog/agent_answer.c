/* SPDX-License-Identifier: ISC */
/*
 * What the file agent of a dialogue answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/proto.h"
#include "tests/dialog/steps.h"

static uint8_t mem[IPC_MAX];

static const char *const statuses[FS_STATUS_COUNT] = {
	[FS_OK] = "OK",
	[FS_MISSING] = "MISSING",
	[FS_NO_PARENT] = "NO_PARENT",
	[FS_DENIED] = "DENIED",
	[FS_FORBIDDEN] = "FORBIDDEN",
	[FS_EXISTS] = "EXISTS",
	[FS_NOT_DIR] = "NOT_DIR",
	[FS_IS_DIR] = "IS_DIR",
	[FS_NOT_REGULAR] = "NOT_REGULAR",
	[FS_NOT_EMPTY] = "NOT_EMPTY",
	[FS_BAD_NAME] = "BAD_NAME",
	[FS_NAME_TOO_LONG] = "NAME_TOO_LONG",
	[FS_NO_SPACE] = "NO_SPACE",
	[FS_QUOTA] = "QUOTA",
	[FS_READ_ONLY] = "READ_ONLY",
	[FS_BUSY] = "BUSY",
	[FS_CROSS_DEVICE] = "CROSS_DEVICE",
	[FS_LOOP] = "LOOP",
	[FS_INSIDE_ITSELF] = "INSIDE_ITSELF",
	[FS_BAD_OFFSET] = "BAD_OFFSET",
	[FS_NO_MATCH] = "NO_MATCH",
	[FS_IO] = "IO",
	[FS_TOO_LARGE] = "TOO_LARGE",
	[FS_QUOTA_FILES] = "QUOTA_FILES",
};

static long long
number(const char *arg, const char *key, long long otherwise, int base)
{
	const char *text = step_value(arg, key);

	return text == NULL ? otherwise : strtoll(text, NULL, base);
}

/* A file with the content of fd="...", or of zeros=N bytes. */
static int
make_file(struct stage *st, const char *arg)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	const char *text = step_value(arg, "fd=");
	static char bytes[TEXT_MAX];
	size_t n = 0;

	if (fd == -1)
		stage_fail(st, "memfd_create: %s", strerror(errno));
	if (text != NULL) {
		n = text_bytes(step_text(st, text), bytes);
		if (pwrite(fd, bytes, n, 0) != (ssize_t)n)
			stage_fail(st, "write: %s", strerror(errno));
	}
	if (ftruncate(fd, number(arg, "zeros=", (long long)n, 10)) == -1)
		stage_fail(st, "ftruncate: %s", strerror(errno));
	return fd;
}

static int
answer_open(struct stage *st, struct wbuf *w, const char *arg)
{
	int fd = make_file(st, arg);
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		stage_fail(st, "fstat: %s", strerror(errno));
	put_u64(w, (uint64_t)number(arg, "size=", sb.st_size, 10));
	put_i64(w, number(arg, "mtime=", 0, 10));
	put_u8(w, FILE_READY);
	return fd;
}

/* The worker's descriptor can only write, as the true agent's. */
static int
answer_store(struct stage *st, struct wbuf *w, const char *arg)
{
	const char *path = step_value(arg, "path=");
	char name[64];
	int fd;

	put_str(w, path != NULL ? path : st->path);
	if (st->check_only)
		return -1;
	put_u64(w, (uint64_t)number(arg, "offset=", (long long)st->offset, 10));
	put_u64(w, (uint64_t)number(arg, "limit=", -1, 10));
	put_u8(w, FILE_READY);
	fd_close(&st->stored);
	st->stored = make_file(st, arg);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", st->stored);
	if ((fd = open(name, O_WRONLY | O_CLOEXEC)) == -1)
		stage_fail(st, "%s: %s", name, strerror(errno));
	if (step_value(arg, "full=") != NULL) {
		close(fd);
		fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	}
	return fd;
}

static void
answer_stat(struct wbuf *w, const char *arg)
{
	put_u32(w, (uint32_t)number(arg, "mode=", 0100644, 8));
	put_u64(w, (uint64_t)number(arg, "size=", 0, 10));
	put_i64(w, number(arg, "mtime=", 0, 10));
	put_u8(w, (uint8_t)number(arg, "partial=", 0, 10));
}

static void
answer_message(struct stage *st, struct wbuf *w, const char *arg)
{
	const char *text = step_value(arg, "text=");
	static char bytes[TEXT_MAX];
	size_t n = 0;

	if (text != NULL)
		n = text_bytes(step_text(st, text), bytes);
	put_strn(w, bytes, n);
}

/* The fields of an FS_OK; a descriptor that goes with it, or -1. */
static int
put_fields(struct stage *st, struct wbuf *w, const char *arg)
{
	switch (st->request) {
	case FS_OPEN:
		return answer_open(st, w, arg);
	case FS_STORE:
		return answer_store(st, w, arg);
	case FS_STAT:
		answer_stat(w, arg);
		break;
	case FS_MESSAGE:
		answer_message(st, w, arg);
		break;
	case FS_UTIME:
		put_i64(w, number(arg, "mtime=", 0, 10));
		break;
	case FS_GROW:
		put_u64(w, (uint64_t)number(arg, "limit=", 0, 10));
		break;
	case FS_USAGE:
		put_u64(w, (uint64_t)number(arg, "bytes=", 0, 10));
		put_u64(w, 1000);
		put_u64(w, (uint64_t)number(arg, "files=", 0, 10));
		put_u64(w, 0);
		break;
	case FS_SPACE:
		put_u64(w, (uint64_t)number(arg, "bytes=", 0, 10));
		break;
	case FS_FACTS:
		put_i64(w, number(arg, "mtime=", 0, 10));
		put_u32(w, (uint32_t)number(arg, "mode=", 0644, 8));
		break;
	default:
		break;
	}
	return -1;
}

/* page "text" end|more|truncated */
static void
put_page(struct stage *st, struct wbuf *w, const char *arg)
{
	static const char *const ends[] = { [LIST_END] = "end",
		[LIST_MORE] = "more",
		[LIST_TRUNCATED] = "truncated" };
	static char bytes[TEXT_MAX];
	const char *last = strrchr(arg, ' ');
	const char *text = step_value(arg, "");
	size_t i, n;

	for (i = 0; i < NELEM(ends); i++)
		if (last != NULL && strcmp(last + 1, ends[i]) == 0)
			break;
	if (i == NELEM(ends) || text == NULL)
		stage_fail(st, "A> page %s: malformed", arg);
	n = text_bytes(step_text(st, text), bytes);
	put_u8(w, FS_OK);
	put_u8(w, (uint8_t)i);
	put_bytes(w, bytes, n);
}

static void
put_status(struct stage *st, struct wbuf *w, const char *word)
{
	size_t i;

	for (i = 0; i < NELEM(statuses); i++)
		if (strcmp(word, statuses[i]) == 0) {
			put_u8(w, (uint8_t)i);
			return;
		}
	stage_fail(st, "A> %s: unknown status", word);
}

static void
answer_raw(struct stage *st, const char *arg)
{
	static char bytes[TEXT_MAX];
	char name[32];
	struct wbuf w;
	size_t i, n;

	(void)step_word(&arg, name, sizeof(name));
	n = text_bytes(step_text(st, arg), bytes);
	ipc_begin(&w, mem, sizeof(mem), agent_request(name));
	for (i = 0; i < n; i++)
		put_u8(&w, (uint8_t)bytes[i]);
	if (ipc_send(st->agent, &w, -1) != IPC_OK)
		stage_fail(st, "cannot answer the worker");
	st->request = 0;
	stage_turn(st);
}

/* Is it an answer that transfers begin with? */
static void
note_agreement(struct stage *st, const char *word)
{
	if (strcmp(word, "OK") == 0 || strcmp(word, "page") == 0)
		st->agreed = st->agreed || st->request == FS_OPEN ||
			     st->request == FS_STORE || st->request == FS_LIST;
}

void
agent_answer(struct stage *st, const char *arg)
{
	const char *answer = arg;
	char word[32];
	struct wbuf w;
	int fd = -1;

	(void)step_word(&arg, word, sizeof(word));
	if (strcmp(word, "raw") == 0) {
		answer_raw(st, arg);
		return;
	}
	if (st->request == 0)
		stage_fail(st, "the agent was asked nothing");
	ipc_begin(&w, mem, sizeof(mem), st->request);
	if (strcmp(word, "page") == 0)
		put_page(st, &w, arg);
	else
		put_status(st, &w, word);
	if (strcmp(word, "OK") == 0)
		fd = put_fields(st, &w, arg);
	if (ipc_send(st->agent, &w, fd) != IPC_OK)
		stage_fail(st, "cannot answer the worker");
	fd_close(&fd);
	note_agreement(st, word);
	st->request = 0;
	if (st->again[0] != '\0' && strcmp(word, "OK") == 0)
		(void)strlcpy(
		    st->again_answer, answer, sizeof(st->again_answer));
	else
		st->again[0] = '\0';
	stage_turn(st);
}

/* F= content: the last upload's file has it. */
void
agent_stored(struct stage *st, const char *arg)
{
	static char want[TEXT_MAX], got[TEXT_MAX + 1];
	size_t n = text_bytes(step_text(st, arg), want);
	ssize_t m =
	    st->stored < 0 ? -1 : pread(st->stored, got, sizeof(got), 0);

	if (m != (ssize_t)n || memcmp(want, got, n) != 0)
		stage_fail(st, "the file has \"%s\"",
		    m < 0 ? "nothing" : text_show(got, (size_t)m));
}
