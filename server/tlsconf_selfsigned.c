/* SPDX-License-Identifier: ISC */
/*
 * The self-signed certificate of a server that has no other.
 *
 * Several processes may come at the same time to make it (under inetd, each
 * connection is one). Each makes a pair under names of its own; whoever can
 * give his key its final name, by a link, which never replaces a file, is the
 * one whose certificate it becomes.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/tlsconf_priv.h"
#include "tls/tls_ctx.h"

#define CERT_SUFFIX ".crt"
#define PATIENCE 20 /* looks, 10 ms apart, between the two links */

char *
selfsigned_key_path(const char *cert)
{
	size_t len = strlen(cert), suffix = strlen(CERT_SUFFIX);
	char *path;

	if (len > suffix && strcmp(cert + len - suffix, CERT_SUFFIX) == 0)
		len -= suffix;
	xasprintf(&path, "%.*s.key", (int)len, cert);
	return path;
}

/* What cannot be looked at counts as there: reading it will tell. */
static bool
exists(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* Gives another process that is making the pair the time to finish it. */
static bool
await_pair(const char *cert, const char *key)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };
	int i;

	for (i = 0; exists(cert) != exists(key) && i < PATIENCE; i++)
		(void)nanosleep(&moment, NULL);
	return exists(cert) && exists(key);
}

bool
tlsconf_can_create(const char *path, char **why_r)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	bool ok;

	if (slash != NULL)
		slash[slash == dir] = '\0';
	ok = access(slash != NULL ? dir : ".", W_OK | X_OK) == 0;
	if (!ok)
		xasprintf(
		    why_r, "%s: cannot create: %s", path, strerror(errno));
	free(dir);
	return ok;
}

static const char *
host_name(char *out, size_t size)
{
	if (gethostname(out, size) != 0 || out[0] == '\0')
		(void)strlcpy(out, "localhost", size);
	out[size - 1] = '\0';
	return out;
}

/* Gives the new pair its final names. 0; 1 if another process was first. */
static int
publish(const char *new_cert, const char *cert, const char *new_key,
    const char *key, char **why_r)
{
	if (link(new_key, key) == 0) {
		if (link(new_cert, cert) == 0)
			return 0;
		(void)unlink(key); /* our own, which is of no use now */
	}
	if (errno == EEXIST)
		return 1;
	xasprintf(why_r, "%s: cannot create: %s", cert, strerror(errno));
	return -1;
}

static int
make(const char *cert, const char *key, char **why_r)
{
	char name[256], *new_cert, *new_key;
	int rc;

	xasprintf(&new_cert, "%s.%ld", cert, (long)getpid());
	xasprintf(&new_key, "%s.%ld", key, (long)getpid());
	rc = tls_selfsigned(
	    new_cert, new_key, host_name(name, sizeof(name)), why_r);
	if (rc == 0)
		rc = publish(new_cert, cert, new_key, key, why_r);
	(void)unlink(new_cert);
	(void)unlink(new_key);
	free(new_cert);
	free(new_key);
	return rc;
}

static void
say_half(const char *cert, const char *key, char **why_r)
{
	bool has_cert = exists(cert);

	xasprintf(why_r,
	    "%s exists without %s; bring that back, or remove the one that is "
	    "left and both are made anew",
	    has_cert ? cert : key, has_cert ? key : cert);
}

enum selfsigned
selfsigned_ensure(const char *cert, const char *key, bool create, char **why_r)
{
	if (!exists(cert) && !exists(key)) {
		if (!tlsconf_can_create(cert, why_r))
			return SELFSIGNED_FAILED;
		if (!create)
			return SELFSIGNED_TO_COME;
		if (make(cert, key, why_r) == -1)
			return SELFSIGNED_FAILED;
	}
	if (await_pair(cert, key))
		return SELFSIGNED_THERE;
	say_half(cert, key, why_r);
	return SELFSIGNED_FAILED;
}
