/* SPDX-License-Identifier: ISC */
/*
 * The file is never seen half written: the new text goes to a file beside it,
 * which takes its name at the end. The directory is the lock, as it stays the
 * same while the file is replaced.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_text.h"
#include "server/users_file.h"

/* The file itself, if the path is a link to it; else the path. */
static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real != NULL ? real : xstrdup(path);
}

/* With errno in words, as warn(3). */
static void complain(const struct users_place *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(const struct users_place *where, const char *fmt, ...)
{
	char text[PATH_MAX + 256];
	int err = errno;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = strlen(text);
	if (err != 0)
		(void)snprintf(
		    text + n, sizeof(text) - n, ": %s", strerror(err));
	if (where->say != NULL)
		where->say(text);
	else
		warnx("%s", text);
}

static int
lock_directory(const struct users_place *where, const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int fd;

	if (slash == dir)
		slash++;
	if (slash != NULL)
		*slash = '\0';
	fd =
	    open(slash != NULL ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 ||
	    flock(fd, LOCK_EX | (where->nowait ? LOCK_NB : 0)) == -1)
		complain(where, "cannot lock the directory of %s", path);
	else {
		free(dir);
		return fd;
	}
	free(dir);
	if (fd != -1)
		close(fd);
	return -1;
}

struct config *
users_file_load(const char *path)
{
	char *err;
	struct config *conf = conf_load_users(path, &err);

	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
	}
	return conf;
}

/* 0 if the server can read the file as it is in path, -1 after saying why not.
 */
static int
check_syntax(const struct users_place *where, const char *path)
{
	struct config *conf;
	char *err = NULL;

	if (where->conf_path != NULL)
		conf =
		    conf_load_with(where->conf_path, where->path, path, &err);
	else
		conf = conf_load_users(path, &err);
	if (conf == NULL && where->say != NULL)
		where->say(err);
	else if (conf == NULL)
		fputs(err, stderr);
	free(err);
	conf_free(conf);
	return conf != NULL ? 0 : -1;
}

static char *
read_text(const struct users_place *where, const char *path)
{
	size_t len;
	char *text;

	if (access(path, F_OK) == -1 && errno == ENOENT)
		return xstrdup("");
	if (check_syntax(where, path) != 0)
		return NULL;
	text = conf_text_read(path, &len);
	if (text == NULL)
		complain(where, "%s", path);
	return text;
}

static int
write_all(int fd, const char *p)
{
	size_t left = strlen(p);
	ssize_t n;

	for (; left > 0; p += n, left -= (size_t)n) {
		n = write(fd, p, left);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1)
			return -1;
	}
	return 0;
}

/* The new file gets the owner and mode of the old one; 0600 if there is none.
 */
static int
copy_owner(int fd, const char *path)
{
	struct stat old, new;

	if (stat(path, &old) == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &new) == -1)
		return -1;
	/* Of a file that is another's already, the monitor may not. */
	if (fchmod(fd, old.st_mode & 07777) == -1)
		return -1;
	if (old.st_uid == new.st_uid && old.st_gid == new.st_gid)
		return 0;
	return fchown(fd, old.st_uid, old.st_gid);
}

static int
replace_file(const struct users_place *where, const char *path,
    const char *text, int dir_fd)
{
	char *temp;
	int fd, ok = 0;

	xasprintf(&temp, "%s.XXXXXX", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd == -1) {
		complain(where, "cannot make a file beside %s", path);
		free(temp);
		return -1;
	}
	if (write_all(fd, text) == -1 || copy_owner(fd, path) == -1 ||
	    fsync(fd) == -1)
		complain(where, "%s", temp);
	else if (check_syntax(where, temp) != 0) {
		errno = 0;
		complain(where, "%s is left as it was", path);
	} else if (rename(temp, path) == -1)
		complain(where, "%s", path);
	else
		ok = 1;
	if (ok)
		(void)fsync(dir_fd);
	else
		(void)unlink(temp);
	close(fd);
	free(temp);
	return ok ? 0 : -1;
}

int
users_file_change(
    const struct users_place *where, users_change *change, void *arg)
{
	char *real = real_path(where->path), *text = NULL, *made = NULL;
	int dir_fd, rc = -1;

	dir_fd = lock_directory(where, real);
	if (dir_fd != -1)
		text = read_text(where, real);
	if (text != NULL)
		made = change(text, arg);
	if (made != NULL)
		rc = replace_file(where, real, made, dir_fd);
	if (dir_fd != -1)
		close(dir_fd);
	free(made);
	free(text);
	free(real);
	return rc;
}
