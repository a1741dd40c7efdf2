/* SPDX-License-Identifier: ISC */
/*
 * The tables of events, and of their fields, and the one way from there to the
 * log. A new event is a new row, here and in docs/logs.md (a test compares
 * them).
 */
#include "common/log_event.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/log_line.h"
#include "common/log_xferlog.h"
#include "common/mem.h"
#include "common/str.h"

/* ------------------------------------------------------------------ events */

enum show { /* although it is 0 */
	SHOW_PORT = 1 << 0,
	SHOW_BYTES = 1 << 1,
	SHOW_MODE = 1 << 2,
};

static const struct {
	const char *name;
	enum log_level level; /* at least */
	unsigned show;
	const char *help;
} events[EVENT_COUNT] = {
	[EVENT_CONNECT] = { "connect", LOG_LV_INFO, SHOW_PORT,
	    "A client has connected." },
	[EVENT_TLS] = { "tls", LOG_LV_INFO, 0,
	    "The control connection is in TLS." },
	[EVENT_CLIENT_CERT] = { "client-cert", LOG_LV_INFO, 0,
	    "The client has shown a valid certificate." },
	[EVENT_TLS_END] = { "tls-end", LOG_LV_INFO, 0,
	    "The control connection is in clear text again (CCC, REIN)." },
	[EVENT_AUTH_OK] = { "auth-ok", LOG_LV_INFO, SHOW_PORT,
	    "A user has logged in." },
	[EVENT_AUTH_FAIL] = { "auth-fail", LOG_LV_INFO, SHOW_PORT,
	    "A login was refused." },
	[EVENT_STORE] = { "store", LOG_LV_INFO, SHOW_BYTES,
	    "An upload has ended (STOR, STOU)." },
	[EVENT_APPEND] = { "append", LOG_LV_INFO, SHOW_BYTES,
	    "An upload to the end of a file has ended (APPE)." },
	[EVENT_RETRIEVE] = { "retrieve", LOG_LV_INFO, SHOW_BYTES,
	    "A download has ended (RETR)." },
	[EVENT_LIST] = { "list", LOG_LV_DEBUG, SHOW_BYTES,
	    "A listing has ended (LIST, NLST, MLSD)." },
	[EVENT_DELETE] = { "delete", LOG_LV_INFO, 0, "A file was deleted." },
	[EVENT_RENAME] = { "rename", LOG_LV_INFO, 0,
	    "A file or directory was renamed or moved." },
	[EVENT_MKDIR] = { "mkdir", LOG_LV_INFO, 0, "A directory was made." },
	[EVENT_RMDIR] = { "rmdir", LOG_LV_INFO, 0, "A directory was removed." },
	[EVENT_CHMOD] = { "chmod", LOG_LV_INFO, SHOW_MODE,
	    "Permission bits were changed." },
	[EVENT_MTIME] = { "mtime", LOG_LV_INFO, 0,
	    "A modification time was set." },
	[EVENT_SYMLINK] = { "symlink", LOG_LV_INFO, 0,
	    "A symbolic link was made." },
	[EVENT_REFUSE] = { "refuse", LOG_LV_DEBUG, 0,
	    "A connection, a command or a transfer was refused." },
	[EVENT_BAN] = { "ban", LOG_LV_INFO, 0,
	    "An address is banned from now on." },
	[EVENT_UNBAN] = { "unban", LOG_LV_INFO, 0,
	    "An address is no longer banned." },
	[EVENT_END] = { "end", LOG_LV_INFO, 0, "A session has ended." },
};

const char *
log_event_name(enum event_id id)
{
	return events[id].name;
}

const char *
log_event_help(enum event_id id)
{
	return events[id].help;
}

/* ------------------------------------------------------------------ fields */

enum kind {
	FIELD_IP,
	FIELD_PORT,
	FIELD_REASON,
	FIELD_WORD, /* of our own */
	FIELD_STRING, /* of anybody's */
	FIELD_NUMBER,
	FIELD_BYTES, /* and other numbers that may be 0 */
	FIELD_COUNT, /* of few bits */
	FIELD_MODE,
};

#define FIELD(kind, name, member)                                      \
	{                                                              \
		FIELD_##kind, name, offsetof(struct log_event, member) \
	}

