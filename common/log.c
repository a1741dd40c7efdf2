/* SPDX-License-Identifier: ISC */
/*
 * Log lines: formatted and flattened here, written with one write(2) or
 * syslog(3). Whoever logs to a pipe ignores SIGPIPE.
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"

/* PIPE_BUF: a write of so much to a pipe is never mixed with another. */
#define LOG_LINE_MAX 4096

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
	/* O_NONBLOCK: a FIFO without a reader must not hold us up. */
	return open(name,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0640);
}

static void
use_target(enum target t, const char *name, int fd)
{
	char *copy = name == NULL ? NULL : xstrdup(name);

	if (target == TARGET_SYSLOG && t != TARGET_SYSLOG)
		closelog();
	if (file_fd != -1)
		(void)close(file_fd);
	free(path);
	target = t;
	path = copy;
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
	/* In one step: other threads may be writing. Not for PAM's helpers. */
	if (target == TARGET_FILE)
		(void)dup3(fd, file_fd, O_CLOEXEC);
	(void)close(fd);
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_wants(enum log_level level)
{
	return level >= threshold && (target != TARGET_NONE || test_fd != -1);
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

/* A line is one line, whatever a library or a file name put into it. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/*
 * A reader that sleeps must not stop a server: its lines are lost instead.
 * (Files are opened with O_NONBLOCK and need no asking.)
 */
static void
write_line(const char *line, size_t len)
{
	struct pollfd p = { .fd = log_fd(), .events = POLLOUT };

	if (p.fd != file_fd && (poll(&p, 1, 0) != 1 || p.revents != POLLOUT))
		return;
	if (write(p.fd, line, len) == -1)
		return;
}

static pid_t pid;

static void
forget_pid(void)
{
	pid = 0;
}

/* Asked for once per process, not once per line. */
static pid_t
own_pid(void)
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
	char line[LOG_LINE_MAX], reason[128] = "";
	size_t len, start;
	int saved = errno;

	if (!log_wants(level))
		return;
	if (err != 0)
		(void)append(reason, sizeof(reason), 0, ": %s", strerror(err));
	start = len = append(line, 256, 0, "%s %s %s[%d] ", timestamp(),
	    levels[level].name, role, (int)own_pid());
	len = append(line, sizeof(line) / 2, len, "%s", before);
	/* Room stays for the reason and the line's end. */
	len = vappend(line, sizeof(line) - strlen(reason) - 1, len, fmt, ap);
	len = append(line, sizeof(line) - 1, len, "%s", reason);
	flatten(line);
	if (target == TARGET_SYSLOG && test_fd == -1) {
		syslog(levels[level].priority, "%s: %s", role, line + start);
	} else {
		line[len++] = '\n';
		write_line(line, len);
	}
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
	size_t n, used, out = 0, cut = 0;
	char unit[4];

	if (size == 0)
		return dst;
	while (p < end) {
		n = vis_unit(unit, p, (size_t)(end - p), &used);
		if (out + n + 1 > size) {
			(void)strlcpy(dst + cut, "...", size - cut);
			return dst;
		}
		memcpy(dst + out, unit, n);
		out += n;
		p += used;
		/* The last place between two units where "..." still fits. */
		if (out + sizeof("...") <= size)
			cut = out;
	}
	dst[out] = '\0';
	return dst;
}
