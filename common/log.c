/* SPDX-License-Identifier: ISC */
/*
 * Log lines: formatted here, written with one write(2).
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

#define LOG_LINE_MAX 8192

enum target {
	TARGET_STDERR,
	TARGET_SYSLOG,
	TARGET_FILE,
	TARGET_NONE
};

static enum target target = TARGET_STDERR;
static char *path; /* of TARGET_FILE */
static int file_fd = -1; /* of TARGET_FILE */
static int test_fd = -1;
static enum log_level threshold = LOG_LV_INFO;
static const char *role = "ternftpd";

static const struct {
	const char *name;
	int priority; /* syslog */
} levels[] = {
	[LOG_LV_DEBUG] = { "debug", LOG_DEBUG },
	[LOG_LV_INFO] = { "info", LOG_INFO },
	[LOG_LV_WARN] = { "warn", LOG_WARNING },
	[LOG_LV_ERROR] = { "error", LOG_ERR },
};

static int
open_file(const char *name)
{
	return open(
	    name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static void
use_target(enum target t, const char *name, int fd)
{
	if (file_fd != -1)
		(void)close(file_fd);
	free(path);
	target = t;
	path = name == NULL ? NULL : xstrdup(name);
	file_fd = fd;
}

int
log_open(const char *name)
{
	int fd;

	if (strcmp(name, "stderr") == 0) {
		use_target(TARGET_STDERR, NULL, -1);
	} else if (strcmp(name, "none") == 0) {
		use_target(TARGET_NONE, NULL, -1);
	} else if (strcmp(name, "syslog") == 0) {
		openlog("ternftpd", LOG_PID | LOG_NDELAY, LOG_FTP);
		use_target(TARGET_SYSLOG, NULL, -1);
	} else {
		if ((fd = open_file(name)) == -1)
			return -1;
		use_target(TARGET_FILE, name, fd);
	}
	return 0;
}

int
log_reopen(void)
{
	int fd;

	if (target != TARGET_FILE)
		return 0;
	if ((fd = open_file(path)) == -1)
		return -1;
	log_adopt(fd);
	return 0;
}

void
log_adopt(int fd)
{
	/* In one step: other threads may be writing. */
	if (target == TARGET_FILE)
		(void)dup2(fd, file_fd);
	(void)close(fd);
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

void
log_set_role(const char *name)
{
	role = name;
}

void
log_set_fd(int fd)
{
	test_fd = fd;
}

int
log_fd(void)
{
	if (test_fd != -1)
		return test_fd;
	switch (target) {
	case TARGET_STDERR:
		return STDERR_FILENO;
	case TARGET_FILE:
		return file_fd;
	default:
		return -1;
	}
}

/* "2026-11-25T01:34:13Z", made anew once per second. */
static const char *
timestamp(void)
{
	static __thread char text[32];
	static __thread time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now != made && gmtime_r(&now, &tm) != NULL) {
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		made = now;
	}
	return text;
}

/* The line's beginning; returns its length. */
static size_t
prefix(char *line, size_t size, enum log_level level)
{
	int n = snprintf(line, size, "%s %s %s[%d] ", timestamp(),
	    levels[level].name, role, (int)getpid());

	return n < 0 ? 0 : (size_t)n;
}

static void
emit(enum log_level level, int err, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	size_t len, room, start;
	int n, saved = errno;

	if (level < threshold || (target == TARGET_NONE && test_fd == -1))
		return;
	start = len = prefix(line, sizeof(line), level);
	room = sizeof(line) - len - 1; /* for the newline */
	n = vsnprintf(line + len, room, fmt, ap);
	if (n > 0)
		len += (size_t)n < room ? (size_t)n : room - 1;
	room = sizeof(line) - len - 1;
	if (err != 0 &&
	    (n = snprintf(line + len, room, ": %s", strerror(err))) > 0)
		len += (size_t)n < room ? (size_t)n : room - 1;
	if (target == TARGET_SYSLOG && test_fd == -1) {
		syslog(levels[level].priority, "%s: %s", role, line + start);
	} else {
		line[len++] = '\n';
		/* A log that cannot be written must not hurt anybody. */
		if (write(log_fd(), line, len) == -1)
			(void)0;
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level, err)   \
	void name(const char *fmt, ...)  \
	{                                \
		int e = (err);           \
		va_list ap;              \
                                         \
		va_start(ap, fmt);       \
		emit(level, e, fmt, ap); \
		va_end(ap);              \
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
	emit(LOG_LV_ERROR, err, fmt, ap);
	va_end(ap);
	exit(1);
}

void
diex(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LV_ERROR, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

void
bug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_errorx("this is a bug in ternftpd:");
	emit(LOG_LV_ERROR, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

/*
 * Length of the valid UTF-8 sequence at p (2 to 4), or 0. C1 controls
 * (U+0080 to U+009F) count as invalid: terminals obey them.
 */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	uint32_t c, min;
	size_t i, n;

	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		c = p[0] & 0x1f;
		min = 0xa0;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		c = p[0] & 0x0f;
		min = 0x800;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		c = p[0] & 0x07;
		min = 0x10000;
	} else {
		return 0;
	}
	if (left < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* Writes one escaped or plain unit to out (4 bytes of room); its length. */
static size_t
vis_unit(char *out, const unsigned char *p, size_t left, size_t *used_r)
{
	size_t n = 1;

	*used_r = 1;
	if (*p == '"' || *p == '\\') {
		out[0] = '\\';
		out[1] = (char)*p;
		return 2;
	}
	if (*p < 0x20 || *p == 0x7f || (*p >= 0x80 && *p <= 0x9f) ||
	    (*p == 0xc2 && left > 1 && p[1] <= 0x9f && p[1] >= 0x80)) {
		out[0] = '\\';
		out[1] = (char)('0' + (*p >> 6));
		out[2] = (char)('0' + (*p >> 3 & 7));
		out[3] = (char)('0' + (*p & 7));
		return 4;
	}
	if (*p >= 0x80 && (n = utf8_len(p, left)) == 0)
		n = 1;
	memcpy(out, p, n);
	*used_r = n;
	return n;
}

char *
log_vis(char *dst, size_t size, const void *text, size_t len)
{
	const unsigned char *p = text, *end = p + len;
	size_t n, used, out = 0;
	char unit[4];

	if (size == 0)
		return dst;
	while (p < end) {
		n = vis_unit(unit, p, (size_t)(end - p), &used);
		/* Always leave room for "..." and the NUL. */
		if (out + n + 4 > size) {
			(void)strlcpy(dst + out, "...", size - out);
			return dst;
		}
		memcpy(dst + out, unit, n);
		out += n;
		p += used;
	}
	dst[out] = '\0';
	return dst;
}
