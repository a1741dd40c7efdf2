/* SPDX-License-Identifier: ISC */
/*
 * The effective configuration (-T) and the table of keys (--keys).
 */
#include "config.h"

#include "server/conf.h"
#include "server/conf_keys.h"
#include "server/conf_text.h"
#include "server/conf_value.h"

static void
print_keys_of(enum conf_section_id id, const void *base, FILE *out)
{
	const char *indent = id == SECTION_TOP ? "" : "\t";
	const struct conf_key *k;

	for (k = conf_keys; k < conf_keys + conf_nkeys; k++) {
		if (k->section != id)
			continue;
		if (!conf_value_is_set(k, base)) {
			fprintf(out, "%s# %s is not set\n", indent, k->name);
			continue;
		}
		fprintf(out, "%s%s = ", indent, k->name);
		k->type->print(k, (const char *)base + k->offset, out);
		putc('\n', out);
	}
}

static void
print_block(
    enum conf_section_id id, const char *title, const void *base, FILE *out)
{
	fprintf(out, "\n%s ", conf_sections[id].name);
	if (title != NULL) {
		conf_text_quote(out, title);
		putc(' ', out);
	}
	fputs("{\n", out);
	print_keys_of(id, base, out);
	fputs("}\n", out);
}

static void
print_users(const struct config *conf, FILE *out)
{
	size_t i, nfile = 0;

	for (i = 0; i < conf->nusers; i++) {
		if (conf->users[i].in_users_file)
			nfile++;
		else
			print_block(SECTION_USER, conf->users[i].name,
			    &conf->users[i], out);
	}
	if (nfile > 0)
		fprintf(out, "\n# and %zu users in users_file\n", nfile);
}

void
conf_print(const struct config *conf, FILE *out)
{
	size_t i;

	fprintf(out, "# effective configuration of %s\n", conf->path);
	print_keys_of(SECTION_TOP, conf, out);
	for (i = 0; i < conf->nlistens; i++)
		print_block(SECTION_LISTEN, conf->listens[i].name,
		    &conf->listens[i], out);
	for (i = 0; i < conf->ncerts; i++)
		print_block(SECTION_CERTIFICATE, conf->certs[i].name,
		    &conf->certs[i], out);
	for (i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		if (!conf_sections[i].titled)
			print_block((enum conf_section_id)i, NULL, conf, out);
	print_users(conf, out);
}

void
conf_print_keys(FILE *out)
{
	const struct conf_key *k;
	char name[64], range[128];

	for (k = conf_keys; k < conf_keys + conf_nkeys; k++) {
		snprintf(name, sizeof(name), "%s%s%s",
		    conf_sections[k->section].name,
		    k->section == SECTION_TOP ? "" : ".", k->name);
		fprintf(out, "%-24s  %s; default %s\n", name,
		    conf_value_range(k, range, sizeof(range)),
		    k->def != NULL ? k->def : "not set");
		fprintf(out, "%-24s  %s\n", "", k->help);
	}
}
