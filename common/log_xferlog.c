/* SPDX-License-Identifier: ISC */
/*
 * A line of xferlog:
 *
 *   Sat Nov 28 17:30:00 2026 3 192.0.2.1 1234 /pub/a_b b _ o r joe ftp 0 * c
 *
 * time, seconds, client, bytes, path, type, action, direction, access, user,
 * service, authentication, authenticated user, completion.
 */
#include "common/log_xferlog.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log_event.h"
#include "common/log_line.h"
#include "common/log_sink.h"

/* Fields are separated by blanks, so names have none. */
static const char *
word(char *out, size_t size, const char *text)
{
	size_t i;

	if (text == NULL || text[0] == '\0')
		return "-";
	(void)strlcpy(out, text, size);
	for (i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] <= ' ' || out[i] == 0x7f)
			out[i] = '_';
	return out;
}

static const char *
local_time(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(out, size, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		return "-";
	return out;
}

void
log_xferlog(const struct log_event *e)
{
	char line[LOG_LINE_MAX + 256], path[LOG_LINE_MAX - 512], user[256];
	char when[64], ip[ADDR_STRLEN] = "-";
	bool complete = e->reason == REASON_NONE;
	int n;

	if (log_sink_target(LOG_TRANSFERS) != TO_FILE)
		return;
	if (e->peer != NULL)
		(void)addr_ip_str(e->peer, ip, sizeof(ip));
	n = snprintf(line, sizeof(line),
	    "%s %llu %s %llu %s %c _ %c %c %s ftp 0 * %c\n",
	    local_time(when, sizeof(when)),
	    (unsigned long long)(e->ms + 999) / 1000, ip,
	    (unsigned long long)e->bytes, word(path, sizeof(path), e->path),
	    e->ascii ? 'a' : 'b', e->id == EVENT_RETRIEVE ? 'o' : 'i',
	    e->anonymous ? 'a' : 'r', word(user, sizeof(user), e->user),
	    complete ? 'c' : 'i');
	if (n > 0 && (size_t)n < sizeof(line))
		log_sink_write_file(LOG_TRANSFERS, line, (size_t)n);
}
