/* SPDX-License-Identifier: ISC */
/*
 * Certificates by the name that a client asks for: those of virtual hosts, and
 * a directory with NAME.crt, NAME.key and, if there is something to staple,
 * NAME.ocsp (R21.1).
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

/* Takes over the name. A later failure clears what was loaded. */
static int
add(struct tls_names *names, char *name, const struct tls_named *of,
    const struct tls_settings *set, struct watch *watch, char **err_r)
{
	struct tls_name *made;

	names->v = xrealloc(names->v, (names->n + 1) * sizeof(names->v[0]));
	made = &names->v[names->n++];
	memset(made, 0, sizeof(*made));
	made->name = name;
	return tls_certs_load(made->certs, &made->ncerts, of->pairs, of->npairs,
	    set, watch, err_r);
}

/* Another name of the one before. */
static int
add_alias(struct tls_names *names, char *name, char **err_r)
{
	const struct tls_name *of;
	struct tls_name *made;
	int ret = 0;

	names->v = xrealloc(names->v, (names->n + 1) * sizeof(names->v[0]));
	of = &names->v[names->n - 1];
	made = &names->v[names->n++];
	memset(made, 0, sizeof(*made));
	made->name = name;
	for (; made->ncerts < of->ncerts; made->ncerts++)
		if (tls_cert_share(&made->certs[made->ncerts],
			&of->certs[made->ncerts]) == -1)
			ret = -1;
	return ret == 0 ? 0 : tls_err_set(err_r, "%s: no memory", name);
}

static bool
has(const struct tls_names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (ascii_casecmp(names->v[i].name, name) == 0)
			return true;
	return false;
}

static int
add_file(struct tls_names *names, char *name, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	const char *dir = set->sni_dir;
	char *cert, *key, *ocsp;
	struct tls_pair pair;
	struct tls_named of = { name, &pair, 1 };
	int ret;

	xasprintf(&cert, "%s/%s%s", dir, name, SUFFIX);
	xasprintf(&key, "%s/%s.key", dir, name);
	xasprintf(&ocsp, "%s/%s.ocsp", dir, name);
	pair.cert = cert;
	pair.key = key;
	pair.ocsp = access(ocsp, F_OK) == 0 ? ocsp : NULL;
	ret = add(names, name, &of, set, watch, err_r);
	free(cert);
	free(key);
	free(ocsp);
	return ret;
}

static int
add_directory(struct tls_names *names, const struct tls_settings *set,
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
	while (ret == 0 && (e = readdir(d)) != NULL) {
		name = name_of_file(e->d_name);
		if (name != NULL && !has(names, name))
			ret = add_file(names, name, set, watch, err_r);
		else
			free(name);
	}
	closedir(d);
	return ret;
}

int
tls_names_load(struct tls_names *names, const struct tls_settings *set,
    struct watch *watch, char **err_r)
{
	const struct tls_named *of = set->named;
	size_t i, n;
	int ret = 0;

	for (i = 0; ret == 0 && i < set->nnamed; i++, of++) {
		n = strlen(of->name);
		n -= of->name[n - 1] == '.';
		if (i > 0 && of->pairs == of[-1].pairs)
			ret = add_alias(names, xstrndup(of->name, n), err_r);
		else
			ret = add(names, xstrndup(of->name, n), of, set, watch,
			    err_r);
	}
	if (ret == 0 && set->sni_dir != NULL)
		ret = add_directory(names, set, watch, err_r);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof(names->v[0]), compare);
	return ret;
}

void
tls_names_clear(struct tls_names *names)
{
	struct tls_name *name;
	size_t i;

	ARRAY_FOREACH (name, names->v, names->n) {
		for (i = 0; i < name->ncerts; i++)
			tls_cert_clear(&name->certs[i]);
		free(name->name);
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
