/* SPDX-License-Identifier: ISC */
/*
 * Virtual paths by text alone: joining, taking apart, quoting.
 */
#include <string.h>

#include "common/vpath.h"

/*
 * The normal form under construction: "" stands for the root, so that every
 * component is written as '/' and its bytes.
 */
struct build {
	char *out;
	size_t len;
};

static int
push(struct build *b, const char *comp, size_t n)
{
	if (n == 0 || (n == 1 && comp[0] == '.'))
		return 0;
	if (n == 2 && comp[0] == '.' && comp[1] == '.') {
		while (b->len > 0 && b->out[--b->len] != '/')
			;
		return 0;
	}
	if (b->len + 1 + n >= VPATH_MAX)
		return -1;
	b->out[b->len++] = '/';
	memcpy(b->out + b->len, comp, n);
	b->len += n;
	return 0;
}

static int
push_all(struct build *b, const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		if (push(b, path, n) == -1)
			return -1;
		path += n;
		if (*path == '/')
			path++;
	}
	return 0;
}

int
vpath_join(char *out, const char *cwd, const char *name)
{
	struct build b = { .out = out };

	if (name[0] != '/' && push_all(&b, cwd) == -1)
		return -1;
	if (push_all(&b, name) == -1)
		return -1;
	if (b.len == 0)
		out[b.len++] = '/';
	out[b.len] = '\0';
	return 0;
}

bool
vpath_is_creatable(const char *path)
{
	const unsigned char *p = (const unsigned char *)vpath_base(path);

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return false;
	}
	return true;
}

const char *
vpath_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

void
vpath_dir(char *out, const char *path)
{
	size_t n = (size_t)(vpath_base(path) - path);

	if (n > 1)
		n--; /* the slash, unless it is the root itself */
	if (n >= VPATH_MAX)
		n = VPATH_MAX - 1;
	memcpy(out, path, n);
	out[n] = '\0';
}

bool
vpath_is_within(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return true;
	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

size_t
vpath_quote(char *out, size_t size, const char *path)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	for (; *path != '\0'; path++) {
		size_t need = *path == '"' ? 2 : 1;

		if (n + need >= size)
			break;
		if (need == 2)
			out[n++] = '"';
		out[n++] = (char)(*path == '\r' || *path == '\n' ? '?' : *path);
	}
	out[n] = '\0';
	return n;
}