static const struct field {
	enum kind kind;
	const char *name;
	size_t offset;
} fields[] = {
	FIELD(IP, "ip", peer),
	FIELD(STRING, "user", user),
	FIELD(REASON, "reason", reason),
	FIELD(STRING, "rule", rule),
	FIELD(WORD, "command", command),
	FIELD(STRING, "path", path),
	FIELD(STRING, "to", to),
	FIELD(WORD, "result", result),
	FIELD(BYTES, "bytes", bytes),
	FIELD(NUMBER, "of", total),
	FIELD(BYTES, "ms", ms),
	FIELD(NUMBER, "seconds", seconds),
	FIELD(NUMBER, "count", count),
	FIELD(MODE, "mode", mode),
	FIELD(COUNT, "reply", reply),
	FIELD(WORD, "tls", tls),
	FIELD(WORD, "resumed", resumed),
	FIELD(WORD, "cipher", cipher),
	FIELD(STRING, "name", name),
	FIELD(STRING, "subject", subject),
	FIELD(WORD, "sha256", sha256),
	FIELD(WORD, "method", method),
	FIELD(WORD, "host", host),
	FIELD(WORD, "local", local),
	FIELD(WORD, "via", via),
	FIELD(PORT, "port", peer),
	FIELD(NUMBER, "session", session),
	FIELD(STRING, "detail", detail),
};

static const void *
value_of(const struct log_event *e, const struct field *f)
{
	return (const char *)e + f->offset;
}

static void
put_addr(struct log_line *l, const struct log_event *e, const struct field *f)
{
	char text[ADDR_STRLEN];

	if (e->peer == NULL)
		return;
	if (f->kind == FIELD_IP)
		log_line_word(
		    l, f->name, addr_ip_str(e->peer, text, sizeof(text)));
	else if ((events[e->id].show & SHOW_PORT) != 0)
		log_line_number(l, f->name, e->peer->port);
}

static void
put_text(struct log_line *l, const struct log_event *e, const struct field *f)
{
	const char *text = *(const char *const *)value_of(e, f);

	if (text == NULL)
		return;
	if (f->kind == FIELD_WORD)
		log_line_word(l, f->name, text);
	else
		log_line_string(l, f->name, text);
}

static void
put_number(struct log_line *l, const struct log_event *e, const struct field *f)
{
	uint64_t n = f->kind == FIELD_COUNT ? *(const unsigned *)value_of(e, f)
					    : *(const uint64_t *)value_of(e, f);
	bool zero =
	    f->kind == FIELD_BYTES && (events[e->id].show & SHOW_BYTES) != 0;

	if (n != 0 || zero)
		log_line_number(l, f->name, n);
}

static void
put_reason(struct log_line *l, const struct log_event *e, const struct field *f)
{
	if (e->reason != REASON_NONE)
		log_line_word(l, f->name, reason_code(e->reason));
}

static void
put_mode(struct log_line *l, const struct log_event *e, const struct field *f)
{
	char text[8];

	if ((events[e->id].show & SHOW_MODE) == 0)
		return;
	(void)snprintf(text, sizeof(text), "%04o", e->mode & 07777);
	log_line_word(l, f->name, text);
}

static void (*const put_kind[])(
    struct log_line *, const struct log_event *, const struct field *) = {
	[FIELD_IP] = put_addr,
	[FIELD_PORT] = put_addr,
	[FIELD_REASON] = put_reason,
	[FIELD_WORD] = put_text,
	[FIELD_STRING] = put_text,
	[FIELD_NUMBER] = put_number,
	[FIELD_BYTES] = put_number,
	[FIELD_COUNT] = put_number,
	[FIELD_MODE] = put_mode,
};

/* ----------------------------------------------------------------- the way */

bool
log_event_wanted(enum event_id id)
{
	return log_wants(events[id].level);
}

static enum log_level
level_of(const struct log_event *e)
{
	enum log_level level = reason_level(e->reason);

	if (e->id == EVENT_REFUSE && level > events[e->id].level)
		return level;
	return events[e->id].level;
}

void
log_event(const struct log_event *e)
{
	struct log_line line;
	int saved = errno;
	size_t i;

	if ((events[e->id].show & SHOW_BYTES) != 0 && e->id != EVENT_LIST)
		log_xferlog(e);
	if (!log_wants(level_of(e)))
		return;
	log_line_begin(&line, level_of(e));
	log_line_event(&line, events[e->id].name);
	for (i = 0; i < NELEM(fields); i++)
		put_kind[fields[i].kind](&line, e, &fields[i]);
	log_line_write(&line);
	errno = saved;
}
