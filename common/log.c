/* SPDX-License-Identifier: ISC */
/*
 * Messages of the log: what is worth a line, and the ends of a process. Whoever
 * logs to a pipe ignores SIGPIPE.
 */
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log_line.h"
#include "common/log_sink.h"

static enum log_level threshold = LOG_LV_INFO;
static enum log_format format = LOG_FORMAT_TEXT;
static const char *role = "ternftpd";

static const char *const levels[] = {
	[LOG_LV_DEBUG] = "debug",
	[LOG_LV_INFO] = "info",
	[LOG_LV_WARN] = "warn",
	[LOG_LV_ERROR] = "error",
};

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_wants(enum log_level level)
{
	return level >= threshold && log_sink_target(LOG_MAIN) != TO_NONE;
}

const char *
log_level_name(enum log_level level)
{
	return levels[level];
}

void
log_set_format(enum log_format f)
{
	format = f;
}

enum log_format
log_format(void)
{
	return format;
}

void
log_set_role(const char *name)
{
	role = name;
}

const char *
log_role(void)
{
	return role;
}

/*
 * Appends formatted text to line (size bytes, len of them used) and returns
 * the new length. A text that does not fit ends in "...".
 */
static size_t append(char *line, size_t size, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static size_t vappend(char *line, size_t size, size_t len, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

static size_t
vappend(char *line, size_t size, size_t len, const char *fmt, va_list ap)
{
	int n = vsnprintf(line + len, size - len, fmt, ap);

	if (n < 0)
		line[len] = '\0';
	else if ((size_t)n < size - len)
		len += (size_t)n;
	else {
		len = size - 1;
		memcpy(line + len - 3, "...", 3);
	}
	return len;
}

static size_t
append(char *line, size_t size, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	len = vappend(line, size, len, fmt, ap);
	va_end(ap);
	return len;
}

static pid_t pid;

static void
forget_pid(void)
{
	pid = 0;
}

/* Asked for once per process, not once per line. */
pid_t
log_pid(void)
{
	static bool watches;

	if (pid != 0)
		return pid;
	if (!watches && pthread_atfork(NULL, NULL, forget_pid) != 0)
		return getpid();
	watches = true;
	return pid = getpid();
}

static void emit(enum log_level, int err, const char *before, const char *fmt,
    va_list) __attribute__((format(printf, 4, 0)));

static void
emit(enum log_level level, int err, const char *before, const char *fmt,
    va_list ap)
{
	char text[LOG_LINE_MAX], reason[128] = "";
	struct log_line line;
	size_t len, size;
	int saved = errno;

	if (!log_wants(level))
		return;
	if (err != 0)
		(void)append(reason, sizeof(reason), 0, ": %s", strerror(err));
	log_line_begin(&line, level);
	/* Room stays for the reason. */
	size = log_line_room(&line);
	len = append(text, size / 2, 0, "%s", before);
	len = vappend(text, size - strlen(reason), len, fmt, ap);
	(void)append(text, size, len, "%s", reason);
	log_line_message(&line, text);
	log_line_write(&line);
	errno = saved;
}

#define LOG_FUNCTION(name, level, err)       \
	void name(const char *fmt, ...)      \
	{                                    \
		int e = (err);               \
		va_list ap;                  \
                                             \
		va_start(ap, fmt);           \
		emit(level, e, "", fmt, ap); \
		va_end(ap);                  \
	}

LOG_FUNCTION(log_debug, LOG_LV_DEBUG, 0)
LOG_FUNCTION(log_info, LOG_LV_INFO, 0)
LOG_FUNCTION(log_warn, LOG_LV_WARN, errno)
LOG_FUNCTION(log_warnx, LOG_LV_WARN, 0)
LOG_FUNCTION(log_error, LOG_LV_ERROR, errno)
LOG_FUNCTION(log_errorx, LOG_LV_ERROR, 0)

void
die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, err, "", fmt, ap);
	va_end(ap);
	exit(1);
}

void
diex(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, 0, "", fmt, ap);
	va_end(ap);
	exit(1);
}

void
bug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, 0, "this is a bug in ternftpd: ", fmt, ap);
	va_end(ap);
	exit(1);
}
