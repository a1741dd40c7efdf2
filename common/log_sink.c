/* SPDX-License-Identifier: ISC */
/*
 * The places where lines go, and how they are opened anew.
 *
 * syslog(3) waits for a daemon that sleeps and cannot be told not to, and it
 * opens its socket when it likes, which a process without a file system cannot
 * do; so syslog and the journal are sockets here, handed down like a file.
 */
#include "common/log_sink.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"

struct sink {
	enum log_target target;
	char *path; /* of a file or socket */
	int fd; /* -1: there is nobody to write to */
	struct stat is; /* what path led to when it was opened */
};

static struct sink sinks[LOG_SINKS] = {
	[LOG_MAIN] = { .target = TO_STDERR, .fd = STDERR_FILENO },
	[LOG_TRANSFERS] = { .target = TO_NONE, .fd = -1 },
};
static int test_fd = -1;
static const char *test_socket;

static const struct {
	const char *name, *path;
	enum log_target target;
} targets[] = {
	{ "stderr", NULL, TO_STDERR },
	{ "none", NULL, TO_NONE },
	{ "syslog", "/dev/log", TO_SYSLOG },
	{ "journal", "/run/systemd/journal/socket", TO_JOURNAL },
};

static const int priorities[] = {
	[LOG_LV_DEBUG] = LOG_DEBUG,
	[LOG_LV_INFO] = LOG_INFO,
	[LOG_LV_WARN] = LOG_WARNING,
	[LOG_LV_ERROR] = LOG_ERR,
};

/* ----------------------------------------------------------------- opening */

static int
open_file(const char *path)
{
	/* O_NONBLOCK: a FIFO without a reader must not hold us up. */
	return open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    0640);
}

static int
open_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		fd_close(&fd);
	return fd;
}

static bool
is_socket(const struct sink *s)
{
	return s->target == TO_SYSLOG || s->target == TO_JOURNAL;
}

static int
open_sink(struct sink *s)
{
	int fd = is_socket(s) ? open_socket(s->path) : open_file(s->path);

	if (fd == -1 || stat(s->path, &s->is) == -1)
		memset(&s->is, 0, sizeof(s->is));
	return fd;
}

static void
use(struct sink *s, const struct sink *now)
{
	if (s->fd > STDERR_FILENO)
		(void)close(s->fd);
	free(s->path);
	*s = *now;
}

/* A file must be there; a daemon of the system may come later. */
int
log_open_sink(enum log_sink id, const char *name)
{
	struct sink now = { .target = TO_FILE, .fd = -1 };
	const char *path = name;
	size_t i;

	for (i = 0; i < NELEM(targets); i++)
		if (strcmp(name, targets[i].name) == 0) {
			now.target = targets[i].target;
			path = targets[i].path;
		}
	if (now.target == TO_STDERR)
		now.fd = STDERR_FILENO;
	if (is_socket(&now) && test_socket != NULL)
		path = test_socket;
	now.path = path == NULL ? NULL : xstrdup(path);
	if (path != NULL && (now.fd = open_sink(&now)) == -1 &&
	    !is_socket(&now)) {
		free(now.path);
		return -1;
	}
	use(&sinks[id], &now);
	return 0;
}

int
log_open(const char *name)
{
	return log_open_sink(LOG_MAIN, name);
}

void
log_adopt(enum log_sink id, int fd)
{
	struct sink *s = &sinks[id];

	/* In one step: other threads may be writing. Not for PAM's helpers. */
	if (s->path != NULL && s->fd == -1) {
		s->fd = fd;
		return;
	}
	if (s->path != NULL)
		(void)dup3(fd, s->fd, O_CLOEXEC);
	(void)close(fd);
}

