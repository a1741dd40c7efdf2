/* SPDX-License-Identifier: ISC */
/*
 * Where lines go: a file, standard error, syslog or the journal, each by one
 * system call that never waits. A line that cannot be written is lost, and
 * nobody else is. Private to common/.
 */
#ifndef COMMON_LOG_SINK_H
#define COMMON_LOG_SINK_H

#include <stddef.h>

#include "common/log.h"

enum log_target {
	TO_STDERR,
	TO_FILE,
	TO_NONE,
	TO_SYSLOG,
	TO_JOURNAL,
};

enum log_target log_sink_target(enum log_sink);
/*
 * One line of the main log. syslog and the journal get what they need besides;
 * fields are the journal's.
 */
void log_sink_write(enum log_level, const char *line, size_t len,
    const char *fields, size_t nfields);
/* One line of another sink; it must be a file. */
void log_sink_write_file(enum log_sink, const char *line, size_t len);

#endif
