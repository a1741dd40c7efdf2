/* SPDX-License-Identifier: ISC */
/*
 * Settings of accounts: which of them a block says itself, and those that it
 * takes from its group. The block group has these keys and no others, so its
 * rows number them.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_rules.h"
#include "server/conf_value.h"

/* The first row of the block group, and how many there are. */
static const struct conf_key *
rule_rows(size_t *n_r)
{
	const struct conf_key *k = conf_keys, *end = conf_keys + conf_nkeys;
	const struct conf_key *first;

	while (k < end && k->section != SECTION_GROUP)
		k++;
	for (first = k; k < end && k->section == SECTION_GROUP; k++)
		;
	*n_r = (size_t)(k - first);
	if (*n_r > CONF_RULES_MAX)
		bug("more than %d settings of accounts", CONF_RULES_MAX);
	return first;
}

int
conf_rules_index(const struct conf_key *k)
{
	size_t i, n;
	const struct conf_key *first = rule_rows(&n);

	if (conf_sections[k->section].rules == NO_RULES)
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(first[i].name, k->name) == 0)
			return (int)i;
	return -1;
}

struct conf_rules *
conf_rules_of(enum conf_section_id id, void *base)
{
	size_t at = conf_sections[id].rules;

	return at != NO_RULES ? (void *)((char *)base + at) : NULL;
}

/* The block of guests may stand in two files. */
void
conf_rules_seen(
    const struct conf_key *k, void *base, const struct conf_where *w)
{
	struct conf_rules *r = conf_rules_of(k->section, base);
	int i = conf_rules_index(k);

	if (i == -1)
		return;
	if (r->file == NULL)
		r->file = w->file;
	else if (r->file != w->file)
		r->file2 = w->file;
	r->lines[i] = r->file == w->file ? w->line : -w->line;
}

static void
copy_value(const struct conf_type *type, void *dst, const void *src)
{
	if (type->heap) {
		free(*(char **)dst);
		*(char **)dst = xstrdup(*(char *const *)src);
	} else
		memcpy(dst, src, type->size);
}

void
conf_rules_inherit(struct conf_rules *r, const struct conf_rules *from)
{
	size_t i, n, at;
	const struct conf_key *rows = rule_rows(&n);

	for (i = 0; i < n; i++) {
		if (r->lines[i] != 0 || from->lines[i] == 0)
			continue;
		at = rows[i].offset - conf_sections[SECTION_GROUP].rules;
		copy_value(
		    rows[i].type, (char *)r + at, (const char *)from + at);
		r->lines[i] = -from->lines[i];
	}
	r->file2 = from->file;
	conf_places_inherit(r, from);
}

void
conf_rules_init(struct conf_rules *r)
{
	struct conf_group g = { 0 };

	conf_defaults(SECTION_GROUP, &g, "");
	*r = g.rules;
}

void
conf_rules_clear(struct conf_rules *r)
{
	struct conf_group g = { .rules = *r };

	conf_values_clear(SECTION_GROUP, &g);
	*r = g.rules;
}

int
conf_rules_set(struct conf_rules *r, const char *key, const char *value,
    const struct conf_where *w, char *why, size_t size)
{
	const struct conf_key *k = conf_key_find(SECTION_GROUP, key);
	struct conf_input in = { .text = value, .dir = "" };
	struct conf_group g = { .rules = *r };
	int rc;

	if (k == NULL) {
		snprintf(why, size, "unknown key \"%.60s\"", key);
		return -1;
	}
	if (k->type == &conf_path && value[0] != '/') {
		snprintf(why, size, "%.60s does not begin with /", key);
		return -1;
	}
	rc = conf_value_set(k, &in, &g);
	conf_rules_seen(k, &g, w);
	*r = g.rules;
	(void)strlcpy(why, in.why, size);
	return rc;
}
