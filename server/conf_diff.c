/* SPDX-License-Identifier: ISC */
/*
 * Two configurations compared as they are printed, block by block and key by
 * key: what -T can show, this can compare.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_diff.h"
#include "server/conf_print.h"

/* A key with its value, or a block inside the block with all that it holds. */
struct item {
	const char *key, *value;
};

/* The items of a block, in the order of the table of keys. */
struct items {
	char *text; /* that they point into, with NULs in it */
	size_t len;
	struct item *v;
	size_t n;
};

struct side { /* one of the two */
	struct conf_block *blocks; /* sorted */
	size_t n;
};

/* -------------------------------------------------------------- items */
static char *
print(const struct conf_block *b, size_t *len_r)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len_r);

	if (out == NULL)
		die("open_memstream");
	conf_print_section(b->id, b->base, out);
	fclose(out);
	return text;
}

/* Ends the item at p and returns the next one. A block inside is one item. */
static char *
item_end(char *p)
{
	int depth = 0;

	for (; *p != '\0' && (*p != '\n' || depth > 0); p++) {
		if (*p == '"')
			for (p++; *p != '"'; p++)
				p += *p == '\\';
		if (*p == '{')
			depth++;
		if (*p == '}')
			depth--;
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	}
	if (*p == '\0')
		return p;
	*p = '\0';
	return p + 1;
}

/* "key = value", "# key is not set" or "mount "/a" { ... }". */
static void
item_split(struct item *item, char *p)
{
	static const char unset[] = " is not set";
	char *brace = strstr(p, " {"), *equal = strstr(p, " = ");

	item->key = p;
	if (strncmp(p, "# ", 2) == 0 && strlen(p) > sizeof(unset)) {
		item->key = p + 2;
		p[strlen(p) - strlen(unset)] = '\0';
		item->value = "(not set)";
	} else if (equal != NULL && (brace == NULL || equal < brace)) {
		*equal = '\0';
		item->value = equal + 3;
	} else if (brace != NULL) {
		*brace = '\0';
		item->value = brace + 1;
	} else
		item->value = "";
}

static struct items
items_of(const struct conf_block *b)
{
	struct items items = { 0 };
	char *p, *next;

	items.text = print(b, &items.len);
	for (p = items.text; *p != '\0'; p = next) {
		next = item_end(p);
		items.v = xrealloc(items.v, (items.n + 1) * sizeof(*items.v));
		item_split(&items.v[items.n++], p + strspn(p, " "));
	}
	return items;
}

static void
items_free(struct items *items)
{
	free_secret(items->text, items->len);
	free(items->v);
}

static const struct item *
item_find(const struct items *items, const char *key)
{
	size_t i;

	for (i = 0; i < items->n; i++)
		if (strcmp(items->v[i].key, key) == 0)
			return &items->v[i];
	return NULL;
}

/* ------------------------------------------------------------ telling */
static bool
is_secret(const struct conf_block *b, const char *key)
{
	return b->id == SECTION_USER &&
	       (strcmp(key, "password") == 0 || strcmp(key, "totp") == 0);
}

static void
tell_start(const struct conf_block *b, FILE *out)
{
	if (b->id == SECTION_TOP)
		return;
	conf_print_title(b, out);
	fputs(": ", out);
}

static void
tell_change(const struct conf_block *b, const struct item *old,
    const struct item *now, FILE *out)
{
	/* cppcheck-suppress nullPointerRedundantCheck; one of them is there */
	const char *key = old != NULL ? old->key : now->key;

	if (out == NULL)
		return;
	tell_start(b, out);
	if (is_secret(b, key))
		fprintf(out, "%s is another one\n", key);
	else if (old == NULL)
		fprintf(out, "%s is new: %s\n", key, now->value);
	else if (now == NULL)
		fprintf(out, "%s is gone\n", key);
	else
		fprintf(out, "%s: %s -> %s\n", key, old->value, now->value);
}

static void
tell_block(const struct conf_block *b, const char *what, FILE *out)
{
	if (out == NULL)
		return;
	conf_print_title(b, out);
	fprintf(out, " is %s\n", what);
}

/* ---------------------------------------------------------- comparing */
static unsigned
kind_of(const struct conf_block *b, const char *key)
{
	if (b->id == SECTION_USER || b->id == SECTION_GROUP ||
	    ((b->id == SECTION_TOP || b->id == SECTION_HOST) &&
		strcmp(key, "users_file") == 0))
		return CONF_DIFF_USERS;
	return CONF_DIFF_REST;
}

static unsigned
compare_items(const struct conf_block *b, const struct items *old,
    const struct items *now, FILE *out)
{
	unsigned found = 0;
	const struct item *other;
	size_t i;

	for (i = 0; i < old->n; i++) {
		other = item_find(now, old->v[i].key);
		if (other != NULL && strcmp(old->v[i].value, other->value) == 0)
			continue;
		tell_change(b, &old->v[i], other, out);
		found |= kind_of(b, old->v[i].key);
	}
	for (i = 0; i < now->n; i++) {
		if (item_find(old, now->v[i].key) != NULL)
			continue;
		tell_change(b, NULL, &now->v[i], out);
		found |= kind_of(b, now->v[i].key);
	}
	return found;
}

