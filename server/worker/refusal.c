/* SPDX-License-Identifier: ISC */
/*
 * From a refusing reply to its line in the log.
 *
 * Who knows the reason says so before the reply; otherwise the reply's code
 * tells it. So nothing is refused without a reason in the log.
 */
#include "server/worker/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "server/worker/reply.h"

static const struct {
	int code;
	enum reason reason;
} by_code[] = {
	{ 425, REASON_NO_DATA_CONNECTION },
	{ 431, REASON_NO_CERTIFICATE },
	{ 500, REASON_UNKNOWN_COMMAND },
	{ 501, REASON_BAD_ARGUMENT },
	{ 502, REASON_NOT_AVAILABLE },
	{ 503, REASON_BAD_SEQUENCE },
	{ 504, REASON_NOT_AVAILABLE },
	{ 522, REASON_NOT_AVAILABLE },
	{ 530, REASON_NOT_LOGGED_IN },
	{ 533, REASON_BAD_SEQUENCE },
	{ 534, REASON_NOT_AVAILABLE },
	{ 536, REASON_NOT_AVAILABLE },
};

static const enum reason by_status[FS_STATUS_COUNT] = {
	[FS_MISSING] = REASON_NO_SUCH_FILE,
	[FS_NO_PARENT] = REASON_NO_SUCH_FILE,
	[FS_DENIED] = REASON_PERMISSION_DENIED,
	[FS_FORBIDDEN] = REASON_NO_RIGHT,
	[FS_EXISTS] = REASON_EXISTS,
	[FS_NOT_DIR] = REASON_NOT_A_DIRECTORY,
	[FS_IS_DIR] = REASON_IS_A_DIRECTORY,
	[FS_NOT_REGULAR] = REASON_NOT_A_FILE,
	[FS_NOT_EMPTY] = REASON_NOT_EMPTY,
	[FS_BAD_NAME] = REASON_BAD_NAME,
	[FS_NAME_TOO_LONG] = REASON_NAME_TOO_LONG,
	[FS_NO_SPACE] = REASON_DISK_FULL,
	[FS_QUOTA] = REASON_QUOTA,
	[FS_READ_ONLY] = REASON_READ_ONLY,
	[FS_BUSY] = REASON_IN_USE,
	[FS_CROSS_DEVICE] = REASON_OTHER_FILE_SYSTEM,
	[FS_LOOP] = REASON_TOO_MANY_LINKS,
	[FS_INSIDE_ITSELF] = REASON_INSIDE_ITSELF,
	[FS_BAD_OFFSET] = REASON_BAD_OFFSET,
	[FS_NO_MATCH] = REASON_NO_SUCH_FILE,
	[FS_IO] = REASON_IO_ERROR,
	[FS_TOO_LARGE] = REASON_TOO_LARGE,
	[FS_QUOTA_FILES] = REASON_QUOTA,
};

void
refusal_because(struct session *s, enum reason reason)
{
	s->why = reason;
}

void
refusal_by(struct session *s, const char *rule)
{
	free(s->rule);
	s->rule = rule != NULL ? xstrdup(rule) : NULL;
}

/* What the account may decide. */
static const struct {
	enum reason reason;
	enum rule_line line;
} by_account[] = {
	{ REASON_DATA_TLS_REQUIRED, RULE_TLS_DATA },
	{ REASON_IDLE_TIMEOUT, RULE_IDLE_TIMEOUT },
	{ REASON_QUOTA, RULE_QUOTA },
};

const char *
refusal_rule(const struct session *s, enum reason reason, char *out)
{
	const char *rule;
	size_t i;

	for (i = 0; i < NELEM(by_account); i++) {
		rule = s->rules[by_account[i].line];
		if (by_account[i].reason == reason && rule != NULL)
			return rule;
	}
	return rule_reason(s->w->conf, session_listen(s), reason, out);
}

void
refusal_is_told(struct session *s)
{
	s->told = true;
}

static enum reason
reason_of(const struct session *s, int code)
{
	size_t i;

	if (s->why != REASON_NONE)
		return s->why;
	for (i = 0; i < NELEM(by_code); i++)
		if (by_code[i].code == code)
			return by_code[i].reason;
	return REASON_OTHER;
}

void
refusal_said(struct session *s, int code, const char *text)
{
	struct log_event e = { .id = EVENT_REFUSE,
		.reason = reason_of(s, code),
		.command = s->command,
		.rule = s->rule,
		.reply = (unsigned)code };

	if (e.reason == REASON_OTHER)
		e.detail = text;
	if (!s->told)
		session_event(s, e);
	s->why = REASON_NONE;
	refusal_by(s, NULL);
	s->told = false;
}

/* A right that the account lacks is told by the agent, which knows the rule. */
void
refusal_of_agent(
    struct session *s, enum fs_status status, int code, const char *name)
{
	struct log_event e = { .id = EVENT_REFUSE,
		.reason = by_status[status],
		.command = s->command,
		.reply = (unsigned)code };
	char path[VPATH_MAX];

	if (status == FS_QUOTA_FILES)
		e.rule = s->rules[RULE_QUOTA_FILES];
	if (name[0] != '\0' && vpath_join(path, s->cwd, name) == 0)
		e.path = path;
	if (status != FS_FORBIDDEN && log_wants(reason_level(e.reason)))
		session_event(s, e);
	s->told = true;
}

void
refuse(struct session *s, enum reason reason, int code, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->why = reason;
	reply(s, code, "%s", text);
}
