/* SPDX-License-Identifier: ISC */
/*
 * The certificates of virtual hosts, by each name that a host has.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_value.h"
#include "server/tlsconf_priv.h"
#include "tls/tls_ctx.h"

struct tls_pair *
tlsconf_pairs(const struct config *conf)
{
	struct tls_pair *pairs = xcalloc(conf->ncerts, sizeof(*pairs));
	size_t i;

	for (i = 0; i < conf->ncerts; i++)
		pairs[i] = (struct tls_pair){ conf->certs[i].file,
			conf->certs[i].key, conf->certs[i].ocsp };
	return pairs;
}

static void
add_name(struct tlsconf_names *names, const char *name,
    const struct tls_pair *pairs, size_t npairs)
{
	names->v = xrealloc(names->v, (names->n + 1) * sizeof(*names->v));
	names->v[names->n++] =
	    (struct tls_named){ xstrdup(name), pairs, npairs };
}

static void
add_host(struct tlsconf_names *names, const struct conf_host *h,
    const struct tls_pair *pairs)
{
	const char *rest = h->names;
	char word[CONF_WORD_MAX];

	add_name(names, h->name, pairs, h->own->ncerts);
	while (rest != NULL && conf_words_next(&rest, word, sizeof(word)))
		add_name(names, word, pairs, h->own->ncerts);
}

void
tlsconf_names_make(struct tlsconf_names *names, const struct config *conf)
{
	size_t i;

	memset(names, 0, sizeof(*names));
	if (conf->nhosts == 0)
		return;
	names->npairs = conf->nhosts;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers */
	names->pairs = xcalloc(conf->nhosts, sizeof(*names->pairs));
	for (i = 0; i < conf->nhosts; i++) {
		if (conf->hosts[i].own->ncerts == 0)
			continue;
		names->pairs[i] = tlsconf_pairs(conf->hosts[i].own);
		add_host(names, &conf->hosts[i], names->pairs[i]);
	}
}

void
tlsconf_names_clear(struct tlsconf_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free((char *)(uintptr_t)names->v[i].name);
	for (i = 0; i < names->npairs; i++)
		free(names->pairs[i]);
	free(names->v);
	free(names->pairs);
}
