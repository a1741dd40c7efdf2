/* SPDX-License-Identifier: ISC */
/*
 * Virtual paths: whatever a client calls a path, its normal form is absolute,
 * stays under "/", and is a fixed point of joining.
 */
#include "common/vpath.h"
#include "tests/fuzz/fuzz.h"

static void
check_normal(const char *path)
{
	size_t n = strnlen(path, VPATH_MAX);

	REQUIRE(n > 0 && n < VPATH_MAX);
	REQUIRE(path[0] == '/');
	REQUIRE(n == 1 || path[n - 1] != '/');
	REQUIRE(strstr(path, "//") == NULL);
	REQUIRE(strstr(path, "/./") == NULL);
	REQUIRE(strstr(path, "/../") == NULL);
	REQUIRE(n < 2 || strcmp(path + n - 2, "/.") != 0);
	REQUIRE(n < 3 || strcmp(path + n - 3, "/..") != 0);
}

/* Joining a normal path, or nothing, changes nothing; ".." is its directory. */
static void
check_joins(const char *path)
{
	char out[VPATH_MAX], dir[VPATH_MAX];

	REQUIRE(vpath_join(out, "/elsewhere", path) == 0);
	REQUIRE(strcmp(out, path) == 0);
	REQUIRE(vpath_join(out, path, "") == 0);
	REQUIRE(strcmp(out, path) == 0);
	vpath_dir(dir, path);
	check_normal(dir);
	REQUIRE(vpath_join(out, path, "..") == 0);
	REQUIRE(strcmp(out, dir) == 0);
	REQUIRE(vpath_join(out, dir, vpath_base(path)) == 0);
	REQUIRE(strcmp(out, path) == 0);
}

static void
check_parts(const char *path, const char *other)
{
	const char *base = vpath_base(path);
	char dir[VPATH_MAX];

	REQUIRE(strchr(base, '/') == NULL);
	REQUIRE((*base == '\0') == (path[1] == '\0'));
	REQUIRE(*base != '\0' || !vpath_is_creatable(path));
	vpath_dir(dir, path);
	REQUIRE(vpath_is_within(path, dir));
	REQUIRE(vpath_is_within(path, path));
	REQUIRE(vpath_is_within(path, "/"));
	if (vpath_is_within(path, other) && vpath_is_within(other, path))
		REQUIRE(strcmp(path, other) == 0);
}

/* Undoing the quotes gives the path, or a beginning of it if it was cut. */
static void
check_quote(const char *path, size_t size)
{
	char *out = malloc(size);
	size_t n, i;

	REQUIRE(out != NULL);
	n = vpath_quote(out, size, path);
	REQUIRE(n < size && strlen(out) == n);
	REQUIRE(size <= 2 * strlen(path) || n >= strlen(path));
	REQUIRE(strpbrk(out, "\r\n") == NULL);
	for (i = 0; i < n; i++, path++) {
		REQUIRE(out[i] == *path ||
			(out[i] == '?' && (*path == '\r' || *path == '\n')));
		if (out[i] == '"')
			REQUIRE(out[++i] == '"');
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t quoted = 1 + input_uint(&in, 2) % (2 * VPATH_MAX);
	char *cwd_arg = input_str(&in), *name = input_str(&in);
	char cwd[VPATH_MAX], path[VPATH_MAX];

	if (vpath_join(cwd, "/", cwd_arg) == 0) {
		check_normal(cwd);
		check_joins(cwd);
		if (vpath_join(path, cwd, name) == 0) {
			check_normal(path);
			check_joins(path);
			check_parts(path, cwd);
			check_quote(path, quoted);
		}
	}
	free(cwd_arg);
	free(name);
	return 0;
}
