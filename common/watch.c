/* SPDX-License-Identifier: ISC */
/*
 * Files watched for becoming other ones.
 */
#include "common/watch.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static void
look(struct watched *f, const char *path)
{
	struct stat sb;

	f->missing = stat(path, &sb) == -1;
	if (f->missing)
		memset(&sb, 0, sizeof(sb));
	f->dev = sb.st_dev;
	f->ino = sb.st_ino;
	f->size = sb.st_size;
	f->mtime = sb.st_mtim;
}

void
watch_add(struct watch *w, const char *path)
{
	struct watched *f;

	w->files = xrealloc(w->files, (w->n + 1) * sizeof(w->files[0]));
	f = &w->files[w->n++];
	f->path = xstrdup(path);
	look(f, path);
}

static bool
same(const struct watched *a, const struct watched *b)
{
	return a->missing == b->missing && a->dev == b->dev &&
	       a->ino == b->ino && a->size == b->size &&
	       a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec;
}

bool
watch_changed(struct watch *w)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct watched now = w->files[i];

		look(&now, now.path);
		if (!same(&now, &w->files[i]))
			changed = true;
		w->files[i] = now;
	}
	return changed;
}

void
watch_clear(struct watch *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		free(w->files[i].path);
	free(w->files);
	memset(w, 0, sizeof(*w));
}
