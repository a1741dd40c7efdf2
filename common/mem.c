/* SPDX-License-Identifier: ISC */
/*
 * Allocation that logs and exits instead of returning NULL.
 */
#include "common/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

static void *
must(void *p, size_t size)
{
	if (p == NULL)
		die("out of memory (%zu bytes)", size);
	return p;
}

void *
xmalloc(size_t size)
{
	if (size == 0)
		bug("xmalloc: zero size");
	return must(malloc(size), size);
}

void *
xcalloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		bug("xcalloc: zero size");
	return must(calloc(n, size), size);
}

void *
xrealloc(void *p, size_t size)
{
	if (size == 0)
		bug("xrealloc: zero size");
	return must(realloc(p, size), size);
}

char *
xstrdup(const char *s)
{
	return must(strdup(s), strlen(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return must(strndup(s, n), n);
}

int
xasprintf(char **out_r, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(out_r, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory (formatting)");
	return n;
}

void
free_secret(void *p, size_t n)
{
	if (p == NULL)
		return;
	explicit_bzero(p, n);
	free(p);
}