/* Both have the block. */
static unsigned
compare_blocks(
    const struct conf_block *old, const struct conf_block *now, FILE *out)
{
	struct items a = items_of(old), b = items_of(now);
	unsigned found = compare_items(now, &a, &b, out);

	items_free(&a);
	items_free(&b);
	return found;
}

static int
block_order(const void *a, const void *b)
{
	const struct conf_block *x = a, *y = b;
	const char *p = x->host != NULL ? x->host->name : "";
	const char *q = y->host != NULL ? y->host->name : "";
	int order = strcmp(p, q);

	if (order != 0)
		return order;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->title == NULL ? 0 : strcmp(x->title, y->title);
}

static struct side
side_of(const struct config *conf)
{
	struct side s;

	s.blocks = conf_blocks(conf, &s.n);
	qsort(s.blocks, s.n, sizeof(*s.blocks), block_order);
	return s;
}

/* What the next blocks of both are to each other, as block_order() says it. */
static int
next_order(const struct side *a, size_t i, const struct side *b, size_t j)
{
	if (i == a->n || j == b->n)
		return i == a->n ? 1 : -1;
	return block_order(&a->blocks[i], &b->blocks[j]);
}

/*
 * Workers ask for no password in clear text where the user needs TLS, so they
 * must know who does.
 */
static bool
same_demands(const struct config *old, const struct config *now)
{
	const struct conf_user *u = old->users, *v = now->users;
	const struct conf_user *uend = u + old->nusers, *vend = v + now->nusers;

	for (;;) {
		while (u < uend && !u->rules.tls)
			u++;
		while (v < vend && !v->rules.tls)
			v++;
		if (u == uend || v == vend)
			return u == uend && v == vend;
		if (strcmp(u++->name, v++->name) != 0)
			return false;
	}
}

/* Of hosts, if both have the same; else there is another difference. */
static bool
same_demands_everywhere(const struct config *old, const struct config *now)
{
	size_t i;

	for (i = 0; i < old->nhosts && i < now->nhosts; i++)
		if (!same_demands(old->hosts[i].conf, now->hosts[i].conf))
			return false;
	return same_demands(old, now);
}

/* ------------------------------------------------------------- order */
static const char *
listen_name(const struct config *conf, size_t i)
{
	return i < conf->nlistens ? conf->listens[i].name : NULL;
}

static const char *
cert_name(const struct config *conf, size_t i)
{
	return i < conf->ncerts ? conf->certs[i].name : NULL;
}

static const char *
host_name(const struct config *conf, size_t i)
{
	return i < conf->nhosts ? conf->hosts[i].name : NULL;
}

/* Blocks of which the first that fits is taken, or that are known by number. */
static const struct ordered {
	const char *kind;
	const char *(*name)(const struct config *, size_t i);
} ordered[] = {
	{ "listen", listen_name },
	{ "certificate", cert_name },
	{ "host", host_name },
};

/* Where it is, or SIZE_MAX. */
static size_t
place_of(const struct ordered *o, const struct config *conf, const char *name)
{
	const char *found;
	size_t i;

	for (i = 0; (found = o->name(conf, i)) != NULL; i++)
		if (strcmp(found, name) == 0)
			return i;
	return SIZE_MAX;
}

/* Those that come or go are told of anyway. */
static unsigned
compare_order(const struct ordered *o, const struct config *old,
    const struct config *now, FILE *out)
{
	size_t i, at, last = 0;
	const char *name;

	for (i = 0; (name = o->name(old, i)) != NULL; i++) {
		at = place_of(o, now, name);
		if (at == SIZE_MAX)
			continue;
		if (at < last) {
			if (out != NULL)
				fprintf(out,
				    "%s \"%s\" now stands before %s "
				    "\"%s\"\n",
				    o->kind, name, o->kind, o->name(now, last));
			return CONF_DIFF_REST;
		}
		last = at;
	}
	return 0;
}

unsigned
conf_diff(const struct config *old, const struct config *now, FILE *out)
{
	struct side a = side_of(old), b = side_of(now);
	unsigned found = same_demands_everywhere(old, now) ? 0 : CONF_DIFF_REST;
	size_t i = 0, j = 0;
	int order;

	while (i < a.n || j < b.n) {
		order = next_order(&a, i, &b, j);
		if (order < 0) {
			found |= kind_of(&a.blocks[i], "");
			tell_block(&a.blocks[i++], "gone", out);
		} else if (order > 0) {
			found |= kind_of(&b.blocks[j], "");
			tell_block(&b.blocks[j++], "new", out);
		} else
			found |=
			    compare_blocks(&a.blocks[i++], &b.blocks[j++], out);
	}
	free(a.blocks);
	free(b.blocks);
	for (i = 0; i < NELEM(ordered); i++)
		found |= compare_order(&ordered[i], old, now, out);
	return found;
}

bool
conf_user_differs(const struct conf_user *u, const struct conf_user *v)
{
	const struct conf_block a = { .id = SECTION_USER, .base = u };
	const struct conf_block b = { .id = SECTION_USER, .base = v };

	return compare_blocks(&a, &b, NULL) != 0;
}
