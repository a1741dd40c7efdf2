/* SPDX-License-Identifier: ISC */
/*
 * ternftpd -t: would TLS work? Nothing is made or changed.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/tlsconf.h"
#include "server/tlsconf_priv.h"
#include "tls/tls_keys.h"

static void warn(const struct config *conf, FILE *out, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
warn(const struct config *conf, FILE *out, const char *fmt, ...)
{
	va_list ap;

	fprintf(out, "%s: warning: ", conf->path);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	putc('\n', out);
}

static void
check_expiry(const struct config *conf, const struct tlsconf *t, FILE *out)
{
	char text[PATH_MAX + 128];

	if (tlsconf_age(t, text, sizeof(text)) != TLSCONF_FRESH)
		warn(conf, out, "%s", text);
}

/* A file of secrets that everybody may read. */
static void
check_secret(const struct config *conf, const char *path, FILE *out)
{
	struct stat st;

	if (path != NULL && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		warn(conf, out,
		    "everybody may read the key in %s; chmod 600 "
		    "it",
		    path);
}

static void
check_cert_keys(const struct config *conf, const struct config *of, FILE *out)
{
	const struct conf_cert *c;

	ARRAY_FOREACH (c, of->certs, of->ncerts)
		check_secret(conf, c->key != NULL ? c->key : c->file, out);
}

static void
check_secrets(const struct config *conf, FILE *out)
{
	char *key = selfsigned_key_path(conf->selfsigned);
	size_t i;

	check_cert_keys(conf, conf, out);
	for (i = 0; i < conf->nhosts; i++)
		check_cert_keys(conf, conf->hosts[i].own, out);
	if (conf->ncerts == 0)
		check_secret(conf, key, out);
	free(key);
}

/* One that does not exist is made at the start. */
static int
check_ticket_keys(const struct config *conf, FILE *out)
{
	const char *path = conf->ticket_keys;
	struct tls_keys keys;
	char *err = NULL;
	bool ok;

	if (path == NULL)
		return 0;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		ok = tlsconf_can_create(path, &err);
	else
		ok = tls_keys_load(path, &keys, &err) == 0;
	explicit_bzero(&keys, sizeof(keys));
	if (!ok)
		fprintf(out, "%s: ticket_keys: %s\n", conf->path, err);
	free(err);
	return ok ? 0 : 1;
}

static int
count_lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

int
tlsconf_check(const struct config *conf, FILE *out)
{
	char *err, *why;
	struct tlsconf *t = tlsconf_new(conf, false, &err, &why);
	int problems = 0;

	if (why != NULL)
		warn(conf, out, "%s", why);
	if (t != NULL)
		check_expiry(conf, t, out);
	else {
		fputs(err, out);
		problems = count_lines(err);
	}
	check_secrets(conf, out);
	problems += check_ticket_keys(conf, out);
	tlsconf_free(t);
	free(err);
	free(why);
	return problems;
}
