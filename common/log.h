/* SPDX-License-Identifier: ISC */
/*
 * Log lines of every process: one fact per line, to stderr, syslog or a file.
 *
 * A line is `TIME LEVEL role[pid] text`, written with a single write(2) to an
 * O_APPEND descriptor that children inherit, so lines of several processes
 * never mix. Text that a client sent goes through log_vis() first: a name with
 * a newline or an escape sequence can forge neither a line nor a terminal.
 * A log that cannot be written never disturbs a session. errno is preserved
 * by every function here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LV_DEBUG,
	LOG_LV_INFO,
	LOG_LV_WARN,
	LOG_LV_ERROR
};

/*
 * Where lines go: "stderr", "syslog", "none" or an absolute path (opened for
 * appending, mode 0640). Returns 0, or -1 with errno and the old target kept.
 */
int log_open(const char *target);
/* Reopens a log file by its path (after rotation). 0 or -1, old one kept. */
int log_reopen(void);
/*
 * Makes the log's descriptor number stand for this file, which the monitor has
 * reopened; takes over fd. For processes that cannot open it themselves.
 */
void log_adopt(int fd);
void log_set_level(enum log_level);
/* Would such a line be written? For callers whose text is costly to make. */
bool log_wants(enum log_level);
/* Name of this process in each line: "monitor", "worker", ... */
void log_set_role(const char *role);
/* Another descriptor for tests; -1 restores the target of log_open(). */
void log_set_fd(int fd);
/* The descriptor lines are written to now, or -1 (syslog, none). */
int log_fd(void);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* With ": " and strerror(errno) appended; log_warnx and log_errorx without. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_errorx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The environment failed (die, errno appended) / we are wrong (bug): exit 1. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void diex(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * Escapes client text for a log line: control bytes, DEL, '"' and '\' become
 * \ooo, \" or \\; bytes >= 0x80 stay (names are bytes; UTF-8 stays readable)
 * except 0x80-0x9f outside a valid UTF-8 sequence and C1 controls within one.
 * Writes at most size bytes with the NUL, marks a cut with "...". Returns dst.
 */
char *log_vis(char *dst, size_t size, const void *text, size_t len);
#define LOG_VIS_MAX 512

#endif
