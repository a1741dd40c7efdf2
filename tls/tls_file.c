/* SPDX-License-Identifier: ISC */
/*
 * Files of certificates and keys: read, and written whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define FILE_MAX (4 * 1024 * 1024)

/* Writes through a BIO and to the disk. 0 or -1. */
static int
write_out(int fd, int (*write_cb)(BIO *, const void *arg), const void *arg)
{
	BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);
	int ret = -1;

	if (bio != NULL && write_cb(bio, arg) == 0 && BIO_flush(bio) == 1)
		ret = fsync(fd);
	BIO_free(bio);
	return ret;
}

int
tls_file_replace(const char *path, mode_t mode,
    int (*write_cb)(BIO *, const void *arg), const void *arg, char **err_r)
{
	char *tmp;
	int fd, ret = -1;

	xasprintf(&tmp, "%s.XXXXXX", path);
	fd = mkstemp(tmp); /* mode 0600 */
	if (fd == -1) {
		tls_err_set(
		    err_r, "%s: cannot create: %s", path, strerror(errno));
		free(tmp);
		return -1;
	}
	if (fchmod(fd, mode) == 0 && write_out(fd, write_cb, arg) == 0 &&
	    rename(tmp, path) == 0)
		ret = 0;
	if (ret == -1) {
		tls_err_set(
		    err_r, "%s: cannot write: %s", path, strerror(errno));
		(void)unlink(tmp);
	}
	close(fd);
	free(tmp);
	return ret;
}

/* -------------------------------------------------------------- reading */

/* All of the file into bio; 0, or -1 with errno. */
static int
read_in(int fd, BIO *bio)
{
	uint8_t buf[4096];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		total += (size_t)n;
		if (total > FILE_MAX || BIO_write(bio, buf, (int)n) != n) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	explicit_bzero(buf, sizeof(buf));
	return n == 0 ? 0 : -1;
}

BIO *
tls_file_open(const char *path, char **err_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio != NULL && fd != -1 && read_in(fd, bio) == 0) {
		BIO_set_mem_eof_return(bio, 0);
		close(fd);
		return bio;
	}
	err = errno;
	tls_err_set(err_r, "%s: cannot %s: %s; check its name and permissions",
	    path, fd == -1 ? "open" : "read", strerror(err));
	if (fd != -1)
		close(fd);
	BIO_free(bio);
	return NULL;
}
