/* SPDX-License-Identifier: ISC */
/*
 * The transfer log: one line for each upload and download in the format that
 * wu-ftpd's xferlog made common, for the programs that count them.
 */
#ifndef COMMON_LOG_XFERLOG_H
#define COMMON_LOG_XFERLOG_H

struct log_event;

/* Does nothing unless there is a transfer log. */
void log_xferlog(const struct log_event *);

#endif
