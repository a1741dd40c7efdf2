/* SPDX-License-Identifier: ISC */
/*
 * The effective configuration (-T) and the table of keys (--keys).
 */
#include "config.h"

#include <stdlib.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_print.h"
#include "server/conf_rules.h"
#include "server/conf_text.h"
#include "server/conf_value.h"

/* A group says only what its block says: the rest is not its users' either. */
static bool
is_said(const struct conf_key *k, const void *base)
{
	const struct conf_group *g = base;

	if (k->section == SECTION_GROUP &&
	    g->rules.lines[conf_rules_index(k)] == 0)
		return false;
	return conf_value_is_set(k, base);
}

static void
print_section(
    enum conf_section_id id, const void *base, const char *indent, FILE *out)
{
	const struct conf_key *k;

	ARRAY_FOREACH (k, conf_keys, conf_nkeys) {
		if (k->section != id)
			continue;
		if (!is_said(k, base)) {
			fprintf(out, "%s# %s is not set\n", indent, k->name);
			continue;
		}
		fprintf(out, "%s%s = ", indent, k->name);
		k->type->print(k, (const char *)base + k->offset, out);
		putc('\n', out);
	}
	if (conf_sections[id].rules != NO_RULES)
		conf_places_print((const void *)((const char *)base +
						 conf_sections[id].rules),
		    indent, out);
}

void
conf_print_section(enum conf_section_id id, const void *base, FILE *out)
{
	print_section(id, base, id == SECTION_TOP ? "" : "\t", out);
}

static void
print_title(const struct conf_block *b, FILE *out)
{
	fputs(conf_sections[b->id].name, out);
	if (b->title != NULL) {
		putc(' ', out);
		conf_text_quote(out, b->title);
	}
}

void
conf_print_title(const struct conf_block *b, FILE *out)
{
	if (b->host != NULL) {
		fputs("host ", out);
		conf_text_quote(out, b->host->name);
		fputs(": ", out);
	}
	print_title(b, out);
}

/* next: the block behind it, or NULL. One of a host stands inside the host's,
 * which ends behind the last of them. */
static void
print_block(
    const struct conf_block *b, const struct conf_block *next, FILE *out)
{
	const char *indent = b->host != NULL ? "\t" : "";
	bool ends_host = b->host != NULL || b->id == SECTION_HOST;

	if (b->id == SECTION_TOP) {
		conf_print_section(b->id, b->base, out);
		return;
	}
	if (b->host == NULL)
		putc('\n', out);
	fputs(indent, out);
	print_title(b, out);
	fputs(" {\n", out);
	print_section(b->id, b->base, b->host != NULL ? "\t\t" : "\t", out);
	if (b->id != SECTION_HOST)
		fprintf(out, "%s}\n", indent);
	if (ends_host && (next == NULL || next->host == NULL))
		fputs("}\n", out);
}

/* --------------------------------------------------------- all blocks */
struct list {
	struct conf_block *v;
	size_t n;
	const struct conf_host *host; /* of those that are added */
};

static void
add(struct list *l, enum conf_section_id id, const char *title,
    bool in_users_file, const void *base)
{
	l->v[l->n++] = (struct conf_block){ .id = id,
		.title = title,
		.base = base,
		.in_users_file = in_users_file,
		.host = l->host };
}

static void
add_certs(struct list *l, const struct config *conf)
{
	const struct conf_cert *c;

	ARRAY_FOREACH (c, conf->certs, conf->ncerts)
		add(l, SECTION_CERTIFICATE, c->name, false, c);
}

static void
add_accounts(struct list *l, const struct config *conf)
{
	const struct conf_group *g;
	const struct conf_user *u;

	ARRAY_FOREACH (g, conf->groups, conf->ngroups)
		add(l, SECTION_GROUP, g->name, g->in_users_file, g);
	ARRAY_FOREACH (u, conf->users, conf->nusers)
		add(l, SECTION_USER, u->name, u->in_users_file, u);
}

static void
add_host(struct list *l, const struct conf_host *h)
{
	add(l, SECTION_HOST, h->name, false, h);
	l->host = h;
	add_certs(l, h->own);
	if (h->has_accounts)
		add(l, SECTION_ANONYMOUS, NULL, false, h->own);
	add_accounts(l, h->own);
	l->host = NULL;
}

static size_t
count(const struct config *conf)
{
	size_t i, n = SECTION_COUNT + conf->nlistens + conf->ncerts +
		      conf->ngroups + conf->nusers;

	for (i = 0; i < conf->nhosts; i++)
		n += 1 + count(conf->hosts[i].own);
	return n;
}

struct conf_block *
conf_blocks(const struct config *conf, size_t *n_r)
{
	struct list l = { .v = xcalloc(count(conf), sizeof(*l.v)) };
	size_t i;

	add(&l, SECTION_TOP, NULL, false, conf);
	for (i = 0; i < conf->nlistens; i++)
		add(&l, SECTION_LISTEN, conf->listens[i].name, false,
		    &conf->listens[i]);
	add_certs(&l, conf);
	for (i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		if (!conf_sections[i].titled)
			add(&l, (enum conf_section_id)i, NULL, false, conf);
	add_accounts(&l, conf);
	for (i = 0; i < conf->nhosts; i++)
		add_host(&l, &conf->hosts[i]);
	*n_r = l.n;
	return l.v;
}

/* Those of users files are only counted. */
static size_t
without_users_files(struct conf_block *all, size_t n, size_t nfile[])
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (all[i].in_users_file)
			nfile[all[i].id]++;
		else
			all[kept++] = all[i];
	return kept;
}

void
conf_print(const struct config *conf, FILE *out)
{
	size_t i, n, nfile[SECTION_COUNT] = { 0 };
	struct conf_block *all = conf_blocks(conf, &n);

	fprintf(out, "# effective configuration of %s\n", conf->path);
	n = without_users_files(all, n, nfile);
	for (i = 0; i < n; i++)
		print_block(&all[i], i + 1 < n ? &all[i + 1] : NULL, out);
	for (i = 0; i < SECTION_COUNT; i++)
		if (nfile[i] > 0)
			fprintf(out, "\n# and %zu %ss in users_file\n",
			    nfile[i], conf_sections[i].name);
	free(all);
}

void
conf_print_keys(FILE *out)
{
	const struct conf_key *k;
	char name[64], range[128];

	ARRAY_FOREACH (k, conf_keys, conf_nkeys) {
		if (conf_rules_index(k) != -1 && k->section != SECTION_GROUP)
			continue; /* the same again */
		snprintf(name, sizeof(name), "%s%s%s",
		    conf_sections[k->section].name,
		    k->section == SECTION_TOP ? "" : ".", k->name);
		fprintf(out, "%-24s  %s; default %s\n", name,
		    conf_value_range(k, range, sizeof(range)),
		    k->def != NULL ? k->def : "not set");
		fprintf(out, "%-24s  %s\n", "", k->help);
	}
}
