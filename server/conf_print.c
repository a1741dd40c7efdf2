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

void
conf_print_section(enum conf_section_id id, const void *base, FILE *out)
{
	const char *indent = id == SECTION_TOP ? "" : "\t";
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
		    out);
}

void
conf_print_title(const struct conf_block *b, FILE *out)
{
	fputs(conf_sections[b->id].name, out);
	if (b->title != NULL) {
		putc(' ', out);
		conf_text_quote(out, b->title);
	}
}

static void
print_block(const struct conf_block *b, FILE *out)
{
	if (b->id == SECTION_TOP) {
		conf_print_section(b->id, b->base, out);
		return;
	}
	putc('\n', out);
	conf_print_title(b, out);
	fputs(" {\n", out);
	conf_print_section(b->id, b->base, out);
	fputs("}\n", out);
}

/* --------------------------------------------------------- all blocks */
static struct conf_block *
add_block(struct conf_block *b, enum conf_section_id id, const char *title,
    const void *base)
{
	*b = (struct conf_block){ .id = id, .title = title, .base = base };
	return b + 1;
}

struct conf_block *
conf_blocks(const struct config *conf, size_t *n_r)
{
	size_t i, n = SECTION_COUNT + conf->nlistens + conf->ncerts +
		      conf->ngroups + conf->nusers;
	struct conf_block *all = xcalloc(n, sizeof(*all)), *b;

	b = add_block(all, SECTION_TOP, NULL, conf);
	for (i = 0; i < conf->nlistens; i++)
		b = add_block(b, SECTION_LISTEN, conf->listens[i].name,
		    &conf->listens[i]);
	for (i = 0; i < conf->ncerts; i++)
		b = add_block(b, SECTION_CERTIFICATE, conf->certs[i].name,
		    &conf->certs[i]);
	for (i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		if (!conf_sections[i].titled)
			b = add_block(b, (enum conf_section_id)i, NULL, conf);
	for (i = 0; i < conf->ngroups; i++) {
		b = add_block(
		    b, SECTION_GROUP, conf->groups[i].name, &conf->groups[i]);
		b[-1].in_users_file = conf->groups[i].in_users_file;
	}
	for (i = 0; i < conf->nusers; i++) {
		b = add_block(
		    b, SECTION_USER, conf->users[i].name, &conf->users[i]);
		b[-1].in_users_file = conf->users[i].in_users_file;
	}
	*n_r = (size_t)(b - all);
	return all;
}

void
conf_print(const struct config *conf, FILE *out)
{
	size_t i, n, nfile[SECTION_COUNT] = { 0 };
	struct conf_block *all = conf_blocks(conf, &n);

	fprintf(out, "# effective configuration of %s\n", conf->path);
	for (i = 0; i < n; i++) {
		if (all[i].in_users_file)
			nfile[all[i].id]++;
		else
			print_block(&all[i], out);
	}
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
