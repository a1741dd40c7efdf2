/* SPDX-License-Identifier: ISC */
/*
 * The log of every process: one fact per line, to stderr, a file, syslog or the
 * journal.
 *
 * A line is `TIME LEVEL role[pid] text`, or the same as JSON, written with a
 * single write(2) to an O_APPEND descriptor that children inherit, so lines of
 * several processes never mix. The text is a message of these functions or an
 * event (common/log_event.h). Text that a client sent goes through log_vis()
 * first: a name with a newline or an escape sequence can forge neither a line
 * nor a terminal. A log that cannot be written never disturbs a session. errno
 * is preserved by every function here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum log_level {
	LOG_LV_DEBUG,
	LOG_LV_INFO,
	LOG_LV_WARN,
	LOG_LV_ERROR
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

/* Lines go to the main log; finished transfers to a file of their own, too. */
enum log_sink {
	LOG_MAIN,
	LOG_TRANSFERS,
	LOG_SINKS
};

/*
 * Where lines go: "stderr", "syslog", "journal", "none" or an absolute path
 * (opened for appending, mode 0640). Returns 0, or -1 with errno and the old
 * target kept. syslog and the journal need not be there yet.
 */
int log_open(const char *target);
int log_open_sink(enum log_sink, const char *target);
/* Does systemd take what is written to stderr to the journal? */
bool log_stderr_is_journal(void);
/* Opens all anew by their paths (after rotation). 0 or -1, old one kept. */
int log_reopen(void);
/*
 * Makes the sink's descriptor number stand for this file, which the monitor has
 * reopened; takes over fd. For processes that cannot open it themselves.
 */
void log_adopt(enum log_sink, int fd);
/* Does its name lead to another file by now, or to a daemon that came back? */
bool log_is_stale(enum log_sink);
/* Bytes in its file; 0 if it is none. */
uint64_t log_size(enum log_sink);
/* Puts ".1" behind the name of its file. 0, or -1 with errno. */
int log_rotate(enum log_sink);
/* NULL if it has none. */
const char *log_file_name(enum log_sink);
/* The socket in place of the system's, for tests. */
void log_set_socket(const char *path);
void log_set_format(enum log_format);
enum log_format log_format(void);
void log_set_level(enum log_level);
/* Would such a line be written? For callers whose text is costly to make. */
bool log_wants(enum log_level);
/* Name of this process in each line: "monitor", "worker", ... */
void log_set_role(const char *role);
const char *log_role(void);
pid_t log_pid(void);
const char *log_level_name(enum log_level);
/* Another descriptor for tests; -1 restores the target of log_open(). */
void log_set_fd(int fd);
/* The descriptor lines are written to now, or -1. */
int log_fd(enum log_sink);

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
/* The same for the inside of a JSON string; out comes UTF-8 in any case. */
char *log_json(char *dst, size_t size, const void *text, size_t len);
#define LOG_VIS_MAX 512

#endif