/* systemd names the file that it has made our standard error. */
bool
log_stderr_is_journal(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (name == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(name, own) == 0;
}

static int
reopen(enum log_sink id)
{
	int fd;

	if (sinks[id].path == NULL)
		return 0;
	if ((fd = open_sink(&sinks[id])) == -1)
		return is_socket(&sinks[id]) ? 0 : -1;
	log_adopt(id, fd);
	return 0;
}

int
log_reopen(void)
{
	int result = 0;
	unsigned id;

	for (id = 0; id < LOG_SINKS; id++)
		if (reopen(id) == -1)
			result = -1;
	return result;
}

bool
log_is_stale(enum log_sink id)
{
	const struct sink *s = &sinks[id];
	struct stat st;

	if (s->path == NULL)
		return false;
	if (stat(s->path, &st) == -1)
		return !is_socket(s); /* a daemon that is away may return */
	/* A socket's number may be used again; it is not written to. */
	return s->fd == -1 || st.st_dev != s->is.st_dev ||
	       st.st_ino != s->is.st_ino ||
	       (is_socket(s) &&
		   (st.st_ctim.tv_sec != s->is.st_ctim.tv_sec ||
		       st.st_ctim.tv_nsec != s->is.st_ctim.tv_nsec));
}

uint64_t
log_size(enum log_sink id)
{
	struct stat st;

	if (sinks[id].target != TO_FILE || fstat(sinks[id].fd, &st) == -1 ||
	    !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}

int
log_rotate(enum log_sink id)
{
	char *old;
	int result;

	xasprintf(&old, "%s.1", sinks[id].path);
	result = rename(sinks[id].path, old);
	free(old);
	return result;
}

const char *
log_file_name(enum log_sink id)
{
	return sinks[id].path;
}

void
log_set_socket(const char *path)
{
	test_socket = path;
}

void
log_set_fd(int fd)
{
	test_fd = fd;
}

int
log_fd(enum log_sink id)
{
	return id == LOG_MAIN && test_fd != -1 ? test_fd : sinks[id].fd;
}

enum log_target
log_sink_target(enum log_sink id)
{
	return id == LOG_MAIN && test_fd != -1 ? TO_STDERR : sinks[id].target;
}

/* ----------------------------------------------------------------- writing */

static void
write_parts(int fd, const struct iovec *iov, int n)
{
	if (writev(fd, iov, n) == -1)
		return;
}

/* A reader that sleeps must not stop a server: its lines are lost instead. */
static bool
has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

/* "<94>Nov 25 01:34:13 ternftpd[4711]: ", as syslog(3) makes it. */
static size_t
syslog_head(enum log_level level, char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32] = "";
	int n;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	n = snprintf(out, size,
	    "<%d>%s ternftpd[%d]: ", LOG_FTP | priorities[level], when,
	    (int)log_pid());
	return n > 0 ? (size_t)n : 0;
}

static size_t
journal_head(enum log_level level, char *out, size_t size)
{
	int n = snprintf(out, size,
	    "PRIORITY=%d\nSYSLOG_IDENTIFIER=ternftpd\nSYSLOG_FACILITY=%d\n",
	    priorities[level], LOG_FAC(LOG_FTP));

	return n > 0 ? (size_t)n : 0;
}

void
log_sink_write(enum log_level level, const char *line, size_t len,
    const char *fields, size_t nfields)
{
	enum log_target target = log_sink_target(LOG_MAIN);
	int fd = log_fd(LOG_MAIN);
	char head[128];
	struct iovec iov[] = { { head, 0 }, { (char *)(uintptr_t)line, len },
		{ (char *)(uintptr_t)fields, nfields } };

	if (target == TO_SYSLOG)
		iov[0].iov_len = syslog_head(level, head, sizeof(head));
	else if (target == TO_JOURNAL)
		iov[0].iov_len = journal_head(level, head, sizeof(head));
	else if (target == TO_STDERR && !has_room(fd))
		return;
	write_parts(fd, iov, NELEM(iov));
}

void
log_sink_write_file(enum log_sink id, const char *line, size_t len)
{
	const struct iovec iov = { (char *)(uintptr_t)line, len };

	write_parts(sinks[id].fd, &iov, 1);
}
