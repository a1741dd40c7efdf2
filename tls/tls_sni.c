/* SPDX-License-Identifier: ISC */
/*
 * Certificates by the name that a client asks for: a directory with NAME.crt,
 * NAME.key and, if there is something to staple, NAME.ocsp (R21.1).
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tls/tls_priv.h"

#define SUFFIX ".crt"

static int
compare(const void *a, const void *b)
{
	const struct tls_name *x = a, *y = b;

	return ascii_casecmp(x->name, y->name);
}

/* "NAME.crt" -> "NAME" in fresh memory, or NULL. */
static char *
name_of_file(const char *file)
{
	size_t len = strlen(file);

	if (file[0] == '.' || len <= strlen(SUFFIX) ||
	    strcmp(file + len - strlen(SUFFIX), SUFFIX) != 0)
		return NULL;
	return xstrndup(file, len - strlen(SUFFIX));
}

static int
add(struct tls_names *names, char *name, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	const char *dir = set->sni_dir;
	char *cert, *key, *ocsp;
	struct tls_pair pair;
	struct tls_cert c;
	int ret;

	xasprintf(&cert, "%s/%s%s", dir, name, SUFFIX);
	xasprintf(&key, "%s/%s.key", dir, name);
	xasprintf(&ocsp, "%s/%s.ocsp", dir, name);
	pair.cert = cert;
	pair.key = key;
	pair.ocsp = access(ocsp, F_OK) == 0 ? ocsp : NULL;
	ret = tls_cert_load(&c, &pair, set, watch, err_r);
	if (ret == 0) {
		names->v =
		    xrealloc(names->v, (names->n + 1) * sizeof(names->v[0]));
		names->v[names->n].name = name;
		names->v[names->n++].cert = c;
	} else
		free(name);
	free(cert);
	free(key);
	free(ocsp);
	return ret;
}

int
tls_names_load(struct tls_names *names, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	const char *dir = set->sni_dir;
	DIR *d;
	struct dirent *e;
	int ret = 0;
	char *name;

	watch_add(watch, dir); /* names that come and go */
	d = opendir(dir);
	if (d == NULL)
		return tls_err_set(err_r,
		    "%s: cannot open the directory: %s; check its name and "
		    "permissions",
		    dir, strerror(errno));
	while (ret == 0 && (e = readdir(d)) != NULL)
		if ((name = name_of_file(e->d_name)) != NULL)
			ret = add(names, name, set, watch, err_r);
	closedir(d);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof(names->v[0]), compare);
	return ret;
}

void
tls_names_clear(struct tls_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		free(names->v[i].name);
		tls_cert_clear(&names->v[i].cert);
	}
	free(names->v);
	memset(names, 0, sizeof(*names));
}

static const struct tls_name *
exact(const struct tls_names *names, char *name)
{
	struct tls_name key = { .name = name };

	if (names->n == 0)
		return NULL;
	return bsearch(&key, names->v, names->n, sizeof(names->v[0]), compare);
}

const struct tls_name *
tls_names_find(const struct tls_names *names, const char *asked)
{
	char name[256], *dot;
	const struct tls_name *found;
	size_t len = strlcpy(name, asked, sizeof(name));

	if (len == 0 || len >= sizeof(name) || name[0] == '*')
		return NULL;
	if (name[len - 1] == '.')
		name[len - 1] = '\0';
	found = exact(names, name);
	dot = strchr(name, '.');
	if (found != NULL || dot == NULL || dot == name)
		return found;
	dot[-1] = '*'; /* "x.example.org" -> "*.example.org" */
	return exact(names, dot - 1);
}
