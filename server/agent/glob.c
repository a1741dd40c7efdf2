/* SPDX-License-Identifier: ISC */
/*
 * Patterns of LIST and NLST.
 *
 * A pattern becomes a row of elements, each matching one byte in constant
 * time, with stars between. Matching does not recurse: when it fails, the last
 * star takes one byte more. Going back to earlier stars is never needed, so
 * nothing explodes.
 */
#include "server/agent/glob.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum kind {
	STAR,
	ANY,
	LITERAL,
	SET
};

struct element {
	enum kind kind;
	unsigned char byte; /* LITERAL */
	uint8_t set[32]; /* SET: a bit per byte */
};

struct glob {
	size_t n;
	struct element e[];
};

bool
glob_is_pattern(const char *p)
{
	return strpbrk(p, "*?[\\") != NULL;
}

/* One byte, which `\` makes literal. Moves *p past it. */
static unsigned char
take_byte(const char **p)
{
	if ((*p)[0] == '\\' && (*p)[1] != '\0')
		(*p)++;
	return (unsigned char)*(*p)++;
}

static void
set_add(struct element *e, unsigned low, unsigned high)
{
	unsigned c;

	for (c = low; c <= high; c++)
		e->set[c / 8] |= (uint8_t)(1u << (c % 8));
}

/*
 * p stands behind '['. Returns the place behind ']', or NULL if there is none,
 * which makes the '[' a literal one.
 */
static const char *
compile_set(struct element *e, const char *p)
{
	bool negate = *p == '!' || *p == '^', first;
	unsigned char low, high;
	size_t i;

	e->kind = SET;
	if (negate)
		p++;
	for (first = true; *p != ']' || first; first = false) {
		if (*p == '\0')
			return NULL;
		low = high = take_byte(&p);
		if (p[0] == '-' && p[1] != ']' && p[1] != '\0') {
			p++;
			high = take_byte(&p);
		}
		set_add(e, low, high);
	}
	for (i = 0; negate && i < sizeof(e->set); i++)
		e->set[i] = (uint8_t)~e->set[i];
	return p + 1;
}

/* Compiles one element and returns the place behind it. */
static const char *
compile(struct element *e, const char *p)
{
	const char *end;

	switch (*p) {
	case '*':
		e->kind = STAR;
		return p + strspn(p, "*");
	case '?':
		e->kind = ANY;
		return p + 1;
	case '[':
		end = compile_set(e, p + 1);
		if (end != NULL)
			return end;
		break;
	}
	e->kind = LITERAL;
	e->byte = take_byte(&p);
	return p;
}

struct glob *
glob_new(const char *pattern)
{
	struct glob *g;

	/* Never more elements than bytes. */
	g = xcalloc(1, sizeof(*g) + strlen(pattern) * sizeof(g->e[0]));
	while (*pattern != '\0')
		pattern = compile(&g->e[g->n++], pattern);
	return g;
}

void
glob_free(struct glob *g)
{
	free(g);
}

static bool
element_matches(const struct element *e, unsigned char c)
{
	switch (e->kind) {
	case ANY:
		return true;
	case SET:
		return (e->set[c / 8] & (1u << (c % 8))) != 0;
	default:
		return e->byte == c;
	}
}

bool
glob_match(const struct glob *g, const char *name, bool dots)
{
	const struct element *e = g->e, *end = g->e + g->n, *star = NULL;
	const char *tried = NULL;

	if (name[0] == '.' && !dots &&
	    (e == end || e->kind != LITERAL || e->byte != '.'))
		return false;
	while (*name != '\0') {
		if (e != end && e->kind == STAR) {
			star = ++e;
			tried = name;
		} else if (e != end &&
			   element_matches(e, (unsigned char)*name)) {
			e++;
			name++;
		} else if (star != NULL) {
			e = star;
			name = ++tried;
		} else
			return false;
	}
	while (e != end && e->kind == STAR)
		e++;
	return e == end;
}
